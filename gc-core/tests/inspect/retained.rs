//! Retained sizes, against the definition: what cannot be reached any more without the object.

use crate::util::{Node, Random, graph};
use gc_core::inspect::Snapshot;
use gc_core::{Gc, Heap, ObjectId, Trace};
use std::collections::{BTreeMap, BTreeSet};

/// The objects that the held ones reach without passing through `without`.
fn reached(heap: &Heap, held: &[Gc<Node>], without: Option<ObjectId>) -> BTreeSet<ObjectId> {
    let mut seen = BTreeSet::new();
    let mut todo: Vec<&Gc<Node>> = held.iter().collect();
    while let Some(node) = todo.pop() {
        if Some(node.id()) != without && seen.insert(node.id()) {
            todo.extend(&heap[node].edges);
        }
    }
    seen
}

#[test]
fn what_an_object_retains_is_what_would_go_with_it() {
    for seed in 1..60 {
        println!("seed {seed}");
        let mut random = Random(seed);
        let mut heap = Heap::new();
        let (nodes, edges) = (20 + random.below(60), random.below(140));
        let mut held = graph(&mut heap, &mut random, nodes, edges);
        held.truncate(1 + random.below(6));
        heap.reclaim();
        let snapshot = Snapshot::of(&heap);
        let retained = snapshot.retained();
        let all = reached(&heap, &held, None);
        let mut goes_with: BTreeMap<ObjectId, BTreeSet<ObjectId>> = BTreeMap::new();
        for object in snapshot.objects() {
            let left = reached(&heap, &held, Some(object.id));
            goes_with.insert(object.id, all.difference(&left).copied().collect());
        }
        for object in snapshot.objects() {
            let expected = &goes_with[&object.id];
            match retained.of(object.id) {
                Some(size) => {
                    assert!(all.contains(&object.id));
                    assert_eq!(size.objects, expected.len(), "{:?}", object.id);
                    assert_eq!(size.bytes, expected.len() * object.bytes);
                }
                None => assert!(!all.contains(&object.id), "only garbage retains nothing"),
            }
            if let Some(by) = retained.dominator(object.id) {
                // The nearest of those without which this one goes.
                assert!(goes_with[&by].contains(&object.id));
                let above = goes_with
                    .iter()
                    .filter(|(id, gone)| **id != object.id && gone.contains(&object.id));
                let nearest = above.min_by_key(|(_, gone)| gone.len()).unwrap().0;
                assert_eq!(by, *nearest);
            }
        }
        let owners = retained.owners(usize::MAX);
        assert_eq!(
            owners.iter().map(|owner| owner.objects).sum::<usize>(),
            all.len()
        );
        // All are of one type, so together they retain everything once.
        assert_eq!(retained.by_type()[0].objects, all.len());
    }
}

#[test]
fn by_type_and_by_owner() {
    #[derive(Trace)]
    struct Squad {
        members: Vec<Gc<Ship>>,
        log: Gc<String>,
    }
    #[derive(Trace)]
    struct Ship {
        wingman: Option<Gc<Ship>>,
    }
    let mut heap = Heap::new();
    let log = heap.alloc(String::new());
    let wingman = heap.alloc(Ship { wingman: None });
    let ship = heap.alloc(Ship {
        wingman: Some(wingman.clone()),
    });
    heap[&wingman].wingman = Some(ship.clone());
    let squad = heap.alloc(Squad {
        members: vec![ship, wingman],
        log: log.clone(),
    });
    let snapshot = Snapshot::of(&heap);
    let retained = snapshot.retained();
    let by_type: BTreeMap<_, _> = retained
        .by_type()
        .iter()
        .map(|sum| (sum.type_name.rsplit("::").next().unwrap(), sum.objects))
        .collect();
    assert_eq!(by_type, [("Squad", 3), ("Ship", 2), ("String", 1)].into());
    assert_eq!(retained.owners(1)[0].id, Some(squad.id()));
    assert_eq!(retained.owners(9).len(), 2);
    let text = retained.to_string();
    assert!(
        text.contains("retained by type  objects  bytes\nSquad"),
        "{text}"
    );
    assert!(text.contains(&format!("Squad {:?}", squad.id())), "{text}");
    drop(log);
}

/// Deep and shallow at once: neither the stack nor the time may grow with the depth.
#[test]
fn a_ladder_of_two_long_lists() {
    #[derive(Trace)]
    struct Rung {
        next: Option<Gc<Rung>>,
        across: Option<Gc<Rung>>,
    }
    let mut heap = Heap::new();
    let (mut left, mut right) = (None, None);
    for _ in 0..100_000 {
        let one = heap.alloc(Rung {
            next: left.take(),
            across: None,
        });
        let other = heap.alloc(Rung {
            next: right.take(),
            across: Some(one.clone()),
        });
        heap[&one].across = Some(other.clone());
        (left, right) = (Some(one), Some(other));
    }
    right = None;
    let first = left.unwrap();
    let snapshot = Snapshot::of(&heap);
    assert_eq!(snapshot.retained().of(first.id()).unwrap().objects, 200_000);
    drop((first, right));
    heap.collect();
}
