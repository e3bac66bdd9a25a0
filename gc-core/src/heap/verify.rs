//! Checks the invariants that the collector and the arena keep.

use super::Heap;
use super::reach::live_slots;
use crate::arena::{Bit, List};
use crate::collect::Phase;

impl Heap {
    /// Checks every internal invariant. Cost: O(pages + objects).
    ///
    /// # Panics
    /// With what is wrong, on the first invariant that is broken: a defect of this library.
    pub fn verify(&self) {
        let (mut live, mut tracked, mut bytes, mut page_bytes) = (0, 0, 0, 0);
        for page in self.arena.all_pages() {
            page_bytes += page.size();
            bytes += page.used() as usize * page.info().layout.stride;
            let count = live_slots(page).count();
            live += count;
            assert!(
                count <= page.used() as usize,
                "page {} has more live objects than used slots",
                page.number()
            );
            if !page.tracked() {
                continue;
            }
            tracked += count;
            for group in 0..page.groups() {
                let live = page.bits(Bit::Live, group);
                let (low, high) = (page.bits(Bit::Low, group), page.bits(Bit::High, group));
                for (list, members, name) in [
                    (List::Young, live & !low & !high, "young"),
                    (List::Middle, live & low & !high, "middle"),
                    (List::Old, live & !low & high, "old"),
                ] {
                    assert!(
                        members == 0 || page.in_list(list),
                        "page {} has {name} objects and is not in their list",
                        page.number()
                    );
                }
                for job in self.jobs.iter().flatten() {
                    let keeps_the_dead = matches!(job.phase, Phase::Free | Phase::Release);
                    if job.has_page(page) && !keeps_the_dead {
                        assert_eq!(
                            page.bits(job.lane.member(), group) & !live,
                            0,
                            "a member of the {:?} job is not alive",
                            job.lane
                        );
                    }
                }
                if self
                    .jobs
                    .iter()
                    .all(|job| job.as_ref().is_some_and(|job| job.has_page(page)))
                {
                    assert_eq!(
                        page.bits(Bit::Minor, group) & page.bits(Bit::Major, group),
                        0,
                        "an object is a member of two jobs"
                    );
                }
            }
        }
        assert_eq!(live, self.arena.live, "live objects");
        assert_eq!(tracked, self.arena.tracked, "tracked objects");
        assert_eq!(page_bytes, self.arena.page_bytes, "bytes of pages");
        assert!(
            bytes <= self.arena.bytes,
            "bytes of used slots: {bytes}, noted {}",
            self.arena.bytes
        );
        self.verify_jobs();
    }

    /// The number of candidates left is the number of members not marked.
    fn verify_jobs(&self) {
        for job in self.jobs.iter().flatten() {
            if !job.watches() {
                continue;
            }
            let unmarked: usize = self
                .arena
                .all_pages()
                .filter(|&page| page.tracked() && job.has_page(page))
                .flat_map(|page| (0..page.groups()).map(move |group| (page, group)))
                .map(|(page, group)| {
                    let members = page.bits(job.lane.member(), group);
                    (members & !page.bits(Bit::Marked, group)).count_ones() as usize
                })
                .sum();
            assert_eq!(
                unmarked, job.greys.unmarked,
                "candidates of the {:?} job in {:?}",
                job.lane, job.phase
            );
        }
    }
}
