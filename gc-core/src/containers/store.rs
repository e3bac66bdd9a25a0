//! What all containers stand on: a vector in a heap's storage that never aborts.

use crate::arena::leftovers::{Leftover, PIECE};
use crate::{AllocError, AllocErrorKind, Storage};
use alloc::boxed::Box;
use allocator_api2::collections::{TryReserveError, TryReserveErrorKind};
use allocator_api2::vec::{IntoIter, Vec};
use core::alloc::Layout;
use core::mem;

/// The elements of a container. Whatever allocates says so, and fails with a reason.
pub(super) struct Store<T: Send + 'static> {
    items: Vec<T, Storage>,
}

/// Why the storage gave nothing. `layout` is what it was asked for, if it was.
#[cold]
fn reason(storage: &Storage, layout: Option<Layout>) -> AllocErrorKind {
    match layout {
        Some(layout) => storage.refusal(layout.size()),
        None => AllocErrorKind::TooLarge,
    }
}

#[cold]
fn convert(storage: &Storage, error: TryReserveError) -> AllocErrorKind {
    match error.kind() {
        TryReserveErrorKind::CapacityOverflow => reason(storage, None),
        TryReserveErrorKind::AllocError { layout, .. } => reason(storage, Some(layout)),
    }
}

/// The end of an infallible method that found no memory.
#[cold]
#[inline(never)]
#[track_caller]
pub(super) fn fail(kind: AllocErrorKind) -> ! {
    panic!("a container cannot grow: {kind}")
}

/// A container that was filled, or it with what there was no room for.
pub(super) fn whole<C, R>(
    container: C,
    filled: Result<(), AllocError<R>>,
) -> Result<C, AllocError<(C, R)>> {
    match filled {
        Ok(()) => Ok(container),
        Err(error) => Err(error.map(|rest| (container, rest))),
    }
}

impl<T: Send + 'static> Store<T> {
    #[inline]
    pub(super) fn new_in(storage: Storage) -> Self {
        Store {
            items: Vec::new_in(storage),
        }
    }

    pub(super) fn try_with_capacity_in(
        capacity: usize,
        storage: Storage,
    ) -> Result<Self, AllocErrorKind> {
        let mut store = Store::new_in(storage);
        store.try_reserve_exact(capacity)?;
        Ok(store)
    }

    #[inline]
    pub(super) fn storage(&self) -> &Storage {
        self.items.allocator()
    }

    #[inline]
    pub(super) fn items(&self) -> &Vec<T, Storage> {
        &self.items
    }

    /// To change them in ways that do not allocate.
    #[inline]
    pub(super) fn items_mut(&mut self) -> &mut Vec<T, Storage> {
        &mut self.items
    }

    /// What is in it, leaving it empty, in the same storage.
    pub(super) fn take(&mut self) -> Vec<T, Storage> {
        let empty = Vec::new_in(self.storage().clone());
        mem::replace(&mut self.items, empty)
    }

    #[inline]
    pub(super) fn try_reserve(&mut self, additional: usize) -> Result<(), AllocErrorKind> {
        self.items
            .try_reserve(additional)
            .map_err(|error| convert(self.storage(), error))
    }

    pub(super) fn try_reserve_exact(&mut self, additional: usize) -> Result<(), AllocErrorKind> {
        self.items
            .try_reserve_exact(additional)
            .map_err(|error| convert(self.storage(), error))
    }

    /// Room for one more.
    #[inline(always)]
    pub(super) fn try_room(&mut self) -> Result<(), AllocErrorKind> {
        if self.items.len() == self.items.capacity() {
            return self.try_grow();
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn try_grow(&mut self) -> Result<(), AllocErrorKind> {
        self.try_reserve(1)
    }

    /// Gives back what is not needed, as far as there is memory to move to.
    pub(super) fn shrink_to(&mut self, capacity: usize) {
        let capacity = capacity.max(self.items.len());
        if capacity >= self.items.capacity() {
            return;
        }
        let mut smaller = Vec::new_in(self.storage().clone());
        if smaller.try_reserve_exact(capacity).is_ok() {
            smaller.append(&mut self.items);
            self.items = smaller;
        }
    }
}

impl<T: Send + 'static> Drop for Store<T> {
    #[inline]
    fn drop(&mut self) {
        if mem::needs_drop::<T>() && self.items.len() > PIECE && self.storage().is_bound() {
            self.leave();
        }
    }
}

impl<T: Send + 'static> Store<T> {
    /// Leaves the elements to the heap, to be dropped in pieces.
    #[cold]
    fn leave(&mut self) {
        let storage = self.storage().clone();
        // A box that does not abort when there is no memory.
        let mut room = alloc::vec::Vec::new();
        if room.try_reserve_exact(1).is_err() {
            return;
        }
        room.push(self.take().into_iter());
        if let Ok(boxed) = Box::<[IntoIter<T, Storage>; 1]>::try_from(room) {
            // Given back, it is dropped here.
            drop(storage.leave(boxed));
        }
    }
}

impl<T: Send + 'static> Leftover for [IntoIter<T, Storage>; 1] {
    fn drop_some(&mut self, most: usize) -> bool {
        let [items] = self;
        items.by_ref().take(most).for_each(drop);
        items.len() > 0
    }
}
