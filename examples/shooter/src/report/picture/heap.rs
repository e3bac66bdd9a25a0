//! The heap's size under all strategies.

use super::{
    Canvas, Drawn, FAINT, INK, MARGIN, NUMBERS, RULE, SCALE, WIDTH, bold, middle, seconds,
    shade_pauses, text,
};
use crate::{
    entrant::Entrant,
    measure::{Frame, Played},
    referee::PAUSE_TICKS,
    world::FRAMES_PER_SECOND,
};
use plotters::prelude::*;

pub fn draw(area: &Canvas<'_>, matches: &[Played]) -> Drawn {
    let (plot, key) = area.split_horizontally(WIDTH - NUMBERS);
    let mebibytes = |frame: &Frame| frame.heap_bytes as f64 / f64::from(1 << 20);
    let top = matches
        .iter()
        .flat_map(|played| &played.frames)
        .map(mebibytes)
        .fold(0.1, f64::max)
        * 1.08;
    let frames = &matches[0].frames;
    let mut chart = ChartBuilder::on(&plot)
        .margin_top(34)
        .margin_bottom(10)
        .margin_right(MARGIN)
        .set_label_area_size(LabelAreaPosition::Left, SCALE)
        .set_label_area_size(LabelAreaPosition::Bottom, 44)
        .build_cartesian_2d(0.0..seconds(frames.len()), 0.0..top)?;
    shade_pauses(&mut chart, frames, top)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(12)
        .x_label_formatter(&|second| format!("{second:.0} s"))
        .x_desc(format!(
            "time of the match; a pause of {} s before and after each round",
            PAUSE_TICKS / FRAMES_PER_SECOND
        ))
        .y_labels(5)
        .y_label_formatter(&|mebibytes| format!("{mebibytes} MiB"))
        .label_style(text(14, &FAINT))
        .axis_desc_style(text(14, &FAINT))
        .light_line_style(TRANSPARENT)
        .bold_line_style(RULE)
        .axis_style(RULE)
        .draw()?;
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
    plot.draw(&Text::new(
        "Heap: bytes of all objects, garbage included",
        (SCALE as i32, 10),
        bold(16, &INK),
    ))?;
    for (i, played) in matches.iter().enumerate() {
        let y = 36 + 24 * i as i32;
        key.draw(&Rectangle::new(
            [(0, y + 1), (12, y + 13)],
            color_of(played.entrant).filled(),
        ))?;
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
