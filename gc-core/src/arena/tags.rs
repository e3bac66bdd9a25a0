//! Which heap tags are in use: a tag names one heap among those whose memory is still referred to.

use super::word::tag::FIRST_HEAP;
use core::sync::atomic::Ordering;
use portable_atomic::{AtomicU32, AtomicU64};

/// How many heaps may exist at once, with those that ended but still have handles.
pub(crate) const MOST: usize = WORDS * 64 - FIRST_HEAP as usize;
const WORDS: usize = if usize::BITS >= 64 { 1024 } else { 16 };

static TAKEN: [AtomicU64; WORDS] = [const { AtomicU64::new(0) }; WORDS];
static NEXT_WORD: AtomicU32 = AtomicU32::new(0);
static NEXT_ID: AtomicU32 = AtomicU32::new(1);

/// A free tag; `None` when [`MOST`] heaps exist.
pub(crate) fn take() -> Option<u16> {
    let start = NEXT_WORD.load(Ordering::Relaxed) as usize;
    for step in 0..WORDS {
        let index = (start + step) % WORDS;
        // The lowest values are states of a slot.
        let never = if index == 0 {
            (1u64 << FIRST_HEAP) - 1
        } else {
            0
        };
        let mut taken = TAKEN[index].load(Ordering::Relaxed);
        while taken | never != u64::MAX {
            let bit = (taken | never).trailing_ones();
            let before = TAKEN[index].fetch_or(1 << bit, Ordering::AcqRel);
            if before & 1 << bit == 0 {
                NEXT_WORD.store(index as u32, Ordering::Relaxed);
                return Some((index * 64) as u16 + bit as u16);
            }
            taken = before;
        }
    }
    None
}

/// Gives a tag back: no word carries it any more.
pub(crate) fn give_back(tag: u16) {
    TAKEN[tag as usize / 64].fetch_and(!(1 << (tag % 64)), Ordering::AcqRel);
}

/// A number for a new heap, which weak handles carry: never 0, never given twice. `None` after 2³² heaps.
pub(crate) fn heap_id() -> Option<u32> {
    NEXT_ID
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |id| id.checked_add(1))
        .ok()
}
