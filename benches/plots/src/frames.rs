//! A picture of frames: strips of frame times above each other, the heap below, numbers at the right.

use crate::{Canvas, Chart, Drawn, FAINT, INK, bold, faintly, text, to_the_left};
use plotters::{
    coord::{
        ranged1d::{AsRangedCoord, Ranged, ValueFormatter},
        types::RangedCoordf64,
    },
    prelude::*,
};
use std::fmt;

pub const WIDTH: u32 = 1600;
/// The height of the heap's plot.
pub const HEAP: u32 = 300;
/// Room on the left for the scale and on the right for the numbers.
pub const SCALE: u32 = 84;
pub const NUMBERS: u32 = 200;
pub const MARGIN: u32 = 16;

/// The plot, and at its right the numbers.
pub fn split<'a>(area: &Canvas<'a>) -> (Canvas<'a>, Canvas<'a>) {
    area.split_horizontally(WIDTH - NUMBERS)
}

/// A strip with milliseconds on the coordinate `times`. Frames go from 0 to `right`.
pub fn strip<'a, 'b, Y: AsRangedCoord<Value = f64>>(
    plot: &'a Canvas<'b>,
    title: &str,
    color: &RGBColor,
    right: f64,
    times: Y,
) -> Drawn<Chart<'a, 'b, RangedCoordf64, Y::CoordDescType>> {
    plot.draw(&Text::new(title, (SCALE as i32, 6), bold(16, color)))?;
    Ok(ChartBuilder::on(plot)
        .margin_top(30)
        .margin_bottom(12)
        .margin_right(MARGIN)
        .set_label_area_size(LabelAreaPosition::Left, SCALE)
        .build_cartesian_2d(0.0..right, times)?)
}

/// The lines and labels of a strip.
pub fn strip_scale<Y>(chart: &mut Chart<'_, '_, RangedCoordf64, Y>, labels: usize) -> Drawn
where
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    faintly(&mut chart.configure_mesh())
        .disable_x_mesh()
        .disable_x_axis()
        .y_labels(labels)
        .y_label_formatter(&|ms| format!("{ms} ms"))
        .draw()?;
    Ok(())
}

/// The heap, from 0 to `top` mebibytes.
pub fn heap<'a, 'b>(
    plot: &'a Canvas<'b>,
    right: f64,
    top: f64,
) -> Drawn<Chart<'a, 'b, RangedCoordf64, RangedCoordf64>> {
    plot.draw(&Text::new(
        "Heap: bytes of all objects, garbage included",
        (SCALE as i32, 10),
        bold(16, &INK),
    ))?;
    Ok(ChartBuilder::on(plot)
        .margin_top(34)
        .margin_bottom(10)
        .margin_right(MARGIN)
        .set_label_area_size(LabelAreaPosition::Left, SCALE)
        .set_label_area_size(LabelAreaPosition::Bottom, 44)
        .build_cartesian_2d(0.0..right, 0.0..top)?)
}

/// The lines and labels of the heap's plot; `label` of a frame's place, `about` the axis.
pub fn heap_scale(
    chart: &mut Chart<'_, '_, RangedCoordf64, RangedCoordf64>,
    labels: usize,
    label: &dyn Fn(&f64) -> String,
    about: impl Into<String>,
) -> Drawn {
    faintly(&mut chart.configure_mesh())
        .disable_x_mesh()
        .x_labels(labels)
        .x_label_formatter(&label)
        .x_desc(about)
        .y_labels(5)
        .y_label_formatter(&|mebibytes| format!("{mebibytes} MiB"))
        .draw()?;
    Ok(())
}

/// Names and values of a strip.
pub fn numbers<V: fmt::Display>(
    area: &Canvas<'_>,
    lines: impl IntoIterator<Item = (&'static str, V)>,
) -> Drawn {
    for (i, (name, value)) in lines.into_iter().enumerate() {
        number(area, (0, 30 + 22 * i as i32), name, &value.to_string())?;
    }
    Ok(())
}

/// A name at this place, and a value at the right.
pub fn number(area: &Canvas<'_>, (x, y): (i32, i32), name: &str, value: &str) -> Drawn {
    area.draw(&Text::new(name, (x, y), text(15, &FAINT)))?;
    let right = (NUMBERS - MARGIN) as i32;
    area.draw(&Text::new(value, (right, y), to_the_left(text(15, &INK))))?;
    Ok(())
}
