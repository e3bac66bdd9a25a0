use gc_core::Heap;

fn main() {
    let mut heap = Heap::new();
    let _hp = heap.alloc(3_u32);
    for hp in heap.iter::<u32>() {
        heap.alloc(*hp);
    }
}
