//! Steps come to an end, whatever a round or the limits say.

use gc_core::{Budget, Gc, Generation, Heap, Limits};

use crate::util::{Node, finish, knot, node, quiet_heap, slices};

fn nodes(heap: &mut Heap, count: usize) -> Vec<Gc<Node>> {
    (0..count).map(|_| node(heap)).collect()
}

/// Very little more than what there is.
fn limit_softly(heap: &mut Heap) {
    let soft = heap.bytes() + 10;
    heap.set_limits(Limits {
        soft,
        hard: usize::MAX,
    });
}

fn assert_steps_start_nothing(heap: &mut Heap) {
    let _few = nodes(heap, 5);
    let before = heap.stats()[2].collections;
    slices(heap, 10, 1000);
    let begun = heap.stats()[2].collections - before;
    let (bytes, soft) = (heap.bytes(), heap.limits().soft);
    assert_eq!(begun, 0, "{bytes} bytes, soft limit {soft}");
}

#[test]
fn a_heap_that_was_above_its_soft_limit_is_not_collected_when_below_it_in_a_round() {
    // Once above the limit it stayed "above": each step of a round ran a full collection.
    for collected in [true, false] {
        let mut heap = quiet_heap();
        let held = nodes(&mut heap, 2000);
        limit_softly(&mut heap);
        if !collected {
            heap.begin_round();
        }
        let more = nodes(&mut heap, 10);
        drop((held, more));
        heap.reclaim();
        finish(&mut heap, 1000);
        if collected {
            heap.collect();
            heap.begin_round();
        }
        assert_steps_start_nothing(&mut heap);
    }
}

#[test]
fn steps_finish_when_the_soft_limit_is_raised_in_a_round() {
    // The collection begun for the limit was in progress, and nobody went on with it before the end of the round.
    let mut heap = quiet_heap();
    let held = nodes(&mut heap, 20_000);
    heap.begin_round();
    limit_softly(&mut heap);
    let _one = node(&mut heap);
    assert!(heap.is_collecting(), "the case is not the one meant");
    heap.set_limits(Limits::default());
    finish(&mut heap, 1000);
    assert_eq!(heap.len(), held.len() + 1);
}

#[test]
fn steps_until_finished_collect_all_garbage_after_a_round() {
    // The young collection that a round's end begins was all that was done.
    let mut heap = Heap::new();
    let old = knot(&mut heap);
    heap.collect_generation(Generation::Young);
    heap.collect_generation(Generation::Middle);
    drop(old);
    heap.begin_round();
    knot(&mut heap);
    heap.end_round();
    finish(&mut heap, u64::MAX);
    assert_eq!(heap.len(), 0);
    assert!(heap.step(Budget::UNLIMITED).finished);
}
