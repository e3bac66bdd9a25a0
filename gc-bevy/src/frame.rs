//! What the collector did in one frame.

use bevy_ecs::{reflect::ReflectResource, resource::Resource};
use bevy_reflect::{Reflect, prelude::ReflectDefault};
use core::time::Duration;

/// What the collector did in the frame that has just ended: written in [`GcSystems::Report`](crate::GcSystems::Report),
/// read at will.
///
/// It covers everything since the frame before was reported, collections in the middle of an allocation included.
#[derive(Resource, Reflect, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[reflect(Resource, Default, Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct GcFrame {
    /// The time for which collections and slices held the game up, added together.
    pub pause: Duration,
    /// The longest of them.
    pub longest_pause: Duration,
    /// The time that freeing what reference counting had condemned took in
    /// [`GcSystems::Reclaim`](crate::GcSystems::Reclaim). Budgeted strategies do this work inside their slice.
    pub reclaim: Duration,
    /// Objects freed in [`GcSystems::Reclaim`](crate::GcSystems::Reclaim).
    pub reclaimed: usize,
    /// Collections that ended.
    pub collections: u32,
    /// Those that freed nothing.
    pub freed_nothing: u32,
    /// Units of work done in the frame's slice.
    pub units: u64,
    /// Whether the frame's slice left work for the next frame.
    pub unfinished: bool,
}
