use super::entry::{Entry, OccupiedEntry, VacantEntry};
use super::hasher::hash_of;
use super::index::{self, Entries, Inserted};
use super::iterators::double_ended;
use super::store::{fail, whole};
use crate::trace::{Trace, Tracer};
use crate::{AllocError, AllocErrorKind, Storage};
use allocator_api2::vec;
use core::borrow::Borrow;
use core::fmt;
use core::hash::Hash;
use core::mem;
use core::ops::Index;
use core::slice;

/// A hash map whose entries are counted in a heap's bytes: `HashMap` with a storage, a `try_` method beside each that
/// allocates, and an order.
///
/// Order: of insertion. [`GcMap::remove`] puts the last entry in the place of the one that goes, and
/// [`GcMap::shift_remove`] keeps the order; what a key hashes to has no say in it, so the order is the same on every
/// machine that plays the same calls. Tracing: in pieces of 128 entries.
///
/// Cost: that of `hashbrown`, which finds the entries, and of the step from its table to the entry: filling a map of 1,000
/// takes 0.95 of the time of hashbrown's own, one of 100,000 1.2, a look-up 1.6 (measured on a virtual machine with two
/// cores of an AMD EPYC). At most 4,294,967,295 entries. The hash is fast and its seed fixed: keys that an opponent
/// chooses could be made to collide. `Hash` and `Eq` of a `Gc` are by identity and no address.
///
/// ```
/// use gc_core::{Gc, Heap, Trace, containers::GcMap};
///
/// #[derive(Trace)]
/// struct Room { doors: GcMap<&'static str, Gc<Room>> }
///
/// let mut heap = Heap::new();
/// let rooms = [0, 1].map(|_| {
///     let doors = GcMap::new_in(&heap);
///     heap.alloc(Room { doors })
/// });
/// heap[&rooms[0]].doors.insert("north", rooms[1].clone());
/// heap[&rooms[1]].doors.insert("south", rooms[0].clone());
/// *heap[&rooms[1]].doors.entry("east").or_insert(rooms[1].clone()) = rooms[0].clone();
/// assert!(heap[&rooms[1]].doors.keys().eq(&["south", "east"]));
/// drop(rooms);
/// assert_eq!(heap.collect().collected, 2);
/// assert_eq!(heap.bytes(), 0);
/// ```
pub struct GcMap<K: Send + 'static, V: Send + 'static> {
    pub(super) entries: Entries<K, V>,
}

impl<K: Send + 'static, V: Send + 'static> GcMap<K, V> {
    /// An empty map of no heap: it stands on the global allocator and is not counted. Cost: none.
    pub fn new() -> Self {
        GcMap::new_in(Storage::default())
    }

    /// An empty map in the storage of a heap. Cost: two atomic additions; no memory before the first entry.
    pub fn new_in(storage: impl Into<Storage>) -> Self {
        GcMap {
            entries: Entries::new_in(storage.into()),
        }
    }

    /// With room for so many entries.
    ///
    /// # Panics
    /// If there is no memory; [`GcMap::try_with_capacity_in`] answers an error.
    #[track_caller]
    pub fn with_capacity_in(capacity: usize, storage: impl Into<Storage>) -> Self {
        match GcMap::try_with_capacity_in(capacity, storage) {
            Ok(map) => map,
            Err(kind) => fail(kind),
        }
    }

    /// With room for so many entries.
    ///
    /// # Errors
    /// If there is no memory, or the heap would exceed its hard limit.
    pub fn try_with_capacity_in(
        capacity: usize,
        storage: impl Into<Storage>,
    ) -> Result<Self, AllocErrorKind> {
        let mut map = GcMap::new_in(storage);
        map.try_reserve(capacity)?;
        Ok(map)
    }

    /// Of the pairs of an iterator.
    ///
    /// # Panics
    /// If there is no memory.
    #[track_caller]
    pub fn from_iter_in(
        pairs: impl IntoIterator<Item = (K, V)>,
        storage: impl Into<Storage>,
    ) -> Self
    where
        K: Hash + Eq,
    {
        match GcMap::try_from_iter_in(pairs, storage) {
            Ok(map) => map,
            Err(error) => fail(error.kind),
        }
    }

