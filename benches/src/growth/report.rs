//! The tables on the terminal, `docs/benchmarks-growth.md`, its data and its picture.

use super::{
    Curve, Measured,
    axes::{Axis, Point},
    fit::{Line, Power},
};
use crate::{
    figure::{Table, short},
    machine::Machine,
    pauses::frames::thousands,
};
use plots::{BLUE, Canvas, Drawn, FAINT, INK, RED, bold, faintly, text, to_the_left};
use plotters::prelude::*;
use std::{error::Error, fmt::Write, fs, path::Path};

const PICTURE: &str = "growth.png";
/// Objects of the machines that nobody here has, and a budget for a frame.
const LARGER: [f64; 3] = [3e7, 1e8, 1e9];
const BUDGET_NANOS: f64 = 500_000.0;

/// For the terminal.
pub fn console(measured: &Measured) -> String {
    let mut out = String::new();
    for (axis, curve) in &measured.curves {
        _ = writeln!(
            out,
            "{axis}\n{}{}\n",
            table(*axis, curve),
            slope(*axis, curve)
        );
    }
    _ = writeln!(out, "{}", larger(measured));
    out
}

/// Writes the document, its data and its picture into `folder`.
pub fn write(folder: &Path, measured: &Measured) -> Result<(), Box<dyn Error>> {
    let images = folder.join("img");
    fs::create_dir_all(&images)?;
    draw(&images.join(PICTURE), measured)?;
    fs::write(folder.join("benchmarks-growth.csv"), csv(measured))?;
    fs::write(folder.join("benchmarks-growth.md"), document(measured))?;
    Ok(())
}

fn is_of_objects(axis: Axis) -> bool {
    matches!(axis, Axis::Live | Axis::OneRoot)
}

fn table(axis: Axis, curve: &Curve) -> Table {
    let mut table = Table::new(0, ["size", "ms"]);
    table.head.push(format!("ns {}", axis.item()));
    table.head.push("units".to_owned());
    if is_of_objects(axis) {
        let more = [
            "page bytes an object",
            "resident bytes an object",
            "ns to build one",
        ];
        table.head.extend(more.map(str::to_owned));
    }
    for &(size, point) in curve {
        let each = |value: f64| short(value / axis.items(size) as f64);
        let mut row = vec![
            thousands(size),
            short(point.nanos / 1e6),
            each(point.nanos),
            thousands(point.units as usize),
        ];
        if is_of_objects(axis) {
            row.extend([point.page_bytes, point.resident_bytes, point.build_nanos].map(each));
        }
        table.rows.push(row);
    }
    table
}

fn points(curve: &[(usize, Point)]) -> impl Iterator<Item = (f64, f64)> {
    curve
        .iter()
        .map(|&(size, point)| (size as f64, point.nanos))
}

/// The slope in words.
fn slope(axis: Axis, curve: &Curve) -> String {
    if let Axis::Edges = axis {
        let per_object = points(curve).map(|(x, nanos)| (x, nanos / 1e5));
        return Line::fit(per_object).map_or_else(String::new, |line| {
            format!(
                "An object takes {:.1} ns and {:.1} ns for each of its edges.",
                line.base, line.slope
            )
        });
    }
    let (Some(power), Some(line)) = (Power::fit(points(curve)), Line::fit(points(curve))) else {
        return String::new();
    };
    match axis {
        Axis::Garbage => format!(
            "The live objects take {:.2} ms, and {} {:.1} ns more.",
            line.base / 1e6,
            axis.item(),
            line.slope
        ),
        Axis::Old => format!("Time grows as size to the power of {:.2}.", power.exponent),
        _ => format!(
            "Time grows as size to the power of {:.2}. The straight line through the points rises by {:.1} ns {}.",
            power.exponent,
            line.slope,
            axis.item()
        ),
    }
}

/// What the slope between the two largest sizes says about more objects than fit here.
fn larger(measured: &Measured) -> Table {
    let mut table = Table::new(
        1,
        [
            "",
            "objects",
            "pages and handles, GiB",
            "full collection, s",
            "slices of 500 µs",
            "at 60 Hz, min",
        ],
    );
    for (axis, curve) in &measured.curves {
        if !is_of_objects(*axis) {
            continue;
        }
        let last = &curve[curve.len().saturating_sub(2)..];
        let (Some(power), Some(&(size, point))) = (Power::fit(points(last)), last.last()) else {
            continue;
        };
        for objects in LARGER {
            let more = objects / size as f64;
            // At the least in proportion, at the most as the last step grew.
            let seconds = [point.nanos * more, power.at(objects)].map(|nanos| nanos / 1e9);
            let slices = seconds.map(|it| (it * 1e9 / BUDGET_NANOS).ceil());
            let range = |values: [f64; 2]| values.map(short).join(" – ");
            table.rows.push(vec![
                axis.to_string(),
                thousands(objects as usize),
                short(point.resident_bytes * more / f64::from(1 << 30)),
                range(seconds),
                slices.map(|it| thousands(it as usize)).join(" – "),
                range(slices.map(|it| it / 3_600.0)),
            ]);
        }
    }
    table
}

