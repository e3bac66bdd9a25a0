use gc_core::{Heap, Trace};

#[derive(Trace)]
struct Tagged<T> {
    value: T,
}

struct Tag;

fn main() {
    let mut heap = Heap::new();
    heap.alloc(Tagged { value: 1_u32 });
    heap.alloc(Tagged { value: Tag });
}
