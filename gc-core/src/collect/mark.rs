//! Roots, Mark and Revive: what is alive.

use super::prepare::lowest;
use super::{Job, Meter, Phase};
use crate::arena::word::IMMORTAL;
use crate::arena::{Arena, Bit, PageRef};
use crate::trace::Mode;

/// Objects tested for a unit.
const WINDOW: usize = 16;

impl Job {
    /// One window of 16 objects a unit.
    pub(super) fn find_roots(&mut self, arena: &mut Arena, meter: &mut Meter<'_>) {
        while meter.go_on() {
            if self.greys.unmarked == 0 {
                // Everything is alive: nothing to scan.
                self.enter(Phase::Promote);
                return;
            }
            let Some(page) = self.cursor else {
                self.enter(Phase::Mark);
                return;
            };
            let at = self.place * WINDOW;
            if at >= page.capacity() {
                self.next_page(page);
                continue;
            }
            self.place += 1;
            let (group, shift) = (at / 64, at % 64);
            let window = ((1u64 << WINDOW) - 1) << shift;
            let todo =
                page.bits(self.lane.member(), group) & !page.bits(Bit::Marked, group) & window;
            if todo == 0 {
                continue;
            }
            self.test(arena, page, group, todo, self.sliced);
            meter.spend_long(WINDOW / 4);
        }
    }

    /// What is not counted needs no rule of its own: when this phase begins, each object that the game can reach is a
    /// root, or is reached from one through counted objects alone. By induction along the path from the game's hand: a
    /// handle in that hand, in an object outside S, or in one that is not counted is none of those that were counted,
    /// so what it refers to has `strong > side`; a handle in a counted object is an edge that marking follows. From then
    /// on side counts stand still, and only a drop of a handle can end `strong > side`: then the object is touched.
    fn test(&mut self, arena: &Arena, page: PageRef, group: usize, todo: u64, touches: bool) {
        let mut roots = todo;
        let mut rest = todo;
        // On the side counts of members, this lane's bit.
        let lane = (self.lane as u32) << 31;
        while rest != 0 {
            let index = group * 64 + rest.trailing_zeros() as usize;
            let next = rest & (rest - 1);
            let word = arena.word(page.slot(index)).load();
            let side = page.side(index) ^ lane;
            // A dying object is left to reference counting, and what it refers to lives until then: its word holds a
            // link, or is about to.
            let lives = word.tag() != arena.tag
                || word.strong() == 0
                || word.strong() > side
                || word.strong() >= IMMORTAL
                || (touches && word.touched());
            if !lives {
                roots ^= rest ^ next;
            }
            rest = next;
        }
        if roots != 0 {
            page.set_bits(Bit::Marked, group, page.bits(Bit::Marked, group) | roots);
            self.greys.unmarked -= roots.count_ones() as usize;
            self.greys.add(self.lane, page, group);
        }
    }

    /// One object, or a piece of a large one, a unit.
    pub(super) fn mark(
        &mut self,
        arena: &mut Arena,
        revived: &mut dyn FnMut() -> bool,
        meter: &mut Meter<'_>,
    ) {
        while meter.go_on() {
            if self.greys.unmarked == 0 {
                self.piece = None;
                self.enter(Phase::Promote);
                return;
            }
            // What was begun comes first: its place is known only until another object is traced.
            let begun = self.piece.map(|(page, index, _)| (page, index / 64));
            let Some(page) = begun.map(|(page, _)| page).or(self.greys.first()) else {
                self.looks_again |= revived();
                if self.looks_again && !self.look_again(arena, meter) {
                    return;
                }
                // Without a look at the budget: the game must not read in between.
                if self.greys.first().is_some() {
                    continue;
                }
                if self.quarantine {
                    self.kept_from = Some(self.greys.unmarked);
                    self.enter(Phase::Quarantine);
                } else {
                    self.enter(Phase::Promote);
                }
                return;
            };
            let group = begun.map_or_else(|| page.grey_from(self.lane), |(_, group)| group);
            if group >= page.groups() {
                self.greys.remove_first(self.lane);
                continue;
            }
            let grey = page.bits(self.lane.member(), group)
                & page.bits(Bit::Marked, group)
                & !page.bits(Bit::Scanned, group);
            if grey == 0 {
                page.set_grey_from(self.lane, group + 1);
                continue;
            }
            let batch = lowest(grey, meter.room());
            let done = self.trace(Mode::Mark, arena.tag, page, group, batch);
            page.set_bits(Bit::Scanned, group, page.bits(Bit::Scanned, group) | done);
            self.spend_traced(done, meter);
        }
    }

    /// Weak handles have led to something unmarked. Being read keeps nothing alive: only a handle that the game took out
    /// of it does, and that shows. For when nothing is left to scan, the edges that were counted of an unmarked object
    /// are those of unmarked ones, which nobody has written to (else they were scanned first, and it marked). So it has
    /// `strong > side` exactly if something else holds it: the game, an object outside S, one that is not counted, or one
    /// that is marked and was given the handle since. What the game can reach is reached from such. All are tested in one
    /// go, so that the game reads nothing meanwhile; other threads, which cannot read, can only let go. No touch need
    /// be asked for: a handle that was taken and dropped is no matter any more.
    ///
    /// Where the budget of a whole slice is too small for that, what was read is marked instead, and floats: see
    /// [`GenerationStats::floated`](crate::GenerationStats::floated). False when the job is to go on elsewhere, or later.
    fn look_again(&mut self, arena: &Arena, meter: &mut Meter<'_>) -> bool {
        let units = (self.pages + self.greys.unmarked / WINDOW) as u64;
        if units > meter.left() {
            if core::mem::replace(&mut self.waits, true) {
                self.looks_again = false;
                self.waits = false;
                self.enter(Phase::Revive);
            } else {
                meter.end_share();
            }
            return false;
        }
        self.looks_again = false;
        self.waits = false;
        let mut page = self.first;
        while let Some(at) = page {
            for group in 0..at.groups() {
                let todo = at.bits(self.lane.member(), group) & !at.bits(Bit::Marked, group);
                if todo != 0 {
                    self.test(arena, at, group, todo, false);
                }
            }
            page = at.job_next(self.lane);
        }
        meter.spend_many(units, WINDOW / 4);
        true
    }

    /// Marks what weak handles brought back since the last time. One page a unit.
    pub(super) fn revive(&mut self, meter: &mut Meter<'_>) {
        while meter.go_on() {
            let Some(page) = self.cursor else {
                self.enter(Phase::Mark);
                return;
            };
            for group in 0..page.groups() {
                let back = page.take_revived(group, page.bits(self.lane.member(), group))
                    & !page.bits(Bit::Marked, group);
                if back != 0 {
                    page.set_bits(Bit::Marked, group, page.bits(Bit::Marked, group) | back);
                    self.greys.unmarked -= back.count_ones() as usize;
                    self.floated += back.count_ones() as usize;
                    self.greys.add(self.lane, page, group);
                }
            }
            self.next_page(page);
            meter.spend_long(page.groups() / 8);
        }
    }
}
