//! A full collection that somebody began and nobody goes on with: automatic ones take over.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use gc_core::{Budget, CollectionEvent, Gc, Generation, Heap, Limits, Policy, Thresholds};

use crate::util::{Hook, Hooked, guarded, hook, planned_panic};

const WINDOW: usize = 2_000;

fn knot(heap: &mut Heap, on_drop: &Hook) -> Gc<Hooked> {
    let g = heap.alloc(Hooked::new(&hook(|| ()), on_drop));
    heap[&g].edges.push(g.clone());
    g
}

/// A game whose objects live long enough to become old, and are cycles. Answers how many there were at the most.
fn play(heap: &mut Heap) -> usize {
    heap.set_thresholds(Thresholds {
        young: 200,
        middle: 3,
        old: 3,
    });
    let nothing = hook(|| ());
    let mut window = VecDeque::new();
    let mut peak = 0;
    for _ in 0..60_000 {
        window.extend(guarded(|| knot(heap, &nothing)));
        if window.len() > WINDOW {
            window.pop_front();
        }
        peak = peak.max(heap.len());
    }
    peak
}

/// `before` has left a collection half done; the game neither steps nor collects.
fn assert_bounded(what: &str, heap: &mut Heap) {
    let kept = heap.len();
    assert!(heap.is_collecting() || what == "panic", "{what}");
    let peak = play(heap) - kept;
    assert!(peak < 20_000, "{what}: {peak} objects, {WINDOW} alive");
}

fn objects(heap: &mut Heap, count: usize) -> Vec<Gc<Hooked>> {
    let nothing = hook(|| ());
    (0..count)
        .map(|_| heap.alloc(Hooked::new(&nothing, &nothing)))
        .collect()
}

#[test]
fn one_step_does_not_end_automatic_collection() {
    let mut heap = Heap::new();
    let _kept = objects(&mut heap, 10);
    heap.step(Budget::units(1));
    assert_bounded("step", &mut heap);
}

#[test]
fn a_policy_that_changes_in_the_middle_of_a_collection_does_not_end_it() {
    let mut heap = Heap::new();
    heap.set_policy(Policy::Budgeted(Budget::units(100)));
    let _kept = objects(&mut heap, 5_000);
    while !heap.is_collecting() || heap.stats()[0].collections == 0 {
        heap.step(Budget::units(100));
    }
    heap.set_policy(Policy::Automatic);
    assert_bounded("policy", &mut heap);
}

#[test]
fn nor_does_a_soft_limit_that_the_heap_falls_below_again() {
    const SOFT: usize = 4 << 20;
    let mut heap = Heap::new();
    heap.set_limits(Limits {
        soft: SOFT,
        ..Limits::default()
    });
    let _kept = objects(&mut heap, 10_000);
    let mut ballast = Vec::new();
    while !heap.is_collecting() {
        ballast.push(heap.alloc([0u64; 512]));
    }
    drop(ballast);
    heap.reclaim();
    heap.set_limits(Limits::default());
    assert_bounded("limit", &mut heap);
}

#[test]
fn nor_does_a_panic_in_a_drop_or_a_callback() {
    for in_callback in [false, true] {
        let mut heap = Heap::new();
        let armed = Arc::new(AtomicBool::new(true));
        let once = armed.clone();
        let bomb = move || {
            if once.swap(false, Relaxed) {
                planned_panic();
            }
        };
        if in_callback {
            heap.on_collection(move |event| {
                if let CollectionEvent::Start { generation, .. } = event
                    && *generation == Generation::Old
                {
                    bomb();
                }
            });
        } else {
            // Old when it dies, so that only a full collection finds it.
            let g = knot(&mut heap, &hook(bomb.clone()));
            heap.collect_generation(Generation::Middle);
            heap.collect_generation(Generation::Middle);
            drop(g);
        }
        assert_bounded("panic", &mut heap);
        assert!(!armed.load(Relaxed), "it has panicked");
    }
}
