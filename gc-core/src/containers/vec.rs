use super::GcSlice;
use super::iterators::double_ended;
use super::store::{Store, fail, whole};
use crate::trace::{Trace, Tracer};
use crate::{AllocError, AllocErrorKind, Storage};
use allocator_api2::vec;
use core::borrow::{Borrow, BorrowMut};
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::mem;
use core::ops::{Deref, DerefMut, RangeBounds};
use core::slice;

/// A vector whose elements are counted in a heap's bytes: `Vec` with a storage, and a `try_` method beside each that
/// allocates.
///
/// What it derefs to, a slice, brings the rest: `iter`, `get`, `first`, `last`, `sort`, `binary_search`, `windows` …
///
/// Order: by index. Tracing: in pieces of 128 elements. Cost: as `Vec`; a long vector whose elements need dropping is
/// dropped in pieces, see [the module](super).
///
/// ```
/// use gc_core::{Gc, Heap, Trace, containers::GcVec};
///
/// #[derive(Trace)]
/// struct Ship { bullets: GcVec<Gc<Bullet>> }
/// #[derive(Trace)]
/// struct Bullet { owner: Gc<Ship> }
///
/// let mut heap = Heap::new();
/// let bullets = GcVec::with_capacity_in(4, &heap);
/// assert_eq!(heap.bytes(), 4 * size_of::<Gc<Bullet>>());
/// let ship = heap.alloc(Ship { bullets });
/// let bullet = heap.alloc(Bullet { owner: ship.clone() });
/// heap[&ship].bullets.push(bullet);
/// drop(ship);
/// assert_eq!(heap.collect().collected, 2);
/// assert_eq!(heap.bytes(), 0);
/// ```
pub struct GcVec<T: Send + 'static> {
    store: Store<T>,
}

