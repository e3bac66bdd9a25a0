//! The three graphs, painted into pixels: RGBA in sRGB, rows from the top.

use super::history::{FRAMES, History};
use alloc::{vec, vec::Vec};
use core::time::Duration;
use gc_core::Limits;

/// Opaque colours, so that a picture of the screen has exactly these.
pub(super) mod color {
    pub const PAPER: [u8; 4] = [16, 20, 28, 255];
    pub const FRAME: [u8; 4] = [72, 120, 168, 255];
    pub const LATE: [u8; 4] = [232, 168, 56, 255];
    pub const SLICE: [u8; 4] = [96, 216, 120, 255];
    pub const AT_ONCE: [u8; 4] = [240, 64, 72, 255];
    pub const TARGET: [u8; 4] = [208, 212, 220, 255];
    pub const HEAP: [u8; 4] = [136, 104, 200, 255];
    pub const SOFT: [u8; 4] = [232, 200, 72, 255];
    pub const HARD: [u8; 4] = [240, 96, 48, 255];
}

/// Heights of the graphs in pixels; they are [`FRAMES`] wide.
pub(super) const FRAME_ROWS: usize = 64;
pub(super) const PAUSE_ROWS: usize = 32;
pub(super) const HEAP_ROWS: usize = 40;

/// A picture that is being painted.
pub(super) struct Canvas<'a> {
    pixels: &'a mut [u8],
    rows: usize,
}

impl<'a> Canvas<'a> {
    /// An empty one on these pixels.
    pub fn new(pixels: &'a mut [u8]) -> Self {
        let rows = pixels.len() / (FRAMES * 4);
        pixels.as_chunks_mut().0.fill(color::PAPER);
        Self { pixels, rows }
    }

    /// Fills a column from one height to another, counted from below.
    fn bar(&mut self, column: usize, from: usize, to: usize, color: [u8; 4]) {
        for height in from..to.min(self.rows) {
            self.dot(column, height, color);
        }
    }

    fn dot(&mut self, column: usize, height: usize, color: [u8; 4]) {
        let at = ((self.rows - 1 - height) * FRAMES + column) * 4;
        self.pixels[at..at + 4].copy_from_slice(&color);
    }

    /// A line across the graph, with gaps: what is behind it stays visible.
    fn line(&mut self, height: usize, color: [u8; 4]) {
        if height < self.rows {
            (0..FRAMES)
                .filter(|column| column % 4 < 2)
                .for_each(|column| self.dot(column, height, color));
        }
    }
}

/// Empty pixels for a graph of so many rows.
pub(super) fn pixels(rows: usize) -> Vec<u8> {
    vec![0; rows * FRAMES * 4]
}

/// Frame times; full height is [`frame_scale`]. The collector's part is at the bottom and always visible.
pub(super) fn frames(canvas: &mut Canvas, history: &History, target: Duration) {
    let full = frame_scale(history, target);
    let target_height = share(target, full, canvas.rows);
    for (column, sample) in history.columns() {
        // A hair above the target is not late: vertical sync wavers.
        let late = sample.frame > target + target / 10;
        let frame = share(sample.frame, full, canvas.rows);
        canvas.bar(
            column,
            0,
            frame,
            if late { color::LATE } else { color::FRAME },
        );
        if !sample.pause.is_zero() {
            let (least, color) = match sample.at_once {
                true => (6, color::AT_ONCE),
                false => (2, color::SLICE),
            };
            canvas.bar(
                column,
                0,
                share(sample.pause, full, canvas.rows).max(least),
                color,
            );
        }
    }
    canvas.line(target_height, color::TARGET);
}

/// The time of the frame graph's full height: twice the target, in doublings until most frames fit. Single long ones
/// are cut off, so that they do not flatten the others.
pub(super) fn frame_scale(history: &History, target: Duration) -> Duration {
    let most = history.median_frame() * 5 / 4;
    let mut scale = target.max(Duration::from_micros(1)) * 2;
    while scale < most {
        scale *= 2;
    }
    scale
}

/// The collector's part alone; full height is [`pause_scale`]. `budget` is a line.
pub(super) fn pauses(canvas: &mut Canvas, history: &History, budget: Option<Duration>) {
    let full = pause_scale(history, budget);
    for (column, sample) in history.columns() {
        if sample.pause.is_zero() {
            continue;
        }
        let color = if sample.at_once {
            color::AT_ONCE
        } else {
            color::SLICE
        };
        canvas.bar(
            column,
            0,
            share(sample.pause, full, canvas.rows).max(1),
            color,
        );
    }
    if let Some(budget) = budget {
        canvas.line(share(budget, full, canvas.rows), color::TARGET);
    }
}

/// The time of the pause graph's full height: room for the longest pause and for the budget, in doublings of 0.25 ms.
pub(super) fn pause_scale(history: &History, budget: Option<Duration>) -> Duration {
    let most = history
        .longest(|it| it.pause)
        .max(budget.unwrap_or_default() * 5 / 4);
    let mut scale = Duration::from_micros(250);
    while scale < most {
        scale *= 2;
    }
    scale
}

/// The heap's bytes, and lines for its limits.
pub(super) fn heap(canvas: &mut Canvas, history: &History, limits: Limits) {
    let full = heap_scale(history, limits);
    let rows = canvas.rows as u128;
    let height = |bytes: usize| (bytes as u128 * rows / full as u128) as usize;
    for (column, sample) in history.columns() {
        canvas.bar(column, 0, height(sample.bytes), color::HEAP);
    }
    for (limit, color) in [(limits.soft, color::SOFT), (limits.hard, color::HARD)] {
        if limit != usize::MAX {
            canvas.line(height(limit), color);
        }
    }
}

