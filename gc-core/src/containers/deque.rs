use super::iterators::double_ended;
use super::store::{Store, fail, whole};
use crate::trace::{Trace, Tracer};
use crate::{AllocError, AllocErrorKind, Storage};
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::iter::Chain;
use core::mem;
use core::ops::{Index, IndexMut};
use core::slice;

/// A queue with two ends whose elements are counted in a heap's bytes: `VecDeque` with a storage, and a `try_` method
/// beside each that allocates.
///
/// Order: by index, the front is 0. Tracing: in pieces of 128 elements. Cost: as `VecDeque`. A place takes as much as
/// an `Option<T>`, which for handles, boxes and vectors is no more than a `T`; there is no view as slices.
///
/// ```
/// use gc_core::{Heap, containers::GcDeque};
///
/// let heap = Heap::new();
/// let mut tasks = GcDeque::new_in(&heap);
/// tasks.push_back("patrol");
/// tasks.push_back("rest");
/// tasks.push_front("flee");
/// assert_eq!(tasks.pop_front(), Some("flee"));
/// assert_eq!(tasks[1], "rest");
/// ```
pub struct GcDeque<T: Send + 'static> {
    /// As many places as fit. Invariant: those of the `len` places from `head` on, round the end, hold an element, the
    /// others hold none.
    ring: Store<Option<T>>,
    head: usize,
    len: usize,
}

