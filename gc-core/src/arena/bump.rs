use super::HeapAllocator;
use allocator_api2::alloc::{AllocError, Allocator, Layout};
use bumpalo::Bump;
use core::fmt;
use core::ptr::NonNull;
use portable_atomic_util::Arc;
use spin::Mutex;

/// A [`Bump`](bumpalo::Bump) that heaps can stand on: memory for a round or a level that goes away whole.
///
/// The end of such a heap drops the values that have something to drop, and visits no others; its pages go back with
/// the bump, all at once. Until then nothing is given back, so that what dies in the round is used again only by objects
/// of its type. [`BumpAllocator::reset`] makes the bump ready for the next round with the chunk that it has.
///
/// The bump is owned and shared, behind a lock. One that is only borrowed (`&Bump` is an `Allocator` too) is refused by
/// the bound `'static` of [`HeapAllocator::new`], and must be: handles have no lifetime, so nothing would keep the
/// borrower from resetting the bump while a handle still counts in one of its pages. Here the bump lives until the last
/// heap, container and handle on it has gone, wherever that is.
///
/// Cost: an uncontended spin lock and an addition for a page, a table or the storage of a container; objects come out of
/// pages and pay nothing.
///
/// ```
/// use gc_core::{BumpAllocator, Gc, Heap, HeapConfig};
///
/// let mut level = BumpAllocator::new();
/// for _ in 0..3 {
///     let mut heap = Heap::with_config(HeapConfig {
///         allocator: level.clone().into(),
///         ..HeapConfig::default()
///     });
///     let enemies: Vec<Gc<[f32; 4]>> = (0..1000).map(|_| heap.alloc([0.0; 4])).collect();
///     assert!(level.allocated_bytes() >= 16_000);
///     drop(heap);
///     assert!(!level.reset()); // handles are left
///     drop(enemies);
///     assert!(level.reset()); // all at once
/// }
/// ```
#[derive(Clone, Default)]
pub struct BumpAllocator {
    bump: Arc<Mutex<Bump>>,
}

impl BumpAllocator {
    /// An empty bump; chunks come from the global allocator when they are needed. Cost: one small allocation.
    pub fn new() -> Self {
        BumpAllocator::default()
    }

    /// One that has a chunk of so many bytes from the start.
    ///
    /// # Panics
    /// If there is no memory for it; [`BumpAllocator::from`] takes a bump made in any way.
    pub fn with_capacity(bytes: usize) -> Self {
        Bump::with_capacity(bytes).into()
    }

    /// Bytes of its chunks.
    pub fn allocated_bytes(&self) -> usize {
        self.bump.lock().allocated_bytes()
    }

    /// Takes everything back at once and keeps the largest chunk, so that a round that needs no more than the one before
    /// never asks the global allocator. False, and nothing is done, while anything stands on it: a heap, a container, a
    /// handle, an allocator made of it. Cost: O(chunks), of which one stays.
    pub fn reset(&mut self) -> bool {
        match Arc::get_mut(&mut self.bump) {
            Some(bump) => {
                bump.get_mut().reset();
                true
            }
            None => false,
        }
    }

    /// The bump back, or this while anything stands on it.
    pub fn try_into_bump(self) -> Result<Bump, Self> {
        match Arc::try_unwrap(self.bump) {
            Ok(bump) => Ok(bump.into_inner()),
            Err(bump) => Err(BumpAllocator { bump }),
        }
    }
}

impl From<Bump> for BumpAllocator {
    fn from(bump: Bump) -> Self {
        BumpAllocator {
            bump: Arc::new(Mutex::new(bump)),
        }
    }
}

impl From<BumpAllocator> for HeapAllocator {
    /// Cost: one small allocation on the global allocator.
    fn from(bump: BumpAllocator) -> Self {
        HeapAllocator::whole(bump)
    }
}

impl fmt::Debug for BumpAllocator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BumpAllocator")
            .field("allocated_bytes", &self.allocated_bytes())
            .finish()
    }
}

// SAFETY: blocks lie in the bump's chunks, which are moved or freed by `reset` and the bump's drop only. Both need every
// clone but one to be gone, and whoever holds memory of an allocator holds a clone of it. The lock keeps two threads from
// being in the bump at a time.
unsafe impl Allocator for BumpAllocator {
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        (&*self.bump.lock()).allocate(layout)
    }

    // SAFETY: the duties are those of `Allocator`, and are passed on.
    unsafe fn deallocate(&self, memory: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller's duty.
        unsafe { (&*self.bump.lock()).deallocate(memory, layout) }
    }

    // SAFETY: the duties are those of `Allocator`, and are passed on.
    unsafe fn grow(
        &self,
        memory: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        // SAFETY: the caller's duty.
        unsafe { (&*self.bump.lock()).grow(memory, old, new) }
    }

    // SAFETY: the duties are those of `Allocator`, and are passed on.
    unsafe fn shrink(
        &self,
        memory: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        // SAFETY: the caller's duty.
        unsafe { (&*self.bump.lock()).shrink(memory, old, new) }
    }
}
