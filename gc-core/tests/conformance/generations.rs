//! D1, triggering and generations.

use gc_core::{Gc, Generation, Heap, Policy, Thresholds};

use crate::util::{Actor, Log, Node, actors, lock, ring};

const ONE: Thresholds = Thresholds {
    young: 1,
    middle: 1,
    old: 1,
};

fn collections(heap: &Heap) -> [u64; 3] {
    heap.stats().map(|s| s.collections)
}

fn generations_of(heap: &Heap, g: &Gc<Node>) -> Vec<Generation> {
    Generation::ALL
        .into_iter()
        .filter(|generation| heap.objects(*generation).any(|info| info.id == g.id()))
        .collect()
}

/// Allocates in its finalizer, cycles among it.
fn allocating(log: &Log, name: u32) -> Actor {
    let nodes = log.clone();
    Actor::new(log, name, move |_, heap| {
        for n in 0..10 {
            drop(ring(heap, &nodes, &[1000 + n]));
        }
    })
}

#[test]
fn del_a_finalizer_may_allocate_and_trigger_a_collection() {
    let log = Log::default();
    let mut heap = Heap::new();
    heap.set_thresholds(ONE);
    for name in 0..20 {
        drop(heap.alloc(allocating(&log, name)));
    }
    heap.collect();
    assert_eq!(lock(&log).finalized(), (0..20).collect::<Vec<_>>());
    while heap.collect().collected > 0 {}
    assert_eq!(heap.len(), 0);
}

#[test]
fn del_newclass_a_finalizer_of_a_cycle_may_allocate_and_trigger_a_collection() {
    let log = Log::default();
    let mut heap = Heap::new();
    heap.set_thresholds(ONE);
    for name in 0..20 {
        drop(actors(&mut heap, vec![allocating(&log, name)]));
    }
    heap.collect();
    assert_eq!(lock(&log).finalized(), (0..20).collect::<Vec<_>>());
    while heap.collect().collected > 0 {}
    assert_eq!(heap.len(), 0);
}

#[test]
fn get_count_is_small_after_a_collection_and_grows_with_an_allocation() {
    let log = Log::default();
    let mut heap = Heap::new();
    heap.collect();
    let [young, middle, old] = heap.counts();
    assert_eq!((young, middle, old), (0, 0, 0));
    let kept = heap.alloc(Node::new(&log, 0));
    assert_eq!(heap.counts(), [1, 0, 0]);
    let second = heap.alloc(Node::new(&log, 1));
    assert_eq!(heap.counts(), [2, 0, 0]);
    drop(second);
    heap.reclaim();
    assert_eq!(heap.counts(), [1, 0, 0], "net allocations");
    drop(kept);
}

#[test]
fn get_count_leaves_out_what_is_untracked() {
    let mut heap = Heap::new();
    let leaf = heap.alloc(7u32);
    assert_eq!(heap.counts(), [0, 0, 0]);
    assert_eq!(heap[&leaf], 7);
}

#[test]
fn collect_generations_counts_the_younger_collections() {
    let log = Log::default();
    let mut heap = Heap::new();
    heap.collect();
    let _kept = heap.alloc(Node::new(&log, 0));
    heap.collect_generation(Generation::Young);
    assert_eq!(heap.counts()[1..], [1, 0]);
    heap.collect_generation(Generation::Middle);
    assert_eq!(heap.counts()[1..], [0, 1]);
    heap.collect_generation(Generation::Old);
    assert_eq!(heap.counts()[1..], [0, 0]);
}

#[test]
fn collect_generations_frees_only_what_is_young_enough() {
    let log = Log::default();
    let mut heap = Heap::new();
    let old = ring(&mut heap, &log, &[1, 2]);
    heap.collect();
    let young = ring(&mut heap, &log, &[3, 4]);
    drop((old, young));
    assert_eq!(heap.collect_generation(Generation::Young).collected, 2);
    assert_eq!(lock(&log).dropped(), [3, 4]);
    assert_eq!(heap.collect_generation(Generation::Old).collected, 2);
    assert_eq!(lock(&log).dropped(), [1, 2, 3, 4]);
}

#[test]
fn get_objects_generations_lists_a_survivor_one_generation_up() {
    use Generation::{Middle, Old, Young};
    let log = Log::default();
    let mut heap = Heap::new();
    let g = heap.alloc(Node::new(&log, 0));
    assert_eq!(generations_of(&heap, &g), [Young]);
    assert_eq!(heap.generation(&g), Some(Young));
    heap.collect_generation(Young);
    assert_eq!(generations_of(&heap, &g), [Middle]);
    assert_eq!(heap.generation(&g), Some(Middle));
    heap.collect_generation(Middle);
    assert_eq!(generations_of(&heap, &g), [Old]);
    heap.collect_generation(Old);
    assert_eq!(generations_of(&heap, &g), [Old]);
    assert_eq!(heap.generation(&g), Some(Old));
}

