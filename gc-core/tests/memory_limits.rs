//! Limits with containers: what they hold is bounded with the objects, warned of, and collected when it is dead.

use gc_core::containers::{GcMap, GcString, GcVec};
use gc_core::{AllocErrorKind, Budget, Gc, Heap, HeapConfig, Limits, Policy, Trace, Warning};
use std::sync::{Arc, Mutex};

/// A unit of some squad: refers to itself through a map, and so is left behind.
#[derive(Trace)]
struct Squad {
    members: GcVec<[f32; 4]>,
    orders: GcMap<u32, Gc<Squad>>,
    name: GcString,
}

fn heap(policy: Policy, limits: Limits) -> Heap {
    Heap::with_config(HeapConfig {
        policy,
        limits,
        ..HeapConfig::default()
    })
}

/// Makes a squad of `members` and loses it. 16 bytes a member, and some for the rest.
fn leave(heap: &mut Heap, members: usize) -> Result<(), AllocErrorKind> {
    heap.make_room(members * 16 + 1024)?;
    let mut squad = Squad {
        members: GcVec::try_with_capacity_in(members, &*heap)?,
        orders: GcMap::new_in(&*heap),
        name: GcString::new_in(&*heap),
    };
    for at in 0..members {
        squad
            .members
            .try_push([at as f32; 4])
            .map_err(|error| error.kind)?;
    }
    squad.name.try_push_str("red")?;
    let squad = heap.try_alloc(squad).map_err(|error| error.kind)?;
    let own = squad.clone();
    let inserted = heap[&squad].orders.try_insert(1, own);
    inserted.map_err(|error| error.kind)?;
    Ok(())
}

/// A game that would need 40 MB lives in 1 MB, whatever the policy, and never above.
#[test]
fn dead_containers_make_room_at_the_hard_limit() {
    for policy in [
        Policy::Disabled,
        Policy::Automatic,
        Policy::Budgeted(Budget::units(100)),
    ] {
        let limits = Limits {
            hard: 1 << 20,
            ..Limits::default()
        };
        let paced = matches!(policy, Policy::Budgeted(_));
        let mut heap = heap(policy, limits);
        for frame in 0..250 {
            leave(&mut heap, 10_000).unwrap_or_else(|error| panic!("frame {frame}: {error}"));
            if paced {
                heap.step(Budget::units(100));
            }
            assert!(heap.bytes() <= limits.hard);
        }
        assert!(heap.peak_bytes() <= limits.hard);
        assert!(
            paced || heap.peak_bytes() > 500_000,
            "the limit was never near"
        );
        heap.collect();
        assert_eq!((heap.bytes(), heap.storage_bytes()), (0, 0));
    }
}

/// What is alive cannot be collected: the container keeps what it has, and says how full the heap is.
#[test]
fn a_live_container_at_the_hard_limit_keeps_what_it_has() {
    let limits = Limits {
        hard: 100_000,
        ..Limits::default()
    };
    let mut heap = heap(Policy::Automatic, limits);
    let squad = heap.alloc(Squad {
        members: GcVec::new_in(&heap),
        orders: GcMap::new_in(&heap),
        name: GcString::new_in(&heap),
    });
    let error = loop {
        let before = heap[&squad].members.len();
        if let Err(error) = heap[&squad].members.try_push([before as f32; 4]) {
            assert_eq!(error.value, [before as f32; 4], "the value comes back");
            break error;
        }
    };
    let AllocErrorKind::HardLimit { limit, used } = error.kind else {
        panic!("{error}");
    };
    assert_eq!((limit, used), (100_000, heap.bytes()));
    assert!(heap.bytes() <= limit);
    let members = &heap[&squad].members;
    assert!(members.len() >= 2048, "{}", members.len());
    assert!((0..members.len()).all(|at| members[at][0] == at as f32));
    heap.set_limits(Limits::default());
    heap[&squad].members.try_push([0.0; 4]).unwrap();
    drop(squad);
    heap.reclaim();
    assert_eq!(heap.bytes(), 0);
}

#[test]
fn growth_of_containers_passes_the_marks_and_the_soft_limit() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let limits = Limits {
        soft: 700_000,
        hard: 1_000_000,
    };
    let mut heap = heap(Policy::Disabled, limits);
    let log = told.clone();
    heap.on_warning(move |warning| {
        log.lock().unwrap().push(match warning {
            Warning::Memory { percent, .. } => *percent,
            Warning::SoftLimit { .. } => 0,
            _ => 1000,
        })
    });
    heap.begin_round();
    let mut list = GcVec::<u64>::new_in(&heap);
    for _ in 0..97 {
        list.try_reserve_exact(1250).unwrap();
        list.resize(list.len() + 1250, 0);
        heap.step(Budget::units(100));
    }
    assert_eq!(*told.lock().unwrap(), [50, 0, 75, 90]);
    let report = heap.end_round().unwrap();
    assert!(report.soft_limit > 0);
    assert!(report.bytes_gained >= 970_000, "{report:?}");
    assert!(report.peak_bytes >= 970_000);
}

#[test]
fn a_round_tells_the_most_bytes_of_any_moment_and_the_heap_its_own_peak() {
    let mut heap = Heap::new();
    let before: Vec<_> = (0..500).map(|_| heap.alloc([0u64; 4])).collect();
    drop(before);
    heap.reclaim();
    let peak = heap.peak_bytes();
    heap.begin_round();
    let burst: Vec<_> = (0..100).map(|_| heap.alloc([0u64; 4])).collect();
    let most = heap.bytes();
    drop(burst);
    heap.reclaim();
    heap.step(Budget::UNLIMITED);
    heap.reset_peak();
    assert_eq!(heap.peak_bytes(), 0);
    let report = heap.end_round().unwrap();
    assert_eq!(report.peak_bytes, most, "between two steps");

    let more: Vec<_> = (0..500).map(|_| heap.alloc([0u64; 4])).collect();
    drop(more);
    heap.reclaim();
    heap.begin_round();
    assert_eq!(heap.peak_bytes(), peak, "the heap's goes on in a round");
    assert_eq!(heap.end_round().unwrap().peak_bytes, 0);
    assert_eq!(heap.peak_bytes(), peak, "and after it");
}

