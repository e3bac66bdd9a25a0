//! A frame loop: every frame allocates 2,000 objects and leaves them behind in rings of 10.

use crate::{
    clock,
    graph::{Graph, Hold},
    rings,
};
use gc_core::{Budget, Heap, HeapConfig, ObjectId, Policy, Progress};
use hdrhistogram::Histogram;
use std::{collections::HashMap, fmt, time::Duration};

/// Frames between two collections of the collector that stops the world.
pub const EVERY: usize = 60;
/// Every so many rings of a frame, one is watched until it is gone.
const SAMPLE: usize = 25;
/// No slice lasts longer: a minute, in nanoseconds.
pub const LONGEST: u64 = 60_000_000_000;

/// What lives all the time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct World {
    pub objects: usize,
    pub hold: Hold,
}

impl World {
    pub const fn new(objects: usize, hold: Hold) -> Self {
        World { objects, hold }
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} live, {}", thousands(self.objects), self.hold)
    }
}

/// Who collects, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Collector {
    /// A full collection each 60 frames.
    StopTheWorld,
    /// One step a frame, paced, within a time.
    Paced(Duration),
    /// One step a frame, paced, within a number of units.
    Units(u64),
    /// One step a frame that uses up all of its time: one full collection after another.
    FullSlices(Duration),
}

impl fmt::Display for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Collector::StopTheWorld => write!(f, "all at once each {EVERY} frames"),
            Collector::Paced(time) => write!(f, "paced, at most {time:?}"),
            Collector::Units(units) => {
                write!(f, "paced, at most {} units", thousands(*units as usize))
            }
            Collector::FullSlices(time) => write!(f, "all of {time:?} each frame"),
        }
    }
}

/// One frame.
#[derive(Clone, Copy, Default)]
pub struct Frame {
    pub game_nanos: u64,
    pub collector_nanos: u64,
    /// At its end.
    pub bytes: usize,
}

/// One run.
pub struct Outcome {
    pub frames: Vec<Frame>,
    /// Nanoseconds of every slice, or of every collection that stopped the world.
    pub slices: Histogram<u64>,
    /// Frames that went over a budget in units by more than one.
    pub over_budget: usize,
    /// Slices that were longer than the goal for their budget in time.
    pub over_goal: usize,
    /// Of the objects alone: what lives all the time.
    pub live_bytes: usize,
    pub peak_bytes: usize,
    pub peak_page_bytes: usize,
    /// The most garbage after a frame, by the benchmark's own count.
    pub most_floating_bytes: usize,
    /// Frames until a ring that was left behind is gone.
    pub ages: Histogram<u64>,
    /// Steps that said that the budget cannot keep the bounds.
    pub infeasible: usize,
    /// Full collections that ended.
    pub full_collections: u64,
    pub bounds: Bounds,
}

/// What was set.
#[derive(Clone, Copy)]
pub struct Bounds {
    pub floating_bytes: usize,
    pub age: u32,
}

impl Outcome {
    /// Of the measured times themselves: the histogram rounds.
    pub fn longest_micros(&self) -> f64 {
        let times = self.frames.iter().map(|frame| frame.collector_nanos);
        times.max().unwrap_or(0) as f64 / 1e3
    }

    pub fn quantile_micros(&self, part: f64) -> f64 {
        self.slices.value_at_quantile(part) as f64 / 1e3
    }

    pub fn mean_collector_micros(&self) -> f64 {
        let sum: u64 = self.frames.iter().map(|frame| frame.collector_nanos).sum();
        sum as f64 / 1e3 / self.frames.len() as f64
    }

    pub fn mean_frame_micros(&self) -> f64 {
        let game: u64 = self.frames.iter().map(|frame| frame.game_nanos).sum();
        game as f64 / 1e3 / self.frames.len() as f64 + self.mean_collector_micros()
    }
}

