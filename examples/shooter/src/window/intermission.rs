//! The screen between two rounds: the last round's account, the next one's map, and how far the collection is.

use super::hud::{QUIET, words};
use crate::{
    referee::Referee,
    table::{grouped, ms},
    world::{FRAMES_PER_SECOND, Match, sectors::Map},
};
use bevy::prelude::*;
use gc_bevy::{GcHeap, GcRound, GcRoundEnded};

#[derive(Component)]
struct Screen;

#[derive(Component, Clone, Copy, PartialEq, Eq)]
enum Line {
    Title,
    Map,
    Garbage,
    Account,
}

/// The filled part of a bar.
#[derive(Component, Clone, Copy, PartialEq, Eq)]
enum Bar {
    Map,
    Garbage,
}

/// What the last round cost.
#[derive(Resource, Default)]
struct Account(String);

pub fn add(app: &mut App) {
    app.init_resource::<Account>()
        .add_systems(Startup, spawn)
        .add_systems(Update, (settle, update).chain());
}

/// Narrow enough to stand beside the overlay in a window of 1024 pixels.
const WIDTH: f32 = 380.0;

fn spawn(mut commands: Commands) {
    let centre = Node {
        position_type: PositionType::Absolute,
        width: Val::Percent(100.0),
        height: Val::Percent(100.0),
        justify_content: JustifyContent::Center,
        align_items: AlignItems::Center,
        ..default()
    };
    let board = Node {
        width: Val::Px(WIDTH + 32.0),
        flex_direction: FlexDirection::Column,
        row_gap: Val::Px(8.0),
        padding: UiRect::axes(Val::Px(16.0), Val::Px(24.0)),
        border_radius: BorderRadius::all(Val::Px(10.0)),
        ..default()
    };
    let track = Node {
        width: Val::Px(WIDTH),
        height: Val::Px(10.0),
        margin: UiRect::bottom(Val::Px(8.0)),
        ..default()
    };
    let filled = Node {
        height: Val::Percent(100.0),
        ..default()
    };
    let ground = BackgroundColor(Color::srgba(0.5, 0.6, 0.8, 0.15));
    let bar = |bar: Bar, color: Color| {
        (
            track.clone(),
            ground,
            children![(bar, filled.clone(), BackgroundColor(color))],
        )
    };
    commands.spawn((
        Screen,
        centre,
        children![(
            board,
            BackgroundColor(Color::srgba(0.03, 0.04, 0.08, 0.92)),
            children![
                (Line::Title, words(24.0, Color::WHITE)),
                (Line::Map, words(13.0, QUIET)),
                bar(Bar::Map, Color::srgb(0.35, 0.62, 0.95)),
                (Line::Garbage, words(13.0, QUIET)),
                bar(Bar::Garbage, Color::srgb(0.38, 0.85, 0.48)),
                (Line::Account, words(13.0, QUIET)),
            ],
        )],
    ));
}

/// Notes what a round has cost when it has ended.
fn settle(mut ended: MessageReader<GcRoundEnded>, mut account: ResMut<Account>) {
    for it in ended.read() {
        account.0 = format!(
            "Round {}: {} collections, {} of them for nothing,\nlongest pause {} ms",
            it.round,
            grouped(it.collections.into()),
            grouped(it.freed_nothing.into()),
            ms(it.longest_pause)
        );
        if let Some(pause) = it.end_pause {
            account.0 += &format!("; {} ms for its garbage at its end", ms(pause));
        }
        if let Some(report) = it.report {
            account.0 += &format!(
                "\nIt left {} objects behind.",
                grouped(report.objects_gained.max(0) as u64)
            );
        }
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "a system's parameters are what it reads"
)]
fn update(
    state: Res<State<Match>>,
    referee: Res<Referee>,
    round: Res<GcRound>,
    heap: Res<GcHeap>,
    map: Res<Map>,
    account: Res<Account>,
    mut screens: Query<&mut Node, (With<Screen>, Without<Bar>)>,
    mut lines: Query<(&Line, &mut Text)>,
    mut bars: Query<(&Bar, &mut Node), Without<Screen>>,
) {
    let shown = *state.get() == Match::Pause;
    for mut node in &mut screens {
        node.display = if shown { Display::Flex } else { Display::None };
    }
    if !shown {
        return;
    }
    let tidied = round.collected_fraction().unwrap_or(1.0);
    for (line, mut text) in &mut lines {
        let words = match line {
            Line::Title => title(&referee),
            Line::Map => format!("next map: {:.0} %", map.fraction() * 100.0),
            Line::Garbage if round.is_collecting() => {
                format!(
                    "the last round's garbage: {:.0} % collected",
                    tidied * 100.0
                )
            }
            Line::Garbage => format!(
                "nothing to tidy up, {} objects on the heap",
                grouped(heap.len() as u64)
            ),
            Line::Account => account.0.clone(),
        };
        if text.0 != words {
            text.0 = words;
        }
    }
    for (bar, mut node) in &mut bars {
        let part = match bar {
            Bar::Map => map.fraction(),
            Bar::Garbage => tidied,
        };
        node.width = Val::Percent(part * 100.0);
    }
}

fn title(referee: &Referee) -> String {
    if referee.round > referee.rounds {
        match referee.is_over() {
            true => "The match is over".to_owned(),
            false => "That was the last round".to_owned(),
        }
    } else {
        format!(
            "Round {} of {} in {:.1} s",
            referee.round,
            referee.rounds,
            referee.ticks_left as f32 / FRAMES_PER_SECOND as f32
        )
    }
}
