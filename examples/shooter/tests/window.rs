//! The game with a window's eyes, drawn into a picture: needs Vulkan, but neither a screen nor a GPU. What looks into the
//! heap is tested without a picture.

use bevy::{
    input::{
        ButtonState,
        keyboard::{Key, KeyboardInput, NativeKey},
    },
    prelude::*,
};
use gc_bevy::{GcHeap, GcStrategy, RoundEnd};
use gc_core::{Budget, Policy, Thresholds};
use shooter::{
    entrant::Entrant,
    leak::short_rounds,
    options::Options,
    play::GamePlugin,
    window::{Pilot, inspect, strategies},
    world::{
        Match,
        chronicle::ChroniclePlugin,
        ships::{ShipRef, Team},
    },
};
use std::{fs::File, io::BufReader, path::Path, process::Command, time::Duration};

struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<[i32; 3]>,
}

impl Picture {
    fn read(path: &Path) -> Self {
        let decoder = png::Decoder::new(BufReader::new(File::open(path).unwrap()));
        let mut reader = decoder.read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        let channels = info.color_type.samples();
        let pixels = bytes
            .chunks(channels)
            .map(|pixel| [pixel[0], pixel[1], pixel[2]].map(i32::from))
            .collect();
        Self {
            width: info.width as usize,
            height: info.height as usize,
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

    /// How many lines of letters there are in these rows, and the columns between which they stand.
    fn lines(&self, rows: std::ops::Range<usize>) -> (usize, std::ops::Range<usize>) {
        let letter = |pixel: [i32; 3]| pixel.iter().all(|&part| part > 90);
        let all = 0..self.width;
        let inked = |row: usize| self.count(all.clone(), row..row + 1, letter) > 0;
        let begins = |row: &usize| inked(*row) && !inked(row - 1);
        let column = |column: &usize| self.count(*column..column + 1, rows.clone(), letter) > 0;
        let left = all.clone().find(column).unwrap_or(self.width);
        let right = all.clone().rfind(column).unwrap_or(0);
        (rows.clone().filter(begins).count(), left..right)
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
    assert_eq!((picture.width, picture.height), (1280, 720));
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

/// Letters keep their size in pixels when the window is smaller.
#[test]
fn words_fit_below_the_arena_in_a_window_of_1024_pixels() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("small.png");
    let run = Command::new(env!("CARGO_BIN_EXE_shooter"))
        .args(["--frames", "20", "--size", "1024x576", "--screenshot"])
        .arg(&path)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{errors}");
    let picture = Picture::read(&path);
    // The arena ends 44 rows above the picture's edge.
    let (lines, columns) = picture.lines(576 - 40..576);
    assert_eq!(lines, 2, "strategies, and keys");
    assert!(columns.start > 20 && columns.end < 1004, "{columns:?}");
}

/// The game with its keys and the inspector's panel, and nothing that draws.
fn inspected(line: &[&str]) -> App {
    let options = Options::read(["shooter"].iter().chain(line)).unwrap();
    let options = match options.plant_leak {
        true => short_rounds(&options),
        false => options,
    };
    let mut app = App::new();
    app.add_plugins(bevy::state::app::StatesPlugin)
        .add_plugins(GamePlugin {
            options: options.clone(),
            strategy: gc_bevy::GcStrategy::default(),
        })
        .add_plugins(bevy::input::InputPlugin)
        .init_resource::<Pilot>()
        .insert_resource(strategies::Chosen::new(Entrant::Budgeted, &options));
    strategies::add(&mut app);
    if options.plant_leak {
        app.add_plugins(ChroniclePlugin);
    }
    inspect::add(&mut app, options.report_folder().unwrap());
    app.finish();
    app.cleanup();
    app
}

/// A key as a window tells of it: pressed in this frame, released in the next.
fn press(app: &mut App, key: KeyCode) {
    for state in [ButtonState::Pressed, ButtonState::Released] {
        app.world_mut().write_message(KeyboardInput {
            key_code: key,
            logical_key: Key::Unidentified(NativeKey::Unidentified),
            state,
            text: None,
            repeat: false,
            window: Entity::PLACEHOLDER,
        });
        app.update();
    }
}

#[test]
fn keys_switch_the_strategy_while_the_game_is_played() {
    let mut app = inspected(&["--burst", "50", "--budget", "300"]);
    while *app.world().resource::<State<Match>>().get() != Match::Playing {
        app.update();
    }
    let budget = Budget::time(Duration::from_micros(300));
    let spread = RoundEnd::Spread(budget);
    for (key, name, strategy) in [
        (KeyCode::Digit1, "1 automatic", GcStrategy::Automatic),
        (
            KeyCode::Digit2,
            "2 raised threshold",
            GcStrategy::RaisedThreshold(Thresholds {
                young: 10_000,
                ..Thresholds::default()
            }),
        ),
        (
            KeyCode::Digit3,
            "3 disabled, spread",
            GcStrategy::DisabledInRound { round_end: spread },
        ),
        // The third key has two.
        (
            KeyCode::Digit3,
            "3 disabled in round",
            GcStrategy::DisabledInRound {
                round_end: RoundEnd::AtOnce,
            },
        ),
        (KeyCode::Digit5, "5 adaptive", GcStrategy::Adaptive),
        (KeyCode::Digit4, "4 budgeted", GcStrategy::Budgeted(budget)),
        // A key without a strategy.
        (KeyCode::Digit6, "4 budgeted", GcStrategy::Budgeted(budget)),
    ] {
        press(&mut app, key);
        let world = app.world();
        assert_eq!(*world.resource::<GcStrategy>(), strategy);
        // The heap has heard of it: a round may be silent, and the policy is that of the strategy.
        let heap = world.resource::<GcHeap>();
        let silent = matches!(strategy, GcStrategy::DisabledInRound { .. });
        assert_eq!(heap.in_round(), silent, "{name}");
        let policy = match strategy {
            GcStrategy::Automatic => matches!(heap.policy(), Policy::Automatic),
            GcStrategy::RaisedThreshold(raised) => heap.policy() == Policy::Raised(raised),
            GcStrategy::Budgeted(budget) => heap.policy() == Policy::Budgeted(budget),
            GcStrategy::Adaptive => heap.policy() == Policy::Adaptive,
            GcStrategy::DisabledInRound { .. } => true,
        };
        assert!(policy, "{name}: {:?}", heap.policy());
        let in_force: Vec<String> = world
            .resource::<strategies::Chosen>()
            .menu()
            .filter_map(|(line, in_force)| in_force.then_some(line))
            .collect();
        assert_eq!(in_force, [name]);
    }
}

/// The panel's words; none when it is not there.
fn panel(app: &mut App) -> String {
    let world = app.world_mut();
    let mut panels = world.query_filtered::<&Node, With<inspect::InspectPanel>>();
    if panels.single(world).unwrap().display == Display::None {
        return String::new();
    }
    let mut texts = world.query::<&Text>();
    texts
        .iter(world)
        .fold(String::new(), |all, text| all + &text.0 + "\n")
}

/// Plays on until the panel says it: a thread looks for answers.
fn wait_for(app: &mut App, words: &str) -> String {
    loop {
        app.update();
        let text = panel(app);
        if text.contains(words) {
            return text;
        }
        std::thread::yield_now();
    }
}

#[test]
fn keys_ask_about_the_heap_and_close_the_answer() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("inspected");
    let _ = std::fs::remove_dir_all(&folder);
    let mut app = inspected(&["--burst", "50", "--report", folder.to_str().unwrap()]);
    while *app.world().resource::<State<Match>>().get() != Match::Playing {
        app.update();
        assert_eq!(panel(&mut app), "");
    }
    app.update();

    press(&mut app, inspect::WHY);
    assert!(panel(&mut app).contains("The cursor is not in the window"));
    press(&mut app, inspect::WHY);
    assert_eq!(panel(&mut app), "");

    let world = app.world_mut();
    let mut ships = world.query::<&ShipRef>();
    let heap = world.resource::<GcHeap>();
    let mut ships = ships.iter(world).map(|ShipRef(handle)| &heap[handle]);
    let red = ships.find(|ship| ship.team == Team::Red).unwrap().place;
    app.world_mut().resource_mut::<Pilot>().aim = Some(red);
    press(&mut app, inspect::WHY);
    let text = wait_for(&mut app, "alive: ");
    assert!(text.contains("Why is the red flagship next to the cursor alive?"));
    assert!(text.contains("alive: Ship\n"), "{text}");
    assert!(text.is_ascii(), "{text}");

    // Another key takes the panel over.
    press(&mut app, inspect::TYPES);
    let text = wait_for(&mut app, "objects");
    assert!(
        text.contains("Types on the heap") && text.contains("\nSector"),
        "{text}"
    );
    let before = text;
    for _ in 0..120 {
        app.update();
    }
    assert_ne!(panel(&mut app), before, "the table is of the past");
    press(&mut app, inspect::TYPES);
    assert_eq!(panel(&mut app), "");

    for name in ["shooter-1.heapsnapshot", "shooter-2.heapsnapshot"] {
        press(&mut app, inspect::SNAPSHOT);
        assert!(panel(&mut app).contains(name));
        wait_for(&mut app, " bytes");
        press(&mut app, inspect::SNAPSHOT);
        let written = std::fs::read_to_string(folder.join(name)).unwrap();
        assert!(written.starts_with("{\"snapshot\"") && written.ends_with("]}\n"));
    }
}

#[test]
fn the_planted_leak_opens_the_panel() {
    let mut app = inspected(&["--plant-leak", "--seconds", "6", "--burst", "50"]);
    let text = wait_for(&mut app, "A leak is suspected");
    assert!(text.contains("Ship grows by"), "{text}");
    assert!(text.contains("are held by Chronicle.fallen[]"), "{text}");
    press(&mut app, inspect::WHY);
    assert_eq!(panel(&mut app), "");
}
