//! Score, clock and keys: above and below the arena, and at most as wide as a window of 1024 pixels.

use super::{pace::Pace, player::Pilot, strategies::Chosen};
use crate::{
    referee::Referee,
    table::grouped,
    world::{FRAMES_PER_SECOND, Match, Score},
};
use bevy::prelude::*;

pub const BLUE: Color = Color::srgb(0.45, 0.82, 1.0);
pub const RED: Color = Color::srgb(1.0, 0.52, 0.42);
pub const QUIET: Color = Color::srgb(0.55, 0.60, 0.70);
const KEY: Color = Color::srgb(0.85, 0.88, 0.94);

/// Rows of pixels above the arena, and as many below it, that belong to words.
pub const MARGIN: f32 = 44.0;

/// A text of the display.
#[derive(Component, Clone, Copy)]
enum Word {
    Blue,
    Clock,
    Red,
    Strategy(usize),
    Pilot,
}

pub fn add(app: &mut App) {
    app.add_systems(Startup, spawn).add_systems(Update, update);
}

/// What a key does.
const KEYS: [(&str, &str); 10] = [
    ("WASD", "fly"),
    ("mouse", "aim"),
    ("space", "burst"),
    ("B", "bot"),
    ("P", "freeze"),
    ("F3", "overlay"),
    ("F4", "types"),
    ("F5", "snapshot"),
    ("I", "why alive?"),
    ("Esc", "leave"),
];

pub fn words(size: f32, color: Color) -> impl Bundle {
    (Text::default(), letters(size, color))
}

fn letters(size: f32, color: Color) -> impl Bundle {
    let font = TextFont {
        font_size: FontSize::Px(size),
        ..default()
    };
    (font, TextColor(color))
}

fn spawn(mut commands: Commands, chosen: Res<Chosen>) {
    let across = Node {
        position_type: PositionType::Absolute,
        width: Val::Percent(100.0),
        ..default()
    };
    let line = |gap: f32| Node {
        justify_content: JustifyContent::Center,
        column_gap: Val::Px(gap),
        ..default()
    };
    let above = Node {
        top: Val::Px(8.0),
        justify_content: JustifyContent::Center,
        align_items: AlignItems::Baseline,
        column_gap: Val::Px(24.0),
        ..across.clone()
    };
    commands.spawn(above).with_children(|line| {
        line.spawn((Word::Blue, words(22.0, BLUE)));
        line.spawn((Word::Clock, words(15.0, Color::WHITE)));
        line.spawn((Word::Red, words(22.0, RED)));
    });
    let below = Node {
        bottom: Val::Px(5.0),
        flex_direction: FlexDirection::Column,
        row_gap: Val::Px(2.0),
        ..across
    };
    commands.spawn(below).with_children(|below| {
        below.spawn(line(18.0)).with_children(|line| {
            for (i, _) in chosen.menu().enumerate() {
                line.spawn((Word::Strategy(i), words(13.0, QUIET)));
            }
        });
        below.spawn(line(14.0)).with_children(|line| {
            line.spawn((Word::Pilot, words(12.0, BLUE)));
            for (key, does) in KEYS {
                let does = (TextSpan(format!(" {does}")), letters(12.0, QUIET));
                line.spawn((Text::new(key), letters(12.0, KEY), children![does]));
            }
        });
    });
}

fn update(
    score: Res<Score>,
    referee: Res<Referee>,
    state: Res<State<Match>>,
    pilot: Res<Pilot>,
    pace: Res<Pace>,
    chosen: Res<Chosen>,
    mut words: Query<(&Word, &mut Text, &mut TextColor)>,
) {
    for (word, mut text, mut color) in &mut words {
        let (line, paint) = match word {
            Word::Blue => (format!("BLUE {}", grouped(score.points[0])), BLUE),
            Word::Red => (format!("{} RED", grouped(score.points[1])), RED),
            Word::Clock => (clock(&referee, state.get(), &pace), Color::WHITE),
            Word::Strategy(i) => {
                let Some((line, in_force)) = chosen.menu().nth(*i) else {
                    continue;
                };
                (line, if in_force { Color::WHITE } else { QUIET })
            }
            Word::Pilot => (pilot_line(&pilot), BLUE),
        };
        if text.0 != line {
            text.0 = line;
        }
        if color.0 != paint {
            color.0 = paint;
        }
    }
}

fn clock(referee: &Referee, state: &Match, pace: &Pace) -> String {
    let seconds = referee.ticks_left.div_ceil(FRAMES_PER_SECOND);
    if pace.frozen {
        "frozen".to_owned()
    } else if *state == Match::Pause {
        "pause".to_owned()
    } else {
        format!(
            "round {} of {}   {}:{:02}",
            referee.round,
            referee.rounds,
            seconds / 60,
            seconds % 60
        )
    }
}

fn pilot_line(pilot: &Pilot) -> String {
    if !pilot.human {
        "the bot flies".to_owned()
    } else if pilot.loaded() < 1.0 {
        format!("you fly, burst {:.0} %", pilot.loaded() * 100.0)
    } else {
        "you fly, burst ready".to_owned()
    }
}
