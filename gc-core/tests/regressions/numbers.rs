//! The largest numbers that the settings take, and sums that only grow.

use gc_core::{Budget, Generation, Heap, Infeasible, Pacing, Policy, Thresholds, Warning};

use crate::util::{finish, knot, node, quiet_heap};

#[test]
fn thresholds_may_be_the_largest_number() {
    // Twice the threshold was taken.
    let most = usize::MAX;
    for policy in [
        Policy::Automatic,
        Policy::Adaptive,
        Policy::Budgeted(Budget::units(10)),
    ] {
        let mut heap = Heap::new();
        heap.set_policy(policy);
        heap.set_thresholds(Thresholds {
            young: most,
            middle: most,
            old: most,
        });
        let _held = node(&mut heap);
        for generation in Generation::ALL {
            heap.collect_generation(generation);
        }
        knot(&mut heap);
        heap.step(Budget::units(10));
        heap.collect();
        assert_eq!(heap.len(), 1);
    }
}

#[test]
fn pacing_may_be_the_largest_number() {
    // The slack was added to the live bytes.
    let mut heap = Heap::new();
    heap.set_policy(Policy::Adaptive);
    let _held = node(&mut heap);
    heap.collect();
    heap.set_pacing(Pacing {
        slack_bytes: usize::MAX,
        ..heap.pacing()
    });
    heap.step(Budget::units(10));
    assert_eq!(heap.len(), 1);
}

#[test]
fn a_budget_may_stay_too_small_for_ever() {
    // Each warning raised the goal by a quarter, without an end.
    let mut heap = Heap::new();
    heap.disable();
    let held: Vec<_> = (0..10_000).map(|_| node(&mut heap)).collect();
    heap.enable();
    heap.set_policy(Policy::Budgeted(Budget::units(2)));
    let (tell, told) = std::sync::mpsc::channel();
    heap.on_warning(move |warning| {
        if let Warning::Infeasible(Infeasible { need, have }) = warning {
            let _ = tell.send(need > have);
        }
    });
    for _ in 0..10_000 {
        heap.step(Budget::units(2));
    }
    assert!(told.try_iter().count() > 0, "the case is not the one meant");
    assert_eq!(heap.len(), held.len());
}

#[test]
fn external_bytes_may_be_the_largest_number() {
    // They were added to what else there is, here and there; a slot was lost with the overflow.
    let mut heap = quiet_heap();
    let [a, b] = [(); 2].map(|()| node(&mut heap));
    let before = heap.bytes();
    for g in [&a, &b] {
        heap.set_external_bytes(g, usize::MAX);
    }
    let c = node(&mut heap);
    finish(&mut heap, 10);
    assert_eq!(heap.bytes(), usize::MAX);
    drop((a, b, c));
    heap.collect();
    assert_eq!(heap.len(), 0);
    assert!(heap.bytes() <= before);
}

#[test]
fn external_bytes_beyond_the_largest_number_leave_nothing_behind() {
    // The sum stayed at the largest number, then fell to 0 too early, and the next object of the slot had the bytes.
    let mut heap = quiet_heap();
    let (large, small) = (heap.alloc(1u32), heap.alloc(2u32));
    heap.set_external_bytes(&large, usize::MAX);
    heap.set_external_bytes(&small, 100);
    assert_eq!(heap.bytes(), usize::MAX);
    drop(large);
    heap.reclaim();
    assert_eq!(heap.bytes(), 100 + 12_usize.next_multiple_of(8));
    drop(small);
    heap.reclaim();
    assert_eq!(heap.bytes(), 0);
    let next = [heap.alloc(3u32), heap.alloc(4u32)];
    let before = heap.bytes();
    for handle in &next {
        heap.set_external_bytes(handle, 1000);
    }
    assert_eq!(heap.bytes() - before, 2000);
}
