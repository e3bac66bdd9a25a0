//! When a tick of the rules is due: 60 times a second on a screen, whatever its rate; in every frame of a screenshot.

use crate::{options::Options, referee::Tick, world::FRAMES_PER_SECOND};
use bevy::prelude::*;

#[derive(Resource, Default)]
pub struct Pace {
    /// Time that is not played yet, in seconds; a little may be owed.
    due: f32,
    /// The player has stopped the clock.
    pub frozen: bool,
}

pub fn add(app: &mut App, options: &Options) {
    app.init_resource::<Pace>();
    if options.window.screenshot.is_none() {
        app.add_systems(First, tick.after(bevy::time::TimeSystems))
            .add_systems(PreUpdate, freeze.after(bevy::input::InputSystems));
    }
}

const TICK: f32 = 1.0 / FRAMES_PER_SECOND as f32;

/// At most one tick a frame: a machine that is too slow plays in slow motion, as arcades did.
fn tick(time: Res<Time<Real>>, mut pace: ResMut<Pace>, mut tick: ResMut<Tick>) {
    // A 60 Hz screen wavers a little: a tick may come a tenth too early.
    let due = pace.due + time.delta_secs();
    tick.due = !pace.frozen && due >= 0.9 * TICK;
    let played = if tick.due { TICK } else { 0.0 };
    pace.due = (due - played).clamp(-0.1 * TICK, TICK);
}

fn freeze(keys: Res<ButtonInput<KeyCode>>, mut pace: ResMut<Pace>) {
    if keys.just_pressed(KeyCode::KeyP) {
        pace.frozen = !pace.frozen;
    }
}
