use gc_core::{Gc, Trace};
use std::sync::Mutex;

#[derive(Trace)]
struct Ship {
    bullets: Mutex<Vec<Gc<Ship>>>,
}

fn main() {}
