//! Scratch memory that lasts a frame, or two.

mod double;

pub use double::{DoubleFrameArena, FrameRef};

use crate::Storage;
use crate::arena::FrameUse;
use bumpalo::Bump;
use core::fmt;

/// Scratch memory for one frame: values are put into it at the cost of an addition, and all go at once.
///
/// It borrows no heap: [`Heap::frame_arena`](crate::Heap::frame_arena) makes one that reports to the heap
/// ([`Heap::frame_stats`](crate::Heap::frame_stats)), and systems fill it while they have `&mut Heap`. It can be moved to
/// another thread, not shared between several: one for each system or thread, as a `Local` in Bevy.
///
/// **Nothing in it holds a strong handle past the reset**: values must be `Copy`, which a [`Gc`](crate::Gc) is not, so
/// there is nothing to drop, and the reset is O(1). A [`Weak`](crate::Weak) may be in it, as it holds nothing; so may a
/// borrowed handle (`&Gc<T>`), which the borrow checker ends before the reset.
///
/// Its memory comes from the global allocator in chunks. The reset keeps the largest, so after a few frames there is one
/// that is large enough and the allocator is not asked any more.
///
/// ```
/// use gc_core::{Gc, Heap};
///
/// let mut heap = Heap::new();
/// let mut frame = heap.frame_arena();
/// let targets: Vec<Gc<[f32; 2]>> = (0..3).map(|at| heap.alloc([at as f32, 0.0])).collect();
/// for _frame in 0..2 {
///     let near = frame.alloc_slice_fill_iter(targets.iter().filter(|target| heap[*target][0] < 1.5));
///     let hit = frame.alloc((near.len(), 0.5));
///     heap[&targets[0]][1] = hit.1; // the heap is not borrowed by what lies in the frame
///     frame.reset();
/// }
/// assert!(heap.frame_stats().high_water > 0);
/// ```
///
/// ```compile_fail,E0277
/// # let mut heap = gc_core::Heap::new();
/// # let frame = heap.frame_arena();
/// frame.alloc(heap.alloc(1u32)); // a handle is not `Copy`
/// ```
///
/// ```compile_fail,E0502
/// # let mut heap = gc_core::Heap::new();
/// # let mut frame = heap.frame_arena();
/// let kept = frame.alloc(1u32);
/// frame.reset();
/// *kept = 2; // gone with the frame
/// ```
#[derive(Default)]
pub struct FrameArena {
    bump: Bump,
    used: FrameUse,
}

/// What the frame arenas of a heap use.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct FrameStats {
    /// Bytes of their chunks, now. They count towards no limit: no collection could free them.
    pub bytes: usize,
    /// The most that one of them has used in a frame, in bytes, known from its reset on.
    pub high_water: usize,
}

/// There was no memory for a value; it is in here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FrameFull<T>(pub T);

impl<T> fmt::Debug for FrameFull<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FrameFull(..)")
    }
}

impl<T> fmt::Display for FrameFull<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the allocator has no more memory for this frame's scratch")
    }
}

impl<T> core::error::Error for FrameFull<T> {}

impl FrameArena {
    /// One that reports to no heap, without memory at first.
    pub fn new() -> Self {
        FrameArena::default()
    }

    pub(crate) fn of(storage: Storage) -> Self {
        FrameArena {
            bump: Bump::new(),
            used: FrameUse::of(storage),
        }
    }

    /// Puts a value into the frame. Cost: an addition, and a chunk now and then.
    ///
    /// # Panics
    /// If there is no memory; [`FrameArena::try_alloc`] gives the value back instead.
    #[inline]
    #[track_caller]
    pub fn alloc<T: Copy>(&self, value: T) -> &mut T {
        match self.try_alloc(value) {
            Ok(place) => place,
            Err(full) => panic!("{full}"),
        }
    }

    /// Puts a value into the frame.
    ///
    /// # Errors
    /// If there is no memory. The value comes back.
    #[inline]
    pub fn try_alloc<T: Copy>(&self, value: T) -> Result<&mut T, FrameFull<T>> {
        let place = self.bump.try_alloc(value);
        self.note();
        place.map_err(|_| FrameFull(value))
    }

    /// Puts a copy of a slice into the frame.
    ///
    /// # Panics
    /// If there is no memory.
    #[inline]
    #[track_caller]
    pub fn alloc_slice<T: Copy>(&self, items: &[T]) -> &mut [T] {
        match self.try_alloc_slice(items) {
            Ok(items) => items,
            Err(full) => panic!("{full}"),
        }
    }

    /// Puts a copy of a slice into the frame.
    ///
    /// # Errors
    /// If there is no memory.
    #[inline]
    pub fn try_alloc_slice<T: Copy>(&self, items: &[T]) -> Result<&mut [T], FrameFull<()>> {
        let place = self.bump.try_alloc_slice_copy(items);
        self.note();
        place.map_err(|_| FrameFull(()))
    }

    /// Puts the items of an iterator into the frame, however many they are. Cost: while it grows, items may be copied, as
    /// by `Vec`, and what was too short stays behind until the reset.
    ///
    /// # Panics
    /// If there is no memory.
    #[track_caller]
    pub fn alloc_slice_fill_iter<T: Copy>(&self, items: impl IntoIterator<Item = T>) -> &mut [T] {
        let mut list = allocator_api2::vec::Vec::new_in(&self.bump);
        for item in items {
            if list.try_reserve(1).is_err() {
                panic!("{}", FrameFull(()));
            }
            list.push(item);
        }
        self.note();
        list.leak()
    }

    /// Puts a copy of a string into the frame.
    ///
    /// # Panics
    /// If there is no memory.
    #[inline]
    #[track_caller]
    pub fn alloc_str(&self, text: &str) -> &mut str {
        let place = self.bump.try_alloc_str(text);
        self.note();
        match place {
            Ok(text) => text,
            Err(_) => panic!("{}", FrameFull(())),
        }
    }

    /// The end of the frame: everything in it goes. Cost: O(1) once it has one chunk, which is the largest it ever had.
    pub fn reset(&mut self) {
        self.used.frame_ended(self.used_bytes());
        self.bump.reset();
        self.note();
    }

    /// Bytes used since the reset, with what was lost at the ends of chunks.
    pub fn used_bytes(&self) -> usize {
        self.bump.allocated_bytes() - self.bump.chunk_capacity()
    }

    /// Bytes of its chunks.
    pub fn allocated_bytes(&self) -> usize {
        self.bump.allocated_bytes()
    }

    /// The most bytes that one frame has used, known from its reset on.
    pub fn high_water(&self) -> usize {
        self.used.high_water()
    }

    #[inline]
    fn note(&self) {
        let bytes = self.bump.allocated_bytes();
        if bytes != self.used.noted() {
            self.used.note(bytes);
        }
    }
}

impl fmt::Debug for FrameArena {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameArena")
            .field("used_bytes", &self.used_bytes())
            .field("allocated_bytes", &self.allocated_bytes())
            .field("high_water", &self.high_water())
            .finish()
    }
}
