//! The model of `gc-core/tests/model`, its programs written by the fuzzer: 8 bytes of settings, then 5 an operation.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../gc-core/tests/model/frames.rs"]
mod frames;
#[path = "../../gc-core/tests/model/machine.rs"]
#[allow(dead_code)]
mod machine;
#[path = "../../gc-core/tests/model/objects.rs"]
mod objects;
#[path = "../../gc-core/tests/model/oracle.rs"]
mod oracle;
#[path = "../../gc-core/tests/model/program.rs"]
#[allow(dead_code)]
mod program;

use program::{Part, Settings, decode};

/// More operations find no more, and take longer.
const MOST: usize = 80;

fuzz_target!(|bytes: &[u8]| {
    let Some((settings, rest)) = bytes.split_first_chunk() else {
        return;
    };
    let settings = Settings::decode(u64::from_le_bytes(*settings)).deterministic();
    let ops: Vec<_> = rest
        .as_chunks()
        .0
        .iter()
        .take(MOST)
        .enumerate()
        .map(|(n, &[low, high, a, b, c])| {
            let part = match n {
                0..4 => Part::Make,
                4..10 => Part::Link,
                _ => Part::Play,
            };
            decode(part, u16::from_le_bytes([low, high]), [a, b, c])
        })
        .collect();
    if let Err(error) = machine::run(settings, &ops) {
        for line in machine::history(settings, &ops) {
            eprintln!("{line}");
        }
        eprintln!("the heap and the oracle disagree: {error}\n({settings:?},\n{ops:#?})");
        std::process::abort();
    }
});
