use gc_core::Trace;

#[derive(Trace)]
#[trace(acyclic)]
#[trace(bound = "", acyclic)]
struct Ship {
    #[trace(skip, skip)]
    name: String,
}

fn main() {}
