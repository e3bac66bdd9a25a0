//! The command line.

use clap::{
    CommandFactory, Parser, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
    error::ErrorKind,
    value_parser,
};
use std::{path::PathBuf, time::Duration};

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

    /// Ends the match after this many frames
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..))]
    pub frames: Option<u64>,

    /// Frames a second that a screen would show: a frame that takes longer than one of these misses it
    #[arg(long, value_name = "HZ", default_value = "60", value_parser = PossibleValuesParser::new(["60", "120", "240"]).try_map(|hz| hz.parse::<u32>()))]
    pub hz: u32,

    /// Memory for the heap, such as 24M: above seven eighths of it the collector works in slices, whatever the
    /// strategy
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub memory_limit: Option<usize>,

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

    /// Folder for the report: report.md, the picture of the frame times, and every frame in frames.csv
    #[arg(long, value_name = "DIR", default_value = "target/shooter-report")]
    pub report: PathBuf,

    /// Plants a leak, and hunts it down: plays short rounds until the leak sentinel speaks; in a window it says so there
    #[arg(long)]
    pub plant_leak: bool,

    /// Print the tables only
    #[arg(long, conflicts_with = "report")]
    pub no_report: bool,

    /// Play without a window and print the tables; a build without the feature `window` always does
    #[arg(long)]
    pub headless: bool,

    #[cfg(feature = "window")]
    #[command(flatten)]
    pub window: WindowOptions,
}

/// How the game is shown.
#[cfg(feature = "window")]
#[derive(clap::Args, Clone, Debug)]
pub struct WindowOptions {
    /// Draw into this PNG file instead of a window, let the bot play, and end; needs neither a screen nor a GPU
    #[arg(long, value_name = "FILE", conflicts_with = "headless")]
    pub screenshot: Option<PathBuf>,

    /// Width and height of the window or the picture
    #[arg(long, value_name = "WxH", default_value = "1280x720")]
    pub size: crate::window::Size,
}

/// One strategy, or all of them.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Each strategy in turn
    All,
    /// CPython's rule, with the young threshold of --threshold
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
        #[cfg_attr(not(feature = "window"), expect(unused_mut))]
        let mut options = Self::try_parse_from(line)?;
        if options.raised_threshold <= options.threshold {
            let message = format!(
                "--raised-threshold ({}) must be above --threshold ({})",
                options.raised_threshold, options.threshold
            );
            return Err(Self::command().error(ErrorKind::ValueValidation, message));
        }
        #[cfg(feature = "window")]
        options.default_frames();
        Ok(options)
    }

    /// A picture is taken when something is to be seen.
    #[cfg(feature = "window")]
    fn default_frames(&mut self) {
        if self.window.screenshot.is_some() && self.frames.is_none() {
            self.frames = Some(crate::window::SCREENSHOT_FRAMES);
        }
    }

    /// The time that a screen gives a frame.
    pub fn frame_time(&self) -> Duration {
        Duration::from_secs(1) / self.hz
    }

    /// The folder for the report, unless none is wanted.
    pub fn report_folder(&self) -> Option<&std::path::Path> {
        (!self.no_report).then_some(&self.report)
    }
}

/// Bytes, with `K`, `M` or `G` for a thousand, a million or a thousand million of them.
fn size(text: &str) -> Result<usize, String> {
    let (number, unit) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (&text[..at], 1_000),
        Some((at, 'm' | 'M')) => (&text[..at], 1_000_000),
        Some((at, 'g' | 'G')) => (&text[..at], 1_000_000_000),
        _ => (text, 1),
    };
    number
        .parse::<usize>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
        .filter(|&bytes| bytes > 0)
        .ok_or_else(|| "a number of bytes is expected, such as 24M".to_owned())
}
