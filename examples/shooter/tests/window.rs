//! The game with a window's eyes, drawn into a picture: needs Vulkan, but neither a screen nor a GPU.

use std::{fs::File, io::BufReader, path::Path, process::Command};

const SIZE: (u32, u32) = (1280, 720);

struct Picture {
    width: usize,
    pixels: Vec<[i32; 3]>,
}

impl Picture {
    fn read(path: &Path) -> Self {
        let decoder = png::Decoder::new(BufReader::new(File::open(path).unwrap()));
        let mut reader = decoder.read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        assert_eq!((info.width, info.height), SIZE);
        let channels = info.color_type.samples();
        let pixels = bytes
            .chunks(channels)
            .map(|pixel| [pixel[0], pixel[1], pixel[2]].map(i32::from))
            .collect();
        Self {
            width: info.width as usize,
            pixels,
        }
    }

    /// Pixels in a part of the picture that `is` likes.
    fn count(
        &self,
        columns: std::ops::Range<usize>,
        rows: std::ops::Range<usize>,
        is: impl Fn([i32; 3]) -> bool,
    ) -> usize {
        rows.flat_map(|row| columns.clone().map(move |column| row * self.width + column))
            .filter(|&at| is(self.pixels[at]))
            .count()
    }
}

/// What the game without a window prints for the same match.
fn final_line(text: &str) -> &str {
    let line = text.lines().find(|line| line.starts_with("Final score"));
    line.unwrap_or_else(|| panic!("no score in\n{text}"))
        .trim_end_matches('.')
}

#[test]
fn the_picture_shows_the_match_and_the_overlay() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("window.png");
    let _ = std::fs::remove_file(&path);
    let shooter = |arguments: &[&str]| {
        let run = Command::new(env!("CARGO_BIN_EXE_shooter"))
            .args(["--frames", "230", "--seconds", "5", "--burst", "500"])
            .args(["--strategy", "budgeted", "--seed", "3"])
            .args(arguments)
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "{errors}");
        String::from_utf8(run.stdout).unwrap()
    };
    let drawn = shooter(&["--screenshot", path.to_str().unwrap()]);
    let played = shooter(&["--headless", "--no-report"]);
    assert_eq!(final_line(&drawn), final_line(&played), "another match");

    let picture = Picture::read(&path);
    // The arena is not blank: blue and red bullets and ships.
    let arena = 80..980;
    let blue = picture.count(arena.clone(), 60..660, |[r, _, b]| b > 180 && b > r + 60);
    let red = picture.count(arena, 60..660, |[r, _, b]| r > 180 && r > b + 60);
    assert!(blue > 1_000 && red > 1_000, "{blue} blue, {red} red");

    // The overlay: its colours, which nothing else has, in its corner and nowhere else.
    let panel = 960..1280;
    for (name, color, least) in [
        ("slices", [96, 216, 120], 200),
        ("heap", [136, 104, 200], 1_000),
        ("paper", [16, 20, 28], 1_000),
    ] {
        let inside = picture.count(panel.clone(), 0..300, |pixel| pixel == color);
        let outside = picture.count(0..960, 0..720, |pixel| pixel == color);
        assert!(inside > least, "{inside} pixels of {name} in the overlay");
        assert!(
            outside < 50,
            "{outside} pixels of {name} outside of the overlay"
        );
    }
    // The line of score: white letters in the middle of the top.
    assert!(picture.count(400..880, 0..40, |[r, g, b]| r > 230 && g > 230 && b > 230) > 100);
}