impl<T: Send + 'static> GcVec<T> {
    /// An empty vector of no heap: it stands on the global allocator and is not counted. Cost: none.
    pub fn new() -> Self {
        GcVec::new_in(Storage::default())
    }

    /// An empty vector in the storage of a heap. Cost: one atomic addition; no memory before the first element.
    pub fn new_in(storage: impl Into<Storage>) -> Self {
        GcVec {
            store: Store::new_in(storage.into()),
        }
    }

    /// With room for so many elements.
    ///
    /// # Panics
    /// If there is no memory; [`GcVec::try_with_capacity_in`] answers an error.
    #[track_caller]
    pub fn with_capacity_in(capacity: usize, storage: impl Into<Storage>) -> Self {
        match GcVec::try_with_capacity_in(capacity, storage) {
            Ok(vec) => vec,
            Err(kind) => fail(kind),
        }
    }

    /// With room for so many elements.
    ///
    /// # Errors
    /// If there is no memory, or the heap would exceed its hard limit.
    pub fn try_with_capacity_in(
        capacity: usize,
        storage: impl Into<Storage>,
    ) -> Result<Self, AllocErrorKind> {
        Ok(GcVec {
            store: Store::try_with_capacity_in(capacity, storage.into())?,
        })
    }

    /// Of the items of an iterator.
    ///
    /// # Panics
    /// If there is no memory.
    #[track_caller]
    pub fn from_iter_in(items: impl IntoIterator<Item = T>, storage: impl Into<Storage>) -> Self {
        match GcVec::try_from_iter_in(items, storage) {
            Ok(vec) => vec,
            Err(error) => fail(error.kind),
        }
    }

    /// Of the items of an iterator, or gives back the vector of those that had room, and what is left of the iterator.
    ///
    /// # Errors
    /// If there is no memory, or the heap would exceed its hard limit.
    pub fn try_from_iter_in<I: IntoIterator<Item = T>>(
        items: I,
        storage: impl Into<Storage>,
    ) -> Result<Self, AllocError<(Self, I::IntoIter)>> {
        let mut vec = GcVec::new_in(storage);
        let filled = vec.try_extend(items);
        whole(vec, filled)
    }

    /// Where the elements are.
    pub fn storage(&self) -> &Storage {
        self.store.storage()
    }

    /// How many elements fit without allocating.
    #[inline]
    pub fn capacity(&self) -> usize {
        self.store.items().capacity()
    }

    /// The elements.
    #[inline]
    pub fn as_slice(&self) -> &[T] {
        self.store.items()
    }

    /// The elements, to change them.
    #[inline]
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        self.store.items_mut()
    }

    /// The elements, leaving an empty vector in the same storage, where `mem::take` would leave one of no heap.
    pub fn take(&mut self) -> Self {
        let empty = GcVec::new_in(self.storage().clone());
        mem::replace(self, empty)
    }

    /// Adds an element at the end. Cost: O(1) amortized.
    ///
    /// # Panics
    /// If there is no memory; [`GcVec::try_push`] gives the value back instead.
    #[inline]
    #[track_caller]
    pub fn push(&mut self, value: T) {
        if let Err(error) = self.try_push(value) {
            fail(error.kind);
        }
    }

    /// Adds an element at the end, or gives it back. Cost: O(1) amortized.
    ///
    /// # Errors
    /// If there is no memory, or the heap would exceed its hard limit.
    #[inline]
    pub fn try_push(&mut self, value: T) -> Result<(), AllocError<T>> {
        match self.store.items_mut().push_within_capacity(value) {
            Ok(()) => Ok(()),
            Err(value) => self.push_slowly(value),
        }
    }

    #[cold]
    #[inline(never)]
    fn push_slowly(&mut self, value: T) -> Result<(), AllocError<T>> {
        if let Err(kind) = self.store.try_reserve(1) {
            return Err(AllocError::of_container(value, kind));
        }
        self.store.items_mut().push(value);
        Ok(())
    }

    /// Takes the last element.
    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        self.store.items_mut().pop()
    }

    /// Takes the last element if the closure says so.
    pub fn pop_if(&mut self, is_meant: impl FnOnce(&mut T) -> bool) -> Option<T> {
        let last = self.last_mut()?;
        if is_meant(last) { self.pop() } else { None }
    }

    /// The elements as a slice of their own, without the memory that is not used: what `into_boxed_slice` is to `Vec`.
    pub fn into_boxed_slice(mut self) -> GcSlice<T> {
        self.shrink_to_fit();
        GcSlice::from(self)
    }

    /// Inserts an element; those from `index` on move. Cost: O(elements after it).
    ///
    /// # Panics
    /// If `index > len`, or if there is no memory.
    #[track_caller]
    pub fn insert(&mut self, index: usize, value: T) {
        if let Err(error) = self.try_insert(index, value) {
            fail(error.kind);
        }
    }

    /// Inserts an element, or gives it back.
    ///
    /// # Errors
    /// As [`GcVec::try_push`].
    ///
    /// # Panics
    /// If `index > len`.
    #[track_caller]
    pub fn try_insert(&mut self, index: usize, value: T) -> Result<(), AllocError<T>> {
        if let Err(kind) = self.store.try_room() {
            return Err(AllocError::of_container(value, kind));
        }
        self.store.items_mut().insert(index, value);
        Ok(())
    }

    /// Takes the element at `index`; those after it move. Cost: O(elements after it).
    ///
    /// # Panics
    /// If `index >= len`.
    #[track_caller]
    pub fn remove(&mut self, index: usize) -> T {
        self.store.items_mut().remove(index)
    }

    /// Takes the element at `index` and puts the last one in its place. Cost: O(1).
    ///
    /// # Panics
    /// If `index >= len`.
    #[track_caller]
    pub fn swap_remove(&mut self, index: usize) -> T {
        self.store.items_mut().swap_remove(index)
    }

    /// Keeps the first `len` elements and drops the rest, now.
    pub fn truncate(&mut self, len: usize) {
        self.store.items_mut().truncate(len);
    }

    /// Drops all elements, now, and keeps the memory.
    pub fn clear(&mut self) {
        self.store.items_mut().clear();
    }

    /// Keeps the elements of which the closure says so, in their order.
    pub fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        self.store.items_mut().retain(keep);
    }

    /// As [`GcVec::retain`], with elements that the closure may change.
    pub fn retain_mut(&mut self, keep: impl FnMut(&mut T) -> bool) {
        self.store.items_mut().retain_mut(keep);
    }

    /// Of equal neighbours keeps the first.
    pub fn dedup(&mut self)
    where
        T: PartialEq,
    {
        self.store.items_mut().dedup();
    }

    /// Of neighbours that the closure calls the same keeps the first.
    pub fn dedup_by(&mut self, same: impl FnMut(&mut T, &mut T) -> bool) {
        self.store.items_mut().dedup_by(same);
    }

    /// Of neighbours with the same key keeps the first.
    pub fn dedup_by_key<K: PartialEq>(&mut self, key: impl FnMut(&mut T) -> K) {
        self.store.items_mut().dedup_by_key(key);
    }

    /// Takes the elements of a range out. What the iterator is not asked for is dropped with it.
    ///
    /// # Panics
    /// If the range is not within the vector.
    #[track_caller]
    pub fn drain(
        &mut self,
        range: impl RangeBounds<usize>,
    ) -> impl DoubleEndedIterator<Item = T> + ExactSizeIterator + '_ {
        self.store.items_mut().drain(range)
    }

    /// Makes room for so many more.
    ///
    /// # Panics
    /// If there is no memory.
    #[track_caller]
    pub fn reserve(&mut self, additional: usize) {
        if let Err(kind) = self.try_reserve(additional) {
            fail(kind);
        }
    }

    /// Makes room for so many more.
    ///
    /// # Errors
    /// If there is no memory, or the heap would exceed its hard limit.
    pub fn try_reserve(&mut self, additional: usize) -> Result<(), AllocErrorKind> {
        self.store.try_reserve(additional)
    }

    /// Makes room for so many more and no others.
    ///
    /// # Errors
    /// As [`GcVec::try_reserve`].
    pub fn try_reserve_exact(&mut self, additional: usize) -> Result<(), AllocErrorKind> {
        self.store.try_reserve_exact(additional)
    }

    /// Gives back the memory that is not used. Moves the elements; does nothing when there is no memory to move to.
    pub fn shrink_to_fit(&mut self) {
        self.store.shrink_to(0);
    }

    /// Gives back memory, but keeps room for `capacity` elements.
    pub fn shrink_to(&mut self, capacity: usize) {
        self.store.shrink_to(capacity);
    }

    /// Moves all elements of `other` to the end of this one.
    ///
    /// # Panics
    /// If there is no memory.
    #[track_caller]
    pub fn append(&mut self, other: &mut Self) {
        if let Err(kind) = self.try_append(other) {
            fail(kind);
        }
    }

    /// Moves all elements of `other` to the end of this one, or none of them.
    ///
    /// # Errors
    /// As [`GcVec::try_reserve`].
    pub fn try_append(&mut self, other: &mut Self) -> Result<(), AllocErrorKind> {
        self.try_reserve(other.len())?;
        self.store.items_mut().append(other.store.items_mut());
        Ok(())
    }

    /// Takes the elements from `at` on into a vector of their own, in the same storage.
    ///
    /// # Panics
    /// If `at > len`, or if there is no memory.
    #[track_caller]
    pub fn split_off(&mut self, at: usize) -> Self {
        match self.try_split_off(at) {
            Ok(rest) => rest,
            Err(kind) => fail(kind),
        }
    }

    /// Takes the elements from `at` on into a vector of their own, or leaves them.
    ///
    /// # Errors
    /// As [`GcVec::try_reserve`].
    ///
    /// # Panics
    /// If `at > len`.
    #[track_caller]
    pub fn try_split_off(&mut self, at: usize) -> Result<Self, AllocErrorKind> {
        let count = self.as_slice()[at..].len();
        let mut rest = GcVec::try_with_capacity_in(count, self.storage().clone())?;
        rest.store
            .items_mut()
            .extend(self.store.items_mut().drain(at..));
        Ok(rest)
    }

    /// Adds the items of an iterator, until there are none or there is no memory: then what is left of the iterator
    /// comes back, and no item is lost.
    ///
    /// # Errors
    /// If there is no memory, or the heap would exceed its hard limit.
    pub fn try_extend<I: IntoIterator<Item = T>>(
        &mut self,
        items: I,
    ) -> Result<(), AllocError<I::IntoIter>> {
        let mut items = items.into_iter();
        if let Err(kind) = self.try_reserve(items.size_hint().0) {
            return Err(AllocError::of_container(items, kind));
        }
        loop {
            if self.len() == self.capacity() {
                if items.size_hint().1 == Some(0) {
                    return Ok(());
                }
                if let Err(kind) = self.store.try_room() {
                    return Err(AllocError::of_container(items, kind));
                }
            }
            match items.next() {
                Some(item) => self.store.items_mut().push(item),
                None => return Ok(()),
            }
        }
    }

    /// Changes the length; what is new comes from the closure.
    ///
    /// # Panics
    /// If there is no memory.
    #[track_caller]
    pub fn resize_with(&mut self, len: usize, make: impl FnMut() -> T) {
        if let Err(error) = self.try_resize_with(len, make) {
            fail(error.kind);
        }
    }

    /// Changes the length, or gives the closure back, which was not called.
    ///
    /// # Errors
    /// As [`GcVec::try_push`].
    pub fn try_resize_with<F: FnMut() -> T>(
        &mut self,
        len: usize,
        make: F,
    ) -> Result<(), AllocError<F>> {
        if let Err(kind) = self.try_reserve(len.saturating_sub(self.len())) {
            return Err(AllocError::of_container(make, kind));
        }
        self.store.items_mut().resize_with(len, make);
        Ok(())
    }
}

