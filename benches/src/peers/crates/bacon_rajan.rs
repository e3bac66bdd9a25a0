//! bacon_rajan_cc. It never collects by itself: a loop of frames asks for it each `EVERY` frames.

use crate::peers::counted::{Body, Counted, When};
use bacon_rajan_cc::{Cc, Trace, Tracer, collect_cycles};
use std::cell::RefCell;

pub struct Node {
    edges: RefCell<[Option<Cc<Node>>; 3]>,
    payload: u64,
}

pub struct Root {
    pub nodes: Vec<Cc<Node>>,
}

pub struct Owner {
    pub hp: u64,
    pub last: Option<Cc<Bullet>>,
}

pub struct Bullet {
    owner: Cc<Owner>,
    body: Body,
}

pub struct Small {
    pub next: Option<Cc<Small>>,
    pub value: u64,
}

impl Trace for Node {
    fn trace(&self, tracer: &mut Tracer) {
        self.edges.borrow().iter().for_each(|it| it.trace(tracer));
    }
}

impl Trace for Root {
    fn trace(&self, tracer: &mut Tracer) {
        self.nodes.trace(tracer);
    }
}

impl Trace for Owner {
    fn trace(&self, tracer: &mut Tracer) {
        self.last.trace(tracer);
    }
}

impl Trace for Bullet {
    fn trace(&self, tracer: &mut Tracer) {
        self.owner.trace(tracer);
    }
}

impl Trace for Small {
    fn trace(&self, tracer: &mut Tracer) {
        self.next.trace(tracer);
    }
}

pub struct BaconRajan<const EVERY: u32> {
    frame: u32,
}

impl<const EVERY: u32> Counted for BaconRajan<EVERY> {
    type Node = Cc<Node>;
    type Root = Cc<Root>;
    type Owner = Cc<Owner>;
    type Bullet = Cc<Bullet>;
    type Small = Cc<Small>;

    fn new(_: When) -> Self {
        BaconRajan { frame: 0 }
    }

    fn node(&mut self, payload: u64, edge: Option<Cc<Node>>) -> Cc<Node> {
        Cc::new(Node {
            edges: RefCell::new([edge, None, None]),
            payload,
        })
    }

    fn link(&mut self, node: &Cc<Node>, edge: usize, to: Option<Cc<Node>>) {
        node.edges.borrow_mut()[edge] = to;
    }

    fn payload(&self, node: &Cc<Node>) -> u64 {
        node.payload
    }

    fn root(&mut self, nodes: Vec<Cc<Node>>) -> Cc<Root> {
        Cc::new(Root { nodes })
    }

    fn owner(&mut self) -> Cc<Owner> {
        Cc::new(Owner { hp: 3, last: None })
    }

    fn bullet(&mut self, owner: &Cc<Owner>, body: Body) -> Cc<Bullet> {
        Cc::new(Bullet {
            owner: owner.clone(),
            body,
        })
    }

    fn hit(&self, bullet: &Cc<Bullet>) -> u64 {
        bullet.body[0] + bullet.owner.hp
    }

    fn small(&mut self, value: u64) -> Cc<Small> {
        Cc::new(Small { next: None, value })
    }

    fn collect(&mut self) {
        collect_cycles();
    }

    fn end_frame(&mut self) {
        self.frame += 1;
        if self.frame.is_multiple_of(EVERY) {
            self.collect();
        }
    }
}
