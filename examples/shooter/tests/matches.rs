//! The match depends on its seed and on nothing else.

use shooter::{
    entrant::Entrant,
    measure::Played,
    options::{Choice, Options},
    play::play,
    referee::{PAUSE_TICKS, match_ticks},
    run::compare,
};

/// Short enough for a test, long enough for ships to fall.
fn options(seed: u64) -> Options {
    let mut options = Options::read(["shooter", "--no-report"]).unwrap();
    (options.rounds, options.seconds, options.burst, options.seed) = (2, 5, 300, seed);
    options
}

fn played(seed: u64, entrant: Entrant) -> Played {
    play(&options(seed), entrant, || ())
}

#[test]
fn the_same_match_under_every_strategy() {
    let matches: Vec<Played> = Entrant::chosen(Choice::All)
        .into_iter()
        .map(|entrant| played(1, entrant))
        .collect();
    compare(&matches).unwrap();
    for other in &matches[1..] {
        assert_eq!(
            (other.hash, other.score),
            (matches[0].hash, matches[0].score),
            "{:?}",
            other.entrant
        );
    }
    let score = matches[0].score;
    assert!(
        score.bullets_fired > 1_000 && score.bullet_hits > 0 && score.ships_lost > 0,
        "{score:?}"
    );
    assert!(score.missiles_fired > 0 && score.duels > 0, "{score:?}");
}

#[test]
fn the_seed_makes_the_match() {
    let [one, again, other] = [1, 1, 2].map(|seed| played(seed, Entrant::Raised));
    assert_eq!((one.hash, one.score), (again.hash, again.score));
    assert_ne!(one.hash, other.hash);
}

#[test]
fn a_match_that_differs_is_an_error() {
    let one = played(1, Entrant::Automatic);
    let mut other = one.clone();
    other.hash ^= 1;
    let error = compare(&[one, other]).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the match depends on the collector")
    );
}

#[test]
fn frames_and_rounds_are_counted() {
    let options = options(1);
    let mut frames = 0;
    let played = play(&options, Entrant::Disabled, || frames += 1);
    assert_eq!(frames, match_ticks(&options));
    assert_eq!(played.frames.len() as u64, frames);
    assert_eq!(played.round_frames().count(), 2 * 300);
    assert_eq!(
        played.frames.iter().filter(|frame| !frame.playing).count(),
        3 * PAUSE_TICKS as usize
    );
    let summary = played.summary();
    assert_eq!(summary.frames, 2 * 300);
    assert!(summary.p50 <= summary.p99 && summary.p99 <= summary.p999);
    assert!(summary.peak_bytes > 0);
    assert_eq!(played.rounds.len(), 2);
    // The frame in which the state is left belongs to the round.
    assert!(played.rounds.iter().all(|round| round.frames == 301));
}

#[test]
fn disabled_in_the_round_means_no_collection_in_it_and_a_pause_after_it() {
    let disabled = played(1, Entrant::Disabled);
    let summary = disabled.summary();
    assert_eq!((summary.collections, summary.freed_nothing), (0, 0));
    assert!(summary.longest_pause.is_zero());
    assert!(summary.end_pause.is_some_and(|pause| !pause.is_zero()));

    let automatic = played(1, Entrant::Automatic).summary();
    assert!(automatic.collections > 0);
    assert_eq!(automatic.end_pause, None);
}

#[test]
fn garbage_goes_in_the_end() {
    for entrant in [Entrant::Disabled, Entrant::Spread] {
        // Enough for a busy machine and a build without optimisation.
        let options = Options {
            budget: 100_000,
            ..options(1)
        };
        let played = play(&options, entrant, || ());
        let last = played.frames.last().unwrap();
        // What is left is the map that the pause has made for a next round.
        assert_eq!(last.bullets, 0);
        let map = shooter::world::sectors::COLUMNS * shooter::world::sectors::ROWS;
        assert_eq!(last.live_objects, map, "{entrant:?}");
    }
}

#[test]
fn a_silent_round_that_would_run_out_of_memory_survives_by_slices() {
    let options = Options {
        rounds: 1,
        seconds: 20,
        burst: 300,
        ..options(1)
    };
    let free = play(&options, Entrant::Disabled, || ());
    let start = free.round_frames().next().unwrap().heap_bytes;
    assert!(free.peak_bytes > start);
    // Less than the round needs when nothing is collected, and enough for what is alive.
    let limit = free.peak_bytes - (free.peak_bytes - start) / 8;
    let limited = Options {
        memory_limit: Some(limit),
        ..options
    };
    let saved = play(&limited, Entrant::Disabled, || ());
    assert!(saved.peak_bytes <= limit);
    let report = saved.rounds[0].report.unwrap();
    assert!(report.soft_limit > 0, "{report:?}");
    assert!(saved.rounds[0].collections > 0);
    // It is the same match.
    assert_eq!((saved.hash, saved.score), (free.hash, free.score));
}

#[test]
fn frames_end_the_match() {
    let options = Options {
        frames: Some(150),
        ..options(1)
    };
    let played = play(&options, Entrant::Budgeted, || ());
    assert_eq!(played.frames.len(), 150);
    assert_eq!(played.round_frames().count(), 150 - PAUSE_TICKS as usize);
}
