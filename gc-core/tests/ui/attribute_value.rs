use gc_core::Trace;

#[derive(Trace)]
#[trace(acyclic = true, bound = "T Trace", crate = "gc_core")]
struct Ship<T> {
    #[trace(skip(always))]
    name: String,
    cargo: T,
}

#[derive(Trace)]
#[trace]
struct Bullet {
    #[trace = "skip"]
    name: String,
}

#[derive(Trace)]
#[trace(bound, crate)]
struct Unit;

fn main() {}
