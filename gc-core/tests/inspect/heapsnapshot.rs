//! Chrome's format, read back by a strict reader of its schema.

use crate::util::{Node, Random, graph};
use gc_core::inspect::{HeapSnapshotWriter, Snapshot};
use gc_core::{Budget, Gc, Heap, Trace};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A file that keeps to the schema.
struct Read {
    nodes: Vec<ReadNode>,
}

struct ReadNode {
    kind: String,
    name: String,
    id: u64,
    size: u64,
    /// Kind, name or number, target.
    edges: Vec<(String, String, usize)>,
}

impl Read {
    fn objects(&self) -> impl Iterator<Item = &ReadNode> {
        self.nodes.iter().filter(|node| node.kind == "object")
    }

    /// The objects that handles outside the heap lead to, with the number of these: also those that hang on the places
    /// where the handles were made.
    fn held(&self) -> BTreeMap<usize, usize> {
        let mut held = BTreeMap::new();
        for (kind, handles, to) in &self.nodes[2].edges {
            let place = &self.nodes[*to];
            let edge = (kind.clone(), handles.clone(), *to);
            let edges = match place.kind.as_str() {
                "synthetic" => place.edges.clone(),
                _ => vec![edge],
            };
            for (kind, handles, to) in edges {
                assert_eq!(kind, "element");
                *held.entry(to).or_insert(0) += handles.parse::<usize>().unwrap();
            }
        }
        held
    }
}

/// Panics on anything that is not as the schema says.
fn read(text: &str) -> Read {
    let file: Value = serde_json::from_str(text).expect("JSON");
    let meta = &file["snapshot"]["meta"];
    let list = |value: &Value| -> Vec<String> {
        let items = value.as_array().expect("an array").iter();
        items
            .map(|item| item.as_str().expect("a string").to_owned())
            .collect()
    };
    let numbers = |name: &str| -> Vec<u64> {
        let items = file[name]
            .as_array()
            .unwrap_or_else(|| panic!("no {name}"))
            .iter();
        items
            .map(|item| item.as_u64().expect("a whole number"))
            .collect()
    };
    let strings = list(&file["strings"]);
    let distinct: BTreeSet<_> = strings.iter().collect();
    assert!(
        distinct.len() + 2 >= strings.len(),
        "strings twice: {strings:?}"
    );
    let node_fields = list(&meta["node_fields"]);
    assert_eq!(
        node_fields,
        [
            "type",
            "name",
            "id",
            "self_size",
            "edge_count",
            "trace_node_id",
            "detachedness"
        ]
    );
    assert_eq!(
        list(&meta["edge_fields"]),
        ["type", "name_or_index", "to_node"]
    );
    let node_types = list(&meta["node_types"][0]);
    assert_eq!(
        meta["node_types"].as_array().unwrap().len(),
        node_fields.len()
    );
    let edge_types = list(&meta["edge_types"][0]);
    assert_eq!(meta["edge_types"].as_array().unwrap().len(), 3);
    let (nodes, edges) = (numbers("nodes"), numbers("edges"));
    assert_eq!(nodes.len() % 7, 0);
    assert_eq!(edges.len() % 3, 0);
    assert_eq!(
        file["snapshot"]["node_count"].as_u64(),
        Some(nodes.len() as u64 / 7)
    );
    assert_eq!(
        file["snapshot"]["edge_count"].as_u64(),
        Some(edges.len() as u64 / 3)
    );
    for empty in ["trace_function_infos", "trace_tree", "samples", "locations"] {
        assert!(numbers(empty).is_empty());
    }

    let mut rest = edges.chunks(3);
    let mut ids = BTreeSet::new();
    let read: Vec<ReadNode> = nodes
        .chunks(7)
        .map(|node| {
            assert!(ids.insert(node[2]), "an id twice");
            assert!(node[2] <= u64::from(u32::MAX));
            let edges = (0..node[4]).map(|_| {
                let edge = rest.next().expect("as many edges as the nodes say");
                let kind = edge_types[edge[0] as usize].clone();
                // Elements have a number, all others a name.
                let name = match kind.as_str() {
                    "element" | "hidden" => edge[1].to_string(),
                    _ => strings[edge[1] as usize].clone(),
                };
                assert!(edge[2] % 7 == 0 && edge[2] < nodes.len() as u64, "a target");
                (kind, name, edge[2] as usize / 7)
            });
            ReadNode {
                edges: edges.collect(),
                kind: node_types[node[0] as usize].clone(),
                name: strings[node[1] as usize].clone(),
                id: node[2],
                size: node[3],
            }
        })
        .collect();
    assert!(rest.next().is_none(), "edges of no node");
    // The developer tools begin at the first node, and look for the second by its name.
    assert_eq!(
        (read[0].kind.as_str(), read[0].name.as_str()),
        ("synthetic", "")
    );
    assert!(
        read[0]
            .edges
            .iter()
            .any(|edge| read[edge.2].name == "(GC roots)")
    );
    Read { nodes: read }
}

