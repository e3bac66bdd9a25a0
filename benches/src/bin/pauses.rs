//! The pauses of the collector against their goals. See `docs/benchmarks-pauses.md`, which this program writes.

use benches::{
    machine::Machine,
    pauses::{self, Effort, report},
};
use clap::Parser;
use std::{error::Error, path::PathBuf};

/// Measures the collector's pauses and says which goals are reached.
#[derive(Parser)]
struct Options {
    /// 300 frames, once: to see whether it runs, not to judge.
    #[arg(long)]
    quick: bool,
    /// How often everything is repeated; medians are shown.
    #[arg(long)]
    repeat: Option<usize>,
    /// Frames a run.
    #[arg(long)]
    frames: Option<usize>,
    /// Writes benchmarks-pauses.md and its pictures into this folder.
    #[arg(long, value_name = "FOLDER")]
    write: Option<PathBuf>,
    /// Started by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let mut effort = if options.quick {
        Effort::QUICK
    } else {
        Effort::FULL
    };
    effort.repeat = options.repeat.unwrap_or(effort.repeat).max(1);
    effort.frames = options.frames.unwrap_or(effort.frames).max(60);

    let measured = pauses::measure(effort, |about| eprintln!("{about}"));
    let machine = Machine::here("pauses");
    print!("{}", report::console(&measured));
    if let Some(folder) = options.write {
        report::write(&folder, &measured, &machine)?;
    }
    Ok(())
}