impl<T: Clone + Send + 'static> GcVec<T> {
    /// Clones of the elements of a slice.
    ///
    /// # Panics
    /// If there is no memory.
    #[track_caller]
    pub fn from_slice_in(items: &[T], storage: impl Into<Storage>) -> Self {
        match GcVec::try_from_slice_in(items, storage) {
            Ok(vec) => vec,
            Err(kind) => fail(kind),
        }
    }

    /// Clones of the elements of a slice.
    ///
    /// # Errors
    /// As [`GcVec::try_reserve`].
    pub fn try_from_slice_in(
        items: &[T],
        storage: impl Into<Storage>,
    ) -> Result<Self, AllocErrorKind> {
        let mut vec = GcVec::try_with_capacity_in(items.len(), storage)?;
        vec.store.items_mut().extend_from_slice(items);
        Ok(vec)
    }

    /// Adds clones of the elements of a slice.
    ///
    /// # Panics
    /// If there is no memory.
    #[track_caller]
    pub fn extend_from_slice(&mut self, items: &[T]) {
        if let Err(kind) = self.try_extend_from_slice(items) {
            fail(kind);
        }
    }

    /// Adds clones of the elements of a slice, of all or of none.
    ///
    /// # Errors
    /// As [`GcVec::try_reserve`].
    pub fn try_extend_from_slice(&mut self, items: &[T]) -> Result<(), AllocErrorKind> {
        self.try_reserve(items.len())?;
        self.store.items_mut().extend_from_slice(items);
        Ok(())
    }

    /// Adds clones of the elements of a range of its own.
    ///
    /// # Panics
    /// If the range is not within the vector, or if there is no memory.
    #[track_caller]
    pub fn extend_from_within(&mut self, range: impl RangeBounds<usize>) {
        if let Err(kind) = self.try_extend_from_within(range) {
            fail(kind);
        }
    }

    /// Adds clones of the elements of a range of its own, of all or of none.
    ///
    /// # Errors
    /// As [`GcVec::try_reserve`].
    ///
    /// # Panics
    /// If the range is not within the vector.
    #[track_caller]
    pub fn try_extend_from_within(
        &mut self,
        range: impl RangeBounds<usize>,
    ) -> Result<(), AllocErrorKind> {
        let range = (range.start_bound().cloned(), range.end_bound().cloned());
        let count = self.as_slice()[range].len();
        self.try_reserve(count)?;
        self.store.items_mut().extend_from_within(range);
        Ok(())
    }

    /// Changes the length; what is new are clones of the value.
    ///
    /// # Panics
    /// If there is no memory.
    #[track_caller]
    pub fn resize(&mut self, len: usize, value: T) {
        if let Err(error) = self.try_resize(len, value) {
            fail(error.kind);
        }
    }

    /// Changes the length, or gives the value back.
    ///
    /// # Errors
    /// As [`GcVec::try_push`].
    pub fn try_resize(&mut self, len: usize, value: T) -> Result<(), AllocError<T>> {
        if let Err(kind) = self.try_reserve(len.saturating_sub(self.len())) {
            return Err(AllocError::of_container(value, kind));
        }
        self.store.items_mut().resize(len, value);
        Ok(())
    }

    /// A copy in the same storage.
    ///
    /// # Errors
    /// As [`GcVec::try_reserve`].
    pub fn try_clone(&self) -> Result<Self, AllocErrorKind> {
        GcVec::try_from_slice_in(self, self.storage().clone())
    }
}

