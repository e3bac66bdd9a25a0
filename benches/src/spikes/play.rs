//! The frame loop. No clock decides anything in it: the clock is only read.

use super::{Effort, workloads::Kind};
use crate::{clock, pauses::frames::histogram};
use cpu_time::ThreadTime;
use gc_core::{Budget, CollectionEvent, Heap, HeapConfig, Policy};
use hdrhistogram::Histogram;
use std::{
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// What a slice may take.
pub const BUDGET: Duration = Duration::from_micros(500);
/// Frames between two collections of the one that stops the world.
pub const EVERY: usize = 60;
/// No frame is longer, in nanoseconds.
const LONGEST: u64 = 60_000_000_000;

/// Who collects, and when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Collector {
    /// CPython's thresholds: in the middle of a frame, at an allocation.
    Automatic,
    /// A full collection each 60 frames.
    AtOnce,
    /// A slice a frame, paced.
    Paced,
}

impl Collector {
    pub const ALL: [Collector; 3] = [Collector::Automatic, Collector::AtOnce, Collector::Paced];
}

impl fmt::Display for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Collector::Automatic => f.write_str("automatic"),
            Collector::AtOnce => write!(f, "all at once each {EVERY} frames"),
            Collector::Paced => write!(f, "paced, at most {BUDGET:?}"),
        }
    }
}

/// One run.
pub struct Outcome {
    /// Nanoseconds of the frames: the game, the collector, both.
    pub game: Histogram<u64>,
    pub collector: Histogram<u64>,
    pub frame: Histogram<u64>,
    /// Frames that were longer than one at 60, 120 and 240 Hz.
    pub missed: [usize; 3],
    pub peak_bytes: usize,
    /// The most objects at the end of a frame that the game could not reach any more.
    pub floating: usize,
    /// Frames after which the step said that the budget cannot keep the bounds.
    pub infeasible: usize,
}

/// Plays one workload in a heap of its own.
pub fn play(kind: Kind, collector: Collector, effort: Effort) -> Outcome {
    let mut heap = Heap::with_config(HeapConfig {
        policy: Policy::Disabled,
        ..HeapConfig::default()
    });
    let mut workload = kind.build(&mut heap, effort);
    heap.collect();
    heap.reset_peak();
    heap.set_policy(match collector {
        Collector::Automatic => Policy::Automatic,
        Collector::AtOnce => Policy::Disabled,
        Collector::Paced => Policy::Budgeted(Budget::time(BUDGET)),
    });
    let inside = (collector == Collector::Automatic).then(|| watch(&mut heap));
    let mut outcome = Outcome {
        game: histogram(LONGEST),
        collector: histogram(LONGEST),
        frame: histogram(LONGEST),
        missed: [0; 3],
        peak_bytes: 0,
        floating: 0,
        infeasible: 0,
    };
    for number in 0..effort.frames {
        let ((), game) = clock::time(|| workload.frame(&mut heap, number));
        let collected = match collector {
            Collector::Automatic => Duration::ZERO,
            Collector::AtOnce if number % EVERY == EVERY - 1 => clock::time(|| heap.collect()).1,
            Collector::AtOnce => clock::time(|| heap.reclaim()).1,
            Collector::Paced => {
                let (progress, took) = clock::time(|| heap.step(Budget::time(BUDGET)));
                outcome.infeasible += usize::from(progress.infeasible.is_some());
                took
            }
        };
        let inside = inside
            .as_ref()
            .map_or(0, |it| it.swap(0, Ordering::Relaxed));
        let frame = (game + collected).as_nanos() as u64;
        let collected = collected.as_nanos() as u64 + inside;
        outcome.frame.saturating_record(frame);
        outcome.collector.saturating_record(collected);
        outcome
            .game
            .saturating_record(frame.saturating_sub(collected));
        for (missed, hertz) in outcome.missed.iter_mut().zip([60, 120, 240]) {
            *missed += usize::from(frame > 1_000_000_000 / hertz);
        }
        outcome.floating = outcome.floating.max(heap.len() - workload.live());
    }
    outcome.peak_bytes = heap.peak_bytes();
    outcome
}

/// Adds up the nanoseconds of collections that begin and end inside the game's calls.
fn watch(heap: &mut Heap) -> Arc<AtomicU64> {
    let sum = Arc::new(AtomicU64::new(0));
    let seen = sum.clone();
    let began = Mutex::new(None);
    heap.on_collection(move |event| {
        let mut began = began.lock().expect("nobody panics with it");
        match event {
            CollectionEvent::Start { .. } => *began = Some(now()),
            CollectionEvent::Stop(_) => {
                if let Some(began) = began.take() {
                    seen.fetch_add(now() - began, Ordering::Relaxed);
                }
            }
        }
    });
    sum
}

/// Nanoseconds of CPU time that this thread has used.
fn now() -> u64 {
    ThreadTime::now().as_duration().as_nanos() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spikes::workloads::Kind;

    const EFFORT: Effort = Effort {
        frames: 70,
        repeat: 1,
        divide: 1_000,
    };

    #[test]
    fn every_frame_is_in_the_histograms_and_no_garbage_is_counted_as_live() {
        for kind in Kind::GAMES.into_iter().chain(Kind::grid().take(3)) {
            let outcome = play(kind, Collector::AtOnce, EFFORT);
            assert_eq!(outcome.frame.len(), 70, "{kind}");
            assert!(outcome.missed[0] <= outcome.missed[1], "{kind}");
        }
    }

    #[test]
    fn what_is_not_live_is_garbage_and_goes() {
        for kind in Kind::GAMES.into_iter().chain(Kind::grid().take(3)) {
            let mut heap = Heap::new();
            heap.disable();
            let mut workload = kind.build(&mut heap, EFFORT);
            for number in 0..EFFORT.frames {
                workload.frame(&mut heap, number);
            }
            heap.collect();
            assert_eq!(heap.len(), workload.live(), "{kind}");
        }
    }

    #[test]
    fn collections_inside_a_frame_count_as_the_collector() {
        let rings = Kind::GAMES[1];
        let outcome = play(rings, Collector::Automatic, EFFORT);
        assert!(outcome.collector.max() > 0);
        assert!(outcome.collector.max() <= outcome.frame.max());
    }
}
