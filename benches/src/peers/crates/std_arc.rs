//! `Arc`: no collector. What it cannot free it leaks.

use super::objects::{made_of_objects, objects};
use crate::peers::counted::{Counted, When, WithWeak};
use std::sync::{Arc, Mutex, Weak};

objects!(Arc, Mutex<[Option<Arc<Node>>; 3]>);

pub struct Counting;

impl Counted for Counting {
    made_of_objects!(Arc);

    fn new(_: When) -> Self {
        Counting
    }

    fn collect(&mut self) {}
}

impl WithWeak for Counting {
    type Weak = Weak<Node>;

    fn downgrade(node: &Self::Node) -> Self::Weak {
        Arc::downgrade(node)
    }

    fn upgrade(&self, weak: &Self::Weak) -> Option<Self::Node> {
        weak.upgrade()
    }
}
