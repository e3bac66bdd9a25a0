//! `Rc` and `Arc`: no collector. What they cannot free they leak.

macro_rules! counting {
    ($module:ident, $pointer:ident, $cell:path) => {
        pub mod $module {
            use crate::peers::{
                counted::{Counted, When, WithWeak},
                crates::objects::{made_of_objects, objects},
            };
            use std::$module::{Weak, $pointer};
            use $cell as Cell;

            objects!($pointer, Cell<[Option<$pointer<Node>>; 3]>);

            pub struct Counting;

            impl Counted for Counting {
                made_of_objects!($pointer);

                fn new(_: When) -> Self {
                    Counting
                }

                fn collect(&mut self) {}
            }

            impl WithWeak for Counting {
                type Weak = Weak<Node>;

                fn downgrade(node: &Self::Node) -> Self::Weak {
                    $pointer::downgrade(node)
                }

                fn upgrade(&self, weak: &Self::Weak) -> Option<Self::Node> {
                    weak.upgrade()
                }
            }
        }
    };
}

counting!(rc, Rc, std::cell::RefCell);
counting!(sync, Arc, std::sync::Mutex);