/// The bytes of the heap graph's full height: a little more than the limits, or than the heap has been of late.
fn heap_scale(history: &History, limits: Limits) -> usize {
    let bounded = |limit: usize| if limit == usize::MAX { 0 } else { limit };
    let most = bounded(limits.hard)
        .max(bounded(limits.soft))
        .max(history.most_bytes());
    most.saturating_add(most / 8).max(1)
}

/// `part` of `full` in rows.
fn share(part: Duration, full: Duration, rows: usize) -> usize {
    (part.as_nanos() * rows as u128 / full.as_nanos().max(1)).min(rows as u128) as usize
}

#[cfg(test)]
mod tests {
    use super::{super::history::Sample, *};

    const MS: Duration = Duration::from_millis(1);

    fn history(samples: &[Sample]) -> History {
        let mut history = History::default();
        samples.iter().for_each(|&sample| history.add(sample));
        history
    }

    /// How many pixels of `color` stand in the rightmost column.
    fn last_column(pixels: &[u8], color: [u8; 4]) -> usize {
        let (pixels, _) = pixels.as_chunks::<4>();
        let column = pixels.iter().skip(FRAMES - 1).step_by(FRAMES);
        column.filter(|&&pixel| pixel == color).count()
    }

    #[test]
    fn a_slice_too_short_for_a_pixel_is_marked_in_its_frame() {
        let sample = Sample {
            frame: 16 * MS,
            pause: MS / 100,
            ..Sample::default()
        };
        let mut pixels = pixels(FRAME_ROWS);
        frames(&mut Canvas::new(&mut pixels), &history(&[sample]), 16 * MS);
        assert_eq!(last_column(&pixels, color::SLICE), 2);
        assert_eq!(last_column(&pixels, color::FRAME), FRAME_ROWS / 2 - 2);
    }

    #[test]
    fn a_late_frame_and_the_collection_in_it_stand_out() {
        let in_time = Sample {
            frame: 16 * MS,
            ..Sample::default()
        };
        let late = Sample {
            frame: 40 * MS,
            pause: 24 * MS,
            at_once: true,
            ..Sample::default()
        };
        let mut pixels = pixels(FRAME_ROWS);
        let history = history(&[in_time, in_time, late]);
        frames(&mut Canvas::new(&mut pixels), &history, 16 * MS);
        assert_eq!(last_column(&pixels, color::AT_ONCE), FRAME_ROWS * 3 / 4);
        assert_eq!(last_column(&pixels, color::LATE), FRAME_ROWS / 4);
    }

    #[test]
    fn one_long_frame_does_not_flatten_the_others() {
        let frame = |frame| Sample {
            frame,
            ..Sample::default()
        };
        let target = 16 * MS;
        assert_eq!(frame_scale(&history(&[]), target), 32 * MS);
        let one = history(&[frame(16 * MS), frame(900 * MS), frame(16 * MS)]);
        assert_eq!(frame_scale(&one, target), 32 * MS);
        let slow = history(&[frame(50 * MS); 3]);
        assert_eq!(frame_scale(&slow, target), 64 * MS);
    }

    #[test]
    fn pauses_have_room_for_the_longest_and_for_the_budget() {
        let pause = |pause| {
            history(&[Sample {
                pause,
                ..Sample::default()
            }])
        };
        assert_eq!(pause_scale(&pause(Duration::ZERO), None), MS / 4);
        assert_eq!(pause_scale(&pause(MS / 10), Some(MS / 2)), MS);
        assert_eq!(pause_scale(&pause(3 * MS), Some(MS / 2)), 4 * MS);
        let mut pixels = pixels(PAUSE_ROWS);
        pauses(&mut Canvas::new(&mut pixels), &pause(3 * MS), Some(MS / 2));
        assert_eq!(last_column(&pixels, color::SLICE), PAUSE_ROWS * 3 / 4);
    }

    #[test]
    fn the_heap_stands_against_its_limits() {
        let limits = Limits {
            soft: 400,
            hard: 800,
        };
        let sample = Sample {
            bytes: 450,
            ..Sample::default()
        };
        let mut pixels = pixels(HEAP_ROWS);
        heap(&mut Canvas::new(&mut pixels), &history(&[sample]), limits);
        assert_eq!(last_column(&pixels, color::HEAP), HEAP_ROWS / 2);
        let count = |color| {
            pixels
                .as_chunks::<4>()
                .0
                .iter()
                .filter(|&&pixel| pixel == color)
                .count()
        };
        assert_eq!([count(color::SOFT), count(color::HARD)], [FRAMES / 2; 2]);
    }

    #[test]
    fn an_empty_history_and_an_endless_frame_stay_inside() {
        let endless = Sample {
            frame: Duration::from_secs(1 << 40),
            pause: Duration::from_secs(1 << 40),
            at_once: true,
            bytes: usize::MAX,
        };
        for history in [history(&[]), history(&[endless])] {
            frames(&mut Canvas::new(&mut pixels(FRAME_ROWS)), &history, MS);
            heap(
                &mut Canvas::new(&mut pixels(HEAP_ROWS)),
                &history,
                Limits::default(),
            );
        }
    }
}
