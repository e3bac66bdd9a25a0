//! Who holds it outside the heap, and where do those handles come from?
//!
//! `cargo run -p gc-core --features call_sites --example call_sites`; without the feature the places are left out.

use gc_core::{Gc, Heap, Trace};

#[derive(Trace)]
struct Ship {
    name: &'static str,
}

/// Not on the heap: a component, say.
struct Camera {
    follows: Gc<Ship>,
}

/// Not on the heap either.
#[derive(Default)]
struct Radar {
    blips: Vec<Gc<Ship>>,
}

impl Radar {
    fn sweep(&mut self, ship: &Gc<Ship>) {
        self.blips.push(ship.clone());
    }
}

fn main() {
    let mut heap = Heap::new();
    let ship = heap.alloc(Ship { name: "Rocinante" });
    let weak = ship.downgrade();

    let camera = Camera {
        follows: ship.clone(),
    };
    let mut radar = Radar::default();
    for _ in 0..3 {
        radar.sweep(&ship);
    }
    drop(ship); // the game thinks that the ship is gone

    let why = heap.why_alive(&weak);
    println!("{}: {why}", heap[&camera.follows].name);
    assert_eq!(why.outside(), 4);
    if cfg!(feature = "call_sites") {
        let most = &why.path[0].sites[0];
        assert_eq!((most.handles, most.location.file()), (3, file!()));
    }
}

#[test]
fn runs() {
    main();
}
