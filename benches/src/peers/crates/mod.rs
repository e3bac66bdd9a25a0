//! The contenders, each used as its documentation advises. Those with counted pointers share their [`objects`].

pub mod bacon_rajan;
pub mod boa;
pub mod bump;
pub mod containers;
pub mod counting;
pub mod dumpster;
pub mod gc_arena;
pub mod gc_core;
pub mod gcmodule;
pub mod objects;
pub mod rust_cc;
pub mod slots;
