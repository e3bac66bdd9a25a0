//! The classic case: 2,000 bullets and a threshold.

use shooter::{
    classic::{Tally, play, table},
    options::Options,
};

fn options(line: &str) -> Options {
    Options::read(["shooter"].into_iter().chain(line.split_whitespace())).unwrap()
}

#[test]
fn a_burst_of_2000_bullets() {
    let options = options("--burst 2000 --threshold 1000 --raised-threshold 10000");
    let [low, high, disabled] = play(&options);

    // A threshold below the burst: a collection that frees nothing.
    assert_eq!(
        low.at_burst,
        Tally {
            collections: 1,
            freed: 0
        }
    );
    assert!(!low.pause_in_round.is_zero());
    // Above it: none.
    assert_eq!(
        high.at_burst,
        Tally {
            collections: 0,
            freed: 0
        }
    );
    assert!(high.pause_in_round.is_zero());
    // Disabled: no pause in the round and one after it, which finds what was left behind: a flagship goes by reference
    // count, a squad of six ships does not.
    assert_eq!(
        disabled.at_burst,
        Tally {
            collections: 0,
            freed: 0
        }
    );
    assert!(disabled.pause_in_round.is_zero());
    assert_eq!(
        disabled.after_round,
        Tally {
            collections: 1,
            freed: 7
        }
    );
    assert!(disabled.pause_after.is_some_and(|pause| !pause.is_zero()));

    // Under each of them every bullet goes by reference count.
    assert!(
        [low, high, disabled]
            .iter()
            .all(|case| case.by_count == 2_000)
    );
    assert!(
        [low, high]
            .iter()
            .all(|case| case.after_round.collections == 0 && case.pause_after.is_none())
    );
}

#[test]
fn thresholds_and_bursts_are_those_of_the_options() {
    let options = options("--burst 500 --threshold 100 --raised-threshold 200");
    let [low, high, _] = play(&options);
    assert_eq!(low.at_burst.collections, 4);
    assert_eq!(high.at_burst.collections, 2);
    let text = table(&options, &[low, high]).to_string();
    assert!(
        text.contains("threshold 100 ")
            && text.contains("threshold 200 ")
            && text.contains(" 500 "),
        "{text}"
    );
}
