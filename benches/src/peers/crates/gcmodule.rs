//! jrsonnet-gcmodule. It never collects by itself: a loop of frames asks for it each `EVERY` frames.

use crate::peers::counted::{Body, Counted, When};
use jrsonnet_gcmodule::{Cc, Trace, collect_thread_cycles};
use std::cell::RefCell;

type Edges = (Option<Cc<Node>>, Option<Cc<Node>>, Option<Cc<Node>>);

#[derive(Trace)]
#[trace(tracking(force))]
pub struct Node {
    // It traces no arrays.
    edges: RefCell<Edges>,
    payload: u64,
}

#[derive(Trace)]
#[trace(tracking(force))]
pub struct Root {
    pub nodes: Vec<Cc<Node>>,
}

#[derive(Trace)]
#[trace(tracking(force))]
pub struct Owner {
    pub hp: u64,
    pub last: Option<Cc<Bullet>>,
}

#[derive(Trace)]
#[trace(tracking(force))]
pub struct Bullet {
    owner: Cc<Owner>,
    #[trace(skip)]
    body: Body,
}

#[derive(Trace)]
#[trace(tracking(force))]
pub struct Small {
    pub next: Option<Cc<Small>>,
    pub value: u64,
}

pub struct Gcmodule<const EVERY: u32> {
    frame: u32,
}

impl<const EVERY: u32> Counted for Gcmodule<EVERY> {
    type Node = Cc<Node>;
    type Root = Cc<Root>;
    type Owner = Cc<Owner>;
    type Bullet = Cc<Bullet>;
    type Small = Cc<Small>;

    fn new(_: When) -> Self {
        Gcmodule { frame: 0 }
    }

    fn node(&mut self, payload: u64, edge: Option<Cc<Node>>) -> Cc<Node> {
        Cc::new(Node {
            edges: RefCell::new((edge, None, None)),
            payload,
        })
    }

    fn link(&mut self, node: &Cc<Node>, edge: usize, to: Option<Cc<Node>>) {
        let mut edges = node.edges.borrow_mut();
        match edge {
            0 => edges.0 = to,
            1 => edges.1 = to,
            _ => edges.2 = to,
        }
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
        _ = collect_thread_cycles();
    }

    fn end_frame(&mut self) {
        self.frame += 1;
        if self.frame.is_multiple_of(EVERY) {
            self.collect();
        }
    }
}
