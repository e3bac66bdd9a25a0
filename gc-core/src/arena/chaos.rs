//! Disorder for tests, from a seed: which free slot is used next, and what lies in it meanwhile.

use super::Arena;
use super::page::{PageRef, Slot};
use super::published::END;
use super::word::{Word, tag};
use core::ptr::NonNull;

/// What freed slots are filled with: no plausible address, length or count.
const POISON: u8 = 0xDB;

/// SplitMix64: short, fixed, the same on every machine.
pub(crate) struct Chaos(u64);

impl Chaos {
    pub(crate) fn new(seed: u64) -> Self {
        Chaos(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.next().is_multiple_of(n)
    }
}

impl Arena {
    /// From here on every slot on a free list is poisoned.
    pub(crate) fn set_chaos(&mut self, seed: Option<u64>) {
        self.chaos = seed.map(Chaos::new);
        if seed.is_none() {
            return;
        }
        for page in self.all_pages() {
            let mut next = page.free();
            while next != END {
                let slot = page.slot(next as usize);
                next = self.word(slot).load().link();
                poison(slot);
            }
        }
    }

    /// The page and the free slot of it to use next; [`END`] for one that was never used.
    #[inline]
    pub(super) fn choose_free(
        &mut self,
        type_index: usize,
        page: PageRef,
        free: u32,
    ) -> (PageRef, u32) {
        if self.chaos.is_none() {
            return (page, free);
        }
        self.choose_at_random(type_index, page)
    }

    #[cold]
    fn choose_at_random(&mut self, type_index: usize, mut page: PageRef) -> (PageRef, u32) {
        let Some(chaos) = &mut self.chaos else {
            return (page, page.free());
        };
        if chaos.one_in(8) {
            let available = &mut self.types[type_index].available;
            available.remove(page);
            available.add(page);
            page = available.first().unwrap_or(page);
        }
        let fresh = (page.fresh() as usize) < page.capacity();
        if page.free() == END || fresh && chaos.one_in(2) {
            return (page, END);
        }
        let slot = page.slot(page.free() as usize);
        assert!(
            is_poisoned(slot),
            "slot {} of page {}, once a `{}`, was written to after it was freed: something keeps a pointer to an object \
             that is gone",
            slot.index,
            page.number(),
            (page.info().name)()
        );
        (page, page.free())
    }

    /// Puts a slot somewhere among the first few of its page's free list, poisoned.
    #[cold]
    pub(super) fn free_at_random(&mut self, slot: Slot) {
        let Some(chaos) = &mut self.chaos else { return };
        let mut steps = chaos.next() % 4;
        poison(slot);
        let page = slot.page;
        self.types[page.type_index()].available.add(page);
        let first = page.free();
        if first == END || steps == 0 {
            self.word(slot).set_link(tag::FREE, first);
            page.set_free(slot.index as u32);
            return;
        }
        let mut before = page.slot(first as usize);
        loop {
            let next = self.word(before).load().link();
            steps -= 1;
            if steps == 0 || next == END {
                self.word(slot).set_link(tag::FREE, next);
                self.word(before).set_link(tag::FREE, slot.index as u32);
                return;
            }
            before = page.slot(next as usize);
        }
    }
}

/// The bytes of a slot that hold its value.
fn value_bytes(slot: Slot) -> (NonNull<u8>, usize) {
    let layout = slot.page.info().layout;
    let offset = layout.value_offset;
    debug_assert!(offset >= size_of::<Word>());
    // SAFETY: a slot is `stride` bytes long, of which the value's begin at `value_offset`.
    let value = unsafe { slot.word.cast::<u8>().add(offset) };
    (value, layout.stride - offset)
}

pub(super) fn poison(slot: Slot) {
    let (value, len) = value_bytes(slot);
    // SAFETY: the bytes are in the slot, which holds no value and is on a free list, or about to be: they are nobody
    // else's.
    unsafe { value.write_bytes(POISON, len) }
}

fn is_poisoned(slot: Slot) -> bool {
    let (value, len) = value_bytes(slot);
    // SAFETY: as in `poison`, which has written all of the bytes (kept by `set_chaos` and `free_at_random`: with chaos
    // no slot gets on a free list otherwise).
    let bytes = unsafe { core::slice::from_raw_parts(value.as_ptr(), len) };
    bytes.iter().all(|&byte| byte == POISON)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::Heap;

    #[test]
    #[should_panic(expected = "was written to after it was freed")]
    fn a_write_to_a_freed_slot_is_found_when_the_slot_is_used_again() {
        let mut heap = Heap::chaos(1);
        let held: alloc::vec::Vec<_> = (0..100).map(|_| heap.alloc([7u64; 4])).collect();
        let slot = heap.arena.slot_of(held[30].id().slot);
        drop(held);
        heap.reclaim();
        let (value, _) = value_bytes(slot.expect("a slot"));
        // SAFETY: the page still exists; what this does is what the mode is there to find.
        unsafe { value.add(9).write(1) };
        let _held: alloc::vec::Vec<_> = (0..500).map(|_| heap.alloc([7u64; 4])).collect();
    }
}
