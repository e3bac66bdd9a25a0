use gc_core::Heap;

fn main() {
    let mut heap = Heap::new();
    let hp = heap.alloc(3_u32);
    let borrowed = heap.get(&hp);
    drop(heap);
    assert_eq!(*borrowed, 3);
}
