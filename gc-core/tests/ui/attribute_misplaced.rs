use gc_core::Trace;

#[derive(Trace)]
#[trace(skip)]
struct Ship {
    #[trace(finalize)]
    name: String,
}

#[derive(Trace)]
enum Order {
    #[trace(skip)]
    Wait(u32),
    #[trace(acyclic)]
    Go,
}

fn main() {}
