//! A finalizer has `&mut Heap`, and so it may put another heap in its place.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use gc_core::Heap;

use crate::util::{
    Act, Hooked, Node, act, actor, actor_knot, finish, hook, knot, node, slices, verify,
};

/// Does `f` the first time that one of its objects is finalized.
fn once(f: impl Fn(&mut Heap) + Send + Sync + 'static) -> Act {
    let done = AtomicBool::new(false);
    act(move |_, heap| {
        if !done.swap(true, Relaxed) {
            f(heap);
        }
    })
}

fn assert_works(heap: &mut Heap) {
    heap.collect();
    let before = heap.len();
    drop(node(heap));
    drop(knot(heap));
    heap.reclaim();
    heap.collect();
    assert_eq!(heap.len(), before, "reclaims and collects");
    verify(heap);
}

#[test]
fn a_finalizer_may_end_the_heap_that_ends() {
    // The heap went on with a page of the heap that the finalizer had dropped.
    for held in [true, false] {
        let takes = once(|heap| drop(std::mem::take(heap)));
        let mut heap = Heap::new();
        let objects: Vec<_> = (0..10).map(|_| actor_knot(&mut heap, &takes)).collect();
        let objects = held.then_some(objects);
        drop(heap);
        drop(objects);
    }
}

#[test]
fn the_heap_that_a_finalizer_put_in_place_works() {
    // Its count of finalizers in progress fell below zero: it never reclaimed or collected.
    let ways: [fn(&mut Heap); 3] = [
        |heap| {
            heap.reclaim();
        },
        |heap| {
            heap.collect();
        },
        |heap| {
            finish(heap, 1);
        },
    ];
    for way in ways {
        let replaces = once(|heap| *heap = Heap::new());
        let mut heap = Heap::new();
        for _ in 0..3 {
            drop(actor(&mut heap, &replaces));
            drop(actor_knot(&mut heap, &replaces));
        }
        way(&mut heap);
        assert_works(&mut heap);
    }
}

#[test]
fn heaps_swapped_by_a_finalizer_both_work_and_only_garbage_is_finalized() {
    // The job of the other heap was taken for the one in progress, and its reachable objects were finalized.
    for units in [0, 1, 2, 5, 12, 20, 30, 45] {
        let other = Arc::new(Mutex::new(Heap::new()));
        let wrongly = Arc::new(AtomicUsize::new(0));
        let add = wrongly.clone();
        let counts = act(move |_, _| {
            add.fetch_add(1, Relaxed);
        });
        let mut kept = Vec::new();
        {
            let mut other = other.lock().unwrap();
            other.disable();
            kept.extend((0..20).map(|_| actor(&mut other, &counts)));
            slices(&mut other, 1, units);
        }
        let with = other.clone();
        let swaps = once(move |heap| std::mem::swap(heap, &mut with.lock().unwrap()));
        let mut heap = Heap::new();
        heap.disable();
        for _ in 0..3 {
            actor_knot(&mut heap, &swaps);
        }
        heap.collect();
        for heap in [&mut heap, &mut other.lock().unwrap()] {
            verify(heap);
            finish(heap, 100);
            heap.collect();
            assert_works(heap);
        }
        assert_eq!(wrongly.load(Relaxed), 0, "after {units} units");
        assert_eq!(heap.len(), 20);
        assert_eq!(other.lock().unwrap().len(), 0);
    }
}

#[test]
fn a_heap_in_mid_job_that_a_finalizer_put_in_place_of_one_that_ends_ends_well() {
    // Members that were dropped at the end were traced by the job that went on, or it never ended.
    for units in 0..60 {
        let finalized = Arc::new(AtomicUsize::new(0));
        let add = finalized.clone();
        let counts = act(move |_, _| {
            add.fetch_add(1, Relaxed);
        });
        let mut other = Heap::new();
        other.disable();
        for _ in 0..5 {
            actor_knot(&mut other, &counts);
            let knot = knot(&mut other);
            drop(knot);
        }
        slices(&mut other, 1, units);
        let other = Mutex::new(Some(other));
        let replaces = once(move |heap| {
            if let Some(other) = other.lock().unwrap().take() {
                *heap = other;
            }
        });
        let mut heap = Heap::new();
        let held = actor(&mut heap, &replaces);
        drop(heap);
        drop(held);
        assert!(finalized.load(Relaxed) <= 5, "after {units} units");
    }
}

#[test]
fn a_context_is_lent_nothing_of_the_heap_that_a_finalizer_put_in_place() {
    let other = Arc::new(Mutex::new(Heap::new()));
    let seen = {
        let mut other = other.lock().unwrap();
        (0..1000).map(|_| node(&mut other)).for_each(drop);
        other.reclaim();
        let seen = node(&mut other);
        seen.downgrade()
    };
    let with = other.clone();
    let swaps = once(move |heap| std::mem::swap(heap, &mut with.lock().unwrap()));
    let mut heap = Heap::new();
    let mut context = heap.alloc_context();
    let mut kept: Vec<_> = (0..10)
        .map(|_| context.alloc(Node { edges: Vec::new() }))
        .collect();
    drop(actor(&mut heap, &swaps));
    heap.merge_mut(&mut context);
    // The two have changed places: the context is the other's now.
    kept.extend((0..3000).map(|_| context.alloc(Node { edges: Vec::new() })));
    let mut first = other.lock().unwrap();
    first.merge_mut(&mut context);
    assert!(kept.iter().all(|node| first.try_get(node).is_ok()));
    assert!(heap.get_weak(seen).is_none());
    for heap in [&mut *first, &mut heap] {
        verify(heap);
        assert_works(heap);
    }
    kept.clear();
    first.reclaim();
    first.collect();
    assert_eq!(first.len(), 0);
}

#[test]
fn an_identity_of_another_heap_may_be_asked_for() {
    // The word of a slot that was never used was looked at.
    let (mut few, mut many) = (Heap::new(), Heap::new());
    let one = few.alloc(1u64);
    let all: Vec<_> = (0..300).map(|i| many.alloc(i as u64)).collect();
    assert!(few.contains(one.id()));
    let strangers = all.iter().filter(|object| few.contains(object.id()));
    assert!(strangers.count() <= 1);
}

#[test]
fn a_heap_whose_finalizer_runs_may_end_in_the_place_of_another() {
    // Its end waited for ever for an object that died inside that finalizer: "in a finalizer" was unsaid of the first
    // heap only.
    let dropped = Arc::new(AtomicUsize::new(0));
    let parked: Arc<Mutex<Option<Heap>>> = Arc::default();
    let count = dropped.clone();
    let ends_elsewhere = once(move |heap| {
        let count = count.clone();
        let on_drop = hook(move || {
            count.fetch_add(1, Relaxed);
        });
        drop(heap.alloc(Hooked::new(&hook(|| {}), &on_drop)));
        *parked.lock().unwrap() = Some(std::mem::take(heap));
        let parked = parked.clone();
        let unparks = once(move |heap| {
            if let Some(other) = parked.lock().unwrap().take() {
                // What was here never ends, and has nothing to drop.
                static KEPT: Mutex<Vec<Heap>> = Mutex::new(Vec::new());
                let here = std::mem::replace(heap, other);
                KEPT.lock().unwrap().push(here);
            }
        });
        let mut other = Heap::new();
        drop(actor(&mut other, &unparks));
        drop(other);
    });
    let mut heap = Heap::new();
    drop(actor(&mut heap, &ends_elsewhere));
    heap.reclaim();
    assert_eq!(dropped.load(Relaxed), 1);
}
