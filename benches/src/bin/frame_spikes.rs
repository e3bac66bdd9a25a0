//! Frame-time spikes. See `docs/benchmarks-frames.md`, which this program writes.

use benches::{
    options::FrameOptions,
    spikes::{self, Effort, report},
};
use clap::Parser;
use std::error::Error;

/// Plays small games and shows the tail of their frames.
#[derive(Parser)]
struct Program {
    #[command(flatten)]
    options: FrameOptions,
    /// Only games whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let Program { options, only } = Program::parse();
    let mut effort = options.common.effort(Effort::QUICK, Effort::FULL);
    effort.repeat = options.common.repeat(effort.repeat);
    effort.frames = options.frames(effort.frames);
    let measured = spikes::measure(effort, &only, |about| eprintln!("{about}"));
    print!("{}", report::console(&measured));
    if let Some(folder) = options.common.write {
        report::write(&folder, &measured)?;
    }
    Ok(())
}
