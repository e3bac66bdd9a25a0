//! Plays a match and takes the time of every frame.

use crate::{
    entrant::{Entrant, heap_config},
    measure::{Frame, Played},
    options::Options,
    referee::{Referee, RefereePlugin},
    world::{Match, Rules, Score, WorldPlugin, state::Fingerprint},
};
use bevy_app::{App, Plugin};
use bevy_ecs::message::Messages;
use bevy_state::prelude::*;
use gc_bevy::{GcFrame, GcHeap, GcPlugin, GcRoundEnded, GcRoundPlugin, GcStrategy};
use std::time::Instant;

/// The game itself, the same with and without a window. Needs `StatesPlugin`.
pub struct GamePlugin {
    pub options: Options,
    pub strategy: GcStrategy,
}

impl Plugin for GamePlugin {
    fn build(&self, app: &mut App) {
        let options = &self.options;
        app.init_state::<Match>()
            .add_plugins(
                GcPlugin::default()
                    .strategy(self.strategy)
                    .config(heap_config(options)),
            )
            .add_plugins(GcRoundPlugin::during(Match::Playing))
            .add_plugins(RefereePlugin {
                referee: Referee::new(options),
            })
            .add_plugins(WorldPlugin {
                rules: Rules {
                    seed: options.seed,
                    burst: options.burst,
                },
            });
    }
}

/// The game without a window: an app whose frames are run by hand.
pub fn game(options: &Options, strategy: GcStrategy) -> App {
    let mut app = App::new();
    app.add_plugins(bevy_state::app::StatesPlugin)
        .add_plugins(GamePlugin {
            options: options.clone(),
            strategy,
        });
    app.finish();
    app.cleanup();
    app
}

/// Lets the state change at the start of the next frame.
pub fn go_to(app: &mut App, state: Match) {
    app.world_mut()
        .resource_mut::<NextState<Match>>()
        .set(state);
}

/// Plays the whole match under one strategy; calls `on_frame` after each frame.
pub fn play(options: &Options, entrant: Entrant, mut on_frame: impl FnMut()) -> Played {
    let mut app = game(options, entrant.strategy(options));
    let mut fingerprint = Fingerprint::new(app.world_mut());
    let mut played = Played::new(entrant, options.frame_time());
    while !app.world().resource::<Referee>().is_over() {
        let start = Instant::now();
        app.update();
        let took = start.elapsed();
        let world = app.world_mut();
        played
            .rounds
            .extend(world.resource_mut::<Messages<GcRoundEnded>>().drain());
        fingerprint.add_frame(world);
        let heap = world.resource::<GcHeap>();
        played.frames.push(Frame {
            round: world.resource::<Referee>().round,
            playing: *world.resource::<State<Match>>().get() == Match::Playing,
            took,
            gc: *world.resource::<GcFrame>(),
            live_objects: heap.len(),
            heap_bytes: heap.bytes(),
            bullets: fingerprint.bullets(world),
        });
        on_frame();
    }
    let world = app.world();
    played.score = *world.resource::<Score>();
    played.hash = fingerprint.hash();
    played.peak_bytes = world.resource::<GcHeap>().peak_bytes();
    played
}
