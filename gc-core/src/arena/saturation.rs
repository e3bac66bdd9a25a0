//! Tests of counts that are saturated: unit tests, since two thousand million handles take too long to clone.

use super::word::IMMORTAL;
use crate::{Budget, Gc, Heap, Trace};

#[derive(Trace)]
struct Node {
    number: u32,
    next: Option<Gc<Node>>,
}

fn saturated(heap: &mut Heap) -> Gc<Node> {
    let node = heap.alloc(Node {
        number: 7,
        next: None,
    });
    node.word().set_strong_for_test(IMMORTAL - 1);
    // Two more: the second one does not move the count.
    drop(node.clone());
    node.word().set_strong_for_test(IMMORTAL);
    node
}

#[test]
fn an_object_with_too_many_handles_lives_as_long_as_its_heap() {
    let mut heap = Heap::new();
    let node = saturated(&mut heap);
    let weak = node.downgrade();
    // In a cycle too.
    heap[&node].next = Some(node.clone());
    for _ in 0..100 {
        drop(node.clone());
    }
    drop(node);
    heap.collect();
    heap.reclaim();
    while !heap.step(Budget::units(1)).finished {}
    assert_eq!(heap.get_weak(weak).map(|node| node.number), Some(7));
    heap.verify();
    assert_eq!(heap.len(), 1);
    let last = heap.upgrade(weak).expect("alive");
    // So that the test itself leaks no page: the true number of handles.
    last.word().set_strong_for_test(2);
}

#[test]
fn the_other_objects_of_its_page_come_and_go() {
    let mut heap = Heap::new();
    let immortal = saturated(&mut heap).downgrade();
    for number in 0..1000 {
        let one = heap.alloc(Node { number, next: None });
        let two = heap.alloc(Node {
            number,
            next: Some(one.clone()),
        });
        heap[&one].next = Some(two);
    }
    heap.collect();
    assert_eq!(heap.len(), 1);
    heap.trim();
    let last = heap.upgrade(immortal).expect("alive");
    last.word().set_strong_for_test(1);
}