fn written(snapshot: &Snapshot) -> Read {
    let mut text = String::new();
    snapshot.write_heapsnapshot(&mut text).unwrap();
    read(&text)
}

#[derive(Trace)]
struct Squad {
    members: Vec<Gc<Ship>>,
    name: Gc<String>,
}

#[derive(Trace)]
struct Ship {
    hull: u32,
    wingman: Option<Gc<Ship>>,
}

#[test]
fn types_fields_sizes_and_roots() {
    let mut heap = Heap::new();
    let name = heap.alloc(String::from("\"quoted\""));
    heap.set_external_bytes(&name, 1000);
    let first = heap.alloc(Ship {
        hull: 1,
        wingman: None,
    });
    let second = heap.alloc(Ship {
        hull: 2,
        wingman: Some(first.clone()),
    });
    let squad = heap.alloc(Squad {
        members: vec![first, second],
        name,
    });
    let other = squad.clone();
    let file = written(&Snapshot::of(&heap));
    assert_eq!(file.objects().count(), 4);
    let node = |name: &str| {
        file.nodes
            .iter()
            .position(|node| node.name == name)
            .unwrap()
    };
    let (squad_at, string) = (node("Squad"), node("String"));
    assert!(file.objects().all(|node| node.id % 2 == 1));
    assert_eq!(file.nodes[string].size, 8 + 24 + 1000);

    // Two handles lead to the squad from outside, and nothing else is held so.
    assert_eq!(node("(handles outside the heap)"), 2);
    assert_eq!(file.held(), [(squad_at, 2)].into());
    let fields: BTreeMap<_, _> = file.nodes[squad_at]
        .edges
        .iter()
        .map(|(kind, name, to)| {
            assert_eq!(kind, "property");
            (name.as_str(), file.nodes[*to].name.as_str())
        })
        .collect();
    assert_eq!(
        fields,
        [
            ("members[0]", "Ship"),
            ("members[1]", "Ship"),
            ("name", "String")
        ]
        .into()
    );
    let wingmen = file
        .nodes
        .iter()
        .flat_map(|node| &node.edges)
        .filter(|edge| edge.1 == "wingman");
    assert_eq!(wingmen.count(), 1);
    assert_eq!(heap[&heap[&squad].members[0]].hull, 1);
    drop(other);
}

#[test]
fn every_random_graph_comes_back_as_it_is() {
    for seed in 1..20 {
        println!("seed {seed}");
        let mut random = Random(seed);
        let mut heap = Heap::new();
        let (count, edges) = (1 + random.below(300), random.below(900));
        let mut held = graph(&mut heap, &mut random, count, edges);
        let large = heap.alloc(Node {
            edges: held.iter().cycle().take(3000).cloned().collect(),
        });
        held.truncate(random.below(count));
        let snapshot = Snapshot::of(&heap);
        let mut text = String::new();
        let mut writer = HeapSnapshotWriter::new();
        let mut slices = 0;
        while !writer
            .step(
                &snapshot,
                Budget::units(1 + random.below(20) as u64),
                &mut text,
            )
            .unwrap()
        {
            slices += 1;
        }
        assert!(slices > snapshot.len() / 20);
        let file = read(&text);
        assert_eq!(file.objects().count(), snapshot.len());
        let by_id: BTreeMap<u64, &ReadNode> =
            file.nodes.iter().map(|node| (node.id, node)).collect();
        for object in snapshot.objects() {
            let place = object.id.to_bits() & u64::from(u32::MAX);
            assert_eq!(by_id[&(place * 2 + 1)].size, object.bytes as u64);
        }
        let edges: usize = file.objects().map(|node| node.edges.len()).sum();
        assert_eq!(edges, snapshot.edge_count());
        let outside = snapshot.objects().map(|object| object.outside);
        let outside: Vec<_> = outside.filter(|&handles| handles > 0).collect();
        assert_eq!(file.held().into_values().collect::<Vec<_>>(), outside);
        drop(large);
    }
}

