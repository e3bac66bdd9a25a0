//! `Rc`: no collector. What it cannot free it leaks.

use super::objects::{made_of_objects, objects};
use crate::peers::counted::{Counted, When};
use std::{cell::RefCell, rc::Rc};

objects!(Rc, RefCell<[Option<Rc<Node>>; 3]>);

pub struct Counting;

impl Counted for Counting {
    made_of_objects!(Rc);

    fn new(_: When) -> Self {
        Counting
    }

    fn collect(&mut self) {}
}
