//! Reference counting's share: objects whose last handle has gone, one at a time, never recursively.

use super::Meter;
use super::watch::Change;
use crate::Heap;
use crate::arena::leftovers::PIECE;
use crate::arena::published::END;
use crate::arena::word::tag;
use crate::arena::{Bit, Death, Slot};

/// Objects reclaimed at an allocation, so that a backlog shrinks however much is allocated.
pub(crate) const AT_ALLOCATION: u64 = 4;

impl Heap {
    /// Does anything wait to be reclaimed?
    #[inline(always)]
    pub(crate) fn has_dead(&self) -> bool {
        self.dead != END || !self.arena.shared().published.is_empty()
    }

    /// Does anything wait, dead objects or what large containers left behind? An allocation asks for the first alone:
    /// with it goes the other.
    #[inline(always)]
    pub(crate) fn has_waiting(&self) -> bool {
        self.has_dead() || self.arena.has_leftovers()
    }

    /// The next object on the dead list. It stays there until `dead` is its link: user code may panic before.
    #[inline(always)]
    fn next_dead(&mut self) -> Option<Slot> {
        if self.dead == END {
            self.dead = self.arena.shared().published.take();
        }
        if self.dead == END {
            return None;
        }
        if self.arena.has_contexts() {
            return self.arena.slot_of_any(self.dead);
        }
        self.arena.slot_of(self.dead)
    }

    /// Reclaims within the budget, an object a unit, or a piece of what a large container left behind. Answers how many
    /// objects ended.
    pub(crate) fn reclaim_some(&mut self, meter: &mut Meter<'_>) -> usize {
        if !self.has_waiting() {
            return 0;
        }
        self.arena.note_peak();
        self.arena.deaths.graves.death = Death::Counted;
        let mut ended = 0;
        // A finalizer that allocates must not nest deeper than one.
        while self.finalizing() == 0 && meter.go_on() {
            let Some(slot) = self.next_dead() else {
                if !self.arena.has_leftovers() || !self.arena.take_leftovers() {
                    break;
                }
                // Before the values drop, which may panic.
                meter.spend_long(PIECE / 4);
                self.arena.drop_leftovers();
                continue;
            };
            meter.spend(1);
            let word = self.arena.word(slot).load();
            if word.tag() == tag::DEAD_GONE {
                self.dead = word.link();
                self.arena.release(slot);
                continue;
            }
            let page = slot.page;
            if self.arena.has_contexts() && !page.has(Bit::Live, slot.index) {
                self.wait();
                continue;
            }
            if page.finalizes() && !page.has(Bit::Finalized, slot.index) {
                // Alive again for its finalizer; if nobody keeps it, it comes back here.
                self.dead = word.link();
                let held = self.arena.bring_back(slot);
                self.call_finalizer(slot, held);
                self.arena.note_peak();
                continue;
            }
            if page.tracked() {
                if self.jobs_in_progress {
                    self.watch(page, slot.index, Change::Death);
                }
                self.counts[0] = self.counts[0].saturating_sub(1);
                self.pacer.freed_by_count(page.info().layout.stride);
            }
            ended += 1;
            self.dead = word.link();
            self.arena.drop_dead(slot);
        }
        ended
    }
}
