use gc_core::{Gc, Heap, Trace};

#[derive(Trace)]
struct Ship {
    target: Option<Gc<Ship>>,
}

fn sink(_: Gc<Ship>) {}

fn main() {
    let mut heap = Heap::new();
    let hp = heap.alloc(3_u32);
    sink(hp);
}
