//! `Rc`: no collector. What it cannot free it leaks.

use super::objects::{made_of_objects, objects};
use crate::peers::counted::{Counted, When, WithWeak};
use std::{
    cell::RefCell,
    rc::{Rc, Weak},
};

objects!(Rc, RefCell<[Option<Rc<Node>>; 3]>);

pub struct Counting;

impl Counted for Counting {
    made_of_objects!(Rc);

    fn new(_: When) -> Self {
        Counting
    }

    fn collect(&mut self) {}
}

impl WithWeak for Counting {
    type Weak = Weak<Node>;

    fn downgrade(node: &Self::Node) -> Self::Weak {
        Rc::downgrade(node)
    }

    fn upgrade(&self, weak: &Self::Weak) -> Option<Self::Node> {
        weak.upgrade()
    }
}
