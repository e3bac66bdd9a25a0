//! The tools of `gc_core::inspect`: what they say is so, also while a collection is in progress, in one go and in slices.

mod names;
mod slices;
mod why_alive;
