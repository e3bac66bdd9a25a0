//! The leak sentinel speaks when a type grows from round to round, and only then.

use crate::util::{Random, without_places};
use gc_core::inspect::{LeakSentinel, Snapshot, Verdict};
use gc_core::{Budget, Gc, Heap, Trace};

#[derive(Trace)]
struct Chronicle {
    fallen: Vec<Gc<Ship>>,
}

#[derive(Trace)]
struct Ship {
    cargo: Vec<Gc<Crate>>,
}

#[derive(Trace)]
struct Crate;

fn ship(heap: &mut Heap) -> Gc<Ship> {
    let cargo = (0..3).map(|_| heap.alloc(Crate)).collect();
    heap.alloc(Ship { cargo })
}

/// Plays rounds with ships in play that vary, `leaked` of which end in the chronicle.
fn play(rounds: usize, leaked: impl Fn(usize) -> usize, seed: u64) -> Vec<(usize, String)> {
    println!("seed {seed}");
    let mut random = Random(seed);
    let mut heap = Heap::new();
    let chronicle = heap.alloc(Chronicle { fallen: vec![] });
    let mut sentinel = LeakSentinel::new();
    let mut said = Vec::new();
    for round in 1..=rounds {
        let in_play: Vec<_> = (0..20 + random.below(20))
            .map(|_| ship(&mut heap))
            .collect();
        for _ in 0..leaked(round) {
            let lost = ship(&mut heap);
            heap[&chronicle].fallen.push(lost);
        }
        heap.collect();
        said.extend(
            sentinel
                .check(&heap)
                .into_iter()
                .map(|leak| (round, leak.holder)),
        );
        drop(in_play);
    }
    said
}

#[test]
fn a_leak_is_told_by_type_and_by_the_field_that_holds_it() {
    let said = play(7, |_| 25, 1);
    // The ships first, whose holder does not grow; then what hangs on them.
    assert_eq!(said[0].1, "Chronicle.fallen[]");
    assert_eq!(said[1].1, "Ship.cargo[]");
    assert_eq!(said.len(), 2, "each type once in a while: {said:?}");
    assert!(said[0].0 <= 6, "soon: {said:?}");
}

#[test]
fn a_leak_is_told_again_when_it_goes_on() {
    let said = play(30, |_| 25, 2);
    assert!(said.len() >= 6, "{said:?}");
}

/// Few a round, beside many that come and go.
#[test]
fn a_slow_leak_is_told_in_the_end() {
    let said = play(60, |_| 3, 3);
    assert_eq!(said[0].1, "Chronicle.fallen[]", "{said:?}");
}

#[test]
fn what_goes_up_and_down_is_no_leak() {
    for seed in 1..30 {
        assert_eq!(play(40, |_| 0, seed), []);
        // A cache that fills in the first rounds, and one exceptional round.
        assert_eq!(play(40, |round| if round <= 2 { 30 } else { 0 }, seed), []);
        assert_eq!(
            play(40, |round| if round == 20 { 300 } else { 0 }, seed),
            []
        );
    }
}

#[test]
fn the_report_reads_well() {
    let mut heap = Heap::new();
    let chronicle = heap.alloc(Chronicle { fallen: vec![] });
    let mut sentinel = LeakSentinel::new();
    let mut leaks = vec![];
    for _ in 0..6 {
        for _ in 0..10 {
            let lost = heap.alloc(Ship { cargo: vec![] });
            heap[&chronicle].fallen.push(lost);
        }
        leaks = sentinel.check(&heap);
    }
    assert_eq!(leaks.len(), 1);
    assert_eq!(leaks[0].why.verdict, Verdict::Held);
    assert_eq!(
        without_places(&leaks[0].to_string()),
        format!(
            "Ship grows by 10.0 objects (320 bytes) a round: 10, 20, 30, 40, 50, 60\n\
             60 of 60 are held by Chronicle.fallen[]\n\
             one of them is alive: Chronicle.fallen[0] → Ship\n  \
             Chronicle {:?}, held by 1 handle outside the heap\n  \
             .fallen[0] → Ship {:?}, by 1 handle in objects",
            chronicle.id(),
            heap[&chronicle].fallen[0].id()
        )
    );
}

#[test]
fn handles_outside_the_heap_leak_as_well() {
    let mut heap = Heap::new();
    let mut sentinel = LeakSentinel::new();
    let mut forgotten = vec![];
    let mut leaks = vec![];
    for _ in 0..6 {
        forgotten.extend((0..4).map(|_| heap.alloc(Crate)));
        leaks.extend(sentinel.check(&heap));
    }
    assert_eq!(
        (leaks[0].holder.as_str(), leaks[0].held),
        ("", leaks[0].objects)
    );
    assert!(
        leaks[0]
            .to_string()
            .contains("are held by handles outside the heap")
    );
}

#[test]
fn a_large_heap_is_explained_in_slices() {
    let mut heap = Heap::new();
    let chronicle = heap.alloc(Chronicle { fallen: vec![] });
    let mut sentinel = LeakSentinel::new();
    let mut growing = vec![];
    for _ in 0..6 {
        for _ in 0..500 {
            let lost = ship(&mut heap);
            heap[&chronicle].fallen.push(lost);
        }
        growing = sentinel.end_round(&heap);
    }
    assert_eq!(growing.len(), 2);
    let mut capture = Snapshot::begin(&heap);
    while !capture.step(&heap, Budget::units(100)).finished {}
    let leaks = capture.finish().explain(&growing);
    assert_eq!(leaks[0].holder, "Chronicle.fallen[]");
    assert_eq!((leaks[0].held, leaks[0].objects), (3000, 3000));
}
