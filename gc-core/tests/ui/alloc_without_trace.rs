use gc_core::Heap;

struct Ship {
    hp: u32,
}

fn main() {
    let mut heap = Heap::new();
    heap.alloc(Ship { hp: 3 });
}
