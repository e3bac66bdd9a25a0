//! dumpster, the collectors for one thread and for many. They collect inside drops, when more handles were dropped than
//! are alive.

macro_rules! dumpster {
    ($collector:ident, $cell:path) => {
        pub mod $collector {
            use crate::peers::{
                counted::{Body, Counted, When},
                crates::objects::made_of_objects,
            };
            use dumpster::{Trace, $collector::*};
            use $cell as Cell;

            // The derive macro wants its name and the fields to be of one macro: not `objects!`.
            #[derive(Trace)]
            pub struct Node {
                edges: Cell<[Option<Gc<Node>>; 3]>,
                payload: u64,
            }

            #[derive(Trace)]
            pub struct Root {
                pub nodes: Vec<Gc<Node>>,
            }

            #[derive(Trace)]
            pub struct Owner {
                pub hp: u64,
                pub last: Option<Gc<Bullet>>,
            }

            #[derive(Trace)]
            pub struct Bullet {
                owner: Gc<Owner>,
                body: Body,
            }

            #[derive(Trace)]
            pub struct Small {
                pub next: Option<Gc<Small>>,
                pub value: u64,
            }

            pub struct Dumpster;

            impl Counted for Dumpster {
                made_of_objects!(Gc);

                fn new(when: When) -> Self {
                    set_collect_condition(match when {
                        When::Default | When::Frames => default_collect_condition,
                        When::Asked => |_: &CollectInfo| false,
                    });
                    Dumpster
                }

                fn collect(&mut self) {
                    collect();
                }
            }
        }
    };
}

dumpster!(unsync, std::cell::RefCell);
dumpster!(sync, std::sync::Mutex);
