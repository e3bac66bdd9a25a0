//! gc-core in WebAssembly, with `std` and without an operating system, as in a browser. `bash .ci/run wasm` builds it
//! and runs it under Node, which calls `play` and compares what comes back.

use gc_core::{Budget, Gc, Heap, Trace, Weak};
use std::collections::HashMap;

#[derive(Trace)]
struct Room {
    doors: HashMap<u32, Gc<Room>>,
    entrance: Weak<Room>,
}

/// Builds `levels` levels of 100 rooms with doors in both directions, leaves each for the next, and collects in slices
/// meanwhile. Answers how many rooms are left at the end of the last level: its own, when all is right.
// SAFETY: no other function of the module has this name.
#[unsafe(no_mangle)]
pub extern "C" fn play(levels: u32) -> u32 {
    let mut heap = Heap::new();
    let mut entrance: Option<Gc<Room>> = None;
    for _ in 0..levels {
        let first = heap.alloc_cyclic(|entrance| Room {
            doors: HashMap::new(),
            entrance,
        });
        let mut here = first.clone();
        for number in 1..100 {
            let next = heap.alloc(Room {
                doors: HashMap::from([(number - 1, here.clone())]),
                entrance: first.downgrade(),
            });
            heap[&here].doors.insert(number, next.clone());
            here = next;
            heap.step(Budget::units(50));
        }
        // The level before this one is now garbage, full of cycles.
        entrance = Some(first);
    }
    heap.collect();
    let found =
        entrance.and_then(|room| heap.get_weak(heap[&room].entrance).map(|r| r.doors.len()));
    if found == Some(1) {
        heap.len() as u32
    } else {
        0
    }
}
