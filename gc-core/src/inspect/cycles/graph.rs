//! The graph of what was noted, and the cycles in it.

use super::super::labels::Mixer;
use super::super::names;
use super::super::snapshot::Snapshot;
use super::pace::Pace;
use crate::ObjectId;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::hash::BuildHasherDefault;
use hashbrown::HashMap;
use portable_atomic_util::Arc;

/// A field of a type.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Field {
    /// `Ship`
    pub(super) of: String,
    /// `.bullets[]`
    pub(super) label: String,
}

impl Field {
    /// Is it a collection?
    pub(super) fn is_many(&self) -> bool {
        self.label.contains("[]") || self.label.contains("{}")
    }

    /// `Ship.bullets`
    pub(super) fn name(&self) -> String {
        let Field { of, label } = self;
        let label = label.trim_end_matches("[]").trim_end_matches("{}");
        if label.is_empty() {
            alloc::format!("a field of {of}")
        } else {
            alloc::format!("{of}{label}")
        }
    }
}

/// All batches as one graph: those of different collections have no edges between them.
pub(super) struct Graph {
    pub(super) fields: Vec<Field>,
    /// By object: the bytes, and where its edges begin.
    pub(super) bytes: Vec<usize>,
    starts: Vec<u32>,
    /// Target and field.
    edges: Vec<(u32, u32)>,
}

/// Objects each of which leads to all others.
pub(super) struct Component {
    /// The one with the least number.
    pub(super) first: u32,
    pub(super) members: Vec<u32>,
}

/// By object, what the look for a shortest cycle needs; valid if the stamp is the present one.
pub(super) struct Scratch {
    stamp: u32,
    within: Vec<u32>,
    reached: Vec<u32>,
    /// The object before it on the way, and the field.
    before: Vec<(u32, u32)>,
}

impl Scratch {
    pub(super) fn new(objects: usize) -> Self {
        Scratch {
            stamp: 0,
            within: vec![0; objects],
            reached: vec![0; objects],
            before: vec![(0, 0); objects],
        }
    }

    /// Another component.
    pub(super) fn begin(&mut self) {
        self.stamp += 1;
    }

    /// The object is in it.
    pub(super) fn mark(&mut self, node: u32) {
        self.within[node as usize] = self.stamp;
    }
}

const NONE: u32 = u32::MAX;

