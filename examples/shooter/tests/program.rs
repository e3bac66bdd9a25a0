//! The program from outside: what it prints, what it writes, how it ends.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn shooter(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_shooter"))
        .arg("--headless") // or a build with the feature `window` would open one
        .args(arguments)
        .output()
        .unwrap()
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

#[test]
fn a_run_prints_its_tables_and_writes_its_report() {
    let folder = folder("report");
    let run = shooter(&[
        "--rounds",
        "1",
        "--seconds",
        "1",
        "--burst",
        "300",
        "--report",
        folder.to_str().unwrap(),
    ]);
    let out = String::from_utf8(run.stdout).unwrap();
    assert!(
        run.status.success(),
        "{out}\n{}",
        String::from_utf8_lossy(&run.stderr)
    );
    for text in [
        "automatic",
        "disabled in round",
        "adaptive",
        "p99.9",
        "gone by",
        "equal under all 6 strategies",
    ] {
        assert!(out.contains(text), "{text} is missing in\n{out}");
    }

    let page = std::fs::read_to_string(folder.join("report.md")).unwrap();
    assert!(page.contains("](frames.png)") && page.contains("equal under all 6 strategies"));

    let csv = std::fs::read_to_string(folder.join("frames.csv")).unwrap();
    let mut lines = csv.lines();
    let columns = lines.next().unwrap().split(',').count();
    assert!(lines.clone().all(|line| line.split(',').count() == columns));
    // A round of 60 frames and two pauses of 120, six times.
    assert_eq!(lines.count(), 6 * 300);

    let decoder = png::Decoder::new(std::io::BufReader::new(
        std::fs::File::open(folder.join("frames.png")).unwrap(),
    ));
    let mut picture = decoder.read_info().unwrap();
    let mut pixels = vec![0; picture.output_buffer_size().unwrap()];
    picture.next_frame(&mut pixels).unwrap();
    let inked = pixels
        .chunks(3)
        .filter(|pixel| pixel.iter().any(|&part| part < 0xc0))
        .count();
    assert!(
        inked > 10_000,
        "the picture is almost empty: {inked} pixels"
    );
}

#[test]
fn a_report_folder_that_cannot_be_made_is_an_error_before_the_match() {
    let file = folder("a-file");
    std::fs::write(&file, "").unwrap();
    let run = shooter(&["--report", file.join("below").to_str().unwrap()]);
    assert!(!run.status.success());
    assert!(String::from_utf8_lossy(&run.stderr).contains("cannot write the report to"));
    assert!(run.stdout.is_empty());
}

#[test]
fn bad_options_end_with_a_message_and_a_code() {
    let run = shooter(&["--rounds", "many"]);
    assert_eq!(run.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&run.stderr).contains("--rounds"));
}

#[test]
fn a_reader_that_has_seen_enough_gets_its_report() {
    let folder = folder("closed-pipe");
    let mut run = Command::new(env!("CARGO_BIN_EXE_shooter"))
        .args(["--headless", "--frames", "150", "--burst", "10"])
        .args(["--strategy", "raised"])
        .args(["--report", folder.to_str().unwrap()])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(run.stdout.take()); // `| head` that has gone
    let run = run.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success() && errors.is_empty(), "{errors}");
    assert!(folder.join("report.md").exists());
}

#[test]
fn a_memory_limit_that_cannot_be_kept_is_an_error() {
    let run = shooter(&[
        "--frames",
        "150",
        "--strategy",
        "disabled",
        "--no-report",
        "--memory-limit",
        "1M",
    ]);
    assert_eq!(run.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&run.stderr);
    assert!(
        errors.contains(
            "error: disabled in round: what is alive in the match does not fit into 1.0 MB"
        ),
        "{errors}"
    );
}
