//! When the collector may work, as a value that can change in any frame.

use bevy_ecs::resource::Resource;
use gc_core::{Budget, Policy, Thresholds};
#[cfg(feature = "reflect")]
use {
    crate::reflect::{BudgetReflect, ThresholdsReflect},
    bevy_ecs::reflect::ReflectResource,
    bevy_reflect::prelude::ReflectDefault,
};

/// When the collector may work. A resource: write another value and it is in force from the end of that frame, for every
/// heap that has no strategy of its own in its [`GcSettings`](crate::GcSettings).
///
/// | strategy | pause | choose it when |
/// |---|---|---|
/// | [`Automatic`](Self::Automatic) | any allocation may collect | tools, turn-based games, a first look |
/// | [`RaisedThreshold`](Self::RaisedThreshold) | rarer, but as long | most objects die by reference count and the burst size is known |
/// | [`DisabledInRound`](Self::DisabledInRound) | none in a round, one after it | rounds are short and memory is plenty |
/// | [`Budgeted`](Self::Budgeted) | a bounded slice in each frame | the default: a steady frame rate in an endless game |
/// | [`Adaptive`](Self::Adaptive) | a slice that the collector sizes itself | nobody wants to tune |
///
/// ```
/// use bevy_app::App;
/// use gc_bevy::{GcPlugin, GcStrategy, RoundEnd};
///
/// let mut app = App::new();
/// app.add_plugins(GcPlugin::default().strategy(GcStrategy::Automatic));
/// // Later, in any frame:
/// app.insert_resource(GcStrategy::DisabledInRound { round_end: RoundEnd::AtOnce });
/// app.update();
/// ```
#[derive(Resource, Clone, Copy, Debug, PartialEq)]
#[cfg_attr(
    feature = "reflect",
    derive(bevy_reflect::Reflect),
    reflect(Resource, Default, Clone, Debug, PartialEq)
)]
pub enum GcStrategy {
    /// CPython's rule: the allocation that exceeds a threshold of [`HeapConfig`](gc_core::HeapConfig) collects first,
    /// and the game waits.
    Automatic,
    /// The same rule with thresholds so high that a burst of objects that die by reference count never meets them.
    RaisedThreshold(
        #[cfg_attr(feature = "reflect", reflect(remote = ThresholdsReflect))] Thresholds,
    ),
    /// No collection while a round lasts ([`GcRoundPlugin`](crate::GcRoundPlugin),
    /// [`GcRoundSignal`](crate::GcRoundSignal)), and one when it ends. Outside
    /// rounds it is like [`Automatic`](Self::Automatic), or like [`Budgeted`](Self::Budgeted) with
    /// [`RoundEnd::Spread`]'s budget.
    DisabledInRound {
        /// How the round's garbage is collected.
        round_end: RoundEnd,
    },
    /// A paced slice in each frame, never longer than this. [`GcSettings`](crate::GcSettings) says where in the frame.
    Budgeted(#[cfg_attr(feature = "reflect", reflect(remote = BudgetReflect))] Budget),
    /// The collector finds the threshold and the slice from what it measures. Its slice is never above 0.5 ms
    /// (without the feature `std`: 10,000 units).
    Adaptive,
}

/// How the garbage of a round is collected at its end.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(
    feature = "reflect",
    derive(bevy_reflect::Reflect),
    reflect(Default, Clone, Debug, PartialEq)
)]
pub enum RoundEnd {
    /// One collection of everything in the frame in which the round ends.
    #[default]
    AtOnce,
    /// A slice in each of the frames that follow, such as those of a loading screen.
    Spread(#[cfg_attr(feature = "reflect", reflect(remote = BudgetReflect))] Budget),
}

impl Default for GcStrategy {
    /// [`Budgeted`](Self::Budgeted) with 0.5 ms a frame (without the feature `std`: 10,000 units).
    fn default() -> Self {
        Self::Budgeted(default_budget())
    }
}

impl GcStrategy {
    /// The heap's policy for this strategy, outside rounds.
    pub(crate) fn policy(self) -> Policy {
        match self {
            Self::Automatic
            | Self::DisabledInRound {
                round_end: RoundEnd::AtOnce,
            } => Policy::Automatic,
            Self::RaisedThreshold(thresholds) => Policy::Raised(thresholds),
            Self::Budgeted(budget)
            | Self::DisabledInRound {
                round_end: RoundEnd::Spread(budget),
            } => Policy::Budgeted(budget),
            Self::Adaptive => Policy::Adaptive,
        }
    }

    /// The budget of a frame's slice, for strategies that work in slices: collecting and freeing.
    pub(crate) fn slice(self, silent: bool) -> Option<Budget> {
        match self {
            Self::Budgeted(budget) => Some(budget),
            Self::Adaptive => Some(default_budget()),
            Self::DisabledInRound {
                round_end: RoundEnd::Spread(budget),
            } => Some(budget).filter(|_| !silent),
            _ => None,
        }
    }

    /// The budget of a slice that a memory limit asks for in a silent round.
    pub(crate) fn round_budget(self) -> Budget {
        self.slice(false).unwrap_or_else(default_budget)
    }

    /// Whether the heap is to stay silent during a round.
    pub(crate) fn silences_rounds(self) -> bool {
        matches!(self, Self::DisabledInRound { .. })
    }
}

/// What a frame spends on the collector when the game has not said otherwise.
pub(crate) fn default_budget() -> Budget {
    #[cfg(feature = "std")]
    return Budget::time(core::time::Duration::from_micros(500));
    #[cfg(not(feature = "std"))]
    return Budget::units(10_000);
}
