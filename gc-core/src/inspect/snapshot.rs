//! A snapshot: the objects of a heap, who refers to whom by which field, and who is held from outside.
//!
//! It is a copy and borrows nothing: the game goes on, and every question may be asked on another thread.

use super::capture::Capture;
use super::chunks::Chunks;
use super::labels::Labels;
use super::names;
use super::sites::SiteLists;
use super::types::TypeSummary;
use crate::handle::Site;
use crate::{Budget, Generation, Heap, ObjectId};
use alloc::string::String;
use alloc::vec::Vec;

/// An object in a snapshot.
#[derive(Clone, Copy)]
pub(crate) struct Node {
    pub(crate) id: ObjectId,
    pub(crate) kind: u32,
    pub(crate) strong: u32,
    /// Handles to it that were found in objects.
    pub(crate) internal: u32,
    /// Its edges: where they begin, and how many.
    pub(crate) first: u32,
    pub(crate) edges: u32,
    /// 0 to 2; 3 for frozen, 4 for untracked.
    pub(crate) generation: u8,
}

impl Node {
    /// Handles to it that are not in any object.
    pub(crate) fn outside(&self) -> usize {
        self.strong.saturating_sub(self.internal) as usize
    }
}

/// A handle in an object.
#[derive(Clone, Copy)]
pub(crate) struct Edge {
    /// The number of the target; its slot while the capture is in progress.
    pub(crate) to: u32,
    /// The target's version while the capture is in progress.
    pub(crate) version: u32,
    pub(crate) label: u32,
    pub(crate) index: u32,
    /// Where the handle was made.
    pub(crate) site: Site,
}

/// A type in a snapshot.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) bytes: u32,
}

/// A copy of a heap's graph: objects, types, and the handles between them, by field.
///
/// Taken in one go ([`Snapshot::of`]), or in slices while the game goes on ([`Snapshot::begin`]). It answers
/// [why an object is alive](Snapshot::why_alive), [what it retains](Snapshot::retained), [what has changed
/// since](Snapshot::diff) another one, and writes itself [for Chrome's memory tab](Snapshot::write_heapsnapshot) and
/// [for Graphviz](Snapshot::write_dot). It is `Send`: a thread may write it while the game plays.
///
/// Memory: 32 bytes an object, and 16 bytes a handle in an object; with the feature `call_sites`, 24 bytes of each more, or
/// a little more where handles of an object are from several places.
///
/// ```
/// use gc_core::inspect::Snapshot;
/// use gc_core::{Gc, Heap, Trace};
///
/// #[derive(Trace)]
/// struct Squad { members: Vec<Gc<Ship>> }
/// #[derive(Trace)]
/// struct Ship { hp: u32 }
///
/// let mut heap = Heap::new();
/// let ships: Vec<_> = (0..3).map(|hp| heap.alloc(Ship { hp })).collect();
/// let weak = ships[2].downgrade();
/// let squad = heap.alloc(Squad { members: ships });
///
/// let snapshot = Snapshot::of(&heap);
/// assert_eq!(snapshot.len(), 4);
/// assert_eq!(snapshot.why_alive(weak.id()).chain(), "Squad.members[2] → Ship");
/// # drop(squad);
/// ```
#[derive(Default)]
pub struct Snapshot {
    pub(crate) heap_id: u32,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) labels: Labels,
    /// By slot.
    pub(crate) nodes: Chunks<Node>,
    pub(crate) edges: Chunks<Edge>,
    /// Bytes held outside the heap, by node, in their order.
    pub(crate) external: Chunks<(u32, usize)>,
    pub(crate) sites: SiteLists,
    /// By type, and all handles: known when the snapshot is complete.
    pub(crate) rows: Vec<TypeSummary>,
    pub(crate) edge_count: usize,
}

/// An object of a [`Snapshot`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct SnapshotObject {
    /// Its identity.
    pub id: ObjectId,
    /// Its type, as the compiler writes it.
    pub type_name: &'static str,
    /// Bytes of its slot, and those noted by [`Heap::set_external_bytes`].
    pub bytes: usize,
    /// Handles that lead to it.
    pub strong_count: usize,
    /// Those of them that are not in any object: in components, on the stack, in a queue.
    pub outside: usize,
    /// Its generation; `None` when it is frozen or untracked.
    pub generation: Option<Generation>,
}

impl Snapshot {
    /// A snapshot in one go: every count is exact. Cost: O(objects + edges), about 100 to 200 ns an object.
    pub fn of(heap: &Heap) -> Snapshot {
        let mut capture = Snapshot::begin(heap);
        capture.step(heap, Budget::UNLIMITED);
        capture.finish()
    }

    /// Begins a snapshot in slices; see [`Capture`].
    pub fn begin(heap: &Heap) -> Capture {
        Capture::new(heap)
    }

    /// Objects.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Is there no object?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Handles in objects.
    pub fn edge_count(&self) -> usize {
        self.edge_count
    }

    /// Bytes of all objects.
    pub fn bytes(&self) -> usize {
        self.rows.iter().map(|row| row.bytes).sum()
    }

    /// The objects, in the order of their places; each is looked up when the iterator comes to it.
    pub fn objects(&self) -> impl Iterator<Item = SnapshotObject> + '_ {
        (0..self.len()).map(|node| self.object(node))
    }

    pub(crate) fn object(&self, index: usize) -> SnapshotObject {
        let node = self.nodes[index];
        SnapshotObject {
            id: node.id,
            type_name: self.kinds[node.kind as usize].name,
            bytes: self.node_bytes(index),
            strong_count: node.strong as usize,
            outside: node.outside(),
            generation: Generation::ALL.get(node.generation as usize).copied(),
        }
    }

    /// The number of an object.
    pub(crate) fn find(&self, id: ObjectId) -> Option<usize> {
        let at = first(self.len(), |at| self.nodes[at].id.slot >= id.slot);
        (at < self.len() && self.nodes[at].id == id).then_some(at)
    }

    pub(crate) fn edges_of(&self, node: usize) -> impl Iterator<Item = Edge> + Clone + '_ {
        let node = self.nodes[node];
        (node.first as usize..node.first as usize + node.edges as usize).map(|at| self.edges[at])
    }

    /// A handle of an object by its number.
    pub(crate) fn edge(&self, node: u32, edge: u32) -> Edge {
        self.edges[(self.nodes[node as usize].first + edge) as usize]
    }

    pub(crate) fn node_bytes(&self, node: usize) -> usize {
        let external = &self.external;
        let at = first(external.len(), |at| external[at].0 >= node as u32);
        let external = match at < external.len() && external[at].0 == node as u32 {
            true => external[at].1,
            false => 0,
        };
        self.kinds[self.nodes[node].kind as usize].bytes as usize + external
    }

    /// The type's name without its path.
    pub(crate) fn short_name(&self, node: usize) -> String {
        names::short(self.kinds[self.nodes[node].kind as usize].name)
    }

    /// `.members[3]`
    pub(crate) fn edge_name(&self, edge: Edge) -> String {
        self.labels.with_index(edge.label, edge.index)
    }

    /// A node's name and number, as people can tell it from others of its type.
    pub(crate) fn title(&self, node: usize) -> String {
        alloc::format!("{} {:?}", self.short_name(node), self.nodes[node].id)
    }
}

/// The first of so many in order that is far enough; their number if there is none.
fn first(count: usize, far_enough: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if far_enough(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}
