//! The pauses of the collector against their goals. See `docs/benchmarks-pauses.md`, which this program writes.

use benches::{
    machine::Machine,
    options::FrameOptions,
    pauses::{self, Effort, report},
};
use clap::Parser;
use std::error::Error;

/// Measures the collector's pauses and says which goals are reached.
#[derive(Parser)]
struct Program {
    #[command(flatten)]
    options: FrameOptions,
}

fn main() -> Result<(), Box<dyn Error>> {
    let Program { options } = Program::parse();
    let mut effort = options.common.effort(Effort::QUICK, Effort::FULL);
    effort.repeat = options.common.repeat(effort.repeat);
    effort.frames = options.frames(effort.frames);
    let measured = pauses::measure(effort, |about| eprintln!("{about}"));
    let machine = Machine::here("pauses");
    print!("{}", report::console(&measured));
    if let Some(folder) = options.common.write {
        report::write(&folder, &measured, &machine)?;
    }
    Ok(())
}
