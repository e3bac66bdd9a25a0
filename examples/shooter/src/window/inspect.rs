//! Keys that look into the heap while the game goes on: a snapshot into a file, why an object is alive, the types.
//!
//! A panel shows the last answer; the key of what it shows closes it. A leak that the sentinel suspects opens it too.

use super::{
    hud::{MARGIN, QUIET, words},
    player::Pilot,
};
use crate::world::{
    bullets::BulletRef,
    math,
    ships::{Class, Ship, ShipRef, Team},
};
use bevy::prelude::*;
use gc_bevy::{
    GcHeap, GcInspect, GcInspection, GcInspectorPlugin, GcLeakSuspected, Inspect as Question,
};
use gc_core::{Heap, ObjectId};
use std::path::{Path, PathBuf};

/// Writes a snapshot of the heap for the memory tab of Chrome's developer tools.
pub const SNAPSHOT: KeyCode = KeyCode::F5;
/// Asks why the ship or the bullet next to the cursor is alive.
pub const WHY: KeyCode = KeyCode::KeyI;
/// Shows the table of types.
pub const TYPES: KeyCode = KeyCode::F4;

/// The table of types is a new one after so many frames.
const REFRESH: u32 = 30;

/// Shows the answers; the root of the panel.
#[derive(Component)]
pub struct InspectPanel;

#[derive(Component, Clone, Copy)]
enum Line {
    Title,
    Text,
}

/// What the panel shows.
#[derive(Resource, Default)]
struct Shown(Option<Answer>);

struct Answer {
    /// The key that closes it.
    key: KeyCode,
    title: String,
    text: String,
}

/// Where snapshots go.
#[derive(Resource)]
struct Folder(PathBuf);

pub fn add(app: &mut App, snapshots: &Path) {
    app.add_plugins(GcInspectorPlugin::default())
        .init_resource::<Shown>()
        .insert_resource(Folder(snapshots.to_owned()))
        .add_observer(answer)
        .add_observer(suspect)
        .add_systems(Startup, spawn)
        .add_systems(PreUpdate, ask.after(bevy::input::InputSystems))
        .add_systems(Update, (refresh, show));
}

fn spawn(mut commands: Commands) {
    let panel = Node {
        position_type: PositionType::Absolute,
        left: Val::Px(8.0),
        top: Val::Px(MARGIN),
        // Beside the overlay, in a window of 1024 pixels too.
        max_width: Val::Percent(68.0),
        flex_direction: FlexDirection::Column,
        row_gap: Val::Px(6.0),
        padding: UiRect::all(Val::Px(8.0)),
        border_radius: BorderRadius::all(Val::Px(6.0)),
        display: Display::None,
        ..default()
    };
    commands
        .spawn((
            InspectPanel,
            panel,
            BackgroundColor(Color::srgba(0.04, 0.05, 0.08, 0.92)),
            GlobalZIndex(i32::MAX - 2),
        ))
        .with_children(|panel| {
            panel.spawn((Line::Title, words(12.0, QUIET)));
            panel.spawn((Line::Text, words(12.0, Color::WHITE)));
        });
}

#[expect(
    clippy::too_many_arguments,
    reason = "a system's parameters are what it reads"
)]
fn ask(
    keys: Res<ButtonInput<KeyCode>>,
    pilot: Res<Pilot>,
    heap: Res<GcHeap>,
    folder: Res<Folder>,
    mut shown: ResMut<Shown>,
    mut questions: MessageWriter<GcInspect>,
    ships: Query<&ShipRef>,
    bullets: Query<&BulletRef>,
) {
    let Some(&key) = [SNAPSHOT, WHY, TYPES]
        .iter()
        .find(|&&key| keys.just_pressed(key))
    else {
        return;
    };
    if shown.0.take_if(|answer| answer.key == key).is_some() {
        return;
    }
    let (title, question) = match key {
        TYPES => ("Types on the heap".to_owned(), Some(Question::Types)),
        SNAPSHOT => {
            let file = next_file(&folder.0);
            let title = format!("Snapshot for Chrome's memory tab: {}", file.display());
            (title, Some(Question::Snapshot(file)))
        }
        _ => match pilot.aim.map(|aim| nearest(&heap, aim, &ships, &bullets)) {
            Some(Some((id, name))) => {
                let title = format!("Why is the {name} next to the cursor alive?");
                (title, Some(Question::WhyAlive(id)))
            }
            Some(None) => ("Nothing is in play".to_owned(), None),
            None => ("The cursor is not in the window".to_owned(), None),
        },
    };
    let text = match question {
        Some(question) => {
            questions.write(GcInspect::main(question));
            "...".to_owned()
        }
        None => String::new(),
    };
    shown.0 = Some(Answer { key, title, text });
}

