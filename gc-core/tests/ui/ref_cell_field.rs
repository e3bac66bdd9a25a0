use gc_core::{Gc, Trace};
use std::cell::RefCell;

#[derive(Trace)]
struct Ship {
    bullets: RefCell<Vec<Gc<Ship>>>,
}

fn main() {}
