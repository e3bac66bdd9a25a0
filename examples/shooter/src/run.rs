//! One run of the program: play, compare, print, report.

use crate::{
    classic,
    entrant::Entrant,
    measure::Played,
    options::Options,
    play::{match_frames, play},
    progress::Progress,
    report,
    table::{Table, grouped, ms, ms_or_dash},
};
use std::{error::Error, fmt};

/// Plays what the options ask for and prints what came of it.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    // A folder that cannot be written to is better known before the match than after it.
    let folder = options.report_folder().map(report::prepare).transpose()?;
    println!(
        "{} rounds of {} s, bursts of {} bullets, seed {}",
        options.rounds,
        options.seconds,
        grouped(options.burst.into()),
        options.seed
    );

    let cases = classic::play(options);
    let matches = play_all(options);

    println!("\n{}", match_table(&matches));
    println!("{NOTES}");
    println!(
        "\nOne burst of {} bullets:\n\n{}",
        grouped(options.burst.into()),
        classic::table(options, &cases)
    );
    compare(&matches)?;
    if let Some(folder) = folder {
        report::write(&folder, &matches)?;
        println!(
            "Report: {} and {}",
            folder.join(report::CSV).display(),
            folder.join(report::PICTURE).display()
        );
    }
    Ok(())
}

const NOTES: &str = "Times in ms; frames, percentiles, collections and the longest pause are those of the rounds.
Pause: how long the game waited for a collection or a slice. Freeing by reference count is a part of the frame
under every strategy; budgeted and adaptive do it inside their slice.
These are times on the clock: what other programs take of a busy machine is in them.";

fn play_all(options: &Options) -> Vec<Played> {
    let entrants = Entrant::chosen(options.strategy);
    warm_up(options, entrants[0]);
    let mut progress = Progress::new(match_frames(options) * entrants.len() as u64);
    let matches = entrants
        .iter()
        .map(|&entrant| {
            progress.say(entrant.name());
            play(options, entrant, || progress.frame())
        })
        .collect();
    progress.finish();
    matches
}

/// One second that nobody measures, so that the first strategy does not pay for cold caches.
fn warm_up(options: &Options, entrant: Entrant) {
    play(
        &Options {
            rounds: 1,
            seconds: 1,
            ..options.clone()
        },
        entrant,
        || (),
    );
}

fn match_table(matches: &[Played]) -> Table {
    let mut table = Table::new([
        "strategy",
        "frames",
        "p50",
        "p99",
        "p99.9",
        "longest\nframe",
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
            grouped(it.collections),
            grouped(it.freed_nothing),
            ms(it.longest_pause),
            ms_or_dash(it.end_pause),
            grouped(it.peak_bytes as u64),
        ]);
    }
    table
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

/// Says that score and hash are equal under every strategy, or that they are not.
pub fn compare(matches: &[Played]) -> Result<(), MatchDiffers> {
    let outcome = |played: &Played| {
        let [blue, red] = played.score.points.map(grouped);
        format!("score {blue} : {red}, hash {:016x}", played.hash)
    };
    let Some((first, others)) = matches.split_first() else {
        return Ok(());
    };
    if others
        .iter()
        .any(|other| (other.hash, other.score) != (first.hash, first.score))
    {
        let outcomes = matches
            .iter()
            .map(|played| format!("{}: {}", played.entrant.name(), outcome(played)))
            .collect();
        return Err(MatchDiffers { outcomes });
    }
    match others.len() {
        0 => println!("Final {}.", outcome(first)),
        others => println!(
            "Final {}: equal under all {} strategies.",
            outcome(first),
            others + 1
        ),
    }
    let score = &first.score;
    println!(
        "{} bullets fired, {} hit; {} missiles, {} hit; {} duels; {} ships lost, {} of them flagships.",
        grouped(score.bullets_fired),
        grouped(score.bullet_hits),
        grouped(score.missiles_fired),
        grouped(score.missile_hits),
        grouped(score.duels),
        grouped(score.ships_lost),
        grouped(score.flagships_lost)
    );
    Ok(())
}
