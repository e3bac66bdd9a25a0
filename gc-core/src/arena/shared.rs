//! What handles can reach of a heap, also after its end.

use super::account::Account;
use super::context::{Contexts, Core};
use super::handed::Handed;
use super::keepers::Keepers;
use super::numbers::Numbers;
use super::page::{Announced, PageRef};
use super::published::Published;
use super::tags;
use super::word::{LastHandle, Word};
use crate::sync::{AtomicU32, Ordering};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::UnsafeCell;
use core::ptr::NonNull;

/// The part of a heap that its pages point to, and its storage. It ends with the heap, or with the last handle or
/// storage if that is later.
pub(crate) struct Shared {
    pub(crate) published: Published,
    pub(crate) tag: u16,
    pub(crate) heap_id: u32,
    /// Finalizers of this heap's objects that are running. Here, since a finalizer may put another heap in the place of
    /// its own.
    finalizing: AtomicU32,
    pub(super) keepers: Keepers,
    pub(crate) account: Account,
    pub(super) numbers: Numbers,
    /// Pages that contexts made and the heap has not entered into its table.
    pub(super) announced: Announced,
    /// What contexts that were dropped had.
    pub(super) returned: Handed<Core>,
    pub(super) contexts: Contexts,
    /// The pages that slots with handles lie in. Written once, by the heap, before it leaves the keepers.
    pages: UnsafeCell<Vec<PageRef>>,
}

// SAFETY: all is constant or atomic but `pages`, which the heap writes before it leaves `keepers`, an `AcqRel` step, and
// which only the last of them reads, after its own; the estate of `contexts` in the same way, with the parties; and what
// was handed over, which the mutable borrower of the heap takes.
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
            keepers: Keepers::new(),
            account: Account::new(),
            numbers: Numbers::new(),
            announced: Announced::new(),
            returned: Handed::new(),
            contexts: Contexts::new(),
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
        leave(shared);
    }
}

/// The heap's last words: `count` slots in `pages` still have handles.
pub(crate) fn leave_to_orphans(shared: NonNull<Shared>, pages: Vec<PageRef>, count: u64) {
    // SAFETY: nobody else looks at `pages` before the last keeper has left, and the heap leaves below.
    let last = unsafe {
        *shared.as_ref().pages.get() = pages;
        shared.as_ref().keepers.heap_leaves(count)
    };
    if last {
        end(shared);
    }
}

/// One keeper less: an orphan, or a storage.
pub(super) fn leave(shared: NonNull<Shared>) {
    // SAFETY: `shared` exists until the last keeper has left, and the caller is one that has not left yet.
    if unsafe { shared.as_ref().keepers.leave() } {
        end(shared);
    }
}

#[cold]
fn end(shared: NonNull<Shared>) {
    // SAFETY: it was leaked from a box in `create`, and the last keeper has left: nobody can reach it.
    let shared = unsafe { Box::from_raw(shared.as_ptr()) };
    for page in shared.pages.into_inner() {
        // SAFETY: all values of the heap were dropped at its end, and no handle is left.
        unsafe { page.destroy() }
    }
    tags::give_back(shared.tag);
}