    /// Of the pairs of an iterator, or gives back the map of those that had room, and what is left of the iterator.
    ///
    /// # Errors
    /// If there is no memory, or the heap would exceed its hard limit.
    pub fn try_from_iter_in<I: IntoIterator<Item = (K, V)>>(
        pairs: I,
        storage: impl Into<Storage>,
    ) -> Result<Self, AllocError<(Self, I::IntoIter)>>
    where
        K: Hash + Eq,
    {
        let mut map = GcMap::new_in(storage);
        let filled = map.try_extend(pairs);
        whole(map, filled)
    }

    /// Where the entries are.
    pub fn storage(&self) -> &Storage {
        self.entries.storage()
    }

    /// How many entries there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Is there none?
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many entries fit without allocating.
    pub fn capacity(&self) -> usize {
        self.entries.capacity()
    }

    /// The entries, leaving an empty map in the same storage, where `mem::take` would leave one of no heap.
    pub fn take(&mut self) -> Self {
        let empty = GcMap::new_in(self.storage().clone());
        mem::replace(self, empty)
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
        self.entries.try_reserve(additional)
    }

    /// Gives back the memory that is not used. Moves the entries; does nothing when there is no memory to move to.
    pub fn shrink_to_fit(&mut self) {
        self.entries.shrink_to_fit();
    }

    /// Drops all entries, now, and keeps the memory.
    pub fn clear(&mut self) {
        self.entries.truncate(0);
    }

    /// Keeps the first `len` entries and drops the rest, now.
    pub fn truncate(&mut self, len: usize) {
        self.entries.truncate(len);
    }

    /// The entries, in order.
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter(self.entries.as_slice().iter())
    }

    /// The entries, in order, with values that can be changed.
    pub fn iter_mut(&mut self) -> IterMut<'_, K, V> {
        IterMut(self.entries.as_mut_slice().iter_mut())
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> + ExactSizeIterator + Clone {
        self.entries.as_slice().iter().map(|entry| &entry.key)
    }

    /// The values, in order.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> + ExactSizeIterator + Clone {
        self.entries.as_slice().iter().map(|entry| &entry.value)
    }

    /// The values, in order, to change them.
    pub fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut V> + ExactSizeIterator {
        let entries = self.entries.as_mut_slice();
        entries.iter_mut().map(|entry| &mut entry.value)
    }

    /// The keys by value, in order.
    pub fn into_keys(self) -> impl DoubleEndedIterator<Item = K> + ExactSizeIterator {
        self.into_iter().map(|(key, _)| key)
    }

    /// The values by value, in order.
    pub fn into_values(self) -> impl DoubleEndedIterator<Item = V> + ExactSizeIterator {
        self.into_iter().map(|(_, value)| value)
    }

    /// The entry at a place in the order.
    pub fn get_index(&self, index: usize) -> Option<(&K, &V)> {
        let entry = self.entries.as_slice().get(index)?;
        Some((&entry.key, &entry.value))
    }

    /// The entry at a place in the order, with a value that can be changed.
    pub fn get_index_mut(&mut self, index: usize) -> Option<(&K, &mut V)> {
        let entry = self.entries.as_mut_slice().get_mut(index)?;
        Some((&entry.key, &mut entry.value))
    }

    /// The first entry.
    pub fn first(&self) -> Option<(&K, &V)> {
        self.get_index(0)
    }

    /// The last entry.
    pub fn last(&self) -> Option<(&K, &V)> {
        self.get_index(self.len().wrapping_sub(1))
    }

    /// Takes all entries out, in order. What the iterator is not asked for is dropped with it. The memory of the table
    /// stays, that of the entries goes with the iterator.
    pub fn drain(&mut self) -> IntoIter<K, V> {
        IntoIter(self.entries.take().into_iter())
    }
}

