//! How cost grows with work. See `docs/benchmarks-growth.md`, which the binary `growth` writes.
//!
//! | module | what is in it |
//! |---|---|
//! | [`axes`] | what grows, and what is measured at each size |
//! | [`fit`] | slopes, and what they say about larger machines |
//! | [`report`] | tables, CSV, document, picture |

pub mod axes;
pub mod fit;
pub mod report;

use axes::{Axis, Point};
use std::{collections::BTreeMap, env, error::Error, process::Command};

/// How far it goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Effort {
    /// The largest number of objects.
    pub most: usize,
    pub repeat: usize,
}

impl Effort {
    pub const FULL: Effort = Effort {
        most: 10_000_000,
        repeat: 3,
    };
    pub const QUICK: Effort = Effort {
        most: 10_000,
        repeat: 1,
    };
}

/// All points of an axis, in ascending order, with the medians of their figures.
pub type Curve = Vec<(usize, Point)>;

pub struct Measured {
    pub effort: Effort,
    pub curves: Vec<(Axis, Curve)>,
}

/// Measures everything, each point in a process of its own; `say` hears how far it is.
pub fn measure(effort: Effort, mut say: impl FnMut(&str)) -> Result<Measured, Box<dyn Error>> {
    let mut runs: BTreeMap<(Axis, usize), Vec<Point>> = BTreeMap::new();
    for round in 1..=effort.repeat {
        for axis in Axis::ALL {
            for size in axis.sizes(effort.most) {
                say(&format!("{round}/{}  {axis}: {size}", effort.repeat));
                let point = in_a_child(axis, size)?;
                runs.entry((axis, size)).or_default().push(point);
            }
        }
    }
    let curve = |axis: Axis| {
        let of_axis = runs.iter().filter(|((it, _), _)| *it == axis);
        of_axis
            .map(|(&(_, size), points)| (size, Point::median(points)))
            .collect()
    };
    Ok(Measured {
        effort,
        curves: Axis::ALL.map(|axis| (axis, curve(axis))).into(),
    })
}

fn in_a_child(axis: Axis, size: usize) -> Result<Point, Box<dyn Error>> {
    let output = Command::new(env::current_exe()?)
        .args(["--child", &axis.name(), "--size", &size.to_string()])
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    if !output.status.success() {
        return Err(format!("{axis}, {size}: {}", output.status).into());
    }
    Ok(text.parse()?)
}