impl<T: Send + 'static> GcDeque<T> {
    /// An empty queue of no heap: it stands on the global allocator and is not counted. Cost: none.
    pub fn new() -> Self {
        GcDeque::new_in(Storage::default())
    }

    /// An empty queue in the storage of a heap. Cost: one atomic addition; no memory before the first element.
    pub fn new_in(storage: impl Into<Storage>) -> Self {
        GcDeque {
            ring: Store::new_in(storage.into()),
            head: 0,
            len: 0,
        }
    }

    /// With room for so many elements.
    ///
    /// # Panics
    /// If there is no memory; [`GcDeque::try_with_capacity_in`] answers an error.
    #[track_caller]
    pub fn with_capacity_in(capacity: usize, storage: impl Into<Storage>) -> Self {
        match GcDeque::try_with_capacity_in(capacity, storage) {
            Ok(deque) => deque,
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
        let mut deque = GcDeque::new_in(storage);
        deque.try_set_capacity(capacity)?;
        Ok(deque)
    }

    /// Of the items of an iterator.
    ///
    /// # Panics
    /// If there is no memory.
    #[track_caller]
    pub fn from_iter_in(items: impl IntoIterator<Item = T>, storage: impl Into<Storage>) -> Self {
        match GcDeque::try_from_iter_in(items, storage) {
            Ok(deque) => deque,
            Err(error) => fail(error.kind),
        }
    }

    /// Of the items of an iterator, or gives back the queue of those that had room, and what is left of the iterator.
    ///
    /// # Errors
    /// If there is no memory, or the heap would exceed its hard limit.
    pub fn try_from_iter_in<I: IntoIterator<Item = T>>(
        items: I,
        storage: impl Into<Storage>,
    ) -> Result<Self, AllocError<(Self, I::IntoIter)>> {
        let mut deque = GcDeque::new_in(storage);
        let filled = deque.try_extend(items);
        whole(deque, filled)
    }

    /// Where the elements are.
    pub fn storage(&self) -> &Storage {
        self.ring.storage()
    }

    /// How many elements there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Is there none?
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many elements fit without allocating.
    #[inline]
    pub fn capacity(&self) -> usize {
        self.ring.items().len()
    }

    /// The elements, leaving an empty queue in the same storage, where `mem::take` would leave one of no heap.
    pub fn take(&mut self) -> Self {
        let empty = GcDeque::new_in(self.storage().clone());
        mem::replace(self, empty)
    }

    /// Moves all to a ring of `capacity` places, at least `len`.
    fn try_set_capacity(&mut self, capacity: usize) -> Result<(), AllocErrorKind> {
        let mut ring = Store::try_with_capacity_in(capacity, self.storage().clone())?;
        let places = ring.items_mut();
        places.extend(self.places_mut().map(Option::take));
        places.resize_with(capacity, || None);
        // Nothing is left in it that the heap should drop in pieces.
        self.ring.items_mut().clear();
        self.ring = ring;
        self.head = 0;
        Ok(())
    }

    /// The places of the elements, in order.
    fn places_mut(&mut self) -> Places<slice::IterMut<'_, Option<T>>> {
        let (head, len) = (self.head, self.len);
        let (wrapped, first) = self.ring.items_mut().split_at_mut(head);
        let in_first = len.min(first.len());
        first[..in_first]
            .iter_mut()
            .chain(&mut wrapped[..len - in_first])
    }

    fn parts(&self) -> (&[Option<T>], &[Option<T>]) {
        let (wrapped, first) = self.ring.items().split_at(self.head);
        let in_first = self.len.min(first.len());
        (&first[..in_first], &wrapped[..self.len - in_first])
    }

    /// The place of an index, which may be `len`.
    #[inline]
    fn place(&self, index: usize) -> usize {
        let capacity = self.capacity();
        let place = self.head + index;
        if place >= capacity {
            place - capacity
        } else {
            place
        }
    }

    #[inline]
    fn try_room(&mut self) -> Result<(), AllocErrorKind> {
        if self.len == self.capacity() {
            return self.try_grow(1);
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn try_grow(&mut self, additional: usize) -> Result<(), AllocErrorKind> {
        let needed = self
            .len
            .checked_add(additional)
            .ok_or(AllocErrorKind::TooLarge)?;
        let capacity = needed.max(self.capacity().saturating_mul(2)).max(4);
        self.try_set_capacity(capacity)
    }

    /// The element at an index.
    #[inline]
    pub fn get(&self, index: usize) -> Option<&T> {
        if index >= self.len {
            return None;
        }
        self.ring.items()[self.place(index)].as_ref()
    }

    /// The element at an index, to change it.
    #[inline]
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        if index >= self.len {
            return None;
        }
        let place = self.place(index);
        self.ring.items_mut()[place].as_mut()
    }

    /// The first element.
    pub fn front(&self) -> Option<&T> {
        self.get(0)
    }

    /// The first element, to change it.
    pub fn front_mut(&mut self) -> Option<&mut T> {
        self.get_mut(0)
    }

    /// The last element.
    pub fn back(&self) -> Option<&T> {
        self.get(self.len.wrapping_sub(1))
    }

    /// The last element, to change it.
    pub fn back_mut(&mut self) -> Option<&mut T> {
        self.get_mut(self.len.wrapping_sub(1))
    }

    /// Adds an element at the end. Cost: O(1) amortized.
    ///
    /// # Panics
    /// If there is no memory; [`GcDeque::try_push_back`] gives the value back instead.
    #[inline]
    #[track_caller]
    pub fn push_back(&mut self, value: T) {
        if let Err(error) = self.try_push_back(value) {
            fail(error.kind);
        }
    }

    /// Adds an element at the end, or gives it back. Cost: O(1) amortized.
    ///
    /// # Errors
    /// If there is no memory, or the heap would exceed its hard limit.
    #[inline]
    pub fn try_push_back(&mut self, value: T) -> Result<(), AllocError<T>> {
        if let Err(kind) = self.try_room() {
            return Err(AllocError::of_container(value, kind));
        }
        let place = self.place(self.len);
        self.ring.items_mut()[place] = Some(value);
        self.len += 1;
        Ok(())
    }

    /// Adds an element at the front. Cost: O(1) amortized.
    ///
    /// # Panics
    /// If there is no memory; [`GcDeque::try_push_front`] gives the value back instead.
    #[inline]
    #[track_caller]
    pub fn push_front(&mut self, value: T) {
        if let Err(error) = self.try_push_front(value) {
            fail(error.kind);
        }
    }

    /// Adds an element at the front, or gives it back. Cost: O(1) amortized.
    ///
    /// # Errors
    /// As [`GcDeque::try_push_back`].
    #[inline]
    pub fn try_push_front(&mut self, value: T) -> Result<(), AllocError<T>> {
        if let Err(kind) = self.try_room() {
            return Err(AllocError::of_container(value, kind));
        }
        let head = self.head.checked_sub(1).unwrap_or(self.capacity() - 1);
        self.ring.items_mut()[head] = Some(value);
        self.head = head;
        self.len += 1;
        Ok(())
    }

    /// Takes the first element.
    #[inline]
    pub fn pop_front(&mut self) -> Option<T> {
        if self.len == 0 {
            return None;
        }
        let value = self.ring.items_mut()[self.head].take();
        self.head = self.place(1);
        self.len -= 1;
        value
    }

    /// Takes the last element.
    #[inline]
    pub fn pop_back(&mut self) -> Option<T> {
        if self.len == 0 {
            return None;
        }
        self.len -= 1;
        let place = self.place(self.len);
        self.ring.items_mut()[place].take()
    }

    /// Inserts an element before the one at `index`. Cost: O(elements on its shorter side).
    ///
    /// # Panics
    /// If `index > len`, or if there is no memory.
    #[track_caller]
    pub fn insert(&mut self, index: usize, value: T) {
        if let Err(error) = self.try_insert(index, value) {
            fail(error.kind);
        }
    }

    /// Inserts an element before the one at `index`, or gives it back.
    ///
    /// # Errors
    /// As [`GcDeque::try_push_back`].
    ///
    /// # Panics
    /// If `index > len`.
    #[track_caller]
    pub fn try_insert(&mut self, index: usize, value: T) -> Result<(), AllocError<T>> {
        assert!(
            index <= self.len,
            "index {index} is beyond the end, {}",
            self.len
        );
        if index < self.len / 2 {
            self.try_push_front(value)?;
            for at in 0..index {
                self.swap(at, at + 1);
            }
        } else {
            self.try_push_back(value)?;
            for at in (index + 1..self.len).rev() {
                self.swap(at, at - 1);
            }
        }
        Ok(())
    }

    /// Takes the element at `index`; the others close up. Cost: O(elements on its shorter side).
    pub fn remove(&mut self, index: usize) -> Option<T> {
        if index >= self.len {
            return None;
        }
        if index < self.len / 2 {
            for at in (0..index).rev() {
                self.swap(at, at + 1);
            }
            self.pop_front()
        } else {
            for at in index + 1..self.len {
                self.swap(at, at - 1);
            }
            self.pop_back()
        }
    }

    /// Exchanges two elements.
    ///
    /// # Panics
    /// If an index is not within the queue.
    #[track_caller]
    pub fn swap(&mut self, first: usize, second: usize) {
        assert!(
            first < self.len && second < self.len,
            "indices {first} and {second} of {} elements",
            self.len
        );
        let (first, second) = (self.place(first), self.place(second));
        self.ring.items_mut().swap(first, second);
    }

    /// The element at `mid` becomes the first; those before it go to the end, in their order. Cost: O(`mid`).
    ///
    /// # Panics
    /// If `mid > len`.
    #[track_caller]
    pub fn rotate_left(&mut self, mid: usize) {
        assert!(mid <= self.len, "{mid} of {} elements", self.len);
        for _ in 0..mid {
            let Some(value) = self.pop_front() else {
                return;
            };
            // There is the room that it has just left.
            let place = self.place(self.len);
            self.ring.items_mut()[place] = Some(value);
            self.len += 1;
        }
    }

    /// The last `count` elements go to the front, in their order. Cost: O(elements).
    ///
    /// # Panics
    /// If `count > len`.
    #[track_caller]
    pub fn rotate_right(&mut self, count: usize) {
        assert!(count <= self.len, "{count} of {} elements", self.len);
        self.rotate_left(self.len - count);
    }

    /// Keeps the first `len` elements and drops the rest, now.
    pub fn truncate(&mut self, len: usize) {
        while self.len > len {
            drop(self.pop_back());
        }
    }

    /// Drops all elements, now, and keeps the memory.
    pub fn clear(&mut self) {
        self.truncate(0);
    }

    /// Keeps the elements of which the closure says so, in their order.
    pub fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        self.retain_mut(|value| keep(value));
    }

    /// As [`GcDeque::retain`], with elements that the closure may change.
    pub fn retain_mut(&mut self, mut keep: impl FnMut(&mut T) -> bool) {
        let mut kept = 0;
        for index in 0..self.len {
            let keeps = match self.get_mut(index) {
                Some(value) => keep(value),
                None => false,
            };
            if keeps {
                self.swap(kept, index);
                kept += 1;
            }
        }
        self.truncate(kept);
    }

    /// Changes the length at the end; what is new comes from the closure.
    ///
    /// # Panics
    /// If there is no memory.
    #[track_caller]
    pub fn resize_with(&mut self, len: usize, make: impl FnMut() -> T) {
        if let Err(error) = self.try_resize_with(len, make) {
            fail(error.kind);
        }
    }

    /// Changes the length at the end, or gives the closure back, which was not called.
    ///
    /// # Errors
    /// As [`GcDeque::try_reserve`].
    pub fn try_resize_with<F: FnMut() -> T>(
        &mut self,
        len: usize,
        mut make: F,
    ) -> Result<(), AllocError<F>> {
        if let Err(kind) = self.try_reserve(len.saturating_sub(self.len)) {
            return Err(AllocError::of_container(make, kind));
        }
        self.truncate(len);
        while self.len < len {
            self.push_back(make());
        }
        Ok(())
    }

    /// Where an element is in a sorted queue, or where it belongs. Cost: O(log elements).
    pub fn binary_search(&self, value: &T) -> Result<usize, usize>
    where
        T: Ord,
    {
        self.binary_search_by(|item| item.cmp(value))
    }

    /// As [`GcDeque::binary_search`], by a key that the queue is sorted by.
    pub fn binary_search_by_key<K: Ord>(
        &self,
        key: &K,
        mut key_of: impl FnMut(&T) -> K,
    ) -> Result<usize, usize> {
        self.binary_search_by(|item| key_of(item).cmp(key))
    }

    /// As [`GcDeque::binary_search`], by what the closure says of an element: that it lies before the wanted one, is it,
    /// or lies behind.
    pub fn binary_search_by(
        &self,
        mut compare: impl FnMut(&T) -> Ordering,
    ) -> Result<usize, usize> {
        let (mut from, mut to) = (0, self.len);
        while from < to {
            let middle = from + (to - from) / 2;
            match compare(&self[middle]) {
                Ordering::Less => from = middle + 1,
                Ordering::Equal => return Ok(middle),
                Ordering::Greater => to = middle,
            }
        }
        Err(from)
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
        if additional > self.capacity() - self.len {
            self.try_grow(additional)?;
        }
        Ok(())
    }

    /// Gives back the memory that is not used. Moves the elements; does nothing when there is no memory to move to.
    pub fn shrink_to_fit(&mut self) {
        if self.len < self.capacity() {
            // Without memory it stays as it is.
            let _ = self.try_set_capacity(self.len);
        }
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
    /// As [`GcDeque::try_reserve`].
    pub fn try_append(&mut self, other: &mut Self) -> Result<(), AllocErrorKind> {
        self.try_reserve(other.len)?;
        while let Some(value) = other.pop_front() {
            self.push_back(value);
        }
        Ok(())
    }

    /// Takes the elements from `at` on into a queue of their own, in the same storage.
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

    /// Takes the elements from `at` on into a queue of their own, or leaves them.
    ///
    /// # Errors
    /// As [`GcDeque::try_reserve`].
    ///
    /// # Panics
    /// If `at > len`.
    #[track_caller]
    pub fn try_split_off(&mut self, at: usize) -> Result<Self, AllocErrorKind> {
        assert!(at <= self.len, "{at} of {} elements", self.len);
        let mut rest = GcDeque::try_with_capacity_in(self.len - at, self.storage().clone())?;
        while self.len > at
            && let Some(value) = self.pop_back()
        {
            rest.push_front(value);
        }
        Ok(rest)
    }

    /// Adds the items of an iterator at the end, until there are none or there is no memory: then what is left of the
    /// iterator comes back, and no item is lost.
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
            if self.len == self.capacity() {
                if items.size_hint().1 == Some(0) {
                    return Ok(());
                }
                if let Err(kind) = self.try_room() {
                    return Err(AllocError::of_container(items, kind));
                }
            }
            match items.next() {
                Some(item) => self.push_back(item),
                None => return Ok(()),
            }
        }
    }

    /// The elements, from the front.
    pub fn iter(&self) -> Iter<'_, T> {
        let (first, second) = self.parts();
        Iter(first.iter().chain(second))
    }

    /// The elements, from the front, to change them.
    pub fn iter_mut(&mut self) -> IterMut<'_, T> {
        IterMut(self.places_mut())
    }

    /// Takes all elements out, from the front. What the iterator is not asked for is dropped with it.
    pub fn drain(&mut self) -> impl DoubleEndedIterator<Item = T> + ExactSizeIterator + '_ {
        Drain(self)
    }

    /// Is one of them equal to the value?
    pub fn contains(&self, value: &T) -> bool
    where
        T: PartialEq,
    {
        self.iter().any(|item| item == value)
    }
}

