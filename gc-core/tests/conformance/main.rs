//! CPython's tests of its own collector, in our words. `docs/conformance.md` tells for each behaviour what
//! is kept, what is adapted and what has no meaning here, and names the test.

mod callbacks;
mod finalization;
mod frozen;
mod garbage;
mod generations;
mod introspection;
mod reclamation;
mod reentrancy;
mod resurrection;
mod shutdown;
mod untracking;
mod util;
mod weak_cycles;
mod weak_handles;
