//! Dots for each contender, on logarithmic scales.

use super::{child::Allocator, contenders::CONTENDERS, results::Results, work::Work};
use crate::dots::{self, Dots};
use plots::{BLUE, Drawn, FAINT, RED};
use std::path::Path;

const WIDTH: i32 = 760;

/// What is shown, two a row: the kind of work and its figures, which grow from left to right.
const PANELS: [(Work, &[&str]); 8] = [
    (Work::Churn, &["median"]),
    (Work::Memory, &["bytes"]),
    (Work::Live, &["collect"]),
    (Work::OneRoot, &["collect"]),
    (Work::Rings, &["total"]),
    (Work::LiveMillion, &["collect"]),
    (Work::Frames, &["p50", "p99", "longest"]),
    (Work::OwnedFrames, &["p50", "p99", "longest"]),
];

pub fn name(allocator: Allocator) -> &'static str {
    match allocator {
        Allocator::System => "peers.png",
        Allocator::Mimalloc => "peers-mimalloc.png",
    }
}

pub fn write(path: &Path, results: &Results, allocator: Allocator) -> Drawn {
    let panels: Vec<(Work, &[&str], Vec<Dots>)> = PANELS
        .iter()
        .map(|&(work, columns)| (work, columns, rows(results, allocator, work, columns)))
        .collect();
    let heights: Vec<i32> = panels
        .chunks(2)
        .map(|pair| {
            let rows = pair.iter().map(|(.., rows)| rows.len()).max();
            dots::height(rows.unwrap_or(0))
        })
        .collect();
    let size = (2 * WIDTH as u32, heights.iter().sum::<i32>() as u32);
    plots::write(path, size, |canvas| {
        let mut top = 0;
        for (pair, height) in panels.chunks(2).zip(heights) {
            for (column, (work, columns, rows)) in pair.iter().enumerate() {
                let left = column as i32 * WIDTH;
                let area = canvas
                    .clone()
                    .shrink((left, top), (WIDTH as u32, height as u32));
                dots::draw(&area, &work.to_string(), &unit(*work, columns), rows)?;
            }
            top += height;
        }
        Ok(())
    })
}

fn unit(work: Work, columns: &[&str]) -> String {
    let unit = |name: &str| {
        let mut all = work.columns().iter();
        all.find(|&&(column, _)| column == name)
            .map_or("", |it| it.1)
    };
    if columns.len() > 1 {
        format!("{}: {}", unit(columns[0]), columns.join(" / "))
    } else {
        unit(columns[0]).to_owned()
    }
}

/// The fastest first.
fn rows(results: &Results, allocator: Allocator, work: Work, columns: &[&str]) -> Vec<Dots> {
    let mut rows: Vec<Dots> = Vec::new();
    for (place, contender) in CONTENDERS.iter().enumerate() {
        let values: Option<Vec<f64>> = columns
            .iter()
            .map(|name| results.median(allocator, work, place, name))
            .collect();
        let Some(values) = values else {
            continue;
        };
        let color = match contender.name {
            "gc-core" => RED,
            "gc-arena" | "Arc" | "slotmap" | "CPython" => BLUE,
            _ => FAINT,
        };
        rows.push(Dots {
            name: contender.title(),
            values,
            color,
        });
    }
    rows.sort_by(|one, two| f64::total_cmp(&one.values[0], &two.values[0]));
    rows
}
