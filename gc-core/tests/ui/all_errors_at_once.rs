// One derive reports everything that is wrong with it.
use gc_core::Trace;

#[derive(Trace)]
#[trace(final, skip)]
enum Order {
    #[trace(acyclic)]
    Wait,
    Follow(#[trace(skp)] u32, #[trace(skip, skip, bound = "")] u32),
}

fn main() {}
