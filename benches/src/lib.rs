//! What the benchmarks share: the clock, the workloads, the statistics and the way they are shown.
//!
//! | module | what is in it |
//! |---|---|
//! | [`clock`] | thread CPU time: the machine preempts, a benchmark should not notice |
//! | [`graph`] | the live objects: three random edges each, held one by one or from one root |
//! | [`rings`] | what a frame leaves behind: rings of 10 |
//! | [`figure`] | a measured value beside its goal |
//! | [`machine`] | where it was measured |
//! | [`pauses`] | the figures of `docs/benchmarks-pauses.md` |

pub mod clock;
pub mod figure;
pub mod graph;
pub mod machine;
pub mod pauses;
pub mod random;
pub mod rings;
