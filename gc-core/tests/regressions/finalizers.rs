//! What a finalizer sees, and what it may do to the heap.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use gc_core::Heap;

use crate::util::{act, actor, actor_knot, node, quiet_heap};

#[test]
fn finalizers_at_the_end_of_the_heap_see_everything() {
    // The finalizer of what another finalizer let go ran when values were dropped already.
    let runs = Arc::new(AtomicUsize::new(0));
    let add = runs.clone();
    let reads = act(move |this, heap: &mut Heap| {
        heap[this].edges.clear();
        let child = &heap[this].nodes[0];
        assert!(heap[child].edges.is_empty());
        add.fetch_add(1, Relaxed);
    });
    let mut heap = Heap::new();
    let child = node(&mut heap);
    let [a, b] = [(); 2].map(|()| actor(&mut heap, &reads));
    for g in [&a, &b] {
        heap[g].nodes.push(child.clone());
    }
    heap[&a].edges.push(b);
    drop(child);
    drop(heap);
    assert_eq!(runs.load(Relaxed), 2);
    drop(a);
}

#[test]
fn finalizers_may_freeze_the_heap() {
    // It went on with the collection inside the finalizer: without an end, or one level deeper for each object.
    let freezes = act(|this, heap: &mut Heap| {
        heap[this].nodes.clear();
        heap.freeze();
    });
    for (count, with_child) in [(2, false), (2, true), (20_000, false)] {
        let mut heap = quiet_heap();
        for _ in 0..count {
            let g = actor_knot(&mut heap, &freezes);
            if with_child {
                let child = node(&mut heap);
                heap[&g].nodes.push(child);
            }
        }
        heap.collect();
        assert_eq!(heap.len(), 0, "{count} objects, with a child: {with_child}");
    }
}
