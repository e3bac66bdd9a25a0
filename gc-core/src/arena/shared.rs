//! What handles can reach of a heap, also after its end.

use super::page::PageRef;
use super::published::Published;
use super::tags;
use super::word::{LastHandle, Word};
use crate::sync::{AtomicU32, AtomicU64, Ordering};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::UnsafeCell;
use core::ptr::NonNull;

/// While the heap lives, the count of orphans is off by this.
const HEAP_LIVES: u64 = 1 << 40;

/// The part of a heap that its pages point to. It ends with the heap, or with the last handle if that is later.
pub(crate) struct Shared {
    pub(crate) published: Published,
    pub(crate) tag: u16,
    pub(crate) heap_id: u32,
    /// Finalizers of this heap's objects that are running. Here, since a finalizer may put another heap in the place of
    /// its own.
    finalizing: AtomicU32,
    /// Slots that outlived the heap, plus [`HEAP_LIVES`] while it has not counted them.
    orphans: AtomicU64,
    /// The pages they lie in. Written once, by the heap, before it takes `HEAP_LIVES` away.
    pages: UnsafeCell<Vec<PageRef>>,
}

// SAFETY: all is constant or atomic but `pages`, which the heap writes before its `AcqRel` step on `orphans`, and which
// only the thread that brings `orphans` to 0 reads, after its own.
unsafe impl Sync for Shared {}
// SAFETY: as above; pages may be given back on any thread.
unsafe impl Send for Shared {}

impl Shared {
    pub(crate) fn create(tag: u16, heap_id: u32) -> NonNull<Shared> {
        NonNull::from(Box::leak(Box::new(Shared {
            published: Published::new(),
            tag,
            heap_id,
            finalizing: AtomicU32::new(0),
            orphans: AtomicU64::new(HEAP_LIVES),
            pages: UnsafeCell::new(Vec::new()),
        })))
    }
}

impl Shared {
    #[inline(always)]
    pub(crate) fn finalizing(&self) -> u32 {
        self.finalizing.load(Ordering::Relaxed)
    }

    pub(crate) fn set_finalizing(&self, depth: u32) {
        self.finalizing.store(depth, Ordering::Relaxed);
    }
}

/// The end of a handle that was the last of its object: O(1), on any thread, whatever became of the heap.
#[inline]
pub(crate) fn publish(word: NonNull<Word>, last: LastHandle) {
    let page = PageRef::of(word);
    let shared = page.shared();
    let id = page.id_of(word);
    // SAFETY: `shared` and the word live at least until the heap, or the last orphan, has seen this slot.
    let outcome = unsafe { shared.as_ref().published.push(id, word.as_ref(), last) };
    if outcome.is_err() {
        orphan_ended(shared, 1);
    }
}

/// The heap's last words: `count` slots in `pages` still have handles.
pub(crate) fn leave_to_orphans(shared: NonNull<Shared>, pages: Vec<PageRef>, count: u64) {
    // SAFETY: nobody else looks at `pages` before `orphans` is 0, which needs the step below.
    unsafe { *shared.as_ref().pages.get() = pages };
    orphan_ended(shared, HEAP_LIVES - count);
}

fn orphan_ended(shared: NonNull<Shared>, steps: u64) {
    // SAFETY: `shared` is freed only by the step that reaches 0, and each orphan, and the heap, takes part once.
    let before = unsafe { shared.as_ref().orphans.fetch_sub(steps, Ordering::AcqRel) };
    if before == steps {
        // SAFETY: it was leaked from a box in `create`, and nobody is left who could reach it.
        let shared = unsafe { Box::from_raw(shared.as_ptr()) };
        for page in shared.pages.into_inner() {
            // SAFETY: all values of the heap were dropped at its end, and no handle is left.
            unsafe { page.destroy() }
        }
        tags::give_back(shared.tag);
    }
}