impl<K: Hash + Eq + Send + 'static, V: Send + 'static> GcMap<K, V> {
    /// The value of a key. Cost: a hash and O(1).
    #[inline]
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let index = self.entries.find(key)?;
        Some(&self.entries.as_slice()[index].value)
    }

    /// The value of a key, to change it.
    #[inline]
    pub fn get_mut<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let index = self.entries.find(key)?;
        Some(&mut self.entries.as_mut_slice()[index].value)
    }

    /// The key as it is in the map, and its value.
    pub fn get_key_value<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        self.get_index(self.entries.find(key)?)
    }

    /// The place of a key in the order.
    pub fn get_index_of<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<usize>
    where
        K: Borrow<Q>,
    {
        self.entries.find(key)
    }

    /// Is the key there?
    #[inline]
    pub fn contains_key<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.entries.find(key).is_some()
    }

    /// Gives a key a value: at its place if it is there, else at the end. Answers the value of before. Cost: O(1)
    /// amortized.
    ///
    /// # Panics
    /// If there is no memory; [`GcMap::try_insert`] gives key and value back instead.
    #[inline]
    #[track_caller]
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.try_insert(key, value) {
            Ok(before) => before,
            Err(error) => fail(error.kind),
        }
    }

    /// As [`GcMap::insert`], or gives key and value back.
    ///
    /// # Errors
    /// If there is no memory, or the heap would exceed its hard limit.
    #[inline]
    pub fn try_insert(&mut self, key: K, value: V) -> Result<Option<V>, AllocError<(K, V)>> {
        match self.entries.try_insert(key, value) {
            Ok(Inserted::New) => Ok(None),
            Ok(Inserted::Found(index, _, value)) => {
                let place = &mut self.entries.as_mut_slice()[index].value;
                Ok(Some(mem::replace(place, value)))
            }
            Err((key, value, kind)) => Err(AllocError::of_container((key, value), kind)),
        }
    }

    /// The place of a key, there or not, to do with as one likes. Cost: as [`GcMap::get`].
    ///
    /// ```
    /// use gc_core::containers::GcMap;
    ///
    /// let mut score = GcMap::new();
    /// for player in ["ann", "bob", "ann"] {
    ///     *score.entry(player).or_insert(0) += 1;
    /// }
    /// assert_eq!(score["ann"], 2);
    /// ```
    pub fn entry(&mut self, key: K) -> Entry<'_, K, V> {
        let hash = hash_of(&key);
        match self.entries.find_hashed(hash, &key) {
            Some(index) => Entry::Occupied(OccupiedEntry { map: self, index }),
            None => Entry::Vacant(VacantEntry {
                map: self,
                hash,
                key,
            }),
        }
    }

    /// Takes a key out; the last entry takes its place in the order. Cost: O(1). The same as [`GcMap::swap_remove`].
    pub fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.swap_remove(key)
    }

    /// As [`GcMap::remove`], with the key.
    pub fn remove_entry<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<(K, V)>
    where
        K: Borrow<Q>,
    {
        let index = self.entries.find(key)?;
        let index::Entry { key, value } = self.entries.swap_remove(index);
        Some((key, value))
    }

    /// Takes a key out; the last entry takes its place in the order. Cost: O(1).
    pub fn swap_remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let index = self.entries.find(key)?;
        Some(self.entries.swap_remove(index).value)
    }

    /// Takes a key out; those after it move up, so that the order is kept. Cost: O(entries).
    pub fn shift_remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let index = self.entries.find(key)?;
        Some(self.entries.shift_remove(index).value)
    }

    /// Takes the entry at a place out; the last one takes its place. Cost: O(1).
    pub fn swap_remove_index(&mut self, index: usize) -> Option<(K, V)> {
        (index < self.len()).then(|| {
            let index::Entry { key, value } = self.entries.swap_remove(index);
            (key, value)
        })
    }

    /// Takes the entry at a place out; those after it move up. Cost: O(entries).
    pub fn shift_remove_index(&mut self, index: usize) -> Option<(K, V)> {
        (index < self.len()).then(|| {
            let index::Entry { key, value } = self.entries.shift_remove(index);
            (key, value)
        })
    }

    /// Takes the last entry. Cost: O(1).
    pub fn pop(&mut self) -> Option<(K, V)> {
        self.swap_remove_index(self.len().wrapping_sub(1))
    }

    /// Exchanges two entries' places in the order.
    ///
    /// # Panics
    /// If there is no such place.
    #[track_caller]
    pub fn swap_indices(&mut self, first: usize, second: usize) {
        self.entries.swap(first, second);
    }

    /// Keeps the entries of which the closure says so, in their order. Cost: O(entries), and two hashes for each that
    /// moves.
    pub fn retain(&mut self, keep: impl FnMut(&K, &mut V) -> bool) {
        self.entries.retain(keep);
    }

    /// Takes out the entries of which the closure says so; the others stay in their order. The closure is asked of all
    /// before the first comes. They come in an order that is the same on every machine, but not that of insertion; those
    /// that the iterator is not asked for are dropped with it. Cost: as [`GcMap::retain`].
    ///
    /// ```
    /// use gc_core::containers::GcMap;
    ///
    /// let mut hp = GcMap::from([("ann", 3), ("bob", 0), ("eve", 5)]);
    /// let dead: Vec<_> = hp.extract_if(|_, hp| *hp == 0).collect();
    /// assert_eq!((dead, hp.len()), (vec![("bob", 0)], 2));
    /// ```
    pub fn extract_if(
        &mut self,
        mut is_wanted: impl FnMut(&K, &mut V) -> bool,
    ) -> impl DoubleEndedIterator<Item = (K, V)> + ExactSizeIterator {
        let kept = self
            .entries
            .bring_forward(|key, value| !is_wanted(key, value));
        let taken = self.entries.drain_from(kept);
        taken.map(|index::Entry { key, value }| (key, value))
    }

    /// Moves all entries of `other` here, as by [`GcMap::insert`], and leaves it empty.
    ///
    /// # Panics
    /// If there is no memory.
    #[track_caller]
    pub fn append(&mut self, other: &mut Self) {
        if let Err(kind) = self.try_append(other) {
            fail(kind);
        }
    }

    /// Moves all entries of `other` here, as by [`GcMap::insert`], or none of them.
    ///
    /// # Errors
    /// As [`GcMap::try_reserve`].
    pub fn try_append(&mut self, other: &mut Self) -> Result<(), AllocErrorKind> {
        self.try_reserve(other.len())?;
        self.extend(other.drain());
        Ok(())
    }

    /// Adds the pairs of an iterator, until there are none or there is no memory: then what is left of the iterator
    /// comes back, and no pair is lost.
    ///
    /// # Errors
    /// If there is no memory, or the heap would exceed its hard limit.
    pub fn try_extend<I: IntoIterator<Item = (K, V)>>(
        &mut self,
        pairs: I,
    ) -> Result<(), AllocError<I::IntoIter>> {
        let mut pairs = pairs.into_iter();
        // Keys may repeat: half of them may be enough.
        let least = pairs.size_hint().0;
        let additional = if self.is_empty() {
            least
        } else {
            least.div_ceil(2)
        };
        if let Err(kind) = self.try_reserve(additional) {
            return Err(AllocError::of_container(pairs, kind));
        }
        loop {
            // Before a pair is taken out: it could not be put back.
            if pairs.size_hint().1 != Some(0)
                && let Err(kind) = self.entries.try_room()
            {
                return Err(AllocError::of_container(pairs, kind));
            }
            let Some((key, value)) = pairs.next() else {
                return Ok(());
            };
            self.insert(key, value);
        }
    }
}

