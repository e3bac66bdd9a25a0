//! Giving memory back in slices: of a large snapshot it takes milliseconds.

use super::retained::Retained;
use super::snapshot::Snapshot;
use crate::budget::SliceBudget;
use crate::looks::Looks;
use alloc::boxed::Box;

/// What holds memory in many pieces.
pub(super) trait Free: Send + Sync {
    /// Gives some of it back. False when there is none left. What was made last goes first: an allocator that gives the end
    /// of its memory back to the system does so in pieces then, and not in one of 10 MB, which takes 1 ms.
    fn free_some(&mut self) -> bool;
}

/// The effort of giving a piece back: the clock is looked at after each.
pub(super) const FREE: usize = 1000;

/// Gives the memory of a [`Snapshot`], or of what was found in one, back: a slice a frame. Dropped before its end, it does
/// the rest at once.
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
    what: Box<dyn Free>,
    looks: Looks,
}

impl Snapshot {
    /// Gives its memory back in slices. Of a snapshot of 1,000,000 objects a plain `drop` takes about 5 ms.
    pub fn discard(self) -> Discard {
        Discard::new(self)
    }
}

impl Retained<'_> {
    /// Gives its memory back in slices. Of 1,000,000 objects a plain `drop` takes about 2 ms.
    pub fn discard(self) -> Discard {
        Discard::new(self.sizes)
    }
}

impl Free for Snapshot {
    fn free_some(&mut self) -> bool {
        self.nodes.free_some()
            || self.edges.free_some()
            || self.external.free_some()
            || self.sites.free_some()
    }
}

impl Discard {
    fn new(what: impl Free + 'static) -> Self {
        Discard {
            what: Box::new(what),
            looks: Looks::default(),
        }
    }

    /// Goes on within the budget. A unit is 4096 objects, or as many handles: about 10 µs. True when all is given back.
    pub fn step(&mut self, budget: impl SliceBudget) -> bool {
        let mut done = false;
        self.looks = self.looks.slice(budget, &mut |meter| {
            while !done && meter.go_on() {
                meter.spend_long(FREE);
                done = !self.what.free_some();
            }
        });
        done
    }
}
