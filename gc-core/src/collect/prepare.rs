//! Prepare, Count and Recount: from the generations to exact side counts.

use super::{Job, Meter, Phase};
use crate::arena::{Arena, Bit, List, PageRef};
use crate::trace::Mode;

const LISTS: [List; 3] = [List::Young, List::Middle, List::Old];

/// The objects of a group that belong to generations up to `oldest`.
fn up_to(page: PageRef, group: usize, oldest: usize) -> u64 {
    let (low, high) = (page.bits(Bit::Low, group), page.bits(Bit::High, group));
    let live = page.bits(Bit::Live, group);
    live & match oldest {
        0 => !low & !high,
        1 => !high,
        _ => !(low & high),
    }
}

/// The lowest `most` of the bits.
pub(super) fn lowest(bits: u64, most: u64) -> u64 {
    if u64::from(bits.count_ones()) <= most {
        return bits;
    }
    let mut rest = bits;
    for _ in 0..most {
        rest &= rest - 1;
    }
    bits & !rest
}

impl Job {
    /// One page a unit.
    pub(super) fn prepare(&mut self, arena: &mut Arena, meter: &mut Meter<'_>) {
        while meter.go_on() {
            let page = if self.begun {
                self.cursor
            } else {
                self.begun = true;
                arena.generations[self.list].first()
            };
            let Some(page) = page else {
                if self.list == self.generation.index() {
                    self.greys.unmarked = self.candidates;
                    self.enter(Phase::Count);
                    return;
                }
                self.list += 1;
                self.begun = false;
                continue;
            };
            self.cursor = page.next_in(LISTS[self.list]);
            if !self.has_page(page) {
                self.take_page(arena, page);
            }
            meter.spend_long(page.groups() * 3);
        }
    }

    fn take_page(&mut self, arena: &mut Arena, page: PageRef) {
        let member = self.lane.member();
        let other = self.lane.other();
        let shared = arena.is_job_page(other, page);
        let mut members = 0;
        for group in 0..page.groups() {
            let mut bits = up_to(page, group, self.generation.index());
            if shared {
                bits &= !page.bits(other.member(), group);
            }
            bits &= !self.pass_by(page, group, bits);
            page.set_bits(member, group, bits);
            if bits == 0 {
                continue;
            }
            members += bits.count_ones() as usize;
            self.clear(page, group, bits, shared);
            page.take_revived(group, bits);
        }
        if members == 0 {
            return;
        }
        self.candidates += members;
        self.pages += 1;
        page.set_epoch(self.lane, self.epoch);
        page.set_grey(self.lane, false);
        page.set_job_next(self.lane, None);
        match self.last {
            Some(last) => last.set_job_next(self.lane, Some(page)),
            None => self.first = Some(page),
        }
        self.last = Some(page);
    }

    /// Nothing is known of these members: not counted, and no edge to them is. `shared` with the other lane's job, which
    /// has side counts of its own here.
    fn clear(&self, page: PageRef, group: usize, mut members: u64, shared: bool) {
        for bit in [Bit::Counted, Bit::Marked, Bit::Scanned] {
            page.set_bits(bit, group, page.bits(bit, group) & !members);
        }
        let side = (self.lane as u32) << 31;
        if !shared {
            page.set_sides(group, side);
            return;
        }
        while members != 0 {
            page.set_side(group * 64 + members.trailing_zeros() as usize, side);
            members &= members - 1;
        }
    }

    /// Which of these large objects stay out of the set (see `watch.rs`). Excluded objects are old, so a minor job leaves
    /// alone what a major one must know of them.
    fn pass_by(&self, page: PageRef, group: usize, bits: u64) -> u64 {
        let all = page.bits(Bit::Excluded, group);
        let excluded = all & bits;
        if excluded == 0 {
            return 0;
        }
        let written = page.bits(Bit::Counted, group);
        let stay = match (self.sliced, self.forgives) {
            (false, _) => 0,
            (true, true) => excluded & written,
            (true, false) => excluded,
        };
        page.set_bits(Bit::Excluded, group, all & !excluded | stay);
        page.set_bits(Bit::Counted, group, written & !excluded);
        stay
    }

    /// One object, or a piece of a large one, a unit.
    pub(super) fn count(&mut self, arena: &mut Arena, meter: &mut Meter<'_>) {
        while meter.go_on() {
            let Some(page) = self.cursor else {
                self.enter(Phase::Roots);
                return;
            };
            let group = self.place;
            if group == page.groups() {
                self.next_page(page);
                continue;
            }
            let todo = page.bits(self.lane.member(), group) & !page.bits(Bit::Counted, group);
            if todo == 0 {
                self.place += 1;
                continue;
            }
            let batch = lowest(todo, meter.room());
            if self.sliced {
                reset_touches(arena, page, group, batch);
            }
            let mode = if arena.job_epochs[self.lane.other() as usize] == 0 {
                Mode::Count
            } else {
                Mode::CountBeside
            };
            let done = self.trace(mode, arena.tag, page, group, batch);
            page.set_bits(Bit::Counted, group, page.bits(Bit::Counted, group) | done);
            self.spend_traced(done, meter);
        }
    }

    /// S becomes what is condemned. One page a unit.
    pub(super) fn recount(&mut self, arena: &Arena, meter: &mut Meter<'_>) {
        while meter.go_on() {
            let Some(page) = self.cursor else {
                self.enter(Phase::Count);
                return;
            };
            let shared = arena.is_job_page(self.lane.other(), page);
            for group in 0..page.groups() {
                self.clear(page, group, page.bits(self.lane.member(), group), shared);
            }
            self.next_page(page);
            meter.spend_long(page.groups() * 3);
        }
    }
}

/// From here on a drop of a handle shows.
fn reset_touches(arena: &Arena, page: PageRef, group: usize, mut bits: u64) {
    while bits != 0 {
        let slot = page.slot(group * 64 + bits.trailing_zeros() as usize);
        arena.word(slot).reset_touch();
        bits &= bits - 1;
    }
}
