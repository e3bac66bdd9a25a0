//! gc-core. For frames either its policy for game loops, with one step a frame, or the one out of the box.

use crate::{
    graph::{Node, Root},
    peers::counted::{Body, Counted, When, WithWeak},
};
use gc_core::{Budget, Gc, Heap, HeapConfig, Policy, Trace, Weak};
use std::time::Duration;

/// What a frame's step may take.
const BUDGET: Duration = Duration::from_micros(500);

#[derive(Trace)]
pub struct Owner {
    pub hp: u64,
    pub last: Option<Gc<Bullet>>,
}

#[derive(Trace)]
pub struct Bullet {
    owner: Gc<Owner>,
    body: Body,
}

#[derive(Trace)]
pub struct Small {
    pub next: Option<Gc<Small>>,
    pub value: u64,
}

pub struct GcCore<const PACED: bool> {
    heap: Heap,
}

impl<const PACED: bool> Counted for GcCore<PACED> {
    type Node = Gc<Node>;
    type Root = Gc<Root>;
    type Owner = Gc<Owner>;
    type Bullet = Gc<Bullet>;
    type Small = Gc<Small>;

    fn new(when: When) -> Self {
        let policy = match when {
            When::Default => Policy::default(),
            When::Asked | When::Frames => Policy::Disabled,
        };
        GcCore {
            heap: Heap::with_config(HeapConfig {
                policy,
                ..HeapConfig::default()
            }),
        }
    }

    fn node(&mut self, payload: u64, edge: Option<Gc<Node>>) -> Gc<Node> {
        self.heap.alloc(Node {
            edges: [edge, None, None],
            payload,
        })
    }

    fn link(&mut self, node: &Gc<Node>, edge: usize, to: Option<Gc<Node>>) {
        self.heap.get_mut(node).edges[edge] = to;
    }

    fn payload(&self, node: &Gc<Node>) -> u64 {
        self.heap.get(node).payload
    }

    fn root(&mut self, nodes: Vec<Gc<Node>>) -> Gc<Root> {
        self.heap.alloc(Root { nodes })
    }

    fn owner(&mut self) -> Gc<Owner> {
        self.heap.alloc(Owner { hp: 3, last: None })
    }

    fn bullet(&mut self, owner: &Gc<Owner>, body: Body) -> Gc<Bullet> {
        self.heap.alloc(Bullet {
            owner: owner.clone(),
            body,
        })
    }

    fn hit(&self, bullet: &Gc<Bullet>) -> u64 {
        let bullet = self.heap.get(bullet);
        bullet.body[0] + self.heap.get(&bullet.owner).hp
    }

    fn small(&mut self, value: u64) -> Gc<Small> {
        self.heap.alloc(Small { next: None, value })
    }

    fn reclaim(&mut self) {
        self.heap.reclaim();
    }

    fn collect(&mut self) {
        self.heap.collect();
    }

    fn begin_frames(&mut self) {
        self.heap.collect();
        self.heap.set_policy(if PACED {
            Policy::Budgeted(Budget::time(BUDGET))
        } else {
            Policy::Automatic
        });
    }

    fn end_frame(&mut self) {
        if PACED {
            self.heap.step(Budget::time(BUDGET));
        }
    }
}

impl<const PACED: bool> WithWeak for GcCore<PACED> {
    type Weak = Weak<Node>;

    fn downgrade(node: &Self::Node) -> Self::Weak {
        node.downgrade()
    }

    fn upgrade(&self, weak: &Self::Weak) -> Option<Self::Node> {
        self.heap.upgrade(*weak)
    }
}
