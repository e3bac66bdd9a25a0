//! rust-cc. It collects when an object is made and the bytes exceed a threshold that follows the live ones.

use crate::peers::counted::{Body, Counted, When};
use rust_cc::{Cc, Finalize, Trace, collect_cycles, config};
use std::cell::RefCell;

#[derive(Trace, Finalize)]
pub struct Node {
    edges: RefCell<[Option<Cc<Node>>; 3]>,
    payload: u64,
}

#[derive(Trace, Finalize)]
pub struct Root {
    pub nodes: Vec<Cc<Node>>,
}

#[derive(Trace, Finalize)]
pub struct Owner {
    pub hp: u64,
    pub last: Option<Cc<Bullet>>,
}

#[derive(Trace, Finalize)]
pub struct Bullet {
    owner: Cc<Owner>,
    body: Body,
}

#[derive(Trace, Finalize)]
pub struct Small {
    pub next: Option<Cc<Small>>,
    pub value: u64,
}

pub struct RustCc;

impl Counted for RustCc {
    type Node = Cc<Node>;
    type Root = Cc<Root>;
    type Owner = Cc<Owner>;
    type Bullet = Cc<Bullet>;
    type Small = Cc<Small>;

    fn new(when: When) -> Self {
        config::config(|config| config.set_auto_collect(when != When::Asked))
            .expect("no collection is in progress");
        RustCc
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
}
