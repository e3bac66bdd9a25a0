use gc_core::Heap;

fn main() {
    let mut heap = Heap::new();
    let hp = heap.alloc(3_u32);
    let borrowed = heap.get_weak(hp.downgrade());
    heap.collect();
    assert_eq!(borrowed, Some(&3));
}
