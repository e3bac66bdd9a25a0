//! `Rc`: no collector. What it cannot free it leaks.

use crate::peers::counted::{Body, Counted, When};
use std::{cell::RefCell, rc::Rc};

pub struct Node {
    edges: RefCell<[Option<Rc<Node>>; 3]>,
    payload: u64,
}

pub struct Root {
    pub nodes: Vec<Rc<Node>>,
}

pub struct Owner {
    pub hp: u64,
    pub last: Option<Rc<Bullet>>,
}

pub struct Bullet {
    owner: Rc<Owner>,
    body: Body,
}

pub struct Small {
    pub next: Option<Rc<Small>>,
    pub value: u64,
}

pub struct Counting;

impl Counted for Counting {
    type Node = Rc<Node>;
    type Root = Rc<Root>;
    type Owner = Rc<Owner>;
    type Bullet = Rc<Bullet>;
    type Small = Rc<Small>;

    fn new(_: When) -> Self {
        Counting
    }

    fn node(&mut self, payload: u64, edge: Option<Rc<Node>>) -> Rc<Node> {
        Rc::new(Node {
            edges: RefCell::new([edge, None, None]),
            payload,
        })
    }

    fn link(&mut self, node: &Rc<Node>, edge: usize, to: Option<Rc<Node>>) {
        node.edges.borrow_mut()[edge] = to;
    }

    fn payload(&self, node: &Rc<Node>) -> u64 {
        node.payload
    }

    fn root(&mut self, nodes: Vec<Rc<Node>>) -> Rc<Root> {
        Rc::new(Root { nodes })
    }

    fn owner(&mut self) -> Rc<Owner> {
        Rc::new(Owner { hp: 3, last: None })
    }

    fn bullet(&mut self, owner: &Rc<Owner>, body: Body) -> Rc<Bullet> {
        Rc::new(Bullet {
            owner: owner.clone(),
            body,
        })
    }

    fn hit(&self, bullet: &Rc<Bullet>) -> u64 {
        bullet.body[0] + bullet.owner.hp
    }

    fn small(&mut self, value: u64) -> Rc<Small> {
        Rc::new(Small { next: None, value })
    }

    fn collect(&mut self) {}
}
