//! Snapshots in slices: the budget is kept, and what the game does between the slices confuses nothing.

use crate::util::{Node, Random, graph};
use gc_core::inspect::{Search, Snapshot, Verdict};
use gc_core::{Budget, Gc, Heap, Trace};
use std::collections::BTreeMap;

/// What a snapshot says of an untouched heap, however it was taken.
fn content(snapshot: &Snapshot) -> (usize, usize, Vec<(u64, usize, usize)>) {
    let objects = snapshot
        .objects()
        .map(|o| (o.id.to_bits(), o.strong_count, o.outside));
    (snapshot.len(), snapshot.edge_count(), objects.collect())
}

#[test]
fn slices_of_one_unit_see_what_one_go_sees() {
    let mut heap = Heap::new();
    let mut nodes = graph(&mut heap, &mut Random(1), 300, 900);
    // One large object, which is traced in pieces.
    let large = heap.alloc(Node {
        edges: nodes.iter().cycle().take(5000).cloned().collect(),
    });
    nodes.truncate(100);
    let whole = Snapshot::of(&heap);
    let mut capture = Snapshot::begin(&heap);
    let mut slices = 0;
    loop {
        let progress = capture.step(&heap, Budget::units(1));
        assert!(progress.units <= 1);
        slices += 1;
        if progress.finished {
            break;
        }
    }
    assert!(slices > 301 + 5000 / 128, "{slices}");
    assert_eq!(content(&capture.finish()), content(&whole));
    let weak = nodes[7].downgrade();
    drop(nodes);
    assert_eq!(heap.why_alive(&weak).chain(), "Node.edges[7] → Node");
    drop(large);
}

/// Objects are made, changed and die between the slices, collections come and go, pages too: what is in the snapshot
/// was there, and every edge leads to an object that is in it.
#[test]
fn the_game_goes_on_between_the_slices() {
    for seed in 1..40 {
        println!("seed {seed}");
        let mut random = Random(seed);
        let mut heap = Heap::new();
        let mut nodes = graph(&mut heap, &mut random, 400, 1200);
        let mut numbers: Vec<Gc<u64>> = (0..3000).map(|n| heap.alloc(n)).collect();
        let untouched = graph(&mut heap, &mut random, 50, 0);
        let mut capture = Snapshot::begin(&heap);
        while !capture
            .step(&heap, Budget::units(random.below(30) as u64 + 1))
            .finished
        {
            for _ in 0..10 {
                let (at, to) = (random.below(nodes.len()), random.below(nodes.len()));
                match random.below(9) {
                    0 => drop(nodes.swap_remove(at)),
                    1 => nodes.push(heap.alloc(Node {
                        edges: vec![nodes[at].clone()],
                    })),
                    2 => {
                        let moved = std::mem::take(&mut heap[&nodes[at]].edges);
                        heap[&nodes[to]].edges.extend(moved);
                    }
                    3 => heap[&nodes[at]].edges.clear(),
                    4 => {
                        heap.step(Budget::units(50));
                    }
                    5 => numbers.truncate(numbers.len().saturating_sub(200)),
                    6 => {
                        heap.reclaim();
                        heap.trim();
                    }
                    7 => numbers.push(heap.alloc(seed)),
                    _ => {
                        heap.collect();
                    }
                }
            }
        }
        let snapshot = capture.finish();
        let by_id: BTreeMap<_, _> = snapshot.objects().map(|o| (o.id, o)).collect();
        assert_eq!(by_id.len(), snapshot.len());
        for node in &untouched {
            assert_eq!(by_id[&node.id()].outside, 1);
        }
        let mut dot = String::new();
        snapshot.write_dot(&mut dot, usize::MAX).unwrap();
        assert_eq!(dot.matches(" -> ").count(), snapshot.edge_count());
    }
}

