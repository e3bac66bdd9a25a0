use gc_core::{Gc, Trace};
use std::sync::RwLock;

#[derive(Trace)]
struct Ship {
    bullets: RwLock<Vec<Gc<Ship>>>,
}

fn main() {}
