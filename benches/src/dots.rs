//! Rows of dots on one logarithmic scale: the pictures of many contenders.

use crate::figure::short;
use plots::{Canvas, Drawn, FAINT, INK, RULE, bold, text, to_the_left};
use plotters::{
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

/// A row of the picture.
pub struct Dots {
    pub name: String,
    /// In ascending order: a dot each, joined by a line.
    pub values: Vec<f64>,
    pub color: RGBColor,
}

/// Where names end, and where the numbers at the right end.
const NAMES: i32 = 220;
const NUMBERS: i32 = 150;
pub const ROW: i32 = 22;
const HEAD: i32 = 56;

/// How high the picture of so many rows is.
pub fn height(rows: usize) -> i32 {
    HEAD + ROW * rows as i32 + 34
}

/// Rows of dots on one logarithmic scale, with their values at the right.
pub fn draw(area: &Canvas<'_>, title: &str, unit: &str, rows: &[Dots]) -> Drawn {
    let (width, _) = area.dim_in_pixel();
    let (left, right) = (NAMES + 16, width as i32 - NUMBERS - 16);
    let positive = || {
        rows.iter()
            .flat_map(|row| &row.values)
            .filter(|it| **it > 0.0)
    };
    let low = positive()
        .copied()
        .fold(f64::INFINITY, f64::min)
        .log10()
        .floor();
    let high = positive()
        .copied()
        .fold(0.0, f64::max)
        .log10()
        .ceil()
        .max(low + 1.0);
    area.draw(&Text::new(title, (16, 8), bold(16, &INK)))?;
    area.draw(&Text::new(unit, (16, 30), text(13, &FAINT)))?;
    if !low.is_finite() {
        return Ok(());
    }
    let bottom = HEAD + ROW * rows.len() as i32;
    let place = |value: f64| {
        let part = (value.max(10f64.powf(low)).log10() - low) / (high - low);
        left + (part * f64::from(right - left)) as i32
    };
    for power in low as i32..=high as i32 {
        let x = place(10f64.powi(power));
        area.draw(&PathElement::new([(x, HEAD - 4), (x, bottom)], RULE))?;
        let number = short(10f64.powi(power));
        let style = text(12, &FAINT).pos(Pos::new(HPos::Center, VPos::Top));
        area.draw(&Text::new(number, (x, bottom + 4), style))?;
    }
    for (number, row) in rows.iter().enumerate() {
        let top = HEAD + ROW * number as i32;
        let middle = top + ROW / 2 - 2;
        area.draw(&Text::new(
            row.name.clone(),
            (NAMES, top),
            to_the_left(text(13, &row.color)),
        ))?;
        if let (Some(&first), Some(&last)) = (row.values.first(), row.values.last()) {
            let line = [(place(first), middle), (place(last), middle)];
            area.draw(&PathElement::new(line, row.color.stroke_width(2)))?;
        }
        for &value in &row.values {
            area.draw(&Circle::new((place(value), middle), 4, row.color.filled()))?;
        }
        let numbers: Vec<String> = row.values.iter().map(|&value| short(value)).collect();
        let at = (width as i32 - 16, top);
        area.draw(&Text::new(
            numbers.join(" / "),
            at,
            to_the_left(text(13, &row.color)),
        ))?;
    }
    Ok(())
}
