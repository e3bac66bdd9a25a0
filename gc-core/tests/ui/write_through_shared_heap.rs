use gc_core::{Gc, Heap};

fn hit(heap: &Heap, hp: &Gc<u32>) {
    heap[hp] -= 1;
}

fn main() {}
