//! bacon_rajan_cc. It never collects by itself: a loop of frames asks for it each `EVERY` frames.

use super::objects::{Every, made_of_objects, objects};
use crate::peers::counted::{Counted, When, WithWeak};
use bacon_rajan_cc::{Cc, Trace, Tracer, Weak, collect_cycles};
use std::cell::RefCell;

objects!(Cc, RefCell<[Option<Cc<Node>>; 3]>);

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

pub struct BaconRajan<const EVERY: u32>(Every<EVERY>);

impl<const EVERY: u32> Counted for BaconRajan<EVERY> {
    made_of_objects!(Cc);

    fn new(_: When) -> Self {
        BaconRajan(Every::default())
    }

    fn collect(&mut self) {
        collect_cycles();
    }

    fn end_frame(&mut self) {
        if self.0.is_due() {
            self.collect();
        }
    }
}

impl<const EVERY: u32> WithWeak for BaconRajan<EVERY> {
    type Weak = Weak<Node>;

    fn downgrade(node: &Self::Node) -> Self::Weak {
        node.downgrade()
    }

    fn upgrade(&self, weak: &Self::Weak) -> Option<Self::Node> {
        weak.upgrade()
    }
}
