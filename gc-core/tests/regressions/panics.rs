//! A panic in code of the game that the heap calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};

use gc_core::{Budget, Gc, Heap, Trace, Tracer};

use crate::util::{
    Hook, Hooked, finish, guarded, hook, knot, planned_panic, quiet_heap, slices, verify,
};

/// Panics once, at the call after `left` calls.
#[derive(Clone, Default)]
struct Fuse(Arc<AtomicU32>);

impl Fuse {
    fn light(&self, left: u32) {
        self.0.store(left + 1, Relaxed);
    }

    fn is_burnt(&self) -> bool {
        self.0.load(Relaxed) == 0
    }

    fn hook(&self) -> Hook {
        let left = self.0.clone();
        hook(move || burn(&left))
    }
}

fn burn(left: &AtomicU32) {
    if left.fetch_update(Relaxed, Relaxed, |n| n.checked_sub(1)) == Ok(1) {
        planned_panic();
    }
}

fn counter() -> (Arc<AtomicUsize>, Hook) {
    let count = Arc::new(AtomicUsize::new(0));
    let add = count.clone();
    (
        count,
        hook(move || {
            add.fetch_add(1, Relaxed);
        }),
    )
}

#[test]
fn an_object_whose_trace_panics_at_its_death_is_dropped_later() {
    // A death in mid-job traces the object; the panic came when it was in no list any more.
    for units in 0..30 {
        for left in 0..5 {
            let (fuse, (drops, on_drop)) = (Fuse::default(), counter());
            let mut heap = quiet_heap();
            let objects: Vec<_> = (0..5)
                .map(|_| heap.alloc(Hooked::new(&fuse.hook(), &on_drop)))
                .collect();
            slices(&mut heap, units, 1);
            fuse.light(left);
            drop(objects);
            guarded(|| heap.reclaim());
            fuse.light(u32::MAX - 1);
            verify(&heap);
            heap.reclaim();
            assert_eq!(heap.len(), 0, "{units} units, left {left}");
            drop(heap);
            assert_eq!(drops.load(Relaxed), 5, "{units} units, left {left}");
        }
    }
}

#[test]
fn a_collection_that_panicked_is_over() {
    // The job was gone, and the heap went on to say that one was in progress: steps in a round never finished.
    let (fuse, (_, on_drop)) = (Fuse::default(), counter());
    let mut heap = Heap::new();
    let _held = heap.alloc(Hooked::new(&fuse.hook(), &on_drop));
    fuse.light(0);
    assert!(guarded(|| heap.collect()).is_none());
    assert!(!heap.is_collecting());
    heap.begin_round();
    assert!(heap.step(Budget::UNLIMITED).finished);
}

#[test]
fn a_slice_whose_budget_panicked_does_not_hang_a_round() {
    // The same, when the closure of the budget panics between two units of any phase.
    for asked in 0..40 {
        let mut heap = quiet_heap();
        let _held: Vec<_> = (0..100).map(|_| knot(&mut heap)).collect();
        for _ in 0..100 {
            knot(&mut heap);
        }
        let mut left = asked;
        guarded(|| {
            heap.step(Budget::until(|| {
                left -= 1;
                if left < 0 {
                    planned_panic();
                }
                false
            }))
        });
        verify(&heap);
        heap.begin_round();
        finish(&mut heap, 100);
        heap.end_round();
        heap.collect();
        assert_eq!(heap.len(), 100, "asked {asked} times");
    }
}

#[test]
fn what_the_game_holds_survives_a_panic_of_trace_in_a_slice() {
    // A half-counted job stayed in place, counted some references twice, and so took a held object for garbage.
    for units in [1, 2, 3, 5, 17, 64, 1000, u64::MAX] {
        for left in 0.. {
            let (fuse, (_, on_drop)) = (Fuse::default(), counter());
            let mut heap = quiet_heap();
            let held = heap.alloc(Hooked::new(&fuse.hook(), &on_drop));
            for _ in 0..10 {
                let a = heap.alloc(Hooked::new(&fuse.hook(), &on_drop));
                let edges = [held.clone(), a.clone()];
                heap[&a].edges.extend(edges);
            }
            fuse.light(left);
            while guarded(|| heap.step(Budget::units(units))).is_none_or(|p| !p.finished) {
                verify(&heap);
            }
            let burnt = fuse.is_burnt();
            fuse.light(u32::MAX - 1);
            heap.collect();
            assert!(
                heap.try_get(&held).is_ok(),
                "slices of {units}, left {left}: a held object is gone"
            );
            assert_eq!(heap.len(), 1, "slices of {units}, left {left}");
            if !burnt {
                break;
            }
        }
    }
}

#[test]
fn drops_that_panic_are_done_once_and_the_others_go_on() {
    // `verify` took the dropped members of a job that is to go on for an error.
    let drops = Arc::new(AtomicU32::new(0));
    let add = drops.clone();
    let on_drop = hook(move || {
        let nth = add.fetch_add(1, Relaxed);
        if nth.is_multiple_of(3) && !std::thread::panicking() {
            planned_panic();
        }
    });
    let mut heap = quiet_heap();
    for _ in 0..30 {
        let [a, b] = [(); 2].map(|()| heap.alloc(Hooked::new(&hook(|| {}), &on_drop)));
        heap[&a].edges.push(b.clone());
        heap[&b].edges.push(a);
    }
    let mut panics = 0;
    while guarded(|| heap.collect()).is_none() {
        verify(&heap);
        guarded(|| heap.step(Budget::units(panics % 2 * 3)));
        verify(&heap);
        panics += 1;
        assert!(panics <= 20);
    }
    heap.collect();
    verify(&heap);
    assert_eq!((heap.len(), heap.bytes()), (0, 0));
    assert_eq!(drops.load(Relaxed), 60);
}

/// Calls of `tracked` until it panics, once; 0 for never.
static TRACKED: AtomicU32 = AtomicU32::new(0);

struct Undecided;

impl Trace for Undecided {
    fn trace(&self, _: &mut Tracer<'_>) {}

    fn tracked() -> bool {
        burn(&TRACKED);
        true
    }
}

#[test]
fn an_allocation_that_panics_in_tracked_takes_no_memory() {
    // A slot was reserved before `tracked` was asked, and was lost with the panic.
    let mut heap = Heap::new();
    drop(heap.alloc(Undecided));
    heap.reclaim();
    let before = heap.bytes();
    for calls in 1..10 {
        TRACKED.store(calls, Relaxed);
        guarded(|| heap.alloc(Undecided));
        TRACKED.store(calls, Relaxed);
        guarded(|| heap.alloc_cyclic(|_| Undecided));
    }
    TRACKED.store(0, Relaxed);
    heap.reclaim();
    assert_eq!(heap.bytes(), before);
    assert_eq!(heap.len(), 0);
    let g: Gc<Undecided> = heap.alloc(Undecided);
    verify(&heap);
    assert!(heap.try_get(&g).is_ok());
}
