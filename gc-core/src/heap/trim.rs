//! Giving memory back.

use super::Heap;
use crate::arena::PageRef;
use crate::arena::trim::Empty;
use crate::collect::{Job, Meter, Phase};

/// A step lets the peak fade by this part: to a half in 90 steps.
const A_FADE: usize = 128;
/// Pages that a step gives back, if it does not clean up after a round.
const A_STEP: u64 = 8;
/// Pages that a full collection in one go gives back.
const A_COLLECTION: u64 = 256;

impl Heap {
    /// Gives all empty pages back to the allocator at once. Answers how many bytes. Cost: O(pages that are empty). Pages
    /// that a collection in progress examines stay.
    ///
    /// Pages go back by themselves too: when pages take more than 256 KiB beyond twice what objects have taken of late
    /// (a peak that fades by 1/128 with each [`Heap::step`] and by a quarter with each full collection in one go, and is
    /// forgotten at the end of a round). A step gives 8 back at the most, one a unit of its budget; in a round, none;
    /// cleaning up after a round, as many as the budget allows; a full collection in one go, 256.
    pub fn trim(&mut self) -> usize {
        let Heap { arena, jobs, .. } = self;
        arena.trim(|page| is_needed(jobs, page))
    }

    /// A step has passed. Should it give pages back?
    #[inline]
    pub(super) fn notes_excess(&mut self) -> bool {
        self.arena.has_empty() && self.fades_to_excess()
    }

    #[cold]
    fn fades_to_excess(&mut self) -> bool {
        self.arena.fade(A_FADE);
        !self.in_round() && self.arena.has_excess()
    }

    /// Gives pages back as long as there are too many. One a unit.
    pub(super) fn give_back(&mut self, meter: &mut Meter<'_>) {
        if self.in_round() {
            return;
        }
        let mut left = if self.rounds.is_cleaning() {
            u64::MAX
        } else {
            A_STEP
        };
        while left > 0 && self.arena.has_excess() && meter.go_on() {
            left -= 1;
            let Heap { arena, jobs, .. } = self;
            match arena.give_one_back(|page| is_needed(jobs, page)) {
                Some(Empty::GivenBack) => meter.spend_long(16),
                Some(Empty::Used) => {}
                Some(Empty::Kept) | None => return,
            }
        }
    }

    /// After a full collection in one go.
    pub(super) fn give_back_after_collection(&mut self) {
        self.arena.fade(4);
        for _ in 0..A_COLLECTION {
            let Heap { arena, jobs, .. } = self;
            if !arena.has_excess() {
                return;
            }
            if let Some(Empty::Kept) | None = arena.give_one_back(|page| is_needed(jobs, page)) {
                return;
            }
        }
    }
}

/// Does a collection in progress lead to the page? While one looks for its set, it may be about to.
fn is_needed(jobs: &[Option<Job>; 2], page: PageRef) -> bool {
    page.tracked()
        && jobs
            .iter()
            .flatten()
            .any(|job| job.phase == Phase::Prepare || job.has_page(page))
}
