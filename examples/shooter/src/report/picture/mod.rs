//! The picture: a strip of frame times for each strategy, one scale for all, with the collections marked; the heap
//! below.

mod heap;
mod strip;

use crate::{
    measure::{Frame, Played},
    world::FRAMES_PER_SECOND,
};
use plots::{
    Canvas, Drawn, FAINT, INK, RED, bold,
    frames::{HEAP, SCALE, WIDTH},
    swatch, text,
};
use plotters::{coord::types::RangedCoordf64, prelude::*};
use std::{ops::Range, path::Path};

pub const PICTURE: &str = "frames.png";

const HEAD: u32 = 84;
const STRIP: u32 = 170;

const BAND: RGBColor = RGBColor(0xf1, 0xf3, 0xf6);
const FRAME: RGBColor = RGBColor(0x60, 0x7d, 0xa8);
const PAUSE: RGBColor = RED;
const FREED: RGBColor = RGBColor(0xb9, 0x1c, 0x1c);
const NOTHING: RGBColor = RGBColor(0xf0, 0x8c, 0x00);

type Chart<'a, 'b> = plots::Chart<'a, 'b, RangedCoordf64, RangedCoordf64>;

pub fn write(path: &Path, matches: &[Played]) -> Drawn {
    let strips = STRIP * matches.len() as u32;
    plots::write(path, (WIDTH, HEAD + strips + HEAP), |canvas| {
        let (head, rest) = canvas.split_vertically(HEAD);
        draw_head(&head)?;
        let top = strip::scale_top(matches);
        let (strips, heap) = rest.split_vertically(strips);
        for (strip, played) in strips.split_evenly((matches.len(), 1)).iter().zip(matches) {
            strip::draw(strip, played, top)?;
        }
        heap::draw(&heap, matches)
    })
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
    let square = |color: RGBColor| move |x: i32| swatch(area, (x, 50), color);
    key(&square(FRAME), "frame")?;
    key(&square(PAUSE), "of it the collector's pause")?;
    key(
        &|x| dot(area, (x + 6, 56), FREED),
        "collections that freed something",
    )?;
    key(
        &|x| dot(area, (x + 6, 56), NOTHING),
        "collections that freed nothing",
    )?;
    key(&square(BAND), "pause between rounds")
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
