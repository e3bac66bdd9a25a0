//! D1, shutdown: the end of the heap.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use gc_core::{Budget, Heap};

use crate::util::{Actor, Event, Log, actors, lock, ring};

#[test]
fn gc_main_module_at_shutdown_cycles_alive_get_their_finalizers() {
    let log = Log::default();
    let mut heap = Heap::new();
    let held = actors(
        &mut heap,
        vec![Actor::quiet(&log, 1), Actor::quiet(&log, 2)],
    );
    drop(heap);
    assert_eq!(lock(&log).finalized(), [1, 2]);
    assert_eq!(lock(&log).dropped(), [1, 2]);
    drop(held);
    assert_eq!(lock(&log).events.len(), 4);
}

#[test]
fn gc_ordinary_module_at_shutdown_dead_cycles_get_their_finalizers_before_anything_is_dropped() {
    let log = Log::default();
    let mut heap = Heap::new();
    drop(actors(
        &mut heap,
        (0..4).map(|n| Actor::quiet(&log, n)).collect(),
    ));
    drop(ring(&mut heap, &log, &[10, 11]));
    drop(heap);
    let events = lock(&log).events.clone();
    let last_finalizer = events
        .iter()
        .rposition(|e| matches!(e, Event::Finalized(_)));
    let first_drop = events
        .iter()
        .position(|e| matches!(e, Event::Dropped(n) if *n < 10));
    assert!(last_finalizer < first_drop, "{events:?}");
    assert_eq!(lock(&log).finalized(), [0, 1, 2, 3]);
    assert_eq!(lock(&log).dropped(), [0, 1, 2, 3, 10, 11]);
}

#[test]
fn gc_at_shutdown_a_finalizer_that_resurrects_or_allocates_does_not_keep_the_heap() {
    let log = Log::default();
    let mut heap = Heap::new();
    let inner = log.clone();
    let allocating = Actor::new(&log, 1, move |this, heap| {
        let nodes = ring(heap, &inner, &[10, 11]);
        heap[this].nodes.push(nodes);
    });
    drop(actors(
        &mut heap,
        vec![allocating, Actor::resurrecting(&log, 2)],
    ));
    drop(heap);
    assert_eq!(lock(&log).finalized(), [1, 2]);
    assert_eq!(lock(&log).dropped(), [1, 2, 10, 11]);
    // A handle of a heap that is gone: only to be dropped.
    let saved = std::mem::take(&mut lock(&log).saved);
    assert_eq!(saved.len(), 1);
    drop(saved);
    assert_eq!(lock(&log).dropped(), [1, 2, 10, 11]);
}

#[test]
fn global_del_system_exit_also_when_the_end_is_an_unwinding() {
    let log = Log::default();
    let exit = catch_unwind(AssertUnwindSafe(|| {
        let mut heap = Heap::new();
        drop(actors(&mut heap, vec![Actor::quiet(&log, 1)]));
        let _held = actors(&mut heap, vec![Actor::quiet(&log, 2)]);
        resume_unwind(Box::new("exit"));
    }));
    assert_eq!(
        *exit
            .expect_err("it unwound")
            .downcast::<&str>()
            .expect("its payload"),
        "exit"
    );
    assert_eq!(lock(&log).finalized(), [1, 2]);
    assert_eq!(lock(&log).dropped(), [1, 2]);
}

#[test]
fn gc_at_shutdown_in_mid_job_finalizes_and_drops_each_object_once() {
    for units in 0..40 {
        let log = Log::default();
        let mut heap = Heap::new();
        drop(actors(
            &mut heap,
            (0..3).map(|n| Actor::quiet(&log, n)).collect(),
        ));
        let held = ring(&mut heap, &log, &[10, 11]);
        for _ in 0..units {
            heap.step(Budget::units(1));
        }
        drop(heap);
        assert_eq!(lock(&log).finalized(), [0, 1, 2], "after {units} units");
        assert_eq!(
            lock(&log).dropped(),
            [0, 1, 2, 10, 11],
            "after {units} units"
        );
        drop(held);
    }
}