impl<T: Trace> Trace for GcVec<T> {
    #[inline]
    fn trace(&self, tracer: &mut Tracer<'_>) {
        tracer.slice(self);
    }
    fn trace_named(&self, tracer: &mut Tracer<'_>) {
        tracer.slice_named(self, 0);
    }
    crate::trace::tracked_by!(T);
}

impl<T: Send + 'static> Default for GcVec<T> {
    fn default() -> Self {
        GcVec::new()
    }
}

impl<T: Send + 'static> Deref for GcVec<T> {
    type Target = [T];
    #[inline]
    fn deref(&self) -> &[T] {
        self.as_slice()
    }
}

impl<T: Send + 'static> DerefMut for GcVec<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        self.as_mut_slice()
    }
}

impl<T: Clone + Send + 'static> Clone for GcVec<T> {
    /// In the same storage.
    fn clone(&self) -> Self {
        GcVec::from_slice_in(self, self.storage().clone())
    }
}

impl<T: Send + 'static> Extend<T> for GcVec<T> {
    #[track_caller]
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        if let Err(error) = self.try_extend(items) {
            fail(error.kind);
        }
    }
}

impl<'a, T: Copy + Send + 'static> Extend<&'a T> for GcVec<T> {
    #[track_caller]
    fn extend<I: IntoIterator<Item = &'a T>>(&mut self, items: I) {
        self.extend(items.into_iter().copied());
    }
}

