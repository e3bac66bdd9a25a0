//! gc-core beside its peers. See `docs/benchmarks.md`, which this program writes.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    benches::peers::main()
}
