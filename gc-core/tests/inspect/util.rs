//! Random graphs.

use gc_core::{Gc, Heap, Trace};

#[derive(Trace)]
pub struct Node {
    pub edges: Vec<Gc<Node>>,
}

/// The same numbers for the same seed.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }
}

pub fn graph(heap: &mut Heap, random: &mut Random, nodes: usize, edges: usize) -> Vec<Gc<Node>> {
    let nodes: Vec<_> = (0..nodes)
        .map(|_| heap.alloc(Node { edges: vec![] }))
        .collect();
    for _ in 0..edges {
        let (from, to) = (random.below(nodes.len()), random.below(nodes.len()));
        let to = nodes[to].clone();
        heap[&nodes[from]].edges.push(to);
    }
    nodes
}

/// The text without the lines that the feature `call_sites` adds.
pub fn without_places(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("    "));
    lines.collect::<Vec<_>>().join("\n")
}
