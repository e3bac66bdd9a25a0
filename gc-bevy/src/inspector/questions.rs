//! Questions about a heap, answers, and what the sentinel says.

use crate::{GcHeapId, MainHeap};
use alloc::string::String;
use bevy_ecs::{event::Event, message::Message};
use gc_core::{ObjectId, inspect::Leak};
#[cfg(feature = "reflect")]
use {
    crate::reflect::{LeakReflect, ObjectIdReflect},
    bevy_ecs::reflect::{ReflectEvent, ReflectMessage},
};

/// A question about a heap, to be written as a message; [`GcInspection`] is the answer.
#[derive(Message, Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "reflect",
    derive(bevy_reflect::Reflect),
    reflect(Message, Clone, Debug, PartialEq)
)]
pub struct GcInspect {
    /// The heap.
    pub heap: GcHeapId,
    /// The question.
    pub what: Inspect,
}

impl GcInspect {
    /// A question about the main heap.
    pub fn main(what: Inspect) -> Self {
        Self::of::<MainHeap>(what)
    }

    /// A question about the heap with the marker `M`.
    pub fn of<M: 'static>(what: Inspect) -> Self {
        Self {
            heap: GcHeapId::of::<M>(),
            what,
        }
    }
}

/// What to tell of a heap.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "reflect",
    derive(bevy_reflect::Reflect),
    reflect(Clone, Debug, PartialEq)
)]
#[non_exhaustive]
pub enum Inspect {
    /// Its types: objects, bytes, generations. Answered in the same frame: in 0.2 ms for 1,000,000 objects, as only the bits
    /// of their pages are counted.
    Types,
    /// The cycles that were found, since `heap.record_cycles(true)`. Looked for in slices.
    Cycles,
    /// Why an object is alive. Looked for in slices, when a snapshot is taken. Of a long path the ends are told.
    WhyAlive(#[cfg_attr(feature = "reflect", reflect(remote = ObjectIdReflect))] ObjectId),
    /// What the types and the largest owners retain. Looked for in slices, when a snapshot is taken.
    Retained,
    /// Write a snapshot for Chrome's memory tab into this file, in slices too. Answered when it is written.
    #[cfg(feature = "std")]
    Snapshot(std::path::PathBuf),
}

/// The answer to a [`GcInspect`]: a message, and an event for observers.
#[derive(Message, Event, Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "reflect",
    derive(bevy_reflect::Reflect),
    reflect(Message, Event, Clone, Debug, PartialEq)
)]
#[non_exhaustive]
pub struct GcInspection {
    /// The heap.
    pub heap: GcHeapId,
    /// The question.
    pub what: Inspect,
    /// The answer.
    pub text: String,
}

/// The live objects of a type grow from round to round: a message, and an event for observers.
///
/// Written some frames after the end of a round, when the snapshot is taken that tells who holds them.
#[derive(Message, Event, Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "reflect",
    derive(bevy_reflect::Reflect),
    reflect(Message, Event, Clone, Debug, PartialEq)
)]
#[non_exhaustive]
pub struct GcLeakSuspected {
    /// The heap.
    pub heap: GcHeapId,
    /// The type, how it grows, which field holds its objects, and why one of them is alive: of a long path 32 objects at
    /// each end. `Display` tells it all.
    #[cfg_attr(feature = "reflect", reflect(remote = LeakReflect))]
    pub leak: Leak,
}
