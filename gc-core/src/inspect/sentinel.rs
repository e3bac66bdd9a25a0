//! The leak sentinel: types that grow from round to round, and who holds what has piled up.

use super::names;
use super::paths::WhyAlive;
use super::sites::{self, CallSite};
use super::snapshot::Snapshot;
use super::types::{grouped, live_by_type};
use crate::Heap;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
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

/// A type that grows, and who holds its objects.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Leak {
    /// How it grows.
    pub growth: Growth,
    /// The field that holds the most of its objects, as the last one on a shortest path: `Chronicle.fallen[]`; one of a
    /// type that does not grow itself goes first if it holds a quarter. Empty when they are held from outside the heap.
    pub holder: String,
    /// How many objects that field holds.
    pub held: usize,
    /// When they are held from outside the heap: where those handles were allocated, cloned or upgraded, most first. Empty
    /// without the feature `call_sites`.
    pub sites: Vec<CallSite>,
    /// Objects of the type that something outside the heap leads to.
    pub objects: usize,
    /// Why one of those is alive.
    pub why: WhyAlive,
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
    /// only after as many rounds as are looked back on. Cost: O(pages + types · rounds²).
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
    /// large heap, [`LeakSentinel::end_round`], then a snapshot in slices and [`Snapshot::explain`].
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

/// By the type and field that hold, `None` for outside the heap: how many objects, and one of them.
type Holders = BTreeMap<Option<(u32, u32)>, (usize, usize)>;

/// Not reached, and held from outside.
const NONE: u32 = u32::MAX;
const FIRST: u32 = u32::MAX - 1;

impl Snapshot {
    /// Who holds the objects of types that grow. First come the types whose objects are mostly held by what does not grow
    /// itself: there the leak begins, what else grows hangs on them. A type whose objects nothing outside the heap leads
    /// to is left out: that is garbage, which the collector will find. Cost: O(objects + edges).
    pub fn explain(&self, growing: &[Growth]) -> Vec<Leak> {
        let held = (0..self.len()).filter(|&node| self.nodes[node].outside() > 0);
        let before = self.predecessors(held);
        // Which of them a type is.
        let of_growing: Vec<Option<usize>> = self
            .kinds
            .iter()
            .map(|kind| {
                growing
                    .iter()
                    .position(|growth| growth.type_name == kind.name)
            })
            .collect();
        let mut holders = alloc::vec![Holders::new(); growing.len()];
        for (number, node) in self.nodes.iter().enumerate() {
            let Some(of) = of_growing[node.kind as usize] else {
                continue;
            };
            let holder = match before[number] {
                NONE => continue,
                FIRST => None,
                by => {
                    let edge = self.edge_between(by as usize, number);
                    let label = edge.map_or(0, |edge| edge.label);
                    Some((self.nodes[by as usize].kind, label))
                }
            };
            holders[of].entry(holder).or_insert((0, number)).0 += 1;
        }
        let mut leaks: Vec<(bool, Leak)> = Vec::new();
        for (growth, holders) in growing.iter().zip(holders) {
            let objects: usize = holders.values().map(|&(count, _)| count).sum();
            // What does not grow itself is where the leak begins, if it holds a good part.
            let rank = |holder: &Option<(u32, u32)>, count: usize| {
                let hangs = holder.is_some_and(|(kind, _)| of_growing[kind as usize].is_some());
                (!hangs && count * 4 >= objects, count)
            };
            let Some((holder, (held, example))) = holders
                .into_iter()
                .max_by_key(|(holder, (count, _))| rank(holder, *count))
            else {
                continue;
            };
            let hangs = holder.is_some_and(|(kind, _)| of_growing[kind as usize].is_some());
            let name = holder.map(|(kind, label)| {
                let mut name = names::short(self.kinds[kind as usize].name);
                name.push_str(self.labels.text(label));
                name
            });
            let kind = self.nodes[example].kind;
            let held_outside =
                (0..self.len()).filter(|&node| holder.is_none() && self.nodes[node].kind == kind);
            let sites = self.sites.outside(held_outside);
            leaks.push((
                hangs,
                Leak {
                    growth: growth.clone(),
                    holder: name.unwrap_or_default(),
                    held,
                    sites,
                    objects,
                    why: self.why_alive(self.nodes[example].id),
                },
            ));
        }
        leaks.sort_by_key(|&(hangs, _)| hangs);
        leaks.into_iter().map(|(_, leak)| leak).collect()
    }
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

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.growth)?;
        let (held, objects) = (grouped(self.held), grouped(self.objects));
        if self.holder.is_empty() {
            write!(
                f,
                "{held} of {objects} are held by handles outside the heap"
            )?;
        } else {
            write!(f, "{held} of {objects} are held by {}", self.holder)?;
        }
        sites::write_lines(f, &self.sites)?;
        write!(f, "\none of them is {}", self.why)
    }
}
