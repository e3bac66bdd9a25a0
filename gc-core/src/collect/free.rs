//! Promote, Sever, Take, Free and Release: the survivors grow older, the rest goes.

use super::prepare::lowest;
use super::{Job, Meter, Phase};
use crate::Generation;
use crate::arena::{Arena, Bit, Death, Lane, PageRef};
use crate::trace::Mode;

/// Objects whose handles are asked for at a time.
const AHEAD: u64 = 16;

impl Job {
    /// One page a unit. A page where nothing is condemned leaves S: the phases that follow would look in vain through all
    /// of them, and look at no clock meanwhile.
    pub(super) fn promote(&mut self, arena: &mut Arena, meter: &mut Meter<'_>) {
        while meter.go_on() {
            if !self.begun {
                self.begun = true;
                self.piece = None;
                if !self.again {
                    self.condemned = self.greys.unmarked;
                    self.uncollectable = self.kept_from.map_or(0, |before| before - self.condemned);
                }
                self.to_finalize = 0;
            }
            let Some(page) = self.cursor else {
                if self.greys.unmarked == 0 {
                    self.enter(Phase::Done);
                } else if self.recording.is_some() && !self.again {
                    self.enter(Phase::Record);
                } else {
                    self.end_objects();
                }
                return;
            };
            let stays = self.promote_page(arena, page);
            self.next_page(page);
            if stays {
                self.kept = Some(page);
            } else {
                self.leave_out(page);
            }
            meter.spend_long(page.groups() / 4);
        }
    }

    /// Takes the page before the cursor out of S.
    fn leave_out(&mut self, page: PageRef) {
        page.set_epoch(self.lane, 0);
        match self.kept {
            Some(kept) => kept.set_job_next(self.lane, self.cursor),
            None => self.first = self.cursor,
        }
        if self.last == Some(page) {
            self.last = self.kept;
        }
    }

    fn end_objects(&mut self) {
        self.enter(match self.to_finalize {
            0 => Phase::Take,
            _ => Phase::Sever,
        });
    }

    /// Copies what is condemned, for the cycle report. One object, or a piece of a large one, a unit.
    pub(super) fn record(&mut self, arena: &mut Arena, meter: &mut Meter<'_>) {
        while meter.go_on() {
            let (Some(page), Some(recording)) = (self.cursor, &mut self.recording) else {
                self.end_objects();
                return;
            };
            let group = self.place / 64;
            if recording.is_full() {
                self.end_objects();
                return;
            }
            if group >= page.groups() {
                self.next_page(page);
                continue;
            }
            let todo = page.bits(self.lane.member(), group) & (!0 << (self.place % 64));
            if todo == 0 {
                self.place = (group + 1) * 64;
                continue;
            }
            let index = group * 64 + todo.trailing_zeros() as usize;
            meter.spend_long(4);
            // Before `trace` is called: should that panic, the job goes on with the next object.
            self.place = index + 1;
            if !recording.add(arena, page, index) {
                self.place = index;
            }
        }
    }

    /// Answers whether something on the page is condemned.
    fn promote_page(&mut self, arena: &mut Arena, page: PageRef) -> bool {
        let member = self.lane.member();
        let finalizes = !self.again && page.finalizes();
        let older = if self.generation == Generation::Young {
            1
        } else {
            2
        };
        let mut any = [0u64; 3];
        let mut any_condemned = false;
        for group in 0..page.groups() {
            let members = page.bits(member, group);
            let survivors = members & page.bits(Bit::Marked, group);
            let condemned = members & !survivors;
            any_condemned |= condemned != 0;
            let (mut low, mut high) = (page.bits(Bit::Low, group), page.bits(Bit::High, group));
            if older == 1 {
                low |= survivors;
            } else {
                low &= !survivors;
                high |= survivors;
            }
            page.set_bits(Bit::Low, group, low);
            page.set_bits(Bit::High, group, high);
            page.set_bits(member, group, condemned);
            if self.again {
                self.resurrected += survivors.count_ones() as usize;
            }
            if finalizes {
                let waiting = condemned & !page.bits(Bit::Finalized, group);
                self.to_finalize += waiting.count_ones() as usize;
            }
            let live = page.bits(Bit::Live, group);
            any[0] |= live & !low & !high;
            any[1] |= live & low & !high;
            any[2] |= live & !low & high;
        }
        for (generation, any) in any.into_iter().enumerate() {
            if any != 0 {
                arena.generations[generation].add(page);
            } else {
                arena.generations[generation].remove(page);
            }
        }
        any_condemned
    }

    /// Weak handles to the condemned end for good, whatever finalizers do. One group of objects a unit.
    pub(super) fn sever(&mut self, arena: &mut Arena, meter: &mut Meter<'_>) {
        arena.deaths.graves.death = Death::Collected(self.generation);
        while meter.go_on() {
            let Some(page) = self.cursor else {
                self.enter(Phase::Finalize);
                return;
            };
            let group = self.place;
            if group == page.groups() {
                self.next_page(page);
                continue;
            }
            self.place += 1;
            let mut bits = page.bits(self.lane.member(), group);
            if bits == 0 {
                continue;
            }
            while bits != 0 {
                arena.sever(page, group * 64 + bits.trailing_zeros() as usize);
                bits &= bits - 1;
            }
            meter.spend_long(8);
        }
    }

