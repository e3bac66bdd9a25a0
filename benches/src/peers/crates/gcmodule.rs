//! jrsonnet-gcmodule. It never collects by itself: a loop of frames asks for it each `EVERY` frames.

use super::objects::{Edges, Every, made_of_objects, objects};
use crate::peers::counted::{Counted, When, WithWeak};
use jrsonnet_gcmodule::{Cc, Trace, Weak, collect_thread_cycles};
use std::cell::RefCell;

/// It traces no arrays.
type Three<H> = (Option<H>, Option<H>, Option<H>);

objects!(
    #[derive(Trace)]
    #[trace(tracking(force))]
    Cc,
    RefCell<Three<Cc<Node>>>,
    #[trace(skip)]
    body
);

impl<H> Edges for RefCell<Three<H>> {
    type Handle = H;

    #[inline]
    fn new(first: Option<H>) -> Self {
        RefCell::new((first, None, None))
    }

    #[inline]
    fn set(&self, edge: usize, to: Option<H>) {
        let mut edges = self.borrow_mut();
        match edge {
            0 => edges.0 = to,
            1 => edges.1 = to,
            _ => edges.2 = to,
        }
    }
}

pub struct Gcmodule<const EVERY: u32>(Every<EVERY>);

impl<const EVERY: u32> Counted for Gcmodule<EVERY> {
    made_of_objects!(Cc);

    fn new(_: When) -> Self {
        Gcmodule(Every::default())
    }

    fn collect(&mut self) {
        _ = collect_thread_cycles();
    }

    fn end_frame(&mut self) {
        if self.0.is_due() {
            self.collect();
        }
    }
}

impl<const EVERY: u32> WithWeak for Gcmodule<EVERY> {
    type Weak = Weak<Node>;

    fn downgrade(node: &Self::Node) -> Self::Weak {
        node.downgrade()
    }

    fn upgrade(&self, weak: &Self::Weak) -> Option<Self::Node> {
        weak.upgrade()
    }
}
