//! rust-cc. It collects when an object is made and the bytes exceed a threshold that follows the live ones.

use super::objects::{made_of_objects, objects};
use crate::peers::counted::{Counted, When};
use rust_cc::{Cc, Finalize, Trace, collect_cycles, config};
use std::cell::RefCell;

objects!(
    #[derive(Trace, Finalize)]
    Cc,
    RefCell<[Option<Cc<Node>>; 3]>
);

pub struct RustCc;

impl Counted for RustCc {
    made_of_objects!(Cc);

    fn new(when: When) -> Self {
        config::config(|config| config.set_auto_collect(when != When::Asked))
            .expect("no collection is in progress");
        RustCc
    }

    fn collect(&mut self) {
        collect_cycles();
    }
}
