use super::{FrameArena, FrameFull};
use crate::Heap;
use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;
use portable_atomic::{AtomicU64, Ordering};

/// Numbers for frames, never given twice: a reference of one frame fits no other, in no arena.
static FRAMES: AtomicU64 = AtomicU64::new(1);

fn new_frame() -> u64 {
    FRAMES.fetch_add(1, Ordering::Relaxed)
}

/// Scratch memory for two frames: what is put into it in one frame can be read in that frame and in the next.
///
/// Values are reached through a [`FrameRef`], which is `Copy`, borrows nothing and fails when its frame is over: so a
/// system can leave messages for the next frame in a resource of plain data. As in a [`FrameArena`], values must be
/// `Copy`, and nothing in it can hold a strong handle.
///
/// ```
/// use gc_core::{DoubleFrameArena, FrameRef, Heap};
///
/// let heap = Heap::new();
/// let mut frames = DoubleFrameArena::of(&heap);
/// let hits: FrameRef<[u32]> = frames.alloc_slice(&[3, 4]);
/// frames.swap();
/// assert_eq!(frames.get(hits), Some(&[3, 4][..])); // the frame after
/// frames.swap();
/// assert_eq!(frames.get(hits), None);
/// ```
pub struct DoubleFrameArena {
    now: FrameArena,
    before: FrameArena,
    frame: u64,
    frame_before: u64,
}

/// Where a value lies in a [`DoubleFrameArena`]. 16 bytes, 24 for a slice.
pub struct FrameRef<T: ?Sized> {
    place: NonNull<T>,
    frame: u64,
    /// Not covariant: it can be written through.
    marker: PhantomData<fn(*const T) -> *const T>,
}

// SAFETY: the place is reached through the arena only, which is on one thread at a time, and the values in it are `Send`.
unsafe impl<T: ?Sized> Send for FrameRef<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized> Sync for FrameRef<T> {}

impl<T: ?Sized> Clone for FrameRef<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for FrameRef<T> {}

impl<T: ?Sized> fmt::Debug for FrameRef<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FrameRef(frame {})", self.frame)
    }
}

impl Default for DoubleFrameArena {
    fn default() -> Self {
        DoubleFrameArena {
            now: FrameArena::new(),
            before: FrameArena::new(),
            frame: new_frame(),
            frame_before: new_frame(),
        }
    }
}

impl DoubleFrameArena {
    /// One that reports to no heap.
    pub fn new() -> Self {
        DoubleFrameArena::default()
    }

    /// One that reports to the heap, as two frame arenas.
    pub fn of(heap: &Heap) -> Self {
        DoubleFrameArena {
            now: heap.frame_arena(),
            before: heap.frame_arena(),
            ..DoubleFrameArena::default()
        }
    }

    /// Puts a value into this frame.
    ///
    /// # Panics
    /// If there is no memory; [`DoubleFrameArena::try_alloc`] gives the value back instead.
    #[inline]
    #[track_caller]
    pub fn alloc<T: Copy + Send + 'static>(&self, value: T) -> FrameRef<T> {
        self.refer(self.now.alloc(value))
    }

    /// Puts a value into this frame.
    ///
    /// # Errors
    /// If there is no memory. The value comes back.
    #[inline]
    pub fn try_alloc<T: Copy + Send + 'static>(
        &self,
        value: T,
    ) -> Result<FrameRef<T>, FrameFull<T>> {
        self.now.try_alloc(value).map(|place| self.refer(place))
    }

    /// Puts a copy of a slice into this frame.
    ///
    /// # Panics
    /// If there is no memory; [`DoubleFrameArena::try_alloc_slice`] answers an error instead.
    #[inline]
    #[track_caller]
    pub fn alloc_slice<T: Copy + Send + 'static>(&self, items: &[T]) -> FrameRef<[T]> {
        self.refer(self.now.alloc_slice(items))
    }

    /// Puts a copy of a slice into this frame.
    ///
    /// # Errors
    /// If there is no memory.
    #[inline]
    pub fn try_alloc_slice<T: Copy + Send + 'static>(
        &self,
        items: &[T],
    ) -> Result<FrameRef<[T]>, FrameFull<()>> {
        let place = self.now.try_alloc_slice(items);
        place.map(|place| self.refer(place))
    }

    /// The value, in its frame and the next.
    #[inline]
    pub fn get<T: ?Sized>(&self, of: FrameRef<T>) -> Option<&T> {
        if !self.has(of.frame) {
            return None;
        }
        // SAFETY: the frame's number is this arena's alone, so the value lies in one of its two bumps, which was not reset
        // since; it is written under `&mut self` only.
        Some(unsafe { of.place.as_ref() })
    }

    /// The value, to change it, in its frame and the next.
    #[inline]
    pub fn get_mut<T: ?Sized>(&mut self, mut of: FrameRef<T>) -> Option<&mut T> {
        if !self.has(of.frame) {
            return None;
        }
        // SAFETY: as in `get`; and the arena is borrowed mutably, so this is the only reference to any of its values.
        Some(unsafe { of.place.as_mut() })
    }

    /// Ends the frame: what was put into the one before goes. Cost: O(1), as [`FrameArena::reset`].
    pub fn swap(&mut self) {
        core::mem::swap(&mut self.now, &mut self.before);
        // Before the reset: should that panic, nothing refers to what is gone.
        self.frame_before = self.frame;
        self.frame = new_frame();
        self.now.reset();
    }

    /// The frame of this moment and the one before.
    pub fn arenas(&self) -> [&FrameArena; 2] {
        [&self.now, &self.before]
    }

    #[inline]
    fn has(&self, frame: u64) -> bool {
        frame == self.frame || frame == self.frame_before
    }

    fn refer<T: ?Sized>(&self, place: &mut T) -> FrameRef<T> {
        FrameRef {
            place: NonNull::from(place),
            frame: self.frame,
            marker: PhantomData,
        }
    }
}

impl fmt::Debug for DoubleFrameArena {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.arenas()).finish()
    }
}
