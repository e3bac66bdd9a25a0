use gc_core::Heap;

fn at_once(_: impl FnOnce() + Send, _: impl FnOnce() + Send) {}

fn main() {
    let mut heap = Heap::new();
    at_once(|| drop(heap.alloc(1_u32)), || drop(heap.alloc(2_u32)));
}
