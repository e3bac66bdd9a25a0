//! What the last frames were like.

use crate::{GcCollected, GcFrame, GcHeap};
use alloc::{collections::VecDeque, vec::Vec};
use bevy_ecs::prelude::*;
use bevy_platform::time::Instant;
use core::time::Duration;

/// Frames that the panel shows: one a pixel.
pub(super) const FRAMES: usize = 280;

/// One frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sample {
    /// The time since the frame before.
    pub frame: Duration,
    /// The collector's part of it.
    pub pause: Duration,
    /// A collection ended for which the game had to wait from beginning to end.
    pub at_once: bool,
    /// Bytes on the heap.
    pub bytes: usize,
}

/// The last [`FRAMES`] frames, the latest at the end.
#[derive(Resource, Default)]
pub(super) struct History {
    samples: VecDeque<Sample>,
    last: Option<Instant>,
}

impl History {
    pub fn add(&mut self, sample: Sample) {
        if self.samples.len() == FRAMES {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
    }

    pub fn latest(&self) -> Sample {
        self.samples.back().copied().unwrap_or_default()
    }

    /// The samples with the column that each is drawn in: the latest at the right edge.
    pub fn columns(&self) -> impl Iterator<Item = (usize, &Sample)> {
        let first = FRAMES - self.samples.len();
        self.samples
            .iter()
            .enumerate()
            .map(move |(i, sample)| (first + i, sample))
    }

    /// The longest of what `time` takes from each sample.
    pub fn longest(&self, time: impl Fn(&Sample) -> Duration) -> Duration {
        self.samples.iter().map(time).max().unwrap_or_default()
    }

    /// The frame time that half of the frames keep below.
    pub fn median_frame(&self) -> Duration {
        let mut frames: Vec<Duration> = self.samples.iter().map(|it| it.frame).collect();
        let middle = frames.len() / 2;
        match frames.len() {
            0 => Duration::ZERO,
            _ => *frames.select_nth_unstable(middle).1,
        }
    }

    pub fn most_bytes(&self) -> usize {
        self.samples.iter().map(|it| it.bytes).max().unwrap_or(0)
    }
}

pub(super) fn record(
    mut history: ResMut<History>,
    heap: Res<GcHeap>,
    frame: Res<GcFrame>,
    mut collected: MessageReader<GcCollected>,
) {
    let now = Instant::now();
    let at_once = collected.read().filter(|it| it.slices == 0).count() > 0;
    // The first frame has none before it.
    if let Some(last) = history.last.replace(now) {
        history.add(Sample {
            frame: now - last,
            pause: frame.pause,
            at_once,
            bytes: heap.bytes(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(bytes: usize) -> Sample {
        Sample {
            bytes,
            ..Sample::default()
        }
    }

    #[test]
    fn the_latest_frame_is_at_the_right_edge() {
        let mut history = History::default();
        assert_eq!(history.latest(), Sample::default());
        history.add(sample(1));
        history.add(sample(2));
        let columns: Vec<_> = history.columns().map(|(x, it)| (x, it.bytes)).collect();
        assert_eq!(columns, [(FRAMES - 2, 1), (FRAMES - 1, 2)]);
    }

    #[test]
    fn old_frames_leave_at_the_left_edge() {
        let mut history = History::default();
        (0..FRAMES + 3).for_each(|i| history.add(sample(i)));
        let columns: Vec<_> = history.columns().map(|(x, it)| (x, it.bytes)).collect();
        assert_eq!(columns.len(), FRAMES);
        assert_eq!(columns[0], (0, 3));
        assert_eq!(history.latest().bytes, FRAMES + 2);
        assert_eq!(history.most_bytes(), FRAMES + 2);
    }
}
