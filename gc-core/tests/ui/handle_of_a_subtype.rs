use gc_core::{Gc, Heap, Trace, Tracer};

struct Call<F>(F, &'static str);

impl<F: Send + Sync + 'static> Trace for Call<F> {
    fn trace(&self, _: &mut Tracer<'_>) {}
}

/// If this compiled, a short borrow could be stored where a `'static` one is promised.
fn narrow(handle: Gc<Call<for<'a> fn(&'a str)>>) -> Gc<Call<fn(&'static str)>> {
    handle
}

fn main() {
    let mut heap = Heap::new();
    narrow(heap.alloc(Call((|_| {}) as for<'a> fn(&'a str), "")));
}
