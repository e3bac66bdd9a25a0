//! The gates for a game's own tests: each passes when it should, and fails with a message that says what was wrong.

use gc_core::{Budget, Gc, Heap, Limits, Policy, Thresholds, Trace};
use std::panic::{AssertUnwindSafe, catch_unwind};

#[derive(Trace)]
struct Bullet {
    owner: Option<Gc<Bullet>>,
}

#[derive(Trace)]
struct Ship {
    hp: u32,
    bullets: Vec<Gc<Bullet>>,
}

fn bullet(heap: &mut Heap) -> Gc<Bullet> {
    heap.alloc(Bullet { owner: None })
}

fn cycle(heap: &mut Heap) {
    let one = bullet(heap);
    heap[&one].owner = Some(one.clone());
}

/// The message of a gate that must fail.
fn message(gate: impl FnOnce()) -> String {
    let error = catch_unwind(AssertUnwindSafe(gate)).expect_err("the gate lets it pass");
    match error.downcast::<String>() {
        Ok(text) => *text,
        Err(error) => error.downcast_ref::<&str>().expect("a message").to_string(),
    }
}

#[test]
fn no_collection_passes_when_all_die_by_their_counts() {
    let mut heap = Heap::new();
    let answer = heap.assert_no_collection_in(|heap| {
        for _ in 0..10_000 {
            bullet(heap);
        }
        heap.reclaim();
        heap.step(Budget::units(0));
        42
    });
    assert_eq!(answer, 42);
}

#[test]
fn no_collection_passes_in_a_round() {
    let mut heap = Heap::new();
    heap.begin_round();
    heap.assert_no_collection_in(|heap| {
        for _ in 0..3000 {
            cycle(heap);
            heap.step(Budget::units(100));
        }
    });
}

#[test]
fn no_collection_fails_at_a_threshold_and_says_so() {
    let mut heap = Heap::new();
    let text = message(|| heap.assert_no_collection_in(|heap| (0..3000).for_each(|_| cycle(heap))));
    assert!(text.contains("generation 0"), "{text}");
    assert!(text.contains("Threshold"), "{text}");
}

#[test]
fn no_collection_fails_at_a_step_and_inside_another_gate() {
    let mut heap = Heap::new();
    let text = message(|| {
        heap.assert_no_collection_in(|heap| {
            let inner = message(|| heap.assert_no_collection_in(cycle_and_step));
            assert!(inner.contains("generation 2"), "{inner}");
        });
    });
    assert!(text.contains("Step"), "{text}");

    fn cycle_and_step(heap: &mut Heap) {
        cycle(heap);
        heap.step(Budget::units(1));
    }
}

#[test]
fn no_collection_fails_when_one_in_progress_goes_on_or_ends() {
    for units in [1, 10_000] {
        let mut heap = Heap::new();
        (0..50).for_each(|_| cycle(&mut heap));
        heap.step(Budget::units(2));
        assert!(heap.is_collecting());
        let _held = heap.assert_no_collection_in(bullet);
        let text = message(|| {
            heap.assert_no_collection_in(|heap| heap.step(Budget::units(units)));
        });
        assert!(text.contains("went on"), "{text}");
    }
}

#[test]
fn max_slice_units_passes_within_the_budget() {
    let mut heap = Heap::new();
    heap.set_policy(Policy::Budgeted(Budget::units(30)));
    heap.assert_max_slice_units(30, |heap| {
        for _ in 0..500 {
            cycle(heap);
            heap.step(Budget::units(1000));
        }
    });
    assert!(heap.pause_stats().longest_units > 0);
}

#[test]
fn max_slice_units_fails_for_a_slice_and_for_a_whole_collection() {
    let mut heap = Heap::new();
    (0..100).for_each(|_| cycle(&mut heap));
    let text = message(|| {
        heap.assert_max_slice_units(20, |heap| heap.step(Budget::units(50)));
    });
    assert!(text.contains("a slice took 50 units, not 20"), "{text}");
    heap.assert_max_slice_units(20, |heap| heap.step(Budget::units(20)));

    let mut heap = Heap::new();
    heap.set_thresholds(Thresholds {
        young: 100,
        ..Thresholds::default()
    });
    let text =
        message(|| heap.assert_max_slice_units(50, |heap| (0..200).for_each(|_| cycle(heap))));
    assert!(text.contains("a collection in one go"), "{text}");
}

