//! Where the figures come from.

use std::{env, fs, process::Command, thread};

pub struct Machine {
    pub cores: usize,
    pub cpu: String,
    pub rustc: String,
    pub system: String,
    /// Threads that wanted to run, on average over the last 15 minutes; more than `cores` disturb each other.
    pub load: Option<f64>,
    /// What reproduces the figures.
    pub command: String,
}

impl Machine {
    /// This one, running the binary `name` with the arguments of this process.
    pub fn here(name: &str) -> Self {
        let arguments: Vec<String> = env::args().skip(1).collect();
        let separator = if arguments.is_empty() { "" } else { " -- " };
        Machine {
            cores: thread::available_parallelism().map_or(1, Into::into),
            cpu: cpu_name().unwrap_or_else(|| "unknown".to_owned()),
            rustc: rustc_version().unwrap_or_else(|| "unknown".to_owned()),
            load: load(),
            system: format!("{} {}", env::consts::OS, env::consts::ARCH),
            command: format!(
                "cargo run --release -p benches --bin {name}{separator}{}",
                arguments.join(" ")
            ),
        }
    }

    pub fn markdown(&self) -> String {
        let load = self.load.map_or_else(String::new, |load| {
            format!("; load {load:.1} (1 is this program alone)")
        });
        format!(
            "{} cores, {}, {}{load}; {}; `{}`",
            self.cores, self.cpu, self.system, self.rustc, self.command
        )
    }
}

fn cpu_name() -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    let field = |name: &str| {
        let line = info.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let name = field("model name")?;
    // Virtual machines often hide the model behind the maker's name.
    match (field("cpu family"), field("model\t")) {
        (Some(family), Some(model)) => Some(format!("{name} (family {family}, model {model})")),
        _ => Some(name),
    }
}

fn load() -> Option<f64> {
    let loads = fs::read_to_string("/proc/loadavg").ok()?;
    loads.split_whitespace().nth(2)?.parse().ok()
}

/// What `rustc --version` says.
pub fn rustc_version() -> Option<String> {
    let compiler = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let output = Command::new(compiler).arg("--version").output().ok()?;
    let version = String::from_utf8(output.stdout).ok()?;
    Some(version.trim().to_owned())
}

/// A number of bytes that the system knows of this process. 0 where it does not tell.
pub fn status(field: &str) -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    let kibibytes = line.and_then(|line| line.trim_start_matches(':').split_whitespace().next());
    kibibytes.and_then(|it| it.parse::<u64>().ok()).unwrap_or(0) * 1024
}
