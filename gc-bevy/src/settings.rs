//! What may be changed while the game runs.

use crate::{GcStrategy, MainHeap};
use bevy_ecs::resource::Resource;
use core::{fmt, marker::PhantomData, time::Duration};
use gc_core::{HeapConfig, Limits, Pacing, Thresholds};
#[cfg(feature = "reflect")]
use {
    crate::reflect::{LimitsReflect, PacingReflect, ThresholdsReflect},
    bevy_ecs::reflect::ReflectResource,
    bevy_reflect::prelude::ReflectDefault,
};

/// The settings of a heap. A resource: change a field in any frame and it is in force from the end of that frame.
/// [`GcPlugin`](crate::GcPlugin)'s builder methods give the first values.
///
/// A field that changes here replaces what the game has set on the [`Heap`](gc_core::Heap) itself; the others leave that
/// alone.
///
/// ```
/// use bevy_app::App;
/// use bevy_ecs::prelude::*;
/// use gc_bevy::{GcHeap, GcPlugin, GcSettings};
///
/// fn low_memory_device(mut settings: ResMut<GcSettings>) {
///     settings.limits.soft = 16 << 20;
/// }
///
/// let mut app = App::new();
/// app.add_plugins(GcPlugin::default()).add_systems(bevy_app::Startup, low_memory_device);
/// app.update();
/// assert_eq!(app.world().resource::<GcHeap>().limits().soft, 16 << 20);
/// ```
#[derive(Resource)]
#[cfg_attr(
    feature = "reflect",
    derive(bevy_reflect::Reflect),
    reflect(Resource, Default, Clone, Debug, PartialEq, type_path = false, where)
)]
pub struct GcSettings<M: Send + Sync + 'static = MainHeap> {
    /// This heap's own strategy. `None`, the default: the resource [`GcStrategy`], which all such heaps follow.
    pub strategy: Option<GcStrategy>,
    /// How much memory the heap may use; no limit by default.
    #[cfg_attr(feature = "reflect", reflect(remote = LimitsReflect))]
    pub limits: Limits,
    /// When [`GcStrategy::Automatic`] collects.
    #[cfg_attr(feature = "reflect", reflect(remote = ThresholdsReflect))]
    pub thresholds: Thresholds,
    /// The bounds on age and size that the paced strategies keep.
    #[cfg_attr(feature = "reflect", reflect(remote = PacingReflect))]
    pub pacing: Pacing,
    /// Where slices run.
    pub slices: SliceAt,
    /// Whether slices may use what is left of the frame.
    pub idle: Option<IdleSlack>,
    #[cfg_attr(feature = "reflect", reflect(ignore))]
    marker: PhantomData<fn() -> M>,
}

/// Where in the frame a heap's slices run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "reflect",
    derive(bevy_reflect::Reflect),
    reflect(Default, Clone, Debug, PartialEq)
)]
pub enum SliceAt {
    /// One at the end of each frame, in [`Last`](bevy_app::Last).
    #[default]
    FrameEnd,
    /// One at the end of each tick of the fixed time step, in [`FixedLast`](bevy_app::FixedLast). With budgets in units
    /// the heap then does the same in the same tick on every machine, as lockstep and rollback games need. When a frame
    /// makes up for several ticks, a budget in time is what all of their slices share. While no tick comes, as when
    /// `Time<Virtual>` is paused, nothing is sliced.
    FixedTick,
}

/// Lets slices use what is left of a frame's target time, when that is more than the strategy's budget.
///
/// The frame begins in [`First`](bevy_app::First) and ends, for this purpose, `reserve` before `frame` has passed. In a
/// busy frame the strategy's budget is still there, so the bounds of [`Pacing`] hold. Without the feature `std`, and for
/// strategies that do not work in slices, it says nothing; at [`SliceAt::FixedTick`] neither, for in the middle of a
/// frame there is no telling what will be left of it.
///
/// ```
/// use core::time::Duration;
/// use gc_bevy::{GcPlugin, IdleSlack};
///
/// // A 60 Hz game that renders in 6 ms after its systems have run.
/// let plugin = GcPlugin::default().idle(IdleSlack::at_hz(60.0).reserve(Duration::from_millis(6)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "reflect",
    derive(bevy_reflect::Reflect),
    reflect(Clone, Debug, PartialEq)
)]
pub struct IdleSlack {
    /// The frame's target time.
    pub frame: Duration,
    /// The part of it that belongs to what comes after the systems: rendering without the pipelined renderer, the
    /// extraction for it otherwise.
    pub reserve: Duration,
}

impl IdleSlack {
    /// For so many frames a second, with a tenth of each in reserve.
    ///
    /// # Panics
    /// If `hz` is not above 0.
    pub fn at_hz(hz: f64) -> Self {
        let frame = Duration::from_secs_f64(1.0 / hz);
        Self {
            frame,
            reserve: frame / 10,
        }
    }

    /// With another reserve.
    #[must_use]
    pub fn reserve(mut self, reserve: Duration) -> Self {
        self.reserve = reserve;
        self
    }

    #[cfg(feature = "std")]
    /// What is left when so much of the frame has passed.
    pub(crate) fn left(self, passed: Duration) -> Duration {
        self.frame
            .saturating_sub(self.reserve)
            .saturating_sub(passed)
    }
}

impl GcSettings {
    /// The settings of a main heap of which nothing is asked.
    // Beside the trait's method, so that no marker needs naming.
    #[expect(
        clippy::should_implement_trait,
        reason = "the trait is implemented too, for every marker"
    )]
    pub fn default() -> Self {
        <Self as Default>::default()
    }
}

impl<M: Send + Sync + 'static> GcSettings<M> {
    /// The settings that a heap with this configuration begins with.
    pub(crate) fn of(config: &HeapConfig) -> Self {
        Self {
            strategy: None,
            limits: config.limits,
            thresholds: config.thresholds,
            pacing: config.pacing,
            slices: SliceAt::default(),
            idle: None,
            marker: PhantomData,
        }
    }

    /// The same settings without the marker.
    pub(crate) fn of_any(&self) -> GcSettings {
        GcSettings {
            strategy: self.strategy,
            limits: self.limits,
            thresholds: self.thresholds,
            pacing: self.pacing,
            slices: self.slices,
            idle: self.idle,
            marker: PhantomData,
        }
    }

    /// The strategy in force, `app` being that of the app.
    pub(crate) fn strategy_or(&self, app: GcStrategy) -> GcStrategy {
        self.strategy.unwrap_or(app)
    }
}

impl<M: Send + Sync + 'static> Default for GcSettings<M> {
    fn default() -> Self {
        Self::of(&HeapConfig::default())
    }
}

impl<M: Send + Sync + 'static> Clone for GcSettings<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Send + Sync + 'static> Copy for GcSettings<M> {}

impl<M: Send + Sync + 'static> PartialEq for GcSettings<M> {
    fn eq(&self, other: &Self) -> bool {
        self.strategy == other.strategy
            && self.limits == other.limits
            && self.thresholds == other.thresholds
            && self.pacing == other.pacing
            && self.slices == other.slices
            && self.idle == other.idle
    }
}

impl<M: Send + Sync + 'static> fmt::Debug for GcSettings<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GcSettings")
            .field("strategy", &self.strategy)
            .field("limits", &self.limits)
            .field("thresholds", &self.thresholds)
            .field("pacing", &self.pacing)
            .field("slices", &self.slices)
            .field("idle", &self.idle)
            .finish()
    }
}
