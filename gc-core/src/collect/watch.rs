//! The first two watches: a write, and a death by reference count. Each is told to the job before it happens.

use super::run::Examining;
use super::{Job, Phase};
use crate::Heap;
use crate::arena::{Arena, Bit, Lane, PageRef};
use crate::trace::Mode;

/// A write to an object that takes more pieces than this to trace abandons the job instead of stalling the game. The
/// next jobs pass the object by, until one has ended and the game has not written to it meanwhile: so each job that is
/// abandoned brings the one that ends nearer, and what is dead, and so written to by nobody, is examined in the end.
const MOST_PIECES: usize = 32;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Write,
    Death,
}

impl Heap {
    /// Tells the jobs in progress that the object is about to change. Cost: tracing the object, at the most once a
    /// phase.
    #[cold]
    #[inline(never)]
    pub(crate) fn watch(&mut self, page: PageRef, index: usize, change: Change) {
        if !page.tracked() {
            return;
        }
        if change == Change::Write && page.has_excluded() && page.has(Bit::Excluded, index) {
            // Of no set, so the bit is free to say that it was written to.
            page.put(Bit::Counted, index, true);
        }
        for lane in Lane::ALL {
            if let Some(job) = &self.jobs[lane as usize]
                && job.heeds(page, index, change)
            {
                self.tell(lane, page, index, change);
            }
        }
    }

    #[inline(never)]
    fn tell(&mut self, lane: Lane, page: PageRef, index: usize, change: Change) {
        let mut examining = Examining::of(self, lane);
        let Some((job, arena, _)) = examining.parts() else {
            return;
        };
        if job.before(arena, page, index, change) {
            examining.goes_on();
        } else {
            page.exclude(index);
            page.put(Bit::Counted, index, true);
            // Old from here on: which jobs pass it by is a matter of the major ones alone.
            page.put(Bit::Low, index, false);
            page.put(Bit::High, index, true);
            arena.generations[2].add(page);
            examining.gives_up();
        }
    }
}

impl Job {
    /// Does it matter to this job? A game writes to the same objects again and again: most have been told already.
    fn heeds(&self, page: PageRef, index: usize, change: Change) -> bool {
        self.has(page, index)
            && match self.phase {
                _ if change == Change::Death => true,
                Phase::Count => page.has(Bit::Counted, index) || self.is_begun(page, index),
                Phase::Roots | Phase::Mark | Phase::Revive | Phase::Quarantine => {
                    !page.has(Bit::Scanned, index)
                }
                _ => false,
            }
    }

    /// False when the job must be abandoned.
    fn before(&mut self, arena: &Arena, page: PageRef, index: usize, change: Change) -> bool {
        // The drop of the fields takes as long as tracing them, so a death may. And what is condemned already is
        // examined to the end: its weak handles are gone.
        let most = if change == Change::Death || self.again {
            usize::MAX
        } else {
            MOST_PIECES
        };
        let done = match self.phase {
            Phase::Count => self.uncount(arena, page, index, most),
            Phase::Roots | Phase::Mark | Phase::Revive | Phase::Quarantine => {
                self.scan_now(arena, page, index, most)
            }
            _ => true,
        };
        if change == Change::Death {
            match self.phase {
                Phase::Prepare => self.candidates -= 1,
                Phase::Take | Phase::Free | Phase::Release | Phase::Done => {}
                _ if page.has(Bit::Marked, index) => {}
                _ => self.greys.unmarked -= 1,
            }
        }
        done
    }

    fn is_begun(&self, page: PageRef, index: usize) -> bool {
        self.piece
            .is_some_and(|(at, place, _)| (at, place) == (page, index))
    }

    /// A counted object's edges are taken off again; it stays uncounted, and what it refers to is external.
    fn uncount(&mut self, arena: &Arena, page: PageRef, index: usize, most: usize) -> bool {
        if self.is_begun(page, index) {
            // Half counted: first the other half, so that all of it can be taken off.
            if !self.trace_whole(Mode::CountBeside, arena, page, index, most) {
                return false;
            }
        } else if !page.has(Bit::Counted, index) {
            return true;
        }
        page.put(Bit::Counted, index, false);
        self.trace_whole(Mode::Uncount, arena, page, index, most)
    }

    /// An unscanned object is scanned as it is.
    fn scan_now(&mut self, arena: &Arena, page: PageRef, index: usize, most: usize) -> bool {
        if page.has(Bit::Scanned, index) {
            return true;
        }
        crate::trace::mark(&mut self.greys, self.lane, page, index);
        page.put(Bit::Scanned, index, true);
        self.trace_whole(Mode::Mark, arena, page, index, most)
    }

    /// Traces an object to its end, from where it was begun if it was. False after `most` pieces.
    fn trace_whole(
        &mut self,
        mode: Mode,
        arena: &Arena,
        page: PageRef,
        index: usize,
        most: usize,
    ) -> bool {
        let other = if self.is_begun(page, index) {
            None
        } else {
            self.piece.take()
        };
        let mut pieces = 0;
        while self.trace(mode, arena.tag, page, index / 64, 1 << (index % 64)) == 0 {
            pieces += 1;
            if pieces >= most {
                return false;
            }
        }
        self.piece = other;
        true
    }
}