impl<K: Clone + Send + 'static, V: Clone + Send + 'static> GcMap<K, V> {
    /// A copy in the same storage.
    ///
    /// # Errors
    /// As [`GcMap::try_reserve`].
    pub fn try_clone(&self) -> Result<Self, AllocErrorKind> {
        Ok(GcMap {
            entries: self.entries.try_clone()?,
        })
    }
}

impl<K: Trace, V: Trace> Trace for GcMap<K, V> {
    fn trace(&self, tracer: &mut Tracer<'_>) {
        tracer.slice(self.entries.as_slice());
    }
    fn trace_named(&self, tracer: &mut Tracer<'_>) {
        tracer.slice_named(self.entries.as_slice(), 0);
    }
    crate::trace::tracked_by!(K, V);
}

/// The entries of a [`GcMap`], in order.
pub struct Iter<'a, K: Send + 'static, V: Send + 'static>(slice::Iter<'a, index::Entry<K, V>>);

/// The entries of a [`GcMap`], in order, with values that can be changed.
pub struct IterMut<'a, K: Send + 'static, V: Send + 'static>(
    slice::IterMut<'a, index::Entry<K, V>>,
);

/// The entries of a [`GcMap`], by value, in order. Those that it is not asked for are dropped with it.
pub struct IntoIter<K: Send + 'static, V: Send + 'static>(
    vec::IntoIter<index::Entry<K, V>, Storage>,
);

