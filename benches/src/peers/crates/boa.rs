//! boa_gc. It collects when an object is made and the bytes exceed a threshold; that cannot be switched off.

use super::objects::{Edges, made_of_objects, objects};
use crate::peers::counted::{Counted, When, WithWeak};
use boa_gc::{Finalize, Gc, GcRefCell, Trace, WeakGc, force_collect};

objects!(
    #[derive(Trace, Finalize)]
    Gc,
    GcRefCell<[Option<Gc<Node>>; 3]>
);

impl<H: Trace> Edges for GcRefCell<[Option<H>; 3]> {
    type Handle = H;

    #[inline]
    fn new(first: Option<H>) -> Self {
        GcRefCell::new([first, None, None])
    }

    #[inline]
    fn set(&self, edge: usize, to: Option<H>) {
        self.borrow_mut()[edge] = to;
    }
}

pub struct Boa;

impl Counted for Boa {
    made_of_objects!(Gc);

    fn new(_: When) -> Self {
        Boa
    }

    fn collect(&mut self) {
        force_collect();
    }
}

impl WithWeak for Boa {
    type Weak = WeakGc<Node>;

    fn downgrade(node: &Self::Node) -> Self::Weak {
        WeakGc::new(node)
    }

    fn upgrade(&self, weak: &Self::Weak) -> Option<Self::Node> {
        weak.upgrade()
    }
}
