use gc_core::{Gc, Trace};
use std::sync::Arc;

#[derive(Trace)]
struct Ship {
    shared: Arc<Vec<Gc<Ship>>>,
}

fn main() {}
