//! What was measured, and what it comes to.

use crate::{entrant::Entrant, world::Score};
use gc_bevy::{GcFrame, GcRoundEnded};
use hdrhistogram::Histogram;
use std::time::Duration;

/// Frames that take longer than this count as this long.
const LONGEST_FRAME: Duration = Duration::from_secs(60);

/// One frame of a match.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// The round, or the round that the pause comes before.
    pub round: u32,
    pub playing: bool,
    /// The time of the whole frame.
    pub took: Duration,
    /// What the collector did in it.
    pub gc: GcFrame,
    pub live_objects: usize,
    pub heap_bytes: usize,
    pub bullets: usize,
}

/// A match that was played.
#[derive(Clone, Debug)]
pub struct Played {
    pub entrant: Entrant,
    /// What a screen gives a frame.
    pub frame_time: Duration,
    pub frames: Vec<Frame>,
    pub rounds: Vec<GcRoundEnded>,
    pub score: Score,
    pub hash: u64,
    pub peak_bytes: usize,
}

impl Played {
    pub fn new(entrant: Entrant, frame_time: Duration) -> Self {
        Self {
            entrant,
            frame_time,
            frames: Vec::new(),
            rounds: Vec::new(),
            score: Score::default(),
            hash: 0,
            peak_bytes: 0,
        }
    }

    /// Frames in which the game was played, the pauses between rounds left out.
    pub fn round_frames(&self) -> impl Iterator<Item = &Frame> {
        self.frames.iter().filter(|frame| frame.playing)
    }

    /// Numbers over the rounds.
    pub fn summary(&self) -> Summary {
        let mut histogram =
            Histogram::<u64>::new_with_bounds(1, LONGEST_FRAME.as_nanos() as u64, 3)
                .expect("the bounds are in order");
        for frame in self.round_frames() {
            histogram.saturating_record(frame.took.as_nanos() as u64);
        }
        let longest = self.round_frames().map(|frame| frame.took).max();
        let longest = longest.unwrap_or_default();
        // The histogram rounds up.
        let quantile = |part| Duration::from_nanos(histogram.value_at_quantile(part)).min(longest);
        Summary {
            frames: histogram.len(),
            p50: quantile(0.5),
            p99: quantile(0.99),
            p999: quantile(0.999),
            longest,
            missed: self
                .round_frames()
                .map(|frame| missed(frame.took, self.frame_time))
                .sum(),
            collections: self
                .rounds
                .iter()
                .map(|round| u64::from(round.collections))
                .sum(),
            freed_nothing: self
                .rounds
                .iter()
                .map(|round| u64::from(round.freed_nothing))
                .sum(),
            longest_pause: self
                .rounds
                .iter()
                .map(|round| round.longest_pause)
                .max()
                .unwrap_or_default(),
            end_pause: self.end_pause(),
            peak_bytes: self.peak_bytes,
        }
    }

    /// The longest time for which the game waited because a round had ended: the collection in one go, or the longest
    /// of the slices in the pause that follows. None where a round's end means nothing to the strategy.
    fn end_pause(&self) -> Option<Duration> {
        match self.entrant {
            Entrant::Disabled => self.rounds.iter().filter_map(|round| round.end_pause).max(),
            Entrant::Spread => {
                let pauses = self
                    .frames
                    .iter()
                    .filter(|frame| !frame.playing && frame.round > 1);
                pauses.map(|frame| frame.gc.longest_pause).max()
            }
            _ => None,
        }
    }
}

/// The frames that a screen misses when the game takes so long for one.
fn missed(took: Duration, frame_time: Duration) -> u64 {
    (took.as_nanos().div_ceil(frame_time.as_nanos().max(1)) as u64).saturating_sub(1)
}

/// A line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    pub frames: u64,
    pub p50: Duration,
    pub p99: Duration,
    pub p999: Duration,
    pub longest: Duration,
    /// Frames of a screen that showed nothing new because the game was not ready.
    pub missed: u64,
    pub collections: u64,
    pub freed_nothing: u64,
    pub longest_pause: Duration,
    pub end_pause: Option<Duration>,
    pub peak_bytes: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_in_time_misses_nothing_and_a_long_one_all_that_it_covers() {
        let [hz60, hz240] = [60, 240].map(|hz| Duration::from_secs(1) / hz);
        assert_eq!(missed(Duration::ZERO, hz60), 0);
        assert_eq!(missed(hz60, hz60), 0);
        assert_eq!(missed(Duration::from_millis(17), hz60), 1);
        assert_eq!(missed(Duration::from_millis(17), hz240), 4);
        assert_eq!(missed(Duration::from_millis(34), hz60), 2);
    }
}
