use gc_core::Heap;

fn main() {
    let mut heap = Heap::new();
    let (first, second) = (heap.alloc(1_u32), heap.alloc(2_u32));
    let (first, second) = (heap.get_mut(&first), heap.get_mut(&second));
    std::mem::swap(first, second);
}
