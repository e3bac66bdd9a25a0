//! A dead weak handle tells when and how its object died.

use gc_core::inspect::{Death, Verdict};
use gc_core::{Budget, Finalize, Gc, Generation, Heap, Trace, Weak};

#[derive(Trace)]
struct Ship {
    wingman: Option<Gc<Ship>>,
}

fn heap() -> Heap {
    let mut heap = Heap::new();
    heap.disable();
    heap.keep_tombstones(10);
    heap
}

fn cycle(heap: &mut Heap) -> Weak<Ship> {
    let ship = heap.alloc(Ship { wingman: None });
    heap[&ship].wingman = Some(ship.clone());
    ship.downgrade()
}

#[test]
fn when_and_how() {
    let mut heap = heap();
    let lone = heap.alloc(Ship { wingman: None });
    let counted = lone.downgrade();
    let young = cycle(&mut heap);
    assert_eq!(heap.tombstone(&young), None, "it lives");
    heap.step(Budget::units(0));
    heap.begin_round();
    drop(lone);
    heap.step(Budget::units(100));
    let stone = heap.tombstone(&counted).unwrap();
    assert_eq!(
        (stone.step, stone.round, stone.death),
        (2, Some(1), Death::Counted)
    );
    assert_eq!(
        stone.to_string(),
        format!(
            "Ship {:?} died after step 2 in round 1: its last handle was dropped",
            counted.id()
        )
    );
    heap.end_round();
    heap.collect_generation(Generation::Young);
    let stone = heap.tombstone(&young).unwrap();
    assert_eq!(
        (stone.round, stone.death),
        (None, Death::Collected(Generation::Young))
    );
    let sliced = cycle(&mut heap);
    while !heap.step(Budget::units(1)).finished {}
    let stone = heap.tombstone(&sliced).unwrap();
    assert!(stone.step > 5 && matches!(stone.death, Death::Collected(_)));
    let why = heap.why_alive(&sliced);
    assert_eq!((why.verdict, why.tombstone), (Verdict::Dead, Some(stone)));
    assert_eq!(why.to_string(), format!("dead: {stone}"));
}

/// Finalizers run in between, and what dies of them by reference count is told as that.
#[test]
fn finalizers_do_not_confuse_it() {
    #[derive(Trace)]
    #[trace(finalize)]
    struct Boss {
        itself: Option<Gc<Boss>>,
        loot: Option<Gc<Ship>>,
    }
    impl Finalize for Boss {
        fn finalize(this: &Gc<Self>, heap: &mut Heap) {
            heap[this].loot = None;
            heap.alloc(0u8);
        }
    }
    let mut heap = heap();
    let loot = heap.alloc(Ship { wingman: None });
    let (boss, after) = (
        heap.alloc(Boss {
            itself: None,
            loot: Some(loot.clone()),
        }),
        heap.alloc(Boss {
            itself: None,
            loot: None,
        }),
    );
    heap[&boss].itself = Some(boss.clone());
    heap[&after].itself = Some(after.clone());
    let weak = [boss.downgrade(), after.downgrade()];
    drop((boss, after));
    heap.collect();
    for weak in weak {
        assert_eq!(
            heap.tombstone(&weak).unwrap().death,
            Death::Collected(Generation::Old)
        );
    }
    let weak = loot.downgrade();
    drop(loot);
    heap.reclaim();
    assert_eq!(heap.tombstone(&weak).unwrap().death, Death::Counted);
}

#[test]
fn the_last_ones_are_kept() {
    let mut heap = heap();
    let weak: Vec<_> = (0..25)
        .map(|_| heap.alloc(Ship { wingman: None }).downgrade())
        .collect();
    heap.reclaim();
    let known = weak
        .iter()
        .filter(|weak| heap.tombstone(*weak).is_some())
        .count();
    assert_eq!(known, 10);
    heap.keep_tombstones(3);
    assert_eq!(
        weak.iter()
            .filter(|weak| heap.tombstone(*weak).is_some())
            .count(),
        3
    );
    heap.keep_tombstones(0);
    assert!(weak.iter().all(|weak| heap.tombstone(weak).is_none()));
    let weak = heap.alloc(Ship { wingman: None }).downgrade();
    heap.reclaim();
    assert_eq!(heap.tombstone(&weak), None);
}

#[test]
fn debug_builds_keep_some() {
    let mut heap = Heap::new();
    let weak = heap.alloc(Ship { wingman: None }).downgrade();
    heap.reclaim();
    assert_eq!(heap.tombstone(&weak).is_some(), cfg!(debug_assertions));
    let other = Heap::new();
    assert_eq!(other.tombstone(&weak), None);
}
