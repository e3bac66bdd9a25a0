use gc_core::{Gc, Trace};
use std::rc::Rc;

#[derive(Trace)]
struct Ship {
    shared: Rc<Vec<Gc<Ship>>>,
}

fn main() {}
