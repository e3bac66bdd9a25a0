//! The live objects of a workload.

use crate::random::Random;
use gc_core::{Gc, Heap, Trace};
use std::fmt;

/// An object with room for three handles: 32 bytes, 40 with the slot's header.
#[derive(Trace, Default)]
pub struct Node {
    pub edges: [Option<Gc<Node>>; 3],
    pub payload: u64,
}

/// The one object that holds a whole graph: a level.
#[derive(Trace)]
pub struct Root {
    pub nodes: Vec<Gc<Node>>,
}

/// Who holds the graph.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hold {
    /// Components outside the heap, a handle of every object each.
    OneByOne,
    /// One object, of which the game has a handle.
    OneRoot,
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Hold::OneByOne => "held one by one",
            Hold::OneRoot => "held from one root",
        })
    }
}

/// A graph and what keeps it alive.
pub enum Graph {
    OneByOne(Vec<Gc<Node>>),
    OneRoot(Gc<Root>),
}

impl Graph {
    /// `objects` nodes with three edges each to random ones. No collection may run meanwhile: the policy is the caller's.
    pub fn build(heap: &mut Heap, objects: usize, hold: Hold) -> Graph {
        let nodes = random_nodes(heap, objects);
        match hold {
            Hold::OneByOne => Graph::OneByOne(nodes),
            Hold::OneRoot => Graph::OneRoot(heap.alloc(Root { nodes })),
        }
    }

    /// Handles of the nodes.
    pub fn nodes<'a>(&'a self, heap: &'a Heap) -> &'a [Gc<Node>] {
        match self {
            Graph::OneByOne(nodes) => nodes,
            Graph::OneRoot(root) => &heap.get(root).nodes,
        }
    }
}

/// `objects` nodes, three random edges each, and their handles in the order of allocation.
pub fn random_nodes(heap: &mut Heap, objects: usize) -> Vec<Gc<Node>> {
    let nodes = bare_nodes(heap, objects);
    let mut random = Random::new(objects as u64);
    for node in &nodes {
        let edges = std::array::from_fn(|_| Some(nodes[random.below(objects)].clone()));
        heap.get_mut(node).edges = edges;
    }
    nodes
}

/// The same with every object on one ring besides, so that nothing of it dies by reference count.
pub fn knotted_nodes(heap: &mut Heap, objects: usize) -> Vec<Gc<Node>> {
    let nodes = random_nodes(heap, objects);
    for (index, node) in nodes.iter().enumerate() {
        heap.get_mut(node).edges[0] = Some(nodes[(index + 1) % objects].clone());
    }
    nodes
}

/// `objects` nodes without edges, in the order of allocation.
pub fn bare_nodes(heap: &mut Heap, objects: usize) -> Vec<Gc<Node>> {
    (0..objects as u64)
        .map(|payload| {
            heap.alloc(Node {
                payload,
                ..Node::default()
            })
        })
        .collect()
}
