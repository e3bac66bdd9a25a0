//! What the collector did in one frame.

use bevy_ecs::resource::Resource;
use core::time::Duration;
#[cfg(feature = "reflect")]
use {bevy_ecs::reflect::ReflectResource, bevy_reflect::prelude::ReflectDefault};

/// What the collectors of all heaps did in the frame that has just ended: written in
/// [`GcSystems::Report`](crate::GcSystems::Report), read at will. For one heap of several there is
/// [`GcHeap::last_frame`](crate::GcHeap::last_frame).
///
/// It covers everything since the frame before was reported, collections in the middle of an allocation included.
#[derive(Resource, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "reflect",
    derive(bevy_reflect::Reflect),
    reflect(Resource, Default, Clone, Debug, PartialEq)
)]
#[non_exhaustive]
pub struct GcFrame {
    /// The time for which collections and slices held the game up, added together.
    pub pause: Duration,
    /// The longest of them.
    pub longest_pause: Duration,
    /// The time of the frame's slices, a part of `pause`: one at the end of the frame, or one a tick.
    pub slice: Duration,
    /// The time that freeing what reference counting had condemned took in
    /// [`GcSystems::Reclaim`](crate::GcSystems::Reclaim). Budgeted strategies do this work inside their slice.
    pub reclaim: Duration,
    /// Objects freed in [`GcSystems::Reclaim`](crate::GcSystems::Reclaim).
    pub reclaimed: usize,
    /// Collections that ended.
    pub collections: u32,
    /// Those that freed nothing.
    pub freed_nothing: u32,
    /// Units of work done in the frame's slices.
    pub units: u64,
    /// Whether the frame's last slice left work for the next frame.
    pub unfinished: bool,
}

impl GcFrame {
    /// Adds what another heap did.
    pub(crate) fn add(&mut self, other: &Self) {
        self.pause += other.pause;
        self.longest_pause = self.longest_pause.max(other.longest_pause);
        self.slice += other.slice;
        self.reclaim += other.reclaim;
        self.reclaimed += other.reclaimed;
        self.collections += other.collections;
        self.freed_nothing += other.freed_nothing;
        self.units += other.units;
        self.unfinished |= other.unfinished;
    }
}
