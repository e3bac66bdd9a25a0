//! Questions in slices: the budget is kept, and the answer is that of one go.

use crate::util::{Node, Random, graph};
use gc_core::inspect::{
    Comparison, CycleSearch, LeakSearch, LeakSentinel, Retained, RetainedSearch, Search, Snapshot,
};
use gc_core::{Budget, Gc, Heap, Trace};
use std::fmt::Debug;

/// Slices of one unit, of more, and of a number that changes, with the whole of the answers: each is used up and no more,
/// so their number is known; and a unit is at most 16 of `parts`.
fn in_slices<S, T: PartialEq + Debug>(
    whole: &T,
    parts: usize,
    begin: impl Fn() -> S,
    step: impl Fn(&mut S, Budget) -> bool,
    finish: impl Fn(S) -> T,
) {
    let run = |mut units: Box<dyn FnMut() -> u64>| {
        let (mut search, mut slices) = (begin(), 1);
        while !step(&mut search, Budget::units(units())) {
            slices += 1;
        }
        assert_eq!(&finish(search), whole);
        slices
    };
    let ones = run(Box::new(|| 1));
    assert!(ones >= parts as u64 / 16, "{ones} slices, {parts} parts");
    for units in [2, 3, 17, 500] {
        assert_eq!(
            run(Box::new(move || units)),
            ones.div_ceil(units),
            "{units} units"
        );
    }
    let mut random = Random(ones);
    run(Box::new(move || random.below(40) as u64));
}

/// All that there is to say.
fn content(retained: &Retained<'_>, snapshot: &Snapshot) -> impl PartialEq + Debug + use<> {
    let objects = snapshot
        .objects()
        .map(|object| (retained.of(object.id), retained.dominator(object.id)));
    let owners = (retained.owners(10), retained.owners(usize::MAX));
    (
        objects.collect::<Vec<_>>(),
        owners,
        retained.by_type(),
        retained.to_string(),
    )
}

fn graphs(test: impl Fn(Heap, Vec<Gc<Node>>, &mut Random)) {
    for seed in 1..8 {
        println!("seed {seed}");
        let mut random = Random(seed);
        let mut heap = Heap::new();
        let (nodes, edges) = (20 + random.below(300), random.below(900));
        let mut held = graph(&mut heap, &mut random, nodes, edges);
        held.truncate(1 + random.below(nodes));
        // A collection is in progress.
        heap.step(Budget::units(random.below(nodes) as u64));
        test(heap, held, &mut random);
    }
}

#[test]
fn retained_sizes() {
    graphs(|heap, _held, _| {
        let snapshot = Snapshot::of(&heap);
        in_slices(
            &content(&snapshot.retained(), &snapshot),
            3 * snapshot.len(),
            RetainedSearch::new,
            |search, budget| search.step(&snapshot, budget),
            |search| content(&search.finish(&snapshot), &snapshot),
        );
    });
}

#[test]
fn why_an_object_is_alive() {
    graphs(|heap, held, random| {
        let snapshot = Snapshot::of(&heap);
        for _ in 0..10 {
            let all: Vec<_> = snapshot.objects().map(|object| object.id).collect();
            let id = all[random.below(all.len())];
            in_slices(
                &snapshot.why_alive(id),
                snapshot.len(),
                || Search::new(id),
                |search, budget| search.step(&snapshot, budget),
                |search| search.finish(&snapshot),
            );
        }
        drop(held);
    });
}

#[test]
fn differences() {
    graphs(|mut heap, mut held, random| {
        let before = Snapshot::of(&heap);
        held.truncate(held.len() / 2);
        heap.collect();
        let more = graph(&mut heap, random, 100, 10);
        let numbers: Vec<_> = (0..100).map(|n: u16| heap.alloc(n)).collect();
        let after = Snapshot::of(&heap);
        in_slices(
            &after.diff(&before),
            before.len().max(after.len()),
            Comparison::new,
            |comparison, budget| comparison.step(&after, &before, budget),
            Comparison::finish,
        );
        drop((more, numbers));
    });
}

#[derive(Trace)]
struct Chronicle {
    fallen: Vec<Gc<Node>>,
}

