//! Frame times, stop-the-world against sliced, with the heap size under them.

use super::{
    COLLECTORS, Measured, WORLDS,
    frames::{Collector, Frame, Outcome, World, thousands},
    lines::MIB,
};
use crate::paint::{self, BLUE, Canvas, Drawn, FAINT, INK, RED, RULE, bold, text, to_the_left};
use plotters::prelude::*;
use std::path::Path;

/// A picture each.
pub const WORLDS_SHOWN: [World; 2] = [WORLDS[0], WORLDS[2]];
const COLLECTORS_SHOWN: [Collector; 2] = [COLLECTORS[0], COLLECTORS[1]];

const WIDTH: u32 = 1600;
const HEAD: u32 = 58;
const STRIP: u32 = 250;
const HEAP: u32 = 300;
const HEIGHT: u32 = HEAD + 2 * STRIP + HEAP;
const SCALE: u32 = 84;
const MARGIN: u32 = 16;
/// Room on the right for the numbers.
const NUMBERS: u32 = 200;
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
    paint::write(path, (WIDTH, HEIGHT), |canvas| {
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
    let (plot, numbers) = area.split_horizontally(WIDTH - NUMBERS);
    let mut chart = ChartBuilder::on(&plot)
        .margin_top(30)
        .margin_bottom(12)
        .margin_right(MARGIN)
        .set_label_area_size(LabelAreaPosition::Left, SCALE)
        .build_cartesian_2d(0.0..run.frames.len() as f64, (FLOOR..top).log_scale())?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .disable_x_axis()
        .y_labels(5)
        .y_label_formatter(&|ms| format!("{ms} ms"))
        .label_style(text(14, &FAINT))
        .light_line_style(TRANSPARENT)
        .bold_line_style(RULE)
        .axis_style(RULE)
        .draw()?;
    chart.draw_series([FRAME_AT_60_HZ].map(|ms| {
        let line = [(0.0, ms), (run.frames.len() as f64, ms)];
        PathElement::new(line, FAINT.stroke_width(1))
    }))?;
    chart.draw_series(
        columns(run, millis)
            .into_iter()
            .map(|(x, ms)| PathElement::new([(x, FLOOR), (x, ms)], color.stroke_width(1))),
    )?;
    plot.draw(&Text::new(
        collector.to_string(),
        (SCALE as i32, 6),
        bold(16, &color),
    ))?;
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
    for (i, (name, value)) in lines.into_iter().enumerate() {
        let y = 30 + 22 * i as i32;
        area.draw(&Text::new(name, (0, y), text(15, &FAINT)))?;
        let right = to_the_left(text(15, &INK));
        area.draw(&Text::new(
            format!("{value:.2} ms"),
            ((NUMBERS - MARGIN) as i32, y),
            right,
        ))?;
    }
    Ok(())
}

fn draw_heap(area: &Canvas<'_>, shown: &[(Collector, RGBColor, &Outcome)]) -> Drawn {
    let (plot, key) = area.split_horizontally(WIDTH - NUMBERS);
    let mebibytes = |frame: &Frame| frame.bytes as f64 / MIB;
    let all = || shown.iter().flat_map(|(.., run)| &run.frames);
    let top = all().map(mebibytes).fold(0.1, f64::max) * 1.08;
    let frames = shown.first().map_or(1, |(.., run)| run.frames.len());
    let mut chart = ChartBuilder::on(&plot)
        .margin_top(34)
        .margin_bottom(10)
        .margin_right(MARGIN)
        .set_label_area_size(LabelAreaPosition::Left, SCALE)
        .set_label_area_size(LabelAreaPosition::Bottom, 44)
        .build_cartesian_2d(0.0..frames as f64, 0.0..top)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(11)
        .x_label_formatter(&|frame| thousands(*frame as usize))
        .x_desc("frame")
        .y_labels(5)
        .y_label_formatter(&|mebibytes| format!("{mebibytes} MiB"))
        .label_style(text(14, &FAINT))
        .axis_desc_style(text(14, &FAINT))
        .light_line_style(TRANSPARENT)
        .bold_line_style(RULE)
        .axis_style(RULE)
        .draw()?;
    for &(_, color, run) in shown {
        let line = columns(run, mebibytes);
        chart.draw_series(LineSeries::new(line, color.stroke_width(2)))?;
    }
    plot.draw(&Text::new(
        "Heap: bytes of all objects, garbage included",
        (SCALE as i32, 10),
        bold(16, &INK),
    ))?;
    for (i, &(_, color, run)) in shown.iter().enumerate() {
        let y = 36 + 46 * i as i32;
        key.draw(&Rectangle::new([(0, y + 1), (12, y + 13)], color.filled()))?;
        key.draw(&Text::new("peak", (20, y), text(15, &FAINT)))?;
        let right = to_the_left(text(15, &INK));
        key.draw(&Text::new(
            format!("{:.1} MiB", run.peak_bytes as f64 / MIB),
            ((NUMBERS - MARGIN) as i32, y),
            right,
        ))?;
    }
    Ok(())
}
