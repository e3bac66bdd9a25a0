use gc_core::{Gc, Heap, Trace};

#[derive(Trace)]
struct Ship {
    hp: u32,
    bullets: Vec<Gc<Ship>>,
}

fn main() {
    let mut heap = Heap::new();
    let ship = heap.alloc(Ship { hp: 3, bullets: Vec::new() });
    let borrowed = heap.get(&ship);
    heap.alloc(Ship { hp: 1, bullets: Vec::new() });
    assert_eq!(borrowed.hp, 3);
}