/// A heap that is above its soft limit with what lives collected in every frame of the round, for nothing.
#[test]
fn above_the_soft_limit_the_next_collection_waits_for_something_to_find() {
    let limits = Limits {
        soft: 400_000,
        hard: 1_000_000,
    };
    let mut heap = heap(Policy::Disabled, limits);
    heap.begin_round();
    let mut living = Vec::new();
    while heap.bytes() < 500_000 {
        living.push(heap.alloc(Some(Box::new(0u64))));
    }
    for _ in 0..1000 {
        heap.step(Budget::units(10_000));
    }
    let before = heap.stats()[2].collections;
    assert!((1..=4).contains(&before), "{before} collections");
    while heap.bytes() < 900_000 {
        living.push(heap.alloc(Some(Box::new(0u64))));
        heap.step(Budget::units(10_000));
    }
    let after = heap.stats()[2].collections;
    assert!(
        (before + 1..=before + 12).contains(&after),
        "{after} collections"
    );

    // Below the limit it counts as before.
    living.clear();
    heap.step(Budget::UNLIMITED);
    assert!(heap.bytes() <= limits.soft);
    while heap.bytes() < 450_000 {
        living.push(heap.alloc(Some(Box::new(0u64))));
    }
    while !heap.step(Budget::units(10_000)).finished {}
    assert_eq!(heap.stats()[2].collections, after + 1);
}

/// What a heap tells: percents, and 0 for the soft limit.
fn told_by(heap: &mut Heap) -> impl Fn() -> Vec<u32> + use<> {
    let told = Arc::new(Mutex::new(Vec::new()));
    let log = told.clone();
    heap.on_warning(move |warning| {
        log.lock().unwrap().push(match warning {
            Warning::Memory { percent, .. } => *percent,
            Warning::SoftLimit { .. } => 0,
            _ => 1000,
        })
    });
    move || std::mem::take(&mut *told.lock().unwrap())
}

#[test]
fn a_heap_that_only_grows_is_told_of_each_mark_once() {
    for policy in [Policy::Disabled, Policy::Automatic] {
        for hard in [1_000_000, usize::MAX] {
            let mut heap = heap(
                policy,
                Limits {
                    soft: 300_000,
                    hard,
                },
            );
            let told = told_by(&mut heap);
            let mut living = Vec::new();
            while heap.bytes() < 980_000 {
                living.push(heap.alloc(Some(Box::new(0u64))));
                if living.len() % 100 == 0 {
                    heap.step(Budget::units(10_000));
                }
            }
            let expected: &[u32] = match hard {
                usize::MAX => &[50, 75, 90, 0], // of the soft limit
                _ => &[0, 50, 75, 90],
            };
            assert_eq!(told(), expected, "{policy:?}, hard {hard}");
        }
    }
}

#[test]
fn a_mark_is_told_again_only_after_the_heap_has_been_below_it() {
    let limits = Limits {
        soft: 600_000,
        hard: 1_000_000,
    };
    type Notice = fn(&mut Heap);
    let notices: [Notice; 3] = [
        |heap| {
            heap.step(Budget::UNLIMITED);
        },
        |heap| {
            heap.reclaim();
        },
        |heap| {
            heap.collect();
        },
    ];
    for notice in notices {
        let mut heap = heap(Policy::Disabled, limits);
        let told = told_by(&mut heap);
        let mut living = Vec::new();
        let fill = |heap: &mut Heap, living: &mut Vec<_>, to| {
            while heap.bytes() < to {
                living.push(heap.alloc([0u64; 4]));
            }
        };
        fill(&mut heap, &mut living, 800_000);
        assert_eq!(told(), [50, 0, 75]);
        let count = |bytes: usize, heap: &Heap| bytes * heap.len() / heap.bytes();
        // To just below the marks and the limit, and to well below them.
        for (down, up, again) in [
            (740_000, 800_000, &[][..]),
            (650_000, 800_000, &[75]),
            (590_000, 700_000, &[0]),
            (100_000, 700_000, &[50, 0]),
        ] {
            living.truncate(count(down, &heap));
            notice(&mut heap);
            fill(&mut heap, &mut living, up);
            assert_eq!(told(), again, "down to {down}");
        }
    }
}

#[test]
fn an_allocation_that_fails_tells_nothing_again() {
    let limits = Limits {
        hard: 100_000,
        ..Limits::default()
    };
    let mut heap = heap(Policy::Automatic, limits);
    let told = told_by(&mut heap);
    let mut living = Vec::new();
    while let Ok(object) = heap.try_alloc([0u64; 4]) {
        living.push(object);
    }
    for _ in 0..3 {
        assert!(heap.try_alloc([0u64; 4]).is_err());
        // Would be above each of the marks, and is not in use.
        assert!(heap.try_alloc([0u64; 20_000]).is_err());
    }
    assert_eq!(told(), [50, 75, 90]);
    living.truncate(100);
    assert!(heap.try_alloc([0u64; 20_000]).is_err());
    assert!(heap.make_room(1_000_000).is_err());
    assert_eq!(told(), [0; 0]);
}
