//! The tools of `gc_core::inspect`: what they say is so, also while a collection is in progress, in one go and in slices.

#[cfg(feature = "call_sites")]
mod call_sites;
mod cycles;
mod diff;
mod heapsnapshot;
mod names;
mod retained;
mod searches;
mod sentinel;
mod slices;
mod tombstones;
mod types;
mod util;
mod why_alive;
