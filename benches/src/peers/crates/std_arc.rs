//! `Arc`: no collector. What it cannot free it leaks.

use crate::peers::counted::{Body, Counted, When};
use std::sync::{Arc, Mutex};

pub struct Node {
    edges: Mutex<[Option<Arc<Node>>; 3]>,
    payload: u64,
}

pub struct Root {
    pub nodes: Vec<Arc<Node>>,
}

pub struct Owner {
    pub hp: u64,
    pub last: Option<Arc<Bullet>>,
}

pub struct Bullet {
    owner: Arc<Owner>,
    body: Body,
}

pub struct Small {
    pub next: Option<Arc<Small>>,
    pub value: u64,
}

pub struct Counting;

impl Counted for Counting {
    type Node = Arc<Node>;
    type Root = Arc<Root>;
    type Owner = Arc<Owner>;
    type Bullet = Arc<Bullet>;
    type Small = Arc<Small>;

    fn new(_: When) -> Self {
        Counting
    }

    fn node(&mut self, payload: u64, edge: Option<Arc<Node>>) -> Arc<Node> {
        Arc::new(Node {
            edges: Mutex::new([edge, None, None]),
            payload,
        })
    }

    fn link(&mut self, node: &Arc<Node>, edge: usize, to: Option<Arc<Node>>) {
        node.edges.lock().expect("nobody panics with it")[edge] = to;
    }

    fn payload(&self, node: &Arc<Node>) -> u64 {
        node.payload
    }

    fn root(&mut self, nodes: Vec<Arc<Node>>) -> Arc<Root> {
        Arc::new(Root { nodes })
    }

    fn owner(&mut self) -> Arc<Owner> {
        Arc::new(Owner { hp: 3, last: None })
    }

    fn bullet(&mut self, owner: &Arc<Owner>, body: Body) -> Arc<Bullet> {
        Arc::new(Bullet {
            owner: owner.clone(),
            body,
        })
    }

    fn hit(&self, bullet: &Arc<Bullet>) -> u64 {
        bullet.body[0] + bullet.owner.hp
    }

    fn small(&mut self, value: u64) -> Arc<Small> {
        Arc::new(Small { next: None, value })
    }

    fn collect(&mut self) {}
}
