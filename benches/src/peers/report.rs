//! The tables on the terminal, `docs/benchmarks.md` and `docs/benchmarks.csv`.

use super::{
    child::{Allocator, Outcome},
    contenders::{CONTENDERS, Kind, version},
    goals, picture,
    results::Results,
    work::{Sizes, Work},
};
use crate::{
    figure::{Table, short},
    limits::Limits,
    machine::Machine,
    pauses::frames::thousands,
};
use std::{error::Error, fmt::Write, fs, path::Path};

const ALLOCATORS: [Allocator; 2] = [Allocator::System, Allocator::Mimalloc];

/// For the terminal.
pub fn console(results: &Results) -> String {
    let mut out = String::new();
    for allocator in ALLOCATORS {
        for &work in &results.works {
            _ = writeln!(
                out,
                "{work}, {allocator}\n{}",
                table(results, allocator, work)
            );
        }
    }
    let lines = goals::lines(results);
    let missed = lines.iter().filter(|line| !line.reached).count();
    _ = writeln!(
        out,
        "{}\n{missed} of {} goals missed",
        Table::of_lines(&lines),
        lines.len()
    );
    for skipped in &results.skipped {
        _ = writeln!(out, "{skipped}");
    }
    if results.quick {
        out += "These are quick runs with small sizes: nothing to judge by.\n";
    }
    out
}

/// Writes the document, its data and its pictures into `folder`.
pub fn write(folder: &Path, results: &Results) -> Result<(), Box<dyn Error>> {
    let images = folder.join("img");
    fs::create_dir_all(&images)?;
    for allocator in ALLOCATORS {
        picture::write(&images.join(picture::name(allocator)), results, allocator)?;
    }
    fs::write(folder.join("benchmarks.csv"), csv(results))?;
    fs::write(folder.join("benchmarks.md"), document(results))?;
    Ok(())
}

/// A row for each contender that did this work, or failed to.
fn table(results: &Results, allocator: Allocator, work: Work) -> Table {
    let columns = work.columns();
    let mut table = Table::new(1, [""]);
    let head = columns.iter().map(|(name, unit)| format!("{name}, {unit}"));
    table.head.extend(head);
    for (place, contender) in CONTENDERS.iter().enumerate() {
        let runs = results.runs(allocator, work, place);
        if runs.is_empty() || runs.iter().all(|run| *run == Outcome::Nothing) {
            continue;
        }
        let mut row = vec![contender.title()];
        for (name, _) in columns {
            row.push(match results.median(allocator, work, place, name) {
                Some(value) => short(value),
                None if runs.contains(&Outcome::Crashed) => "crashed".to_owned(),
                None if runs.contains(&Outcome::TooLong) => "over 60 s".to_owned(),
                None => String::new(),
            });
        }
        table.rows.push(row);
    }
    table
}

/// Who they are.
fn who(results: &Results) -> Table {
    let mut table = Table::new(
        8,
        [
            "",
            "version",
            "frees cycles",
            "weak handles",
            "other threads",
            "slices",
            "a list of 1,000,000",
            "remark",
        ],
    );
    for contender in CONTENDERS {
        let version = match contender.kind {
            Kind::Rust { package: "", .. } => "std".to_owned(),
            Kind::Rust { package, .. } => version(package).unwrap_or_default().to_owned(),
            Kind::Python { .. } => skipped_or(&results.python),
            Kind::Lua { .. } => skipped_or(&results.lua),
        };
        let mut row = vec![contender.title()];
        row.push(
            if contender.abilities.is_some() || contender.setting.is_empty() {
                version
            } else {
                // Of the same as before.
                String::new()
            },
        );
        if let Some(it) = &contender.abilities {
            row.extend([it.cycles, it.weak, it.threads, it.slices, it.deep].map(str::to_owned));
        } else {
            row.extend([(); 5].map(|()| String::new()));
        }
        row.push(contender.remark.to_owned());
        table.rows.push(row);
    }
    table
}

fn skipped_or(version: &Option<String>) -> String {
    version
        .clone()
        .unwrap_or_else(|| "not installed: skipped".to_owned())
}

