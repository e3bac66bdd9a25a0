//! Objects with more handles than one unit of tracing takes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use gc_core::{Budget, Gc, Heap, Policy, Trace, Tracer, Weak};

use crate::util::{Actor, Node, act, actor, finish, knot, node, quiet_heap, slices, verify};

/// A write to an object with more handles than this, not yet examined, abandons the job.
const TOO_LARGE: usize = 33 * 128;

fn large(heap: &mut Heap) -> Gc<Node> {
    let leaf = node(heap);
    let edges = vec![leaf; TOO_LARGE];
    heap.alloc(Node { edges })
}

/// Counts how often it is traced.
struct Counted(Gc<Node>, Arc<AtomicUsize>);

impl Trace for Counted {
    fn trace(&self, tracer: &mut Tracer<'_>) {
        self.1.fetch_add(1, Relaxed);
        self.0.trace(tracer);
    }
}

#[derive(Trace)]
struct Atlas {
    map: BTreeMap<usize, Counted>,
    list: Vec<Gc<Node>>,
}

#[test]
fn a_map_before_a_list_costs_no_more_than_its_size_for_each_piece_of_the_list() {
    // Each piece of the list walked the map anew and had only the work of one element left.
    const N: usize = 4000;
    for sliced in [true, false] {
        let mut heap = quiet_heap();
        let leaf = node(&mut heap);
        let traced = Arc::new(AtomicUsize::new(0));
        let map = (0..N).map(|i| (i, Counted(leaf.clone(), traced.clone())));
        let atlas = Atlas {
            map: map.collect(),
            list: vec![leaf.clone(); N],
        };
        let _held = heap.alloc(atlas);
        let (most_walks, units) = if sliced {
            let units = finish(&mut heap, 1);
            (2 * (N / 128 + 2), units)
        } else {
            (2, heap.collect().units)
        };
        let walks = traced.load(Relaxed).div_ceil(N);
        assert!(walks <= most_walks, "the map is walked {walks} times");
        assert!(units <= 4 * (N / 128) as u64, "{units} units");
    }
}

#[test]
fn garbage_goes_though_many_large_objects_are_written_to_each_frame() {
    // Each write abandoned the job for one of them, and before all had been passed by they were tried again.
    let mut heap = quiet_heap();
    let objects: Vec<_> = (0..20).map(|_| large(&mut heap)).collect();
    let mut most = 0;
    for frame in 0..400 {
        for g in &objects {
            heap[g].edges.truncate(TOO_LARGE);
        }
        for _ in 0..10 {
            knot(&mut heap);
        }
        heap.step(Budget::units(400));
        if frame >= 200 {
            most = most.max(heap.len());
        }
    }
    assert!(most < 1000, "{most} objects");
}

#[test]
fn a_large_object_that_was_passed_by_is_collected_when_it_is_garbage() {
    // What a write has made the jobs pass by is tried again later, also when rounds begin jobs of both kinds.
    let mut heap = quiet_heap();
    let g = large(&mut heap);
    heap[&g].edges.push(g.clone());
    heap.collect();
    heap.collect();
    let weak = g.downgrade();
    for _ in 0..2000 {
        slices(&mut heap, 1, 5);
        assert!(heap.get_weak_mut(weak).is_some());
        if !heap.is_collecting() {
            break;
        }
    }
    drop(g);
    for _ in 0..200 {
        heap.begin_round();
        drop(node(&mut heap));
        heap.end_round();
        finish(&mut heap, 1000);
        if heap.get_weak(weak).is_none() {
            return;
        }
    }
    panic!("never collected: {:?}", heap.stats());
}

#[test]
fn a_large_object_that_its_finalizer_brought_back_may_be_written_to_at_once() {
    // It is counted once more after its finalizer; the write abandoned a job that had condemned already.
    for units in 0..60 {
        let saved: Arc<Mutex<Option<Gc<Actor>>>> = Arc::default();
        let save = saved.clone();
        let saves = act(move |this, _: &mut Heap| {
            *save.lock().unwrap() = Some(this.clone());
        });
        let mut heap = quiet_heap();
        let g = actor(&mut heap, &saves);
        let leaf = node(&mut heap);
        heap[&g].nodes = vec![leaf; TOO_LARGE];
        heap[&g].edges.push(g.clone());
        drop(g);
        while saved.lock().unwrap().is_none() {
            slices(&mut heap, 1, 1);
        }
        slices(&mut heap, units, 1);
        let g = saved.lock().unwrap().take().unwrap();
        heap[&g].nodes.pop();
        verify(&heap);
        finish(&mut heap, 50);
        assert_eq!(heap[&g].nodes.len(), TOO_LARGE - 1, "after {units} units");
        verify(&heap);
    }
}

#[test]
fn garbage_keeps_its_age_though_large_objects_are_written_to_in_turn() {
    // Each write abandoned the major job, what a minor one forgave was tried again at once, every job began with all the
    // time that the age bound gives, and what was young waited for it.
    for (objects, budget) in [(2, 5_000), (30, 5_000), (100, 5_000), (100, 50_000)] {
        let mut heap = Heap::new();
        heap.set_policy(Policy::Budgeted(Budget::units(budget)));
        let objects: Vec<_> = (0..objects).map(|_| large(&mut heap)).collect();
        slices(&mut heap, 200, budget);
        let max_age = heap.pacing().max_age as usize;
        // Half of the garbage was old when it died.
        let mut held = VecDeque::new();
        let mut dead = VecDeque::new();
        let (mut oldest, mut infeasible) = (0, 0);
        for frame in 0..4_000 {
            dead.push_back((frame, knot(&mut heap).downgrade()));
            held.push_back(knot(&mut heap));
            if frame >= 500
                && let Some(old) = held.pop_front()
            {
                dead.push_back((frame, old.downgrade()));
            }
            heap[&objects[frame % objects.len()]]
                .edges
                .truncate(TOO_LARGE);
            infeasible += usize::from(heap.step(Budget::units(budget)).infeasible.is_some());
            dead.retain(|(_, weak): &(usize, Weak<Node>)| heap.contains(weak.id()));
            oldest = oldest.max(dead.front().map_or(0, |(at, _)| frame - at));
        }
        let count = objects.len();
        eprintln!(
            "{count} with {budget}: {oldest}, infeasible {infeasible}, {:?}",
            heap.stats().map(|s| s.collections)
        );
        assert!(
            oldest <= max_age || infeasible > 0,
            "{count} with {budget}: {oldest} frames, silently"
        );
        assert!(
            oldest <= max_age * 2,
            "{count} with {budget}: {oldest} frames"
        );
    }
}
