//! The tables on the terminal, `docs/benchmarks-frames.md` and `docs/benchmarks-frames.csv`.

use super::{
    Measured, Played, picture,
    play::{BUDGET, Outcome},
    workloads::Kind,
};
use crate::{
    figure::{Table, median, short},
    machine::Machine,
    pauses::frames::thousands,
};
use hdrhistogram::Histogram;
use std::{error::Error, fmt::Write, fs, path::Path};

const QUANTILES: [(&str, f64); 4] = [
    ("p50", 0.5),
    ("p99", 0.99),
    ("p99.9", 0.999),
    ("longest", 1.0),
];

/// The median of a time over the runs, in microseconds.
pub fn micros(played: &Played, nanos: &dyn Fn(&Outcome) -> f64) -> f64 {
    of(played, nanos) / 1e3
}

fn of(played: &Played, value: &dyn Fn(&Outcome) -> f64) -> f64 {
    median(played.runs.iter().map(value))
}

/// For the terminal.
pub fn console(measured: &Measured) -> String {
    let mut out = String::new();
    for kind in Kind::GAMES {
        let table = games(measured, kind);
        if !table.rows.is_empty() {
            _ = writeln!(out, "{kind}\n{table}");
        }
    }
    let grid = grid(measured);
    if !grid.rows.is_empty() {
        _ = writeln!(out, "the grid\n{grid}");
    }
    out
}

/// Writes the document, its data and its pictures into `folder`.
pub fn write(folder: &Path, measured: &Measured) -> Result<(), Box<dyn Error>> {
    let images = folder.join("img");
    fs::create_dir_all(&images)?;
    picture::write_games(&images.join(picture::GAMES), measured)?;
    picture::write_grid(&images.join(picture::GRID), measured)?;
    fs::write(folder.join("benchmarks-frames.csv"), csv(measured))?;
    fs::write(folder.join("benchmarks-frames.md"), document(measured))?;
    Ok(())
}

const HEAD: [&str; 9] = [
    "frame",
    "game",
    "collector",
    "missed at 60 Hz",
    "120 Hz",
    "240 Hz",
    "peak MiB",
    "floating",
    "infeasible",
];

fn table(first: &str) -> Table {
    let mut table = Table::new(1, [first]);
    table.head.extend(HEAD.map(str::to_owned));
    table
}

fn row(played: &Played, name: String) -> Vec<String> {
    let times = |histogram: fn(&Outcome) -> &Histogram<u64>| {
        QUANTILES
            .map(|(_, part)| {
                short(micros(played, &|run| {
                    histogram(run).value_at_quantile(part) as f64
                }))
            })
            .join(" / ")
    };
    let whole = |value: &dyn Fn(&Outcome) -> usize| {
        thousands(of(played, &|run| value(run) as f64) as usize)
    };
    vec![
        name,
        times(|run| &run.frame),
        times(|run| &run.game),
        times(|run| &run.collector),
        whole(&|run| run.missed[0]),
        whole(&|run| run.missed[1]),
        whole(&|run| run.missed[2]),
        format!(
            "{:.1}",
            of(played, &|run| run.peak_bytes as f64) / f64::from(1 << 20)
        ),
        whole(&|run| run.floating),
        whole(&|run| run.infeasible),
    ]
}

fn games(measured: &Measured, kind: Kind) -> Table {
    let mut table = table("collector");
    let all = measured.played.iter().filter(|played| played.kind == kind);
    table
        .rows
        .extend(all.map(|played| row(played, played.collector.to_string())));
    table
}

fn grid(measured: &Measured) -> Table {
    let mut table = table("cycle size × payload × live");
    for played in &measured.played {
        if let Kind::Grid {
            cycle,
            payload,
            live,
        } = played.kind
        {
            let name = format!("{cycle} × {} × {}", thousands(payload), thousands(live));
            table.rows.push(row(played, name));
        }
    }
    table
}

fn document(measured: &Measured) -> String {
    let mut out = format!(
        "<!-- Written by `cargo run --release -p benches --bin frame_spikes -- --write docs`. Do not edit. -->\n\
         # Frame-time spikes\n\n\
         Averages hide what players see. Here every frame of a small game is timed, the game and the collector apart, and \
         the tail is shown: half of the frames are no longer than p50, all but one in a hundred than p99, all but one in \
         a thousand than p99.9. Beside it stand the price in memory and the garbage that waits: the three belong \
         together.\n\n\
         {}\n\n\
         {} frames a run, medians of {} runs, in turn. Times are thread CPU time in µs, given as \
         p50 / p99 / p99.9 / longest; no clock decides anything in the game. A frame is *missed* when the game and the \
         collector together take longer than it has: the rest of a real game is not there. *Peak MiB* is the most bytes \
         of objects, with what they own elsewhere; *floating* is the most objects at the end of a frame that the game \
         cannot reach any more; *infeasible* counts the frames in which `step` said that {BUDGET:?} cannot keep the \
         bounds.\n\n\
         ![The frames of the games](img/{})\n\n",
        Machine::here("frame_spikes").markdown(),
        thousands(measured.effort.frames),
        measured.effort.repeat,
        picture::GAMES,
    );
    for kind in Kind::GAMES {
        let title = kind.to_string();
        _ = writeln!(
            out,
            "## {}{}\n\n{}\n\n{}",
            title[..1].to_uppercase(),
            &title[1..],
            kind.about(),
            games(measured, kind).markdown()
        );
    }
    _ = writeln!(
        out,
        "## The grid\n\n{} Rings of so many objects, each with so many bytes beside its handle, left behind beside so \
         many live objects; paced, at most {BUDGET:?} a frame.\n\n![The grid](img/{})\n\n{}",
        Kind::grid().next().map_or("", Kind::about),
        picture::GRID,
        grid(measured).markdown()
    );
    out
}

/// All of it, for other programs.
fn csv(measured: &Measured) -> String {
    let mut out = "workload,collector".to_owned();
    for part in ["frame", "game", "collector"] {
        for (name, _) in QUANTILES {
            _ = write!(out, ",{part}_{name}_us");
        }
    }
    out += ",missed_60,missed_120,missed_240,peak_bytes,floating_objects,infeasible\n";
    for played in &measured.played {
        _ = write!(out, "\"{}\",\"{}\"", played.kind, played.collector);
        let histograms: [fn(&Outcome) -> &Histogram<u64>; 3] =
            [|run| &run.frame, |run| &run.game, |run| &run.collector];
        for histogram in histograms {
            for (_, part) in QUANTILES {
                let nanos = |run: &Outcome| histogram(run).value_at_quantile(part) as f64;
                _ = write!(out, ",{:.1}", micros(played, &nanos));
            }
        }
        let counts: [fn(&Outcome) -> usize; 6] = [
            |run| run.missed[0],
            |run| run.missed[1],
            |run| run.missed[2],
            |run| run.peak_bytes,
            |run| run.floating,
            |run| run.infeasible,
        ];
        for count in counts {
            _ = write!(out, ",{:.0}", of(played, &|run| count(run) as f64));
        }
        out.push('\n');
    }
    out
}
