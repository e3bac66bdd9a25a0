use super::iterators::double_ended;
use super::store::{fail, whole};
use super::{GcMap, index, map};
use crate::trace::{Trace, Tracer};
use crate::{AllocError, AllocErrorKind, Storage};
use core::borrow::Borrow;
use core::fmt;
use core::hash::Hash;
use core::mem;
use core::ops::{BitAnd, BitOr, BitXor, Sub};
use core::slice;

/// A hash set whose items are counted in a heap's bytes: `HashSet` with a storage, a `try_` method beside each that
/// allocates, and an order.
///
/// Order, tracing and cost: as [`GcMap`], of which it is one without values.
///
/// ```
/// use gc_core::{Heap, containers::GcSet};
///
/// let heap = Heap::new();
/// let mut seen = GcSet::new_in(&heap);
/// for room in ["hall", "attic", "hall", "cellar"] {
///     seen.insert(room);
/// }
/// assert!(seen.iter().eq(&["hall", "attic", "cellar"]));
/// let lit = GcSet::from(["attic"]);
/// assert!(seen.difference(&lit).eq(&["hall", "cellar"]));
/// ```
pub struct GcSet<T: Send + 'static> {
    map: GcMap<T, ()>,
}

impl<T: Send + 'static> GcSet<T> {
    /// An empty set of no heap: it stands on the global allocator and is not counted. Cost: none.
    pub fn new() -> Self {
        GcSet::new_in(Storage::default())
    }

    /// An empty set in the storage of a heap. Cost: two atomic additions; no memory before the first item.
    pub fn new_in(storage: impl Into<Storage>) -> Self {
        GcSet {
            map: GcMap::new_in(storage),
        }
    }

    /// With room for so many items.
    ///
    /// # Panics
    /// If there is no memory; [`GcSet::try_with_capacity_in`] answers an error.
    #[track_caller]
    pub fn with_capacity_in(capacity: usize, storage: impl Into<Storage>) -> Self {
        GcSet {
            map: GcMap::with_capacity_in(capacity, storage),
        }
    }

    /// With room for so many items.
    ///
    /// # Errors
    /// If there is no memory, or the heap would exceed its hard limit.
    pub fn try_with_capacity_in(
        capacity: usize,
        storage: impl Into<Storage>,
    ) -> Result<Self, AllocErrorKind> {
        Ok(GcSet {
            map: GcMap::try_with_capacity_in(capacity, storage)?,
        })
    }

    /// Of the items of an iterator.
    ///
    /// # Panics
    /// If there is no memory.
    #[track_caller]
    pub fn from_iter_in(items: impl IntoIterator<Item = T>, storage: impl Into<Storage>) -> Self
    where
        T: Hash + Eq,
    {
        match GcSet::try_from_iter_in(items, storage) {
            Ok(set) => set,
            Err(error) => fail(error.kind),
        }
    }

    /// Of the items of an iterator, or gives back the set of those that had room, and what is left of the iterator.
    ///
    /// # Errors
    /// If there is no memory, or the heap would exceed its hard limit.
    pub fn try_from_iter_in<I: IntoIterator<Item = T>, S: Into<Storage>>(
        items: I,
        storage: S,
    ) -> Result<Self, AllocError<(Self, impl Iterator<Item = T> + use<T, I, S>)>>
    where
        T: Hash + Eq,
    {
        let mut set = GcSet::new_in(storage);
        let filled = set.try_extend(items);
        whole(set, filled)
    }

    /// Where the items are.
    pub fn storage(&self) -> &Storage {
        self.map.storage()
    }

    /// How many items there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Is there none?
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// How many items fit without allocating.
    pub fn capacity(&self) -> usize {
        self.map.capacity()
    }

    /// The items, leaving an empty set in the same storage, where `mem::take` would leave one of no heap.
    pub fn take_all(&mut self) -> Self {
        GcSet {
            map: self.map.take(),
        }
    }

    /// Makes room for so many more.
    ///
    /// # Panics
    /// If there is no memory.
    #[track_caller]
    pub fn reserve(&mut self, additional: usize) {
        self.map.reserve(additional);
    }

    /// Makes room for so many more.
    ///
    /// # Errors
    /// If there is no memory, or the heap would exceed its hard limit.
    pub fn try_reserve(&mut self, additional: usize) -> Result<(), AllocErrorKind> {
        self.map.try_reserve(additional)
    }

    /// Gives back the memory that is not used. Moves the items; does nothing when there is no memory to move to.
    pub fn shrink_to_fit(&mut self) {
        self.map.shrink_to_fit();
    }

    /// Drops all items, now, and keeps the memory.
    pub fn clear(&mut self) {
        self.map.clear();
    }

    /// The items, in order.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter(self.map.entries.as_slice().iter())
    }

    /// The item at a place in the order.
    pub fn get_index(&self, index: usize) -> Option<&T> {
        Some(self.map.get_index(index)?.0)
    }

    /// The first item.
    pub fn first(&self) -> Option<&T> {
        self.get_index(0)
    }

    /// The last item.
    pub fn last(&self) -> Option<&T> {
        Some(self.map.last()?.0)
    }

    /// Takes all items out, in order. What the iterator is not asked for is dropped with it.
    pub fn drain(&mut self) -> IntoIter<T> {
        IntoIter(self.map.drain())
    }
}

