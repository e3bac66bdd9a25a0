//! The planted leak is found.

use std::process::Command;

#[test]
fn the_sentinel_names_the_field_that_holds_the_wrecks() {
    let run = Command::new(env!("CARGO_BIN_EXE_shooter"))
        .args([
            "--headless",
            "--plant-leak",
            "--no-report",
            "--seconds",
            "6",
            "--burst",
            "50",
        ])
        .output()
        .unwrap();
    let out = String::from_utf8(run.stdout).unwrap();
    assert!(run.status.success(), "{out}");
    for text in [
        "leak? Ship grows by",
        "are held by Chronicle.fallen[]",
        "alive: Chronicle.fallen[",
        "Since the second round",
        "largest owners",
        "Types:",
    ] {
        assert!(out.contains(text), "{text} is missing in\n{out}");
    }
}
