//! Breadth first through a snapshot, and the path back, a move at a time.

use super::chunks::Chunks;
use super::discard::Free;
use super::paths::Hop;
use super::snapshot::Snapshot;
use alloc::vec::Vec;

/// In the place of the object before: not reached, and reached first of all.
pub(super) const NONE: u32 = u32::MAX;
pub(super) const FIRST: u32 = u32::MAX - 1;

/// What is reached from where.
#[derive(Default)]
pub(super) struct Spread {
    /// For each object, the one before it on a shortest path, and the number of the handle in that one.
    pub(super) before: Chunks<(u32, u32)>,
    /// Those reached, in order of their distance; before `place` they are done with.
    queue: Chunks<u32>,
    place: usize,
    /// The next of the edges of the object at `place`.
    edge: u32,
}

/// A handle that was followed.
pub(super) struct Followed {
    pub(super) from: u32,
    pub(super) edge: u32,
    pub(super) to: u32,
}

impl Spread {
    /// Looks at the next object: those held from outside are where paths start. False when all are looked at.
    pub(super) fn start(&mut self, snapshot: &Snapshot) -> bool {
        let node = self.before.len();
        if node == snapshot.len() {
            return false;
        }
        let held = snapshot.nodes[node].outside() > 0;
        self.before.push((if held { FIRST } else { NONE }, 0));
        if held {
            self.queue.push(node as u32);
        }
        true
    }

    /// From this one only; what else is reached is for the caller to forget.
    pub(super) fn start_at(&mut self, node: u32) {
        self.queue.truncate(0);
        self.queue.push(node);
        (self.place, self.edge) = (0, 0);
    }

    /// The nearest object that is not done with.
    pub(super) fn nearest(&self) -> Option<u32> {
        (self.place < self.queue.len()).then(|| self.queue[self.place])
    }

    /// Follows the next handle of that one, if there is another.
    pub(super) fn follow(&mut self, snapshot: &Snapshot) -> Option<Followed> {
        let from = self.nearest()?;
        let node = &snapshot.nodes[from as usize];
        if self.edge == node.edges {
            self.place += 1;
            self.edge = 0;
            return None;
        }
        let edge = self.edge;
        let to = snapshot.edges[(node.first + edge) as usize].to;
        self.edge += 1;
        let before = &mut self.before[to as usize];
        if before.0 == NONE {
            *before = (from, edge);
            self.queue.push(to);
        }
        Some(Followed { from, edge, to })
    }
}

impl Free for Spread {
    fn free_some(&mut self) -> bool {
        self.queue.free_some() || self.before.free_some()
    }
}

/// A path: found from its end to its start, then told from its start to its end.
pub(super) struct Trail {
    /// The objects from the end on, with the handle that leads to the one in front.
    back: Chunks<(u32, u32)>,
    told: usize,
    pub(super) hops: Vec<Hop>,
    /// How many hops of a long path are told at each end, and how many are not.
    pub(super) ends: usize,
    pub(super) left_out: usize,
}

impl Default for Trail {
    fn default() -> Self {
        Trail {
            back: Chunks::default(),
            told: 0,
            hops: Vec::new(),
            ends: usize::MAX,
            left_out: 0,
        }
    }
}

impl Trail {
    /// The path ends here.
    pub(super) fn end(&mut self, node: u32) {
        self.push(node, NONE);
    }

    /// The one before that, and the number of the handle.
    pub(super) fn push(&mut self, node: u32, edge: u32) {
        self.back.push((node, edge));
    }

    /// A move back to where the spread began. False when it is there.
    pub(super) fn go_back(&mut self, spread: &Spread) -> bool {
        let (last, _) = self.back[self.back.len() - 1];
        let (node, edge) = spread.before[last as usize];
        if node == FIRST {
            return false;
        }
        self.push(node, edge);
        true
    }

    /// Tells of the next hop. False when all are told.
    pub(super) fn tell(&mut self, snapshot: &Snapshot) -> bool {
        let len = self.back.len();
        if self.told == 0 {
            self.left_out = len.saturating_sub(self.ends.saturating_mul(2));
            self.hops.reserve_exact(len - self.left_out);
        }
        if self.told == self.ends {
            self.told += self.left_out;
        }
        if self.told == len {
            return false;
        }
        self.told += 1;
        let (node, edge) = self.back[len - self.told];
        let object = snapshot.object(node as usize);
        self.hops.push(Hop {
            id: object.id,
            type_name: object.type_name,
            outside: object.outside,
            sites: snapshot.sites.outside(node as usize),
            field: match edge {
                NONE => Default::default(),
                edge => snapshot.edge_name(snapshot.edge(node, edge)),
            },
        });
        true
    }
}

impl Free for Trail {
    fn free_some(&mut self) -> bool {
        self.back.free_some()
    }
}
