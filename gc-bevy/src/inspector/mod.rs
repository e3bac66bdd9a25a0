//! Looking into a heap while the game runs: the leak sentinel, and answers to questions that are sent as messages.

mod ask;
#[cfg(feature = "std")]
mod file;
mod questions;
mod settings;
mod work;

pub use questions::{GcInspect, GcInspection, GcLeakSuspected, Inspect};
pub use settings::GcInspectorSettings;

use crate::{MainHeap, shared::NeedsGcPlugin, systems::ReportSystems};
use bevy_app::{App, Last, Plugin};
use bevy_ecs::prelude::*;
use gc_core::{Budget, inspect::LeakSentinel};
use work::{Inspector, inspect};

/// Watches for leaks from round to round, and answers [`GcInspect`].
///
/// At the end of each round, when its garbage is collected, a [`LeakSentinel`] looks at the live objects of each type.
/// When one grows, [`GcLeakSuspected`] tells which, the field that holds its objects, and why one of them is alive.
///
/// What takes long is done in slices of at most [`GcInspectorSettings::budget`], one a frame, at its end in
/// [`GcSystems::Report`](crate::GcSystems::Report), with the feature `std` and without: the snapshot of the heap, the search
/// for each answer in it, the writing, and giving the memory back. No thread is used: it would take a core from a game that
/// has two, where nobody waits for the answer. Of 1,000,000 objects the snapshot and what they retain take 300 slices of
/// 0.5 ms each.
///
/// The resource [`GcInspectorSettings`] changes all of this while the game runs; the builder methods are its first values.
///
/// Cost between questions and at rounds without a leak: one system a frame, which does nothing.
///
/// ```
/// use bevy_app::App;
/// use bevy_ecs::prelude::*;
/// use gc_bevy::{GcInspect, GcInspection, GcInspectorPlugin, GcLeakSuspected, GcPlugin, Inspect};
///
/// let mut app = App::new();
/// app.add_plugins((GcPlugin::default(), GcInspectorPlugin::default()))
///     .add_observer(|found: On<GcLeakSuspected>| println!("{}", found.leak))
///     .add_observer(|answer: On<GcInspection>| println!("{}", answer.text));
/// app.world_mut().write_message(GcInspect::main(Inspect::Types));
/// app.update();
/// ```
#[derive(Clone, Debug)]
pub struct GcInspectorPlugin<M: Send + Sync + 'static = MainHeap> {
    sentinel: LeakSentinel,
    settings: GcInspectorSettings<M>,
}

impl GcInspectorPlugin {
    /// For the main heap.
    // Beside the trait's method, so that no marker needs naming.
    #[expect(
        clippy::should_implement_trait,
        reason = "the trait is implemented too, for every marker"
    )]
    pub fn default() -> Self {
        <Self as Default>::default()
    }
}

impl<M: Send + Sync + 'static> Default for GcInspectorPlugin<M> {
    fn default() -> Self {
        Self {
            sentinel: LeakSentinel::new(),
            settings: <GcInspectorSettings<M> as Default>::default(),
        }
    }
}

impl<M: Send + Sync + 'static> GcInspectorPlugin<M> {
    /// How much of a frame inspection may take: 0.5 ms unless set (10,000 units without the feature `std`).
    #[must_use]
    pub fn budget(mut self, budget: Budget) -> Self {
        self.settings.budget = budget;
        self
    }

    /// When the sentinel speaks, and what it has seen.
    #[must_use]
    pub fn sentinel(mut self, sentinel: LeakSentinel) -> Self {
        self.settings.window = sentinel.window;
        self.settings.patience = sentinel.patience;
        self.settings.least_growth = sentinel.least_growth;
        self.sentinel = sentinel;
        self
    }

    /// Prints leaks and answers to standard error as well: for servers without a window.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn print(mut self) -> Self {
        self.settings.print = true;
        self
    }
}

impl<M: Send + Sync + 'static> Plugin for GcInspectorPlugin<M> {
    fn build(&self, app: &mut App) {
        app.add_message::<GcInspect>()
            .add_message::<GcInspection>()
            .add_message::<GcLeakSuspected>()
            .insert_resource(self.settings)
            .insert_resource(Inspector::new(self.sentinel.clone(), self.settings))
            .add_systems(Last, inspect::<M>.in_set(ReportSystems::Diagnostics));
        #[cfg(feature = "reflect")]
        app.register_type::<GcInspect>()
            .register_type::<GcInspection>()
            .register_type::<GcLeakSuspected>()
            .register_type::<GcInspectorSettings<M>>();
    }

    fn finish(&self, app: &mut App) {
        app.needs_gc_plugin("GcInspectorPlugin");
    }
}
