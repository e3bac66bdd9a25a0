//! Longest slice, peak heap, floating garbage, and what they cost, against the goals that were set.

pub mod control;
pub mod dead_graph;
pub mod frames;
pub mod idle;
mod lines;
pub mod picture;
pub mod report;
pub mod write_access;

use crate::graph::Hold;
use control::{Control, Load};
use dead_graph::DeadGraph;
use frames::{Collector, Outcome, World};
use idle::Idle;
use std::time::Duration;
use write_access::WriteAccess;

/// How much is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Effort {
    pub frames: usize,
    pub repeat: usize,
    /// Objects of the dead graph.
    pub dead: usize,
}

impl Effort {
    pub const FULL: Effort = Effort {
        frames: 10_000,
        repeat: 3,
        dead: 1_000_000,
    };
    pub const QUICK: Effort = Effort {
        frames: 300,
        repeat: 1,
        dead: 100_000,
    };
}

/// The live graphs.
pub const WORLDS: [World; 4] = [
    World::new(100_000, Hold::OneByOne),
    World::new(100_000, Hold::OneRoot),
    World::new(1_000_000, Hold::OneByOne),
    World::new(1_000_000, Hold::OneRoot),
];

/// The collectors that each of them is played with, in turn.
pub const COLLECTORS: [Collector; 6] = [
    Collector::StopTheWorld,
    Collector::Paced(BUDGETS[0]),
    Collector::Paced(BUDGETS[1]),
    Collector::Units(10_000),
    Collector::FullSlices(BUDGETS[0]),
    Collector::FullSlices(BUDGETS[1]),
];

/// Budgets of a slice that have a goal.
pub const BUDGETS: [Duration; 2] = [Duration::from_micros(500), Duration::from_micros(100)];

/// All runs of one collector in one world.
pub struct Played {
    pub world: World,
    pub collector: Collector,
    pub runs: Vec<Outcome>,
}

pub struct Measured {
    pub effort: Effort,
    pub played: Vec<Played>,
    pub controls: Vec<Control>,
    pub dead_graphs: Vec<DeadGraph>,
    pub idle: Vec<Idle>,
    pub write_access: Vec<WriteAccess>,
}

impl Measured {
    pub fn runs(&self, world: World, collector: Collector) -> &[Outcome] {
        self.played
            .iter()
            .find(|played| (played.world, played.collector) == (world, collector))
            .map_or(&[], |played| &played.runs)
    }
}

/// Runs everything; `say` hears how far it is.
pub fn measure(effort: Effort, mut say: impl FnMut(&str)) -> Measured {
    let mut measured = Measured {
        effort,
        played: Vec::new(),
        controls: Vec::new(),
        dead_graphs: Vec::new(),
        idle: Vec::new(),
        write_access: Vec::new(),
    };
    for world in WORLDS {
        for collector in COLLECTORS {
            measured.played.push(Played {
                world,
                collector,
                runs: Vec::new(),
            });
        }
    }
    for round in 1..=effort.repeat {
        for played in &mut measured.played {
            let Played {
                world, collector, ..
            } = *played;
            let outcome = frames::play(world, collector, effort.frames);
            say(&format!(
                "{round}/{}  {world}, {collector}: mean {:.1} µs, longest {:.1} µs",
                effort.repeat,
                outcome.mean_collector_micros(),
                outcome.longest_micros(),
            ));
            played.runs.push(outcome);
        }
        for budget in BUDGETS {
            for load in Load::ALL {
                let control = control::play(budget, load, effort.frames);
                measured.controls.push(control);
            }
        }
        say(&format!("{round}/{}  the rest", effort.repeat));
        measured.dead_graphs.push(dead_graph::measure(effort.dead));
        measured.idle.push(idle::measure());
        measured.write_access.push(write_access::measure());
    }
    measured
}
