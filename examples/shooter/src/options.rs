//! The command line.

use clap::{CommandFactory, Parser, ValueEnum, error::ErrorKind, value_parser};
use std::path::PathBuf;

/// A bullet-hell shooter that plays itself, to see what a garbage collector does to frame times.
///
/// Plays the same match under each strategy of the collector, without a window and as fast as it can, and prints one
/// table. A second table shows what one burst of bullets does under a low threshold, a high one, and with collection
/// disabled.
#[derive(Parser, Clone, Debug)]
#[command(name = "shooter", version)]
pub struct Options {
    /// The strategies to play under
    #[arg(long, value_enum, default_value_t = Choice::All)]
    pub strategy: Choice,

    /// Rounds of the match, with a pause before and after each
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = value_parser!(u32).range(1..=100))]
    pub rounds: u32,

    /// Seconds of a round, of 60 frames each
    #[arg(long, value_name = "S", default_value_t = 60, value_parser = value_parser!(u32).range(1..=600))]
    pub seconds: u32,

    /// Bullets that a flagship fires at once
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = value_parser!(u32).range(1..=50_000))]
    pub burst: u32,

    /// The seed: the same seed gives the same match
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// Young threshold of the automatic strategy: objects allocated, less those freed
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = value_parser!(u32).range(1..=10_000_000))]
    pub threshold: u32,

    /// Young threshold of the raised strategy; must be above --threshold
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = value_parser!(u32).range(1..=100_000_000))]
    pub raised_threshold: u32,

    /// Microseconds a frame for the strategies that work in slices
    #[arg(long, value_name = "US", default_value_t = 500, value_parser = value_parser!(u32).range(10..=1_000_000))]
    pub budget: u32,

    /// Folder for frames.csv and the picture of the frame times
    #[arg(long, value_name = "DIR", default_value = "target/shooter-report")]
    pub report: PathBuf,

    /// Print the tables only
    #[arg(long, conflicts_with = "report")]
    pub no_report: bool,
}

/// One strategy, or all of them.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Each strategy in turn
    All,
    /// CPython's thresholds
    Automatic,
    /// The same with a high threshold
    Raised,
    /// Silent in the round, one collection after it
    Disabled,
    /// Silent in the round, slices after it
    Spread,
    /// A slice in each frame
    Budgeted,
    /// The collector finds threshold and slice itself
    Adaptive,
}

impl Options {
    /// Reads a command line, the program's name first.
    pub fn read<T: Into<std::ffi::OsString> + Clone>(
        line: impl IntoIterator<Item = T>,
    ) -> Result<Self, clap::Error> {
        let options = Self::try_parse_from(line)?;
        if options.raised_threshold <= options.threshold {
            let message = format!(
                "--raised-threshold ({}) must be above --threshold ({})",
                options.raised_threshold, options.threshold
            );
            return Err(Self::command().error(ErrorKind::ValueValidation, message));
        }
        Ok(options)
    }

    /// The folder for the report, unless none is wanted.
    pub fn report_folder(&self) -> Option<&std::path::Path> {
        (!self.no_report).then_some(&self.report)
    }
}
