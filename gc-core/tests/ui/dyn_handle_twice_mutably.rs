use core::fmt::Debug;
use gc_core::{Heap, dyn_handle};

fn main() {
    let mut heap = Heap::new();
    let number = heap.alloc(1u32);
    let number = dyn_handle!(number => dyn Debug);
    let first = heap.get_dyn_mut(&number);
    let second = heap.get_dyn_mut(&number);
    println!("{first:?} {second:?}");
}