impl<T: Hash + Eq + Send + 'static> GcSet<T> {
    /// Is the item there? Cost: a hash and O(1).
    #[inline]
    pub fn contains<Q: Hash + Eq + ?Sized>(&self, item: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.map.contains_key(item)
    }

    /// The item as it is in the set.
    pub fn get<Q: Hash + Eq + ?Sized>(&self, item: &Q) -> Option<&T>
    where
        T: Borrow<Q>,
    {
        Some(self.map.get_key_value(item)?.0)
    }

    /// The place of an item in the order.
    pub fn get_index_of<Q: Hash + Eq + ?Sized>(&self, item: &Q) -> Option<usize>
    where
        T: Borrow<Q>,
    {
        self.map.get_index_of(item)
    }

    /// Adds an item at the end, unless it is there: then the one that is there stays, and the answer is `false`. Cost:
    /// O(1) amortized.
    ///
    /// # Panics
    /// If there is no memory; [`GcSet::try_insert`] gives the item back instead.
    #[inline]
    #[track_caller]
    pub fn insert(&mut self, item: T) -> bool {
        self.map.insert(item, ()).is_none()
    }

    /// As [`GcSet::insert`], or gives the item back.
    ///
    /// # Errors
    /// If there is no memory, or the heap would exceed its hard limit.
    pub fn try_insert(&mut self, item: T) -> Result<bool, AllocError<T>> {
        match self.map.try_insert(item, ()) {
            Ok(before) => Ok(before.is_none()),
            Err(error) => Err(error.map(|(item, ())| item)),
        }
    }

    /// Adds an item, in the place of the equal one that was there, which is the answer.
    ///
    /// # Panics
    /// If there is no memory; [`GcSet::try_replace`] gives the item back instead.
    #[track_caller]
    pub fn replace(&mut self, item: T) -> Option<T> {
        match self.try_replace(item) {
            Ok(before) => before,
            Err(error) => fail(error.kind),
        }
    }

    /// As [`GcSet::replace`], or gives the item back.
    ///
    /// # Errors
    /// As [`GcSet::try_insert`].
    pub fn try_replace(&mut self, item: T) -> Result<Option<T>, AllocError<T>> {
        match self.map.entries.find(&item) {
            Some(index) => {
                let place = &mut self.map.entries.as_mut_slice()[index].key;
                Ok(Some(mem::replace(place, item)))
            }
            None => self.try_insert(item).map(|_| None),
        }
    }

    /// Takes an item out; the last one takes its place in the order. Cost: O(1). The same as [`GcSet::swap_remove`].
    pub fn remove<Q: Hash + Eq + ?Sized>(&mut self, item: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.map.remove(item).is_some()
    }

    /// Takes an item out; the last one takes its place in the order. Cost: O(1).
    pub fn swap_remove<Q: Hash + Eq + ?Sized>(&mut self, item: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.map.swap_remove(item).is_some()
    }

    /// Takes an item out; those after it move up, so that the order is kept. Cost: O(items).
    pub fn shift_remove<Q: Hash + Eq + ?Sized>(&mut self, item: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.map.shift_remove(item).is_some()
    }

    /// As [`GcSet::remove`], and answers the item.
    pub fn take<Q: Hash + Eq + ?Sized>(&mut self, item: &Q) -> Option<T>
    where
        T: Borrow<Q>,
    {
        Some(self.map.remove_entry(item)?.0)
    }

    /// Takes the last item. Cost: O(1).
    pub fn pop(&mut self) -> Option<T> {
        Some(self.map.pop()?.0)
    }

    /// Keeps the items of which the closure says so, in their order. Cost: O(items), and two hashes for each that moves.
    pub fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        self.map.retain(|item, ()| keep(item));
    }

    /// Takes out the items of which the closure says so, as [`GcMap::extract_if`].
    pub fn extract_if(
        &mut self,
        mut is_wanted: impl FnMut(&T) -> bool,
    ) -> impl DoubleEndedIterator<Item = T> + ExactSizeIterator {
        self.map
            .extract_if(move |item, ()| is_wanted(item))
            .map(|(item, ())| item)
    }

    /// Moves all items of `other` here, as by [`GcSet::insert`], and leaves it empty.
    ///
    /// # Panics
    /// If there is no memory.
    #[track_caller]
    pub fn append(&mut self, other: &mut Self) {
        self.map.append(&mut other.map);
    }

    /// Moves all items of `other` here, as by [`GcSet::insert`], or none of them.
    ///
    /// # Errors
    /// As [`GcSet::try_reserve`].
    pub fn try_append(&mut self, other: &mut Self) -> Result<(), AllocErrorKind> {
        self.map.try_append(&mut other.map)
    }

    /// Adds the items of an iterator, until there are none or there is no memory: then what is left of the iterator
    /// comes back, and no item is lost.
    ///
    /// # Errors
    /// If there is no memory, or the heap would exceed its hard limit.
    pub fn try_extend<I: IntoIterator<Item = T>>(
        &mut self,
        items: I,
    ) -> Result<(), AllocError<impl Iterator<Item = T> + use<T, I>>> {
        let with_unit = |item| (item, ());
        self.map
            .try_extend(items.into_iter().map(with_unit))
            .map_err(|error| error.map(|rest| rest.map(|(item, ())| item)))
    }

    /// The items of both, in the order of this one.
    pub fn intersection<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a T> + Clone {
        self.iter().filter(|item| other.contains(*item))
    }

    /// The items that only this one has, in its order.
    pub fn difference<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a T> + Clone {
        self.iter().filter(|item| !other.contains(*item))
    }

    /// The items of either, first of this one, then what only the other has.
    pub fn union<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a T> + Clone {
        self.iter().chain(other.difference(self))
    }

    /// The items that only one of them has, first of this one, then of the other.
    pub fn symmetric_difference<'a>(
        &'a self,
        other: &'a Self,
    ) -> impl Iterator<Item = &'a T> + Clone {
        self.difference(other).chain(other.difference(self))
    }

    /// Have they no item in common?
    pub fn is_disjoint(&self, other: &Self) -> bool {
        self.intersection(other).next().is_none()
    }

    /// Are all its items in the other?
    pub fn is_subset(&self, other: &Self) -> bool {
        self.len() <= other.len() && self.iter().all(|item| other.contains(item))
    }

    /// Are all items of the other in it?
    pub fn is_superset(&self, other: &Self) -> bool {
        other.is_subset(self)
    }
}

