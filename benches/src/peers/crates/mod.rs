//! One file for each contender, used as its documentation advises.

pub mod bacon_rajan;
pub mod boa;
pub mod bump;
pub mod dumpster_sync;
pub mod dumpster_unsync;
pub mod gc_arena;
pub mod gc_core;
pub mod gcmodule;
pub mod rust_cc;
pub mod slots;
pub mod std_arc;
pub mod std_rc;