/// A file that does not exist yet. When the folder cannot be made, the writer of the snapshot says so.
fn next_file(folder: &Path) -> PathBuf {
    let _ = std::fs::create_dir_all(folder);
    (1..)
        .map(|number: u64| folder.join(format!("shooter-{number}.heapsnapshot")))
        .find(|file| !file.exists())
        .expect("there are more numbers than files")
}

/// The ship or bullet that is nearest to a place.
fn nearest(
    heap: &Heap,
    place: math::Vec2,
    ships: &Query<&ShipRef>,
    bullets: &Query<&BulletRef>,
) -> Option<(ObjectId, String)> {
    let ships = ships.iter().map(|ShipRef(handle)| {
        let ship = &heap[handle];
        let distance = ship.place.distance_squared(place).sqrt() - ship.class.radius();
        (distance, handle.id(), handle, None)
    });
    let bullets = bullets.iter().map(|BulletRef(handle)| {
        let bullet = &heap[handle];
        let distance = bullet.place.distance_squared(place).sqrt();
        (distance, handle.id(), &bullet.owner, Some("bullet"))
    });
    let (_, id, owner, what) = ships
        .chain(bullets)
        .min_by(|one, two| one.0.total_cmp(&two.0))?;
    let ship = &heap[owner];
    Some((
        id,
        format!("{} {}", team(ship), what.unwrap_or(class(ship))),
    ))
}

fn team(ship: &Ship) -> &'static str {
    match ship.team {
        Team::Blue => "blue",
        Team::Red => "red",
    }
}

fn class(ship: &Ship) -> &'static str {
    match ship.class {
        Class::Fighter => "fighter",
        Class::Flagship => "flagship",
    }
}

fn answer(found: On<GcInspection>, mut shown: ResMut<Shown>) {
    let key = match found.what {
        Question::Types => TYPES,
        Question::WhyAlive(_) => WHY,
        _ => SNAPSHOT,
    };
    // Whoever has closed the panel does not want it back.
    if let Some(answer) = shown.0.as_mut().filter(|answer| answer.key == key) {
        answer.text.clone_from(&found.text);
    }
}

/// The first of several leaks is the one that the others hang on.
fn suspect(found: On<GcLeakSuspected>, mut shown: ResMut<Shown>) {
    shown.0.get_or_insert_with(|| Answer {
        key: WHY,
        title: "A leak is suspected".to_owned(),
        text: found.leak.to_string(),
    });
}

fn refresh(shown: Res<Shown>, mut frames: Local<u32>, mut questions: MessageWriter<GcInspect>) {
    *frames += 1;
    let types = shown.0.as_ref().is_some_and(|answer| answer.key == TYPES);
    if types && *frames >= REFRESH {
        *frames = 0;
        questions.write(GcInspect::main(Question::Types));
    }
}

fn show(
    shown: Res<Shown>,
    mut panels: Query<&mut Node, With<InspectPanel>>,
    mut lines: Query<(&Line, &mut Text)>,
) {
    if !shown.is_changed() {
        return;
    }
    for mut node in &mut panels {
        node.display = match shown.0 {
            Some(_) => Display::Flex,
            None => Display::None,
        };
    }
    let Some(answer) = &shown.0 else { return };
    for (line, mut text) in &mut lines {
        text.0 = match line {
            Line::Title => format!("{}   |   {}: close", answer.title, name(answer.key)),
            // Bevy's own font has no more than the characters of ASCII.
            Line::Text => answer.text.replace('→', "->").replace('…', "..."),
        };
    }
}

fn name(key: KeyCode) -> &'static str {
    match key {
        SNAPSHOT => "F5",
        TYPES => "F4",
        _ => "I",
    }
}
