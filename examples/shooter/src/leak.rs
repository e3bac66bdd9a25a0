//! `--plant-leak`: plays rounds in which something piles up, until the leak sentinel speaks, and hunts the leak down.
//! docs/finding-leaks.md walks through what it prints.

use crate::{
    entrant::{Entrant, heap_config},
    options::Options,
    play::go_to,
    referee::Tick,
    table::grouped,
    world::{FRAMES_PER_SECOND, Match, Rules, Score, WorldPlugin, chronicle::ChroniclePlugin},
};
use bevy_app::App;
use bevy_ecs::message::Messages;
use bevy_state::prelude::*;
use gc_bevy::{
    GcHeap, GcInspect, GcInspection, GcInspectorPlugin, GcLeakSuspected, GcPlugin, GcRoundPlugin,
    Inspect,
};
use gc_core::inspect::Snapshot;
use std::{error::Error, fs, path::Path};

/// Rounds are short, so that many end: the sentinel compares what is left at their ends.
const MOST_SECONDS: u32 = 10;
const PAUSE_SECONDS: u32 = 2;
/// Rounds after which it should have spoken.
const MOST_ROUNDS: u32 = 20;

/// A match in a window with rounds as short, and as many.
pub fn short_rounds(options: &Options) -> Options {
    Options {
        seconds: options.seconds.min(MOST_SECONDS),
        rounds: options.rounds.max(MOST_ROUNDS),
        ..options.clone()
    }
}

/// Plays until the sentinel speaks; then asks what else there is to ask.
pub fn hunt(options: &Options) -> Result<(), Box<dyn Error>> {
    let entrant = Entrant::chosen(options.strategy)[0];
    let mut app = game(options, entrant);
    app.world_mut().resource_mut::<GcHeap>().record_cycles(true);
    println!("A leak is planted. Strategy: {}.", entrant.name());

    let mut before = None;
    for round in 1..=MOST_ROUNDS {
        let mut leaks = play(&mut app, Match::Playing, options.seconds.min(MOST_SECONDS));
        leaks.extend(play(&mut app, Match::Pause, PAUSE_SECONDS));
        let world = app.world();
        let heap = world.resource::<GcHeap>();
        println!(
            "round {round}: {} ships lost so far, {} objects, {} bytes",
            grouped(world.resource::<Score>().ships_lost),
            grouped(heap.len() as u64),
            grouped(heap.bytes() as u64)
        );
        if round == 2 {
            before = Some(Snapshot::of(heap));
        }
        if !leaks.is_empty() {
            for found in leaks {
                println!("\nleak? {}", found.leak);
            }
            if let Some(before) = before {
                let diff = Snapshot::of(heap).diff(&before);
                println!("\nSince the second round:\n{diff}");
            }
            return ask(&mut app, options.report_folder());
        }
    }
    Err("the sentinel has not spoken".into())
}

fn game(options: &Options, entrant: Entrant) -> App {
    let mut app = App::new();
    app.add_plugins(bevy_state::app::StatesPlugin)
        .init_state::<Match>()
        .init_resource::<Tick>()
        .add_plugins((
            GcPlugin::default()
                .strategy(entrant.strategy(options))
                .config(heap_config(options)),
            GcRoundPlugin::during(Match::Playing),
            GcInspectorPlugin::default(),
            WorldPlugin {
                rules: Rules {
                    seed: options.seed,
                    burst: options.burst,
                },
            },
            ChroniclePlugin,
        ));
    app.finish();
    app.cleanup();
    app
}

/// Answers the leaks that were told meanwhile.
fn play(app: &mut App, state: Match, seconds: u32) -> Vec<GcLeakSuspected> {
    let mut leaks = Vec::new();
    go_to(app, state);
    for _ in 0..seconds * FRAMES_PER_SECOND {
        app.update();
        leaks.extend(said(app));
    }
    leaks
}

/// Messages are kept for two frames.
fn said<M: bevy_ecs::message::Message>(app: &mut App) -> Vec<M> {
    let mut messages = app.world_mut().resource_mut::<Messages<M>>();
    messages.drain().collect()
}

/// What the inspector answers, frame by frame.
fn ask(app: &mut App, folder: Option<&Path>) -> Result<(), Box<dyn Error>> {
    let mut questions = vec![Inspect::Types, Inspect::Retained, Inspect::Cycles];
    if let Some(folder) = folder {
        fs::create_dir_all(folder)?;
        questions.push(Inspect::Snapshot(folder.join("shooter.heapsnapshot")));
    }
    let mut open = questions.len();
    for question in questions {
        app.world_mut().write_message(GcInspect::main(question));
    }
    while open > 0 {
        app.update();
        for answer in said::<GcInspection>(app) {
            let title = match answer.what {
                Inspect::Types => "Types:",
                Inspect::Retained => "What they keep alive:",
                Inspect::Cycles => "Cycles that were collected:",
                _ => "For the memory tab of Chrome's developer tools:",
            };
            println!("\n{title}\n{}", answer.text);
            open -= 1;
        }
    }
    Ok(())
}
