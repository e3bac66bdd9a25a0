//! Frame times, stop-the-world against sliced, with the heap size under them.

use super::{
    COLLECTORS, Measured, WORLDS,
    frames::{Collector, Frame, Outcome, World, thousands},
    lines::MIB,
};
use plots::{
    BLUE, Canvas, Drawn, FAINT, INK, RED, bold,
    frames::{self, HEAP, MARGIN, NUMBERS, SCALE, WIDTH},
    swatch, text,
};
use plotters::prelude::*;
use std::path::Path;

/// A picture each.
pub const WORLDS_SHOWN: [World; 2] = [WORLDS[0], WORLDS[2]];
const COLLECTORS_SHOWN: [Collector; 2] = [COLLECTORS[0], COLLECTORS[1]];

const HEAD: u32 = 58;
const STRIP: u32 = 250;
const HEIGHT: u32 = HEAD + 2 * STRIP + HEAP;
/// Milliseconds at the foot of a strip, whose scale is logarithmic, and of a frame at 60 Hz.
const FLOOR: f64 = 0.01;
const FRAME_AT_60_HZ: f64 = 1000.0 / 60.0;
/// Columns of pixels of a strip.
const COLUMNS: usize = (WIDTH - NUMBERS - SCALE - MARGIN) as usize;

const COLORS: [RGBColor; 2] = [RED, BLUE];

/// The file of a world's picture.
pub fn name(world: World) -> String {
    format!("pauses-{}.png", world.objects)
}

pub fn write(path: &Path, measured: &Measured, world: World) -> Drawn {
    let shown: Vec<(Collector, RGBColor, &Outcome)> = COLLECTORS_SHOWN
        .into_iter()
        .zip(COLORS)
        .filter_map(|(collector, color)| {
            let run = typical(measured.runs(world, collector))?;
            Some((collector, color, run))
        })
        .collect();
    plots::write(path, (WIDTH, HEIGHT), |canvas| {
        let (head, rest) = canvas.split_vertically(HEAD);
        draw_head(&head, world)?;
        let (strips, heap) = rest.split_vertically(2 * STRIP);
        let longest = shown.iter().map(|(.., run)| longest_frame(run));
        let top = longest.fold(0.001, f64::max).max(FRAME_AT_60_HZ) * 1.5;
        for (strip, &(collector, color, run)) in strips.split_evenly((2, 1)).iter().zip(&shown) {
            draw_strip(strip, collector, color, run, top)?;
        }
        draw_heap(&heap, &shown)
    })
}

/// The run in the middle by its longest frame.
fn typical(runs: &[Outcome]) -> Option<&Outcome> {
    let mut runs: Vec<&Outcome> = runs.iter().collect();
    runs.sort_by(|one, two| longest_frame(one).total_cmp(&longest_frame(two)));
    runs.get(runs.len() / 2).copied()
}

fn millis(frame: &Frame) -> f64 {
    (frame.game_nanos + frame.collector_nanos) as f64 / 1e6
}

fn longest_frame(run: &Outcome) -> f64 {
    run.frames.iter().map(millis).fold(0.0, f64::max)
}

fn draw_head(area: &Canvas<'_>, world: World) -> Drawn {
    area.draw(&Text::new(
        "The time of every frame, stop-the-world against sliced",
        (SCALE as i32, 10),
        bold(22, &INK),
    ))?;
    area.draw(&Text::new(
        format!(
            "{world}; each frame leaves 2,000 objects behind in rings of 10. \
             Logarithmic scale; the grey line is a frame at 60 Hz"
        ),
        (SCALE as i32, 38),
        text(15, &FAINT),
    ))?;
    Ok(())
}

/// The frames that share a column of pixels: the first of them, and the largest value.
fn columns(run: &Outcome, value: impl Fn(&Frame) -> f64) -> Vec<(f64, f64)> {
    let width = run.frames.len().div_ceil(COLUMNS).max(1);
    run.frames
        .chunks(width)
        .enumerate()
        .map(|(column, frames)| {
            let largest = frames.iter().map(&value).fold(0.0, f64::max);
            ((column * width) as f64, largest)
        })
        .collect()
}

fn draw_strip(
    area: &Canvas<'_>,
    collector: Collector,
    color: RGBColor,
    run: &Outcome,
    top: f64,
) -> Drawn {
    let (plot, numbers) = frames::split(area);
    let right = run.frames.len() as f64;
    let times = (FLOOR..top).log_scale();
    let mut chart = frames::strip(&plot, &collector.to_string(), &color, right, times)?;
    frames::strip_scale(&mut chart, 5)?;
    chart.draw_series([FRAME_AT_60_HZ].map(|ms| {
        let line = [(0.0, ms), (right, ms)];
        PathElement::new(line, FAINT.stroke_width(1))
    }))?;
    chart.draw_series(
        columns(run, millis)
            .into_iter()
            .map(|(x, ms)| PathElement::new([(x, FLOOR), (x, ms)], color.stroke_width(1))),
    )?;
    draw_numbers(&numbers, run)
}

fn draw_numbers(area: &Canvas<'_>, run: &Outcome) -> Drawn {
    let mut frames: Vec<f64> = run.frames.iter().map(millis).collect();
    frames.sort_by(f64::total_cmp);
    let quantile = |part: f64| frames[((frames.len() - 1) as f64 * part).round() as usize];
    let lines = [
        ("frame p50", quantile(0.5)),
        ("p99", quantile(0.99)),
        ("p99.9", quantile(0.999)),
        ("longest", quantile(1.0)),
        ("longest pause", run.longest_micros() / 1e3),
    ];
    frames::numbers(
        area,
        lines.map(|(name, value)| (name, format!("{value:.2} ms"))),
    )
}

fn draw_heap(area: &Canvas<'_>, shown: &[(Collector, RGBColor, &Outcome)]) -> Drawn {
    let (plot, key) = frames::split(area);
    let mebibytes = |frame: &Frame| frame.bytes as f64 / MIB;
    let all = || shown.iter().flat_map(|(.., run)| &run.frames);
    let top = all().map(mebibytes).fold(0.1, f64::max) * 1.08;
    let right = shown.first().map_or(1, |(.., run)| run.frames.len());
    let mut chart = frames::heap(&plot, right as f64, top)?;
    let label = |frame: &f64| thousands(*frame as usize);
    frames::heap_scale(&mut chart, 11, &label, "frame")?;
    for &(_, color, run) in shown {
        let line = columns(run, mebibytes);
        chart.draw_series(LineSeries::new(line, color.stroke_width(2)))?;
    }
    for (i, &(_, color, run)) in shown.iter().enumerate() {
        let y = 36 + 46 * i as i32;
        swatch(&key, (0, y + 1), color)?;
        let peak = format!("{:.1} MiB", run.peak_bytes as f64 / MIB);
        frames::number(&key, (20, y), "peak", &peak)?;
    }
    Ok(())
}
