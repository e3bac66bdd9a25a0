//! What would be freed if an object went: dominators, by the algorithm of Lengauer and Tarjan.
//!
//! An object *dominates* another one when every path from outside the heap to that one leads through it. What an object
//! dominates goes with it: its *retained* size. All loops are iterative, and the cost is O(edges · log objects).

use super::names;
use super::snapshot::Snapshot;
use super::types::{Columns, grouped};
use crate::ObjectId;
use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt;

/// No number.
const NONE: u32 = u32::MAX;

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
    /// By object: what dominates it; [`NONE`] for those held from outside, and for garbage.
    dominator: Vec<u32>,
    bytes: Vec<u64>,
    objects: Vec<u32>,
    reached: Vec<bool>,
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

impl Snapshot {
    /// Finds out what each object retains. Cost: about a microsecond an object, and 50 bytes; the snapshot is a copy, so
    /// a thread of its own may do it.
    pub fn retained(&self) -> Retained<'_> {
        let tree = Dominators::of(self);
        let count = self.len();
        let mut retained = Retained {
            snapshot: self,
            dominator: vec![NONE; count],
            bytes: vec![0; count],
            objects: vec![0; count],
            reached: vec![false; count],
        };
        // From the last to the first: what is dominated comes behind its dominator.
        for at in (1..tree.order.len()).rev() {
            let node = tree.order[at] as usize;
            retained.reached[node] = true;
            retained.bytes[node] += self.node_bytes(node) as u64;
            retained.objects[node] += 1;
            let by = tree.dominator[at];
            if by != 0 {
                let by = tree.order[by as usize];
                retained.dominator[node] = by;
                retained.bytes[by as usize] += retained.bytes[node];
                retained.objects[by as usize] += retained.objects[node];
            }
        }
        retained
    }
}

