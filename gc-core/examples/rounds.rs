//! No collection in a round; its garbage goes in slices, while the loading screen shows how far they are.
//!
//! `cargo run -p gc-core --example rounds`

use gc_core::{Budget, Gc, Heap, Trace};

#[derive(Trace)]
struct Squad {
    members: Vec<Gc<Fighter>>,
}

#[derive(Trace)]
struct Fighter {
    squad: Gc<Squad>,
}

/// A squad arrives and is lost in the same frame: seven objects that only the collector finds.
fn skirmish(heap: &mut Heap) {
    let squad = heap.alloc(Squad { members: vec![] });
    for _ in 0..6 {
        let fighter = heap.alloc(Fighter {
            squad: squad.clone(),
        });
        heap[&squad].members.push(fighter);
    }
    let first = &heap[&squad].members[0];
    assert!(heap[first].squad == squad);
}

fn main() {
    let mut heap = Heap::new();
    let slice = Budget::units(5_000);

    heap.begin_round();
    for _frame in 0..3_600 {
        skirmish(&mut heap);
        heap.step(slice); // frees what reference counting condemned, and nothing else
    }
    let report = heap.end_round().expect("a round was running");
    println!("the round left {} objects", report.objects_gained);
    assert_eq!(report.objects_gained, 7 * 3_600);
    assert!(heap.stats().iter().all(|it| it.collections == 0));

    // The loading screen: a slice in each of its frames.
    let mut frames = 0;
    let mut last = 0.0;
    while !heap.step(slice).finished {
        frames += 1;
        let done = heap.cleanup_fraction();
        assert!(done >= last);
        last = done;
        if frames % 4 == 0 {
            println!("tidying up: {:3.0} %", done * 100.0);
        }
    }
    println!("done after {frames} frames");
    assert!(frames > 4);
    assert!(heap.is_empty());
}

#[test]
fn runs() {
    main();
}
