use gc_core::{Gc, Trace};

#[derive(Trace)]
#[trace(finalise)]
struct Ship {
    #[trace(ignore)]
    name: String,
    target: Option<Gc<Ship>>,
}

#[derive(Trace)]
struct Pair<#[trace(skip)] T>(T, T);

fn main() {}
