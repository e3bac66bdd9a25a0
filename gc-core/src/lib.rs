#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![no_std]
#![deny(missing_docs)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

// Lets the derive's `::gc_core` paths be used in this crate too.
extern crate self as gc_core;

#[cfg(not(loom))]
mod budget;
#[cfg(not(loom))]
mod collect;
#[cfg(not(loom))]
pub mod containers;
#[cfg(not(loom))]
mod error;
#[cfg(all(feature = "bumpalo", not(loom)))]
mod frame;
#[cfg(not(loom))]
mod generation;
#[cfg(not(loom))]
mod handle;
#[cfg(not(loom))]
mod heap;
#[cfg(not(loom))]
pub mod inspect;
#[cfg(not(loom))]
#[cfg_attr(not(feature = "std"), allow(dead_code))] // without a clock of its own
mod looks;
#[cfg(not(loom))]
mod pacer;
#[cfg(not(loom))]
mod policy;
#[cfg(not(loom))]
mod stats;
mod sync;
#[cfg(not(loom))]
mod trace;

#[cfg(not(loom))]
mod arena;
/// Under `loom` only the protocols of the count word, of the page's flags, of what is handed over and of the heap's keepers are built, and its models run.
#[cfg(loom)]
mod arena {
    pub(crate) mod flags;
    pub(crate) mod handed;
    pub(crate) mod keepers;
    pub(crate) mod published;
    pub(crate) mod word;
}

/// The crate whose `Allocator` [`Storage`] implements.
pub use allocator_api2;
#[cfg(all(feature = "bumpalo", not(loom)))]
pub use {
    arena::BumpAllocator,
    frame::{DoubleFrameArena, FrameArena, FrameFull, FrameRef, FrameStats},
};
#[cfg(not(loom))]
pub use {
    arena::{HeapAllocator, Storage},
    budget::{Budget, SliceBudget, Until},
    error::{AllocError, AllocErrorKind, DisjointError, HandleError, HeapError},
    generation::{Generation, Thresholds},
    handle::{AnyHandle, Gc, GcAny, GcDyn, HeapId, ObjectId, View, Weak, WeakDyn},
    heap::{
        AllocContext, CallbackId, Heap, ObjectInfo, PageInfo, Progress, RoundForecast, RoundReport,
        Warning,
    },
    pacer::Infeasible,
    policy::{FinalizerPolicy, HeapConfig, InfeasiblePolicy, Limits, Pacing, Policy},
    stats::{
        Cause, Collection, CollectionEvent, CollectionPhase, GenerationStats, PauseStats,
        PhaseEvent,
    },
    trace::{Finalize, TRACKED_DEPTH, Trace, Tracer},
};

/// Derives [`trait@Trace`]; see the macro's own page.
#[cfg(all(feature = "derive", not(loom)))]
pub use gc_core_derive::Trace;
