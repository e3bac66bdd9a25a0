//! What the machine adds to a slice: the same budgets, kept by a loop that does nothing but look at the clock.
//!
//! Thread CPU time leaves out other processes, but not interrupts, nor what a hypervisor takes from a virtual machine.

use super::frames::{self, histogram};
use crate::clock;
use hdrhistogram::Histogram;
use std::{
    hint::black_box,
    time::{Duration, Instant},
};

/// Between two looks at the clock, as the collector's slices have it.
const LOOK: Duration = Duration::from_micros(4);
/// Steps of arithmetic for the game's part of a frame, about 50 µs, and between two looks, about 1 µs.
const GAME: u32 = 50_000;
const STRETCH: u32 = 1_000;

pub struct Control {
    pub budget: Duration,
    /// Nanoseconds.
    pub slices: Histogram<u64>,
    pub over_goal: usize,
}

pub fn play(budget: Duration, frames: usize) -> Control {
    let mut slices = histogram(frames::LONGEST);
    let mut over_goal = 0;
    for _ in 0..frames {
        work(GAME);
        let ((), took) = clock::time(|| {
            let end = Instant::now() + budget;
            while Instant::now() + LOOK < end {
                work(STRETCH);
            }
        });
        slices.saturating_record(took.as_nanos() as u64);
        over_goal += usize::from(frames::is_over_goal(budget, took));
    }
    Control {
        budget,
        slices,
        over_goal,
    }
}

fn work(steps: u32) {
    let mut sum = 1u64;
    for _ in 0..steps {
        sum = black_box(sum.wrapping_mul(3).wrapping_add(1));
    }
}
