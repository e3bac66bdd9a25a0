//! What a frame makes and leaves behind.

use crate::graph::Node;
use gc_core::{Gc, Heap};

/// Objects in a ring.
pub const RING: usize = 10;
/// Objects that a frame allocates.
pub const PER_FRAME: usize = 2_000;

/// A ring: only its first object's handle is held, and when that goes it is garbage that counting cannot find.
pub fn ring(heap: &mut Heap) -> Gc<Node> {
    let first = heap.alloc(Node::default());
    let mut last = first.clone();
    for payload in 1..RING as u64 {
        last = heap.alloc(Node {
            edges: [Some(last), None, None],
            payload,
        });
    }
    heap.get_mut(&first).edges[0] = Some(last);
    first
}

/// A frame's rings, all left behind; `look` sees each before it goes.
pub fn frame(heap: &mut Heap, mut look: impl FnMut(usize, &Gc<Node>)) {
    for number in 0..PER_FRAME / RING {
        let ring = ring(heap);
        look(number, &ring);
    }
}
