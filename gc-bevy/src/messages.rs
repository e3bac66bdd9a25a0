//! What the plugin tells the game.
//!
//! Each of these is a message, to be read with `MessageReader`, and an event, to be observed with `add_observer`. Those of
//! a frame are written in [`GcSystems::Report`](crate::GcSystems::Report), in the order in which things happened;
//! observers run when the commands of that set are applied.

use crate::GcHeapId;
use bevy_ecs::{event::Event, message::Message};
use core::time::Duration;
use gc_core::{Collection, RoundReport};
#[cfg(feature = "reflect")]
use {
    crate::reflect::{CollectionReflect, MaybeRoundReportReflect},
    bevy_ecs::reflect::{ReflectEvent, ReflectMessage},
};

/// A collection has ended.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use gc_bevy::GcCollected;
///
/// fn log_pauses(mut collected: MessageReader<GcCollected>) {
///     for it in collected.read() {
///         println!("{:?}: {} freed, {:?}", it.collection.generation, it.collection.collected, it.pause);
///     }
/// }
/// # let mut world = World::new();
/// # world.init_resource::<Messages<GcCollected>>();
/// # world.run_system_cached(log_pauses).unwrap();
/// ```
#[derive(Message, Event, Clone, Copy, Debug, PartialEq)]
#[cfg_attr(
    feature = "reflect",
    derive(bevy_reflect::Reflect),
    reflect(Message, Event, Clone, Debug, PartialEq)
)]
#[non_exhaustive]
pub struct GcCollected {
    /// The heap.
    pub heap: GcHeapId,
    /// The collector's own numbers: generation, candidates, objects collected, cause.
    #[cfg_attr(feature = "reflect", reflect(remote = CollectionReflect))]
    pub collection: Collection,
    /// The longest time for which the game waited for it: all of it for a collection in one go, the longest slice
    /// otherwise.
    pub pause: Duration,
    /// The slices that it took; 0 when the game waited for all of it.
    pub slices: u32,
    /// The number of the round in which it ended, if one was running.
    pub round: Option<u64>,
}

impl GcCollected {
    /// Whether it found nothing to free.
    pub fn freed_nothing(&self) -> bool {
        self.collection.collected == 0
    }
}

/// A round has ended, and under [`RoundEnd::AtOnce`](crate::RoundEnd::AtOnce) its garbage is gone.
///
/// Written for each heap, at the end of the frame in which the last state of a [`GcRoundPlugin`](crate::GcRoundPlugin)
/// was left, or the round was ended by a [`GcRoundSignal`](crate::GcRoundSignal).
///
/// ```
/// use bevy_app::App;
/// use bevy_ecs::prelude::*;
/// use gc_bevy::{GcPlugin, GcRoundEnded};
///
/// App::new().add_plugins(GcPlugin::default()).add_observer(|ended: On<GcRoundEnded>| {
///     println!("round {}: longest pause {:?}", ended.round, ended.longest_pause);
/// });
/// ```
#[derive(Message, Event, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "reflect",
    derive(bevy_reflect::Reflect),
    reflect(Message, Event, Clone, Debug, PartialEq)
)]
#[non_exhaustive]
pub struct GcRoundEnded {
    /// The heap.
    pub heap: GcHeapId,
    /// The round's number, from 1.
    pub round: u64,
    /// The frames that it lasted.
    pub frames: u64,
    /// The collections that ended in it. Under `DisabledInRound` only a memory limit or the game itself can cause one.
    pub collections: u32,
    /// Those that freed nothing.
    pub freed_nothing: u32,
    /// The longest pause in the round: a collection or a slice.
    pub longest_pause: Duration,
    /// The pause at its end, when the strategy collects there in one go.
    pub end_pause: Option<Duration>,
    /// The heap's own report, when it was silent to the end: objects and bytes gained, collections that were forced and
    /// why.
    #[cfg_attr(feature = "reflect", reflect(remote = MaybeRoundReportReflect))]
    pub report: Option<RoundReport>,
}

impl GcRoundEnded {
    /// A round in which nothing has happened yet.
    pub(crate) fn new(heap: GcHeapId, round: u64) -> Self {
        Self {
            heap,
            round,
            frames: 0,
            collections: 0,
            freed_nothing: 0,
            longest_pause: Duration::ZERO,
            end_pause: None,
            report: None,
        }
    }
}

/// Memory is running out: the heap has passed a mark on the way to its [`Limits`](gc_core::Limits).
///
/// Each mark is told once, and again after the heap has fallen below it.
#[derive(Message, Event, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "reflect",
    derive(bevy_reflect::Reflect),
    reflect(Message, Event, Clone, Debug, PartialEq)
)]
#[non_exhaustive]
pub struct GcMemoryWarning {
    /// The heap.
    pub heap: GcHeapId,
    /// Bytes in use.
    pub used: usize,
    /// The limit in question.
    pub limit: usize,
    /// The mark, in percent of the limit: 50, 75 or 90. None when the soft limit itself is exceeded: the collector
    /// works in slices now, whatever the strategy, also in a round.
    pub percent: Option<u32>,
}

/// The frame's slice is too small to keep the bounds of [`Pacing`](gc_core::Pacing): garbage grows older or the heap
/// larger.
#[derive(Message, Event, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "reflect",
    derive(bevy_reflect::Reflect),
    reflect(Message, Event, Clone, Debug, PartialEq)
)]
#[non_exhaustive]
pub struct GcInfeasible {
    /// The heap.
    pub heap: GcHeapId,
    /// Units a frame that would do.
    pub need: u64,
    /// Units a frame that the budget allows.
    pub have: u64,
}
