//! What may be changed of the inspector while the game runs.

use crate::MainHeap;
use bevy_ecs::resource::Resource;
use core::{fmt, marker::PhantomData};
use gc_core::{Budget, inspect::LeakSentinel};
#[cfg(feature = "reflect")]
use {
    crate::reflect::BudgetReflect, bevy_ecs::reflect::ReflectResource,
    bevy_reflect::prelude::ReflectDefault,
};

/// The settings of a heap's inspector. A resource: change a field in any frame.
/// [`GcInspectorPlugin`](crate::GcInspectorPlugin)'s builder methods give the first values.
///
/// ```
/// use bevy_app::App;
/// use bevy_ecs::prelude::*;
/// use gc_bevy::{GcInspectorPlugin, GcInspectorSettings, GcPlugin};
///
/// /// A level that loads more and more for a while.
/// fn long_level(mut inspector: ResMut<GcInspectorSettings>) {
///     inspector.patience = 10;
/// }
///
/// let mut app = App::new();
/// app.add_plugins((GcPlugin::default(), GcInspectorPlugin::default())).add_systems(bevy_app::Startup, long_level);
/// app.update();
/// ```
#[derive(Resource)]
#[cfg_attr(
    feature = "reflect",
    derive(bevy_reflect::Reflect),
    reflect(Resource, Default, Clone, Debug, PartialEq, type_path = false, where)
)]
#[non_exhaustive]
pub struct GcInspectorSettings<M: Send + Sync + 'static = MainHeap> {
    /// How much of a frame inspection may take: a snapshot, the search for an answer in it, a file.
    #[cfg_attr(feature = "reflect", reflect(remote = BudgetReflect))]
    pub budget: Budget,
    /// Whether leaks and answers are printed to standard error as well.
    #[cfg(feature = "std")]
    pub print: bool,
    /// [`LeakSentinel::window`]: rounds that are looked back on.
    pub window: usize,
    /// [`LeakSentinel::patience`]: rounds before it may speak.
    pub patience: usize,
    /// [`LeakSentinel::least_growth`]: objects a round below which growth is no leak.
    pub least_growth: f32,
    #[cfg_attr(feature = "reflect", reflect(ignore))]
    marker: PhantomData<fn() -> M>,
}

impl GcInspectorSettings {
    /// The settings of the main heap's inspector of which nothing is asked.
    // Beside the trait's method, so that no marker needs naming.
    #[expect(
        clippy::should_implement_trait,
        reason = "the trait is implemented too, for every marker"
    )]
    pub fn default() -> Self {
        <Self as Default>::default()
    }
}

impl<M: Send + Sync + 'static> GcInspectorSettings<M> {
    /// What the sentinel has seen stays as it is.
    pub(super) fn apply_to(&self, sentinel: &mut LeakSentinel) {
        sentinel.window = self.window;
        sentinel.patience = self.patience;
        sentinel.least_growth = self.least_growth;
    }
}

impl<M: Send + Sync + 'static> Default for GcInspectorSettings<M> {
    fn default() -> Self {
        let sentinel = LeakSentinel::new();
        Self {
            #[cfg(feature = "std")]
            budget: Budget::time(core::time::Duration::from_micros(500)),
            #[cfg(not(feature = "std"))]
            budget: Budget::units(10_000),
            #[cfg(feature = "std")]
            print: false,
            window: sentinel.window,
            patience: sentinel.patience,
            least_growth: sentinel.least_growth,
            marker: PhantomData,
        }
    }
}

impl<M: Send + Sync + 'static> Clone for GcInspectorSettings<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Send + Sync + 'static> Copy for GcInspectorSettings<M> {}

impl<M: Send + Sync + 'static> PartialEq for GcInspectorSettings<M> {
    fn eq(&self, other: &Self) -> bool {
        #[cfg(feature = "std")]
        if self.print != other.print {
            return false;
        }
        self.budget == other.budget
            && self.window == other.window
            && self.patience == other.patience
            && self.least_growth == other.least_growth
    }
}

impl<M: Send + Sync + 'static> fmt::Debug for GcInspectorSettings<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("GcInspectorSettings");
        text.field("budget", &self.budget);
        #[cfg(feature = "std")]
        text.field("print", &self.print);
        text.field("window", &self.window)
            .field("patience", &self.patience)
            .field("least_growth", &self.least_growth)
            .finish()
    }
}