impl<T: Clone + Send + 'static> GcDeque<T> {
    /// Changes the length at the end; what is new are clones of the value.
    ///
    /// # Panics
    /// If there is no memory.
    #[track_caller]
    pub fn resize(&mut self, len: usize, value: T) {
        self.resize_with(len, || value.clone());
    }

    /// A copy in the same storage.
    ///
    /// # Errors
    /// As [`GcDeque::try_reserve`].
    pub fn try_clone(&self) -> Result<Self, AllocErrorKind> {
        let mut copy = GcDeque::try_with_capacity_in(self.len, self.storage().clone())?;
        for value in self {
            copy.push_back(value.clone());
        }
        Ok(copy)
    }
}

impl<T: Trace> Trace for GcDeque<T> {
    fn trace(&self, tracer: &mut Tracer<'_>) {
        let (first, second) = self.parts();
        tracer.slice(first);
        tracer.slice(second);
    }
    fn trace_named(&self, tracer: &mut Tracer<'_>) {
        let (first, second) = self.parts();
        tracer.slice_named(first, 0);
        tracer.slice_named(second, first.len());
    }
    crate::trace::tracked_by!(T);
}

struct Drain<'a, T: Send + 'static>(&'a mut GcDeque<T>);

double_ended! {
    ['a, T: Send + 'static] Drain<'a, T>, T,
    next: it => it.0.pop_front(),
    next_back: it => it.0.pop_back(),
    size_hint: it => (it.0.len, Some(it.0.len))
}

impl<T: Send + 'static> Drop for Drain<'_, T> {
    fn drop(&mut self) {
        self.0.clear();
    }
}

/// The elements of a [`GcDeque`], from the front.
pub struct Iter<'a, T: Send + 'static>(Places<slice::Iter<'a, Option<T>>>);

/// The elements of a [`GcDeque`], from the front, to change them.
pub struct IterMut<'a, T: Send + 'static>(Places<slice::IterMut<'a, Option<T>>>);

/// The elements of a [`GcDeque`], by value. Those that it is not asked for are dropped with it.
pub struct IntoIter<T: Send + 'static>(GcDeque<T>);

/// Those up to the end of the ring, and those from its beginning on.
type Places<I> = Chain<I, I>;

double_ended!(['a, T: Send + 'static] Iter<'a, T>, &'a T, place => place.as_ref()?);
double_ended!(['a, T: Send + 'static] IterMut<'a, T>, &'a mut T, place => place.as_mut()?);
double_ended! {
    [T: Send + 'static] IntoIter<T>, T,
    next: it => it.0.pop_front(),
    next_back: it => it.0.pop_back(),
    size_hint: it => (it.0.len, Some(it.0.len))
}

impl<T: Send + 'static> IntoIterator for GcDeque<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;
    fn into_iter(self) -> IntoIter<T> {
        IntoIter(self)
    }
}

impl<'a, T: Send + 'static> IntoIterator for &'a GcDeque<T> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T>;
    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<'a, T: Send + 'static> IntoIterator for &'a mut GcDeque<T> {
    type Item = &'a mut T;
    type IntoIter = IterMut<'a, T>;
    fn into_iter(self) -> IterMut<'a, T> {
        self.iter_mut()
    }
}

impl<T: Send + 'static> Index<usize> for GcDeque<T> {
    type Output = T;
    #[track_caller]
    fn index(&self, index: usize) -> &T {
        match self.get(index) {
            Some(value) => value,
            None => panic!("index {index} of {} elements", self.len),
        }
    }
}

