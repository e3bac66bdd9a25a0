//! What the pictures of the benchmarks and of the shooter share: colours, fonts that come with the program, a small file,
//! and in [`frames`] the plots of frame times and of the heap.

pub mod frames;

use plotters::{
    chart::MeshStyle,
    coord::{Shift, ranged1d::Ranged},
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
pub type Drawn<T = ()> = Result<T, Box<dyn Error>>;
/// With coordinates `X` and `Y`.
pub type Chart<'a, 'b, X, Y> = ChartContext<'a, BitMapBackend<'b>, Cartesian2d<X, Y>>;

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

/// A square of this colour, for a key.
pub fn swatch(area: &Canvas<'_>, (x, y): (i32, i32), color: RGBColor) -> Drawn {
    Ok(area.draw(&Rectangle::new([(x, y), (x + 12, y + 12)], color.filled()))?)
}

/// Faint lines and labels, for every chart.
pub fn faintly<'m, 'a, 'b, 'c, X: Ranged, Y: Ranged>(
    mesh: &'m mut MeshStyle<'a, 'b, X, Y, BitMapBackend<'c>>,
) -> &'m mut MeshStyle<'a, 'b, X, Y, BitMapBackend<'c>> {
    mesh.label_style(text(14, &FAINT))
        .axis_desc_style(text(14, &FAINT))
        .light_line_style(TRANSPARENT)
        .bold_line_style(RULE)
        .axis_style(RULE)
}
