//! What gc-core is to reach, as ratios in one run.

use super::{child::Allocator, contenders::place_of, results::Results, work::Work};
use crate::figure::{Figure, Line};

/// A ratio of two figures of the same name.
struct Goal {
    figure: &'static str,
    column: &'static str,
    work: Work,
    /// Which setting of gc-core.
    contender: &'static str,
    /// The work and the contender that it is divided by.
    against: (Work, &'static str),
    at_most: f64,
    /// What the ratio is multiplied with.
    scale: f64,
    digits: usize,
}

const fn goal(
    figure: &'static str,
    column: &'static str,
    work: Work,
    against: &'static str,
    at_most: f64,
) -> Goal {
    Goal {
        figure,
        column,
        work,
        contender: "gc-core",
        against: (work, against),
        at_most,
        scale: 1.0,
        digits: 2,
    }
}

/// The same with CPython's thresholds instead of a step a frame.
const fn automatic(figure: &'static str, column: &'static str, work: Work, at_most: f64) -> Goal {
    Goal {
        contender: "gc-core, automatic",
        ..goal(figure, column, work, "gc-arena", at_most)
    }
}

/// Ten times the objects: the ratio is that of one object.
const fn growth(figure: &'static str, work: Work, small: Work) -> Goal {
    Goal {
        against: (small, "gc-core"),
        scale: 0.1,
        ..goal(figure, "collect", work, "gc-core", 2.5)
    }
}

const GOALS: &[Goal] = &[
    goal("churn", "median", Work::Churn, "Arc", 0.6),
    goal("churn", "median", Work::Churn, "slotmap", 1.0),
    goal(
        "clone and drop, in the cache",
        "hot",
        Work::Access,
        "Arc",
        1.0,
    ),
    goal(
        "clone and drop, 100,000 shuffled",
        "cold",
        Work::Access,
        "Arc",
        1.0,
    ),
    goal("read, 100,000 shuffled", "read", Work::Access, "Rc", 1.05),
    goal(
        "weak upgrade and drop, in the cache",
        "hot",
        Work::Weak,
        "Arc",
        1.0,
    ),
    goal(
        "weak upgrade and drop, 100,000 shuffled",
        "cold",
        Work::Weak,
        "Arc",
        1.0,
    ),
    goal("push of 1,000", "few", Work::Push, "Vec", 1.2),
    goal("push of 100,000", "many", Work::Push, "Vec", 1.2),
    goal("insert of 1,000", "few", Work::Insert, "hashbrown", 1.2),
    goal("insert of 100,000", "many", Work::Insert, "hashbrown", 1.2),
    goal(
        "full collection, held one by one",
        "collect",
        Work::Live,
        "gc-arena",
        0.8,
    ),
    goal(
        "full collection, one root",
        "collect",
        Work::OneRoot,
        "gc-arena",
        1.5,
    ),
    goal(
        "rings, build and collect",
        "total",
        Work::Rings,
        "gc-arena",
        0.9,
    ),
    goal("frames, paced, p50", "p50", Work::Frames, "gc-arena", 0.5),
    goal("frames, paced, p99", "p99", Work::Frames, "gc-arena", 0.15),
    goal(
        "frames, paced, longest",
        "longest",
        Work::Frames,
        "gc-arena",
        0.2,
    ),
    automatic("frames, automatic, p50", "p50", Work::Frames, 0.5),
    automatic("frames, automatic, p99", "p99", Work::Frames, 0.15),
    automatic("frames, automatic, longest", "longest", Work::Frames, 0.2),
    goal(
        "frames, paced, peak memory",
        "peak",
        Work::Frames,
        "gc-arena",
        0.5,
    ),
    goal(
        "frames with owners, paced, p50",
        "p50",
        Work::OwnedFrames,
        "gc-arena",
        0.6,
    ),
    goal(
        "frames with owners, paced, p99",
        "p99",
        Work::OwnedFrames,
        "gc-arena",
        0.18,
    ),
    goal(
        "frames with owners, paced, longest",
        "longest",
        Work::OwnedFrames,
        "gc-arena",
        0.25,
    ),
    automatic(
        "frames with owners, automatic, p50",
        "p50",
        Work::OwnedFrames,
        0.6,
    ),
    automatic(
        "frames with owners, automatic, p99",
        "p99",
        Work::OwnedFrames,
        0.18,
    ),
    automatic(
        "frames with owners, automatic, longest",
        "longest",
        Work::OwnedFrames,
        0.25,
    ),
    goal(
        "frames with owners, paced, peak memory",
        "peak",
        Work::OwnedFrames,
        "gc-arena",
        0.5,
    ),
    growth(
        "full collection of 1,000,000, held one by one, an object",
        Work::LiveMillion,
        Work::Live,
    ),
    growth(
        "full collection of 1,000,000, one root, an object",
        Work::OneRootMillion,
        Work::OneRoot,
    ),
    Goal {
        digits: 3,
        ..goal(
            "match, time",
            "total",
            Work::Match,
            "CPython, default",
            1.0 / 15.0,
        )
    },
    goal(
        "match, longest pause",
        "pause",
        Work::Match,
        "CPython, default",
        0.1,
    ),
];

/// Resident bytes of an object of 16 bytes with its handle.
const BYTES_AT_MOST: f64 = 40.0;

/// All goals that could be measured.
pub fn lines(results: &Results) -> Vec<Line> {
    let mut lines = Vec::new();
    let gc_core = place_of("gc-core");
    for allocator in [Allocator::System, Allocator::Mimalloc] {
        for goal in GOALS {
            let (work, against) = (goal.against.0, place_of(goal.against.1));
            let over = (goal.work, place_of(goal.contender));
            let ratio = results.ratio(allocator, over, (work, against), goal.column);
            let Some(ratio) = ratio else {
                continue;
            };
            let unit = if goal.work == work {
                format!("× {}", goal.against.1)
            } else {
                "× one of 100,000".to_owned()
            };
            let figure = Figure::at_most(goal.at_most, ratio * goal.scale);
            lines.push(Line::new(
                goal.figure,
                allocator.to_string(),
                figure,
                goal.digits,
                &unit,
            ));
        }
        if let Some(bytes) = results.median(allocator, Work::Memory, gc_core, "bytes") {
            let figure = Figure::at_most(BYTES_AT_MOST, bytes);
            let case = allocator.to_string();
            lines.push(Line::new(
                "memory of 16 bytes and their handle",
                case,
                figure,
                1,
                "bytes",
            ));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peers::contenders::CONTENDERS;

    #[test]
    fn goals_compare_figures_that_exist() {
        for goal in GOALS {
            for work in [goal.work, goal.against.0] {
                assert!(work.columns().iter().any(|&(name, _)| name == goal.column));
            }
            for title in [goal.contender, goal.against.1] {
                assert_eq!(CONTENDERS[place_of(title)].title(), title);
            }
        }
    }
}
