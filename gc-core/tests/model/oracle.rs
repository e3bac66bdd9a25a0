//! What is true, in plain safe Rust: a graph of ids, and the handles that the game holds.

use super::objects::{Event, Id, Kind};

#[derive(Debug)]
pub struct Node {
    pub kind: Kind,
    pub edges: Vec<Id>,
    /// What they were when it was dropped.
    pub last_edges: Vec<Id>,
    pub dropped: bool,
    pub dropped_at: u64,
    pub finalized: bool,
    /// The heap may have condemned it, and then a finalizer brought it back.
    pub revived: bool,
    /// When that was settled last: older weak handles may be dead.
    pub revived_at: u64,
}

#[derive(Default)]
pub struct Oracle {
    pub nodes: Vec<Node>,
    /// Handles of the game, in the order of the machine's own list.
    pub held: Vec<Id>,
    pub outside: Vec<Id>,
    pub anchor: Option<Id>,
    /// Values on their way into `alloc`: of the game, and of finalizers.
    pub in_flight: Vec<Id>,
    pub fresh: Vec<Id>,
    /// Objects whose finalizer runs: it has a handle.
    pub running: Vec<Id>,
    pub clock: u64,
    pub finalizers: u64,
    /// The heap has ended: everything goes, reachable or not.
    pub heap_ended: bool,
    pub quarantine: bool,
    pub panics: bool,
    /// What happened, to be read after a failure.
    pub history: Option<Vec<String>>,
}

impl Oracle {
    pub fn born(&mut self, id: Id, kind: Kind, edges: Vec<Id>) {
        assert_eq!(id as usize, self.nodes.len(), "ids are given out in order");
        self.nodes.push(Node {
            kind,
            edges,
            last_edges: Vec::new(),
            dropped: false,
            dropped_at: 0,
            finalized: false,
            revived: false,
            revived_at: 0,
        });
    }

    pub fn node(&self, id: Id) -> &Node {
        &self.nodes[id as usize]
    }

    pub fn node_mut(&mut self, id: Id) -> &mut Node {
        &mut self.nodes[id as usize]
    }

    pub fn alive(&self) -> usize {
        self.nodes.iter().filter(|n| !n.dropped).count()
    }

    pub fn reachable_from(&self, roots: impl IntoIterator<Item = Id>) -> Vec<bool> {
        let mut seen = vec![false; self.nodes.len()];
        let mut stack: Vec<Id> = roots.into_iter().collect();
        while let Some(id) = stack.pop() {
            if !std::mem::replace(&mut seen[id as usize], true) {
                stack.extend(&self.nodes[id as usize].edges);
            }
        }
        seen
    }

    /// What the game can reach, through strong handles.
    pub fn reachable(&self) -> Vec<bool> {
        self.reachable_from(
            self.held
                .iter()
                .chain(&self.outside)
                .chain(&self.anchor)
                .copied(),
        )
    }

    fn reachable_now(&self) -> Vec<bool> {
        self.reachable_from(
            self.held
                .iter()
                .chain(&self.outside)
                .chain(&self.anchor)
                .chain(&self.in_flight)
                .chain(&self.fresh)
                .chain(&self.running)
                .copied(),
        )
    }

    pub fn apply(&mut self, event: Event) -> Result<(), String> {
        self.clock += 1;
        if let Some(history) = &mut self.history {
            history.push(format!("    {event:?}"));
        }
        let before = if self.running.is_empty() && !matches!(event, Event::FinalizeBegin(_)) {
            None
        } else {
            Some(self.reachable_now())
        };
        match event {
            Event::Dropped(id) => {
                if self.node(id).dropped {
                    return Err(format!("#{id} was dropped twice"));
                }
                // A value whose `alloc` unwound never became an object.
                let unwound =
                    self.panics && (self.in_flight.contains(&id) || self.fresh.contains(&id));
                if !self.heap_ended && !unwound && self.reachable_now()[id as usize] {
                    return Err(format!("#{id} was dropped while reachable"));
                }
                let node = self.node_mut(id);
                if node.kind == Kind::Fin
                    && !node.finalized
                    && !unwound
                    && !self.heap_ended
                    && !self.quarantine
                {
                    return Err(format!("#{id} was dropped before its finalizer ran"));
                }
                let clock = self.clock;
                let node = self.node_mut(id);
                node.dropped = true;
                node.dropped_at = clock;
                node.last_edges = std::mem::take(&mut node.edges);
            }
            Event::FinalizeBegin(id) => {
                let reachable = before.as_ref().is_some_and(|r| r[id as usize]);
                let node = self.node_mut(id);
                if node.dropped {
                    return Err(format!("#{id} is finalized after its drop"));
                }
                if node.finalized {
                    return Err(format!("#{id} is finalized twice"));
                }
                node.finalized = true;
                let revived = node.revived;
                // Another finalizer of the same batch may have saved it since it was condemned.
                if reachable && !revived && !self.heap_ended {
                    return Err(format!("#{id} is finalized while reachable"));
                }
                self.finalizers += 1;
                self.running.push(id);
            }
            Event::FinalizeEnd(id) => {
                if self.running.pop() != Some(id) {
                    return Err(format!("the finalizer of #{id} ended out of order"));
                }
                if self.running.is_empty() {
                    self.fresh.clear();
                }
            }
            Event::Held(id) => {
                if self.node(id).dropped {
                    return Err(format!("a finalizer got a handle of the dropped #{id}"));
                }
                self.outside.push(id);
            }
            Event::Released => {
                self.outside.pop();
            }
            Event::Linked { from, to } => self.node_mut(from).edges.push(to),
            Event::Unlinked(id) => self.node_mut(id).edges.clear(),
            Event::Born { id, edges } => {
                self.born(id, Kind::Plain, edges);
                self.fresh.push(id);
            }
            Event::Stillborn(id) => {
                self.in_flight.retain(|i| *i != id);
                self.fresh.retain(|i| *i != id);
                // Its finalizer is never due.
                self.node_mut(id).finalized = true;
            }
            Event::Fault(text) => return Err(text),
        }
        if let Some(before) = before {
            // Once brought back it may have been condemned already, until the job is over.
            let after = self.reachable_now();
            for (i, reachable) in after.into_iter().enumerate() {
                if reachable && !before.get(i).copied().unwrap_or(false) {
                    self.nodes[i].revived = true;
                    self.nodes[i].revived_at = self.clock;
                }
            }
        }
        Ok(())
    }

    /// No job is in progress: nothing is condemned any more.
    pub fn settled(&mut self) {
        if !self.nodes.iter().any(|n| n.revived) {
            return;
        }
        // Weak handles made up to now may have been made of something condemned.
        self.clock += 1;
        for node in &mut self.nodes {
            if std::mem::take(&mut node.revived) {
                node.revived_at = self.clock;
            }
        }
    }

    /// Whether a weak handle made at `stamp` must still reach `id`, which is reachable.
    pub fn weak_must_live(&self, id: Id, stamp: u64) -> bool {
        let node = self.node(id);
        // Quarantine brings back by itself, at a moment that the oracle does not see.
        !node.revived && stamp >= node.revived_at && !self.quarantine
    }
}
