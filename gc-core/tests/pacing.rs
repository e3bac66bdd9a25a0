//! What the paced policies promise: budgets that hold, garbage that does not grow old, heaps that do not grow.

#![cfg(all(feature = "derive", not(loom)))]

use gc_core::{
    Budget, CollectionEvent, Gc, Generation, Heap, HeapConfig, Limits, Pacing, Policy, Trace,
    Warning,
};
use std::sync::{Arc, Mutex};

#[derive(Trace, Default)]
struct Node {
    next: Option<Gc<Node>>,
    links: Vec<Gc<Node>>,
}

const AGE: u32 = 120;

fn paced(policy: Policy) -> Heap {
    Heap::with_config(HeapConfig {
        policy,
        pacing: Pacing {
            max_age: AGE,
            ..Pacing::default()
        },
        ..HeapConfig::default()
    })
}

fn ring(heap: &mut Heap, length: usize) -> Gc<Node> {
    let first = heap.alloc(Node::default());
    let mut last = first.clone();
    for _ in 1..length {
        let node = heap.alloc(Node::default());
        heap[&last].next = Some(node.clone());
        last = node;
    }
    heap[&last].next = Some(first.clone());
    first
}

/// CPython never does this: nothing is promoted, so nothing old is collected.
#[test]
fn a_dead_old_graph_goes_within_the_age_bound_though_only_leaves_are_allocated() {
    let mut heap = paced(Policy::Budgeted(Budget::units(5_000)));
    let graph = ring(&mut heap, 10_000);
    heap.collect();
    heap.collect();
    drop(graph);
    let mut frames = 0;
    while heap.tracked_len() > 0 {
        heap.alloc(7u32);
        heap.step(Budget::UNLIMITED);
        frames += 1;
        assert!(frames <= AGE, "still there after {frames} frames");
    }
}

/// What dies young is no member of a major job, which then has no garbage and no need to mark what lives.
#[test]
fn young_garbage_makes_no_major_job_mark() {
    let mut heap = paced(Policy::Budgeted(Budget::units(5_000)));
    let living: Vec<_> = (0..10_000).map(|_| heap.alloc(Node::default())).collect();
    heap.collect();
    let ended = Arc::new(Mutex::new(Vec::new()));
    let seen = ended.clone();
    heap.on_collection(move |event| {
        if let CollectionEvent::Stop(collection) = event
            && collection.generation == Generation::Old
        {
            seen.lock().unwrap().push(*collection);
        }
    });
    for _ in 0..3 * AGE {
        for _ in 0..50 {
            drop(ring(&mut heap, 10));
        }
        heap.step(Budget::UNLIMITED);
    }
    let ended = ended.lock().unwrap();
    assert!(ended.len() >= 3, "{} major collections", ended.len());
    for collection in ended.iter() {
        assert_eq!(collection.collected, 0, "{collection:?}");
        // To count each takes a unit, to mark each would take another.
        assert!(collection.units < 2 * living.len() as u64, "{collection:?}");
    }
}

/// Bullets are pushed to six flagships every frame, and each flagship is too large to be traced at one write.
#[test]
fn large_objects_written_every_frame_hold_nothing_back() {
    let mut heap = paced(Policy::Budgeted(Budget::units(5_000)));
    let fleet = |heap: &mut Heap| -> Vec<Gc<Node>> {
        let map = ring(heap, 2_000);
        (0..6)
            .map(|_| {
                let links = (0..3_000).map(|_| heap.alloc(Node::default())).collect();
                let next = Some(map.clone());
                let ship = heap.alloc(Node { next, links });
                let me = ship.clone();
                heap[&ship].links.push(me);
                ship
            })
            .collect()
    };
    let mut ships = fleet(&mut heap);
    let one_fleet = heap.len();
    for round in 0..4 {
        for _ in 0..AGE * 5 / 2 {
            for ship in &ships {
                let bullet = heap.alloc(Node::default());
                let links = &mut heap[ship].links;
                links.push(bullet);
                links.swap_remove(0);
            }
            heap.step(Budget::UNLIMITED);
        }
        assert!(
            heap.len() < one_fleet + one_fleet / 10,
            "round {round}: {} objects, of which a fleet is {one_fleet}",
            heap.len()
        );
        ships = fleet(&mut heap);
    }
}

