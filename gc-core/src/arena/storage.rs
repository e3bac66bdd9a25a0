use super::HeapAllocator;
use super::Shared;
use super::leftovers::Leftover;
use super::shared;
use crate::AllocErrorKind;
use alloc::boxed::Box;
use allocator_api2::alloc::{AllocError, Allocator, Layout};
use core::fmt;
use core::ptr::NonNull;

/// The allocator of what containers hold on behalf of a heap: their bytes count in [`Heap::bytes`](crate::Heap::bytes),
/// in its peak, its pacing and its [`Limits`](crate::Limits).
///
/// It is counted, and leads to the part of the heap that its handles keep: a container may outlive its heap, and may
/// grow and be dropped on any thread. One made by [`Heap::storage`](crate::Heap::storage) refuses what would bring the
/// heap above its hard limit (exactly while one thread allocates; when several do, by at most one allocation each);
/// [`Heap::make_room`](crate::Heap::make_room) collects first. The default is bound to no heap: it stands on the global
/// allocator and is counted nowhere, so that containers can be `Default` and moved out with `mem::take`.
///
/// Cost: `clone` and `drop` are one atomic addition, an allocation adds one compare-and-swap to that of the allocator.
///
/// ```
/// use allocator_api2::vec::Vec;
/// use gc_core::{Heap, Limits};
///
/// let mut heap = Heap::new();
/// let mut list = Vec::new_in(heap.storage());
/// list.push(7u64);
/// assert_eq!(heap.storage_bytes(), list.capacity() * 8);
/// assert_eq!(heap.bytes(), heap.storage_bytes());
///
/// heap.set_limits(Limits { hard: 1000, ..Limits::default() });
/// assert!(list.try_reserve(1000).is_err());
/// drop(list);
/// assert_eq!(heap.bytes(), 0);
/// ```
#[derive(Default)]
pub struct Storage {
    shared: Option<NonNull<Shared>>,
}

// SAFETY: the shared part of a heap is `Sync`, and a storage is one of its keepers, whichever thread it is on.
unsafe impl Send for Storage {}
// SAFETY: as above.
unsafe impl Sync for Storage {}

impl Storage {
    /// A storage of the heap, which keeps the shared part as well as the caller does.
    pub(super) fn of(shared: NonNull<Shared>) -> Self {
        // SAFETY: the caller is a keeper, so it exists.
        unsafe { shared.as_ref() }.keepers.join();
        Storage {
            shared: Some(shared),
        }
    }

    #[inline]
    pub(super) fn shared(&self) -> Option<&Shared> {
        // SAFETY: this storage is a keeper, so the shared part exists.
        self.shared.map(|shared| unsafe { shared.as_ref() })
    }

    #[inline]
    fn allocator(&self) -> &HeapAllocator {
        const GLOBAL: &HeapAllocator = &HeapAllocator::global();
        match self.shared() {
            Some(shared) => &shared.allocator,
            None => GLOBAL,
        }
    }

    /// Does it count its bytes in a heap?
    pub fn is_bound(&self) -> bool {
        self.shared.is_some()
    }

    /// Why it gave nothing when it was asked for so many bytes.
    #[cold]
    pub(crate) fn refusal(&self, bytes: usize) -> AllocErrorKind {
        let account = self.shared().map(|shared| &shared.account);
        match account {
            Some(account) if account.used().saturating_add(bytes) > account.hard() => {
                AllocErrorKind::HardLimit {
                    limit: account.hard(),
                    used: account.used(),
                }
            }
            _ => AllocErrorKind::OutOfMemory,
        }
    }

    /// So many bytes more are in use; false, and nothing is changed, when the hard limit is against it.
    pub(crate) fn count(&self, bytes: usize) -> bool {
        self.shared()
            .is_none_or(|shared| shared.account.grow(bytes))
    }

    /// So many that were counted are not in use any more.
    pub(crate) fn uncount(&self, bytes: usize) {
        if let Some(shared) = self.shared() {
            shared.account.shrink(bytes);
        }
    }