double_ended! {
    ['a, K: Send + 'static, V: Send + 'static] Iter<'a, K, V>, (&'a K, &'a V),
    entry => (&entry.key, &entry.value)
}
double_ended! {
    ['a, K: Send + 'static, V: Send + 'static] IterMut<'a, K, V>, (&'a K, &'a mut V),
    entry => (&entry.key, &mut entry.value)
}
double_ended! {
    [K: Send + 'static, V: Send + 'static] IntoIter<K, V>, (K, V),
    entry => (entry.key, entry.value)
}

impl<K: Send + 'static, V: Send + 'static> IntoIterator for GcMap<K, V> {
    type Item = (K, V);
    type IntoIter = IntoIter<K, V>;
    fn into_iter(mut self) -> IntoIter<K, V> {
        self.drain()
    }
}

impl<'a, K: Send + 'static, V: Send + 'static> IntoIterator for &'a GcMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;
    fn into_iter(self) -> Iter<'a, K, V> {
        self.iter()
    }
}

impl<'a, K: Send + 'static, V: Send + 'static> IntoIterator for &'a mut GcMap<K, V> {
    type Item = (&'a K, &'a mut V);
    type IntoIter = IterMut<'a, K, V>;
    fn into_iter(self) -> IterMut<'a, K, V> {
        self.iter_mut()
    }
}

impl<K, V, Q> Index<&Q> for GcMap<K, V>
where
    K: Borrow<Q> + Hash + Eq + Send + 'static,
    V: Send + 'static,
    Q: Hash + Eq + ?Sized,
{
    type Output = V;
    #[track_caller]
    fn index(&self, key: &Q) -> &V {
        match self.get(key) {
            Some(value) => value,
            None => panic!("the map has no such key"),
        }
    }
}

impl<K: Send + 'static, V: Send + 'static> Default for GcMap<K, V> {
    fn default() -> Self {
        GcMap::new()
    }
}

impl<K: Clone + Send + 'static, V: Clone + Send + 'static> Clone for GcMap<K, V> {
    /// In the same storage.
    fn clone(&self) -> Self {
        match self.try_clone() {
            Ok(map) => map,
            Err(kind) => fail(kind),
        }
    }
}

impl<K: Hash + Eq + Send + 'static, V: Send + 'static> Extend<(K, V)> for GcMap<K, V> {
    #[track_caller]
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, pairs: I) {
        if let Err(error) = self.try_extend(pairs) {
            fail(error.kind);
        }
    }
}

impl<'a, K, V> Extend<(&'a K, &'a V)> for GcMap<K, V>
where
    K: Copy + Hash + Eq + Send + 'static,
    V: Copy + Send + 'static,
{
    #[track_caller]
    fn extend<I: IntoIterator<Item = (&'a K, &'a V)>>(&mut self, pairs: I) {
        self.extend(pairs.into_iter().map(|(key, value)| (*key, *value)));
    }
}

impl<K: Hash + Eq + Send + 'static, V: Send + 'static> FromIterator<(K, V)> for GcMap<K, V> {
    /// In the storage of no heap; [`GcMap::from_iter_in`] names one.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        GcMap::from_iter_in(pairs, Storage::default())
    }
}

impl<K, V, const N: usize> From<[(K, V); N]> for GcMap<K, V>
where
    K: Hash + Eq + Send + 'static,
    V: Send + 'static,
{
    /// In the storage of no heap.
    fn from(pairs: [(K, V); N]) -> Self {
        GcMap::from_iter(pairs)
    }
}

impl<K: fmt::Debug + Send + 'static, V: fmt::Debug + Send + 'static> fmt::Debug for GcMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

impl<K, V> PartialEq for GcMap<K, V>
where
    K: Hash + Eq + Send + 'static,
    V: PartialEq + Send + 'static,
{
    /// The same keys with equal values, in whatever order.
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self
                .iter()
                .all(|(key, value)| other.get(key).is_some_and(|theirs| value == theirs))
    }
}

impl<K: Hash + Eq + Send + 'static, V: Eq + Send + 'static> Eq for GcMap<K, V> {}
