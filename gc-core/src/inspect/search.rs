//! Looking for a shortest path in a snapshot, in slices.

use super::discard::{FREE, Free};
use super::paths::{Verdict, WhyAlive};
use super::snapshot::Snapshot;
use super::spread::{FIRST, NONE, Spread, Trail};
use crate::budget::SliceBudget;
use crate::collect::Meter;
use crate::looks::Looks;
use crate::{Budget, ObjectId};

/// Objects or handles that are looked at for one unit.
const AT_ONCE: usize = 16;

/// [`Snapshot::why_alive`] in slices: a few objects a frame.
///
/// ```
/// use gc_core::inspect::{Search, Snapshot};
/// use gc_core::{Budget, Gc, Heap, Trace};
///
/// #[derive(Trace)]
/// struct Squad { members: Vec<Gc<u32>> }
///
/// let mut heap = Heap::new();
/// let members: Vec<_> = (0..100).map(|n| heap.alloc(n)).collect();
/// let weak = members[70].downgrade();
/// let squad = heap.alloc(Squad { members });
///
/// let snapshot = Snapshot::of(&heap);
/// let mut search = Search::new(weak.id());
/// while !search.step(&snapshot, Budget::units(5)) {
///     // a frame of the game
/// }
/// assert_eq!(search.finish(&snapshot).chain(), "Squad.members[70] → u32");
/// # drop(squad);
/// ```
pub struct Search {
    id: ObjectId,
    target: u32,
    phase: Phase,
    spread: Spread,
    trail: Trail,
    /// In Again and Referrer: an object and its handle.
    place: usize,
    edge: u32,
    verdict: Verdict,
    inside: usize,
    looks: Looks,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Begin,
    /// All those held from outside are where paths start.
    Starts,
    /// To the target.
    Spread,
    /// Nothing is reached yet, but the target.
    Again,
    /// From the target to itself.
    Close,
    /// An object that refers to the target.
    Referrer,
    /// From the end of the path to its start.
    Back,
    /// The path, a hop a move.
    Tell,
    /// Gives back what only the search needs.
    Clear,
    Done,
}

impl Search {
    /// Why is the object of this identity alive?
    pub fn new(id: ObjectId) -> Self {
        Search {
            id,
            target: NONE,
            phase: Phase::Begin,
            spread: Spread::default(),
            trail: Trail::default(),
            place: 0,
            edge: 0,
            verdict: Verdict::Dead,
            inside: 0,
            looks: Looks::default(),
        }
    }

    /// Keeps of a long path only so many objects at each end, 8 at least: a path of 1,000,000 objects is 100 MB of text
    /// else, and takes long to drop.
    #[must_use]
    pub fn ends(mut self, most: usize) -> Self {
        self.trail.ends = most.max(8);
        self
    }

    /// Goes on within the budget: a unit is 16 objects or handles, or a hop of the path. True when the answer is found.
    /// Every call must bring the same snapshot.
    pub fn step(&mut self, snapshot: &Snapshot, budget: impl SliceBudget) -> bool {
        self.looks = self
            .looks
            .slice(budget, &mut |meter| self.work(snapshot, meter));
        self.phase == Phase::Done
    }

    /// The answer.
    ///
    /// # Panics
    /// If it is not found yet.
    pub fn finish(self, _: &Snapshot) -> WhyAlive {
        assert!(self.phase == Phase::Done, "the search is not finished");
        WhyAlive {
            verdict: self.verdict,
            path: self.trail.hops,
            left_out: self.trail.left_out,
            inside: self.inside,
            ..WhyAlive::dead(self.id)
        }
    }

    fn work(&mut self, snapshot: &Snapshot, meter: &mut Meter<'_>) {
        while self.phase != Phase::Done && meter.go_on() {
            match self.phase {
                Phase::Tell => {
                    meter.spend_long(AT_ONCE / 4);
                    if !self.trail.tell(snapshot) {
                        self.enter(Phase::Clear);
                    }
                    continue;
                }
                Phase::Clear => {
                    meter.spend_long(FREE);
                    if !self.spread.free_some() && !self.trail.free_some() {
                        self.enter(Phase::Done);
                    }
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
                    Phase::Spread => self.spread(snapshot),
                    Phase::Again => self.again(snapshot),
                    Phase::Close => self.close(snapshot),
                    Phase::Referrer => self.referrer(snapshot),
                    Phase::Back => {
                        if !self.trail.go_back(&self.spread) {
                            self.enter(Phase::Tell);
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
        self.edge = 0;
    }

    fn begin(&mut self, snapshot: &Snapshot) {
        match snapshot.find(self.id) {
            Some(target) => {
                self.target = target as u32;
                self.inside = snapshot.nodes[target].internal as usize;
                self.trail.end(self.target);
                self.enter(Phase::Starts);
            }
            None => self.enter(Phase::Done),
        }
    }

    /// One handle, of the nearest object that is not done with.
    fn spread(&mut self, snapshot: &Snapshot) {
        match self.spread.nearest() {
            None => {
                self.verdict = Verdict::Garbage;
                self.enter(Phase::Again);
            }
            Some(node) if node == self.target => {
                self.verdict = Verdict::Held;
                self.enter(Phase::Back);
            }
            Some(_) => {
                self.spread.follow(snapshot);
            }
        }
    }

    fn again(&mut self, snapshot: &Snapshot) {
        if self.place == snapshot.len() {
            self.spread.before[self.target as usize].0 = FIRST;
            self.spread.start_at(self.target);
            self.enter(Phase::Close);
            return;
        }
        self.spread.before[self.place].0 = NONE;
        self.place += 1;
    }

    fn close(&mut self, snapshot: &Snapshot) {
        if self.spread.nearest().is_none() {
            self.enter(Phase::Referrer);
        } else if let Some(last) = self.spread.follow(snapshot)
            && last.to == self.target
        {
            self.trail.push(last.from, last.edge);
            self.enter(Phase::Back);
        }
    }

    /// No cycle leads through the target: somebody in one refers to it, or to those who do.
    fn referrer(&mut self, snapshot: &Snapshot) {
        if self.place == snapshot.len() {
            self.enter(Phase::Tell);
            return;
        }
        let node = snapshot.nodes[self.place];
        if self.edge == node.edges {
            self.place += 1;
            self.edge = 0;
            return;
        }
        if snapshot.edge(self.place as u32, self.edge).to == self.target {
            self.trail.push(self.place as u32, self.edge);
            self.enter(Phase::Tell);
            return;
        }
        self.edge += 1;
    }
}

impl Snapshot {
    /// Why the object is alive; see [`Heap::why_alive`](crate::Heap::why_alive). Cost: O(objects + edges), 10 to 50 ns
    /// each. In slices: [`Search`].
    pub fn why_alive(&self, id: ObjectId) -> WhyAlive {
        let mut search = Search::new(id);
        search.step(self, Budget::UNLIMITED);
        search.finish(self)
    }
}
