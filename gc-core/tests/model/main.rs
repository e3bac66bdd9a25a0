//! Random programs over the public API, against an oracle that knows true reachability.
//!
//! `GC_MODEL_OPS=50000000 cargo test --release -p gc-core --test model` runs longer;
//! `GC_MODEL_SEED=0x… cargo test -p gc-core --test model` runs one program again. A program that fails is shrunk and
//! kept in `corpus/`; what is there is played first. With `GC_MODEL_VERIFY=0` only the oracle judges, and not the heap's
//! own `verify`.

mod frames;
mod heaps;
mod machine;
mod objects;
mod oracle;
mod packs;
mod program;
mod regressions;
mod shrink;
mod watches;

use proptest::prelude::*;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use program::{Op, Part, Settings, decode};

fn env(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    let parsed = match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => text.replace('_', "").parse(),
    };
    Some(parsed.unwrap_or_else(|e| panic!("{name}={text}: {e}")))
}

/// Programs that failed once, before any other.
#[test]
fn kept_programs_agree_with_the_oracle() {
    for (name, settings, ops) in shrink::corpus() {
        if let Err(error) = machine::run(settings, &ops) {
            panic!("{name} fails again: {error}");
        }
    }
}

#[test]
fn random_programs_agree_with_the_oracle() {
    kept_programs_agree_with_the_oracle();
    if let Some(seed) = env("GC_MODEL_SEED") {
        if let Err(report) = shrink::check_seed(seed) {
            panic!("{report}");
        }
        return;
    }
    let wanted = env("GC_MODEL_OPS").unwrap_or(1_000_000);
    let first = env("GC_MODEL_FIRST_SEED").unwrap_or(0);
    let (next, done) = (AtomicU64::new(first), AtomicU64::new(0));
    // The lowest seed that fails is the one to read, however fast each thread is.
    let failure = Mutex::new(None);
    let work = || {
        while done.load(Relaxed) < wanted {
            let seed = next.fetch_add(1, Relaxed);
            match shrink::check_seed(seed) {
                Ok(ops) => done.fetch_add(ops as u64, Relaxed),
                Err(report) => {
                    let mut failure = failure.lock().expect("a thread that does not panic");
                    if failure.as_ref().is_none_or(|(other, _)| seed < *other) {
                        *failure = Some((seed, report));
                    }
                    return;
                }
            };
            if failure.lock().expect("as above").is_some() {
                return;
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    if let Some((_, report)) = failure.into_inner().expect("as above") {
        panic!("{report}");
    }
    println!(
        "{} operations of {} programs, from seed {first} on",
        done.into_inner(),
        next.into_inner() - first
    );
}

/// Fewer than the others play: threads take their time.
#[test]
fn random_heaps_and_threads_agree_with_the_oracle() {
    let wanted = env("GC_MODEL_OPS").unwrap_or(1_000_000) / 20;
    let first = env("GC_MODEL_FIRST_SEED").unwrap_or(0);
    let operations = 150;
    for seed in first..first + wanted.div_ceil(operations) {
        if let Err(error) = heaps::play(seed, operations as usize) {
            panic!("seed {seed}: {error}");
        }
    }
}

/// A tenth of what the others play: each check looks at whole containers.
#[test]
fn random_containers_agree_with_those_of_std() {
    let wanted = env("GC_MODEL_OPS").unwrap_or(1_000_000) / 10;
    let first = env("GC_MODEL_FIRST_SEED").unwrap_or(0);
    let mut done = 0;
    for seed in first.. {
        if done >= wanted {
            return;
        }
        let mut random = program::Rng::new(!seed);
        let length = 1 + 3 * (10 + random.below(60));
        let program: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
        if let Err(error) = packs::play(&program) {
            panic!("seed {seed}: {error}");
        }
        done += length / 3;
    }
}

fn operation(part: Part) -> impl Strategy<Value = Op> {
    (any::<u16>(), any::<[u8; 3]>()).prop_map(move |(pick, args)| decode(part, pick, args))
}

fn program() -> impl Strategy<Value = (Settings, Vec<Op>)> {
    (
        any::<u64>(),
        prop::collection::vec(operation(Part::Make), 2..6),
        prop::collection::vec(operation(Part::Link), 0..10),
        prop::collection::vec(operation(Part::Play), 0..50),
    )
        .prop_map(|(bits, mut ops, links, plays)| {
            ops.extend(links);
            ops.extend(plays);
            (Settings::decode(bits).deterministic(), ops)
        })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: env("GC_MODEL_CASES").unwrap_or(2_000) as u32,
        max_shrink_iters: 20_000,
        // The corpus keeps the shrunk program in a form that can be read.
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn shrinkable_programs_agree_with_the_oracle((settings, ops) in program()) {
        if let Err(error) = machine::run(settings, &ops) {
            prop_assert!(false, "{}", shrink::report(None, settings, &ops, &error));
        }
    }
}
