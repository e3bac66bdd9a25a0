//! The frame times of one strategy.

use super::{Chart, FRAME, FREED, NOTHING, PAUSE, middle, millis, seconds, shade_pauses};
use crate::{
    measure::{Frame, Played},
    table::ms,
};
use plots::{Canvas, Drawn, INK, frames, text};
use plotters::{
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

/// The scale that suits all strips. Frames above it, if any, are so few and so long that they would flatten the rest.
pub fn scale_top(matches: &[Played]) -> f64 {
    let mut times: Vec<f64> = matches
        .iter()
        .flat_map(|played| &played.frames)
        .map(millis)
        .collect();
    times.sort_by(f64::total_cmp);
    let longest = times.last().copied().unwrap_or(1.0);
    let nearly_all = times[times.len().saturating_sub(1 + times.len() / 1000)];
    longest.min(nearly_all * 2.5).max(0.01) * 1.12
}

pub fn draw(area: &Canvas<'_>, played: &Played, top: f64) -> Drawn {
    let (plot, numbers) = frames::split(area);
    let (name, right) = (played.entrant.name(), seconds(played.frames.len()));
    let mut chart = frames::strip(&plot, name, &INK, right, 0.0..top)?;
    let frames = &played.frames;
    shade_pauses(&mut chart, frames, top)?;
    frames::strip_scale(&mut chart, 4)?;
    chart.draw_series(
        frames
            .iter()
            .enumerate()
            .map(|(x, frame)| bar(x, 0.0, millis(frame).min(top), FRAME)),
    )?;
    chart.draw_series(
        frames
            .iter()
            .enumerate()
            .filter(|(_, frame)| !frame.gc.pause.is_zero())
            .map(|(x, frame)| {
                let high = millis(frame).min(top);
                bar(
                    x,
                    (high - frame.gc.pause.as_secs_f64() * 1e3).max(0.0),
                    high,
                    PAUSE,
                )
            }),
    )?;
    mark_collections(&mut chart, frames, top)?;
    draw_numbers(&numbers, played)
}

fn bar(x: usize, low: f64, high: f64, color: RGBColor) -> PathElement<(f64, f64)> {
    let x = middle(x);
    PathElement::new([(x, low), (x, high)], color.stroke_width(1))
}

/// A dot over each frame in which a collection ended, and an arrow's worth of text over frames that leave the scale.
fn mark_collections(chart: &mut Chart<'_, '_>, frames: &[Frame], top: f64) -> Drawn {
    let collected = frames
        .iter()
        .enumerate()
        .filter(|(_, frame)| frame.gc.collections > 0);
    chart.draw_series(collected.map(|(x, frame)| {
        let color = if frame.gc.freed_nothing < frame.gc.collections {
            FREED
        } else {
            NOTHING
        };
        Circle::new(
            (middle(x), (millis(frame) + top * 0.04).min(top)),
            3,
            color.filled(),
        )
    }))?;
    label_beyond(chart, frames, top)
}

/// The times of frames that leave the scale; the longest first, so that they are not covered by others.
fn label_beyond(chart: &mut Chart<'_, '_>, frames: &[Frame], top: f64) -> Drawn {
    let mut beyond: Vec<usize> = (0..frames.len())
        .filter(|&x| millis(&frames[x]) > top)
        .collect();
    beyond.sort_by_key(|&x| std::cmp::Reverse(frames[x].took));
    let room = frames.len() / 13;
    let mut labelled: Vec<usize> = Vec::new();
    for x in beyond {
        if labelled.iter().any(|other| other.abs_diff(x) < room) {
            continue;
        }
        labelled.push(x);
        // To the side on which there is room.
        let (side, label) = match x < frames.len() * 7 / 8 {
            true => (HPos::Left, format!("  ↑ {:.1} ms", millis(&frames[x]))),
            false => (HPos::Right, format!("{:.1} ms ↑  ", millis(&frames[x]))),
        };
        let style = text(13, &INK).pos(Pos::new(side, VPos::Top));
        chart.draw_series([Text::new(label, (middle(x), top), style)])?;
    }
    Ok(())
}

fn draw_numbers(area: &Canvas<'_>, played: &Played) -> Drawn {
    let it = played.summary();
    let mut lines = vec![
        ("p50", ms(it.p50)),
        ("p99", ms(it.p99)),
        ("longest", ms(it.longest)),
        ("pause", ms(it.longest_pause)),
    ];
    if let Some(pause) = it.end_pause {
        lines.push(("at the end", ms(pause)));
    }
    let lines = lines.into_iter();
    frames::numbers(
        area,
        lines.map(|(name, value)| (name, format!("{value} ms"))),
    )
}
