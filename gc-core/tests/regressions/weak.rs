//! A weak handle leads to its object or to nothing, never to another object.

use std::sync::{Arc, Mutex};

use gc_core::{Budget, Gc, Heap, Policy, Trace, Weak};

use crate::util::{Node, finish, guarded, knot, node, planned_panic, quiet_heap, slices, verify};

#[test]
fn the_weak_handle_of_an_object_that_was_never_made_leads_nowhere() {
    // The closure panicked, the slot was given back as it was, and the next object answered.
    let mut heap = Heap::new();
    let mut weak = Weak::<u32>::dead();
    guarded(|| {
        heap.alloc_cyclic(|me| {
            weak = me;
            planned_panic()
        })
    });
    let next = heap.alloc(5u32);
    assert_eq!(heap.get_weak(weak), None);
    assert!(heap.upgrade(weak).is_none());
    assert_eq!(heap[&next], 5);
}

#[derive(Trace)]
struct Farewell {
    other: Option<Gc<Farewell>>,
    #[trace(skip)]
    made: Arc<Mutex<Vec<Weak<Farewell>>>>,
}

impl Drop for Farewell {
    fn drop(&mut self) {
        let weak = self.other.iter().map(Gc::downgrade);
        self.made.lock().unwrap().extend(weak);
    }
}

#[test]
fn a_weak_handle_made_in_the_drop_of_a_cycle_leads_nowhere() {
    // It was made of an object that was dropped already, and had the version of the next one in its slot.
    let mut heap = Heap::new();
    let made = Arc::default();
    let farewell = |heap: &mut Heap, other| {
        heap.alloc(Farewell {
            other,
            made: Arc::clone(&made),
        })
    };
    let a = farewell(&mut heap, None);
    let b = farewell(&mut heap, Some(a.clone()));
    heap[&a].other = Some(b);
    drop(a);
    assert_eq!(heap.collect().collected, 2);
    let weak = made.lock().unwrap().clone();
    assert_eq!(weak.len(), 2);
    let _next = [(); 4].map(|()| farewell(&mut heap, None));
    for weak in weak {
        assert!(heap.get_weak(weak).is_none(), "{weak:?}");
        assert!(heap.upgrade(weak).is_none(), "{weak:?}");
    }
}

#[test]
fn garbage_that_the_game_reads_in_each_frame_goes_all_the_same() {
    // Each job met a read, and marked what was read.
    type Read = fn(&Heap, Weak<Node>) -> usize;
    let reads: [Read; 3] = [
        |heap, weak| usize::from(heap.get_weak(weak).is_some()),
        |heap, _| heap.iter::<Node>().count(),
        |heap, _| heap.iter_weak::<Node>().count(),
    ];
    let policies = [
        Policy::Automatic,
        Policy::Budgeted(Budget::units(500)),
        Policy::Adaptive,
    ];
    for (n, read) in reads.into_iter().enumerate() {
        for policy in policies {
            let mut heap = Heap::new();
            heap.set_policy(policy);
            let live: Vec<_> = (0..3000).map(|_| node(&mut heap)).collect();
            let weak = (0..1000).map(|_| knot(&mut heap).downgrade()).last();
            let weak = weak.unwrap();
            let mut frames = 0;
            while heap.len() > live.len() {
                frames += 1;
                assert!(
                    frames < 1200,
                    "{n} {policy:?}: {} left",
                    heap.len() - live.len()
                );
                heap.step(Budget::units(500));
                read(&heap, weak);
            }
            heap.verify();
            assert_eq!(heap.stats().map(|s| s.floated), [0; 3], "{n} {policy:?}");
        }
    }
}

#[test]
fn a_budget_too_small_to_find_out_whether_what_was_read_is_dead_says_so() {
    let mut heap = quiet_heap();
    for _ in 0..1000 {
        knot(&mut heap);
    }
    while heap.stats()[2].collections == 0 {
        heap.step(Budget::units(20));
        heap.iter::<Node>().count();
    }
    assert!(heap.stats()[2].floated > 0);
    finish(&mut heap, 100);
    assert_eq!(heap.len(), 0);
}

#[test]
fn what_is_taken_out_of_something_dead_that_was_read_lives() {
    // At each moment of a job.
    for units in 0..400 {
        let mut heap = quiet_heap();
        let (a, b) = (knot(&mut heap), knot(&mut heap));
        heap[&a].edges.push(b.clone());
        heap[&b].edges.push(a.clone());
        let weak = a.downgrade();
        drop((a, b));
        slices(&mut heap, units, 1);
        let Some(taken) = heap.get_weak(weak).map(|a| a.edges[1].clone()) else {
            break;
        };
        finish(&mut heap, 1);
        assert_eq!(heap[&taken].edges.len(), 2, "after {units} units");
        verify(&heap);
    }
}
