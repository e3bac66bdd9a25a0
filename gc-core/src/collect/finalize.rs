//! Quarantine and Finalize: the phases that need the whole heap.

use super::{Meter, Phase};
use crate::Heap;
use crate::arena::{Bit, Lane, Slot, types};
use crate::handle::GcAny;

impl Heap {
    /// Keeps condemned objects with finalizers, and what they reach, instead of freeing them. One group a unit.
    pub(super) fn quarantine(&mut self, lane: Lane, meter: &mut Meter<'_>) {
        while meter.go_on() {
            let Some(job) = &mut self.jobs[lane as usize] else {
                return;
            };
            let Some(page) = job.cursor else {
                // What they reach is marked next; then there is no second quarantine.
                job.quarantine = false;
                job.enter(Phase::Mark);
                return;
            };
            let group = job.place;
            if group == page.groups() || !page.finalizes() {
                job.next_page(page);
                continue;
            }
            job.place += 1;
            let mut bits = page.bits(lane.member(), group)
                & !page.bits(Bit::Marked, group)
                & !page.bits(Bit::Finalized, group);
            meter.spend(1);
            job.units += 1;
            while bits != 0 {
                let index = group * 64 + bits.trailing_zeros() as usize;
                crate::trace::mark(&mut job.greys, lane, page, index);
                if self.garbage.try_reserve(1).is_ok() {
                    self.garbage.extend(self.arena.hold(page.slot(index)));
                }
                bits &= bits - 1;
            }
        }
    }

    /// One finalizer a unit.
    pub(super) fn finalize(&mut self, lane: Lane, meter: &mut Meter<'_>) {
        while meter.go_on() {
            if self.has_waiting() {
                // What an earlier finalizer left without handles is reference counting's, its finalizer too.
                self.reclaim_some(meter);
                continue;
            }
            // Asked for anew each time: a finalizer may put another heap in the place of this one.
            let Some(job) = &mut self.jobs[lane as usize] else {
                return;
            };
            if job.phase != Phase::Finalize {
                return;
            }
            let Some(page) = job.cursor else {
                job.again = true;
                job.enter(Phase::Recount);
                return;
            };
            let group = job.place;
            if group == page.groups() || !page.finalizes() {
                job.next_page(page);
                continue;
            }
            let bits = page.bits(lane.member(), group) & !page.bits(Bit::Finalized, group);
            if bits == 0 {
                job.place += 1;
                continue;
            }
            let index = group * 64 + bits.trailing_zeros() as usize;
            meter.spend(1);
            job.units += 1;
            let slot = page.slot(index);
            if let Some(held) = self.arena.hold(slot) {
                self.call_finalizer(slot, held);
            }
        }
    }

    /// Calls the finalizer of an object, once and for all. The object is held by `held`: it cannot die meanwhile, nor be
    /// lost when the finalizer panics.
    pub(crate) fn call_finalizer(&mut self, slot: Slot, held: GcAny) {
        /// Inside a finalizer no collection begins. Its end is noted where the object is, which may be in another heap
        /// than the one at hand by then.
        struct Inside<'a>(&'a GcAny, u32);
        impl Drop for Inside<'_> {
            fn drop(&mut self) {
                self.0.shared().set_finalizing(self.1);
            }
        }
        slot.page.put(Bit::Finalized, slot.index, true);
        let depth = self.finalizing();
        self.arena.shared().set_finalizing(depth + 1);
        let _inside = Inside(&held, depth);
        types::finalize(&held, self);
    }
}
