//! Giving a snapshot's memory back in slices: of a large one it takes milliseconds.

use super::snapshot::Snapshot;
use crate::budget::{Bound, SliceBudget};
use crate::collect::Meter;

/// Gives the memory of a [`Snapshot`] back, a slice a frame. Dropped before its end, it does the rest at once.
///
/// ```
/// use gc_core::inspect::Snapshot;
/// use gc_core::{Budget, Heap};
///
/// let heap = Heap::new();
/// let mut discard = Snapshot::of(&heap).discard();
/// while !discard.step(Budget::units(10)) {
///     // a frame of the game
/// }
/// ```
pub struct Discard {
    snapshot: Snapshot,
    interval: u64,
}

impl Snapshot {
    /// Gives its memory back in slices. Of a snapshot of 1,000,000 objects a plain `drop` takes about 5 ms.
    pub fn discard(self) -> Discard {
        Discard {
            snapshot: self,
            interval: 1,
        }
    }
}

impl Discard {
    /// Goes on within the budget. A unit is 4096 objects, or as many handles: about 10 µs. True when all is given back.
    pub fn step(&mut self, budget: impl SliceBudget) -> bool {
        /// The clock is looked at after each unit.
        const EFFORT: usize = 1000;
        let snapshot = &mut self.snapshot;
        let mut done = false;
        budget.run(Bound::NONE, &mut self.interval, &mut |meter: &mut Meter<
            '_,
        >| {
            while !done && meter.go_on() {
                meter.spend_long(EFFORT);
                done = !(snapshot.nodes.free_some()
                    || snapshot.edges.free_some()
                    || snapshot.external.free_some()
                    || snapshot.sites.free_some());
            }
        });
        done
    }
}
