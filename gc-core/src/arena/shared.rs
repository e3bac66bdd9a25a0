//! What handles can reach of a heap, also after its end.

use super::HeapAllocator;
use super::account::Account;
use super::context::{Contexts, Core};
use super::handed::Handed;
use super::keepers::Keepers;
use super::leftovers::Leftovers;
use super::numbers::Numbers;
use super::page::{Announced, Lane, PageRef};
use super::published::Published;
use super::tags;
use super::word::{LastHandle, Word};
use crate::sync::{AtomicU32, Ordering};
use allocator_api2::alloc::{Allocator, Layout};
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
    pub(super) allocator: HeapAllocator,
    pub(crate) account: Account,
    pub(crate) leftovers: Leftovers,
    pub(super) numbers: Numbers,
    /// Pages that contexts made and the heap has not entered into its table.
    pub(super) announced: Announced,
    /// What contexts that were dropped had.
    pub(super) returned: Handed<Core>,
    pub(super) contexts: Contexts,
    /// The first of the pages that slots with handles lie in, linked through their headers. Written once, by the heap,
    /// before it leaves the keepers.
    pages: UnsafeCell<Option<PageRef>>,
}

// SAFETY: all is constant, atomic or `Sync` but `pages`, which the heap writes before it leaves `keepers`, an `AcqRel` step, and
// which only the last of them reads, after its own; the estate of `contexts` in the same way, with the parties; and what
// was handed over, which the mutable borrower of the heap takes.
unsafe impl Sync for Shared {}
// SAFETY: as above; pages may be given back on any thread.
unsafe impl Send for Shared {}

const LAYOUT: Layout = Layout::new::<Shared>();

impl Shared {
    /// `None` when the allocator has no room for it.
    pub(super) fn create(
        allocator: HeapAllocator,
        tag: u16,
        heap_id: u32,
    ) -> Option<NonNull<Shared>> {
        let shared = allocator.allocate(LAYOUT).ok()?.cast::<Shared>();
        let parts = Shared {
            published: Published::new(),
            tag,
            heap_id,
            finalizing: AtomicU32::new(0),
            keepers: Keepers::new(),
            allocator,
            account: Account::new(),
            leftovers: Leftovers::new(),
            numbers: Numbers::new(),
            announced: Announced::new(),
            returned: Handed::new(),
            contexts: Contexts::new(),
            pages: UnsafeCell::new(None),
        };
        // SAFETY: the memory was just allocated for it.
        unsafe { shared.write(parts) };
        Some(shared)
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

/// The end of a handle that was the last of its object: O(1), on any thread. If the heap has ended and this is the last
/// object that had handles left, it gives back the pages that were kept for them: O(such pages).
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
pub(crate) fn leave_to_orphans(shared: NonNull<Shared>, pages: Option<PageRef>, count: u64) {
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
    // SAFETY: it was written in `create`, and the last keeper has left: nobody else can reach it.
    let parts = unsafe { shared.read() };
    let allocator = parts.allocator;
    let mut pages = parts.pages.into_inner();
    while let Some(page) = pages {
        pages = page.job_next(Lane::Minor);
        // SAFETY: all values of the heap were dropped at its end, and no handle is left.
        unsafe { page.destroy(&allocator) }
    }
    // SAFETY: it came from this allocator, in `create`, and its parts have been moved out.
    unsafe { allocator.deallocate(shared.cast(), LAYOUT) };
    tags::give_back(parts.tag);
}
