use gc_core::{GcDyn, Heap, Trace, dyn_handle};

trait Shape {}

#[derive(Trace)]
struct Stone;

fn main() {
    let mut heap = Heap::new();
    let stone = heap.alloc(Stone);
    let _: GcDyn<dyn Shape> = dyn_handle!(stone => dyn Shape);
}
