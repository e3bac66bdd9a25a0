//! Slices and strings as objects.

use super::Heap;
use super::make::fail;
use crate::containers::{GcSlice, GcStr, GcVec};
use crate::{AllocError, AllocErrorKind, Gc, Trace};

impl Heap {
    /// Puts clones of the elements of a slice on the heap, as one object. A safepoint, as [`Heap::alloc`].
    ///
    /// ```
    /// use gc_core::{Gc, Heap, containers::GcSlice};
    ///
    /// let mut heap = Heap::new();
    /// let path: Gc<GcSlice<u16>> = heap.alloc_slice(&[3, 1, 2]);
    /// heap[&path].sort();
    /// assert_eq!(heap[&path], [1, 2, 3]);
    /// ```
    ///
    /// # Panics
    /// If there is no memory, or the hard limit is reached, also after a full collection.
    #[track_caller]
    pub fn alloc_slice<T: Trace + Clone>(&mut self, items: &[T]) -> Gc<GcSlice<T>> {
        self.alloc_slice_from_iter(items.iter().cloned())
    }

    /// Puts clones of the elements of a slice on the heap, as one object.
    ///
    /// # Errors
    /// If there is no memory, or the hard limit is reached, also after a full collection. Nothing was cloned.
    #[cfg_attr(feature = "call_sites", track_caller)]
    pub fn try_alloc_slice<T: Trace + Clone>(
        &mut self,
        items: &[T],
    ) -> Result<Gc<GcSlice<T>>, AllocErrorKind> {
        self.try_alloc_slice_from_iter(items.iter().cloned())
            .map_err(|error| error.kind)
    }

    /// Puts the items of an iterator on the heap, as one object: as many as its `len()` says at the most. A safepoint,
    /// as [`Heap::alloc`]. If the iterator panics, nothing was allocated.
    ///
    /// # Panics
    /// As [`Heap::alloc_slice`].
    #[track_caller]
    pub fn alloc_slice_from_iter<I>(&mut self, items: I) -> Gc<GcSlice<I::Item>>
    where
        I: IntoIterator<IntoIter: ExactSizeIterator>,
        I::Item: Trace,
    {
        match self.try_alloc_slice_from_iter(items) {
            Ok(slice) => slice,
            Err(error) => fail::<GcSlice<I::Item>>(error.kind),
        }
    }

    /// Puts the items of an iterator on the heap, as one object, or gives the iterator back, which was not asked for
    /// any.
    ///
    /// # Errors
    /// If there is no memory, or the hard limit is reached, also after a full collection.
    #[cfg_attr(feature = "call_sites", track_caller)]
    pub fn try_alloc_slice_from_iter<I>(
        &mut self,
        items: I,
    ) -> Result<Gc<GcSlice<I::Item>>, AllocError<I::IntoIter>>
    where
        I: IntoIterator<IntoIter: ExactSizeIterator>,
        I::Item: Trace,
    {
        let mut items = items.into_iter();
        let count = items.len();
        let made = match self.room_for::<I::Item>(count) {
            Ok(mut room) => self.try_alloc_with(|| {
                room.extend(items.by_ref().take(count));
                GcSlice::from(room)
            }),
            Err(kind) => Err(kind),
        };
        made.map_err(|kind| AllocError::of_object::<GcSlice<I::Item>>(items, kind))
    }

    /// Puts a copy of a string on the heap. A safepoint, as [`Heap::alloc`].
    ///
    /// ```
    /// use gc_core::{Gc, Heap, containers::GcStr};
    ///
    /// let mut heap = Heap::new();
    /// let name: Gc<GcStr> = heap.alloc_str("flagship");
    /// assert_eq!(&heap[&name][..4], "flag");
    /// ```
    ///
    /// # Panics
    /// As [`Heap::alloc_slice`].
    #[track_caller]
    pub fn alloc_str(&mut self, text: &str) -> Gc<GcStr> {
        match self.try_alloc_str(text) {
            Ok(text) => text,
            Err(kind) => fail::<GcStr>(kind),
        }
    }

    /// Puts a copy of a string on the heap.
    ///
    /// # Errors
    /// If there is no memory, or the hard limit is reached, also after a full collection.
    #[cfg_attr(feature = "call_sites", track_caller)]
    pub fn try_alloc_str(&mut self, text: &str) -> Result<Gc<GcStr>, AllocErrorKind> {
        let room = self.room_for::<u8>(text.len())?;
        self.try_alloc_with(|| GcStr::new(text, room))
    }

    /// Room for `count` elements, after a collection if need be.
    fn room_for<T: Send + 'static>(&mut self, count: usize) -> Result<GcVec<T>, AllocErrorKind> {
        self.make_room(count.saturating_mul(size_of::<T>()))?;
        let storage = self.storage();
        match GcVec::try_with_capacity_in(count, storage.clone()) {
            Err(AllocErrorKind::OutOfMemory) => {
                self.collect_for_memory();
                GcVec::try_with_capacity_in(count, storage)
            }
            room => room,
        }
    }
}
