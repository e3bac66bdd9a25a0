//! From what was measured to the lines of the table.

use super::{
    BUDGETS, COLLECTORS, Measured, WORLDS,
    frames::{Collector, EVERY, Outcome, World, goal_for, thousands},
    idle::Idle,
    write_access::WriteAccess,
};
use crate::figure::{Figure, Line, median};

/// A number of a measurement.
type Of<M> = fn(&M) -> f64;

const MIDDLE: Collector = COLLECTORS[1];

impl Measured {
    /// Every figure beside its goal, in the order of the goals.
    pub fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        self.longest_slices(&mut lines);
        self.units_over_budget(&mut lines);
        self.peaks(&mut lines);
        self.floating(&mut lines);
        self.means(&mut lines);
        self.dead_graph(&mut lines);
        self.idle(&mut lines);
        self.write_access(&mut lines);
        lines
    }

    fn longest_slices(&self, lines: &mut Vec<Line>) {
        for time in BUDGETS {
            let goal = goal_for(time).as_secs_f64() * 1e6;
            for collector in [Collector::Paced(time), Collector::FullSlices(time)] {
                for world in WORLDS {
                    let longest = self.median(world, collector, Outcome::longest_micros);
                    lines.push(Line::new(
                        "longest slice",
                        format!("{world}; {collector}"),
                        Figure::at_most(goal, longest),
                        0,
                        "µs",
                    ));
                }
            }
        }
    }

    fn units_over_budget(&self, lines: &mut Vec<Line>) {
        for collector in COLLECTORS {
            if !matches!(collector, Collector::Units(_)) {
                continue;
            }
            for world in WORLDS {
                // Not one run may have a single one.
                let runs = self.runs(world, collector);
                let over = runs.iter().map(|run| run.over_budget).max().unwrap_or(0);
                lines.push(Line::new(
                    "frames over the budget by more than a unit",
                    format!("{world}; {collector}; of {}", thousands(self.effort.frames)),
                    Figure::at_most(0.0, over as f64),
                    0,
                    "",
                ));
            }
        }
    }

    fn peaks(&self, lines: &mut Vec<Line>) {
        for world in WORLDS {
            let peak = |collector| self.median(world, collector, |run| run.peak_bytes as f64);
            lines.push(Line::new(
                "peak heap",
                format!("{world}; against all at once each {EVERY} frames"),
                Figure::at_most(1.2, peak(MIDDLE) / peak(Collector::StopTheWorld)),
                2,
                "×",
            ));
        }
    }

    fn floating(&self, lines: &mut Vec<Line>) {
        for world in WORLDS {
            let floating = self.median(world, MIDDLE, |run| run.most_floating_bytes as f64);
            let bound = self.median(world, MIDDLE, |run| run.bounds.floating_bytes as f64);
            lines.push(Line::new(
                "floating garbage",
                format!("{world}; bound set by growth_percent"),
                Figure::at_most(bound / MIB, floating / MIB),
                2,
                "MiB",
            ));
        }
        for world in WORLDS {
            let age = self.median(world, MIDDLE, |run| run.ages.max() as f64);
            let bound = self.median(world, MIDDLE, |run| f64::from(run.bounds.age));
            lines.push(Line::new(
                "age of garbage",
                format!("{world}; bound set by max_age"),
                Figure::at_most(bound, age),
                0,
                "frames",
            ));
        }
    }

    fn means(&self, lines: &mut Vec<Line>) {
        for world in WORLDS {
            let mean = |collector| self.median(world, collector, Outcome::mean_collector_micros);
            lines.push(Line::new(
                "mean collector time a frame",
                format!("{world}; against all at once each {EVERY} frames"),
                Figure::at_most(1.3, mean(MIDDLE) / mean(Collector::StopTheWorld)),
                2,
                "×",
            ));
        }
    }

    fn dead_graph(&self, lines: &mut Vec<Line>) {
        let Some(first) = self.dead_graphs.first() else {
            return;
        };
        let frames = median(self.dead_graphs.iter().map(|graph| graph.frames as f64));
        lines.push(Line::new(
            "dead old graph is gone",
            format!(
                "{} objects; then frames that allocate only leaves",
                thousands(first.objects)
            ),
            Figure::at_most(f64::from(first.max_age), frames),
            0,
            "frames",
        ));
    }

    fn idle(&self, lines: &mut Vec<Line>) {
        let cases: [(_, Of<Idle>); 3] = [
            ("nothing tracked", |idle| idle.nothing_tracked),
            ("100,000 live, nothing due; budget in time", |idle| {
                idle.nothing_due
            }),
            ("100,000 live, nothing due; budget in units", |idle| {
                idle.nothing_due_in_units
            }),
        ];
        for (case, nanos) in cases {
            lines.push(Line::new(
                "step with nothing to do",
                case,
                Figure::below(20.0, median(self.idle.iter().map(nanos))),
                1,
                "ns",
            ));
        }
    }

    fn write_access(&self, lines: &mut Vec<Line>) {
        let cases: [(_, Of<WriteAccess>); 2] = [
            ("100,000 shuffled handles", |access| {
                access.get_mut_shuffled - access.get_shuffled
            }),
            ("one hot handle", |access| {
                access.get_mut_hot - access.get_hot
            }),
        ];
        for (case, nanos) in cases {
            lines.push(Line::new(
                "get_mut above get",
                case,
                Figure::at_most(1.0, median(self.write_access.iter().map(nanos))),
                2,
                "ns",
            ));
        }
    }

    /// The median over the runs of a collector in a world.
    pub fn median(&self, world: World, collector: Collector, of: impl Fn(&Outcome) -> f64) -> f64 {
        let runs = self.runs(world, collector);
        if runs.is_empty() {
            return f64::NAN;
        }
        median(runs.iter().map(of))
    }
}

pub const MIB: f64 = (1 << 20) as f64;
