//! The public contract: sizes, auto traits, and the ways to reach an object.

#![cfg(all(feature = "derive", not(loom)))]

use gc_core::{Gc, GcAny, Generation, HandleError, Heap, Thresholds, Trace, Weak};
use std::mem::size_of;

#[derive(Trace, Debug, PartialEq)]
struct Ship {
    hp: u32,
    wing: Option<Gc<Ship>>,
}

fn ship(hp: u32) -> Ship {
    Ship { hp, wing: None }
}

#[test]
fn handles_are_small_and_may_go_anywhere() {
    fn anywhere<T: Send + Sync + Clone + Eq + std::hash::Hash + std::fmt::Debug + 'static>() {}
    fn copied<T: Copy + Default>() {}
    anywhere::<Gc<Ship>>();
    anywhere::<Weak<Ship>>();
    anywhere::<GcAny>();
    copied::<Weak<Ship>>();
    fn shared<T: Send + Sync>() {}
    shared::<Heap>();
    let words = if cfg!(feature = "call_sites") { 2 } else { 1 };
    assert_eq!(size_of::<Gc<Ship>>(), words * size_of::<usize>());
    assert_eq!(size_of::<Option<Gc<Ship>>>(), words * size_of::<usize>());
    assert!(size_of::<Weak<Ship>>() <= 16);
}

#[test]
fn defaults_are_cpythons() {
    let heap = Heap::new();
    let cpython = Thresholds {
        young: 2000,
        middle: 10,
        old: 10,
    };
    assert_eq!(heap.thresholds(), cpython);
    assert!(heap.is_enabled());
    assert_eq!(heap.counts(), [0, 0, 0]);
}

#[test]
fn a_heap_refuses_handles_of_another() {
    let (mut ours, mut theirs) = (Heap::new(), Heap::new());
    let stranger = theirs.alloc(ship(1));
    assert_eq!(ours.try_get(&stranger), Err(HandleError::ForeignHeap));
    assert_eq!(ours.try_get_mut(&stranger), Err(HandleError::ForeignHeap));
    assert_eq!(ours.get_weak(stranger.downgrade()), None);
    assert_eq!(ours.upgrade(stranger.downgrade()), None);
}

#[test]
fn several_objects_can_be_changed_together_but_not_one_twice() {
    let mut heap = Heap::new();
    let (a, b) = (heap.alloc(ship(1)), heap.alloc(ship(2)));
    let [first, second] = heap.get_disjoint_mut([&a, &b]);
    std::mem::swap(first, second);
    assert_eq!((heap[&a].hp, heap[&b].hp), (2, 1));
    let twice = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        heap.get_disjoint_mut([&a, &a]).len()
    }));
    assert!(twice.is_err());
}

#[test]
fn all_objects_of_a_type_can_be_visited_in_the_order_of_their_birth() {
    let mut heap = Heap::new();
    let ships: Vec<_> = (0..100).map(|hp| heap.alloc(ship(hp))).collect();
    heap.alloc(String::from("of another type"));
    assert!(heap.iter::<Ship>().map(|ship| ship.hp).eq(0..100));
    for (weak, ship) in heap.iter_weak::<Ship>() {
        assert_eq!(weak, ships[ship.hp as usize].downgrade());
    }
    assert_eq!(heap.iter::<u128>().count(), 0);
}

#[test]
fn objects_of_any_size_and_alignment_live_on_a_heap() {
    #[derive(Trace, Clone, Copy, PartialEq, Debug)]
    struct Nothing;
    #[derive(Trace)]
    #[repr(align(256))]
    struct Wide(u8);
    #[derive(Trace)]
    #[repr(align(16384))]
    struct VeryWide(u8);
    #[derive(Trace)]
    struct Large([u64; 40_000], Option<Gc<Large>>);

    let mut heap = Heap::new();
    let nothing: Vec<_> = (0..10_000).map(|_| heap.alloc(Nothing)).collect();
    let wide: Vec<_> = (0..300).map(|n| heap.alloc(Wide(n as u8))).collect();
    let very_wide: Vec<_> = (0..5).map(|n| heap.alloc(VeryWide(n))).collect();
    for _ in 0..3 {
        let large = heap.alloc(Large([7; 40_000], None));
        heap[&large].1 = Some(large.clone());
    }
    assert_eq!(heap.collect().collected, 3);
    assert!(nothing.iter().all(|handle| heap[handle] == Nothing));
    for (n, handle) in wide.iter().enumerate() {
        assert_eq!(heap[handle].0, n as u8);
        assert_eq!(&raw const heap[handle] as usize % 256, 0);
    }
    for (n, handle) in very_wide.iter().enumerate() {
        assert_eq!(usize::from(heap[handle].0), n);
        assert_eq!(&raw const heap[handle] as usize % 16_384, 0);
    }
    drop((nothing, wide, very_wide));
    heap.reclaim();
    assert!(heap.is_empty());
    assert!(heap.trim() > 0);
    assert_eq!(heap.page_bytes(), 0);
}

#[test]
fn counters_count_as_cpython_counts() {
    let mut heap = Heap::new();
    let held: Vec<_> = (0..5).map(|hp| heap.alloc(ship(hp))).collect();
    assert_eq!(heap.counts(), [5, 0, 0]);
    drop(heap.alloc(ship(9)));
    heap.reclaim();
    assert_eq!(heap.counts(), [5, 0, 0], "what died by count is taken off");
    heap.collect_generation(Generation::Young);
    assert_eq!(heap.counts(), [0, 1, 0]);
    heap.collect_generation(Generation::Middle);
    assert_eq!(heap.counts(), [0, 0, 1]);
    heap.collect();
    assert_eq!(heap.counts(), [0, 0, 0]);
    assert_eq!(heap.generation(&held[0]), Some(Generation::Old));
}

/// The classic case: a burst that dies by count never needs the collector, if the threshold is above it.
#[test]
fn a_burst_above_the_threshold_collects_for_nothing_and_below_it_never() {
    for (young, collections) in [(1_000, 1), (10_000, 0)] {
        let mut heap = Heap::new();
        heap.set_thresholds(Thresholds {
            young,
            ..Thresholds::default()
        });
        let owner = heap.alloc(ship(0));
        let bullets: Vec<_> = (0..2_000)
            .map(|hp| {
                let wing = Some(owner.clone());
                heap.alloc(Ship { hp, wing })
            })
            .collect();
        assert_eq!(heap.stats()[0].collections, collections);
        assert_eq!(heap.stats()[0].collected, 0);
        drop(bullets);
        assert_eq!(heap.reclaim(), 2_000);
        assert_eq!(heap.stats()[0].collections, collections);
    }
}
