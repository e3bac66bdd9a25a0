//! What a slice may cost.

use crate::collect::{Meter, Stop};
use crate::looks::Looks;
use core::fmt;
#[cfg(feature = "std")]
use std::time::{Duration, Instant};

/// Bounds a slice of collection work, in units (the same on every machine) or in time.
///
/// A unit is one object traced, tested (16 of them), finalized or freed, one piece of a large object traced, or one page
/// prepared: 5 to 100 ns for most, about 2 µs for the largest of those. A slice ends within one unit of its budget, so a
/// longer unit makes a longer slice. These are one unit however long they take:
///
/// * **A finalizer, and an object's own `Drop`.**
/// * **Tracing a map, set, list or heap of the standard library or of `hashbrown`**: `HashMap`, `HashSet`, `BTreeMap`,
///   `BTreeSet`, `LinkedList`, `BinaryHeap`. There is no way to go on in the middle of one. `Vec`, `VecDeque`, arrays and
///   slices are traced in pieces.
/// * **Dropping a value with the standard containers in it**, `Vec` among them: one of 1,000,000 handles takes about 5 ms,
///   a locked operation for each.
///
/// The cure for the last two is [`containers`](crate::containers): a `GcVec` or `GcMap` is traced in pieces of 128 elements
/// and, when one that was made on the heap is dropped, let go in pieces of 64.
///
/// ```
/// use gc_core::{Budget, Heap};
/// use std::time::Duration;
///
/// let mut heap = Heap::new();
/// heap.step(Budget::units(1000));                       // deterministic
/// heap.step(Budget::time(Duration::from_micros(500)));  // by the clock
/// let mut frames = 3;
/// heap.step(Budget::until(|| { frames -= 1; frames == 0 }));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Budget(Kind);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Units(u64),
    #[cfg(feature = "std")]
    Time(Duration),
    #[cfg(feature = "std")]
    Deadline(Instant),
}

impl Budget {
    /// No bound: work to the end.
    pub const UNLIMITED: Budget = Budget(Kind::Units(u64::MAX));

    /// At most so many units.
    pub const fn units(units: u64) -> Self {
        Budget(Kind::Units(units))
    }

    /// At most so long. The clock is read every few units, about every 4 µs, and a slice stops early by what the machine
    /// or a long unit has taken between two readings of late (in the last 2,048 slices or more), but by at most three
    /// tenths: what interrupts it once more then does not make it late. In a browser (`wasm32-unknown-unknown`)
    /// `std` has no clock and panics: [`Budget::until`] takes yours.
    #[cfg(feature = "std")]
    pub const fn time(time: Duration) -> Self {
        Budget(Kind::Time(time))
    }

    /// Until a moment: the frame's deadline.
    #[cfg(feature = "std")]
    pub const fn deadline(at: Instant) -> Self {
        Budget(Kind::Deadline(at))
    }

    /// Until the closure answers `true`; it is asked at least every 32 units. For clocks of your own, also without `std`.
    pub const fn until<F: FnMut() -> bool>(stop: F) -> Until<F> {
        Until(stop)
    }

    /// The number of units, if the budget is in units.
    pub const fn as_units(self) -> Option<u64> {
        match self.0 {
            Kind::Units(units) => Some(units),
            #[cfg(feature = "std")]
            _ => None,
        }
    }

    /// The time, if the budget is a time.
    #[cfg(feature = "std")]
    pub const fn as_time(self) -> Option<Duration> {
        match self.0 {
            Kind::Time(time) => Some(time),
            _ => None,
        }
    }
}

/// A budget that lasts until a closure says so; see [`Budget::until`].
pub struct Until<F>(F);

impl<F> fmt::Debug for Until<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Until").finish_non_exhaustive()
    }
}

/// What [`Heap::step`](crate::Heap::step) takes: a [`Budget`], or an [`Until`].
pub trait SliceBudget: sealed::Sealed {}

impl SliceBudget for Budget {}
impl<F: FnMut() -> bool> SliceBudget for Until<F> {}

/// A second budget that the first must keep to as well.
#[derive(Clone, Copy, Default)]
pub struct Bound(Option<Budget>);

impl Bound {
    pub(crate) const NONE: Bound = Bound(None);

    pub(crate) fn by(budget: Budget) -> Self {
        Bound(Some(budget))
    }

    pub(crate) fn units(self) -> u64 {
        self.0.and_then(Budget::as_units).unwrap_or(u64::MAX)
    }

