//! What would be freed if an object went.
//!
//! What an object dominates goes with it: its *retained* size.

use super::chunks::Chunks;
use super::discard::{FREE, Free};
use super::dominators::{Dominators, NONE, Vertex};
use super::names;
use super::snapshot::Snapshot;
use super::types::{Columns, grouped};
use crate::budget::SliceBudget;
use crate::collect::Meter;
use crate::looks::Looks;
use crate::{Budget, ObjectId};
use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt;

/// Moves that are made for one unit: an object or a handle is looked at.
const AT_ONCE: usize = 16;
/// The largest owners that are kept in order.
const OWNERS: usize = 100;

/// What each object of a [`Snapshot`] retains: itself, and what would go with it.
///
/// ```
/// use gc_core::inspect::Snapshot;
/// use gc_core::{Gc, Heap, Trace};
///
/// #[derive(Trace)]
/// struct Squad { members: Vec<Gc<u64>>, log: Gc<String> }
///
/// let mut heap = Heap::new();
/// let members = (0..10).map(|n| heap.alloc(n)).collect();
/// let log = heap.alloc(String::new());
/// let squad = heap.alloc(Squad { members, log: log.clone() });
///
/// let snapshot = Snapshot::of(&heap);
/// let retained = snapshot.retained();
/// let of_squad = retained.of(squad.id()).unwrap();
/// assert_eq!(of_squad.objects, 11); // the members go with it; the log is held from outside as well
/// println!("{retained}");
/// # drop(log);
/// ```
pub struct Retained<'a> {
    snapshot: &'a Snapshot,
    pub(super) sizes: Sizes,
}

/// What is found, without the snapshot.
#[derive(Default)]
pub(super) struct Sizes {
    /// By object.
    sizes: Chunks<Size>,
    /// By type, without an order until all is found.
    types: Vec<RetainedSize>,
    /// The largest owners, in order, and how many there are in all.
    largest: Vec<u32>,
    owners: usize,
}

#[derive(Clone, Copy)]
struct Size {
    bytes: u64,
    /// 0 for garbage.
    objects: u32,
    /// [`NONE`] for owners, and for garbage.
    dominator: u32,
}

impl Free for Sizes {
    fn free_some(&mut self) -> bool {
        self.sizes.free_some()
    }
}

/// An object, or all of a type, with what they retain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct RetainedSize {
    /// The type, as the compiler writes it.
    pub type_name: &'static str,
    /// The object; `None` for all of a type.
    pub id: Option<ObjectId>,
    /// Objects retained, the retaining ones included.
    pub objects: usize,
    /// Their bytes.
    pub bytes: usize,
}

/// [`Snapshot::retained`] in slices: a few objects a frame.
///
/// ```
/// use gc_core::inspect::{RetainedSearch, Snapshot};
/// use gc_core::{Budget, Gc, Heap, Trace};
///
/// #[derive(Trace)]
/// struct Squad { members: Vec<Gc<u32>> }
///
/// let mut heap = Heap::new();
/// let members: Vec<_> = (0..100).map(|n| heap.alloc(n)).collect();
/// let squad = heap.alloc(Squad { members });
///
/// let snapshot = Snapshot::of(&heap);
/// let mut search = RetainedSearch::new();
/// while !search.step(&snapshot, Budget::units(5)) {
///     // a frame of the game
/// }
/// let retained = search.finish(&snapshot);
/// assert_eq!(retained.of(squad.id()).unwrap().objects, 101);
/// ```
pub struct RetainedSearch {
    phase: Phase,
    dominators: Dominators,
    found: Sizes,
    /// A vertex of the tree of dominators.
    place: u32,
    /// By type: how many of it are above the place, that one included.
    above: Vec<u32>,
    looks: Looks,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Dominators,
    /// Nothing is retained yet.
    Begin,
    /// From the last vertex to the first, each to its dominator.
    Add,
    /// The tree from the top down, by type.
    Down,
    /// Back to the next branch.
    Up,
    /// Gives back what only the search needs.
    Clear,
    Done,
}

impl Default for RetainedSearch {
    fn default() -> Self {
        RetainedSearch::new()
    }
}

impl RetainedSearch {
    /// What does each object retain?
    pub fn new() -> Self {
        RetainedSearch {
            phase: Phase::Dominators,
            dominators: Dominators::default(),
            found: Sizes::default(),
            place: 0,
            above: Vec::new(),
            looks: Looks::default(),
        }
    }

