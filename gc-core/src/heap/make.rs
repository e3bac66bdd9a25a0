//! Making objects.

use super::Heap;
use crate::arena::{Arena, NoSlot, Slot};
use crate::collect::{AT_ALLOCATION, Meter};
use crate::{AllocError, AllocErrorKind, Gc, ObjectId, Trace, Weak};

/// A slot that is released unless it is filled.
struct Reserved<'a>(&'a mut Arena, Slot);

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        self.0.release(self.1);
    }
}

impl Heap {
    /// Puts a value on the heap.
    ///
    /// A safepoint: a few objects that reference counting has condemned are reclaimed, and an automatic collection may
    /// run first. Cost otherwise: O(1), no call of the allocator but for a new page now and then.
    ///
    /// # Panics
    /// If there is no memory, or the hard limit is reached, also after a full collection;
    /// [`Heap::try_alloc`] gives the value back instead.
    #[inline]
    #[cfg_attr(feature = "call_sites", track_caller)]
    pub fn alloc<T: Trace>(&mut self, value: T) -> Gc<T> {
        // Not by `try_alloc`: the value would be copied once more, for the error.
        match self.slot_for::<T>() {
            Ok(slot) => self.arena.fill(slot, value),
            Err(kind) => fail::<T>(kind),
        }
    }

    /// Puts a value on the heap, or gives it back. Cost: as [`Heap::alloc`]; **each call that fails is a full
    /// collection** (some 6 ns an object and more, see [`Heap::collect`]), for a handle dropped anywhere may have made room:
    /// after a failure, drop something or skip the frame before the next try.
    ///
    /// # Errors
    /// If there is no memory, or the hard limit is reached, also after a full collection.
    #[inline]
    #[cfg_attr(feature = "call_sites", track_caller)]
    pub fn try_alloc<T: Trace>(&mut self, value: T) -> Result<Gc<T>, AllocError<T>> {
        match self.slot_for::<T>() {
            Ok(slot) => Ok(self.arena.fill(slot, value)),
            Err(kind) => Err(AllocError::of_object::<T>(value, kind)),
        }
    }

    /// Makes an object that refers to itself: the closure gets a weak handle to what it is about to make. The handle
    /// fails until the object is there.
    ///
    /// ```
    /// use gc_core::{Heap, Trace, Weak};
    ///
    /// #[derive(Trace)]
    /// struct Node { me: Weak<Node>, hp: u32 }
    ///
    /// let mut heap = Heap::new();
    /// let node = heap.alloc_cyclic(|me| Node { me, hp: 3 });
    /// assert_eq!(heap.get_weak(heap[&node].me).unwrap().hp, 3);
    /// ```
    ///
    /// # Panics
    /// As [`Heap::alloc`]. If the closure panics, nothing was allocated.
    #[track_caller]
    pub fn alloc_cyclic<T: Trace>(&mut self, make: impl FnOnce(Weak<T>) -> T) -> Gc<T> {
        match self.try_alloc_cyclic(make) {
            Ok(handle) => handle,
            Err(error) => fail::<T>(error.kind),
        }
    }

    /// As [`Heap::alloc_cyclic`], or gives the closure back, which was not called.
    ///
    /// # Errors
    /// If there is no memory, or the hard limit is reached, also after a full collection.
    ///
    /// # Panics
    /// If the closure does. Nothing was allocated then.
    #[cfg_attr(feature = "call_sites", track_caller)]
    pub fn try_alloc_cyclic<T: Trace, F: FnOnce(Weak<T>) -> T>(
        &mut self,
        make: F,
    ) -> Result<Gc<T>, AllocError<F>> {
        let slot = match self.slot_for::<T>() {
            Ok(slot) => slot,
            Err(kind) => return Err(AllocError::of_object::<T>(make, kind)),
        };
        self.arena.mark_reserved(slot);
        let weak = Weak::new(
            self.arena.heap_id,
            ObjectId {
                slot: slot.page.id_of(slot.word),
                version: slot.page.version_for_weak(slot.index),
            },
        );
        let reserved = Reserved(&mut self.arena, slot);
        let value = make(weak);
        core::mem::forget(reserved);
        Ok(self.arena.fill(slot, value))
    }

    /// Makes the value once there is a slot for it. If the closure panics, nothing was allocated.
    #[cfg_attr(feature = "call_sites", track_caller)]
    pub(super) fn try_alloc_with<T: Trace>(
        &mut self,
        make: impl FnOnce() -> T,
    ) -> Result<Gc<T>, AllocErrorKind> {
        let slot = self.slot_for::<T>()?;
        self.arena.mark_reserved(slot);
        let reserved = Reserved(&mut self.arena, slot);
        let value = make();
        core::mem::forget(reserved);
        Ok(self.arena.fill(slot, value))
    }

    /// A reserved slot, after the safepoint's duties.
    #[inline]
    fn slot_for<T: Trace>(&mut self) -> Result<Slot, AllocErrorKind> {
        #[cfg(feature = "chaos")]
        self.perhaps_chaos();
        if self.has_dead() {
            self.reclaim_some(&mut Meter::units(AT_ALLOCATION));
        }
        // As in CPython, the object that exceeds the threshold is not counted itself.
        let exceeds = self.counts[0] >= self.collect_at && T::tracked();
        if exceeds {
            self.collect_automatically();
        }
        let bytes = Arena::slot_bytes::<T>();
        if self.bytes().saturating_add(bytes) > self.alarm.at {
            self.near_limit(bytes)?;
        }
        let slot = match self.arena.reserve::<T>() {
            Ok(slot) => slot,
            Err(NoSlot::TooLarge) => return Err(AllocErrorKind::TooLarge),
            Err(NoSlot::OutOfMemory) => self.reserve_after_collection::<T>()?,
        };
        if slot.page.tracked() {
            self.counts[0] += usize::from(!exceeds);
            self.pacer.allocated(bytes);
        }
        Ok(slot)
    }

    #[cold]
    #[inline(never)]
    fn reserve_after_collection<T: Trace>(&mut self) -> Result<Slot, AllocErrorKind> {
        self.collect_for_memory();
        self.arena.reserve::<T>().map_err(|error| match error {
            NoSlot::TooLarge => AllocErrorKind::TooLarge,
            NoSlot::OutOfMemory => AllocErrorKind::OutOfMemory,
        })
    }
}

#[cold]
#[inline(never)]
#[track_caller]
pub(super) fn fail<T>(kind: AllocErrorKind) -> ! {
    panic!(
        "cannot allocate a `{}`: {kind}",
        core::any::type_name::<T>()
    )
}
