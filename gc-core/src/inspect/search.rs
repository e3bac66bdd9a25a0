//! Looking for a shortest path in a snapshot, in slices.

use super::chunks::Chunks;
use super::paths::{Hop, Verdict, WhyAlive};
use super::snapshot::Snapshot;
use crate::ObjectId;
use crate::budget::{Bound, SliceBudget};
use crate::collect::Meter;
use alloc::vec;
use alloc::vec::Vec;

/// Not reached, and reached first of all.
pub(super) const NONE: u32 = u32::MAX;
pub(super) const FIRST: u32 = u32::MAX - 1;
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
    /// For each object, the one before it on a shortest path.
    before: Chunks<u32>,
    /// Those reached, in order of their distance; before `place` they are done with.
    queue: Chunks<u32>,
    place: usize,
    /// The next of the edges of the object at `place`.
    edge: usize,
    path: Vec<usize>,
    verdict: Verdict,
    interval: u64,
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
    Done,
}

impl Search {
    /// Why is the object of this identity alive?
    pub fn new(id: ObjectId) -> Self {
        Search {
            id,
            target: NONE,
            phase: Phase::Begin,
            before: Chunks::default(),
            queue: Chunks::default(),
            place: 0,
            edge: 0,
            path: Vec::new(),
            verdict: Verdict::Dead,
            interval: 32,
        }
    }

    /// Goes on within the budget: a unit is 16 objects or handles. True when the answer is found. Every call must bring
    /// the same snapshot.
    pub fn step(&mut self, snapshot: &Snapshot, budget: impl SliceBudget) -> bool {
        let mut interval = self.interval;
        budget.run(Bound::NONE, &mut interval, &mut |meter| {
            self.work(snapshot, meter);
        });
        self.interval = interval;
        self.phase == Phase::Done
    }

    /// The answer. Cost: O(length of the path).
    ///
    /// # Panics
    /// If it is not found yet.
    pub fn finish(self, snapshot: &Snapshot) -> WhyAlive {
        assert!(self.phase == Phase::Done, "the search is not finished");
        if self.verdict == Verdict::Dead {
            return WhyAlive::dead(self.id);
        }
        let hops = self.path.iter().enumerate().map(|(at, &node)| {
            let object = snapshot.object(node);
            let field = self
                .path
                .get(at + 1)
                .and_then(|&next| snapshot.edge_between(node, next))
                .map(|edge| snapshot.edge_name(edge));
            Hop {
                id: object.id,
                type_name: object.type_name,
                outside: object.outside,
                sites: snapshot.sites.outside([node].into_iter()),
                field: field.unwrap_or_default(),
            }
        });
        WhyAlive {
            id: self.id,
            verdict: self.verdict,
            path: hops.collect(),
            inside: snapshot.nodes[self.target as usize].internal as usize,
            tombstone: None,
        }
    }

    fn work(&mut self, snapshot: &Snapshot, meter: &mut Meter<'_>) {
        while self.phase != Phase::Done && meter.go_on() {
            meter.spend_long(AT_ONCE / 4);
            let phase = self.phase;
            for _ in 0..AT_ONCE {
                match self.phase {
                    Phase::Begin => self.begin(snapshot),
                    Phase::Starts => self.start(snapshot),
                    Phase::Spread | Phase::Close => self.spread(snapshot),
                    Phase::Again => self.again(snapshot),
                    Phase::Referrer => self.referrer(snapshot),
                    Phase::Done => {}
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
                self.enter(Phase::Starts);
            }
            None => self.enter(Phase::Done),
        }
    }

    fn start(&mut self, snapshot: &Snapshot) {
        if self.place == snapshot.len() {
            self.enter(Phase::Spread);
            return;
        }
        let held = snapshot.nodes[self.place].outside() > 0;
        self.before.push(if held { FIRST } else { NONE });
        if held {
            self.queue.push(self.place as u32);
        }
        self.place += 1;
    }

    /// One handle, of the nearest object that is not done with.
    fn spread(&mut self, snapshot: &Snapshot) {
        if self.place == self.queue.len() {
            if self.phase == Phase::Spread {
                self.verdict = Verdict::Garbage;
                self.queue.truncate(0);
                self.queue.push(self.target);
                self.enter(Phase::Again);
            } else {
                self.enter(Phase::Referrer);
            }
            return;
        }
        let number = self.queue[self.place];
        if self.phase == Phase::Spread && number == self.target {
            self.verdict = Verdict::Held;
            self.path = self.path_to(number);
            self.enter(Phase::Done);
            return;
        }
        let node = snapshot.nodes[number as usize];
        if self.edge == node.edges as usize {
            self.place += 1;
            self.edge = 0;
            return;
        }
        let to = snapshot.edges[node.first as usize + self.edge].to;
        self.edge += 1;
        if self.phase == Phase::Close && to == self.target {
            self.path = self.path_to(number);
            self.path.push(to as usize);
            self.enter(Phase::Done);
        } else if self.before[to as usize] == NONE {
            self.before[to as usize] = number;
            self.queue.push(to);
        }
    }

    fn again(&mut self, snapshot: &Snapshot) {
        if self.place == snapshot.len() {
            self.before[self.target as usize] = FIRST;
            self.enter(Phase::Close);
            return;
        }
        self.before[self.place] = NONE;
        self.place += 1;
    }

    /// No cycle leads through the target: somebody in one refers to it, or to those who do.
    fn referrer(&mut self, snapshot: &Snapshot) {
        let found = if self.place < snapshot.len() {
            let node = snapshot.nodes[self.place];
            if self.edge < node.edges as usize {
                let to = snapshot.edges[node.first as usize + self.edge].to;
                self.edge += 1;
                if to != self.target {
                    return;
                }
            } else {
                self.place += 1;
                self.edge = 0;
                return;
            }
            Some(self.place)
        } else {
            None
        };
        self.path = found.into_iter().chain([self.target as usize]).collect();
        self.enter(Phase::Done);
    }

    fn path_to(&self, node: u32) -> Vec<usize> {
        let mut path = vec![node as usize];
        let mut node = self.before[node as usize];
        while node != FIRST {
            path.push(node as usize);
            node = self.before[node as usize];
        }
        path.reverse();
        path
    }
}

impl Snapshot {
    /// Why the object is alive; see [`Heap::why_alive`](crate::Heap::why_alive). Cost: O(objects + edges), 10 to 50 ns
    /// each. In slices: [`Search`].
    pub fn why_alive(&self, id: ObjectId) -> WhyAlive {
        let mut search = Search::new(id);
        search.step(self, crate::Budget::UNLIMITED);
        search.finish(self)
    }
}