#[test]
fn max_slice_units_keeps_the_longest_pause_of_before() {
    let mut heap = Heap::new();
    (0..100).for_each(|_| cycle(&mut heap));
    heap.step(Budget::units(70));
    heap.assert_max_slice_units(10, |heap| heap.step(Budget::units(10)));
    assert_eq!(heap.pause_stats().longest_units, 70);
}

#[test]
fn no_growth_passes_when_rounds_leave_nothing() {
    let mut heap = Heap::new();
    let ship = heap.alloc(Ship {
        hp: 3,
        bullets: Vec::new(),
    });
    heap.assert_no_growth(6, |heap, _| {
        for _ in 0..100 {
            cycle(heap);
            let shot = bullet(heap);
            heap[&ship].bullets.push(shot);
        }
        heap[&ship].bullets.clear();
    });
    assert_eq!(heap[&ship].hp, 3);
}

#[test]
fn no_growth_fails_with_the_type_that_became_more() {
    let mut heap = Heap::new();
    let ship = heap.alloc(Ship {
        hp: 3,
        bullets: Vec::new(),
    });
    let text = message(|| {
        heap.assert_no_growth(4, |heap, round| {
            if round == 2 {
                let leaked = bullet(heap);
                heap[&ship].bullets.push(leaked);
            }
        });
    });
    assert!(text.contains("round 2 left 2 objects"), "{text}");
    assert!(text.contains("1 more `gates::Bullet`"), "{text}");
    assert!(!text.contains("Ship`"), "{text}");
}

#[test]
fn no_growth_fails_for_bytes_alone() {
    let mut heap = Heap::new();
    let ship = heap.alloc(7u32);
    let text = message(|| {
        heap.assert_no_growth(3, |heap, round| {
            heap.set_external_bytes(&ship, 1000 * round);
        });
    });
    assert!(text.contains("round 1"), "{text}");
}

#[test]
fn no_alloc_passes_without_one_and_fails_at_the_first() {
    let mut heap = Heap::new();
    let ship = bullet(&mut heap);
    heap.assert_no_alloc(|heap| {
        heap[&ship].owner = Some(ship.clone());
        heap.step(Budget::units(10));
        heap.set_limits(Limits::default());
        heap.collect();
    });
    let text = message(|| {
        heap.assert_no_alloc(|heap| {
            heap.step(Budget::units(10));
            let inner = message(|| heap.assert_no_alloc(cycle));
            assert!(inner.contains("bytes are asked for"), "{inner}");
            // The outer gate is still in force.
            let _ = heap.try_alloc(1u8);
        });
    });
    assert!(text.contains("assert_no_alloc"), "{text}");
    // And it has ended with its play.
    let other = bullet(&mut heap);
    assert_eq!(heap[&other].owner, None);
    assert_eq!(heap.len(), 2);
    heap.verify();
}

/// What other threads allocate without the heap is seen when it comes to the heap.
#[test]
fn no_alloc_fails_when_a_context_brings_objects() {
    let mut heap = Heap::new();
    let kept = bullet(&mut heap);
    let mut context = heap.alloc_context();
    heap.assert_no_alloc(|heap| heap.merge_mut(&mut context));
    for dropped in [false, true] {
        let text = message(|| {
            heap.assert_no_alloc(|heap| {
                let mut context = heap.alloc_context();
                std::thread::scope(|scope| {
                    scope.spawn(|| drop(context.alloc(1u32)));
                });
                if dropped {
                    drop(context);
                    heap.step(Budget::units(10));
                } else {
                    heap.merge(context);
                }
            });
        });
        assert!(text.contains("1 objects of allocation contexts"), "{text}");
        heap.verify();
        heap.reclaim();
        assert_eq!(heap.len(), 1, "what it brought is the heap's all the same");
    }
    assert_eq!(heap[&kept].owner, None);
}

#[test]
fn no_growth_and_no_collection_see_what_is_merged() {
    let mut heap = Heap::new();
    let mut left = Vec::new();
    let text = message(|| {
        heap.assert_no_growth(3, |heap, _| {
            let mut context = heap.alloc_context();
            left.push(context.alloc(1u64));
            heap.merge(context);
        });
    });
    assert!(text.contains("1 more `u64`"), "{text}");
    let text = message(|| {
        heap.assert_no_collection_in(|heap| {
            let mut context = heap.alloc_context();
            let bullets: Vec<_> = (0..3000)
                .map(|_| context.alloc(Bullet { owner: None }))
                .collect();
            heap.merge(context);
            drop(bullets);
        });
    });
    assert!(text.contains("Threshold"), "{text}");
}
