//! Containers in objects against those of `std`: the programs of `gc-core/tests/model/packs.rs`, written by the fuzzer.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../gc-core/tests/model/packs.rs"]
mod packs;

fuzz_target!(|program: &[u8]| {
    if let Err(error) = packs::play(program) {
        eprintln!("{error}\nthe program: {program:?}");
        std::process::abort();
    }
});
