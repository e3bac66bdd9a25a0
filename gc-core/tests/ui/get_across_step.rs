use gc_core::{Budget, Heap};

fn main() {
    let mut heap = Heap::new();
    let hp = heap.alloc(3_u32);
    let borrowed = heap.get(&hp);
    heap.step(Budget::units(100));
    assert_eq!(*borrowed, 3);
}
