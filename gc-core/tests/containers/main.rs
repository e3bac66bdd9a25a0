//! The containers of `gc_core::containers`: they do what those of `std` do, in a heap's bytes, in pieces, in order.

#![cfg(all(feature = "std", feature = "derive", not(loom)))]

mod as_std;
mod behaviour;
mod bytes;
mod endings;
mod failing;
mod keys;
mod objects;
mod order;
mod pieces;
mod strings;
