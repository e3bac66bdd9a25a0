use super::Meter;
use crate::arena::{Arena, Lane, PageRef};
use crate::inspect::Recording;
use crate::trace::{Greys, Mode, PIECE, Resume, Tracer};
use crate::{Cause, CollectionPhase, Generation};
use alloc::boxed::Box;

/// What a job does now; see the module's page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    Prepare,
    Count,
    Roots,
    Mark,
    Revive,
    Quarantine,
    Promote,
    Record,
    Sever,
    Finalize,
    Recount,
    Take,
    Free,
    Release,
    Done,
}

impl Phase {
    /// Its name for those who listen.
    pub(super) fn public(self) -> CollectionPhase {
        match self {
            Phase::Prepare => CollectionPhase::Prepare,
            Phase::Count | Phase::Recount => CollectionPhase::Count,
            Phase::Roots => CollectionPhase::Roots,
            Phase::Mark | Phase::Revive => CollectionPhase::Mark,
            Phase::Quarantine => CollectionPhase::Quarantine,
            Phase::Promote | Phase::Record => CollectionPhase::Condemn,
            Phase::Sever | Phase::Finalize => CollectionPhase::Finalize,
            Phase::Take | Phase::Free | Phase::Release | Phase::Done => CollectionPhase::Free,
        }
    }

    /// Does it call `trace`, or ask what was revived?
    pub(super) fn examines(self) -> bool {
        matches!(
            self,
            Phase::Count | Phase::Roots | Phase::Mark | Phase::Revive
        )
    }
}

/// A collection in progress.
pub(crate) struct Job {
    pub(crate) lane: Lane,
    pub(crate) generation: Generation,
    pub(crate) cause: Cause,
    pub(crate) phase: Phase,
    /// Set on the pages of S: what another job left on a page never passes for this one's.
    pub(crate) epoch: u32,
    /// Does the game run between the units? Then touches count.
    pub(crate) sliced: bool,
    /// Examining the condemned once more, after finalizers.
    pub(crate) again: bool,
    /// Examine also large objects that an earlier job passed by, if the game has not written to them since.
    pub(super) forgives: bool,
    /// Keep what has a finalizer instead of finalizing it.
    pub(crate) quarantine: bool,
    /// The pages of S, linked through their headers.
    pub(super) first: Option<PageRef>,
    pub(super) last: Option<PageRef>,
    /// In Promote: the last page before the cursor that stays in S.
    pub(super) kept: Option<PageRef>,
    /// How far the phase is: a page, and a place in it.
    pub(super) cursor: Option<PageRef>,
    pub(super) place: usize,
    /// In Prepare: which generation's list the cursor is in, and has the walk begun.
    pub(super) list: usize,
    pub(super) begun: bool,
    pub(crate) greys: Greys,
    /// The object that is traced in pieces, and where the next piece begins.
    pub(crate) piece: Option<(PageRef, usize, Resume)>,
    /// In Free: the objects of a group whose handles were asked for.
    pub(super) asked: (Option<(PageRef, usize)>, u64),
    /// How many members Prepare will find, about.
    pub(super) expected: usize,
    /// The net young allocations that it took over when it began.
    pub(super) young: usize,
    /// Members at the start, and how many pages they lie in.
    pub(crate) candidates: usize,
    pub(crate) pages: usize,
    /// Weak handles have led to something unmarked: it must be looked at again, and that waits for a whole slice.
    pub(super) looks_again: bool,
    pub(super) waits: bool,
    /// Kept for that reason alone, since no slice was long enough.
    pub(crate) floated: usize,
    /// Members condemned with a finalizer that has not run.
    pub(super) to_finalize: usize,
    /// How many were unmarked before the quarantine took its share.
    pub(super) kept_from: Option<usize>,
    pub(crate) condemned: usize,
    pub(crate) resurrected: usize,
    pub(crate) uncollectable: usize,
    /// What is condemned, for the cycle report, if one is wanted.
    pub(crate) recording: Option<Box<Recording>>,
    pub(crate) units: u64,
    /// Steps that the job has lasted.
    pub(crate) age: u32,
}

impl Job {
    pub(crate) fn new(
        lane: Lane,
        generation: Generation,
        cause: Cause,
        epoch: u32,
        sliced: bool,
    ) -> Self {
        Job {
            lane,
            generation,
            cause,
            phase: Phase::Prepare,
            epoch,
            sliced,
            again: false,
            forgives: false,
            quarantine: false,
            first: None,
            last: None,
            kept: None,
            cursor: None,
            place: 0,
            list: 0,
            begun: false,
            greys: Greys::new(),
            piece: None,
            asked: (None, 0),
            expected: 0,
            young: 0,
            candidates: 0,
            pages: 0,
            looks_again: false,
            waits: false,
            floated: 0,
            to_finalize: 0,
            kept_from: None,
            condemned: 0,
            resurrected: 0,
            uncollectable: 0,
            recording: None,
            units: 0,
            age: 0,
        }
    }

    /// Is the page in S?
    #[inline]
    pub(crate) fn has_page(&self, page: PageRef) -> bool {
        page.epoch(self.lane) == self.epoch
    }

    pub(crate) fn has(&self, page: PageRef, index: usize) -> bool {
        self.has_page(page) && page.has(self.lane.member(), index)
    }

