//! What the benchmarks share: the clock, the workloads, the statistics and the way they are shown.
//!
//! | module | what is in it |
//! |---|---|
//! | [`clock`] | thread CPU time: the machine preempts, a benchmark should not notice |
//! | [`counts`] | the hot paths whose instructions are counted: `counts.txt` |
//! | [`dots`] | pictures of many contenders |
//! | [`graph`] | the live objects: three random edges each, held one by one or from one root |
//! | [`rings`] | what a frame leaves behind: rings of 10 |
//! | [`figure`] | a measured value beside its goal |
//! | [`growth`] | how cost grows with work: `docs/benchmarks-growth.md` |
//! | [`limits`] | what the machine allows |
//! | [`machine`] | where it was measured |
//! | [`options`] | the command line of the programs |
//! | [`pauses`] | the figures of `docs/benchmarks-pauses.md` |
//! | [`spikes`] | frame loops and their tails: `docs/benchmarks-frames.md` |
//! | `peers` | gc-core beside what a game could use instead: `docs/benchmarks.md` |

pub mod clock;
pub mod counts;
pub mod dots;
pub mod figure;
pub mod graph;
pub mod growth;
pub mod limits;
pub mod machine;
pub mod options;
pub mod pauses;
#[cfg(feature = "peers")]
pub mod peers;
pub mod random;
pub mod rings;
pub mod spikes;
