//! The plugin.

use crate::{
    GcCollected, GcFrame, GcHeap, GcInfeasible, GcMemoryWarning, GcRound, GcRoundEnded, GcStrategy,
    RoundEnd, systems, watch::Watch,
};
use bevy_app::{App, Plugin};
use gc_core::HeapConfig;

/// Gives the app a heap and runs its collector.
///
/// - Resources: [`GcHeap`], [`GcStrategy`], [`GcRound`], [`GcFrame`].
/// - Systems: in [`Last`](bevy_app::Last), in the sets [`GcSystems`](crate::GcSystems).
/// - Messages: [`GcCollected`], [`GcRoundEnded`], [`GcMemoryWarning`], [`GcInfeasible`].
///
/// ```
/// use bevy_app::App;
/// use core::time::Duration;
/// use gc_bevy::{GcHeap, GcPlugin, GcStrategy};
/// use gc_core::{Budget, HeapConfig, Limits};
///
/// let mut app = App::new();
/// app.add_plugins(
///     GcPlugin::default()
///         .strategy(GcStrategy::Budgeted(Budget::time(Duration::from_millis(1))))
///         .config(HeapConfig { limits: Limits { soft: 64 << 20, hard: 256 << 20 }, ..HeapConfig::default() }),
/// );
/// app.update();
/// assert_eq!(app.world().resource::<GcHeap>().limits().soft, 64 << 20);
/// ```
#[derive(Clone, Default)]
pub struct GcPlugin {
    strategy: GcStrategy,
    config: HeapConfig,
}

impl GcPlugin {
    /// The strategy to begin with; the default is a slice of at most 0.5 ms a frame.
    #[must_use]
    pub fn strategy(mut self, strategy: GcStrategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// The heap's configuration: thresholds, limits, finalizers. Its policy is the strategy's to choose.
    #[must_use]
    pub fn config(mut self, config: HeapConfig) -> Self {
        self.config = config;
        self
    }
}

impl Plugin for GcPlugin {
    fn build(&self, app: &mut App) {
        let watch = Watch::default();
        let mut heap = GcHeap::with_config(self.config);
        watch.attach(&mut heap);
        heap.set_policy(self.strategy.policy());
        app.insert_resource(heap)
            .insert_resource(watch)
            .insert_resource(self.strategy)
            .init_resource::<GcRound>()
            .init_resource::<GcFrame>()
            .add_message::<GcCollected>()
            .add_message::<GcRoundEnded>()
            .add_message::<GcMemoryWarning>()
            .add_message::<GcInfeasible>()
            .register_type::<GcStrategy>()
            .register_type::<RoundEnd>()
            .register_type::<GcFrame>();
        systems::add(app);
    }
}
