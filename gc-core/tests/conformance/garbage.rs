//! D1, finalizers that refuse: `FinalizerPolicy::Quarantine` and `garbage()`.

use gc_core::{FinalizerPolicy, Heap, HeapConfig};

use crate::util::{Actor, Log, actors, both_ways, collected, lock, ring};

fn quarantine() -> Heap {
    Heap::with_config(HeapConfig {
        finalizers: FinalizerPolicy::Quarantine,
        ..HeapConfig::default()
    })
}

#[test]
fn legacy_finalizer_cycle_is_kept_and_unrelated_trash_is_freed() {
    both_ways(|collect| {
        let mut heap = quarantine();
        let log = Log::default();
        drop(actors(
            &mut heap,
            vec![Actor::quiet(&log, 1), Actor::quiet(&log, 2)],
        ));
        drop(ring(&mut heap, &log, &[3, 4, 5]));
        collect(&mut heap);
        assert_eq!(lock(&log).dropped(), [3, 4, 5]);
        assert_eq!(
            lock(&log).finalized(),
            [0; 0],
            "quarantine runs no finalizer"
        );
        let mut kept: Vec<u32> = heap
            .garbage()
            .iter()
            .map(|any| {
                any.clone()
                    .downcast::<Actor>()
                    .expect("only actors have finalizers")
            })
            .map(|g| heap[&g].name)
            .collect();
        kept.sort_unstable();
        assert_eq!(kept, [1, 2]);
    });
}

#[test]
fn legacy_finalizer_cycle_goes_when_it_is_broken_by_hand() {
    both_ways(|collect| {
        let mut heap = quarantine();
        let log = Log::default();
        drop(actors(
            &mut heap,
            vec![Actor::quiet(&log, 1), Actor::quiet(&log, 2)],
        ));
        collect(&mut heap);
        assert_eq!(heap.len(), 2);
        for any in heap.take_garbage() {
            let g = any.downcast::<Actor>().expect("an actor");
            heap[&g].edges.clear();
        }
        assert!(heap.garbage().is_empty());
        heap.reclaim();
        assert_eq!(lock(&log).dropped(), [1, 2]);
        assert_eq!(
            lock(&log).finalized(),
            [1, 2],
            "death by count is ordered: the finalizer runs"
        );
        assert_eq!(heap.len(), 0);
    });
}

#[test]
fn legacy_finalizer_newclass_what_the_kept_cycle_reaches_is_kept() {
    both_ways(|collect| {
        let mut heap = quarantine();
        let log = Log::default();
        let kept = actors(&mut heap, vec![Actor::quiet(&log, 1)]);
        let reached = ring(&mut heap, &log, &[2, 3]);
        heap[&kept[0]].nodes.push(reached);
        drop(kept);
        collect(&mut heap);
        assert_eq!(lock(&log).dropped(), [0; 0]);
        assert_eq!(
            heap.garbage().len(),
            1,
            "only what has a finalizer is listed"
        );
        let g = heap.garbage()[0]
            .clone()
            .downcast::<Actor>()
            .expect("an actor");
        let node = &heap[&g].nodes[0];
        assert_eq!(heap[&heap[node].edges[0]].name, 3, "intact");
    });
}

#[test]
fn legacy_finalizer_acyclic_object_is_not_kept() {
    let mut heap = quarantine();
    let log = Log::default();
    drop(heap.alloc(Actor::quiet(&log, 1)));
    heap.reclaim();
    assert_eq!(lock(&log).finalized(), [1]);
    assert_eq!(lock(&log).dropped(), [1]);
    assert!(heap.garbage().is_empty());
}

#[test]
fn saveall_every_object_with_a_finalizer_is_kept_exactly_once() {
    let mut heap = quarantine();
    let log = Log::default();
    drop(actors(&mut heap, vec![Actor::quiet(&log, 1)]));
    assert_eq!(collected(heap.collect()), (0, 1));
    assert_eq!(heap.garbage().len(), 1);
    assert_eq!(
        collected(heap.collect()),
        (0, 0),
        "it is held by the list now"
    );
    assert_eq!(heap.garbage().len(), 1);
}

#[test]
fn garbage_at_shutdown_goes_with_the_heap() {
    let log = Log::default();
    let mut heap = quarantine();
    drop(actors(
        &mut heap,
        vec![Actor::quiet(&log, 1), Actor::quiet(&log, 2)],
    ));
    heap.collect();
    let outlives = heap.garbage()[0].clone();
    drop(heap);
    assert_eq!(lock(&log).dropped(), [1, 2]);
    drop(outlives);
    assert_eq!(lock(&log).dropped(), [1, 2]);
}