fn document(results: &Results) -> String {
    let lines = goals::lines(results);
    let missed = lines.iter().filter(|line| !line.reached).count();
    let verdict = if missed == 0 {
        "All goals are reached.".to_owned()
    } else {
        format!("{missed} of {} goals are missed.", lines.len())
    };
    let sizes = if results.quick {
        Sizes::QUICK
    } else {
        Sizes::FULL
    };
    let mut out = format!(
        "<!-- Written by `cargo run --release -p benches --bin peers`. Do not edit. -->\n\
         # gc-core beside its peers\n\n\
         What a game could use instead of gc-core, doing the same work in the same run. Each is used as its \
         documentation advises; [benches/src/peers](../benches/src/peers) shows how. Pauses against budgets \
         are in [benchmarks-pauses.md](benchmarks-pauses.md).\n\n\
         {}\n\n\
         Every figure is the median of {} runs, each in a process of its own, one contender after the other and then \
         all of them again: what disturbs the machine disturbs all of them (with 1,000,000 objects the others run once, \
         gc-core and gc-arena each time). Times are thread CPU time. The smallest and \
         the largest value of each figure are in [benchmarks.csv](benchmarks.csv). Where a ratio is given, it is the \
         median of the ratios of the rounds.\n\n\
         ## Who\n\n{}\n\
         ## What the machine allows\n\n{}\n\
         A clone or a drop of a handle is one atomic addition here as with `Arc`; a collection that visits objects out of \
         order waits for loads.\n\n\
         ## Goals\n\n{verdict}\n\n{}\n\
         ## Pictures\n\n",
        Machine::here("peers").markdown(),
        results.repeat,
        who(results).markdown(),
        Limits::measure().table().markdown(),
        Table::of_lines(&lines).markdown(),
    );
    for allocator in ALLOCATORS {
        let name = picture::name(allocator);
        _ = writeln!(out, "![Every contender with {allocator}](img/{name})\n");
    }
    for &work in &results.works {
        _ = writeln!(
            out,
            "## {}{}\n\n{}\n",
            work.to_string()[..1].to_uppercase(),
            &work.to_string()[1..],
            about(work, sizes)
        );
        for allocator in ALLOCATORS {
            _ = writeln!(
                out,
                "With {allocator}:\n\n{}",
                table(results, allocator, work).markdown()
            );
        }
    }
    out
}

/// What exactly is done.
fn about(work: Work, sizes: Sizes) -> String {
    match work {
        Work::Churn => "Make the bullets, read one, drop them, reclaim. A bullet has 7 words and a strong handle of its \
             owner, which could refer to it. The mean includes collections that fall into some of the rounds."
            .to_owned(),
        Work::Access => "Where a handle is copied, clone and drop cost nothing by design; the price is paid elsewhere: \
             gc-arena's handles live inside one closure, slotmap's do not keep alive."
            .to_owned(),
        Work::Weak => "What an upgrade gives is dropped at once. The objects are alive. gc-arena's handles are not counted: \
             there is nothing to drop."
            .to_owned(),
        Work::Live | Work::LiveMillion => "Nothing is garbage. Each handle was cloned and dropped before, for the \
             collectors that only examine what was touched. gc-arena has one root by design: its figure is the same \
             as with one root."
            .to_owned(),
        Work::OneRoot | Work::OneRootMillion => "The only handle outside is that of the object that lists all.".to_owned(),
        Work::Rings => "All of it is garbage that counting cannot free, collected at the latest at the end. `Rc` and \
             `Arc` leak it."
            .to_owned(),
        Work::Frames | Work::OwnedFrames => format!(
            "{} frames, the game's time and the collector's together. *Peak* is the resident memory of the process. \
             A contender that takes more than 1 s is cut short. `Rc`, `Arc` and CPython without its collector keep \
             all the garbage.",
            thousands(sizes.frames)
        ),
        Work::Memory => "Of a type that can be in a cycle: a value and an optional handle. bumpalo and slotmap hold two \
             words; Lua's objects are tables."
            .to_owned(),
        Work::Push => "Numbers of 8 bytes into a vector that grows as it fills; making and dropping it included. `GcVec` \
             counts its bytes in a heap."
            .to_owned(),
        Work::Insert => "Pairs of 8 bytes each, keys without an order, into a map that grows as it fills; making and \
             dropping it included. `GcMap` counts its bytes in a heap and keeps the order of insertion; hashbrown hashes \
             with what it brings along, `GcMap` with the same function and a fixed seed."
            .to_owned(),
        Work::Match => format!(
            "{} frames: eight ships in a level of {} live objects fire 25 bullets each a frame; bullets move and die; \
             each tenth leaves a cycle behind. The longest pause is that of a collection or a slice. The score is the \
             same in all three languages. Much of the interpreters' time is the game's logic: this row compares games, \
             not only collectors.",
            thousands(sizes.match_frames),
            thousands(sizes.live)
        ),
    }
}

/// All of it, for other programs.
fn csv(results: &Results) -> String {
    let mut out =
        "allocator,contender,setting,work,figure,unit,median,smallest,largest,runs\n".to_owned();
    for allocator in ALLOCATORS {
        for &work in &results.works {
            for (place, contender) in CONTENDERS.iter().enumerate() {
                for (name, unit) in work.columns() {
                    let median = results.median(allocator, work, place, name);
                    let extremes = results.extremes(allocator, work, place, name);
                    let (Some(median), Some((least, most))) = (median, extremes) else {
                        continue;
                    };
                    let quoted = [contender.name, contender.setting, &work.name(), name, unit]
                        .map(|text| format!("\"{text}\""))
                        .join(",");
                    let runs = results.runs(allocator, work, place).len();
                    _ = writeln!(
                        out,
                        "\"{allocator}\",{quoted},{median:.4},{least:.4},{most:.4},{runs}"
                    );
                }
            }
        }
    }
    out
}
