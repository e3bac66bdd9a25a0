//! Frame-time spikes. See `docs/benchmarks-frames.md`, which this program writes.

use benches::spikes::{self, Effort, report};
use clap::Parser;
use std::{error::Error, path::PathBuf};

/// Plays small games and shows the tail of their frames.
#[derive(Parser)]
struct Options {
    /// Few frames in small worlds, once: to see whether it runs, not to judge.
    #[arg(long)]
    quick: bool,
    /// How often everything is repeated; medians are shown.
    #[arg(long)]
    repeat: Option<usize>,
    /// Frames a run.
    #[arg(long)]
    frames: Option<usize>,
    /// Only games whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Writes benchmarks-frames.md, benchmarks-frames.csv and the pictures into this folder.
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
    let measured = spikes::measure(effort, &options.only, |about| eprintln!("{about}"));
    print!("{}", report::console(&measured));
    if let Some(folder) = options.write {
        report::write(&folder, &measured)?;
    }
    Ok(())
}
