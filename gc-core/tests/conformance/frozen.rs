//! D1, frozen objects and incremental collection.

use gc_core::{Budget, Gc, Heap, Policy, Trace};

use crate::util::{Actor, Log, Node, actors, both_ways, lock, ring};

#[test]
fn traverse_frozen_objects_trash_that_points_at_frozen_objects_is_freed() {
    both_ways(|collect| {
        let mut heap = Heap::new();
        let log = Log::default();
        let frozen = ring(&mut heap, &log, &[1, 2]);
        heap.freeze();
        let trash = ring(&mut heap, &log, &[3, 4]);
        for _ in 0..3 {
            let edge = frozen.clone();
            heap[&trash].edges.push(edge);
        }
        drop(trash);
        collect(&mut heap);
        heap.reclaim();
        assert_eq!(lock(&log).dropped(), [3, 4]);
        assert_eq!(Gc::strong_count(&frozen), 2);
        heap.unfreeze();
        collect(&mut heap);
        assert_eq!(heap[&frozen].name, 1);
        assert_eq!(heap[&heap[&frozen].edges[0]].name, 2);
        drop(frozen);
        collect(&mut heap);
        assert_eq!(lock(&log).dropped(), [1, 2, 3, 4]);
    });
}

#[test]
fn traverse_frozen_objects_frozen_objects_keep_what_they_refer_to() {
    both_ways(|collect| {
        let mut heap = Heap::new();
        let log = Log::default();
        let frozen = ring(&mut heap, &log, &[1]);
        heap.freeze();
        let young = ring(&mut heap, &log, &[2, 3]);
        heap[&frozen].edges.push(young);
        drop(frozen);
        collect(&mut heap);
        assert_eq!(lock(&log).dropped(), [0; 0]);
        heap.unfreeze();
        collect(&mut heap);
        assert_eq!(lock(&log).dropped(), [1, 2, 3]);
    });
}

#[test]
fn deferred_refcount_frozen_collect_freeze_and_unfreeze_nest() {
    both_ways(|collect| {
        let mut heap = Heap::new();
        let log = Log::default();
        let actor = Actor::new(&log, 1, |_, heap| {
            heap.freeze();
            heap.collect();
            heap.unfreeze();
        });
        let kept = ring(&mut heap, &log, &[2, 3]);
        drop(actors(&mut heap, vec![actor]));
        collect(&mut heap);
        heap.freeze();
        heap.collect();
        heap.unfreeze();
        heap.collect();
        assert_eq!(lock(&log).finalized(), [1]);
        assert_eq!(lock(&log).dropped(), [1]);
        assert_eq!(heap[&kept].name, 2);
    });
}

#[test]
fn freeze_is_legal_at_any_unit_of_a_job() {
    for units in 0..40 {
        let mut heap = Heap::new();
        let log = Log::default();
        let kept = ring(&mut heap, &log, &[1, 2]);
        drop(ring(&mut heap, &log, &[3, 4]));
        for _ in 0..units {
            heap.step(Budget::units(1));
        }
        heap.freeze();
        heap.collect();
        assert_eq!(heap[&heap[&kept].edges[0]].name, 2);
        heap.unfreeze();
        heap.collect();
        assert_eq!(lock(&log).dropped(), [3, 4], "after {units} units");
        drop(kept);
        heap.collect();
        assert_eq!(lock(&log).dropped(), [1, 2, 3, 4], "after {units} units");
    }
}

#[derive(Trace, Default)]
struct Link {
    next: Option<Gc<Link>>,
    previous: Option<Gc<Link>>,
    payload: [u64; 2],
}

fn linked_list(heap: &mut Heap, length: usize) -> Gc<Link> {
    let head = heap.alloc(Link::default());
    let mut last = head.clone();
    for n in 1..length {
        let link = heap.alloc(Link {
            previous: Some(last.clone()),
            payload: [n as u64; 2],
            ..Link::default()
        });
        heap[&last].next = Some(link.clone());
        last = link;
    }
    head
}

/// CPython's figure for the growth that is allowed.
const BOUND: usize = 27_000;

#[test]
fn incremental_gc_handles_fast_cycle_creation() {
    for policy in [
        Policy::Automatic,
        Policy::Budgeted(Budget::units(2_000)),
        Policy::Adaptive,
    ] {
        let mut heap = Heap::new();
        heap.set_policy(policy);
        let head = linked_list(&mut heap, 1_000);
        let (objects, bytes) = (heap.tracked_len(), heap.bytes());
        let mut most = (0, 0);
        for n in 0..20_000 {
            drop(linked_list(&mut heap, 20));
            // A frame is 20 lists, of 400 objects.
            if policy != Policy::Automatic && n % 20 == 0 {
                heap.step(match policy {
                    Policy::Budgeted(b) => b,
                    _ => Budget::units(2_000),
                });
            }
            most.0 = most.0.max(heap.tracked_len() - objects);
            most.1 = most.1.max(heap.bytes() - bytes);
        }
        assert!(most.0 <= BOUND, "{policy:?}: {} objects more", most.0);
        assert!(
            most.1 <= BOUND * bytes / objects,
            "{policy:?}: {} bytes more",
            most.1
        );
        let mut length = 1;
        let mut at = head.clone();
        while let Some(next) = heap[&at].next.clone() {
            assert_eq!(heap[&next].payload, [length as u64; 2]);
            length += 1;
            at = next;
        }
        assert_eq!(length, 1_000, "the live list is whole");
        let log = Log::default();
        drop(heap.alloc(Node::new(&log, 1)));
        heap.collect();
        assert_eq!(heap.tracked_len(), 1_000);
    }
}
