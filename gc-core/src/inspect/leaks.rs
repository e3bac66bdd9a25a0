//! Who holds the objects of types that grow.

use super::discard::{FREE, Free};
use super::names;
use super::paths::{Verdict, WhyAlive};
use super::sentinel::Growth;
use super::sites::{self, CallSite, SiteCounts};
use super::snapshot::Snapshot;
use super::spread::{FIRST, NONE, Spread, Trail};
use super::types::grouped;
use crate::Budget;
use crate::budget::SliceBudget;
use crate::collect::Meter;
use crate::looks::Looks;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// Objects or handles that are looked at for one unit.
const AT_ONCE: usize = 16;

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

/// [`Snapshot::explain`] in slices: a few objects a frame.
///
/// ```
/// use gc_core::inspect::{LeakSearch, LeakSentinel, Snapshot};
/// use gc_core::{Budget, Heap};
///
/// let mut heap = Heap::new();
/// let mut sentinel = LeakSentinel::new();
/// let (mut log, mut growing) = (Vec::new(), Vec::new());
/// for round in 0..6u32 {
///     log.extend((0..20).map(|_| heap.alloc(round))); // and nobody takes them out
///     growing = sentinel.end_round(&heap);
/// }
///
/// let snapshot = Snapshot::of(&heap);
/// let mut search = LeakSearch::new(growing);
/// while !search.step(&snapshot, Budget::units(5)) {
///     // a frame of the game
/// }
/// let leaks = search.finish();
/// assert_eq!((leaks[0].held, leaks[0].holder.as_str()), (120, "")); // by `log`, outside the heap
/// ```
pub struct LeakSearch {
    phase: Phase,
    spread: Spread,
    place: usize,
    growing: Vec<Suspect>,
    /// By type: which of the growing ones it is.
    of_growing: Vec<Option<usize>>,
    /// Hops that are told at each end of a path.
    ends: usize,
    /// Does the holder grow too?
    leaks: Vec<(bool, Leak)>,
    looks: Looks,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Begin,
    Starts,
    /// To all objects that something outside the heap leads to.
    Spread,
    /// By whom each object of a growing type is held.
    Count,
    /// Of each type that one of the holders with which the leak begins.
    Choose,
    /// From an example to outside the heap, and the path from there.
    Back,
    Tell,
    /// Gives back what only the search needs.
    Clear,
    Done,
}

/// By the type and field that hold, `None` for outside the heap: how many objects, and one of them.
type Holders = BTreeMap<Option<(u32, u32)>, (usize, u32)>;

/// A type that grows.
struct Suspect {
    growth: Growth,
    holders: Holders,
    /// Of its objects that are held from outside.
    sites: SiteCounts,
    trail: Trail,
}

impl LeakSearch {
    /// Who holds the objects of these types?
    pub fn new(growing: Vec<Growth>) -> Self {
        let suspect = |growth| Suspect {
            growth,
            holders: Holders::new(),
            sites: SiteCounts::default(),
            trail: Trail::default(),
        };
        LeakSearch {
            phase: Phase::Begin,
            spread: Spread::default(),
            place: 0,
            growing: growing.into_iter().map(suspect).collect(),
            of_growing: Vec::new(),
            ends: usize::MAX,
            leaks: Vec::new(),
            looks: Looks::default(),
        }
    }

    /// Keeps of long paths only so many objects at each end, as [`Search::ends`](super::Search::ends).
    #[must_use]
    pub fn ends(mut self, most: usize) -> Self {
        self.ends = most.max(8);
        self
    }

    /// Goes on within the budget: a unit is 16 objects or handles, or a hop of a path. True when all is found. Every call
    /// must bring the same snapshot.
    pub fn step(&mut self, snapshot: &Snapshot, budget: impl SliceBudget) -> bool {
        self.looks = self
            .looks
            .slice(budget, &mut |meter| self.work(snapshot, meter));
        self.phase == Phase::Done
    }

    /// What is found; see [`Snapshot::explain`].
    ///
    /// # Panics
    /// If that is not all yet.
    pub fn finish(self) -> Vec<Leak> {
        assert!(self.phase == Phase::Done, "the search is not finished");
        self.leaks.into_iter().map(|(_, leak)| leak).collect()
    }

