//! Where pages come from.

use core::alloc::Layout;
use core::ptr::NonNull;

/// Memory for `layout`, whose size is not 0; `None` when there is none.
pub(super) fn allocate(layout: Layout) -> Option<NonNull<u8>> {
    debug_assert!(layout.size() > 0);
    // SAFETY: a page's size is never 0: it holds a header.
    NonNull::new(unsafe { alloc::alloc::alloc(layout) })
}

/// # Safety
/// `memory` came from [`allocate`] with the same layout, and nobody uses it any more.
pub(super) unsafe fn deallocate(memory: NonNull<u8>, layout: Layout) {
    // SAFETY: the caller's duty.
    unsafe { alloc::alloc::dealloc(memory.as_ptr(), layout) }
}
