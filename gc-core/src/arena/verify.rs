//! Checks what the arena keeps, for [`Heap::verify`](crate::Heap::verify).

use super::flags::LAST_VERSION;
use super::page::INDEX_BITS;
use super::published::END;
use super::word::tag;
use super::{Arena, Bit, List, PageRef};
use alloc::vec;
use alloc::vec::Vec;

/// What all pages hold together.
#[derive(Default)]
struct Sums {
    live: usize,
    tracked: usize,
    tracked_bytes: usize,
    bytes: usize,
    page_bytes: usize,
    pages: usize,
}

impl Arena {
    /// Panics with what is wrong. Calls no user code.
    pub(crate) fn verify(&self) {
        let mut sums = Sums::default();
        for page in self.all_pages() {
            self.verify_page(page, &mut sums);
        }
        assert_eq!(sums.live, self.live(), "live objects");
        assert_eq!(sums.tracked, self.tracked, "tracked objects");
        assert_eq!(
            sums.tracked_bytes, self.tracked_bytes,
            "bytes of tracked objects"
        );
        let noted = self.shared().account.slots();
        assert_eq!(sums.bytes, noted, "bytes of used slots");
        assert_eq!(sums.page_bytes, self.page_bytes, "bytes of pages");
        assert!(self.peak_page_bytes >= self.page_bytes, "the peak of pages");
        self.verify_types(sums.pages);
        self.verify_numbers();
        for (index, list) in [List::Young, List::Middle, List::Old]
            .into_iter()
            .enumerate()
        {
            let listed = self.generations[index].verified().count();
            let flagged = self.all_pages().filter(|page| page.in_list(list)).count();
            assert_eq!(listed, flagged, "pages of generation {index}");
        }
        let listed = self.empty.verified().count();
        let flagged = self.all_pages().filter(|page| page.in_list(List::Empty));
        assert_eq!(listed, flagged.count(), "empty pages");
        self.verify_external();
    }

    fn verify_page(&self, page: PageRef, sums: &mut Sums) {
        let number = page.number();
        assert!(
            page.tag() == self.tag && page.shared() == self.shared,
            "page {number} belongs to another heap"
        );
        let (fresh, used) = (page.fresh() as usize, page.used() as usize);
        assert!(fresh <= page.capacity(), "page {number} is more than full");

        let free = self.verify_free_list(page);
        let lent = page.lent() as usize;
        assert!(lent <= used, "page {number} has lent more than is used");
        for (index, &free) in free.iter().enumerate() {
            let live = page.has(Bit::Live, index);
            let slot = page.slot(index);
            if !free && !live && lent > 0 {
                // Perhaps a context's to fill: then its word is as it was, or was never written.
                continue;
            }
            let word = self.word(slot).load();
            if free {
                assert!(!live, "slot {index} of page {number} is free and alive");
                assert!(
                    !page.has_weak(index),
                    "a weak handle may lead to the free slot {index} of page {number}"
                );
            } else if live {
                assert!(
                    word.tag() == self.tag
                        || word.tag() == tag::DEAD
                        || word.tag() == tag::GONE && self.is_member(page, index),
                    "the object in slot {index} of page {number} has the tag {}",
                    word.tag()
                );
            } else {
                assert!(
                    matches!(word.tag(), tag::GONE | tag::DEAD_GONE),
                    "slot {index} of page {number} is in use, not alive, and has the tag {}",
                    word.tag()
                );
            }
            assert!(
                page.version(index) - page.first_version() <= LAST_VERSION,
                "the version of slot {index} of page {number} has wrapped"
            );
            assert!(
                page.first_version() >= self.pages[number as usize].first_version,
                "slot {index} of page {number} has a version of an earlier page"
            );
        }
        let count = free.iter().filter(|&&free| free).count();
        let worn = page.worn() as usize;
        assert_eq!(
            used + count + worn,
            fresh,
            "page {number}: {used} used, {count} free and {worn} worn out slots"
        );
        assert!(
            used > 0 || page.in_list(List::Empty),
            "page {number} is empty and not listed so"
        );
        let room = page.free() != END || fresh < page.capacity();
        assert_eq!(
            page.in_list(List::Available),
            room,
            "page {number} has room, or is listed as available, but not both"
        );

        let live = self.verify_bits(page);
        let stride = page.info().layout.stride;
        sums.live += live;
        sums.bytes += (used - lent) * stride;
        sums.page_bytes += page.size();
        sums.pages += 1;
        if page.tracked() {
            sums.tracked += live;
            sums.tracked_bytes += live * stride;
        }
    }

