//! The first two watches: a write, and a death by reference count. Each is told to the job before it happens.

use super::{Job, Phase};
use crate::Heap;
use crate::arena::{Arena, Bit, Lane, PageRef};
use crate::trace::Mode;

/// A write to an object that takes more pieces than this to trace abandons the job instead of stalling the game.
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
        for lane in Lane::ALL {
            match &self.jobs[lane as usize] {
                Some(job) if job.has(page, index) => {}
                _ => continue,
            }
            // Taken out: if `trace` panics, the job is abandoned.
            let Some(mut job) = self.jobs[lane as usize].take() else {
                continue;
            };
            if job.before(&self.arena, page, index, change) {
                self.jobs[lane as usize] = Some(job);
            } else {
                page.put(Bit::Excluded, index, change == Change::Write);
                self.abandon(job);
            }
        }
    }
}

impl Job {
    /// False when the job must be abandoned.
    fn before(&mut self, arena: &Arena, page: PageRef, index: usize, change: Change) -> bool {
        let whole = match self.phase {
            Phase::Count => self.before_in_count(arena, page, index, change),
            Phase::Roots | Phase::Mark | Phase::Revive | Phase::Quarantine => {
                self.before_in_mark(arena, page, index, change)
            }
            _ => true,
        };
        if change == Change::Death {
            match self.phase {
                Phase::Prepare => self.candidates -= 1,
                Phase::Free | Phase::Release | Phase::Done => {}
                _ if page.has(Bit::Marked, index) => {}
                _ => self.greys.unmarked -= 1,
            }
        }
        whole
    }

    /// A counted object's edges are taken off again; it stays uncounted, and so a root.
    fn before_in_count(
        &mut self,
        arena: &Arena,
        page: PageRef,
        index: usize,
        change: Change,
    ) -> bool {
        if self
            .piece
            .is_some_and(|(at, place, _)| (at, place) == (page, index))
        {
            return false;
        }
        if !page.has(Bit::Counted, index) {
            return true;
        }
        page.put(Bit::Counted, index, false);
        self.trace_whole(Mode::Uncount, arena, page, index, change)
    }

    /// An unscanned object is scanned as it is.
    fn before_in_mark(
        &mut self,
        arena: &Arena,
        page: PageRef,
        index: usize,
        change: Change,
    ) -> bool {
        if page.has(Bit::Scanned, index) {
            return true;
        }
        if self
            .piece
            .is_some_and(|(at, place, _)| (at, place) == (page, index))
        {
            self.piece = None;
        }
        crate::trace::mark(&mut self.greys, self.lane, page, index);
        page.put(Bit::Scanned, index, true);
        self.trace_whole(Mode::Mark, arena, page, index, change)
    }

    fn trace_whole(
        &mut self,
        mode: Mode,
        arena: &Arena,
        page: PageRef,
        index: usize,
        change: Change,
    ) -> bool {
        let begun = self.piece.take();
        let mut pieces = 0;
        while self.trace(mode, arena.tag, page, index / 64, 1 << (index % 64)) == 0 {
            pieces += 1;
            // The drop of the fields takes as long as tracing them, so a death may.
            if pieces == MOST_PIECES && change == Change::Write {
                return false;
            }
        }
        self.piece = begun;
        true
    }
}