impl Retained<'_> {
    /// What an object retains; `None` for garbage, and for what is not in the snapshot.
    pub fn of(&self, id: ObjectId) -> Option<RetainedSize> {
        let node = self.snapshot.find(id)?;
        self.reached[node].then(|| self.size(node))
    }

    /// The object that keeps this one alive alone, if there is one: the nearest that all paths lead through.
    pub fn dominator(&self, id: ObjectId) -> Option<ObjectId> {
        let by = self.dominator[self.snapshot.find(id)?];
        (by != NONE).then(|| self.snapshot.nodes[by as usize].id)
    }

    fn size(&self, node: usize) -> RetainedSize {
        RetainedSize {
            type_name: self.snapshot.kinds[self.snapshot.nodes[node].kind as usize].name,
            id: Some(self.snapshot.nodes[node].id),
            objects: self.objects[node] as usize,
            bytes: self.bytes[node] as usize,
        }
    }

    /// The owners: objects that nothing else dominates, those that retain most first, `most` of them.
    pub fn owners(&self, most: usize) -> Vec<RetainedSize> {
        let mut owners: Vec<usize> = (0..self.snapshot.len())
            .filter(|&node| self.reached[node] && self.dominator[node] == NONE)
            .collect();
        owners.sort_by_key(|&node| (Reverse(self.bytes[node]), node));
        owners.truncate(most);
        owners.into_iter().map(|node| self.size(node)).collect()
    }

    /// What the objects of each type retain together, most first. What an object of a type retains through another one
    /// of the same type counts once.
    pub fn by_type(&self) -> Vec<RetainedSize> {
        let snapshot = self.snapshot;
        let mut sums: Vec<_> = snapshot
            .kinds
            .iter()
            .map(|kind| RetainedSize {
                type_name: kind.name,
                id: None,
                objects: 0,
                bytes: 0,
            })
            .collect();
        // Walks the tree of dominators depth first and keeps count of the types above.
        let children = Lists::of(
            snapshot.len(),
            (0..snapshot.len())
                .filter(|&node| self.dominator[node] != NONE)
                .map(|node| (self.dominator[node], node as u32)),
        );
        let mut above = vec![0u32; snapshot.kinds.len()];
        let mut path: Vec<(u32, usize)> = Vec::new();
        let tops =
            (0..snapshot.len()).filter(|&node| self.reached[node] && self.dominator[node] == NONE);
        for top in tops {
            path.push((top as u32, 0));
            while let Some((node, next)) = path.last_mut() {
                let kind = snapshot.nodes[*node as usize].kind as usize;
                if *next == 0 {
                    if above[kind] == 0 {
                        sums[kind].objects += self.objects[*node as usize] as usize;
                        sums[kind].bytes += self.bytes[*node as usize] as usize;
                    }
                    above[kind] += 1;
                }
                match children.of_one(*node).get(*next) {
                    Some(&child) => {
                        *next += 1;
                        path.push((child, 0));
                    }
                    None => {
                        above[kind] -= 1;
                        path.pop();
                    }
                }
            }
        }
        sums.retain(|sum| sum.objects > 0);
        sums.sort_by_key(|sum| (Reverse(sum.bytes), sum.type_name));
        sums
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

/// Lists of numbers by number, one behind the other.
struct Lists {
    starts: Vec<u32>,
    items: Vec<u32>,
}

impl Lists {
    fn of(count: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut starts = vec![0u32; count + 1];
        for (key, _) in pairs.clone() {
            starts[key as usize + 1] += 1;
        }
        for at in 0..count {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut items = vec![0; starts[count] as usize];
        for (key, item) in pairs {
            items[next[key as usize] as usize] = item;
            next[key as usize] += 1;
        }
        Lists { starts, items }
    }

    fn of_one(&self, key: u32) -> &[u32] {
        let (from, to) = (self.starts[key as usize], self.starts[key as usize + 1]);
        &self.items[from as usize..to as usize]
    }
}

/// The tree of dominators, in numbers of the depth-first order; 0 is what lies outside the heap.
struct Dominators {
    /// The object of each number; that of 0 means nothing.
    order: Vec<u32>,
    dominator: Vec<u32>,
}

impl Dominators {
    fn of(snapshot: &Snapshot) -> Self {
        let (order, parent) = depth_first(snapshot);
        let count = order.len();
        let mut number = vec![NONE; snapshot.len()];
        for (at, &node) in order.iter().enumerate().skip(1) {
            number[node as usize] = at as u32;
        }
        // Who refers to whom, backwards, from 0 to those held from outside.
        let edges = (1..count).flat_map(|from| {
            let node = order[from] as usize;
            let number = &number;
            let outside = (snapshot.nodes[node].outside() > 0).then_some((from as u32, 0));
            snapshot
                .edges_of(node)
                .map(move |edge| (number[edge.to as usize], from as u32))
                .chain(outside)
        });
        let predecessors = Lists::of(count, edges);

        let mut semi: Vec<u32> = (0..count as u32).collect();
        let mut dominator = vec![0u32; count];
        let mut forest = Forest::new(count);
        // Those whose semidominator is known, linked by it.
        let mut bucket = vec![NONE; count];
        let mut next = vec![NONE; count];
        for at in (1..count as u32).rev() {
            for &before in predecessors.of_one(at) {
                let least = forest.least(before, &semi);
                semi[at as usize] = semi[at as usize].min(semi[least as usize]);
            }
            let by = semi[at as usize] as usize;
            next[at as usize] = bucket[by];
            bucket[by] = at;
            let above = parent[at as usize];
            forest.ancestor[at as usize] = above;
            let mut waiting = core::mem::replace(&mut bucket[above as usize], NONE);
            while waiting != NONE {
                let least = forest.least(waiting, &semi);
                dominator[waiting as usize] = if semi[least as usize] < semi[waiting as usize] {
                    least
                } else {
                    above
                };
                waiting = next[waiting as usize];
            }
        }
        for at in 1..count {
            if dominator[at] != semi[at] {
                dominator[at] = dominator[dominator[at] as usize];
            }
        }
        Dominators { order, dominator }
    }
}

/// The objects in depth-first order from outside the heap, and the number of the one before each.
fn depth_first(snapshot: &Snapshot) -> (Vec<u32>, Vec<u32>) {
    let (mut order, mut parent) = (vec![NONE], vec![0]);
    let mut seen = vec![false; snapshot.len()];
    let mut path: Vec<(u32, u32)> = Vec::new();
    for root in (0..snapshot.len()).filter(|&node| snapshot.nodes[node].outside() > 0) {
        if seen[root] {
            continue;
        }
        seen[root] = true;
        path.push((order.len() as u32, 0));
        order.push(root as u32);
        parent.push(0);
        while let Some((number, next)) = path.last_mut() {
            let node = snapshot.nodes[order[*number as usize] as usize];
            if *next == node.edges {
                path.pop();
                continue;
            }
            let to = snapshot.edges[(node.first + *next) as usize].to;
            *next += 1;
            if !seen[to as usize] {
                seen[to as usize] = true;
                let above = *number;
                path.push((order.len() as u32, 0));
                order.push(to);
                parent.push(above);
            }
        }
    }
    (order, parent)
}

/// The depth-first tree as far as it is linked, with paths compressed.
struct Forest {
    ancestor: Vec<u32>,
    /// On the path to the root of its tree, the one with the least semidominator, as far as is known.
    best: Vec<u32>,
    path: Vec<u32>,
}

impl Forest {
    fn new(count: usize) -> Self {
        Forest {
            ancestor: vec![NONE; count],
            best: (0..count as u32).collect(),
            path: Vec::new(),
        }
    }

    fn least(&mut self, of: u32, semi: &[u32]) -> u32 {
        if self.ancestor[of as usize] == NONE {
            return of;
        }
        self.path.clear();
        let mut at = of;
        while self.ancestor[self.ancestor[at as usize] as usize] != NONE {
            self.path.push(at);
            at = self.ancestor[at as usize];
        }
        let mut above = at;
        while let Some(at) = self.path.pop() {
            let best = self.best[above as usize];
            if semi[best as usize] < semi[self.best[at as usize] as usize] {
                self.best[at as usize] = best;
            }
            self.ancestor[at as usize] = self.ancestor[above as usize];
            above = at;
        }
        self.best[of as usize]
    }
}