impl<T: Send + 'static> FromIterator<T> for GcVec<T> {
    /// In the storage of no heap; [`GcVec::from_iter_in`] names one.
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        GcVec::from_iter_in(items, Storage::default())
    }
}

impl<T: Send + 'static, const N: usize> From<[T; N]> for GcVec<T> {
    /// In the storage of no heap.
    fn from(items: [T; N]) -> Self {
        GcVec::from_iter(items)
    }
}

impl<T: Send + 'static> From<alloc::vec::Vec<T>> for GcVec<T> {
    /// In the storage of no heap; [`GcVec::from_iter_in`] names one. Cost: O(elements), they move.
    fn from(items: alloc::vec::Vec<T>) -> Self {
        GcVec::from_iter(items)
    }
}

impl<T: Clone + Send + 'static> From<&[T]> for GcVec<T> {
    /// In the storage of no heap.
    fn from(items: &[T]) -> Self {
        GcVec::from_slice_in(items, Storage::default())
    }
}

impl<T: Send + 'static> AsRef<[T]> for GcVec<T> {
    fn as_ref(&self) -> &[T] {
        self
    }
}

impl<T: Send + 'static> AsMut<[T]> for GcVec<T> {
    fn as_mut(&mut self) -> &mut [T] {
        self
    }
}

impl<T: Send + 'static> Borrow<[T]> for GcVec<T> {
    fn borrow(&self) -> &[T] {
        self
    }
}

impl<T: Send + 'static> BorrowMut<[T]> for GcVec<T> {
    fn borrow_mut(&mut self) -> &mut [T] {
        self
    }
}

impl<T: fmt::Debug + Send + 'static> fmt::Debug for GcVec<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(f)
    }
}

impl<T: PartialEq<U> + Send + 'static, U: Send + 'static> PartialEq<GcVec<U>> for GcVec<T> {
    fn eq(&self, other: &GcVec<U>) -> bool {
        self.as_slice() == other.as_slice()
    }
}

macro_rules! equal_to {
    ($([$($generics:tt)*] $other:ty),* $(,)?) => {$(
        impl<T: PartialEq<U> + Send + 'static, U, $($generics)*> PartialEq<$other> for GcVec<T> {
            fn eq(&self, other: &$other) -> bool {
                self.as_slice() == &other[..]
            }
        }
    )*};
}

equal_to! {
    [] [U],
    [] &[U],
    [] alloc::vec::Vec<U>,
    [const N: usize] [U; N],
    [const N: usize] &[U; N],
}

impl<T: Eq + Send + 'static> Eq for GcVec<T> {}

impl<T: PartialOrd + Send + 'static> PartialOrd for GcVec<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.as_slice().partial_cmp(other.as_slice())
    }
}

impl<T: Ord + Send + 'static> Ord for GcVec<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_slice().cmp(other.as_slice())
    }
}

impl<T: Hash + Send + 'static> Hash for GcVec<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_slice().hash(state);
    }
}

/// The elements of a [`GcVec`], by value. Those that it is not asked for are dropped with it.
pub struct IntoIter<T: Send + 'static>(vec::IntoIter<T, Storage>);

double_ended!([T: Send + 'static] IntoIter<T>, T, item => item);

impl<T: Send + 'static> IntoIterator for GcVec<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;
    fn into_iter(mut self) -> IntoIter<T> {
        IntoIter(self.store.take().into_iter())
    }
}

impl<'a, T: Send + 'static> IntoIterator for &'a GcVec<T> {
    type Item = &'a T;
    type IntoIter = slice::Iter<'a, T>;
    fn into_iter(self) -> slice::Iter<'a, T> {
        self.iter()
    }
}

impl<'a, T: Send + 'static> IntoIterator for &'a mut GcVec<T> {
    type Item = &'a mut T;
    type IntoIter = slice::IterMut<'a, T>;
    fn into_iter(self) -> slice::IterMut<'a, T> {
        self.iter_mut()
    }
}
