//! Random programs over the public API, against an oracle that knows true reachability.
//!
//! `GC_MODEL_OPS=50000000 cargo test --release -p gc-core --test model` runs longer;
//! `GC_MODEL_SEED=0x… cargo test -p gc-core --test model` runs one program again.

mod machine;
mod objects;
mod oracle;
mod program;
mod regressions;
mod shrink;
mod watches;

use proptest::prelude::*;

use program::{Op, Part, Settings, decode};

fn env(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    let parsed = match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => text.replace('_', "").parse(),
    };
    Some(parsed.unwrap_or_else(|e| panic!("{name}={text}: {e}")))
}

#[test]
fn random_programs_agree_with_the_oracle() {
    if let Some(seed) = env("GC_MODEL_SEED") {
        if let Err(report) = shrink::check_seed(seed) {
            panic!("{report}");
        }
        return;
    }
    let wanted = env("GC_MODEL_OPS").unwrap_or(1_000_000) as usize;
    let mut done = 0;
    let mut seed = env("GC_MODEL_FIRST_SEED").unwrap_or(0);
    while done < wanted {
        match shrink::check_seed(seed) {
            Ok(ops) => done += ops,
            Err(report) => panic!("{report}"),
        }
        seed += 1;
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
        // The shrunk program is printed as Rust, for `regressions.rs`: readable, and no file to keep.
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
