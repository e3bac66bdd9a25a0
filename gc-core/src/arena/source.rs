//! Where a heap's memory comes from.

use alloc::boxed::Box;
use allocator_api2::alloc::{AllocError, Allocator, Global, Layout};
use core::fmt;
use core::ptr::NonNull;
use portable_atomic_util::Arc;

/// The allocator that a heap stands on: its pages, its tables and the storage of its containers come from it.
///
/// The default is the global allocator. Any other that is `Send + Sync + 'static` can be named in
/// [`HeapConfig`](crate::HeapConfig): handles have no lifetime and may be dropped on any thread, so memory that is only
/// borrowed would be gone before them. The heap asks for pages of up to 64 KiB, aligned to 64 KiB; a
/// collection needs none to run to its end. When the allocator has no more, `try_` calls fail and the heap stays as it was.
///
/// Cloning it makes another handle of the same allocator. The allocator itself is dropped with the last handle, the
/// last heap on it and everything that outlives those.
///
/// ```
/// use gc_core::allocator_api2::alloc::{AllocError, Allocator, Global, Layout};
/// use gc_core::{Heap, HeapAllocator, HeapConfig};
/// use std::ptr::NonNull;
///
/// /// Memory for one level.
/// struct Level;
///
/// // SAFETY: passes everything on to the global allocator.
/// unsafe impl Allocator for Level {
///     fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
///         Global.allocate(layout)
///     }
///     unsafe fn deallocate(&self, memory: NonNull<u8>, layout: Layout) {
///         // SAFETY: the caller's duty.
///         unsafe { Global.deallocate(memory, layout) }
///     }
/// }
///
/// let mut heap = Heap::with_config(HeapConfig {
///     allocator: HeapAllocator::new(Level),
///     ..HeapConfig::default()
/// });
/// let boss = heap.alloc(String::from("boss"));
/// assert_eq!(heap[&boss], "boss");
/// ```
#[derive(Clone, Default)]
pub struct HeapAllocator(Option<Custom>);

#[derive(Clone)]
struct Custom {
    allocator: Arc<dyn Allocator + Send + Sync>,
    whole: bool,
}

impl HeapAllocator {
    /// The global allocator.
    pub const fn global() -> Self {
        HeapAllocator(None)
    }

    /// An allocator of the game's. Cost: one small allocation on the global allocator, which aborts when there is none.
    pub fn new(allocator: impl Allocator + Send + Sync + 'static) -> Self {
        HeapAllocator::custom(allocator, false)
    }

    /// One that gives all its memory back at once, when it is dropped: a heap on it keeps its pages to the end, and
    /// gives none of them back one by one, not even then.
    pub fn whole(allocator: impl Allocator + Send + Sync + 'static) -> Self {
        HeapAllocator::custom(allocator, true)
    }

    fn custom(allocator: impl Allocator + Send + Sync + 'static, whole: bool) -> Self {
        let allocator: Box<dyn Allocator + Send + Sync> = Box::new(allocator);
        HeapAllocator(Some(Custom {
            allocator: Arc::from(allocator),
            whole,
        }))
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.0.as_ref().is_some_and(|custom| custom.whole)
    }
}

/// A panic in an allocator, as of any code of the game's, leaves a consistent heap.
impl core::panic::UnwindSafe for HeapAllocator {}
impl core::panic::RefUnwindSafe for HeapAllocator {}

/// Two are equal when memory of one may be given back to the other.
impl PartialEq for HeapAllocator {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(one), Some(other)) => {
                core::ptr::addr_eq(Arc::as_ptr(&one.allocator), Arc::as_ptr(&other.allocator))
            }
            _ => false,
        }
    }
}

impl Eq for HeapAllocator {}

impl fmt::Debug for HeapAllocator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            None => "HeapAllocator(global)",
            Some(Custom { whole: false, .. }) => "HeapAllocator(custom)",
            Some(Custom { whole: true, .. }) => "HeapAllocator(whole)",
        })
    }
}

// SAFETY: passes everything on to one allocator, which clones share and which is not dropped before the last of them.
unsafe impl Allocator for HeapAllocator {
    #[inline]
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        match &self.0 {
            None => Global.allocate(layout),
            Some(custom) => custom.allocator.allocate(layout),
        }
    }

    // SAFETY: the duties are those of `Allocator`, and are passed on.
    #[inline]
    unsafe fn deallocate(&self, memory: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller's duty.
        unsafe {
            match &self.0 {
                None => Global.deallocate(memory, layout),
                Some(custom) => custom.allocator.deallocate(memory, layout),
            }
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
        // SAFETY: the caller's duty.
        unsafe {
            match &self.0 {
                None => Global.grow(memory, old, new),
                Some(custom) => custom.allocator.grow(memory, old, new),
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
        unsafe {
            match &self.0 {
                None => Global.shrink(memory, old, new),
                Some(custom) => custom.allocator.shrink(memory, old, new),
            }
        }
    }
}
