//! How games get by without a collector: break the cycles by hand, or make one direction weak. Both work here too, and
//! what they forget the collector finds.
//!
//! `cargo run -p gc-core --example cycles_by_hand`

use gc_core::{Gc, Heap, Policy, Trace, Weak};

/// Leader and members refer to each other: a cycle that somebody has to break.
#[derive(Trace)]
struct Squad {
    members: Vec<Gc<Fighter>>,
}

#[derive(Trace)]
struct Fighter {
    squad: Option<Gc<Squad>>,
}

/// The same, but the way up is weak: no cycle of strong handles, nothing to break.
#[derive(Trace)]
struct Wing {
    members: Vec<Gc<Pilot>>,
}

#[derive(Trace)]
struct Pilot {
    wing: Weak<Wing>,
}

fn muster(heap: &mut Heap) -> Gc<Squad> {
    let squad = heap.alloc(Squad { members: vec![] });
    for _ in 0..5 {
        let fighter = heap.alloc(Fighter {
            squad: Some(squad.clone()),
        });
        heap[&squad].members.push(fighter);
    }
    squad
}

fn main() {
    let mut heap = Heap::new();
    heap.set_policy(Policy::Disabled); // reference counting only

    // By hand: take the squad apart before the last handle goes. All is freed without a collection.
    let squad = muster(&mut heap);
    for fighter in std::mem::take(&mut heap[&squad].members) {
        heap[&fighter].squad = None;
    }
    drop(squad);
    heap.reclaim();
    assert!(heap.is_empty());

    // With weak handles: there is nothing to take apart.
    let wing = heap.alloc_cyclic(|_| Wing { members: vec![] });
    for _ in 0..5 {
        let pilot = heap.alloc(Pilot {
            wing: wing.downgrade(),
        });
        heap[&wing].members.push(pilot);
    }
    let first = &heap[&heap[&wing].members[0]];
    assert_eq!(heap.get_weak(first.wing).unwrap().members.len(), 5);
    drop(wing);
    heap.reclaim();
    assert!(heap.is_empty());

    // Forgotten: six objects leak, until somebody collects.
    drop(muster(&mut heap));
    heap.reclaim();
    println!("{} objects leaked", heap.len());
    assert_eq!(heap.len(), 6);
    assert_eq!(heap.collect().collected, 6);
    assert!(heap.is_empty());
}

#[test]
fn runs() {
    main();
}