impl<T: Send + 'static> IndexMut<usize> for GcDeque<T> {
    #[track_caller]
    fn index_mut(&mut self, index: usize) -> &mut T {
        let len = self.len;
        match self.get_mut(index) {
            Some(value) => value,
            None => panic!("index {index} of {len} elements"),
        }
    }
}

impl<T: Send + 'static> Default for GcDeque<T> {
    fn default() -> Self {
        GcDeque::new()
    }
}

impl<T: Clone + Send + 'static> Clone for GcDeque<T> {
    /// In the same storage.
    fn clone(&self) -> Self {
        match self.try_clone() {
            Ok(copy) => copy,
            Err(kind) => fail(kind),
        }
    }
}

impl<T: Send + 'static> Extend<T> for GcDeque<T> {
    #[track_caller]
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        if let Err(error) = self.try_extend(items) {
            fail(error.kind);
        }
    }
}

impl<'a, T: Copy + Send + 'static> Extend<&'a T> for GcDeque<T> {
    #[track_caller]
    fn extend<I: IntoIterator<Item = &'a T>>(&mut self, items: I) {
        self.extend(items.into_iter().copied());
    }
}

impl<T: Send + 'static, const N: usize> From<[T; N]> for GcDeque<T> {
    /// In the storage of no heap.
    fn from(items: [T; N]) -> Self {
        GcDeque::from_iter(items)
    }
}

impl<T: PartialOrd + Send + 'static> PartialOrd for GcDeque<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.iter().partial_cmp(other)
    }
}

impl<T: Ord + Send + 'static> Ord for GcDeque<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.iter().cmp(other)
    }
}

impl<T: Send + 'static> FromIterator<T> for GcDeque<T> {
    /// In the storage of no heap; [`GcDeque::from_iter_in`] names one.
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        GcDeque::from_iter_in(items, Storage::default())
    }
}

impl<T: fmt::Debug + Send + 'static> fmt::Debug for GcDeque<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl<T: PartialEq + Send + 'static> PartialEq for GcDeque<T> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().eq(other)
    }
}

impl<T: Eq + Send + 'static> Eq for GcDeque<T> {}

impl<T: Hash + Send + 'static> Hash for GcDeque<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_usize(self.len);
        for value in self {
            value.hash(state);
        }
    }
}
