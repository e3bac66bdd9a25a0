//! Score, clock and keys.

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

pub fn words(size: f32, color: Color) -> impl Bundle {
    let font = TextFont {
        font_size: FontSize::Px(size),
        ..default()
    };
    (Text::default(), font, TextColor(color))
}

fn spawn(mut commands: Commands, chosen: Res<Chosen>) {
    let row = |top: Val, bottom: Val, gap: f32| Node {
        position_type: PositionType::Absolute,
        top,
        bottom,
        width: Val::Percent(100.0),
        justify_content: JustifyContent::Center,
        align_items: AlignItems::Baseline,
        column_gap: Val::Px(gap),
        ..default()
    };
    commands
        .spawn(row(Val::Px(8.0), Val::Auto, 24.0))
        .with_children(|row| {
            row.spawn((Word::Blue, words(22.0, BLUE)));
            row.spawn((Word::Clock, words(15.0, Color::WHITE)));
            row.spawn((Word::Red, words(22.0, RED)));
        });
    commands
        .spawn(row(Val::Auto, Val::Px(22.0), 18.0))
        .with_children(|row| {
            for (i, _) in chosen.menu().enumerate() {
                row.spawn((Word::Strategy(i), words(13.0, QUIET)));
            }
        });
    commands
        .spawn(row(Val::Auto, Val::Px(5.0), 18.0))
        .with_children(|row| {
            row.spawn((Word::Pilot, words(12.0, QUIET)));
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
            Word::Pilot => (help(&pilot), QUIET),
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

fn help(pilot: &Pilot) -> String {
    let flies = if pilot.human {
        let loaded = pilot.loaded();
        if loaded < 1.0 {
            format!("you fly, burst {:.0} %", loaded * 100.0)
        } else {
            "you fly, burst ready".to_owned()
        }
    } else {
        "the bot flies".to_owned()
    };
    format!(
        "{flies} | WASD, arrows: fly | mouse: aim | space, click: burst | B: bot | P: freeze | F3: overlay | F4: types \
         | F5: heap snapshot | I: why alive? | Esc: leave"
    )
}
