//! What all heaps of an app share.

use crate::{
    GcCollected, GcFrame, GcInfeasible, GcMemoryWarning, GcRound, GcRoundEnded, GcRoundSignal,
    GcStrategy, systems,
};
use alloc::vec::Vec;
use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;

/// Added by the first [`GcPlugin`](crate::GcPlugin).
pub(crate) struct SharedPlugin;

impl Plugin for SharedPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Heaps>()
            .init_resource::<GcStrategy>()
            .init_resource::<GcRound>()
            .init_resource::<GcFrame>()
            .add_message::<GcRoundSignal>()
            .add_message::<GcCollected>()
            .add_message::<GcRoundEnded>()
            .add_message::<GcMemoryWarning>()
            .add_message::<GcInfeasible>();
        #[cfg(feature = "reflect")]
        app.register_type::<GcStrategy>()
            .register_type::<crate::RoundEnd>()
            .register_type::<GcRound>()
            .register_type::<GcFrame>()
            .register_type::<GcRoundSignal>()
            .register_type::<GcCollected>()
            .register_type::<GcRoundEnded>()
            .register_type::<GcMemoryWarning>()
            .register_type::<GcInfeasible>();
        systems::add_shared(app);
    }
}

/// The app's heaps, each by what brings it in line with the round.
#[derive(Resource, Default)]
pub(crate) struct Heaps(Vec<fn(&mut World)>);

impl Heaps {
    /// Takes a heap in. Answers its place.
    pub fn add(&mut self, turn: fn(&mut World)) -> usize {
        self.0.push(turn);
        self.0.len() - 1
    }

    /// A round has begun: every heap ends the one before and begins it.
    pub fn turn(world: &mut World) {
        for turn in world.resource::<Self>().0.clone() {
            turn(world);
        }
    }
}

/// For plugins that add to [`GcPlugin`](crate::GcPlugin).
pub(crate) trait NeedsGcPlugin {
    /// Panics when no heap was added.
    fn needs_gc_plugin(&self, plugin: &str);
}

impl NeedsGcPlugin for App {
    fn needs_gc_plugin(&self, plugin: &str) {
        assert!(
            self.is_plugin_added::<SharedPlugin>(),
            "{plugin} needs GcPlugin: add it to the app"
        );
    }
}
