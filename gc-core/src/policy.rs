//! When to collect, how fast, and how much memory to use: values that can change in any frame.

use crate::{Budget, HeapAllocator, Thresholds};

/// When collections begin by themselves. A change takes effect at once, also while a job is in progress.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Policy {
    /// CPython's: at an allocation, by [`Thresholds`], the world stopped.
    #[default]
    Automatic,
    /// The same with other thresholds while this policy is set.
    Raised(Thresholds),
    /// Never. Reference counting goes on, and [`Limits`] still act.
    Disabled,
    /// In [`Heap::step`](crate::Heap::step) only, once a frame: the pacer decides how much, never more than this budget
    /// or the step's own, whichever is less.
    Budgeted(Budget),
    /// In [`Heap::step`](crate::Heap::step) only; the young threshold follows what collections find: how many objects
    /// survive, what one costs, how much the step's budget holds, and whether memory is scarce;
    /// [`Heap::young_threshold`](crate::Heap::young_threshold) tells it. Deterministic when budgets are in units.
    Adaptive,
}

impl Policy {
    /// Is the work paced by steps?
    pub(crate) fn is_paced(self) -> bool {
        matches!(self, Policy::Budgeted(_) | Policy::Adaptive)
    }
}

/// Bounds on memory, in bytes of objects in use, their external bytes and what containers hold. `usize::MAX` is no
/// bound, the default.
///
/// A soft limit at or above the hard one has no say: the hard one is met first, and its full collections are all there is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Limits {
    /// Above it, collection goes on in slices at allocations and steps, whatever the policy, also in a round.
    pub soft: usize,
    /// An allocation that would exceed it tries a full collection, then fails and hands its value back.
    pub hard: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            soft: usize::MAX,
            hard: usize::MAX,
        }
    }
}

/// What happens to condemned objects with finalizers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum FinalizerPolicy {
    /// They are finalized, then freed unless resurrected.
    #[default]
    Run,
    /// They are kept, with what they reach, and listed by [`Heap::garbage`](crate::Heap::garbage), for the game to
    /// break their cycles by hand.
    Quarantine,
}

/// What to do when a budget cannot keep the bounds of [`Pacing`]; [`Infeasible`](crate::Infeasible) is reported in any
/// case.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum InfeasiblePolicy {
    /// Keep to the budget and let the heap grow.
    #[default]
    Grow,
    /// Do what is needed, above the budget.
    Exceed,
    /// Only say so.
    Report,
}

/// The bounds that the paced policies keep.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Pacing {
    /// Garbage is freed at most so many steps (frames) after it came to be.
    pub max_age: u32,
    /// How far the heap may grow above what the last full collection left, in percent of it …
    pub growth_percent: u32,
    /// … or in bytes, whichever is more.
    pub slack_bytes: usize,
    /// A minor collection is due after so many bytes, besides the young threshold in objects. About half of the second
    /// level cache: young objects are examined while they are in it.
    pub young_bytes: usize,
    /// What to do when the budget is too small.
    pub infeasible: InfeasiblePolicy,
}

impl Default for Pacing {
    fn default() -> Self {
        Pacing {
            max_age: 600,
            growth_percent: 50,
            slack_bytes: 1 << 20,
            young_bytes: 256 << 10,
            infeasible: InfeasiblePolicy::Grow,
        }
    }
}

/// How to make a heap.
///
/// ```
/// use gc_core::{Heap, HeapConfig, Limits, Thresholds};
///
/// let heap = Heap::with_config(HeapConfig {
///     thresholds: Thresholds { young: 10_000, ..Thresholds::default() },
///     limits: Limits { soft: 64 << 20, hard: 96 << 20 },
///     ..HeapConfig::default()
/// });
/// assert_eq!(heap.thresholds().young, 10_000);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HeapConfig {
    /// When automatic collections are due.
    pub thresholds: Thresholds,
    /// How much memory may be used.
    pub limits: Limits,
    /// When collections begin.
    pub policy: Policy,
    /// What is done with finalizers.
    pub finalizers: FinalizerPolicy,
    /// What the paced policies keep to.
    pub pacing: Pacing,
    /// Where the heap's memory comes from.
    pub allocator: HeapAllocator,
}
