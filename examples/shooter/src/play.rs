//! Plays a match and takes the time of every frame.

use crate::{
    entrant::{Entrant, heap_config},
    measure::{Frame, Played},
    options::Options,
    world::{FRAMES_PER_SECOND, Match, Rules, Score, WorldPlugin, state::Fingerprint},
};
use bevy_app::App;
use bevy_ecs::message::Messages;
use bevy_state::prelude::*;
use gc_bevy::{GcFrame, GcHeap, GcPlugin, GcRoundEnded, GcRoundPlugin, GcStrategy};
use std::time::Instant;

/// Frames of a pause. The map needs 112 of them.
pub const PAUSE_FRAMES: u32 = 2 * FRAMES_PER_SECOND;

/// Frames of a whole match.
pub fn match_frames(options: &Options) -> u64 {
    let round = options.seconds * FRAMES_PER_SECOND + PAUSE_FRAMES;
    u64::from(options.rounds) * u64::from(round) + u64::from(PAUSE_FRAMES)
}

/// The game without a window: an app whose frames are run by hand.
pub fn game(options: &Options, strategy: GcStrategy) -> App {
    let mut app = App::new();
    app.add_plugins(bevy_state::app::StatesPlugin)
        .init_state::<Match>()
        .add_plugins(
            GcPlugin::default()
                .strategy(strategy)
                .config(heap_config(options)),
        )
        .add_plugins(GcRoundPlugin::during(Match::Playing))
        .add_plugins(WorldPlugin {
            rules: Rules {
                seed: options.seed,
                burst: options.burst,
            },
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
    let mut table = Table::new(options, entrant);
    for round in 1..=options.rounds {
        table.play(Match::Pause, round, PAUSE_FRAMES, &mut on_frame);
        table.play(
            Match::Playing,
            round,
            options.seconds * FRAMES_PER_SECOND,
            &mut on_frame,
        );
    }
    table.play(
        Match::Pause,
        options.rounds + 1,
        PAUSE_FRAMES,
        &mut on_frame,
    );
    table.finish()
}

/// A match under way.
struct Table {
    app: App,
    fingerprint: Fingerprint,
    played: Played,
}

impl Table {
    fn new(options: &Options, entrant: Entrant) -> Self {
        let mut app = game(options, entrant.strategy(options));
        let fingerprint = Fingerprint::new(app.world_mut());
        Self {
            app,
            fingerprint,
            played: Played::new(entrant),
        }
    }

    fn play(&mut self, state: Match, round: u32, frames: u32, on_frame: &mut impl FnMut()) {
        if *self.app.world().resource::<State<Match>>().get() != state {
            go_to(&mut self.app, state);
        }
        for _ in 0..frames {
            let start = Instant::now();
            self.app.update();
            let took = start.elapsed();
            let world = self.app.world_mut();
            self.played
                .rounds
                .extend(world.resource_mut::<Messages<GcRoundEnded>>().drain());
            self.fingerprint.add_frame(world);
            let heap = world.resource::<GcHeap>();
            self.played.frames.push(Frame {
                round,
                playing: state == Match::Playing,
                took,
                gc: *world.resource::<GcFrame>(),
                live_objects: heap.len(),
                heap_bytes: heap.bytes(),
                bullets: self.fingerprint.bullets(world),
            });
            on_frame();
        }
    }

    fn finish(mut self) -> Played {
        let world = self.app.world();
        self.played.score = *world.resource::<Score>();
        self.played.hash = self.fingerprint.hash();
        self.played.peak_bytes = world.resource::<GcHeap>().peak_bytes();
        self.played
    }
}
