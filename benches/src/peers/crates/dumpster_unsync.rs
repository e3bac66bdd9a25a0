//! dumpster, the collector for one thread. It collects inside drops, when more handles were dropped than are alive.

use crate::peers::counted::{Body, Counted, When};
use dumpster::{
    Trace,
    unsync::{CollectInfo, Gc, collect, default_collect_condition, set_collect_condition},
};
use std::cell::RefCell;

#[derive(Trace)]
pub struct Node {
    edges: RefCell<[Option<Gc<Node>>; 3]>,
    payload: u64,
}

#[derive(Trace)]
pub struct Root {
    pub nodes: Vec<Gc<Node>>,
}

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

pub struct Dumpster;

impl Counted for Dumpster {
    type Node = Gc<Node>;
    type Root = Gc<Root>;
    type Owner = Gc<Owner>;
    type Bullet = Gc<Bullet>;
    type Small = Gc<Small>;

    fn new(when: When) -> Self {
        set_collect_condition(match when {
            When::Default | When::Frames => default_collect_condition,
            When::Asked => |_: &CollectInfo| false,
        });
        Dumpster
    }

    fn node(&mut self, payload: u64, edge: Option<Gc<Node>>) -> Gc<Node> {
        Gc::new(Node {
            edges: RefCell::new([edge, None, None]),
            payload,
        })
    }

    fn link(&mut self, node: &Gc<Node>, edge: usize, to: Option<Gc<Node>>) {
        node.edges.borrow_mut()[edge] = to;
    }

    fn payload(&self, node: &Gc<Node>) -> u64 {
        node.payload
    }

    fn root(&mut self, nodes: Vec<Gc<Node>>) -> Gc<Root> {
        Gc::new(Root { nodes })
    }

    fn owner(&mut self) -> Gc<Owner> {
        Gc::new(Owner { hp: 3, last: None })
    }

    fn bullet(&mut self, owner: &Gc<Owner>, body: Body) -> Gc<Bullet> {
        Gc::new(Bullet {
            owner: owner.clone(),
            body,
        })
    }

    fn hit(&self, bullet: &Gc<Bullet>) -> u64 {
        bullet.body[0] + bullet.owner.hp
    }

    fn small(&mut self, value: u64) -> Gc<Small> {
        Gc::new(Small { next: None, value })
    }

    fn collect(&mut self) {
        collect();
    }
}