#[test]
fn get_objects_lists_what_is_tracked() {
    let log = Log::default();
    let mut heap = Heap::new();
    let g = heap.alloc(Node::new(&log, 0));
    let leaf = heap.alloc(String::from("leaf"));
    let all: Vec<_> = Generation::ALL
        .into_iter()
        .flat_map(|generation| heap.objects(generation))
        .collect();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].id, g.id());
    assert!(all[0].type_name.ends_with("Node"), "{}", all[0].type_name);
    assert_eq!(heap[&leaf], "leaf");
}

#[test]
fn get_stats_a_collection_bumps_only_its_own_generation() {
    let log = Log::default();
    let mut heap = Heap::new();
    let before = collections(&heap);
    assert_eq!(before, [0; 3]);
    drop(ring(&mut heap, &log, &[0, 1, 2]));
    heap.collect_generation(Generation::Young);
    assert_eq!(collections(&heap), [1, 0, 0]);
    let young = heap.stats()[0];
    assert_eq!(
        (young.collected, young.uncollectable, young.candidates),
        (3, 0, 3)
    );
    heap.collect_generation(Generation::Old);
    assert_eq!(collections(&heap), [1, 0, 1]);
    heap.collect_generation(Generation::Middle);
    assert_eq!(collections(&heap), [1, 1, 1]);
}

#[test]
fn freeze_counts_what_is_frozen_until_unfreeze() {
    let log = Log::default();
    let mut heap = Heap::new();
    let _kept = ring(&mut heap, &log, &[0, 1]);
    heap.freeze();
    assert_eq!(heap.frozen_count(), 2);
    heap.unfreeze();
    assert_eq!(heap.frozen_count(), 0);
}

#[test]
fn freeze_keeps_what_is_frozen_out_of_collections() {
    let log = Log::default();
    let mut heap = Heap::new();
    let ring = ring(&mut heap, &log, &[0, 1]);
    heap.freeze();
    drop(ring);
    assert_eq!(heap.collect().collected, 0);
    heap.unfreeze();
    assert_eq!(heap.collect().collected, 2);
}

#[test]
fn indirect_calls_allocation_pressure_collects_within_10_000_allocations() {
    let log = Log::default();
    let mut heap = Heap::new();
    assert!(heap.is_enabled());
    let mut allocations = 0;
    while lock(&log).events.is_empty() {
        drop(ring(&mut heap, &log, &[0]));
        allocations += 1;
        assert!(allocations <= 10_000, "no collection came by itself");
    }
    assert!(collections(&heap).iter().sum::<u64>() > 0);
}

#[test]
fn indirect_calls_with_gc_disabled_never_collect() {
    for policy in [None, Some(Policy::Disabled)] {
        let log = Log::default();
        let mut heap = Heap::new();
        match policy {
            Some(policy) => heap.set_policy(policy),
            None => {
                heap.disable();
                assert!(!heap.is_enabled());
            }
        }
        for _ in 0..10_000 {
            drop(ring(&mut heap, &log, &[0]));
        }
        assert_eq!(collections(&heap), [0; 3], "{policy:?}");
        assert!(lock(&log).events.is_empty());
        heap.enable();
        heap.set_policy(Policy::Automatic);
        assert_eq!(heap.collect().collected, 10_000);
    }
}

#[test]
fn threshold_is_crossed_by_the_allocation_that_exceeds_it() {
    let log = Log::default();
    let mut heap = Heap::new();
    heap.set_thresholds(Thresholds {
        young: 5,
        middle: 2,
        old: 1,
    });
    let mut kept = Vec::new();
    for n in 0..5 {
        kept.push(heap.alloc(Node::new(&log, n)));
        assert_eq!(collections(&heap), [0; 3]);
    }
    kept.push(heap.alloc(Node::new(&log, 5)));
    assert_eq!(collections(&heap), [1, 0, 0], "the sixth");
    // Young collections until their count exceeds the middle threshold; then a middle one, and so on.
    let mut order = Vec::new();
    let mut before = collections(&heap);
    for n in 6..100 {
        kept.push(heap.alloc(Node::new(&log, n)));
        let after = collections(&heap);
        order.extend((0..3).filter(|i| after[*i] > before[*i]));
        before = after;
    }
    assert_eq!(order[..7], [0, 0, 1, 0, 0, 0, 1], "{order:?}");
    assert!(order.contains(&2), "{order:?}");
}

#[test]
fn raised_threshold_lets_a_burst_die_by_its_counts() {
    let log = Log::default();
    let mut heap = Heap::new();
    heap.set_policy(Policy::Raised(Thresholds {
        young: 10_000,
        ..Thresholds::default()
    }));
    for _ in 0..5 {
        let burst: Vec<_> = (0..2_000).map(|n| heap.alloc(Node::new(&log, n))).collect();
        drop(burst);
        heap.reclaim();
    }
    assert_eq!(collections(&heap), [0; 3]);
    assert_eq!(heap.len(), 0);
}
