//! Dominators in slices, by the algorithm of Lengauer and Tarjan.
//!
//! An object *dominates* another one when every path from outside the heap to that one leads through it. The objects are
//! numbered depth first from outside the heap, which is number 0. From the last to the first, each gets its
//! *semidominator*: the least number from which a path of greater numbers leads to it. Where nothing on the way to that
//! has a lesser one, that is the dominator, else the two have the same. Each step of each loop is a move, so that any of
//! them may be a slice's last; the cost is O(edges · log objects).

use super::chunks::Chunks;
use super::discard::Free;
use super::snapshot::Snapshot;

/// No number.
pub(super) const NONE: u32 = u32::MAX;

/// Finds the dominator of each object that something outside the heap leads to.
#[derive(Default)]
pub(super) struct Dominators {
    phase: Phase,
    /// By number, in depth-first order; 0 is what lies outside the heap.
    pub(super) vertices: Chunks<Vertex>,
    /// By object.
    number: Chunks<u32>,
    /// Numbers of those that refer to each vertex, one vertex behind the other.
    predecessors: Chunks<u32>,
    /// A vertex or an object, and how many of its edges or predecessors are done with.
    place: u32,
    edge: u32,
    /// In Walk: the edges that are done with of those above.
    above: Chunks<u32>,
    /// In Dominate: which of a bucket is next.
    waiting: u32,
    fold: Fold,
}

#[derive(Clone, Copy)]
pub(super) struct Vertex {
    /// The object; means nothing of vertex 0.
    pub(super) node: u32,
    pub(super) dominator: u32,
    semi: u32,
    /// The one before it in depth-first order; nearer to the top when paths through it are folded.
    ancestor: u32,
    /// The vertex with the least semidominator on the path that is folded.
    best: u32,
    /// Where its predecessors begin.
    first: u32,
    /// The first of those that wait for this one, and the next that waits for the same: vertices with this
    /// semidominator; then, for who walks the tree, those with this dominator.
    pub(super) inner: u32,
    pub(super) next: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Phase {
    /// No object is reached yet.
    #[default]
    Begin,
    /// The next of those held from outside.
    Root,
    /// Depth first, a handle a move.
    Walk,
    /// Where the predecessors of each vertex end.
    Sum,
    Fill,
    /// From the last vertex to the first: the predecessors of one.
    Semi,
    /// Those that waited for the one before it.
    Dominate,
    /// From the first to the last.
    Settle,
    Done,
}

impl Dominators {
    /// One move. False when all is found.
    pub(super) fn step(&mut self, snapshot: &Snapshot) -> bool {
        match self.phase {
            Phase::Begin => self.begin(snapshot),
            Phase::Root => self.root(snapshot),
            Phase::Walk => self.walk(snapshot),
            Phase::Sum => self.sum(),
            Phase::Fill => self.fill(snapshot),
            Phase::Semi => self.semi(),
            Phase::Dominate => self.dominate(),
            Phase::Settle => self.settle(),
            Phase::Done => return false,
        }
        true
    }

    fn enter(&mut self, phase: Phase, place: usize) {
        self.phase = phase;
        self.place = place as u32;
        self.edge = 0;
    }

    fn add(&mut self, node: u32, ancestor: u32, semi: u32) {
        let number = self.vertices.len() as u32;
        self.vertices.push(Vertex {
            node,
            dominator: 0,
            semi,
            ancestor,
            best: number,
            first: 0,
            inner: NONE,
            next: NONE,
        });
    }

    fn begin(&mut self, snapshot: &Snapshot) {
        if self.number.len() < snapshot.len() {
            self.number.push(NONE);
        } else {
            self.add(NONE, 0, 0);
            self.enter(Phase::Root, 0);
        }
    }

    fn root(&mut self, snapshot: &Snapshot) {
        let root = self.place as usize;
        if root == snapshot.len() {
            self.enter(Phase::Sum, 1);
            return;
        }
        self.place += 1;
        if self.number[root] == NONE && snapshot.nodes[root].outside() > 0 {
            self.number[root] = self.vertices.len() as u32;
            self.add(root as u32, 0, 0);
            // The objects before it need not be looked at again.
            self.above.push(self.place);
            self.enter(Phase::Walk, self.vertices.len() - 1);
        }
    }

    fn walk(&mut self, snapshot: &Snapshot) {
        let Vertex { node, ancestor, .. } = self.vertices[self.place as usize];
        let node = &snapshot.nodes[node as usize];
        if self.edge == node.edges {
            let above = self.above.pop().unwrap_or(0);
            if ancestor == 0 {
                self.enter(Phase::Root, above as usize);
            } else {
                (self.place, self.edge) = (ancestor, above);
            }
            return;
        }
        let to = snapshot.edges[(node.first + self.edge) as usize].to;
        self.edge += 1;
        // Room for who refers to whom.
        self.predecessors.push(NONE);
        let seen = self.number[to as usize];
        if seen != NONE {
            self.vertices[seen as usize].first += 1;
            return;
        }
        let number = self.vertices.len() as u32;
        self.number[to as usize] = number;
        // One that is held from outside needs no search: nothing is less than 0.
        let held = snapshot.nodes[to as usize].outside() > 0;
        self.add(to, self.place, if held { 0 } else { number });
        self.vertices[number as usize].first = 1;
        self.above.push(self.edge);
        (self.place, self.edge) = (number, 0);
    }