impl<T: Clone + Send + 'static> GcSet<T> {
    /// A copy in the same storage.
    ///
    /// # Errors
    /// As [`GcSet::try_reserve`].
    pub fn try_clone(&self) -> Result<Self, AllocErrorKind> {
        Ok(GcSet {
            map: self.map.try_clone()?,
        })
    }
}

macro_rules! operators {
    ($($(#[$meta:meta])* $operator:ident $method:ident $items:ident;)*) => {$(
        impl<T: Hash + Eq + Clone + Send + 'static> $operator<&GcSet<T>> for &GcSet<T> {
            type Output = GcSet<T>;
            $(#[$meta])*
            #[track_caller]
            fn $method(self, other: &GcSet<T>) -> GcSet<T> {
                GcSet::from_iter_in(self.$items(other).cloned(), self.storage().clone())
            }
        }
    )*};
}

operators! {
    /// Clones of the items of either, in the storage of the first.
    BitOr bitor union;
    /// Clones of the items of both, in the storage of the first.
    BitAnd bitand intersection;
    /// Clones of the items that only one of them has, in the storage of the first.
    BitXor bitxor symmetric_difference;
    /// Clones of the items that only the first has, in its storage.
    Sub sub difference;
}

impl<T: Trace> Trace for GcSet<T> {
    fn trace(&self, tracer: &mut Tracer<'_>) {
        self.map.trace(tracer);
    }
    fn trace_named(&self, tracer: &mut Tracer<'_>) {
        self.map.trace_named(tracer);
    }
    crate::trace::tracked_by!(T);
}

/// The items of a [`GcSet`], in order.
pub struct Iter<'a, T>(slice::Iter<'a, index::Entry<T, ()>>);

