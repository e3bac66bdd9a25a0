//! One run of the program: play, compare, report, print.

use crate::{
    classic,
    entrant::Entrant,
    leak,
    measure::Played,
    options::Options,
    play::play,
    progress::Progress,
    referee::match_ticks,
    report,
    table::{Table, grouped, megabytes, ms, ms_or_dash},
};
use std::{
    error::Error,
    fmt::{self, Write as _},
    io::{self, Write as _},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};

/// Plays what the options ask for, writes the report, and prints what came of it.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    if options.plant_leak {
        return leak::hunt(options);
    }
    // A folder that cannot be written to is better known before the match than after it.
    let folder = options.report_folder().map(report::prepare).transpose()?;
    print(&format!("{}\n", describe(options)))?;

    let cases = classic::play(options);
    let matches = play_all(options)?;
    let compared = compare(&matches);
    let text = text(options, &matches, &cases, &compared);
    // The report first: whoever reads the tables may stop reading at any time.
    let mut written = String::new();
    if let Some(folder) = folder {
        report::write(&folder, &format!("{}\n{text}", describe(options)), &matches)?;
        written = format!("Report: {}\n", folder.join(report::PAGE).display());
    }
    print(&format!("\n{text}{written}"))?;
    compared.map(drop).map_err(Into::into)
}

/// A closed pipe is a reader that has seen enough.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

fn describe(options: &Options) -> String {
    let mut text = format!(
        "{} round{} of {} s, bursts of {} bullets, seed {}",
        options.rounds,
        if options.rounds == 1 { "" } else { "s" },
        options.seconds,
        grouped(options.burst.into()),
        options.seed
    );
    if let Some(frames) = options.frames {
        text += &format!(", {} frames in all", grouped(frames));
    }
    if let Some(limit) = options.memory_limit {
        text += &format!(", {} MB for the heap", megabytes(limit));
    }
    text
}

/// Everything that is known after the match.
fn text(
    options: &Options,
    matches: &[Played],
    cases: &[classic::Case; 3],
    compared: &Result<String, MatchDiffers>,
) -> String {
    let mut text = format!("{}\n{NOTES}\n", match_table(options, matches));
    if let Some(limit) = options.memory_limit {
        write!(text, "\n{}", memory(limit, matches)).expect("a string has room");
    }
    write!(
        text,
        "\nOne burst of {} bullets:\n\n{}",
        grouped(options.burst.into()),
        classic::table(options, cases)
    )
    .expect("a string has room");
    if let Ok(compared) = compared {
        text += compared;
    }
    text
}

const NOTES: &str = "Times in ms; frames, percentiles, collections and the longest pause are those of the rounds.
Missed: frames that a screen could not show because the one before took too long.
Pause: how long the game waited for a collection or a slice. Freeing by reference count is a part of the frame
under every strategy; budgeted and adaptive do it inside their slice.
These are times on the clock: what other programs take of a busy machine is in them.";

fn play_all(options: &Options) -> Result<Vec<Played>, OutOfMemory> {
    let entrants = Entrant::chosen(options.strategy);
    warm_up(options, entrants[0])?;
    let mut progress = Progress::new(match_ticks(options) * entrants.len() as u64);
    let matches = entrants
        .iter()
        .map(|&entrant| {
            progress.say(entrant.name());
            play_within_limit(options, entrant, || progress.frame())
        })
        .collect();
    progress.finish();
    matches
}

/// One second that nobody measures, so that the first strategy does not pay for cold caches.
fn warm_up(options: &Options, entrant: Entrant) -> Result<(), OutOfMemory> {
    let short = Options {
        rounds: 1,
        seconds: 1,
        ..options.clone()
    };
    play_within_limit(&short, entrant, || ()).map(drop)
}

/// Plays, and turns the panic of an allocation above the memory limit into an error.
fn play_within_limit(
    options: &Options,
    entrant: Entrant,
    on_frame: impl FnMut(),
) -> Result<Played, OutOfMemory> {
    // Nothing of a match outlives it, so nothing half done is seen.
    catch_unwind(AssertUnwindSafe(|| play(options, entrant, on_frame))).map_err(|panic| {
        let of_memory = |text: &&String| text.contains("hard limit");
        match (
            panic.downcast_ref::<String>().filter(of_memory),
            options.memory_limit,
        ) {
            (Some(_), Some(limit)) => OutOfMemory { entrant, limit },
            _ => resume_unwind(panic),
        }
    })
}

