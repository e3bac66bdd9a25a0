//! The picture: a strip of frame times for each strategy, one scale for all, with the collections marked; the heap
//! below.

mod heap;
mod strip;

use crate::{
    measure::{Frame, Played},
    world::FRAMES_PER_SECOND,
};
use plotters::{
    coord::{Shift, types::RangedCoordf64},
    prelude::*,
    style::register_font,
};
use std::{error::Error, fs::File, io::BufWriter, ops::Range, path::Path};

pub const PICTURE: &str = "frames.png";

const WIDTH: u32 = 1600;
const HEAD: u32 = 84;
const STRIP: u32 = 170;
const HEAP: u32 = 300;
/// Room on the left for the scale and on the right for the numbers.
const SCALE: u32 = 64;
const MARGIN: u32 = 16;
const NUMBERS: u32 = 190;

const INK: RGBColor = RGBColor(0x1f, 0x29, 0x37);
const FAINT: RGBColor = RGBColor(0x6b, 0x72, 0x80);
const RULE: RGBColor = RGBColor(0xe5, 0xe7, 0xeb);
const BAND: RGBColor = RGBColor(0xf1, 0xf3, 0xf6);
const FRAME: RGBColor = RGBColor(0x60, 0x7d, 0xa8);
const PAUSE: RGBColor = RGBColor(0xd9, 0x3a, 0x3a);
const FREED: RGBColor = RGBColor(0xb9, 0x1c, 0x1c);
const NOTHING: RGBColor = RGBColor(0xf0, 0x8c, 0x00);

type Canvas<'a> = DrawingArea<BitMapBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn Error>>;
type Chart<'a, 'b> =
    ChartContext<'a, BitMapBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

pub fn write(path: &Path, matches: &[Played]) -> Drawn {
    // The fonts come with the program: nothing has to be installed.
    for (style, font) in [
        (FontStyle::Normal, dejavu::sans::regular()),
        (FontStyle::Bold, dejavu::sans::bold()),
    ] {
        register_font("sans-serif", style, font).map_err(|_| "the built-in font is damaged")?;
    }
    let height = HEAD + STRIP * matches.len() as u32 + HEAP;
    let mut pixels = vec![0; (WIDTH * height * 3) as usize];
    {
        let canvas = BitMapBackend::with_buffer(&mut pixels, (WIDTH, height)).into_drawing_area();
        canvas.fill(&WHITE)?;
        let (head, rest) = canvas.split_vertically(HEAD);
        draw_head(&head)?;
        let top = strip::scale_top(matches);
        let (strips, heap) = rest.split_vertically(STRIP * matches.len() as u32);
        for (strip, played) in strips.split_evenly((matches.len(), 1)).iter().zip(matches) {
            strip::draw(strip, played, top)?;
        }
        heap::draw(&heap, matches)?;
        canvas.present()?;
    }
    encode(path, &pixels, height)
}

fn encode(path: &Path, pixels: &[u8], height: u32) -> Drawn {
    let mut encoder = png::Encoder::new(BufWriter::new(File::create(path)?), WIDTH, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::High);
    encoder.write_header()?.write_image_data(pixels)?;
    Ok(())
}

fn text(size: u32, color: &RGBColor) -> TextStyle<'_> {
    ("sans-serif", size).into_font().color(color)
}

fn bold(size: u32, color: &RGBColor) -> TextStyle<'_> {
    ("sans-serif", size)
        .into_font()
        .style(FontStyle::Bold)
        .color(color)
}

fn draw_head(area: &Canvas<'_>) -> Drawn {
    area.draw(&Text::new(
        "The same match under each strategy: time of every frame",
        (SCALE as i32, 14),
        bold(22, &INK),
    ))?;
    let mut x = SCALE as i32;
    let mut key = |mark: &dyn Fn(i32) -> Drawn, label: &'static str| -> Drawn {
        mark(x)?;
        let style = text(15, &FAINT);
        area.draw(&Text::new(label, (x + 20, 49), style.clone()))?;
        x += 52 + area.estimate_text_size(label, &style)?.0 as i32;
        Ok(())
    };
    let swatch = |color: RGBColor| {
        move |x: i32| -> Drawn {
            Ok(area.draw(&Rectangle::new([(x, 50), (x + 12, 62)], color.filled()))?)
        }
    };
    key(&swatch(FRAME), "frame")?;
    key(&swatch(PAUSE), "of it the collector's pause")?;
    key(
        &|x| dot(area, (x + 6, 56), FREED),
        "collections that freed something",
    )?;
    key(
        &|x| dot(area, (x + 6, 56), NOTHING),
        "collections that freed nothing",
    )?;
    key(&swatch(BAND), "pause between rounds")
}

fn dot(area: &Canvas<'_>, at: (i32, i32), color: RGBColor) -> Drawn {
    Ok(area.draw(&Circle::new(at, 4, color.filled()))?)
}

fn seconds(frames: usize) -> f64 {
    frames as f64 / f64::from(FRAMES_PER_SECOND)
}

fn middle(frame: usize) -> f64 {
    (frame as f64 + 0.5) / f64::from(FRAMES_PER_SECOND)
}

fn millis(frame: &Frame) -> f64 {
    frame.took.as_secs_f64() * 1e3
}

/// Stretches of frames between which the phase changes: (frames, playing).
fn stretches(frames: &[Frame]) -> Vec<(Range<usize>, bool)> {
    let mut start = 0;
    frames
        .chunk_by(|one, two| one.playing == two.playing)
        .map(|chunk| {
            let range = start..start + chunk.len();
            start = range.end;
            (range, chunk[0].playing)
        })
        .collect()
}

fn shade_pauses(chart: &mut Chart<'_, '_>, frames: &[Frame], top: f64) -> Drawn {
    let pauses = stretches(frames)
        .into_iter()
        .filter(|&(_, playing)| !playing);
    chart.draw_series(pauses.map(|(range, _)| {
        Rectangle::new(
            [(seconds(range.start), 0.0), (seconds(range.end), top)],
            BAND.filled(),
        )
    }))?;
    Ok(())
}
