//! What the machine adds to a slice: the same budgets, kept by loops that do no more than to look at the clock and to
//! calculate, or to write to memory as a collector does.
//!
//! Thread CPU time leaves out other processes, but not interrupts, nor what a hypervisor takes from a virtual machine;
//! that takes more from a program that touches much memory.

use super::frames::{self, histogram};
use crate::{clock, random::Random};
use hdrhistogram::Histogram;
use std::{
    fmt,
    hint::black_box,
    time::{Duration, Instant},
};

/// Between two looks at the clock, as the collector's slices have it.
const LOOK: Duration = Duration::from_micros(4);
/// Steps of arithmetic for the game's part of a frame, about 50 µs, and between two looks, about 1 µs.
const GAME: u32 = 50_000;
const STRETCH: u32 = 1_000;
/// Numbers to write to, 64 MiB, as much as a million objects take, and writes between two looks, about 1 µs.
const NUMBERS: usize = 8 << 20;
const WRITES: u32 = 64;

/// What the loop does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Load {
    Calculating,
    /// At random places of 64 MiB.
    Writing,
}

impl Load {
    pub const ALL: [Load; 2] = [Load::Calculating, Load::Writing];
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Load::Calculating => "calculating",
            Load::Writing => "writing at random to 64 MiB",
        })
    }
}

pub struct Control {
    pub budget: Duration,
    pub load: Load,
    /// Nanoseconds.
    pub slices: Histogram<u64>,
    pub over_goal: usize,
}

pub fn play(budget: Duration, load: Load, frames: usize) -> Control {
    let mut numbers = match load {
        Load::Calculating => Vec::new(),
        Load::Writing => vec![1u64; NUMBERS],
    };
    let mut random = Random::new(1);
    let mut slices = histogram(frames::LONGEST);
    let mut over_goal = 0;
    for _ in 0..frames {
        work(GAME);
        let ((), took) = clock::time(|| {
            let end = Instant::now() + budget;
            while Instant::now() + LOOK < end {
                match load {
                    Load::Calculating => work(STRETCH),
                    Load::Writing => {
                        for _ in 0..WRITES {
                            numbers[random.below(NUMBERS)] += 1;
                        }
                    }
                }
            }
        });
        slices.saturating_record(took.as_nanos() as u64);
        over_goal += usize::from(frames::is_over_goal(budget, took));
    }
    black_box(numbers);
    Control {
        budget,
        load,
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