fn document(measured: &Measured) -> String {
    let mut out = format!(
        "<!-- Written by `cargo run --release -p benches --bin growth -- --write docs`. Do not edit. -->\n\
         # Cost as work grows\n\n\
         One thing grows, the rest stays: is the cost of it in proportion, and what does one more cost? Every point is \
         the median of {} processes; in each, the median of some collections. Thread CPU time, stop-the-world \
         collections: in slices the same work is spread.\n\n{}\n\n![Time against size](img/{PICTURE})\n\n",
        measured.effort.repeat,
        Machine::here("growth").markdown(),
    );
    for (axis, curve) in &measured.curves {
        let title = axis.to_string();
        _ = writeln!(
            out,
            "## {}{}\n\n{}\n{}\n",
            title[..1].to_uppercase(),
            &title[1..],
            table(*axis, curve).markdown(),
            slope(*axis, curve)
        );
    }
    _ = writeln!(
        out,
        "## Larger machines\n\n\
         Computed, not measured. The first figure lets the cost of an object stay what it is at the largest size, the \
         second lets it grow as between the two largest, where the caches no longer help; the truth is nearer to the \
         first once every load comes from memory. Memory is in proportion: objects with three edges each and a handle \
         outside. *Slices* is how many frames one full collection lasts when each gives it 500 µs.\n\n{}",
        larger(measured).markdown()
    );
    out
}

fn csv(measured: &Measured) -> String {
    let mut out = "axis,size,nanos,units,page_bytes,resident_bytes,build_nanos\n".to_owned();
    for (axis, curve) in &measured.curves {
        for (size, point) in curve {
            _ = writeln!(
                out,
                "{},{size},{:.0},{:.0},{:.0},{:.0},{:.0}",
                axis.name(),
                point.nanos,
                point.units,
                point.page_bytes,
                point.resident_bytes,
                point.build_nanos
            );
        }
    }
    out
}

const WIDTH: u32 = 1100;
const HEIGHT: u32 = 560;
const TEAL: RGBColor = RGBColor(0x0f, 0x8a, 0x7a);

/// A line of the picture.
type Shown = (Axis, RGBColor, Vec<(f64, f64)>);

/// Nanoseconds an item against the size, both logarithmic: what is in proportion is level.
fn draw(path: &Path, measured: &Measured) -> Drawn {
    let shown: Vec<Shown> = measured
        .curves
        .iter()
        .filter(|(axis, _)| !matches!(axis, Axis::Edges | Axis::Garbage))
        .zip([BLUE, RED, TEAL, FAINT])
        .map(|((axis, curve), color)| {
            // For the old ones what is shown is the time of the 2,000 young.
            let items = |size: f64| if *axis == Axis::Old { 2_000.0 } else { size };
            let line = points(curve).map(|(size, nanos)| (size, nanos / items(size)));
            (*axis, color, line.collect())
        })
        .collect();
    plots::write(path, (WIDTH, HEIGHT), |canvas| draw_lines(canvas, &shown))
}

fn draw_lines(canvas: &Canvas<'_>, shown: &[Shown]) -> Drawn {
    let all = || shown.iter().flat_map(|(.., line)| line);
    let right = all().map(|it| it.0).fold(1.0, f64::max);
    let left = all()
        .map(|it| it.0)
        .fold(f64::INFINITY, f64::min)
        .min(right / 10.0);
    let top = all().map(|it| it.1).fold(1.0, f64::max) * 1.5;
    let bottom = all()
        .map(|it| it.1)
        .fold(f64::INFINITY, f64::min)
        .min(top / 10.0)
        / 1.5;
    canvas.draw(&Text::new(
        "Nanoseconds an object examined, against size",
        (20, 12),
        bold(20, &INK),
    ))?;
    let mut chart = ChartBuilder::on(canvas)
        .margin_top(50)
        .margin_right(60)
        .set_label_area_size(LabelAreaPosition::Left, 60)
        .set_label_area_size(LabelAreaPosition::Bottom, 44)
        .build_cartesian_2d((left..right).log_scale(), (bottom..top).log_scale())?;
    faintly(&mut chart.configure_mesh())
        .x_label_formatter(&|size| thousands(*size as usize))
        .y_label_formatter(&|nanos| format!("{} ns", short(*nanos)))
        .x_desc("objects")
        .draw()?;
    for (axis, color, line) in shown {
        chart.draw_series(LineSeries::new(line.iter().copied(), color.stroke_width(2)))?;
        let dots = line.iter().map(|&at| Circle::new(at, 4, color.filled()));
        chart.draw_series(dots)?;
        if line.is_empty() {
            continue;
        }
        let place = shown.iter().position(|it| it.0 == *axis).unwrap_or(0) as i32;
        let at = (WIDTH as i32 - 40, 56 + 20 * place);
        canvas.draw(&Text::new(
            axis.to_string(),
            at,
            to_the_left(text(14, color)),
        ))?;
    }
    Ok(())
}
