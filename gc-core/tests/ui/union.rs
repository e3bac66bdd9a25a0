use gc_core::{Gc, Trace};
use std::mem::ManuallyDrop;

#[derive(Trace)]
union Slot {
    number: u64,
    handle: ManuallyDrop<Gc<u64>>,
}

fn main() {}