#[test]
fn no_step_exceeds_its_budget_in_units() {
    for policy in [
        Policy::Budgeted(Budget::units(300)),
        Policy::Adaptive,
        Policy::Disabled,
    ] {
        let mut heap = paced(policy);
        let live = ring(&mut heap, 3_000);
        let hub = heap.alloc(Node::default());
        heap[&hub].links = (0..5_000).map(|_| live.clone()).collect();
        for _ in 0..2_000 {
            for _ in 0..5 {
                ring(&mut heap, 10);
            }
            let progress = heap.step(Budget::units(300));
            assert!(progress.units <= 300, "{policy:?}: {progress:?}");
        }
        assert_eq!(heap.pause_stats().overrun_units, 0);
        for generation in heap.stats() {
            assert!(
                generation.longest_slice <= 300,
                "{policy:?}: {generation:?}"
            );
            assert_eq!(generation.overrun, 0);
        }
        assert!(heap.stats()[2].longest_slice > 0, "{policy:?}");
        heap.reset_pause_stats();
        assert_eq!(heap.stats()[2].longest_slice, 0);
        drop(live);
    }
}

#[test]
fn the_heap_does_not_grow_while_rings_are_left_behind() {
    for policy in [Policy::Budgeted(Budget::units(20_000)), Policy::Adaptive] {
        let mut heap = paced(policy);
        let live = ring(&mut heap, 20_000);
        let mut peak = 0;
        for _ in 0..1_000 {
            for _ in 0..20 {
                ring(&mut heap, 10);
            }
            heap.step(Budget::units(20_000));
            peak = peak.max(heap.len());
        }
        assert!(peak < 26_000, "{policy:?}: {peak} objects at the peak");
        drop(live);
    }
}

#[test]
fn a_budget_that_cannot_keep_the_bounds_says_so() {
    let mut heap = paced(Policy::Budgeted(Budget::units(20)));
    let warnings = Arc::new(Mutex::new(Vec::new()));
    let seen = warnings.clone();
    heap.on_warning(move |warning| seen.lock().unwrap().push(*warning));
    let live = ring(&mut heap, 50_000);
    let mut told = None;
    for _ in 0..400 {
        told = told.or(heap.step(Budget::UNLIMITED).infeasible);
    }
    let infeasible = told.expect("50,000 objects in 60 frames need more than 20 units each");
    assert!(
        infeasible.have == 20 && infeasible.need > 500,
        "{infeasible:?}"
    );
    assert!(
        warnings
            .lock()
            .unwrap()
            .contains(&Warning::Infeasible(infeasible))
    );
    drop(live);
}

#[test]
fn a_step_with_nothing_to_do_does_nothing() {
    for policy in [
        Policy::Automatic,
        Policy::Budgeted(Budget::units(10)),
        Policy::Adaptive,
    ] {
        let mut heap = paced(policy);
        heap.alloc(1u32);
        heap.reclaim();
        let progress = heap.step(Budget::UNLIMITED);
        assert!(progress.finished && progress.units == 0);
    }
}

/// What waits for reference counting may use up the first budgets; the collection comes all the same.
#[test]
fn steps_until_finished_are_one_full_collection_though_dead_objects_wait() {
    for dead in 0..5 {
        let mut heap = Heap::new();
        ring(&mut heap, 10);
        let bullets: Vec<_> = (0..dead).map(|_| heap.alloc(Node::default())).collect();
        drop(bullets);
        while !heap.step(Budget::units(1)).finished {}
        assert_eq!(heap.len(), 0, "{dead} dead");
        assert_eq!(heap.stats()[2].collections, 1, "{dead} dead");
    }
}