    fn sum(&mut self) {
        let place = self.place as usize;
        if place == self.vertices.len() {
            self.enter(Phase::Fill, 1);
            return;
        }
        self.vertices[place].first += self.vertices[place - 1].first;
        self.place += 1;
    }

    fn fill(&mut self, snapshot: &Snapshot) {
        let place = self.place as usize;
        if place == self.vertices.len() {
            self.waiting = NONE;
            self.enter(Phase::Semi, place - 1);
            return;
        }
        let node = &snapshot.nodes[self.vertices[place].node as usize];
        if self.edge == node.edges {
            self.place += 1;
            self.edge = 0;
            return;
        }
        let to = snapshot.edges[(node.first + self.edge) as usize].to;
        self.edge += 1;
        let to = &mut self.vertices[self.number[to as usize] as usize];
        to.first -= 1;
        self.predecessors[to.first as usize] = self.place;
    }

    fn semi(&mut self) {
        let place = self.place as usize;
        if place == 0 {
            self.enter(Phase::Settle, 1);
            return;
        }
        let Vertex { first, semi, .. } = self.vertices[place];
        let end = match place + 1 < self.vertices.len() {
            true => self.vertices[place + 1].first,
            false => self.predecessors.len() as u32,
        };
        if semi > 0 && first + self.edge < end {
            let from = self.predecessors[(first + self.edge) as usize];
            // One that is not linked yet is itself the beginning of such a path.
            let found = match from <= self.place {
                true => Some(from),
                false => {
                    let least = self.fold.step(&mut self.vertices, from, self.place + 1);
                    least.map(|least| self.vertices[least as usize].semi)
                }
            };
            if let Some(found) = found {
                self.vertices[place].semi = semi.min(found);
                self.edge += 1;
            }
            return;
        }
        if semi > 0 {
            // Its dominator is found when all between the two are linked.
            self.vertices[place].next = self.vertices[semi as usize].inner;
            self.vertices[semi as usize].inner = self.place;
        }
        let above = self.vertices[place].ancestor as usize;
        self.waiting = core::mem::replace(&mut self.vertices[above].inner, NONE);
        self.phase = Phase::Dominate;
    }

    fn dominate(&mut self) {
        if self.waiting == NONE {
            self.enter(Phase::Semi, self.place as usize - 1);
            return;
        }
        let of = self.waiting as usize;
        let Some(least) = self.fold.step(&mut self.vertices, self.waiting, self.place) else {
            return;
        };
        let semi = self.vertices[of].semi;
        let lesser = self.vertices[least as usize].semi < semi;
        self.waiting = core::mem::replace(&mut self.vertices[of].next, NONE);
        self.vertices[of].dominator = if lesser { least } else { semi };
    }

    fn settle(&mut self) {
        let place = self.place as usize;
        if place == self.vertices.len() {
            self.phase = Phase::Done;
            return;
        }
        let Vertex {
            dominator, semi, ..
        } = self.vertices[place];
        if dominator != semi {
            self.vertices[place].dominator = self.vertices[dominator as usize].dominator;
        }
        self.place += 1;
    }
}

impl Free for Dominators {
    fn free_some(&mut self) -> bool {
        self.fold.path.free_some()
            || self.above.free_some()
            || self.predecessors.free_some()
            || self.vertices.free_some()
            || self.number.free_some()
    }
}

/// The way up from a vertex through those that are linked, folded so that the next way is shorter.
#[derive(Default)]
struct Fold {
    path: Chunks<u32>,
    at: u32,
    down: bool,
}

impl Fold {
    /// A move on the way up from `of` or back down; the numbers from `linked` on are linked. Answers the vertex with the
    /// least semidominator on the way.
    fn step(&mut self, vertices: &mut Chunks<Vertex>, of: u32, linked: u32) -> Option<u32> {
        if !self.down {
            if self.path.len() == 0 {
                self.at = of;
            }
            let above = vertices[self.at as usize].ancestor;
            if above >= linked {
                self.path.push(self.at);
                self.at = above;
                return None;
            }
            self.down = true;
        }
        let Some(below) = self.path.pop() else {
            self.down = false;
            return Some(vertices[of as usize].best);
        };
        let Vertex { ancestor, best, .. } = vertices[self.at as usize];
        let semi = vertices[best as usize].semi;
        let own = vertices[below as usize].best;
        let lesser = semi < vertices[own as usize].semi;
        let vertex = &mut vertices[below as usize];
        vertex.ancestor = ancestor;
        if lesser {
            vertex.best = best;
        }
        self.at = below;
        None
    }
}
