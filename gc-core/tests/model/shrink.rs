//! Finds a failing program, makes it small, and keeps it.

use super::machine::{history, run};
use super::program::{Op, Settings, random};

/// Programs that failed once, shrunk.
const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/model/corpus");

fn written(settings: Settings, ops: &[Op]) -> String {
    let pretty = ron::ser::PrettyConfig::new()
        .depth_limit(2)
        .compact_structs(true);
    ron::ser::to_string_pretty(&(settings, ops), pretty).expect("plain data")
}

/// Keeps a program that fails: it is the first to be played from now on. Answers where.
fn keep(settings: Settings, ops: &[Op]) -> String {
    let text = written(settings, ops);
    let mut hasher = std::hash::DefaultHasher::new();
    std::hash::Hash::hash(&text, &mut hasher);
    let name = format!("{:016x}.ron", std::hash::Hasher::finish(&hasher));
    match std::fs::write(format!("{CORPUS}/{name}"), text + "\n") {
        Ok(()) => format!("kept as gc-core/tests/model/corpus/{name}"),
        Err(e) => format!("which could not be kept ({e})"),
    }
}

/// The programs kept, in the order of their names.
pub fn corpus() -> Vec<(String, Settings, Vec<Op>)> {
    let mut kept: Vec<_> = std::fs::read_dir(CORPUS)
        .expect("the corpus is part of the tests")
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|e| e == "ron"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a readable file");
            let name = path.display().to_string();
            match ron::from_str(&text) {
                Ok((settings, ops)) => (name, settings, ops),
                Err(e) => panic!("{name}: {e}"),
            }
        })
        .collect();
    kept.sort_by(|a, b| a.0.cmp(&b.0));
    kept
}

/// The whole report of a failure: what to run again, and what to read.
pub fn report(seed: Option<u64>, settings: Settings, ops: &[Op], error: &str) -> String {
    let mut text = String::from("the heap and the oracle disagree\n");
    if let Some(seed) = seed {
        text += &format!("  seed: GC_MODEL_SEED={seed:#x}\n");
    }
    text += &format!(
        "  {error}\n  the shrunk program, {}:\n",
        keep(settings, ops)
    );
    text += &written(settings, ops);
    text += "\n  what happened:\n";
    for line in history(settings, ops) {
        text += &format!("    {line}\n");
    }
    text
}

/// Runs the program of one seed; a failure comes back shrunk. The count is of operations.
pub fn check_seed(seed: u64) -> Result<usize, String> {
    let (settings, ops) = random(seed);
    match run(settings, &ops) {
        Ok(()) => Ok(ops.len()),
        Err(first) => {
            let (settings, ops, error) = shrink(settings, ops, first);
            Err(report(Some(seed), settings, &ops, &error))
        }
    }
}

/// Leaves out runs of operations, then simplifies what is left, as long as it still fails.
pub fn shrink(
    mut settings: Settings,
    mut ops: Vec<Op>,
    mut error: String,
) -> (Settings, Vec<Op>, String) {
    loop {
        let before = (settings, ops.clone());
        let mut width = ops.len().div_ceil(2).max(1);
        loop {
            let mut at = 0;
            while at < ops.len() {
                let mut fewer = ops.clone();
                fewer.drain(at..(at + width).min(ops.len()));
                match run(settings, &fewer) {
                    Err(e) => (ops, error) = (fewer, e),
                    Ok(()) => at += width,
                }
            }
            if width == 1 {
                break;
            }
            width = width.div_ceil(2).max(1);
        }
        for i in 0..ops.len() {
            let simpler: &[Op] = match ops[i] {
                Op::Step(1) => continue,
                Op::Step(_)
                | Op::Limits(_)
                | Op::ArmTrace(_)
                | Op::ArmDrop
                | Op::ArmCallback(_) => &[Op::Step(1)],
                Op::Fin { .. } => &[Op::Plain {
                    a: 0,
                    b: 0,
                    links: 0,
                }],
                Op::DropElsewhere(a) => &[Op::Drop(a)],
                _ => continue,
            };
            let mut other = ops.clone();
            other[i] = simpler[0];
            if let Err(e) = run(settings, &other) {
                (ops, error) = (other, e);
            }
        }
        for simpler in [
            Settings {
                panics: false,
                ..settings
            },
            Settings {
                racing: false,
                ..settings
            },
            Settings {
                chaos: 0,
                ..settings
            },
            Settings {
                quarantine: false,
                ..settings
            },
            Settings {
                probe_weak: false,
                ..settings
            },
            Settings {
                young: 0,
                ..settings
            },
            Settings {
                bulk: 0,
                ..settings
            },
            Settings {
                habits: false,
                ..settings
            },
            Settings {
                policy: 0,
                ..settings
            },
            Settings {
                paced: false,
                ..settings
            },
            Settings {
                sparse: false,
                ..settings
            },
            Settings {
                apart: false,
                ..settings
            },
            Settings {
                heap_first: false,
                ..settings
            },
            Settings {
                finish: 0,
                ..settings
            },
        ] {
            if simpler != settings
                && let Err(e) = run(simpler, &ops)
            {
                (settings, error) = (simpler, e);
            }
        }
        if before == (settings, ops.clone()) {
            return (settings, ops, error);
        }
    }
}
