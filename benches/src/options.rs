//! The options that programs share.

use clap::Args;
use std::path::PathBuf;

#[derive(Args)]
pub struct Options {
    /// Small sizes, once: to see whether it runs, not to judge.
    #[arg(long)]
    quick: bool,
    /// How often everything is repeated; medians are shown.
    #[arg(long)]
    repeat: Option<usize>,
    /// Writes the document, its data and its pictures into this folder.
    #[arg(long, value_name = "FOLDER")]
    pub write: Option<PathBuf>,
    /// Started by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    /// How much is done.
    pub fn effort<E>(&self, quick: E, full: E) -> E {
        if self.quick { quick } else { full }
    }

    /// How often, where it is so often by default.
    pub fn repeat(&self, default: usize) -> usize {
        self.repeat.unwrap_or(default).max(1)
    }
}

/// Of programs that play frames.
#[derive(Args)]
pub struct FrameOptions {
    #[command(flatten)]
    pub common: Options,
    /// Frames a run.
    #[arg(long)]
    frames: Option<usize>,
}

impl FrameOptions {
    /// How many frames a run has, where it has so many by default.
    pub fn frames(&self, default: usize) -> usize {
        self.frames.unwrap_or(default).max(60)
    }
}