#[test]
fn an_empty_heap_has_its_roots() {
    assert_eq!(written(&Snapshot::of(&Heap::new())).nodes.len(), 3);
}

#[test]
fn types_of_the_same_name_are_told_apart() {
    mod a {
        #[derive(gc_core::Trace)]
        pub struct Thing;
    }
    mod b {
        #[derive(gc_core::Trace)]
        pub struct Thing;
    }
    let mut heap = Heap::new();
    let things = (heap.alloc(a::Thing), heap.alloc(b::Thing));
    let file = written(&Snapshot::of(&heap));
    let names: BTreeSet<_> = file.objects().map(|node| node.name.as_str()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    drop(things);
}

#[test]
fn a_writer_that_fails_says_so() {
    struct Full(usize);
    impl std::io::Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            if self.0 < bytes.len() {
                return Err(std::io::ErrorKind::StorageFull.into());
            }
            self.0 -= bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut heap = Heap::new();
    let numbers: Vec<_> = (0..1000u32).map(|n| heap.alloc(n)).collect();
    let snapshot = Snapshot::of(&heap);
    assert!(snapshot.save_heapsnapshot(Full(1 << 20)).is_ok());
    let error = snapshot.save_heapsnapshot(Full(9000)).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    drop(numbers);
}

#[test]
fn bytes_are_the_text_and_the_writers_errors_are_told() {
    struct Full(usize);
    impl std::io::Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let Some(rest) = self.0.checked_sub(bytes.len()) else {
                return Err(std::io::ErrorKind::StorageFull.into());
            };
            self.0 = rest;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut heap = Heap::new();
    let nodes = graph(&mut heap, &mut Random(5), 2000, 3000);
    let snapshot = Snapshot::of(&heap);
    let mut text = String::new();
    snapshot.write_heapsnapshot(&mut text).unwrap();
    let (mut writer, mut bytes, mut slices) = (HeapSnapshotWriter::new(), Vec::new(), 0);
    while !writer
        .step_into(&snapshot, Budget::units(100), &mut bytes)
        .unwrap()
    {
        slices += 1;
        // What a slice has written is there when it ends.
        assert_eq!(writer.bytes(), bytes.len() as u64);
    }
    assert!(slices > 20, "{slices}");
    assert!(bytes == text.as_bytes());
    for room in [0, text.len() / 2, text.len() - 1] {
        let error = snapshot.save_heapsnapshot(Full(room)).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    }
    snapshot.save_heapsnapshot(Full(text.len())).unwrap();
    drop(nodes);
}

/// The developer tools tell what hangs on handles that were made at a place.
#[cfg(feature = "call_sites")]
#[test]
fn places_stand_between_the_roots_and_what_they_hold() {
    let mut heap = Heap::new();
    let (first, names) = (line!(), [1, 2].map(|n| heap.alloc(format!("{n}"))));
    let (second, clones) = (line!(), [(); 3].map(|()| names[0].clone()));
    let file = written(&Snapshot::of(&heap));
    let places: BTreeMap<u32, Vec<&str>> = file.nodes[2]
        .edges
        .iter()
        .map(|(_, _, to)| {
            let place = &file.nodes[*to];
            let name = place.name.strip_prefix(file!()).unwrap();
            let line = name.split(':').nth(1).unwrap().parse().unwrap();
            let handles = place.edges.iter().map(|(_, handles, _)| handles.as_str());
            (line, handles.collect())
        })
        .collect();
    let expected = [(first, vec!["1", "1"]), (second, vec!["3"])];
    assert_eq!(places, expected.into());
    drop((names, clones));
}
