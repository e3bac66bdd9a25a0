//! Chaos mode: a heap that does at every safepoint what it may do at any.

use super::Heap;
use super::step::Work;
use crate::collect::Meter;
use crate::pacer::Due;
use crate::{Budget, Cause, Generation};

impl Heap {
    /// An empty heap in chaos mode, for a game's own tests (feature `chaos`): what a game should not depend on happens at
    /// random, in an order that the seed decides.
    ///
    /// At allocations, `step`, `collect` and `reclaim`, it may reclaim some of the dead, do a slice of a collection, run
    /// a whole one of any generation, or give empty pages back. Freed slots are reused in another order, and filled with a
    /// pattern that is checked when they are: `unsafe` code that writes through a pointer to an object that is gone is
    /// found at the next use of its slot. What is promised stays so: nothing reachable is freed, finalizers run once, no
    /// collection begins by itself in a round or while [`Heap::disable`] is in force.
    ///
    /// The same seed and the same calls give the same order of everything: print the seed, and a failure can be played
    /// again. Cost: many times that of a normal heap, for tests only. Without the feature there is no code for it.
    ///
    /// ```
    /// # #[cfg(feature = "chaos")] {
    /// use gc_core::{Gc, Heap, Trace};
    ///
    /// #[derive(Trace)]
    /// struct Ship { wing: Option<Gc<Ship>> }
    ///
    /// for seed in 0..20 {
    ///     let mut heap = Heap::chaos(seed);
    ///     let lead = heap.alloc(Ship { wing: None });
    ///     let held = lead.downgrade();
    ///     for _ in 0..100 {
    ///         let wing = heap.alloc(Ship { wing: Some(lead.clone()) });
    ///         heap[&lead].wing = Some(wing);
    ///     }
    ///     assert!(heap.get_weak(held).is_some(), "seed {seed}");
    /// }
    /// # }
    /// ```
    ///
    /// # Panics
    /// As [`Heap::new`]. Its allocations also panic when a freed slot was written to.
    pub fn chaos(seed: u64) -> Heap {
        let mut heap = Heap::new();
        heap.set_chaos(Some(seed));
        heap
    }

    /// Begins chaos mode, with a seed, or ends it: for a heap with a configuration, or one that a plugin made. See
    /// [`Heap::chaos`]. Cost: O(free slots).
    pub fn set_chaos(&mut self, seed: Option<u64>) {
        self.arena.set_chaos(seed);
    }

    /// At a safepoint.
    #[inline]
    pub(super) fn perhaps_chaos(&mut self) {
        if self.arena.chaos.is_some() && self.finalizing() == 0 {
            self.do_anything();
        }
    }

    #[cold]
    fn do_anything(&mut self) {
        let tracked = self.arena.tracked as u64;
        // Whole collections cost as much as there are objects: fewer of a large heap.
        let seldom = 48 + tracked / 16;
        let interrupts = self.is_enabled() && !self.in_round();
        let Some(chaos) = &mut self.arena.chaos else {
            return;
        };
        let (what, much) = (chaos.next(), chaos.next());
        if what.is_multiple_of(seldom) && interrupts {
            let generation = Generation::ALL[much as usize % Generation::ALL.len()];
            self.collect_now(generation, Cause::Explicit);
            return;
        }
        match what % 16 {
            0..=2 => {
                self.reclaim_some(&mut Meter::units(1 + much % 3));
            }
            3..=7 if interrupts => {
                self.slice(
                    Budget::units(1 + much % 4),
                    Work::Full,
                    Due::NOTHING,
                    Cause::Step,
                );
            }
            8 if much.is_multiple_of(8) => {
                self.trim();
            }
            _ => {}
        }
    }
}
