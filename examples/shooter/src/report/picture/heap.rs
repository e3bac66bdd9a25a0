//! The heap's size under all strategies.

use super::{middle, seconds, shade_pauses};
use crate::{
    entrant::Entrant,
    measure::{Frame, Played},
    referee::PAUSE_TICKS,
    world::FRAMES_PER_SECOND,
};
use plots::{Canvas, Drawn, INK, frames, swatch, text};
use plotters::prelude::*;

pub fn draw(area: &Canvas<'_>, matches: &[Played]) -> Drawn {
    let (plot, key) = frames::split(area);
    let mebibytes = |frame: &Frame| frame.heap_bytes as f64 / f64::from(1 << 20);
    let top = matches
        .iter()
        .flat_map(|played| &played.frames)
        .map(mebibytes)
        .fold(0.1, f64::max)
        * 1.08;
    let first = &matches[0].frames;
    let mut chart = frames::heap(&plot, seconds(first.len()), top)?;
    shade_pauses(&mut chart, first, top)?;
    let label = |second: &f64| format!("{second:.0} s");
    let about = format!(
        "time of the match; a pause of {} s before and after each round",
        PAUSE_TICKS / FRAMES_PER_SECOND
    );
    frames::heap_scale(&mut chart, 12, &label, about)?;
    for played in matches {
        // In pieces: one long line grows spikes where it turns sharply.
        let line = color_of(played.entrant).stroke_width(2);
        let pieces = played.frames.windows(2).enumerate().map(|(x, pair)| {
            let ends = [
                (middle(x), mebibytes(&pair[0])),
                (middle(x + 1), mebibytes(&pair[1])),
            ];
            PathElement::new(ends, line)
        });
        chart.draw_series(pieces)?;
    }
    for (i, played) in matches.iter().enumerate() {
        let y = 36 + 24 * i as i32;
        swatch(&key, (0, y + 1), color_of(played.entrant))?;
        key.draw(&Text::new(played.entrant.name(), (20, y), text(15, &INK)))?;
    }
    Ok(())
}

fn color_of(entrant: Entrant) -> RGBColor {
    match entrant {
        Entrant::Automatic => RGBColor(0x4b, 0x55, 0x63),
        Entrant::Raised => RGBColor(0x0e, 0x84, 0x8c),
        Entrant::Disabled => RGBColor(0xd9, 0x3a, 0x3a),
        Entrant::Spread => RGBColor(0xf0, 0x8c, 0x00),
        Entrant::Budgeted => RGBColor(0x2f, 0x6f, 0xde),
        Entrant::Adaptive => RGBColor(0x8e, 0x44, 0xc9),
    }
}