/// "Disabled during the round" can no longer end in a crash.
#[test]
fn a_round_above_its_soft_limit_is_saved_by_slices_and_says_so() {
    let bytes = {
        let mut heap = Heap::new();
        heap.disable();
        ring(&mut heap, 1_000);
        heap.bytes() / 1_000
    };
    let mut heap = Heap::with_config(HeapConfig {
        limits: Limits {
            soft: bytes * 10_000,
            hard: bytes * 20_000,
        },
        ..HeapConfig::default()
    });
    let warnings = Arc::new(Mutex::new(Vec::new()));
    let seen = warnings.clone();
    heap.on_warning(move |warning| seen.lock().unwrap().push(*warning));
    heap.begin_round();
    for _ in 0..10_000 {
        ring(&mut heap, 10);
    }
    assert!(heap.peak_bytes() <= bytes * 20_000);
    let report = heap.end_round().expect("the outermost round");
    assert!(report.soft_limit > 0, "{report:?}");
    assert_eq!(report.hard_limit, 0, "slices were enough: {report:?}");
    let warnings = warnings.lock().unwrap();
    assert!(matches!(
        warnings[0],
        Warning::Memory { percent: 50, .. } | Warning::SoftLimit { .. }
    ));
    assert!(
        warnings
            .iter()
            .any(|warning| matches!(warning, Warning::SoftLimit { .. }))
    );
}

#[test]
fn at_the_hard_limit_the_value_comes_back_and_nothing_is_lost() {
    let mut heap = Heap::with_config(HeapConfig {
        limits: Limits {
            soft: usize::MAX,
            hard: 100_000,
        },
        ..HeapConfig::default()
    });
    heap.begin_round();
    let mut held = Vec::new();
    let error = loop {
        match heap.try_alloc(Node {
            next: held.last().cloned(),
            links: Vec::new(),
        }) {
            Ok(node) => held.push(node),
            Err(error) => break error,
        }
        assert!(heap.bytes() <= 100_000, "the hard limit is exceeded");
    };
    assert!(
        error.to_string().contains("hard limit of 100000"),
        "{error}"
    );
    let node = error.into_value();
    assert_eq!(node.next.as_ref(), held.last(), "the value, whole");
    drop(node);
    assert_eq!(heap.len(), held.len());

    // Cycles left behind make room by themselves.
    held.clear();
    heap.reclaim();
    for _ in 0..1_000 {
        let node = heap
            .try_alloc(Node::default())
            .expect("a full collection makes room");
        heap[&node].next = Some(node.clone());
    }
    let report = heap.end_round().expect("the outermost round");
    assert!(report.hard_limit >= 1, "{report:?}");
}

#[test]
fn a_round_that_ends_is_collected_young_first_with_a_fraction_for_the_loading_screen() {
    let mut heap = Heap::new();
    let live = ring(&mut heap, 5_000);
    heap.collect();
    heap.collect();
    let before = heap.stats();
    heap.begin_round();
    for _ in 0..400 {
        ring(&mut heap, 10);
    }
    assert_eq!(heap.stats(), before, "no collection interrupts a round");
    heap.end_round();
    let mut last = 0.0;
    let mut young_gone_at = None;
    loop {
        let progress = heap.step(Budget::units(500));
        let fraction = heap.cleanup_fraction();
        assert!(fraction >= last, "{fraction} after {last}");
        last = fraction;
        if heap.len() == 5_000 {
            young_gone_at = young_gone_at.or(Some(fraction));
        }
        if progress.finished {
            break;
        }
    }
    assert_eq!(last, 1.0);
    assert!(young_gone_at.expect("the round's garbage is gone") < 0.6);
    drop(live);
}

#[test]
fn external_bytes_count_towards_limits_and_go_with_their_object() {
    let mut heap = Heap::with_config(HeapConfig {
        limits: Limits {
            soft: usize::MAX,
            hard: 1 << 20,
        },
        ..HeapConfig::default()
    });
    heap.disable();
    for _ in 0..100 {
        let texture = heap.alloc(Node::default());
        heap[&texture].next = Some(texture.clone());
        heap.set_external_bytes(&texture, 1 << 18);
        assert!(heap.bytes() <= (1 << 20) + (1 << 18));
    }
    heap.collect();
    assert_eq!(heap.bytes(), 0);
}