    fn work(&mut self, snapshot: &Snapshot, meter: &mut Meter<'_>) {
        while self.phase != Phase::Done && meter.go_on() {
            match self.phase {
                Phase::Tell => {
                    meter.spend_long(AT_ONCE / 4);
                    self.tell(snapshot);
                    continue;
                }
                Phase::Clear => {
                    meter.spend_long(FREE);
                    self.clear();
                    continue;
                }
                _ => meter.spend_long(AT_ONCE / 4),
            }
            let phase = self.phase;
            for _ in 0..AT_ONCE {
                match self.phase {
                    Phase::Begin => self.begin(snapshot),
                    Phase::Starts => {
                        if !self.spread.start(snapshot) {
                            self.enter(Phase::Spread);
                        }
                    }
                    Phase::Spread => {
                        if self.spread.nearest().is_none() {
                            self.enter(Phase::Count);
                        }
                        self.spread.follow(snapshot);
                    }
                    Phase::Count => self.count(snapshot),
                    Phase::Choose => self.choose(snapshot),
                    Phase::Back => {
                        if !self.growing[self.place].trail.go_back(&self.spread) {
                            self.phase = Phase::Tell;
                        }
                    }
                    Phase::Tell | Phase::Clear | Phase::Done => {}
                }
                if self.phase != phase {
                    break;
                }
            }
        }
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.place = 0;
    }

    fn begin(&mut self, snapshot: &Snapshot) {
        let which = |name| {
            let mut growing = self.growing.iter();
            growing.position(|suspect| suspect.growth.type_name == name)
        };
        self.of_growing = snapshot.kinds.iter().map(|kind| which(kind.name)).collect();
        self.enter(match self.growing.is_empty() {
            true => Phase::Done,
            false => Phase::Starts,
        });
    }

    fn count(&mut self, snapshot: &Snapshot) {
        let node = self.place;
        if node == snapshot.len() {
            self.enter(Phase::Choose);
            return;
        }
        self.place += 1;
        let Some(of) = self.of_growing[snapshot.nodes[node].kind as usize] else {
            return;
        };
        let suspect = &mut self.growing[of];
        let holder = match self.spread.before[node] {
            (NONE, _) => return,
            (FIRST, _) => {
                snapshot.sites.count(node, &mut suspect.sites);
                None
            }
            (by, edge) => Some((
                snapshot.nodes[by as usize].kind,
                snapshot.edge(by, edge).label,
            )),
        };
        let found = suspect.holders.entry(holder).or_insert((0, node as u32));
        found.0 += 1;
    }

    /// For the type at `place`.
    fn choose(&mut self, snapshot: &Snapshot) {
        let Some(suspect) = self.growing.get_mut(self.place) else {
            self.leaks.sort_by_key(|&(hangs, _)| hangs);
            self.enter(Phase::Clear);
            return;
        };
        let of_growing = &self.of_growing;
        let hangs = |holder: &Option<(u32, u32)>| {
            holder.is_some_and(|(kind, _)| of_growing[kind as usize].is_some())
        };
        let objects: usize = suspect.holders.values().map(|&(count, _)| count).sum();
        // What does not grow itself is where the leak begins, if it holds a good part.
        let rank = |holder, count: usize| (!hangs(holder) && count * 4 >= objects, count);
        let chosen = suspect
            .holders
            .iter()
            .max_by_key(|&(holder, &(count, _))| rank(holder, count));
        let Some((&holder, &(held, example))) = chosen else {
            self.place += 1;
            return;
        };
        let name = holder.map(|(kind, label)| {
            let mut name = names::short(snapshot.kinds[kind as usize].name);
            name.push_str(snapshot.labels.text(label));
            name
        });
        let sites = match holder {
            None => suspect.sites.take(),
            Some(_) => Vec::new(),
        };
        let leak = Leak {
            growth: suspect.growth.clone(),
            holder: name.unwrap_or_default(),
            held,
            sites,
            objects,
            why: WhyAlive {
                verdict: Verdict::Held,
                inside: snapshot.nodes[example as usize].internal as usize,
                ..WhyAlive::dead(snapshot.nodes[example as usize].id)
            },
        };
        self.leaks.push((hangs(&holder), leak));
        suspect.trail.ends = self.ends;
        suspect.trail.end(example);
        self.phase = Phase::Back;
    }

    fn tell(&mut self, snapshot: &Snapshot) {
        let trail = &mut self.growing[self.place].trail;
        if trail.tell(snapshot) {
            return;
        }
        if let Some((_, leak)) = self.leaks.last_mut() {
            leak.why.path = core::mem::take(&mut trail.hops);
            leak.why.left_out = trail.left_out;
        }
        self.place += 1;
        self.phase = Phase::Choose;
    }

    fn clear(&mut self) {
        let mut trails = self.growing.iter_mut().map(|suspect| &mut suspect.trail);
        if !self.spread.free_some() && !trails.any(Free::free_some) {
            self.enter(Phase::Done);
        }
    }
}

impl Snapshot {
    /// Who holds the objects of types that grow. First come the types whose objects are mostly held by what does not grow
    /// itself: there the leak begins, what else grows hangs on them. A type whose objects nothing outside the heap leads
    /// to is left out: that is garbage, which the collector will find. Cost: O(objects + edges). In slices:
    /// [`LeakSearch`].
    pub fn explain(&self, growing: &[Growth]) -> Vec<Leak> {
        let mut search = LeakSearch::new(growing.to_vec());
        search.step(self, Budget::UNLIMITED);
        search.finish()
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
