//! Dots for each frame loop: half of the frames, all but a hundredth, all but a thousandth, the longest.

use super::{
    Measured, Played,
    play::{Collector, Outcome},
    report::micros,
    workloads::Kind,
};
use crate::dots::{self, Dots};
use plots::{BLUE, Drawn, FAINT, RED};
use std::path::Path;

pub const GAMES: &str = "frames.png";
pub const GRID: &str = "frames-grid.png";

const WIDTH: i32 = 760;
const UNIT: &str = "frame, µs: p50 / p99 / p99.9 / longest";

/// The games, two beside each other.
pub fn write_games(path: &Path, measured: &Measured) -> Drawn {
    let height = dots::height(Collector::ALL.len());
    let lines = Kind::GAMES.len().div_ceil(2) as i32;
    plots::write(
        path,
        (2 * WIDTH as u32, (lines * height) as u32),
        |canvas| {
            for (number, kind) in Kind::GAMES.into_iter().enumerate() {
                let number = number as i32;
                let corner = (number % 2 * WIDTH, number / 2 * height);
                let area = canvas.clone().shrink(corner, (WIDTH as u32, height as u32));
                let rows: Vec<Dots> = measured
                    .played
                    .iter()
                    .filter(|played| played.kind == kind)
                    .map(|played| row(played, short(played.collector)))
                    .collect();
                dots::draw(&area, &kind.to_string(), UNIT, &rows)?;
            }
            Ok(())
        },
    )
}

/// The grid, on one scale.
pub fn write_grid(path: &Path, measured: &Measured) -> Drawn {
    let rows: Vec<Dots> = measured
        .played
        .iter()
        .filter_map(|played| match played.kind {
            Kind::Grid {
                cycle,
                payload,
                live,
            } => Some(row(played, format!("{cycle} × {payload} × {live}"))),
            _ => None,
        })
        .collect();
    let size = (2 * WIDTH as u32, dots::height(rows.len()) as u32);
    plots::write(path, size, |canvas| {
        dots::draw(canvas, "cycle size × payload × live, paced", UNIT, &rows)
    })
}

fn short(collector: Collector) -> String {
    match collector {
        Collector::Automatic => "automatic",
        Collector::AtOnce => "all at once",
        Collector::Paced => "paced",
    }
    .to_owned()
}

fn row(played: &Played, name: String) -> Dots {
    let quantile = |part| {
        micros(played, &|run: &Outcome| {
            run.frame.value_at_quantile(part) as f64
        })
    };
    Dots {
        name,
        values: [0.5, 0.99, 0.999, 1.0].map(quantile).to_vec(),
        color: match played.collector {
            Collector::Automatic => FAINT,
            Collector::AtOnce => RED,
            Collector::Paced => BLUE,
        },
    }
}
