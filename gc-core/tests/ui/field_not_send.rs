// Skipping a field doesn't make its type fit for other threads.
use gc_core::Trace;

#[derive(Trace)]
struct Ship {
    #[trace(skip)]
    device: *mut u8,
}

fn main() {}
