//! Every figure is measured in a process of its own: no allocator, cache of pages or thread-local of one contender is
//! there when the next one runs.

use super::{
    contenders::{CONTENDERS, Contender, Kind},
    work::{Sizes, Work},
};
use std::{
    collections::BTreeMap,
    env, fmt,
    io::{Read, Write},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

const PYTHON: &str = include_str!("../../scripts/peers.py");
const LUA: &str = include_str!("../../scripts/peers.lua");
/// Longer than any of them should need.
const LIMIT: Duration = Duration::from_secs(60);

/// What came of a run.
#[derive(Clone, PartialEq, Debug)]
pub enum Outcome {
    Figures(BTreeMap<String, f64>),
    /// It does not apply.
    Nothing,
    Crashed,
    TooLong,
}

/// Which allocator a crate calls.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Allocator {
    System,
    Mimalloc,
}

impl fmt::Display for Allocator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Allocator::System => "the system's allocator",
            Allocator::Mimalloc => "mimalloc",
        })
    }
}

/// The programs that run contenders.
pub struct Programs {
    pub rust: BTreeMap<Allocator, PathBuf>,
    /// With their versions.
    pub python: Option<(String, String)>,
    pub lua: Option<(String, String)>,
}

impl Programs {
    /// This one, its twin with mimalloc, and the interpreters that are installed; `say` hears what is missing.
    pub fn find(say: &mut dyn FnMut(&str)) -> Self {
        let mut rust = BTreeMap::new();
        match env::current_exe() {
            Ok(this) => {
                match twin(&this) {
                    Ok(twin) => _ = rust.insert(Allocator::Mimalloc, twin),
                    Err(why) => say(&format!("skipped: mimalloc ({why})")),
                }
                rust.insert(Allocator::System, this);
            }
            Err(why) => say(&format!("this program does not know where it is: {why}")),
        }
        let mut interpreter = |names: &[&str], flag: &str| {
            let found = names.iter().find_map(|&name| {
                let output = Command::new(name).arg(flag).output().ok()?;
                let text = String::from_utf8_lossy(&output.stdout).into_owned()
                    + &String::from_utf8_lossy(&output.stderr);
                let version = text.split_whitespace().nth(1)?.to_owned();
                output.status.success().then(|| (name.to_owned(), version))
            });
            if found.is_none() {
                say(&format!("skipped: {} is not installed", names[0]));
            }
            found
        };
        Programs {
            rust,
            python: interpreter(&["python3"], "--version"),
            lua: interpreter(&["lua5.4", "lua"], "-v")
                .filter(|(_, version)| version.starts_with("5.4")),
        }
    }

    /// Runs one kind of work of one contender. `None` when its program is not there.
    pub fn run(
        &self,
        place: usize,
        what: Work,
        allocator: Allocator,
        quick: bool,
    ) -> Option<Outcome> {
        let Contender { kind, .. } = &CONTENDERS[place];
        let (interpreter, script, setting) = match kind {
            Kind::Rust { .. } => {
                let program = self.rust.get(&allocator)?;
                return Some(run_crate(program, place, what, quick));
            }
            // They bring their own allocator.
            _ if allocator != Allocator::System => return None,
            Kind::Python { setting } => (self.python.as_ref()?, PYTHON, setting),
            Kind::Lua { setting } => (self.lua.as_ref()?, LUA, setting),
        };
        let Sizes {
            bullets,
            rounds,
            live,
            million,
            collections,
            frames,
            match_frames,
        } = if quick { Sizes::QUICK } else { Sizes::FULL };
        let sizes = [
            bullets,
            rounds,
            live,
            million,
            collections,
            frames,
            match_frames,
        ];
        let sizes = sizes.map(|size| size.to_string()).join(",");
        let mut command = Command::new(&interpreter.0);
        command.args(["-", &what.name(), setting, &sizes]);
        Some(run_command(command, script))
    }
}

/// The same program with mimalloc. `cargo run` built only one of them, so cargo builds the other.
fn twin(this: &Path) -> Result<PathBuf, String> {
    let twin = this.with_file_name(format!("peers-mimalloc{}", env::consts::EXE_SUFFIX));
    if let Some(cargo) = env::var_os("CARGO") {
        let mut build = Command::new(cargo);
        build.args([
            "build",
            "--quiet",
            "--package",
            "benches",
            "--bin",
            "peers-mimalloc",
        ]);
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        let status = build.status().map_err(|why| why.to_string())?;
        if !status.success() {
            return Err("it could not be built".to_owned());
        }
    }
    if twin.exists() {
        Ok(twin)
    } else {
        Err("peers-mimalloc was not built".to_owned())
    }
}

// Several collectors recurse over the objects: with a large stack they get to the end, where a game would crash.
fn run_crate(program: &Path, place: usize, what: Work, quick: bool) -> Outcome {
    let mut command = Command::new("sh");
    command.args([
        "-c",
        "ulimit -s 4194304 2>/dev/null || ulimit -s unlimited 2>/dev/null; exec \"$0\" \"$@\"",
    ]);
    command.arg(program);
    command.args(["--child", &place.to_string(), "--work", &what.name()]);
    if quick {
        command.arg("--quick");
    }
    run_command(command, "")
}

fn run_command(mut command: Command, input: &str) -> Outcome {
    let started = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = started else {
        return Outcome::Crashed;
    };
    if let Some(mut stdin) = child.stdin.take() {
        // One that does not read will not answer either.
        _ = stdin.write_all(input.as_bytes());
    }
    let deadline = Instant::now() + LIMIT;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < deadline => thread::sleep(Duration::from_millis(2)),
            Ok(None) => {
                _ = child.kill();
                _ = child.wait();
                return Outcome::TooLong;
            }
            Err(_) => return Outcome::Crashed,
        }
    };
    let mut stdout = Vec::new();
    if let Some(mut pipe) = child.stdout.take() {
        _ = pipe.read_to_end(&mut stdout);
    }
    read(&Output {
        status,
        stdout,
        stderr: Vec::new(),
    })
}

/// `name value` in each line.
fn read(output: &Output) -> Outcome {
    if !output.status.success() {
        return Outcome::Crashed;
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let figures: BTreeMap<String, f64> = text
        .lines()
        .filter_map(|line| {
            let (name, value) = line.split_once(char::is_whitespace)?;
            Some((name.to_owned(), value.trim().parse().ok()?))
        })
        .collect();
    if figures.is_empty() {
        Outcome::Nothing
    } else {
        Outcome::Figures(figures)
    }
}

/// In the child.
pub fn work(place: usize, what: Work, quick: bool) {
    let sizes = if quick { Sizes::QUICK } else { Sizes::FULL };
    let Some(Contender {
        kind: Kind::Rust { run, .. },
        ..
    }) = CONTENDERS.get(place)
    else {
        return;
    };
    for (name, value) in run(what, sizes).into_iter().flatten() {
        println!("{name} {value}");
    }
}