    pub(crate) fn nanos(self) -> u64 {
        self.0
            .and_then(|budget| sealed::Sealed::known_nanos(&budget))
            .unwrap_or(u64::MAX)
    }

    #[cfg(feature = "std")]
    fn is_by_clock(self) -> bool {
        self.0.is_some_and(Budget::is_by_clock)
    }

    #[cfg(feature = "std")]
    fn end(self, start: Instant) -> Option<Instant> {
        self.0.and_then(|budget| budget.end(start))
    }
}

pub(crate) mod sealed {
    use super::Bound;
    use crate::collect::Meter;
    use crate::looks::Looks;

    pub trait Sealed {
        /// Runs `work` with a meter of this budget within `bound`. `looks` is adjusted to the machine.
        fn run(self, bound: Bound, looks: &mut Looks, work: &mut dyn FnMut(&mut Meter<'_>));
        /// The number of units, if known beforehand.
        fn known_units(&self) -> Option<u64>;
        /// The time, if known beforehand.
        fn known_nanos(&self) -> Option<u64>;
    }
}

impl Budget {
    #[cfg(feature = "std")]
    fn is_by_clock(self) -> bool {
        !matches!(self.0, Kind::Units(_))
    }

    #[cfg(feature = "std")]
    fn end(self, start: Instant) -> Option<Instant> {
        match self.0 {
            Kind::Units(_) => None,
            Kind::Time(time) => start.checked_add(time),
            Kind::Deadline(at) => Some(at),
        }
    }
}

impl sealed::Sealed for Budget {
    fn run(self, bound: Bound, looks: &mut Looks, work: &mut dyn FnMut(&mut Meter<'_>)) {
        let limit = self.as_units().unwrap_or(u64::MAX).min(bound.units());
        #[cfg(feature = "std")]
        if self.is_by_clock() || bound.is_by_clock() {
            let start = Instant::now();
            let ends = [self.end(start), bound.end(start)];
            if let Some(end) = ends.into_iter().flatten().min() {
                return by_clock(start, end, limit, looks, work);
            }
        }
        let _ = looks;
        work(&mut Meter::units(limit));
    }

    fn known_units(&self) -> Option<u64> {
        self.as_units()
    }

    fn known_nanos(&self) -> Option<u64> {
        // The clock is asked only where it must be: some targets of `std` have none.
        #[cfg(feature = "std")]
        return match self.0 {
            Kind::Units(_) => None,
            Kind::Time(time) => nanos(time),
            Kind::Deadline(at) => nanos(at.saturating_duration_since(Instant::now())),
        };
        #[cfg(not(feature = "std"))]
        None
    }
}

#[cfg(feature = "std")]
fn nanos(time: Duration) -> Option<u64> {
    u64::try_from(time.as_nanos()).ok()
}

#[cfg(feature = "std")]
fn by_clock(
    start: Instant,
    end: Instant,
    limit: u64,
    looks: &mut Looks,
    work: &mut dyn FnMut(&mut Meter<'_>),
) {
    if start >= end {
        return;
    }
    let first = looks.begin();
    let budget = end - start;
    let mut last = Duration::ZERO;
    let mut stop = |effort: u64| {
        let now = start.elapsed();
        let next = looks.look(effort, nanos(now - last).unwrap_or(u64::MAX));
        last = now;
        let reserve = looks.reserve(nanos(budget).unwrap_or(u64::MAX));
        if now + Duration::from_nanos(reserve) >= budget {
            Stop::Now
        } else {
            Stop::After(next)
        }
    };
    work(&mut Meter::watched(limit, first, &mut stop));
}

impl<F: FnMut() -> bool> sealed::Sealed for Until<F> {
    fn run(mut self, bound: Bound, _: &mut Looks, work: &mut dyn FnMut(&mut Meter<'_>)) {
        const EVERY: u64 = 32;
        #[cfg(feature = "std")]
        let end = match bound.is_by_clock() {
            true => bound.end(Instant::now()),
            false => None,
        };
        let mut over = || {
            #[cfg(feature = "std")]
            if end.is_some_and(|end| Instant::now() >= end) {
                return true;
            }
            (self.0)()
        };
        if over() {
            return;
        }
        let mut stop = |_| {
            if over() {
                Stop::Now
            } else {
                Stop::After(EVERY)
            }
        };
        work(&mut Meter::watched(bound.units(), EVERY, &mut stop));
    }

    fn known_units(&self) -> Option<u64> {
        None
    }

    fn known_nanos(&self) -> Option<u64> {
        None
    }
}