    #[cfg(any(feature = "verify", test))]
    /// May the game's writes, deaths and revivals change what the job finds?
    pub(crate) fn watches(&self) -> bool {
        matches!(
            self.phase,
            Phase::Count | Phase::Roots | Phase::Mark | Phase::Revive | Phase::Quarantine
        )
    }

    /// Is something condemned, and not freed yet?
    pub(crate) fn condemns(&self) -> bool {
        self.again || self.phase as u8 >= Phase::Promote as u8
    }

    /// Is this member condemned?
    pub(crate) fn is_condemned(&self, page: PageRef, index: usize) -> bool {
        self.condemns()
            && self.has(page, index)
            && (self.again || !page.has(crate::arena::Bit::Marked, index))
    }

    pub(super) fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.cursor = self.first;
        self.place = 0;
        self.begun = false;
        self.kept = None;
    }

    /// Goes on to the next page of S.
    pub(super) fn next_page(&mut self, page: PageRef) {
        self.cursor = page.job_next(self.lane);
        self.place = 0;
    }

    pub(super) fn tracer(&mut self, mode: Mode, tag: u16) -> Tracer<'_> {
        Tracer::new(mode, self.lane, tag, self.epoch, &mut self.greys)
    }

    /// Traces the objects `bits` of a group, one piece of a large one at the most. Answers the bits that are done.
    pub(super) fn trace(
        &mut self,
        mode: Mode,
        tag: u16,
        page: PageRef,
        group: usize,
        bits: u64,
    ) -> u64 {
        let resume = match self.piece.take() {
            Some((at, index, resume)) if at == page && index / 64 == group => Some((index, resume)),
            _ => None,
        };
        let bits = match &resume {
            // First to the end with what was begun.
            Some((index, _)) => 1 << (index % 64),
            None => bits,
        };
        let whole = !self.sliced;
        let mut tracer = self.tracer(mode, tag);
        if whole {
            tracer.never_interrupt();
        }
        if let Some((_, resume)) = resume {
            tracer.resume_at(resume);
        }
        let left = (page.info().trace)(page, group, bits, &mut tracer);
        if let Some(resume) = tracer.take_resume() {
            let index = group * 64 + left.trailing_zeros() as usize;
            self.piece = Some((page, index, resume));
        }
        bits & !left
    }

    /// What [`Job::trace`] did: one object a unit, or a piece of a large one.
    #[inline]
    pub(super) fn spend_traced(&self, done: u64, meter: &mut Meter<'_>) {
        meter.spend(u64::from(done.count_ones()));
        if self.piece.is_some() {
            meter.spend_long(PIECE / 4);
        }
    }

    /// Works until the phase needs the heap, user code begins or ends to be called (see [`Phase::examines`]), the job is
    /// done, or the budget is used up; also to the end of the phase, if somebody wants to hear of it.
    pub(crate) fn advance(
        &mut self,
        arena: &mut Arena,
        revived: &mut dyn FnMut() -> bool,
        by_phase: bool,
        meter: &mut Meter<'_>,
    ) {
        let first = self.phase;
        let examines = first.examines();
        while self.phase.examines() == examines
            && (!by_phase || self.phase == first)
            && meter.go_on()
        {
            let before = meter.done;
            meter.other_work();
            match self.phase {
                Phase::Prepare => self.prepare(arena, meter),
                Phase::Count => self.count(arena, meter),
                Phase::Roots => self.find_roots(arena, meter),
                Phase::Mark => self.mark(arena, revived, meter),
                Phase::Revive => self.revive(meter),
                Phase::Promote => self.promote(arena, meter),
                Phase::Record => self.record(arena, meter),
                Phase::Sever => self.sever(arena, meter),
                Phase::Recount => self.recount(arena, meter),
                Phase::Take => self.take(arena, meter),
                Phase::Free => self.free(arena, meter),
                Phase::Release => self.release(arena, meter),
                Phase::Quarantine | Phase::Finalize | Phase::Done => return,
            }
            self.units += meter.done - before;
        }
    }

    /// About what the units that are left take, in units that take as long as most: preparing a page and testing 16
    /// objects take longer.
    pub(crate) fn remaining_effort(&self) -> u64 {
        let longer = match self.phase {
            Phase::Prepare | Phase::Count | Phase::Roots => self.members() / 3,
            _ => 0,
        };
        self.remaining() + longer
    }

    fn members(&self) -> u64 {
        match self.phase {
            Phase::Prepare => self.expected.max(self.candidates) as u64,
            _ => self.candidates as u64,
        }
    }

    /// About how many units are left, when the game changes nothing.
    pub(crate) fn remaining(&self) -> u64 {
        let members = self.members();
        let pages = self.pages as u64;
        // Count and Mark trace each member, Roots tests 16 at a time.
        let full = pages * 3 + members * 2 + members / 16;
        let least = match self.phase {
            Phase::Prepare => full,
            Phase::Count => full.saturating_sub(self.units).max(members),
            Phase::Roots | Phase::Mark | Phase::Revive | Phase::Quarantine => {
                full.saturating_sub(self.units).max(pages)
            }
            Phase::Done => 0,
            _ => self.greys.unmarked as u64 + pages,
        };
        least.max(u64::from(self.phase != Phase::Done))
    }
}
