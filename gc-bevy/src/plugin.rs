//! The plugin.

use crate::{
    GcHeap, GcSettings, GcStrategy, IdleSlack, MainHeap, SliceAt,
    bound::{Bindings, GcDeaths},
    keeper::KeeperOf,
    shared::{Heaps, SharedPlugin},
    systems,
};
use bevy_app::{App, Plugin};
use bevy_ecs::world::World;
use core::marker::PhantomData;
use gc_core::{HeapConfig, Limits, Pacing, Thresholds};

/// Gives the app a heap and runs its collector.
///
/// - Resources: [`GcHeap`], [`GcSettings`]; and shared by all heaps, [`GcStrategy`], [`GcRound`](crate::GcRound),
///   [`GcFrame`](crate::GcFrame).
/// - Systems: in [`Last`](bevy_app::Last) and [`FixedLast`](bevy_app::FixedLast), in the sets
///   [`GcSystems`](crate::GcSystems); one in [`First`](bevy_app::First), which reads the clock.
/// - Messages, and events for observers: [`GcCollected`](crate::GcCollected), [`GcRoundEnded`](crate::GcRoundEnded),
///   [`GcMemoryWarning`](crate::GcMemoryWarning), [`GcInfeasible`](crate::GcInfeasible). A message that it listens to:
///   [`GcRoundSignal`](crate::GcRoundSignal).
///
/// Without settings: a slice of at most 0.5 ms at the end of each frame ([`GcStrategy::Budgeted`]; without the feature
/// `std`, 10,000 units), no limit on memory.
///
/// ```
/// use bevy_app::App;
/// use core::time::Duration;
/// use gc_bevy::{GcHeap, GcPlugin, GcStrategy};
/// use gc_core::{Budget, Limits};
///
/// let mut app = App::new();
/// app.add_plugins(
///     GcPlugin::default()
///         .budget(Budget::time(Duration::from_millis(1)))
///         .limits(Limits { soft: 64 << 20, hard: 256 << 20 }),
/// );
/// app.update();
/// assert_eq!(app.world().resource::<GcHeap>().limits().soft, 64 << 20);
/// ```
///
/// A second heap has a marker type, and systems that take `Res<GcHeap<Mod>>`:
///
/// ```
/// use bevy_app::App;
/// use gc_bevy::{GcHeap, GcPlugin, GcStrategy};
///
/// struct Mod;
///
/// let mut app = App::new();
/// app.add_plugins((
///     GcPlugin::default(),
///     GcPlugin::<Mod>::default().strategy(GcStrategy::Automatic), // of this heap only
/// ));
/// app.update();
/// assert!(app.world().contains_resource::<GcHeap<Mod>>());
/// ```
pub struct GcPlugin<M: Send + Sync + 'static = MainHeap> {
    strategy: Option<GcStrategy>,
    config: HeapConfig,
    slices: SliceAt,
    idle: Option<IdleSlack>,
    marker: PhantomData<fn() -> M>,
}

impl GcPlugin {
    /// The main heap's plugin with the settings that suit most games.
    // Beside the trait's method, so that `GcPlugin::default()` needs no marker named.
    #[expect(
        clippy::should_implement_trait,
        reason = "the trait is implemented too, for every marker"
    )]
    pub fn default() -> Self {
        <Self as Default>::default()
    }
}

impl<M: Send + Sync + 'static> Default for GcPlugin<M> {
    fn default() -> Self {
        Self {
            strategy: None,
            config: HeapConfig::default(),
            slices: SliceAt::default(),
            idle: None,
            marker: PhantomData,
        }
    }
}

impl<M: Send + Sync + 'static> Clone for GcPlugin<M> {
    fn clone(&self) -> Self {
        Self {
            config: self.config.clone(),
            ..*self
        }
    }
}

impl<M: Send + Sync + 'static> GcPlugin<M> {
    /// The strategy to begin with. For the main heap it is the value of the resource [`GcStrategy`], which other heaps
    /// follow too; for another heap it is its own, in [`GcSettings::strategy`].
    #[must_use]
    pub fn strategy(mut self, strategy: GcStrategy) -> Self {
        self.strategy = Some(strategy);
        self
    }

    /// A slice of at most this much in each frame: short for [`GcStrategy::Budgeted`].
    #[must_use]
    pub fn budget(self, budget: gc_core::Budget) -> Self {
        self.strategy(GcStrategy::Budgeted(budget))
    }

    /// How much memory the heap may use.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.config.limits = limits;
        self
    }

    /// When [`GcStrategy::Automatic`] collects.
    #[must_use]
    pub fn thresholds(mut self, thresholds: Thresholds) -> Self {
        self.config.thresholds = thresholds;
        self
    }

    /// The bounds that the paced strategies keep.
    #[must_use]
    pub fn pacing(mut self, pacing: Pacing) -> Self {
        self.config.pacing = pacing;
        self
    }

    /// Where in the frame slices run.
    #[must_use]
    pub fn slices(mut self, place: SliceAt) -> Self {
        self.slices = place;
        self
    }

    /// Lets slices use what is left of the frame's target time.
    #[must_use]
    pub fn idle(mut self, slack: IdleSlack) -> Self {
        self.idle = Some(slack);
        self
    }

    /// The heap's whole configuration, finalizers too; replaces what [`limits`](Self::limits),
    /// [`thresholds`](Self::thresholds) and [`pacing`](Self::pacing) have set. Its policy is the strategy's to choose.
    #[must_use]
    pub fn config(mut self, config: HeapConfig) -> Self {
        self.config = config;
        self
    }
}

impl<M: Send + Sync + 'static> Plugin for GcPlugin<M> {
    fn build(&self, app: &mut App) {
        if !app.is_plugin_added::<SharedPlugin>() {
            app.add_plugins(SharedPlugin);
        }
        let mut settings = GcSettings::<M>::of(&self.config);
        settings.slices = self.slices;
        settings.idle = self.idle;
        if crate::GcHeapId::of::<M>().is_main() {
            if let Some(strategy) = self.strategy {
                app.insert_resource(strategy);
            }
        } else {
            settings.strategy = self.strategy;
        }
        let world = app.world_mut();
        let strategy = settings.strategy_or(*world.resource::<GcStrategy>());
        let index = world.resource_mut::<Heaps>().add(turn::<M>);
        let mut heap = GcHeap::<M>::from(self.config.clone());
        let keeper = KeeperOf::<M>::new(index, settings.of_any(), strategy, &mut heap);
        app.insert_resource(heap)
            .insert_resource(keeper)
            .insert_resource(settings)
            .init_resource::<Bindings<M>>()
            .init_resource::<GcDeaths<M>>();
        #[cfg(feature = "reflect")]
        app.register_type::<GcSettings<M>>()
            .register_type::<crate::GcBound<M>>()
            .register_type::<GcDeaths<M>>();
        systems::add::<M>(app, index);
    }
}

/// Brings the heap in line with the round, in the middle of a frame.
fn turn<M: Send + Sync + 'static>(world: &mut World) {
    let game = world.resource::<crate::GcRound>().current();
    world.resource_scope(|world, mut keeper: bevy_ecs::world::Mut<KeeperOf<M>>| {
        keeper.turn(&mut world.resource_mut::<GcHeap<M>>(), game);
    });
}
