//! How cost grows with work. See `docs/benchmarks-growth.md`, which this program writes.

use benches::{
    growth::{self, Effort, axes::Axis, report},
    options::Options,
};
use clap::Parser;
use std::error::Error;

/// Measures what grows with what, and fits slopes.
#[derive(Parser)]
struct Program {
    #[command(flatten)]
    options: Options,
    /// The largest number of objects.
    #[arg(long)]
    most: Option<usize>,
    /// What this process measures, and at which size.
    #[arg(long, hide = true, requires = "size")]
    child: Option<Axis>,
    #[arg(long, hide = true)]
    size: Option<usize>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let program = Program::parse();
    if let (Some(axis), Some(size)) = (program.child, program.size) {
        println!("{}", axis.measure(size));
        return Ok(());
    }
    let options = program.options;
    let mut effort = options.effort(Effort::QUICK, Effort::FULL);
    effort.repeat = options.repeat(effort.repeat);
    effort.most = program.most.unwrap_or(effort.most).max(10_000);
    let measured = growth::measure(effort, |about| eprintln!("{about}"))?;
    print!("{}", report::console(&measured));
    if let Some(folder) = options.write {
        report::write(&folder, &measured)?;
    }
    Ok(())
}
