//! The command line: defaults, and a clear error for what makes no sense.

use clap::error::ErrorKind;
use shooter::options::{Choice, Options};

fn read(line: &str) -> Result<Options, clap::Error> {
    Options::read(["shooter"].into_iter().chain(line.split_whitespace()))
}

fn error(line: &str) -> (ErrorKind, String) {
    let error = read(line).expect_err(line);
    (error.kind(), error.to_string())
}

#[test]
fn defaults() {
    let options = read("").unwrap();
    assert_eq!(options.strategy, Choice::All);
    assert_eq!((options.rounds, options.burst), (3, 2_000));
    assert_eq!(
        (options.threshold, options.raised_threshold),
        (1_000, 10_000)
    );
    assert_eq!(options.report_folder().unwrap(), "target/shooter-report");
}

#[test]
fn every_option_is_read() {
    let options = read(
        "--strategy spread --rounds 2 --seconds 5 --burst 700 --seed 9 --threshold 50 --raised-threshold 60 \
         --budget 250 --frames 900 --hz 120 --memory-limit 24M --report here",
    )
    .unwrap();
    assert_eq!(options.strategy, Choice::Spread);
    assert_eq!(
        (options.rounds, options.seconds, options.burst, options.seed),
        (2, 5, 700, 9)
    );
    assert_eq!(
        (options.threshold, options.raised_threshold, options.budget),
        (50, 60, 250)
    );
    assert_eq!((options.frames, options.hz), (Some(900), 120));
    assert_eq!(options.memory_limit, Some(24_000_000));
    assert_eq!(options.report_folder().unwrap(), "here");
    assert_eq!(read("--no-report").unwrap().report_folder(), None);
    // In a build without a window too, where it says what is so anyway.
    assert!(read("--headless").unwrap().headless);
}

#[test]
fn numbers_out_of_range_name_the_option_and_the_range() {
    for line in [
        "--rounds 0",
        "--rounds 101",
        "--seconds 0",
        "--burst 0",
        "--burst 50001",
        "--threshold 0",
        "--budget 9",
    ] {
        let (kind, text) = error(line);
        let option = line.split(' ').next().unwrap();
        assert_eq!(kind, ErrorKind::ValueValidation, "{line}");
        assert!(text.contains(option) && text.contains("not in"), "{text}");
    }
}

#[test]
fn a_strategy_that_does_not_exist_is_answered_with_those_that_do() {
    let (kind, text) = error("--strategy lazy");
    assert_eq!(kind, ErrorKind::InvalidValue);
    for name in [
        "all",
        "automatic",
        "raised",
        "disabled",
        "spread",
        "budgeted",
        "adaptive",
    ] {
        assert!(text.contains(name), "{text}");
    }
}

#[test]
fn options_that_contradict_each_other() {
    assert_eq!(
        error("--report here --no-report").0,
        ErrorKind::ArgumentConflict
    );
    let (kind, text) = error("--threshold 500 --raised-threshold 500");
    assert_eq!(kind, ErrorKind::ValueValidation);
    assert!(
        text.contains("--raised-threshold (500) must be above --threshold (500)"),
        "{text}"
    );
}

#[test]
fn what_is_no_number_or_no_option() {
    assert_eq!(error("--seed soon").0, ErrorKind::ValueValidation);
    assert_eq!(error("--fast").0, ErrorKind::UnknownArgument);
    assert_eq!(error("--rounds").0, ErrorKind::InvalidValue);
}

#[test]
fn sizes_have_a_unit_or_none() {
    let limit = |text: &str| read(&format!("--memory-limit {text}")).map(|it| it.memory_limit);
    assert_eq!(limit("7000000").unwrap(), Some(7_000_000));
    assert_eq!(limit("900k").unwrap(), Some(900_000));
    assert_eq!(limit("2G").unwrap(), Some(2_000_000_000));
    for text in [
        "much",
        "M",
        "0",
        "-1",
        "99999999999999999999G",
        "1.5M",
        "3µ",
    ] {
        assert!(limit(text).is_err(), "{text}");
    }
}

#[test]
fn screens_have_their_rates() {
    let (kind, text) = error("--hz 50");
    assert_eq!(kind, ErrorKind::InvalidValue);
    assert!(text.contains("60, 120, 240"), "{text}");
}
