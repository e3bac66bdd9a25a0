//! Homing missiles hold their targets weakly: a target may be shot down while the missile is still on its way.
//!
//! `cargo run -p gc-core --example weak_handles`

use gc_core::{Gc, Heap, Trace, Weak};

#[derive(Trace)]
struct Ship {
    name: &'static str,
    hull: i32,
}

#[derive(Trace, Default)]
struct Missile {
    target: Weak<Ship>, // `Copy`, 8 bytes; the default is dead
}

fn main() {
    let mut heap = Heap::new();
    let ship = heap.alloc(Ship {
        name: "Vega",
        hull: 10,
    });
    let missile = heap.alloc(Missile {
        target: ship.downgrade(),
    });
    let dud = heap.alloc(Missile::default());
    assert!(heap.get_weak(heap[&dud].target).is_none());

    // Looking does not keep alive.
    let target = heap[&missile].target;
    println!("on its way to {}", heap.get_weak(target).unwrap().name);
    assert_eq!(Gc::strong_count(&ship), 1);

    // Hitting: write through a weak handle, or make it strong for as long as it is needed.
    heap.get_weak_mut(target).unwrap().hull -= 9;
    let held = heap.upgrade(target).unwrap();
    drop(ship);
    assert_eq!(heap[&held].hull, 1);

    // The last strong handle goes: the weak one fails at once, and never leads to another ship in the same place.
    drop(held);
    let other = heap.alloc(Ship {
        name: "Rigel",
        hull: 10,
    });
    assert!(heap.get_weak(heap[&missile].target).is_none());
    assert!(heap.upgrade(target).is_none());
    println!("the target is gone; {} is another ship", heap[&other].name);
}

#[test]
fn runs() {
    main();
}