    /// Takes the condemned away from reference counting, so that dropping one does not publish the next: a ring would
    /// come back link by link. 16 objects a unit.
    pub(super) fn take(&mut self, arena: &mut Arena, meter: &mut Meter<'_>) {
        while meter.go_on() {
            let Some(page) = self.cursor else {
                self.enter(Phase::Free);
                return;
            };
            let (group, shift) = (self.place / 4, self.place % 4 * 16);
            if group == page.groups() {
                self.next_page(page);
                continue;
            }
            self.place += 1;
            let mut some = page.bits(self.lane.member(), group) & (0xFFFF << shift);
            if some == 0 {
                continue;
            }
            meter.spend_long(4);
            while some != 0 {
                let index = group * 64 + some.trailing_zeros() as usize;
                if !arena.take_condemned(page.slot(index)) {
                    page.put(self.lane.member(), index, false);
                }
                some &= some - 1;
            }
        }
    }

    /// Drops values. One object a unit. In the major lane the words of what they refer to are asked for a few objects
    /// ahead: each is a locked addition on a cold line, and those do not overlap by themselves. (1,000,000 dead objects
    /// with three random handles each: see docs/performance.md.)
    pub(super) fn free(&mut self, arena: &mut Arena, meter: &mut Meter<'_>) {
        arena.deaths.graves.death = Death::Collected(self.generation);
        while meter.go_on() {
            let Some(page) = self.cursor else {
                self.enter(Phase::Release);
                return;
            };
            let group = self.place;
            if group == page.groups() {
                self.next_page(page);
                continue;
            }
            let todo = page.bits(self.lane.member(), group) & page.bits(Bit::Live, group);
            if todo == 0 {
                self.place += 1;
                continue;
            }
            if self.lane == Lane::Major && !arena.ending {
                self.ask_ahead(arena, page, group, todo);
            }
            let index = group * 64 + todo.trailing_zeros() as usize;
            // Before the value drops: should that panic, the unit is done all the same.
            meter.spend(1);
            arena.drop_taken(page.slot(index));
        }
    }

    /// Asks the memory for what the next objects refer to. Once an object: should its `trace` panic, it is freed all the
    /// same the next time.
    fn ask_ahead(&mut self, arena: &Arena, page: PageRef, group: usize, todo: u64) {
        let (at, asked) = self.asked;
        if at != Some((page, group)) || asked & todo == 0 {
            let next = lowest(todo, AHEAD);
            self.asked = (Some((page, group)), next);
            // Of a large object, the first piece.
            (page.info().trace)(page, group, next, &mut self.tracer(Mode::Ask, arena.tag));
        }
    }

    /// Gives the slots back, now that every value is dropped and with it every handle to them. 16 slots a unit.
    pub(super) fn release(&mut self, arena: &mut Arena, meter: &mut Meter<'_>) {
        while meter.go_on() {
            let Some(page) = self.cursor else {
                self.enter(Phase::Done);
                return;
            };
            let group = self.place;
            if group == page.groups() {
                self.next_page(page);
                continue;
            }
            let members = page.bits(self.lane.member(), group);
            if members == 0 {
                self.place += 1;
                continue;
            }
            let mut some = lowest(members, 16);
            page.set_bits(self.lane.member(), group, members & !some);
            meter.spend_long(4);
            while some != 0 {
                arena.release_condemned(page.slot(group * 64 + some.trailing_zeros() as usize));
                some &= some - 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Meter, Phase};
    use crate::arena::Lane;
    use crate::{Budget, Gc, Heap, Trace, Tracer};
    use alloc::vec::Vec;

    /// Shows each handle twice, and so condemns what the game holds.
    struct Liar(Vec<Gc<Liar>>);

    impl Trace for Liar {
        fn trace(&self, tracer: &mut Tracer<'_>) {
            self.0.trace(tracer);
            self.0.trace(tracer);
        }
    }

    /// As when another thread drops the last handle of something condemned just before it is taken: a unit test, since
    /// a step would reclaim it first.
    #[test]
    fn what_dies_by_its_count_before_it_is_taken_is_dropped_once() {
        let mut heap = Heap::new();
        let child = heap.alloc(Liar(Vec::new()));
        let held = heap.alloc(Liar(Vec::new()));
        let me = held.clone();
        heap[&held].0.extend([me, child]);
        let major = Lane::Major as usize;
        while heap.jobs[major]
            .as_ref()
            .is_none_or(|job| job.phase != Phase::Promote)
        {
            heap.step(Budget::units(1));
        }
        heap[&held].0.pop();
        heap.drive(Lane::Major, &mut Meter::unlimited());
        heap.verify();
        assert_eq!(heap.len(), 1, "the child is left to reference counting");
        assert_eq!(heap.reclaim(), 1);
        assert!(heap.try_get(&held).is_err());
        heap.verify();
    }

    /// The phases after Promote took 0.4 ms to look through the pages of 1,000,000 survivors, between two looks at the
    /// clock.
    #[test]
    fn pages_without_condemned_objects_leave_the_set() {
        let mut heap = Heap::new();
        let living: Vec<_> = (0..10_000).map(|_| heap.alloc(Liar(Vec::new()))).collect();
        let ring = heap.alloc(Liar(Vec::new()));
        let me = ring.clone();
        heap[&ring].0.push(me);
        drop(ring);
        let major = Lane::Major as usize;
        let pages = loop {
            heap.step(Budget::units(1));
            let job = heap.jobs[major].as_ref().expect("it is not done");
            if job.phase == Phase::Take {
                let pages = core::iter::successors(job.first, |page| page.job_next(Lane::Major));
                break pages.count();
            }
        };
        assert_eq!(pages, 1);
        heap.verify();
        while !heap.step(Budget::units(1)).finished {}
        assert_eq!(heap.len(), living.len());
    }
}
