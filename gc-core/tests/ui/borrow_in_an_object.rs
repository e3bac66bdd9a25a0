use gc_core::{Heap, Trace};

#[derive(Trace)]
struct Label<'a> {
    text: &'a str,
}

fn main() {
    let mut heap = Heap::new();
    let text = String::from("score");
    heap.alloc(Label { text: &text });
}