    /// Which of the slots used so far are on the page's free list.
    fn verify_free_list(&self, page: PageRef) -> Vec<bool> {
        let mut free = vec![false; page.fresh() as usize];
        let mut next = page.free();
        while next != END {
            let index = next as usize;
            let known = free.get_mut(index);
            assert!(
                known.is_some_and(|seen| !core::mem::replace(seen, true)),
                "the free list of page {} comes by slot {index} twice, or was never used",
                page.number()
            );
            let word = self.word(page.slot(index)).load();
            assert_eq!(word.tag(), tag::FREE, "the tag of a free slot");
            next = word.link();
        }
        free
    }

    /// Answers the number of live objects. Each is in the list of its generation.
    fn verify_bits(&self, page: PageRef) -> usize {
        let number = page.number();
        let mut count = 0;
        for group in 0..page.groups() {
            let live = page.bits(Bit::Live, group);
            count += live.count_ones() as usize;
            let used = (page.fresh() as usize).saturating_sub(group * 64).min(64);
            assert!(
                used == 64 || live >> used == 0,
                "page {number} has objects where no slot was ever used"
            );
            if !page.tracked() {
                continue;
            }
            let (low, high) = (page.bits(Bit::Low, group), page.bits(Bit::High, group));
            for (list, members, name) in [
                (List::Young, live & !low & !high, "young"),
                (List::Middle, live & low & !high, "middle"),
                (List::Old, live & !low & high, "old"),
            ] {
                assert!(
                    members == 0 || page.in_list(list),
                    "page {number} has {name} objects and is not in their list"
                );
            }
        }
        count
    }

    fn verify_types(&self, pages: usize) {
        let mut numbered = 0;
        for (index, pages) in self.types.iter().enumerate() {
            let name = (pages.info.name)();
            assert_eq!(
                self.by_id.get(&pages.info.id).copied(),
                Some(index as u32),
                "the index of `{name}`"
            );
            for &number in &pages.numbers {
                let page = self.page(number);
                assert!(
                    page.is_some_and(|page| page.type_index() == index
                        && pages.numbers.get(page.place()) == Some(&number)
                        && page.tracked() == pages.tracked
                        && page.finalizes() == pages.finalized),
                    "page {number} is not one of `{name}`"
                );
            }
            numbered += pages.numbers.len();
            let listed = pages.available.verified().count();
            let flagged = pages
                .numbers
                .iter()
                .filter_map(|&number| self.page(number))
                .filter(|page| page.in_list(List::Available))
                .count();
            assert_eq!(listed, flagged, "pages of `{name}` with room");
        }
        assert_eq!(numbered, pages, "pages of all types");
        assert_eq!(self.by_id.len(), self.types.len(), "types");
    }

    fn verify_numbers(&self) {
        let mut free = vec![false; self.pages.len()];
        for &number in &self.free_numbers {
            assert!(
                !core::mem::replace(&mut free[number as usize], true),
                "the page number {number} is free twice"
            );
        }
        for (number, numbered) in self.pages.iter().enumerate() {
            assert!(
                numbered.page.is_none() || !free[number],
                "the page number {number} is free and in use"
            );
            if let Some(page) = numbered.page {
                assert_eq!(page.number() as usize, number, "a page's own number");
            }
        }
    }

    fn verify_external(&self) {
        let mut total = 0usize;
        for (id, bytes) in self.external.entries() {
            let alive = self
                .slot_of(id)
                .or_else(|| self.find_announced(id))
                .is_some_and(|slot| slot.page.has(Bit::Live, slot.index) || slot.page.lent() > 0);
            assert!(
                alive,
                "external bytes of slot {} of page {}, which holds no object",
                id & ((1 << INDEX_BITS) - 1),
                id >> INDEX_BITS
            );
            total = total.saturating_add(bytes);
        }
        assert_eq!(total, self.external.total, "external bytes");
    }
}
