//! The leak sentinel: types that grow from round to round.

use super::leaks::Leak;
use super::names;
use super::snapshot::Snapshot;
use super::types::{grouped, live_by_type};
use crate::Heap;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::fmt;

/// Watches the number of live objects of each type from round to round, and tells which types grow.
///
/// Ask it at the end of each round, after the round's collection, when the game has as much on the heap as after every
/// round. A type leaks when its count has grown by the *Theil–Sen slope*, the median of the slopes between all pairs of
/// rounds, at least by [`LeakSentinel::least_growth`] a round, and when nearly all pairs of rounds have risen, the older
/// ones and the newer ones each by themselves. So neither an exceptional round, nor a cache that fills once, nor a count
/// that goes up and down makes it speak.
///
/// ```
/// use gc_core::inspect::LeakSentinel;
/// use gc_core::{Gc, Heap, Trace};
///
/// #[derive(Trace)]
/// struct Chronicle { fallen: Vec<Gc<Ship>> }
/// #[derive(Trace)]
/// struct Ship { hull: u32 }
///
/// let mut heap = Heap::new();
/// let mut sentinel = LeakSentinel::new();
/// let chronicle = heap.alloc(Chronicle { fallen: vec![] });
/// let mut leaks = Vec::new();
/// for round in 0..6 {
///     for _ in 0..20 {
///         let ship = heap.alloc(Ship { hull: 3 });
///         heap[&chronicle].fallen.push(ship); // and nobody takes them out
///     }
///     heap.collect();
///     leaks = sentinel.check(&heap);
/// }
/// assert_eq!(leaks[0].growth.per_round, 20.0);
/// assert_eq!(leaks[0].why.chain(), "Chronicle.fallen[0] → Ship");
/// println!("{}", leaks[0]);
/// ```
#[derive(Clone, Debug)]
pub struct LeakSentinel {
    /// Rounds that are looked back on: 12 unless changed, 6 at least.
    pub window: usize,
    /// Rounds before it may speak: 6 unless changed, 3 at least.
    pub patience: usize,
    /// Objects a round below which growth is no leak: 1 unless changed.
    pub least_growth: f32,
    rounds: u64,
    types: Vec<History>,
}

#[derive(Clone, Debug)]
struct History {
    type_name: &'static str,
    counts: VecDeque<usize>,
    /// The round in which it was told.
    told: Option<u64>,
}

/// A type that grows.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Growth {
    /// The type, as the compiler writes it.
    pub type_name: &'static str,
    /// Objects more at the end of each round: the median of the slopes.
    pub per_round: f32,
    /// Bytes more at the end of each round.
    pub bytes_per_round: f32,
    /// Live objects at the ends of the last rounds.
    pub counts: Vec<usize>,
}

impl Default for LeakSentinel {
    fn default() -> Self {
        LeakSentinel {
            window: 12,
            patience: 6,
            least_growth: 1.0,
            rounds: 0,
            types: Vec::new(),
        }
    }
}

impl LeakSentinel {
    /// A sentinel that has seen nothing.
    pub fn new() -> Self {
        LeakSentinel::default()
    }

    /// Rounds seen.
    pub fn rounds(&self) -> u64 {
        self.rounds
    }

    /// A round has ended: which types grow? Those that grow most in bytes come first. A type that was told is told again
    /// only after as many rounds as are looked back on. Cost: O(pages + types · rounds²), in one go, as it compares what is
    /// there at one moment: 0.1 ms for 1,000,000 objects in 1000 pages.
    pub fn end_round(&mut self, heap: &Heap) -> Vec<Growth> {
        let (window, patience) = (self.window.max(6), self.patience.max(3));
        self.rounds += 1;
        let mut growing = Vec::new();
        let live = live_by_type(heap);
        for (number, pages) in heap.arena.types.iter().enumerate() {
            if number == self.types.len() {
                // There were none of it before.
                let seen = (self.rounds as usize - 1).min(window);
                self.types.push(History {
                    type_name: (pages.info.name)(),
                    counts: core::iter::repeat_n(0, seen).collect(),
                    told: None,
                });
            }
            let history = &mut self.types[number];
            while history.counts.len() >= window {
                history.counts.pop_front();
            }
            history.counts.push_back(live[number]);
            let lately = history
                .told
                .is_some_and(|told| self.rounds - told < window as u64);
            if history.counts.len() < patience || lately {
                continue;
            }
            let complete = history.counts.len() == window;
            let Some(slope) = rising_slope(history.counts.make_contiguous(), complete) else {
                continue;
            };
            if slope >= self.least_growth {
                history.told = Some(self.rounds);
                growing.push(Growth {
                    type_name: history.type_name,
                    per_round: slope,
                    bytes_per_round: slope * pages.info.layout.stride as f32,
                    counts: history.counts.iter().copied().collect(),
                });
            }
        }
        growing.sort_by(|one, other| other.bytes_per_round.total_cmp(&one.bytes_per_round));
        growing
    }

    /// A round has ended: which types grow, and who holds them? Takes a [`Snapshot`] in one go when there is one; for a
    /// large heap, [`LeakSentinel::end_round`], then a snapshot in slices and [`LeakSearch`](super::LeakSearch).
    pub fn check(&mut self, heap: &Heap) -> Vec<Leak> {
        let growing = self.end_round(heap);
        if growing.is_empty() {
            return Vec::new();
        }
        Snapshot::of(heap).explain(&growing)
    }
}

/// The median of the slopes between all pairs, if the counts rise.
///
/// Chance must not pass for a leak: of twelve unrelated numbers nine in ten pairs rise once in 100,000 times. Of six, all
/// rise once in 720, so a short series must also have grown by a quarter. And each half must rise by itself at a third of
/// the whole slope: a single step up is no leak.
fn rising_slope(counts: &[usize], complete: bool) -> Option<f32> {
    let (slope, rising) = theil_sen(counts);
    let half = counts.len().div_ceil(2);
    let halves = [&counts[..half], &counts[counts.len() - half..]];
    let steady = |half: &[usize]| theil_sen(half).0 >= slope / 3.0;
    let sure = if complete {
        rising >= 0.9
    } else {
        rising == 1.0 && slope * counts.len() as f32 >= counts[0] as f32 / 4.0
    };
    (sure && halves.into_iter().all(steady)).then_some(slope)
}

/// The median slope, and the share of pairs that rise.
fn theil_sen(counts: &[usize]) -> (f32, f32) {
    let mut slopes = Vec::new();
    for (late, &after) in counts.iter().enumerate() {
        for (early, &before) in counts.iter().enumerate().take(late) {
            slopes.push((after as f32 - before as f32) / (late - early) as f32);
        }
    }
    let rising = slopes.iter().filter(|&&slope| slope > 0.0).count();
    let share = rising as f32 / slopes.len() as f32;
    slopes.sort_by(f32::total_cmp);
    let middle = slopes.len() / 2;
    let median = match slopes.len() % 2 {
        0 => (slopes[middle - 1] + slopes[middle]) / 2.0,
        _ => slopes[middle],
    };
    (median, share)
}

impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} grows by {:.1} objects ({} bytes) a round:",
            names::short(self.type_name),
            self.per_round,
            grouped(self.bytes_per_round as usize)
        )?;
        for (at, &count) in self.counts.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            write!(f, "{comma} {}", grouped(count))?;
        }
        Ok(())
    }
}
