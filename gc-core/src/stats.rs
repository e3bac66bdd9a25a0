//! The numbers that collections leave behind.

use crate::Generation;
use core::time::Duration;

/// Why a collection began.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Cause {
    /// The game asked for it.
    Explicit,
    /// A threshold was exceeded at an allocation.
    Threshold,
    /// A step began it.
    Step,
    /// The heap is above its soft limit.
    SoftLimit,
    /// An allocation would have exceeded the hard limit, or the allocator had no more memory.
    HardLimit,
    /// A round has ended.
    RoundEnd,
}

/// What a collection did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Collection {
    /// The oldest generation examined.
    pub generation: Generation,
    /// Objects examined.
    pub candidates: usize,
    /// Objects found unreachable and freed. What reference counting freed by itself is not among them.
    pub collected: usize,
    /// Objects found unreachable and kept, with what they reach, in the quarantine.
    pub uncollectable: usize,
    /// Objects found unreachable and brought back by a finalizer.
    pub resurrected: usize,
    /// The work it took.
    pub units: u64,
    /// Why it began.
    pub cause: Cause,
    /// It was given up before it had condemned anything, to be begun anew later.
    pub abandoned: bool,
}

impl Collection {
    pub(crate) fn none(generation: Generation, cause: Cause) -> Self {
        Collection {
            generation,
            candidates: 0,
            collected: 0,
            uncollectable: 0,
            resurrected: 0,
            units: 0,
            cause,
            abandoned: false,
        }
    }
}

/// Told to the callbacks of [`Heap::on_collection`](crate::Heap::on_collection).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CollectionEvent {
    /// A collection begins; a sliced one may last for many frames.
    Start {
        /// The oldest generation that it examines.
        generation: Generation,
        /// Why it begins.
        cause: Cause,
    },
    /// It has ended.
    Stop(Collection),
}

/// What a collection is doing; told to the callbacks of [`Heap::on_phase`](crate::Heap::on_phase). After finalizers some
/// phases come a second time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum CollectionPhase {
    /// Taking the pages of the generations into the set.
    Prepare,
    /// Counting the references inside the set.
    Count,
    /// Finding the objects that are referred to from outside.
    Roots,
    /// Marking what they reach.
    Mark,
    /// Setting aside what has a finalizer, under [`FinalizerPolicy::Quarantine`](crate::FinalizerPolicy::Quarantine).
    Quarantine,
    /// What is unmarked is condemned; survivors move to the next generation.
    Condemn,
    /// Calling finalizers.
    Finalize,
    /// Dropping values and giving slots back.
    Free,
}

/// A stretch of one phase's work, without the game in between: a slice has one for each phase that it works on, and a
/// collection in one go has all of them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PhaseEvent {
    /// It begins.
    Begin {
        /// The oldest generation that the collection examines.
        generation: Generation,
        /// The phase.
        phase: CollectionPhase,
    },
    /// The one that began last has ended. When a panic of user code ends it, this is told before the next one begins.
    End,
}

/// Sums over the collections of a generation since the heap was made, and its longest slice.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct GenerationStats {
    /// Collections that ended.
    pub collections: u64,
    /// Objects freed by them.
    pub collected: u64,
    /// Objects kept in the quarantine.
    pub uncollectable: u64,
    /// Objects examined.
    pub candidates: u64,
    /// Work done.
    pub units: u64,
    /// Objects kept only because a weak handle or an iteration led to them while they were examined, and no slice was
    /// long enough to find out more: some may be dead. Usually 0; a larger budget brings it there.
    pub floated: u64,
    /// Units of its longest slice since [`Heap::reset_pause_stats`](crate::Heap::reset_pause_stats).
    pub longest_slice: u64,
    /// Units by which one of its slices exceeded the budget, at the most, since then: 0 unless a unit was larger than
    /// what was left.
    pub overrun: u64,
}

/// The longest pauses since [`Heap::reset_pause_stats`](crate::Heap::reset_pause_stats).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct PauseStats {
    /// Slices that did some work.
    pub slices: u64,
    /// Collections that ran in one go.
    pub whole: u64,
    /// Units of the longest slice.
    pub longest_units: u64,
    /// Units of the longest collection in one go.
    pub longest_whole_units: u64,
    /// Units by which a slice exceeded its budget, at the most: 0 unless a unit was larger than what was left.
    pub overrun_units: u64,
    /// The longest slice (zero without the feature `std`).
    pub longest_time: Duration,
    /// By how much a slice exceeded its budget in time, at the most (zero without the feature `std`).
    pub overrun_time: Duration,
    /// The longest collection in one go (zero without the feature `std`).
    pub longest_whole: Duration,
    /// All slices and whole collections together (zero without the feature `std`).
    pub total_time: Duration,
}