#[test]
fn a_budget_of_nothing_does_nothing() {
    let mut heap = Heap::new();
    let one = heap.alloc(1u8);
    let mut capture = Snapshot::begin(&heap);
    for _ in 0..3 {
        let progress = capture.step(&heap, Budget::units(0));
        assert_eq!((progress.units, progress.finished), (0, false));
    }
    drop(one);
}

#[test]
#[should_panic = "the capture belongs to another heap"]
fn a_capture_goes_on_with_its_own_heap_only() {
    let (heap, other) = (Heap::new(), Heap::new());
    Snapshot::begin(&heap).step(&other, Budget::UNLIMITED);
}

/// A `trace` that panics ends the slice; the capture goes on behind the object.
#[test]
fn a_trace_that_panics_is_passed_by() {
    struct Bad(#[allow(dead_code)] Box<u8>);
    impl Trace for Bad {
        fn trace(&self, _: &mut gc_core::Tracer<'_>) {
            panic!("on purpose");
        }
    }
    let mut heap = Heap::new();
    let bad = heap.alloc(Bad(Box::new(1)));
    let good: Vec<_> = (0..10u32).map(|n| heap.alloc(n)).collect();
    let mut capture = Snapshot::begin(&heap);
    let step = std::panic::AssertUnwindSafe(|| {
        capture.step(&heap, Budget::UNLIMITED);
    });
    assert!(std::panic::catch_unwind(step).is_err());
    capture.step(&heap, Budget::UNLIMITED);
    assert_eq!(capture.finish().len(), good.len() + 1);
    drop(bad);
}

#[test]
fn memory_is_given_back_in_slices() {
    let mut heap = Heap::new();
    let nodes = graph(&mut heap, &mut Random(3), 20_000, 30_000);
    let mut external = 0;
    for node in &nodes {
        external += 7;
        heap.set_external_bytes(node, 7);
    }
    let snapshot = Snapshot::of(&heap);
    assert_eq!(snapshot.bytes(), heap.bytes());
    assert!(snapshot.bytes() > external);
    let mut discard = snapshot.discard();
    let mut slices = 0;
    while !discard.step(Budget::units(1)) {
        slices += 1;
    }
    // Objects, handles and external bytes, 4096 of them a unit.
    assert!((5 + 8 + 5..40).contains(&slices), "{slices}");
    assert!(discard.step(Budget::units(1)));
    // Given up half way, the rest goes at once.
    let mut discard = Snapshot::of(&heap).discard();
    assert!(!discard.step(Budget::units(3)));
    drop((discard, nodes));
}

#[test]
fn a_search_in_slices_finds_what_one_go_finds() {
    let mut verdicts = BTreeMap::new();
    for seed in 1..10 {
        let mut random = Random(seed);
        let mut heap = Heap::new();
        let mut nodes = graph(&mut heap, &mut random, 120, 130);
        let ids: Vec<_> = nodes.iter().map(|node| node.id()).collect();
        nodes.truncate(8);
        let snapshot = Snapshot::of(&heap);
        for id in ids {
            let whole = snapshot.why_alive(id);
            let mut search = Search::new(id);
            let mut slices = 1;
            while !search.step(&snapshot, Budget::units(1)) {
                slices += 1;
            }
            assert_eq!(search.finish(&snapshot), whole);
            *verdicts.entry(format!("{:?}", whole.verdict)).or_insert(0) += 1;
            if whole.verdict != Verdict::Dead {
                assert!(slices >= snapshot.len() / 16, "{slices}");
            }
        }
    }
    assert_eq!(verdicts.len(), 3, "{verdicts:?}");
}

#[test]
#[should_panic = "the search is not finished"]
fn a_search_has_no_answer_before_its_end() {
    let heap = Heap::new();
    let snapshot = Snapshot::of(&heap);
    let id = gc_core::Weak::<u8>::dead().id();
    let mut search = Search::new(id);
    assert!(!search.step(&snapshot, Budget::units(0)));
    search.finish(&snapshot);
}
