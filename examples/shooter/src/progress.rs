//! A bar on the terminal while the match is played; silent when nobody watches.

use indicatif::{ProgressBar, ProgressStyle};

/// Frames between two drawings, so that the bar costs nothing that the table would show.
const STRIDE: u64 = 60;

pub struct Progress {
    bar: ProgressBar,
    frames: u64,
}

impl Progress {
    /// A bar for so many frames in all.
    pub fn new(frames: u64) -> Self {
        let style =
            ProgressStyle::with_template("{msg:18} {bar:40} {percent:>3} % {elapsed}, {eta} to go")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
        Self {
            bar: ProgressBar::new(frames).with_style(style),
            frames: 0,
        }
    }

    /// What is played now.
    pub fn say(&self, what: &'static str) {
        self.bar.set_message(what);
    }

    /// One frame more.
    pub fn frame(&mut self) {
        self.frames += 1;
        if self.frames.is_multiple_of(STRIDE) {
            self.bar.set_position(self.frames);
        }
    }

    pub fn finish(self) {
        self.bar.finish_and_clear();
    }
}
