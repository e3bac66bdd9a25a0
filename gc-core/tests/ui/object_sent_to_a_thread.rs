// A handle may go to any thread; what it refers to stays with the heap.
use gc_core::Heap;

fn spawn(_: impl FnOnce() + Send + 'static) {}

fn main() {
    let mut heap = Heap::new();
    let hp = heap.alloc(3_u32);
    let handle = hp.clone();
    spawn(move || drop(handle));

    let borrowed = heap.get(&hp);
    spawn(move || assert_eq!(*borrowed, 3));
}