#[test]
fn leaks() {
    let mut heap = Heap::new();
    let mut random = Random(1);
    let chronicle = heap.alloc(Chronicle { fallen: vec![] });
    let (mut sentinel, mut growing) = (LeakSentinel::new(), vec![]);
    let mut numbers = vec![];
    for _ in 0..6 {
        let nodes = graph(&mut heap, &mut random, 100, 200);
        heap[&chronicle].fallen.extend(nodes);
        numbers.extend((0..50).map(|n: u32| heap.alloc(n)));
        growing = sentinel.end_round(&heap);
    }
    let snapshot = Snapshot::of(&heap);
    let leaks = snapshot.explain(&growing);
    assert_eq!(leaks.len(), 2);
    assert_eq!(leaks[0].why, snapshot.why_alive(leaks[0].why.id));
    assert_eq!(leaks[1].why, snapshot.why_alive(leaks[1].why.id));
    in_slices(
        &leaks,
        snapshot.len() + snapshot.edge_count(),
        || LeakSearch::new(growing.clone()),
        |search, budget| search.step(&snapshot, budget),
        LeakSearch::finish,
    );
    // Nothing grows: nothing is looked at.
    let mut search = LeakSearch::new(vec![]);
    assert!(search.step(&snapshot, Budget::units(1)));
    assert!(search.finish().is_empty());
}

#[test]
fn cycles() {
    let mut heap = Heap::new();
    heap.record_cycles(true);
    for seed in 1..5 {
        graph(&mut heap, &mut Random(seed), 200, 300);
        heap.collect();
    }
    // The heap goes on noting, and keeps what it has.
    let log = heap.cycle_log();
    let mut whole = log.report();
    assert_eq!((whole.cycles.len(), whole.make_weak.len()), (1, 1));
    whole.elapsed = None;
    in_slices(
        &whole,
        whole.recorded,
        || CycleSearch::new(log.clone()),
        CycleSearch::step,
        |search| {
            let mut report = search.finish();
            report.elapsed = None;
            report
        },
    );
    assert_eq!(heap.take_cycles().report().recorded, whole.recorded);
    let mut search = CycleSearch::new(heap.cycle_log());
    assert!(search.step(Budget::UNLIMITED));
    assert!(search.finish().cycles.is_empty());
}

#[test]
fn more_owners_than_are_kept_in_order() {
    let mut heap = Heap::new();
    let mut random = Random(1);
    let tops: Vec<_> = (0..400)
        .map(|_| {
            let many = 1 + random.below(30);
            let mut inner = graph(&mut heap, &mut random, many, 0);
            let top = inner.pop().unwrap();
            heap[&top].edges = inner;
            top
        })
        .collect();
    let snapshot = Snapshot::of(&heap);
    let retained = snapshot.retained();
    let all = retained.owners(usize::MAX);
    assert_eq!(all.len(), tops.len());
    assert!(all.is_sorted_by(|one, other| one.bytes >= other.bytes));
    for most in [0, 1, 99, 100, 101] {
        assert_eq!(retained.owners(most), all[..most]);
    }
}

/// The ends of a path are those of the whole one.
#[test]
fn a_long_path_keeps_its_ends() {
    let mut heap = Heap::new();
    let mut list: Option<Gc<Node>> = None;
    let mut last = None;
    for _ in 0..1000 {
        let node = heap.alloc(Node {
            edges: list.take().into_iter().collect(),
        });
        last.get_or_insert(node.id());
        list = Some(node);
    }
    let snapshot = Snapshot::of(&heap);
    let whole = snapshot.why_alive(last.unwrap());
    assert_eq!((whole.path.len(), whole.left_out), (1000, 0));
    for (asked, ends) in [(0, 8), (20, 20), (499, 499), (500, 500), (usize::MAX, 500)] {
        let mut search = Search::new(last.unwrap()).ends(asked);
        while !search.step(&snapshot, Budget::units(1)) {}
        let why = search.finish(&snapshot);
        assert_eq!(why.path.len() + why.left_out, 1000);
        assert_eq!(why.path[..ends], whole.path[..ends]);
        assert_eq!(why.path[why.path.len() - ends..], whole.path[1000 - ends..]);
        // What is told does not change.
        assert_eq!(why.to_string(), whole.to_string());
        let names = why.chain().matches("Node").count();
        match why.left_out {
            0 => assert_eq!(names, 1000),
            _ => assert!(why.chain().contains(&format!("… {} more …", 1000 - names))),
        }
    }
    drop(list);
}

#[test]
#[should_panic = "the search is not finished"]
fn retained_sizes_are_not_told_before_the_end() {
    let snapshot = Snapshot::of(&Heap::new());
    RetainedSearch::new().finish(&snapshot);
}

#[test]
fn what_was_found_gives_its_memory_back_in_slices() {
    let mut heap = Heap::new();
    let nodes = graph(&mut heap, &mut Random(3), 20_000, 30_000);
    let snapshot = Snapshot::of(&heap);
    let mut discard = snapshot.retained().discard();
    let mut slices = 1;
    while !discard.step(Budget::units(1)) {
        slices += 1;
    }
    assert!((5..10).contains(&slices), "4096 objects a unit: {slices}");
    drop(nodes);
}