    /// Leaves the elements of a container to the heap, which drops them in pieces; gives them back when there is no heap,
    /// or when it cannot take them.
    pub(crate) fn leave(&self, leftover: Box<dyn Leftover>) -> Result<(), Box<dyn Leftover>> {
        match self.shared() {
            Some(shared) => shared.leftovers.leave(leftover),
            None => Err(leftover),
        }
    }

    /// Do both count their bytes in the same heap, or both in none? Then memory may go from one to the other.
    pub fn is_same(&self, other: &Storage) -> bool {
        self.shared == other.shared
    }
}

impl Clone for Storage {
    #[inline]
    fn clone(&self) -> Self {
        match self.shared {
            Some(shared) => Storage::of(shared),
            None => Storage::default(),
        }
    }
}

impl Drop for Storage {
    #[inline]
    fn drop(&mut self) {
        if let Some(shared) = self.shared {
            shared::leave(shared);
        }
    }
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.shared() {
            Some(shared) => write!(f, "Storage(heap {})", shared.heap_id),
            None => f.write_str("Storage(global)"),
        }
    }
}

/// As long as was asked for and no longer, so that every block is freed with the size it was counted with.
#[inline]
fn exactly(block: NonNull<[u8]>, layout: Layout) -> NonNull<[u8]> {
    NonNull::slice_from_raw_parts(block.cast(), layout.size())
}

// SAFETY: memory comes from and goes back to one allocator, the heap's or the global one, which the shared part keeps, and
// so this storage, wherever it moves; clones have the same.
unsafe impl Allocator for Storage {
    #[inline]
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        let shared = self.shared();
        if shared.is_some_and(|shared| !shared.account.grow(layout.size())) {
            return Err(AllocError);
        }
        match self.allocator().allocate(layout) {
            Ok(block) => Ok(exactly(block, layout)),
            Err(error) => {
                if let Some(shared) = shared {
                    shared.account.take_back(layout.size());
                }
                Err(error)
            }
        }
    }

    // SAFETY: the duties are those of `Allocator`, and are passed on.
    #[inline]
    unsafe fn deallocate(&self, memory: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller's duty.
        unsafe { self.allocator().deallocate(memory, layout) }
        if let Some(shared) = self.shared() {
            shared.account.shrink(layout.size());
        }
    }

    // SAFETY: the duties are those of `Allocator`, and are passed on.
    #[inline]
    unsafe fn grow(
        &self,
        memory: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        let more = new.size() - old.size();
        let shared = self.shared();
        if shared.is_some_and(|shared| !shared.account.grow(more)) {
            return Err(AllocError);
        }
        // SAFETY: the caller's duty.
        match unsafe { self.allocator().grow(memory, old, new) } {
            Ok(block) => Ok(exactly(block, new)),
            Err(error) => {
                if let Some(shared) = shared {
                    shared.account.take_back(more);
                }
                Err(error)
            }
        }
    }

    // SAFETY: the duties are those of `Allocator`, and are passed on.
    #[inline]
    unsafe fn shrink(
        &self,
        memory: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        // SAFETY: the caller's duty.
        let block = unsafe { self.allocator().shrink(memory, old, new) }?;
        if let Some(shared) = self.shared() {
            shared.account.shrink(old.size() - new.size());
        }
        Ok(exactly(block, new))
    }
}

/// The same memory, without counting it: for what counts by a formula ([`Storage::count`]).
#[derive(Clone)]
pub(crate) struct Uncounted(pub(crate) Storage);

// SAFETY: as that of `Storage`.
unsafe impl Allocator for Uncounted {
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        self.0.allocator().allocate(layout)
    }

    // SAFETY: the duties are those of `Allocator`, and are passed on.
    unsafe fn deallocate(&self, memory: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller's duty.
        unsafe { self.0.allocator().deallocate(memory, layout) }
    }
}
