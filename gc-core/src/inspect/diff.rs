//! What has changed from one snapshot to the next, by type.

use super::names;
use super::snapshot::Snapshot;
use super::types::{Columns, grouped, signed};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt;
use core::ops::Deref;

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
    /// What has changed since an older snapshot of the same heap. Types without a change are left out. Cost: O(objects).
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
        let mut changes: BTreeMap<&'static str, TypeChange> = BTreeMap::new();
        let (mut old, mut new) = (0, 0);
        while old < before.len() || new < self.len() {
            let old_id = (old < before.len()).then(|| before.nodes[old].id);
            let new_id = (new < self.len()).then(|| self.nodes[new].id);
            // Both are sorted by slot.
            let (is_old, is_new) = match (old_id, new_id) {
                (Some(one), Some(other)) => (one.slot <= other.slot, other.slot <= one.slot),
                (one, other) => (one.is_some(), other.is_some()),
            };
            let same = is_old && is_new && old_id == new_id && before.heap_id == self.heap_id;
            if is_old {
                let change = change_of(&mut changes, before, old);
                change.before += 1;
                change.gone += usize::from(!same);
                change.bytes -= before.node_bytes(old) as isize;
                old += 1;
            }
            if is_new {
                let change = change_of(&mut changes, self, new);
                change.after += 1;
                change.made += usize::from(!same);
                change.bytes += self.node_bytes(new) as isize;
                new += 1;
            }
        }
        let mut rows: Vec<_> = changes.into_values().collect();
        rows.retain(|row| row.made + row.gone > 0 || row.bytes != 0);
        rows.sort_by_key(|row| (Reverse(row.bytes), row.type_name));
        Diff(rows)
    }
}

fn change_of<'a>(
    changes: &'a mut BTreeMap<&'static str, TypeChange>,
    snapshot: &Snapshot,
    node: usize,
) -> &'a mut TypeChange {
    let type_name = snapshot.kinds[snapshot.nodes[node].kind as usize].name;
    changes.entry(type_name).or_insert(TypeChange {
        type_name,
        before: 0,
        after: 0,
        made: 0,
        gone: 0,
        bytes: 0,
    })
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