    /// Goes on within the budget: a unit is 16 objects or handles. True when all is found. Every call must bring the same
    /// snapshot.
    ///
    /// Cost: about 0.1 µs an object and as much a handle, all slices together, and 56 bytes an object and 4 a handle; 16
    /// bytes an object stay.
    pub fn step(&mut self, snapshot: &Snapshot, budget: impl SliceBudget) -> bool {
        self.looks = self
            .looks
            .slice(budget, &mut |meter| self.work(snapshot, meter));
        self.phase == Phase::Done
    }

    /// What is found.
    ///
    /// # Panics
    /// If that is not all yet.
    pub fn finish(self, snapshot: &Snapshot) -> Retained<'_> {
        assert!(self.phase == Phase::Done, "the search is not finished");
        Retained {
            snapshot,
            sizes: self.found,
        }
    }

    fn work(&mut self, snapshot: &Snapshot, meter: &mut Meter<'_>) {
        while self.phase != Phase::Done && meter.go_on() {
            if self.phase == Phase::Clear {
                meter.spend_long(FREE);
                if !self.dominators.free_some() {
                    self.phase = Phase::Done;
                }
                continue;
            }
            meter.spend_long(AT_ONCE / 4);
            let phase = self.phase;
            for _ in 0..AT_ONCE {
                self.step_in(snapshot);
                if self.phase != phase {
                    break;
                }
            }
        }
    }

    /// One move.
    fn step_in(&mut self, snapshot: &Snapshot) {
        match self.phase {
            Phase::Dominators => {
                if !self.dominators.step(snapshot) {
                    self.phase = Phase::Begin;
                }
            }
            Phase::Begin => self.begin(snapshot),
            Phase::Add => self.add(snapshot),
            Phase::Down => self.down(snapshot),
            Phase::Up => self.up(snapshot),
            Phase::Clear | Phase::Done => {}
        }
    }

    fn begin(&mut self, snapshot: &Snapshot) {
        if self.found.sizes.len() < snapshot.len() {
            self.found.sizes.push(Size {
                bytes: 0,
                objects: 0,
                dominator: NONE,
            });
            return;
        }
        self.above = vec![0; snapshot.kinds.len()];
        self.found.types = snapshot
            .kinds
            .iter()
            .map(|kind| of_type(kind.name))
            .collect();
        self.place = self.dominators.vertices.len() as u32 - 1;
        self.phase = Phase::Add;
    }

    /// What is dominated comes behind its dominator, so all that it retains is known.
    fn add(&mut self, snapshot: &Snapshot) {
        let vertices = &mut self.dominators.vertices;
        if self.place == 0 {
            self.place = vertices[0].inner;
            self.phase = match self.place {
                NONE => Phase::Clear,
                _ => Phase::Down,
            };
            return;
        }
        let Vertex {
            node, dominator, ..
        } = vertices[self.place as usize];
        let by = &mut vertices[dominator as usize];
        let first = core::mem::replace(&mut by.inner, self.place);
        let by = by.node;
        vertices[self.place as usize].next = first;
        let size = &mut self.found.sizes[node as usize];
        size.bytes += snapshot.node_bytes(node as usize) as u64;
        size.objects += 1;
        size.dominator = by;
        let size = *size;
        if dominator == 0 {
            self.found.owner(node);
        } else {
            let by = &mut self.found.sizes[by as usize];
            by.bytes += size.bytes;
            by.objects += size.objects;
        }
        self.place -= 1;
    }

    fn down(&mut self, snapshot: &Snapshot) {
        let Vertex { node, inner, .. } = self.dominators.vertices[self.place as usize];
        let kind = snapshot.nodes[node as usize].kind as usize;
        if self.above[kind] == 0 {
            let size = &self.found.sizes[node as usize];
            self.found.types[kind].objects += size.objects as usize;
            self.found.types[kind].bytes += size.bytes as usize;
        }
        self.above[kind] += 1;
        match inner {
            NONE => self.phase = Phase::Up,
            inner => self.place = inner,
        }
    }

    fn up(&mut self, snapshot: &Snapshot) {
        let vertex = self.dominators.vertices[self.place as usize];
        self.above[snapshot.nodes[vertex.node as usize].kind as usize] -= 1;
        (self.place, self.phase) = match (vertex.next, vertex.dominator) {
            (NONE, 0) => {
                self.found.types.retain(|sum| sum.objects > 0);
                self.found
                    .types
                    .sort_by_key(|sum| (Reverse(sum.bytes), sum.type_name));
                (0, Phase::Clear)
            }
            (NONE, above) => (above, Phase::Up),
            (next, _) => (next, Phase::Down),
        };
    }
}

