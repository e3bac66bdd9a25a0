//! Pages that hold nothing, and when they go back to the allocator.
//!
//! A page that becomes empty is noted in a list. It may be used again from there; that is found out only when the list
//! is gone through, so that neither allocating nor freeing looks at it.
//!
//! The low-water rule: pages go back when all of them take more than twice what slots have taken *of late*, and a few
//! pages more. "Of late" is a peak that fades by a part with each step of the heap, so what comes and goes in every few
//! frames keeps its pages, and what is gone for good gives them up. A page that is mostly worn out goes at once.

use super::{Arena, List, PageRef};

/// Bytes of pages that are kept in any case.
const SLACK: usize = 4 << 16;

/// What became of an empty page.
pub(crate) enum Empty {
    GivenBack,
    /// It was in use again.
    Used,
    /// It must stay for now.
    Kept,
}

impl Arena {
    /// The page has no used slot any more.
    #[cold]
    #[inline(never)]
    pub(super) fn emptied(&mut self, page: PageRef) {
        if page.is_mostly_worn() {
            self.empty.remove(page);
            self.empty.add_first(page);
        } else {
            self.empty.add(page);
        }
    }

    /// Could a page be empty?
    #[inline(always)]
    pub(crate) fn has_empty(&self) -> bool {
        self.empty.first().is_some()
    }

    /// What slots have taken of late.
    fn recent(&self) -> usize {
        self.recent_bytes.max(self.shared().account.slots())
    }

    /// Time has passed: the peak fades by a `part`-th.
    pub(crate) fn fade(&mut self, part: usize) {
        let recent = self.recent();
        self.recent_bytes = recent - recent / part;
    }

    /// What was needed until now is needed no more: a round is over.
    pub(crate) fn forget_recent(&mut self) {
        self.recent_bytes = 0;
    }

    /// Should pages go back?
    pub(crate) fn has_excess(&self) -> bool {
        self.empty.first().is_some_and(|page| {
            page.is_mostly_worn() || self.page_bytes > self.recent().saturating_mul(2) + SLACK
        }) && !self.allocator().is_whole()
    }

    /// Gives the page back that has been empty for longest, unless `keep` wants it. Cost: O(its slots / 32).
    pub(crate) fn give_one_back(&mut self, keep: impl Fn(PageRef) -> bool) -> Option<Empty> {
        let page = self.empty.first()?;
        self.empty.remove(page);
        Some(if page.used() > 0 {
            Empty::Used
        } else if keep(page) {
            self.empty.add(page);
            Empty::Kept
        } else {
            self.remove_page(page);
            Empty::GivenBack
        })
    }

    /// Gives all empty pages back, but for those that `keep` wants, and unless they go back all at once. Cost: O(pages
    /// that are or were empty). Answers the bytes.
    pub(crate) fn trim(&mut self, keep: impl Fn(PageRef) -> bool) -> usize {
        if self.allocator().is_whole() {
            return 0;
        }
        let before = self.page_bytes;
        let mut next = self.empty.first();
        while let Some(page) = next {
            next = page.next_in(List::Empty);
            if page.used() > 0 {
                self.empty.remove(page);
            } else if !keep(page) {
                self.remove_page(page);
            }
        }
        before - self.page_bytes
    }
}
