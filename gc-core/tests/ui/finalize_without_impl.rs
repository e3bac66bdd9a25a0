use gc_core::{Gc, Trace};

#[derive(Trace)]
#[trace(finalize)]
struct Squad {
    members: Vec<Gc<Squad>>,
}

fn main() {}