/// What is alive does not fit into the memory limit.
#[derive(Debug)]
pub struct OutOfMemory {
    entrant: Entrant,
    limit: usize,
}

impl fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: what is alive in the match does not fit into {} MB",
            self.entrant.name(),
            megabytes(self.limit)
        )
    }
}

impl Error for OutOfMemory {}

fn match_table(options: &Options, matches: &[Played]) -> Table {
    let mut table = Table::new([
        "strategy",
        "frames",
        "p50",
        "p99",
        "p99.9",
        "longest\nframe",
        &format!("missed\nat {} Hz", options.hz),
        "collections\nin rounds",
        "freed\nnothing",
        "longest\npause",
        "pause at\nround's end",
        "peak heap\nbytes",
    ]);
    for played in matches {
        let it = played.summary();
        table.row([
            played.entrant.name().to_owned(),
            grouped(it.frames),
            ms(it.p50),
            ms(it.p99),
            ms(it.p999),
            ms(it.longest),
            grouped(it.missed),
            grouped(it.collections),
            grouped(it.freed_nothing),
            ms(it.longest_pause),
            ms_or_dash(it.end_pause),
            grouped(it.peak_bytes as u64),
        ]);
    }
    table
}

/// What the memory limit did to the rounds that were to be silent.
fn memory(limit: usize, matches: &[Played]) -> String {
    let mut text = String::new();
    for played in matches {
        let name = played.entrant.name();
        for round in &played.rounds {
            let Some(report) = round.report.filter(|it| it.soft_limit + it.hard_limit > 0) else {
                continue;
            };
            let how = if report.hard_limit == 0 {
                "survived by slices"
            } else {
                "survived by full collections: the limit leaves too little room for slices"
            };
            writeln!(
                text,
                "{name}, round {}: ran into the limit of {} MB and {how} ({} times over the soft limit, {} collections \
                 ended, longest pause {} ms).",
                round.round,
                megabytes(limit),
                report.soft_limit,
                round.collections,
                ms(round.longest_pause),
            )
            .expect("a string has room");
        }
    }
    if text.is_empty() {
        format!(
            "No silent round ran into the limit of {} MB.\n",
            megabytes(limit)
        )
    } else {
        text
    }
}

/// The match was not the same under every strategy.
#[derive(Debug)]
pub struct MatchDiffers {
    outcomes: Vec<String>,
}

impl fmt::Display for MatchDiffers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the match depends on the collector:")?;
        self.outcomes
            .iter()
            .try_for_each(|outcome| writeln!(f, "  {outcome}"))
    }
}

impl Error for MatchDiffers {}

/// How a match ended, in one line.
pub fn outcome(score: &crate::world::Score, hash: u64) -> String {
    let [blue, red] = score.points.map(grouped);
    format!("score {blue} : {red}, hash {hash:016x}")
}

/// Says that score and hash are equal under every strategy, or that they are not.
pub fn compare(matches: &[Played]) -> Result<String, MatchDiffers> {
    let of = |played: &Played| outcome(&played.score, played.hash);
    let Some((first, others)) = matches.split_first() else {
        return Ok(String::new());
    };
    if others
        .iter()
        .any(|other| (other.hash, other.score) != (first.hash, first.score))
    {
        let outcomes = matches
            .iter()
            .map(|played| format!("{}: {}", played.entrant.name(), of(played)))
            .collect();
        return Err(MatchDiffers { outcomes });
    }
    let all = match others.len() {
        0 => String::new(),
        others => format!(": equal under all {} strategies", others + 1),
    };
    let score = &first.score;
    Ok(format!(
        "Final {}{all}.\n{} bullets fired, {} hit; {} missiles, {} hit; {} duels; {} ships lost, {} of them flagships.\n",
        of(first),
        grouped(score.bullets_fired),
        grouped(score.bullet_hits),
        grouped(score.missiles_fired),
        grouped(score.missile_hits),
        grouped(score.duels),
        grouped(score.ships_lost),
        grouped(score.flagships_lost)
    ))
}
