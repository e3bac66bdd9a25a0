//! Checks the invariants that the collector and the arena keep.

use super::Heap;
use super::inspect::edges;
use super::reach::live_slots;
use crate::ObjectId;
use crate::arena::page::{INDEX_BITS, MOST_PAGES};
use crate::arena::published::END;
use crate::arena::word::tag;
use crate::arena::{Bit, Lane, PageRef, Slot};
use crate::collect::Phase;
use alloc::vec;
use alloc::vec::Vec;

/// The count of a side count, without the lane that it belongs to.
const COUNT: u32 = u32::MAX >> 1;

impl Heap {
    /// Checks the internal invariants: slots, free lists, versions, pages and their lists, types, external bytes; the
    /// sets, bits and grey lists of the collections in progress. Calls no user code. Cost: O(pages + slots).
    ///
    /// # Panics
    /// With what is wrong, on the first invariant that is broken: a defect of this library.
    pub fn verify(&self) {
        self.arena.verify();
        self.verify_dead();
        self.verify_jobs();
    }

    /// What waits to be reclaimed, or for its context's merge, is dead, and there once.
    fn verify_dead(&self) {
        self.verify_dead_list(self.dead);
        self.verify_dead_list(self.arena.woken);
        for number in 0..self.arena.page_numbers() {
            if let Some(page) = self.arena.any_page(number) {
                self.verify_waiting(page);
            }
        }
    }

    /// A page's list is a ring of its slots.
    fn verify_waiting(&self, page: PageRef) {
        let mut next = page.waiting();
        for _ in 0..=page.capacity() {
            let Some(slot) = self.arena.slot_of(next) else {
                break;
            };
            assert!(slot.page == page, "slot {next} waits in another page");
            assert!(
                !page.has(Bit::Live, slot.index),
                "slot {next} waits for its context, and is merged"
            );
            let word = self.arena.word(slot).load();
            assert_eq!(word.tag(), tag::DEAD, "slot {next} waits and is not dead");
            next = word.link();
            if next == page.waiting() {
                return;
            }
        }
        assert_eq!(next, END, "the slots that wait in a page are no ring");
    }

    fn verify_dead_list(&self, first: u32) {
        let mut waiting = 0;
        let mut next = first;
        while next != END {
            let slot = self
                .arena
                .slot_of(next)
                .or_else(|| self.arena.find_announced(next));
            let word = slot.map(|slot| self.arena.word(slot).load());
            assert!(
                word.is_some_and(|word| matches!(word.tag(), tag::DEAD | tag::DEAD_GONE)),
                "slot {next} is on the dead list and not dead"
            );
            waiting += 1;
            assert!(
                waiting <= MOST_PAGES << INDEX_BITS,
                "the dead list never ends"
            );
            next = word.map_or(END, |word| word.link());
        }
    }

    /// Checks what only `trace` can tell: that no object shows more handles than there are, and, while a collection
    /// counts, that each side count is exactly the number of edges found so far. For heaps whose types all trace
    /// truthfully, and for finding the one that does not: run it in the tests of a hand-written `Trace`. Cost: traces
    /// every object.
    ///
    /// ```
    /// # #[cfg(feature = "verify")] {
    /// use gc_core::{Gc, Heap, Trace, Tracer};
    ///
    /// struct Twice(Gc<u8>, Option<Gc<Twice>>);
    /// impl Trace for Twice {
    ///     fn trace(&self, tracer: &mut Tracer<'_>) {
    ///         self.0.trace(tracer);
    ///         self.1.trace(tracer);
    ///         self.1.trace(tracer); // a lie
    ///     }
    /// }
    ///
    /// let mut heap = Heap::new();
    /// let byte = heap.alloc(7);
    /// let one = heap.alloc(Twice(byte.clone(), None));
    /// let other = heap.alloc(Twice(byte, Some(one)));
    /// let found = std::panic::catch_unwind(|| heap.verify_trace());
    /// assert!(found.is_err());
    /// # drop(other);
    /// # }
    /// ```
    ///
    /// # Panics
    /// With the type that shows too much, or with what is wrong. And if a `trace` panics.
    pub fn verify_trace(&self) {
        let mut shown = self.counters();
        let mut counted = [self.counters(), self.counters()];
        let mut begun = [self.counters(), self.counters()];
        for slot in self.arena.all_pages().flat_map(live_slots) {
            if !slot.page.tracked() {
                continue;
            }
            let edges = edges(self.arena.tag, slot);
            add(&mut shown, &edges);
            for job in self.jobs.iter().flatten() {
                if job.phase != Phase::Count || !job.has(slot.page, slot.index) {
                    continue;
                }
                let lane = job.lane as usize;
                if slot.page.has(Bit::Counted, slot.index) {
                    add(&mut counted[lane], &edges);
                } else if job.has_begun(slot) {
                    add(&mut begun[lane], &edges);
                }
            }
        }
        for slot in self.arena.all_pages().flat_map(live_slots) {
            let word = self.arena.word(slot).load();
            let edges = of(&shown, slot);
            if word.tag() == self.arena.tag && word.strong() < edges {
                self.blame(slot, edges);
            }
            if slot.page.tracked() {
                self.verify_side(slot, &counted, &begun);
            }
        }
    }

    /// The side count of a member of a job in Count.
    fn verify_side(&self, slot: Slot, counted: &[Counters; 2], begun: &[Counters; 2]) {
        for lane in Lane::ALL {
            let job = self.jobs[lane as usize].as_ref();
            if !job.is_some_and(|job| job.phase == Phase::Count && job.has(slot.page, slot.index)) {
                continue;
            }
            let side = slot.page.side(slot.index);
            assert_eq!(side >> 31, lane as u32, "the lane of a side count");
            let least = of(&counted[lane as usize], slot);
            let most = least + of(&begun[lane as usize], slot);
            assert!(
                (least..=most).contains(&(side & COUNT)),
                "a `{}` has the side count {} and {least} to {most} counted edges",
                (slot.page.info().name)(),
                side & COUNT
            );
        }
    }

    /// Names a type that shows a handle of the object, of which there are too few.
    fn blame(&self, target: Slot, shown: u32) -> ! {
        let id = target.page.id_of(target.word);
        let by = self
            .arena
            .all_pages()
            .filter(|page| page.tracked())
            .flat_map(live_slots)
            .find(|&slot| {
                edges(self.arena.tag, slot)
                    .iter()
                    .any(|edge| edge.slot == id)
            })
            .map_or("?", |slot| (slot.page.info().name)());
        panic!(
            "`trace` shows {shown} handles of a `{}`, and there are {}; a type that shows it is `{by}`",
            (target.page.info().name)(),
            self.arena.word(target).load().strong(),
        )
    }

    fn counters(&self) -> Counters {
        vec![Vec::new(); self.arena.page_numbers() as usize]
    }
}

/// A number for each slot, by page.
type Counters = Vec<Vec<u32>>;

fn add(counters: &mut Counters, edges: &[ObjectId]) {
    for edge in edges {
        let number = (edge.slot >> INDEX_BITS) as usize;
        if counters.len() <= number {
            // A page that a context made.
            counters.resize_with(number + 1, Vec::new);
        }
        let page = &mut counters[number];
        let index = (edge.slot & ((1 << INDEX_BITS) - 1)) as usize;
        if page.len() <= index {
            page.resize(index + 1, 0);
        }
        page[index] += 1;
    }
}

fn of(counters: &Counters, slot: Slot) -> u32 {
    let page = counters.get(slot.page.number() as usize);
    page.and_then(|page| page.get(slot.index))
        .copied()
        .unwrap_or(0)
}
