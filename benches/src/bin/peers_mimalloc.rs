//! `peers` with mimalloc for every allocation: its children with that allocator.

use std::error::Error;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn Error>> {
    benches::peers::main()
}
