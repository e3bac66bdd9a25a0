//! The table on the terminal, and `docs/benchmarks-pauses.md`.

use super::{
    BUDGETS, COLLECTORS, Measured, WORLDS,
    control::{Control, Load},
    frames::{Collector, EVERY, Outcome, thousands},
    lines::MIB,
    picture,
};
use crate::{
    figure::{Table, median},
    machine::Machine,
    rings,
};
use std::{error::Error, fs, path::Path};

pub const DOCUMENT: &str = "benchmarks-pauses.md";

/// For the terminal.
pub fn console(measured: &Measured) -> String {
    let lines = measured.lines();
    let missed = lines.iter().filter(|line| !line.reached).count();
    format!(
        "{}\n{}\n{}\n{} of {} goals missed\n",
        details(measured),
        controls(measured),
        Table::of_lines(&lines),
        missed,
        lines.len()
    )
}

/// Writes the document and its pictures into `folder`.
pub fn write(folder: &Path, measured: &Measured, machine: &Machine) -> Result<(), Box<dyn Error>> {
    let images = folder.join("img");
    fs::create_dir_all(&images)?;
    let mut pictures = String::new();
    for world in picture::WORLDS_SHOWN {
        let name = picture::name(world);
        picture::write(&images.join(&name), measured, world)?;
        pictures += &format!("![Frame times and heap size: {world}](img/{name})\n\n");
    }
    fs::write(
        folder.join(DOCUMENT),
        document(measured, machine, &pictures),
    )?;
    Ok(())
}

fn document(measured: &Measured, machine: &Machine, pictures: &str) -> String {
    let lines = measured.lines();
    let missed = lines.iter().filter(|line| !line.reached).count();
    let verdict = if missed == 0 {
        "All goals are reached.".to_owned()
    } else {
        format!("{missed} of {} goals are missed.", lines.len())
    };
    let access = |of: fn(&super::WriteAccess) -> f64| median(measured.write_access.iter().map(of));
    format!(
        "<!-- Written by `cargo run --release -p benches --bin pauses -- --write docs`. Do not edit. -->\n\
         # Pauses\n\n\
         Does the collector keep its budget, and what does that cost in memory and in time? The longest pause, the peak \
         of the heap and the floating garbage are measured together: any one of them is easy alone.\n\n\
         A frame allocates {} objects and leaves all of them behind as garbage, in rings of {}. Beside them live \
         100,000 or 1,000,000 objects with three random edges each, held from outside one by one, or from one root that \
         lists them all. {} frames a run, {}, the variants in turn. Times are thread CPU time, each slice \
         measured from outside. The collector it is compared with stops the world each {EVERY} frames for a full \
         collection; both are `gc-core`.\n\n\
         {}\n\n\
         ## Goals\n\n{verdict}\n\n{}\n\
         *Paced* is `Policy::Budgeted`: the pacer does what the bounds need. *All of 500µs* is `Policy::Disabled`, where \
         every step uses its whole budget, the harder test of keeping it. Without a remark, the lines are of the paced \
         collector with 500 µs. The garbage is counted by the benchmark, its age is that of one ring in 25, seen by \
         `drain_reclaimed`.\n\n\
         ## What the machine adds\n\n\
         The same budgets without a collector: loops that look at the clock each microsecond and calculate or write \
         to memory in between. Interrupts, and what a hypervisor takes, count as CPU time, so a slice can be long \
         without any fault of the collector: no program on this machine stays below what is shown here. The verdicts \
         above take the measured times as they are; *over goal* counts the slices above the goal, here and below.\n\n{}\n\
         ## Frames\n\n{pictures}\
         ## Every run\n\n\
         Slices in µs: half of them are no longer than p50, and so on. *Frame* is the game's and the collector's time \
         together. *Infeasible* counts the frames in which `step` said that the budget cannot keep the bounds.\n\n{}\n\
         `get` {:.2} ns and `get_mut` {:.2} ns through shuffled handles, {:.2} and {:.2} ns through a hot one.\n",
        thousands(rings::PER_FRAME),
        rings::RING,
        thousands(measured.effort.frames),
        match measured.effort.repeat {
            1 => "one run each".to_owned(),
            repeat => format!("medians of {repeat} runs"),
        },
        machine.markdown(),
        Table::of_lines(&lines).markdown(),
        controls(measured).markdown(),
        details(measured).markdown(),
        access(|it| it.get_shuffled),
        access(|it| it.get_mut_shuffled),
        access(|it| it.get_hot),
        access(|it| it.get_mut_hot),
    )
}

/// What the machine adds to slices.
fn controls(measured: &Measured) -> Table {
    let mut table = Table::new(
        2,
        [
            "no collector",
            "budget",
            "p50",
            "p99",
            "p99.9",
            "longest",
            "over goal",
        ],
    );
    for (load, budget) in Load::ALL
        .into_iter()
        .flat_map(|load| BUDGETS.map(|b| (load, b)))
    {
        let of = |value: &dyn Fn(&Control) -> f64| {
            let runs = measured.controls.iter();
            let runs = runs.filter(|run| (run.load, run.budget) == (load, budget));
            median(runs.map(value))
        };
        let micros = |part| {
            let nanos = of(&|run| run.slices.value_at_quantile(part) as f64);
            format!("{:.1}", nanos / 1e3)
        };
        table.rows.push(vec![
            load.to_string(),
            format!("{budget:?}"),
            micros(0.5),
            micros(0.99),
            micros(0.999),
            micros(1.0),
            format!("{:.0}", of(&|run| run.over_goal as f64)),
        ]);
    }
    table
}

/// The distribution of the slices, and what else a run comes to.
fn details(measured: &Measured) -> Table {
    let mut table = Table::new(
        2,
        [
            "live",
            "collector",
            "p50",
            "p99",
            "p99.9",
            "longest",
            "over goal",
            "mean",
            "frame mean",
            "peak MiB",
            "pages MiB",
            "floating MiB",
            "age",
            "full",
            "infeasible",
        ],
    );
    for world in WORLDS {
        for collector in COLLECTORS {
            let of = |value: &dyn Fn(&Outcome) -> f64| measured.median(world, collector, value);
            let micros = |value: &dyn Fn(&Outcome) -> f64| format!("{:.1}", of(value));
            let mebibytes = |value: &dyn Fn(&Outcome) -> f64| format!("{:.1}", of(value) / MIB);
            let whole = |value: &dyn Fn(&Outcome) -> f64| format!("{:.0}", of(value));
            table.rows.push(vec![
                world.to_string(),
                collector.to_string(),
                micros(&|run| run.quantile_micros(0.5)),
                micros(&|run| run.quantile_micros(0.99)),
                micros(&|run| run.quantile_micros(0.999)),
                micros(&Outcome::longest_micros),
                match collector {
                    Collector::Paced(_) | Collector::FullSlices(_) => {
                        whole(&|run| run.over_goal as f64)
                    }
                    _ => String::new(),
                },
                micros(&Outcome::mean_collector_micros),
                micros(&Outcome::mean_frame_micros),
                mebibytes(&|run| run.peak_bytes as f64),
                mebibytes(&|run| run.peak_page_bytes as f64),
                mebibytes(&|run| run.most_floating_bytes as f64),
                whole(&|run| run.ages.max() as f64),
                whole(&|run| run.full_collections as f64),
                if collector == Collector::StopTheWorld {
                    String::new()
                } else {
                    whole(&|run| run.infeasible as f64)
                },
            ]);
        }
    }
    table
}
