//! What has changed from one snapshot to the next, by type.

use super::names;
use super::snapshot::{Kind, Snapshot};
use super::types::{Columns, grouped, signed};
use crate::Budget;
use crate::budget::SliceBudget;
use crate::looks::Looks;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt;
use core::ops::Deref;

/// Objects of each snapshot that are looked at for one unit.
const AT_ONCE: usize = 16;

/// What has become of a type between two snapshots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct TypeChange {
    /// The type, as the compiler writes it.
    pub type_name: &'static str,
    /// Objects in the older snapshot, and in the newer one.
    pub before: usize,
    /// Objects in the newer snapshot.
    pub after: usize,
    /// Objects that are in the newer one only.
    pub made: usize,
    /// Objects that are in the older one only.
    pub gone: usize,
    /// Bytes more in the newer one.
    pub bytes: isize,
}

/// The difference of two snapshots, by type: what grew most in bytes first. Dereferences to a slice; `Display` writes a
/// table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diff(Vec<TypeChange>);

impl Deref for Diff {
    type Target = [TypeChange];
    fn deref(&self) -> &[TypeChange] {
        &self.0
    }
}

impl Snapshot {
    /// What has changed since an older snapshot of the same heap. Types without a change are left out. Cost: O(objects). In
    /// slices: [`Comparison`].
    ///
    /// ```
    /// use gc_core::Heap;
    /// use gc_core::inspect::Snapshot;
    ///
    /// let mut heap = Heap::new();
    /// let mut hits = vec![heap.alloc(1u32), heap.alloc(2u32)];
    /// let before = Snapshot::of(&heap);
    /// hits.pop();
    /// heap.reclaim();
    /// hits.extend((0..5).map(|n| heap.alloc(n)));
    /// let change = Snapshot::of(&heap).diff(&before)[0];
    /// assert_eq!((change.before, change.after, change.made, change.gone), (2, 6, 5, 1));
    /// ```
    pub fn diff(&self, before: &Snapshot) -> Diff {
        let mut comparison = Comparison::new();
        comparison.step(self, before, Budget::UNLIMITED);
        comparison.finish()
    }
}

/// [`Snapshot::diff`] in slices: a few objects a frame.
///
/// ```
/// use gc_core::inspect::{Comparison, Snapshot};
/// use gc_core::{Budget, Heap};
///
/// let mut heap = Heap::new();
/// let before = Snapshot::of(&heap);
/// let hits: Vec<_> = (0..100).map(|n: u32| heap.alloc(n)).collect();
/// let after = Snapshot::of(&heap);
/// let mut comparison = Comparison::new();
/// while !comparison.step(&after, &before, Budget::units(5)) {
///     // a frame of the game
/// }
/// assert_eq!(comparison.finish()[0].made, 100);
/// # drop(hits);
/// ```
#[derive(Default)]
pub struct Comparison {
    /// The next object of each.
    old: usize,
    new: usize,
    rows: Vec<TypeChange>,
    /// By type of the older snapshot, and of the newer one: its row.
    row_of_old: Vec<usize>,
    row_of_new: Vec<usize>,
    begun: bool,
    done: bool,
    looks: Looks,
}

impl Comparison {
    /// Begins.
    pub fn new() -> Self {
        Comparison::default()
    }

    /// Goes on within the budget: a unit is 16 objects of each. True when all are compared. Every call must bring the same
    /// snapshots.
    pub fn step(&mut self, after: &Snapshot, before: &Snapshot, budget: impl SliceBudget) -> bool {
        self.looks = self.looks.slice(budget, &mut |meter| {
            while !self.done && meter.go_on() {
                meter.spend_long(AT_ONCE / 4);
                if !self.begun {
                    self.begin(after, before);
                }
                for _ in 0..AT_ONCE {
                    self.object(after, before);
                }
            }
        });
        self.done
    }

    /// The difference. Cost: O(types · log types).
    ///
    /// # Panics
    /// If not all objects are compared yet.
    pub fn finish(self) -> Diff {
        assert!(self.done, "the comparison is not finished");
        let mut rows = self.rows;
        rows.retain(|row| row.made + row.gone > 0 || row.bytes != 0);
        rows.sort_by_key(|row| (Reverse(row.bytes), row.type_name));
        Diff(rows)
    }

    /// A row a type of either.
    fn begin(&mut self, after: &Snapshot, before: &Snapshot) {
        let mut by_name: BTreeMap<&'static str, usize> = BTreeMap::new();
        let rows = &mut self.rows;
        let mut row_of = |kind: &Kind| {
            *by_name.entry(kind.name).or_insert_with(|| {
                rows.push(TypeChange {
                    type_name: kind.name,
                    before: 0,
                    after: 0,
                    made: 0,
                    gone: 0,
                    bytes: 0,
                });
                rows.len() - 1
            })
        };
        self.row_of_old = before.kinds.iter().map(&mut row_of).collect();
        self.row_of_new = after.kinds.iter().map(&mut row_of).collect();
        self.begun = true;
    }

    /// The next object of the one, of the other, or of both.
    fn object(&mut self, after: &Snapshot, before: &Snapshot) {
        let (old, new) = (self.old, self.new);
        let old_id = (old < before.len()).then(|| before.nodes[old].id);
        let new_id = (new < after.len()).then(|| after.nodes[new].id);
        // Both are sorted by slot.
        let (is_old, is_new) = match (old_id, new_id) {
            (None, None) => {
                self.done = true;
                return;
            }
            (Some(one), Some(other)) => (one.slot <= other.slot, other.slot <= one.slot),
            (one, other) => (one.is_some(), other.is_some()),
        };
        let same = is_old && is_new && old_id == new_id && before.heap_id == after.heap_id;
        if is_old {
            let row = &mut self.rows[self.row_of_old[before.nodes[old].kind as usize]];
            row.before += 1;
            row.gone += usize::from(!same);
            row.bytes -= before.node_bytes(old) as isize;
            self.old += 1;
        }
        if is_new {
            let row = &mut self.rows[self.row_of_new[after.nodes[new].kind as usize]];
            row.after += 1;
            row.made += usize::from(!same);
            row.bytes += after.node_bytes(new) as isize;
            self.new += 1;
        }
    }
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Columns::new(["type", "before", "after", "made", "gone", "bytes"]);
        for row in self.iter() {
            table.row([
                names::short(row.type_name),
                grouped(row.before),
                grouped(row.after),
                grouped(row.made),
                grouped(row.gone),
                signed(row.bytes),
            ]);
        }
        table.fmt(f)
    }
}
