//! gc-core beside what a game could use instead. See `docs/benchmarks.md`, which the binary `peers` writes.
//!
//! | module | what is in it |
//! |---|---|
//! | [`work`] | what every contender does, and how it is timed |
//! | [`counted`] | the same work for all that have counted handles |
//! | [`crates`] | the contenders |
//! | [`game`] | the match, which the interpreters play too |
//! | [`contenders`] | who they are, and what each can do |
//! | [`child`] | one process for each figure |
//! | [`results`] | medians, and ratios of one run |
//! | [`goals`] | the ratios that gc-core is to reach |
//! | [`report`], [`picture`] | tables, CSV, document, pictures |

pub mod child;
pub mod contenders;
pub mod counted;
pub mod crates;
pub mod game;
pub mod goals;
pub mod picture;
pub mod report;
pub mod results;
pub mod work;

use clap::Parser;
use results::Results;
use std::{error::Error, path::PathBuf};
use work::Work;

/// Compares gc-core with what a game could use instead, and says which goals are reached.
#[derive(Parser)]
pub struct Options {
    /// Small sizes, once: to see whether it runs, not to judge. Writes nothing unless told where to.
    #[arg(long)]
    quick: bool,
    /// How often everything is repeated; medians are shown.
    #[arg(long, default_value_t = 4)]
    repeat: usize,
    /// Only this kind of work; may be given more than once. Writes nothing unless told where to.
    #[arg(long)]
    work: Vec<Work>,
    /// Only contenders whose title contains this. Writes nothing unless told where to.
    #[arg(long, default_value = "")]
    only: String,
    /// Writes benchmarks.md, benchmarks.csv and the pictures into this folder. By default `docs`.
    #[arg(long, value_name = "FOLDER")]
    write: Option<PathBuf>,
    /// The place of the contender whose work this process does.
    #[arg(long, hide = true)]
    child: Option<usize>,
    /// Started by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

/// The program, with whatever global allocator its binary has.
pub fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    if let Some(place) = options.child {
        for &what in &options.work {
            child::work(place, what, options.quick);
        }
        return Ok(());
    }
    let all = options.work.is_empty() && options.only.is_empty();
    let works = if options.work.is_empty() {
        Work::ALL.to_vec()
    } else {
        options.work
    };
    let repeat = if options.quick {
        1
    } else {
        options.repeat.max(1)
    };
    let mut say = |about: &str| eprintln!("{about}");
    let results = Results::measure(&works, repeat, options.quick, &options.only, &mut say);
    print!("{}", report::console(&results));
    let folder = options
        .write
        .or_else(|| (all && !options.quick).then(|| "docs".into()));
    if let Some(folder) = folder {
        report::write(&folder, &results)?;
    }
    Ok(())
}
