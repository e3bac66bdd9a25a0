//! Frame-time spikes: what the slowest frames cost, and why. See `docs/benchmarks-frames.md`, which the binary
//! `frame_spikes` writes.
//!
//! | module | what is in it |
//! |---|---|
//! | [`workloads`] | games in small: what a frame makes, keeps and leaves behind |
//! | [`play`] | the frame loop and what it measures |
//! | [`report`], [`picture`] | tables, CSV, document, pictures |

pub mod picture;
pub mod play;
pub mod report;
pub mod workloads;

use play::{Collector, Outcome};
use workloads::Kind;

/// How much is played.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Effort {
    pub frames: usize,
    pub repeat: usize,
    /// Live worlds and dead levels are divided by this.
    pub divide: usize,
}

impl Effort {
    pub const FULL: Effort = Effort {
        frames: 2_000,
        repeat: 3,
        divide: 1,
    };
    pub const QUICK: Effort = Effort {
        frames: 120,
        repeat: 1,
        divide: 20,
    };
}

/// One workload with one collector, played several times.
pub struct Played {
    pub kind: Kind,
    pub collector: Collector,
    pub runs: Vec<Outcome>,
}

pub struct Measured {
    pub effort: Effort,
    pub played: Vec<Played>,
}

/// Plays everything in turn, again and again; `say` hears how far it is.
pub fn measure(effort: Effort, only: &str, mut say: impl FnMut(&str)) -> Measured {
    let with_all = Kind::GAMES
        .into_iter()
        .flat_map(|kind| Collector::ALL.map(|collector| (kind, collector)));
    let grid = Kind::grid().map(|kind| (kind, Collector::Paced));
    let mut played: Vec<Played> = with_all
        .chain(grid)
        .filter(|(kind, _)| kind.to_string().contains(only))
        .map(|(kind, collector)| Played {
            kind,
            collector,
            runs: Vec::new(),
        })
        .collect();
    for round in 1..=effort.repeat {
        for one in &mut played {
            let run = play::play(one.kind, one.collector, effort);
            say(&format!(
                "{round}/{}  {}, {}: p50 {:.0} µs, longest {:.0} µs",
                effort.repeat,
                one.kind,
                one.collector,
                run.frame.value_at_quantile(0.5) as f64 / 1e3,
                run.frame.max() as f64 / 1e3,
            ));
            one.runs.push(run);
        }
    }
    Measured { effort, played }
}
