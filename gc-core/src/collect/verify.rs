//! Checks what the jobs in progress keep, for [`Heap::verify`](crate::Heap::verify).

use super::{Job, Phase};
use crate::Heap;
use crate::arena::{Bit, PageRef, Slot};

impl Heap {
    /// Panics with what is wrong. Calls no user code.
    pub(crate) fn verify_jobs(&self) {
        for (lane, job) in self.jobs.iter().enumerate() {
            let epoch = self.arena.job_epochs[lane];
            match job {
                Some(job) => {
                    assert!(self.jobs_in_progress, "a job that writes are not told to");
                    assert_eq!(job.lane as usize, lane, "a job's lane");
                    assert_eq!(epoch, job.epoch, "the epoch of the {:?} job", job.lane);
                    self.verify_job(job);
                }
                // A panic may have taken the job away; then the next slice notices.
                None => assert!(
                    epoch == 0 || self.jobs_in_progress,
                    "an epoch without its job"
                ),
            }
        }
        if let [Some(minor), Some(major)] = &self.jobs {
            for page in self.tracked_pages() {
                let both = minor.has_page(page) && major.has_page(page);
                let disjoint = (0..page.groups())
                    .all(|group| page.bits(Bit::Minor, group) & page.bits(Bit::Major, group) == 0);
                assert!(!both || disjoint, "an object is a member of two jobs");
            }
        }
    }

    fn tracked_pages(&self) -> impl Iterator<Item = PageRef> + '_ {
        self.arena.all_pages().filter(|page| page.tracked())
    }

    fn verify_job(&self, job: &Job) {
        let (lane, phase) = (job.lane, job.phase);
        // The list of the set's pages holds each of them once.
        let mut listed = 0;
        let mut last = None;
        let mut next = job.first;
        while let Some(page) = next {
            assert!(job.has_page(page), "a page of the {lane:?} job's list");
            listed += 1;
            assert!(listed <= job.pages, "the {lane:?} job's list of pages");
            last = next;
            next = page.job_next(lane);
        }
        assert!(last == job.last, "the end of the {lane:?} job's list");
        let pages = self.tracked_pages().filter(|&page| job.has_page(page));
        assert_eq!(pages.count(), listed, "pages of the {lane:?} job");

        let (mut members, mut unmarked) = (0, 0);
        for page in self.tracked_pages().filter(|&page| job.has_page(page)) {
            for group in 0..page.groups() {
                let set = page.bits(lane.member(), group);
                let marked = page.bits(Bit::Marked, group);
                members += set.count_ones() as usize;
                unmarked += (set & !marked).count_ones() as usize;
                if !matches!(phase, Phase::Free | Phase::Release) {
                    assert_eq!(
                        set & !page.bits(Bit::Live, group),
                        0,
                        "a member of the {lane:?} job is not alive"
                    );
                }
                if job.watches() {
                    verify_greys(job, page, group);
                }
            }
        }
        match phase {
            Phase::Prepare => assert_eq!(members, job.candidates, "members of the {lane:?} job"),
            _ if job.watches() => assert_eq!(
                unmarked, job.greys.unmarked,
                "candidates of the {lane:?} job in {phase:?}"
            ),
            _ => {}
        }
        self.verify_grey_list(job);
    }

    fn verify_grey_list(&self, job: &Job) {
        if !job.watches() {
            return;
        }
        let mut listed = 0;
        let mut last = None;
        let mut next = job.greys.first();
        while let Some(page) = next {
            assert!(
                job.has_page(page) && page.is_grey(job.lane),
                "a page on the {:?} job's grey list",
                job.lane
            );
            listed += 1;
            assert!(listed <= job.pages, "the {:?} job's grey list", job.lane);
            last = next;
            next = page.grey_next(job.lane);
        }
        assert!(
            last.is_none() || last == job.greys.last(),
            "the end of the {:?} job's grey list",
            job.lane
        );
        let grey = self
            .tracked_pages()
            .filter(|&page| job.has_page(page) && page.is_grey(job.lane));
        assert_eq!(grey.count(), listed, "grey pages of the {:?} job", job.lane);
    }
}

impl Job {
    /// Is the object traced in pieces, and only some of them done?
    pub(crate) fn has_begun(&self, slot: Slot) -> bool {
        self.piece
            .is_some_and(|(page, index, _)| (page, index) == (slot.page, slot.index))
    }
}

/// What is marked and not scanned will be found: its page is on the grey list, from its group or an earlier one. What
/// is scanned is marked.
fn verify_greys(job: &Job, page: PageRef, group: usize) {
    let lane = job.lane;
    let set = page.bits(lane.member(), group);
    let marked = set & page.bits(Bit::Marked, group);
    let scanned = set & page.bits(Bit::Scanned, group);
    assert_eq!(scanned & !marked, 0, "an object is scanned and not marked");
    let mut grey = marked & !scanned;
    if let Some((at, index, _)) = job.piece
        && at == page
        && index / 64 == group
    {
        // Begun: it is found by its place.
        grey &= !(1 << (index % 64));
    }
    assert!(
        grey == 0 || page.is_grey(lane) && page.grey_from(lane) <= group,
        "an object of page {} is marked and will never be scanned",
        page.number()
    );
}
