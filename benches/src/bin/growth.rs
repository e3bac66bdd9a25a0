//! How cost grows with work. See `docs/benchmarks-growth.md`, which this program writes.

use benches::growth::{self, Effort, axes::Axis, report};
use clap::Parser;
use std::{error::Error, path::PathBuf};

/// Measures what grows with what, and fits slopes.
#[derive(Parser)]
struct Options {
    /// Up to 10,000 objects, once: to see whether it runs, not to judge.
    #[arg(long)]
    quick: bool,
    /// How often everything is repeated; medians are shown.
    #[arg(long)]
    repeat: Option<usize>,
    /// The largest number of objects.
    #[arg(long)]
    most: Option<usize>,
    /// Writes benchmarks-growth.md, benchmarks-growth.csv and the picture into this folder.
    #[arg(long, value_name = "FOLDER")]
    write: Option<PathBuf>,
    /// What this process measures, and at which size.
    #[arg(long, hide = true, requires = "size")]
    child: Option<Axis>,
    #[arg(long, hide = true)]
    size: Option<usize>,
    /// Started by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    if let (Some(axis), Some(size)) = (options.child, options.size) {
        println!("{}", axis.measure(size));
        return Ok(());
    }
    let mut effort = if options.quick {
        Effort::QUICK
    } else {
        Effort::FULL
    };
    effort.repeat = options.repeat.unwrap_or(effort.repeat).max(1);
    effort.most = options.most.unwrap_or(effort.most).max(10_000);
    let measured = growth::measure(effort, |about| eprintln!("{about}"))?;
    print!("{}", report::console(&measured));
    if let Some(folder) = options.write {
        report::write(&folder, &measured)?;
    }
    Ok(())
}
