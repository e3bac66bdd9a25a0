use gc_core::{Gc, Trace};
use std::cell::Cell;

#[derive(Trace)]
struct Ship {
    target: Cell<Option<Gc<Ship>>>,
}

fn main() {}