fn of_type(type_name: &'static str) -> RetainedSize {
    RetainedSize {
        type_name,
        id: None,
        objects: 0,
        bytes: 0,
    }
}

impl Sizes {
    /// One that nothing else dominates.
    fn owner(&mut self, node: u32) {
        self.owners += 1;
        let rank = |node: u32| (Reverse(self.sizes[node as usize].bytes), node);
        let at = self
            .largest
            .partition_point(|&other| rank(other) < rank(node));
        if at < OWNERS {
            self.largest.truncate(OWNERS - 1);
            self.largest.insert(at, node);
        }
    }
}

impl Snapshot {
    /// Finds out what each object retains. Cost: about 0.1 µs an object and as much a handle, and 60 bytes an object. In
    /// slices: [`RetainedSearch`].
    pub fn retained(&self) -> Retained<'_> {
        let mut search = RetainedSearch::new();
        search.step(self, Budget::UNLIMITED);
        search.finish(self)
    }
}

impl Retained<'_> {
    /// What an object retains; `None` for garbage, and for what is not in the snapshot.
    pub fn of(&self, id: ObjectId) -> Option<RetainedSize> {
        let node = self.snapshot.find(id)?;
        (self.sizes.sizes[node].objects > 0).then(|| self.size(node))
    }

    /// The object that keeps this one alive alone, if there is one: the nearest that all paths lead through.
    pub fn dominator(&self, id: ObjectId) -> Option<ObjectId> {
        let by = self.sizes.sizes[self.snapshot.find(id)?].dominator;
        (by != NONE).then(|| self.snapshot.nodes[by as usize].id)
    }

    fn size(&self, node: usize) -> RetainedSize {
        let size = self.sizes.sizes[node];
        RetainedSize {
            type_name: self.snapshot.kinds[self.snapshot.nodes[node].kind as usize].name,
            id: Some(self.snapshot.nodes[node].id),
            objects: size.objects as usize,
            bytes: size.bytes as usize,
        }
    }

    /// The owners: objects that nothing else dominates, those that retain most first, `most` of them.
    ///
    /// Cost: O(`most`) up to 100, which are kept; for more the whole snapshot is looked through and sorted.
    pub fn owners(&self, most: usize) -> Vec<RetainedSize> {
        if most <= OWNERS || self.sizes.owners <= OWNERS {
            let largest = self.sizes.largest.iter().take(most);
            return largest.map(|&node| self.size(node as usize)).collect();
        }
        let mut owners: Vec<usize> = (0..self.snapshot.len())
            .filter(|&node| {
                let size = self.sizes.sizes[node];
                size.objects > 0 && size.dominator == NONE
            })
            .collect();
        owners.sort_by_key(|&node| (Reverse(self.sizes.sizes[node].bytes), node));
        owners.truncate(most);
        owners.into_iter().map(|node| self.size(node)).collect()
    }

    /// What the objects of each type retain together, most first. What an object of a type retains through another one
    /// of the same type counts once. Cost: O(types).
    pub fn by_type(&self) -> Vec<RetainedSize> {
        self.sizes.types.clone()
    }
}

impl fmt::Display for Retained<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut types = Columns::new(["retained by type", "objects", "bytes"]);
        for sum in self.by_type() {
            types.row([
                names::short(sum.type_name),
                grouped(sum.objects),
                grouped(sum.bytes),
            ]);
        }
        let mut owners = Columns::new(["largest owners", "objects", "bytes"]);
        for owner in self.owners(10) {
            let name = names::short(owner.type_name);
            let title = match owner.id {
                Some(id) => alloc::format!("{name} {id:?}"),
                None => name,
            };
            owners.row([title, grouped(owner.objects), grouped(owner.bytes)]);
        }
        write!(f, "{types}\n\n{owners}")
    }
}