/// Plays `frames` frames in a heap of its own.
pub fn play(world: World, collector: Collector, frames: usize) -> Outcome {
    let mut heap = Heap::with_config(HeapConfig {
        policy: Policy::Disabled,
        ..HeapConfig::default()
    });
    let graph = Graph::build(&mut heap, world.objects, world.hold);
    heap.collect();
    heap.reset_peak();
    heap.drain_reclaimed().for_each(drop);
    heap.set_policy(match collector {
        Collector::Paced(time) => Policy::Budgeted(Budget::time(time)),
        Collector::Units(units) => Policy::Budgeted(Budget::units(units)),
        Collector::StopTheWorld | Collector::FullSlices(_) => Policy::Disabled,
    });
    let live_bytes = heap.bytes();
    let full_before = heap.stats()[2].collections;
    let mut outcome = Outcome {
        frames: Vec::with_capacity(frames),
        slices: histogram(LONGEST),
        over_budget: 0,
        over_goal: 0,
        live_bytes,
        peak_bytes: 0,
        peak_page_bytes: 0,
        most_floating_bytes: 0,
        ages: histogram(frames as u64),
        infeasible: 0,
        full_collections: 0,
        bounds: bounds(&heap, live_bytes),
    };
    let mut watched: HashMap<ObjectId, usize> = HashMap::new();
    let mut seen: Vec<ObjectId> = Vec::new();
    for number in 0..frames {
        let ((), game) = clock::time(|| {
            rings::frame(&mut heap, |ring_number, ring| {
                if ring_number % SAMPLE == 0 {
                    seen.push(ring.downgrade().id());
                }
            });
        });
        watched.extend(seen.drain(..).map(|id| (id, number)));
        let collected = collect(&mut heap, collector, number, &mut outcome);
        for id in heap.drain_reclaimed() {
            if let Some(left_behind) = watched.remove(&id) {
                outcome
                    .ages
                    .saturating_record((number - left_behind) as u64);
            }
        }
        outcome.most_floating_bytes = outcome.most_floating_bytes.max(heap.bytes() - live_bytes);
        outcome.frames.push(Frame {
            game_nanos: game.as_nanos() as u64,
            collector_nanos: collected.as_nanos() as u64,
            bytes: heap.bytes(),
        });
    }
    // What is still there is at least so old.
    for left_behind in watched.into_values() {
        outcome
            .ages
            .saturating_record((frames - 1 - left_behind) as u64);
    }
    outcome.peak_bytes = heap.peak_bytes();
    outcome.peak_page_bytes = heap.peak_page_bytes();
    outcome.full_collections = heap.stats()[2].collections - full_before;
    drop(graph);
    outcome
}

/// The longest slice that the goals allow for a budget.
pub fn goal_for(budget: Duration) -> Duration {
    if budget < Duration::from_micros(500) {
        budget * 13 / 10
    } else {
        budget * 11 / 10
    }
}

pub fn is_over_goal(budget: Duration, took: Duration) -> bool {
    took > goal_for(budget)
}

/// For values up to `highest`. With its bounds given: one that grows by itself does not grow for `saturating_record`.
pub fn histogram(highest: u64) -> Histogram<u64> {
    Histogram::new_with_bounds(1, highest.max(2), 3).expect("the bounds are in order")
}

/// The collector's share of a frame.
fn collect(
    heap: &mut Heap,
    collector: Collector,
    number: usize,
    outcome: &mut Outcome,
) -> Duration {
    let budget = match collector {
        Collector::StopTheWorld if number % EVERY != EVERY - 1 => return Duration::ZERO,
        Collector::StopTheWorld => {
            let (_, took) = clock::time(|| heap.collect());
            outcome.slices.saturating_record(took.as_nanos() as u64);
            return took;
        }
        Collector::Units(units) => Budget::units(units),
        Collector::Paced(time) | Collector::FullSlices(time) => Budget::time(time),
    };
    let (progress, took): (Progress, _) = clock::time(|| heap.step(budget));
    outcome.slices.saturating_record(took.as_nanos() as u64);
    outcome.infeasible += usize::from(progress.infeasible.is_some());
    if let Some(time) = budget.as_time() {
        outcome.over_goal += usize::from(is_over_goal(time, took));
    }
    if let Some(units) = budget.as_units() {
        outcome.over_budget += usize::from(progress.units > units + 1);
    }
    took
}

/// The bounds that `Pacing` sets for garbage beside `live_bytes`.
fn bounds(heap: &Heap, live_bytes: usize) -> Bounds {
    let pacing = heap.pacing();
    let growth = live_bytes / 100 * pacing.growth_percent as usize;
    Bounds {
        floating_bytes: growth.max(pacing.slack_bytes),
        age: pacing.max_age,
    }
}

/// 1,000,000
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_left_behind_is_counted_and_goes() {
        let world = World::new(1_000, Hold::OneByOne);
        let outcome = play(world, Collector::StopTheWorld, 60);
        assert_eq!(outcome.slices.len(), 1);
        // The histogram knows the times that were measured.
        let measured = outcome.frames[59].collector_nanos as f64;
        assert!(measured > 10_000.0, "{measured} ns for 121,000 objects");
        assert!((outcome.slices.max() as f64 / measured - 1.0).abs() < 0.01);
        assert_eq!(outcome.frames[59].bytes, outcome.live_bytes);
        // The oldest rings waited 59 frames.
        assert_eq!(outcome.ages.max(), 59);
        assert_eq!(outcome.ages.len(), 60 * 8);
    }

    #[test]
    fn numbers_read_in_threes() {
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_000_000), "1,000,000");
    }
}