impl Graph {
    pub(super) async fn of(batches: &[Arc<Snapshot>], pace: &mut Pace) -> Self {
        let objects = batches.iter().map(|batch| batch.len()).sum();
        let edges = batches.iter().map(|batch| batch.edges.len()).sum();
        let mut starts = Vec::with_capacity(objects + 1);
        starts.push(0);
        let mut graph = Graph {
            fields: Vec::new(),
            bytes: Vec::with_capacity(objects),
            starts,
            edges: Vec::with_capacity(edges),
        };
        let mut field_numbers: BTreeMap<(&str, String), u32> = BTreeMap::new();
        for batch in batches {
            let base = graph.len() as u32;
            let mut by_id: HashMap<ObjectId, u32, BuildHasherDefault<Mixer>> =
                HashMap::with_capacity_and_hasher(batch.len(), Default::default());
            for (number, node) in batch.nodes.iter().enumerate() {
                pace.step().await;
                by_id.insert(node.id, base + number as u32);
            }
            for (number, node) in batch.nodes.iter().enumerate() {
                pace.step().await;
                let name = batch.kinds[node.kind as usize].name;
                graph.bytes.push(batch.node_bytes(number));
                let mut last = (NONE, NONE);
                for edge in batch.edges_of(number) {
                    pace.step().await;
                    let target = ObjectId {
                        slot: edge.to,
                        version: edge.version,
                    };
                    let Some(&to) = by_id.get(&target) else {
                        continue;
                    };
                    if last.0 != edge.label {
                        let label = batch.labels.text(edge.label);
                        let next = graph.fields.len() as u32;
                        let field = *field_numbers.entry((name, label.into())).or_insert(next);
                        if field == next {
                            graph.fields.push(Field {
                                of: names::short(name),
                                label: label.into(),
                            });
                        }
                        last = (edge.label, field);
                    }
                    graph.edges.push((to, last.1));
                }
                graph.starts.push(graph.edges.len() as u32);
            }
        }
        graph
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn edges_of(&self, node: u32) -> &[(u32, u32)] {
        let (from, to) = (self.starts[node as usize], self.starts[node as usize + 1]);
        &self.edges[from as usize..to as usize]
    }

    /// The shortest cycle through the first object of a component, from its smallest field on.
    pub(super) async fn shortest_cycle(
        &self,
        start: u32,
        scratch: &mut Scratch,
        removed: &[bool],
        pace: &mut Pace,
    ) -> Vec<u32> {
        let Scratch {
            stamp,
            within,
            reached,
            before,
        } = scratch;
        let stamp = *stamp;
        let mut queue = VecDeque::from([start]);
        while let Some(node) = queue.pop_front() {
            for &(to, field) in self.edges_of(node) {
                pace.step().await;
                let at = to as usize;
                if removed[field as usize] || within[at] != stamp || reached[at] == stamp {
                    continue;
                }
                reached[at] = stamp;
                before[at] = (node, field);
                queue.push_back(to);
                if to == start {
                    queue.clear();
                    break;
                }
            }
        }
        let mut signature = Vec::new();
        let mut node = start;
        while reached[node as usize] == stamp {
            pace.step().await;
            let (from, field) = before[node as usize];
            signature.push(field);
            node = from;
            if node == start {
                break;
            }
        }
        signature.reverse();
        // A ring of many objects of a few types says nothing more than one of each.
        for length in 1..signature.len() {
            pace.step().await;
            if signature.len() % length == 0
                && signature
                    .chunks(length)
                    .all(|chunk| chunk == &signature[..length])
            {
                signature.truncate(length);
                break;
            }
        }
        // The same cycle begins at the same place wherever it was found; one as long as that is not found twice.
        if signature.len() < 64 {
            let first = (0..signature.len()).min_by_key(|&at| {
                let (behind, front) = signature.split_at(at);
                [front, behind].concat()
            });
            signature.rotate_left(first.unwrap_or(0));
        }
        signature
    }

    /// The strongly connected components of `nodes` that have a cycle: Tarjan's algorithm, iteratively.
    pub(super) async fn components(
        &self,
        nodes: &[u32],
        removed: &[bool],
        pace: &mut Pace,
    ) -> Vec<Component> {
        const DONE: u32 = NONE - 1;
        // Not in `nodes`: DONE; not seen yet: NONE.
        let mut number = vec![DONE; self.len()];
        for &node in nodes {
            pace.step().await;
            number[node as usize] = NONE;
        }
        let mut low = vec![0; self.len()];
        let (mut next, mut stack, mut path) = (0, Vec::new(), Vec::new());
        let mut found = Vec::new();
        for &root in nodes {
            pace.step().await;
            if number[root as usize] != NONE {
                continue;
            }
            path.push((root, 0));
            while let Some((node, at)) = path.pop() {
                pace.step().await;
                if at == 0 {
                    number[node as usize] = next;
                    low[node as usize] = next;
                    next += 1;
                    stack.push(node);
                }
                let edges = self.edges_of(node);
                let mut at = at;
                let mut child = None;
                while at < edges.len() {
                    pace.step().await;
                    let (to, field) = edges[at];
                    at += 1;
                    if removed[field as usize] {
                        continue;
                    }
                    match number[to as usize] {
                        DONE => {}
                        NONE => {
                            child = Some(to);
                            break;
                        }
                        seen => low[node as usize] = low[node as usize].min(seen),
                    }
                }
                if let Some(child) = child {
                    // `at` is past the child: at least 1.
                    path.push((node, at));
                    path.push((child, 0));
                    continue;
                }
                if let Some(&(parent, _)) = path.last() {
                    low[parent as usize] = low[parent as usize].min(low[node as usize]);
                }
                if low[node as usize] != number[node as usize] {
                    continue;
                }
                let (mut first, mut members) = (node, Vec::new());
                while let Some(member) = stack.pop() {
                    pace.step().await;
                    number[member as usize] = DONE;
                    first = first.min(member);
                    members.push(member);
                    if member == node {
                        break;
                    }
                }
                let mut is_cycle = members.len() > 1;
                if !is_cycle {
                    for &(to, field) in edges {
                        pace.step().await;
                        is_cycle |= to == node && !removed[field as usize];
                    }
                }
                if is_cycle {
                    found.push(Component { first, members });
                }
            }
        }
        found
    }
}
