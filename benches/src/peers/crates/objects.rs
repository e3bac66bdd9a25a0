//! The objects of those whose handles are pointers that are cloned: the same for all, but for the pointer, the cell
//! that makes edges writable, and what makes objects traceable.

use std::{cell::RefCell, sync::Mutex};

/// The three edges of a node, in a cell.
pub trait Edges {
    type Handle;

    fn new(first: Option<Self::Handle>) -> Self;
    fn set(&self, edge: usize, to: Option<Self::Handle>);
}

impl<H> Edges for RefCell<[Option<H>; 3]> {
    type Handle = H;

    #[inline]
    fn new(first: Option<H>) -> Self {
        RefCell::new([first, None, None])
    }

    #[inline]
    fn set(&self, edge: usize, to: Option<H>) {
        self.borrow_mut()[edge] = to;
    }
}

impl<H> Edges for Mutex<[Option<H>; 3]> {
    type Handle = H;

    #[inline]
    fn new(first: Option<H>) -> Self {
        Mutex::new([first, None, None])
    }

    #[inline]
    fn set(&self, edge: usize, to: Option<H>) {
        self.lock().expect("nobody panics with it")[edge] = to;
    }
}

/// The types of the objects: what stands before each, the pointer, the cell of the edges, what stands before the body of
/// a bullet.
macro_rules! objects {
    ($(#[$attribute:meta])* $pointer:ident, $edges:ty $(, $(#[$body:meta])+ body)?) => {
        $(#[$attribute])*
        pub struct Node {
            edges: $edges,
            payload: u64,
        }

        $(#[$attribute])*
        pub struct Root {
            pub nodes: Vec<$pointer<Node>>,
        }

        $(#[$attribute])*
        pub struct Owner {
            pub hp: u64,
            pub last: Option<$pointer<Bullet>>,
        }

        $(#[$attribute])*
        pub struct Bullet {
            owner: $pointer<Owner>,
            $($(#[$body])+)?
            body: $crate::peers::counted::Body,
        }

        $(#[$attribute])*
        pub struct Small {
            pub next: Option<$pointer<Small>>,
            pub value: u64,
        }
    };
}

/// What [`Counted`](crate::peers::counted::Counted) asks of them, for its implementation.
macro_rules! made_of_objects {
    ($pointer:ident) => {
        type Node = $pointer<Node>;
        type Root = $pointer<Root>;
        type Owner = $pointer<Owner>;
        type Bullet = $pointer<Bullet>;
        type Small = $pointer<Small>;

        fn node(&mut self, payload: u64, edge: Option<Self::Node>) -> Self::Node {
            let edges = $crate::peers::crates::objects::Edges::new(edge);
            $pointer::new(Node { edges, payload })
        }

        fn link(&mut self, node: &Self::Node, edge: usize, to: Option<Self::Node>) {
            $crate::peers::crates::objects::Edges::set(&node.edges, edge, to);
        }

        fn payload(&self, node: &Self::Node) -> u64 {
            node.payload
        }

        fn root(&mut self, nodes: Vec<Self::Node>) -> Self::Root {
            $pointer::new(Root { nodes })
        }

        fn owner(&mut self) -> Self::Owner {
            $pointer::new(Owner { hp: 3, last: None })
        }

        fn bullet(
            &mut self,
            owner: &Self::Owner,
            body: $crate::peers::counted::Body,
        ) -> Self::Bullet {
            let owner = owner.clone();
            $pointer::new(Bullet { owner, body })
        }

        fn hit(&self, bullet: &Self::Bullet) -> u64 {
            bullet.body[0] + bullet.owner.hp
        }

        fn small(&mut self, value: u64) -> Self::Small {
            $pointer::new(Small { next: None, value })
        }
    };
}

pub(super) use {made_of_objects, objects};

/// Counts frames, of which each `EVERY`th ends with a collection.
#[derive(Default)]
pub struct Every<const EVERY: u32>(u32);

impl<const EVERY: u32> Every<EVERY> {
    /// Is it this one?
    pub fn is_due(&mut self) -> bool {
        self.0 += 1;
        self.0.is_multiple_of(EVERY)
    }
}
