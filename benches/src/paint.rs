//! What the pictures share: colours, fonts that come with the program, and a small file.

use plotters::{
    coord::Shift,
    prelude::*,
    style::{
        register_font,
        text_anchor::{HPos, Pos, VPos},
    },
};
use std::{error::Error, fs::File, io::BufWriter, path::Path};

pub const INK: RGBColor = RGBColor(0x1f, 0x29, 0x37);
pub const FAINT: RGBColor = RGBColor(0x6b, 0x72, 0x80);
pub const RULE: RGBColor = RGBColor(0xe5, 0xe7, 0xeb);
pub const RED: RGBColor = RGBColor(0xd9, 0x3a, 0x3a);
pub const BLUE: RGBColor = RGBColor(0x2f, 0x6f, 0xde);

pub type Canvas<'a> = DrawingArea<BitMapBackend<'a>, Shift>;
pub type Drawn = Result<(), Box<dyn Error>>;

/// A PNG that `draw` paints on white.
pub fn write(
    path: &Path,
    (width, height): (u32, u32),
    draw: impl FnOnce(&Canvas<'_>) -> Drawn,
) -> Drawn {
    // Nothing has to be installed.
    for (style, font) in [
        (FontStyle::Normal, dejavu::sans::regular()),
        (FontStyle::Bold, dejavu::sans::bold()),
    ] {
        register_font("sans-serif", style, font).map_err(|_| "the built-in font is damaged")?;
    }
    let mut pixels = vec![0; (width * height * 3) as usize];
    {
        let canvas = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
        canvas.fill(&WHITE)?;
        draw(&canvas)?;
        canvas.present()?;
    }
    let mut encoder = png::Encoder::new(BufWriter::new(File::create(path)?), width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::High);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(())
}

pub fn text(size: u32, color: &RGBColor) -> TextStyle<'_> {
    ("sans-serif", size).into_font().color(color)
}

pub fn bold(size: u32, color: &RGBColor) -> TextStyle<'_> {
    ("sans-serif", size)
        .into_font()
        .style(FontStyle::Bold)
        .color(color)
}

/// The text ends where it is put.
pub fn to_the_left(style: TextStyle<'_>) -> TextStyle<'_> {
    style.pos(Pos::new(HPos::Right, VPos::Top))
}

/// A row of [`dots`].
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

/// How high [`dots`] of so many rows are.
pub fn dots_height(rows: usize) -> i32 {
    HEAD + ROW * rows as i32 + 34
}

/// Rows of dots on one logarithmic scale, with their values at the right.
pub fn dots(area: &Canvas<'_>, title: &str, unit: &str, rows: &[Dots]) -> Drawn {
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

/// Three digits.
pub fn short(value: f64) -> String {
    let digits = match value {
        _ if value == 0.0 || value >= 100.0 => 0,
        _ if value >= 10.0 => 1,
        _ if value >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(short(1_234.5), "1234");
        assert_eq!(short(12.34), "12.3");
        assert_eq!(short(1.0), "1");
        assert_eq!(short(0.0124), "0.012");
        assert_eq!(short(100.0), "100");
    }
}