impl<T> Clone for Iter<'_, T> {
    fn clone(&self) -> Self {
        Iter(self.0.clone())
    }
}

/// The items of a [`GcSet`], by value, in order. Those that it is not asked for are dropped with it.
pub struct IntoIter<T: Send + 'static>(map::IntoIter<T, ()>);

double_ended!(['a, T] Iter<'a, T>, &'a T, entry => &entry.key);
double_ended!([T: Send + 'static] IntoIter<T>, T, pair => pair.0);

impl<T: Send + 'static> IntoIterator for GcSet<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;
    fn into_iter(self) -> IntoIter<T> {
        IntoIter(self.map.into_iter())
    }
}

impl<'a, T: Send + 'static> IntoIterator for &'a GcSet<T> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T>;
    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T: Send + 'static> Default for GcSet<T> {
    fn default() -> Self {
        GcSet::new()
    }
}

impl<T: Clone + Send + 'static> Clone for GcSet<T> {
    /// In the same storage.
    fn clone(&self) -> Self {
        match self.try_clone() {
            Ok(set) => set,
            Err(kind) => fail(kind),
        }
    }
}

impl<T: Hash + Eq + Send + 'static> Extend<T> for GcSet<T> {
    #[track_caller]
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        self.map.extend(items.into_iter().map(|item| (item, ())));
    }
}

impl<'a, T: Copy + Hash + Eq + Send + 'static> Extend<&'a T> for GcSet<T> {
    #[track_caller]
    fn extend<I: IntoIterator<Item = &'a T>>(&mut self, items: I) {
        self.extend(items.into_iter().copied());
    }
}

impl<T: Hash + Eq + Send + 'static> FromIterator<T> for GcSet<T> {
    /// In the storage of no heap; [`GcSet::from_iter_in`] names one.
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        GcSet::from_iter_in(items, Storage::default())
    }
}

impl<T: Hash + Eq + Send + 'static, const N: usize> From<[T; N]> for GcSet<T> {
    /// In the storage of no heap.
    fn from(items: [T; N]) -> Self {
        GcSet::from_iter(items)
    }
}

impl<T: fmt::Debug + Send + 'static> fmt::Debug for GcSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self).finish()
    }
}

impl<T: Hash + Eq + Send + 'static> PartialEq for GcSet<T> {
    /// The same items, in whatever order.
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.is_subset(other)
    }
}

impl<T: Hash + Eq + Send + 'static> Eq for GcSet<T> {}
