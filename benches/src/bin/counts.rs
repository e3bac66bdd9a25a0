//! Instructions of the hot paths, counted by callgrind and compared with `benches/counts.txt`. Noise of the machine does
//! not touch them: a regression is one.
//!
//! `cargo run --release -p benches --bin counts` compares, `-- --update` writes the file anew.

use benches::{
    counts::{Counts, SCENARIOS, compare},
    machine,
};
use clap::Parser;
use std::{env, error::Error, fs, path::PathBuf, process::Command};

/// Counts instructions of the hot paths under valgrind and compares them with the file.
#[derive(Parser)]
struct Options {
    /// Writes the file with what was counted.
    #[arg(long)]
    update: bool,
    /// The file.
    #[arg(long, default_value = "benches/counts.txt")]
    file: PathBuf,
    /// The scenario that this process runs under valgrind.
    #[arg(long, hide = true)]
    child: Option<String>,
    /// Started by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    if let Some(name) = options.child {
        let mut all = SCENARIOS.iter();
        let scenario = all.find(|it| it.name == name).ok_or("no such scenario")?;
        (scenario.run)();
        return Ok(());
    }
    if options.bench {
        return Ok(());
    }
    let mut counted = Counts {
        compiler: machine::rustc_version().unwrap_or_default(),
        values: Vec::new(),
    };
    for scenario in SCENARIOS {
        let total = count(scenario.name)?;
        let each = total as f64 / scenario.operations as f64;
        counted.values.push((scenario.name.to_owned(), each));
    }
    if options.update {
        fs::write(&options.file, counted.to_string())?;
        print!("{counted}");
        return Ok(());
    }
    let kept: Counts = fs::read_to_string(&options.file)?.parse()?;
    let (table, worse) = compare(&kept, &counted);
    print!("{table}");
    if worse > 0 {
        return Err(format!(
            "{worse} of the hot paths became slower. If that is meant: \
             cargo run --release -p benches --bin counts -- --update"
        )
        .into());
    }
    Ok(())
}

/// The instructions inside [`benches::counts::measured`].
fn count(scenario: &str) -> Result<u64, Box<dyn Error>> {
    let output = Command::new("valgrind")
        .args([
            "--tool=callgrind",
            "--callgrind-out-file=/dev/null",
            "--collect-atstart=no",
            "--toggle-collect=*counts*measured*",
        ])
        .arg(env::current_exe()?)
        .args(["--child", scenario])
        .output()
        .map_err(|why| format!("valgrind: {why}"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    let collected = text.lines().find_map(|line| line.split_once("Collected :"));
    let count: Option<u64> = collected.and_then(|(_, number)| number.trim().parse().ok());
    count
        .filter(|&count| output.status.success() && count > 0)
        .ok_or_else(|| format!("{scenario}: callgrind says\n{text}").into())
}
