//! Two objects that refer to each other, and the collector that finds them when nobody else does.
//!
//! `cargo run -p gc-core --example minimal`

use gc_core::{Gc, Heap, Trace};

#[derive(Trace)]
struct Ship {
    hull: i32,
    bullets: Vec<Gc<Bullet>>,
}

#[derive(Trace)]
struct Bullet {
    owner: Gc<Ship>,
    damage: i32,
}

fn main() {
    let mut heap = Heap::new();
    let ship = heap.alloc(Ship {
        hull: 3,
        bullets: Vec::new(),
    });
    let bullet = heap.alloc(Bullet {
        owner: ship.clone(),
        damage: 1,
    });
    heap[&ship].bullets.push(bullet.clone()); // a cycle

    // Reading needs `&heap`, writing `&mut heap`: no cells, no locks.
    let owner = heap[&bullet].owner.clone();
    let damage = heap[&bullet].damage;
    heap[&owner].hull -= damage;
    assert_eq!(heap[&ship].hull, 2);

    // A handle outside the heap keeps its object, and what that refers to, alive.
    drop((ship, owner));
    assert_eq!(heap.collect().collected, 0);

    // Without one, the cycle is garbage.
    drop(bullet);
    let collection = heap.collect();
    println!("{} objects collected", collection.collected);
    assert_eq!(collection.collected, 2);
    assert!(heap.is_empty());
}

#[test]
fn runs() {
    main();
}
