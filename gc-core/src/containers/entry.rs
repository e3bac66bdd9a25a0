use super::GcMap;
use super::store::fail;
use crate::AllocError;
use core::hash::Hash;
use core::mem;

/// The place of a key in a [`GcMap`], from [`GcMap::entry`].
pub enum Entry<'a, K: Send + 'static, V: Send + 'static> {
    /// The key is there.
    Occupied(OccupiedEntry<'a, K, V>),
    /// It is not.
    Vacant(VacantEntry<'a, K, V>),
}

/// A key that is there.
pub struct OccupiedEntry<'a, K: Send + 'static, V: Send + 'static> {
    pub(super) map: &'a mut GcMap<K, V>,
    pub(super) index: usize,
}

/// A key that is not there.
pub struct VacantEntry<'a, K: Send + 'static, V: Send + 'static> {
    pub(super) map: &'a mut GcMap<K, V>,
    pub(super) hash: u32,
    pub(super) key: K,
}

impl<'a, K: Send + 'static, V: Send + 'static> Entry<'a, K, V> {
    /// The value, which is this one if there was none.
    ///
    /// # Panics
    /// If there is no memory.
    #[track_caller]
    pub fn or_insert(self, value: V) -> &'a mut V {
        self.or_insert_with_key(|_| value)
    }

    /// As [`Entry::or_insert`], or gives key and value back.
    ///
    /// # Errors
    /// If there is no memory, or the heap would exceed its hard limit.
    pub fn try_or_insert(self, value: V) -> Result<&'a mut V, AllocError<(K, V)>> {
        self.try_or_insert_with_key(|_| value)
    }

    /// The value, which the closure makes if there was none.
    ///
    /// # Panics
    /// If there is no memory.
    #[track_caller]
    pub fn or_insert_with(self, make: impl FnOnce() -> V) -> &'a mut V {
        self.or_insert_with_key(|_| make())
    }

    /// As [`Entry::or_insert_with`], or gives back the key and the value that was made.
    ///
    /// # Errors
    /// As [`Entry::try_or_insert`].
    pub fn try_or_insert_with(
        self,
        make: impl FnOnce() -> V,
    ) -> Result<&'a mut V, AllocError<(K, V)>> {
        self.try_or_insert_with_key(|_| make())
    }

    /// The value, which the closure makes of the key if there was none.
    ///
    /// # Panics
    /// If there is no memory.
    #[track_caller]
    pub fn or_insert_with_key(self, make: impl FnOnce(&K) -> V) -> &'a mut V {
        match self.try_or_insert_with_key(make) {
            Ok(value) => value,
            Err(error) => fail(error.kind),
        }
    }

    /// As [`Entry::or_insert_with_key`], or gives back the key and the value that was made.
    ///
    /// # Errors
    /// As [`Entry::try_or_insert`].
    pub fn try_or_insert_with_key(
        self,
        make: impl FnOnce(&K) -> V,
    ) -> Result<&'a mut V, AllocError<(K, V)>> {
        match self {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => {
                let value = make(&entry.key);
                entry.try_insert(value)
            }
        }
    }

    /// The value, which is the default if there was none.
    ///
    /// # Panics
    /// If there is no memory.
    #[track_caller]
    pub fn or_default(self) -> &'a mut V
    where
        V: Default,
    {
        self.or_insert_with_key(|_| V::default())
    }

    /// As [`Entry::or_default`], or gives key and default back.
    ///
    /// # Errors
    /// As [`Entry::try_or_insert`].
    pub fn try_or_default(self) -> Result<&'a mut V, AllocError<(K, V)>>
    where
        V: Default,
    {
        self.try_or_insert_with_key(|_| V::default())
    }

    /// Changes the value if there is one.
    pub fn and_modify(mut self, change: impl FnOnce(&mut V)) -> Self {
        if let Entry::Occupied(entry) = &mut self {
            change(entry.get_mut());
        }
        self
    }

    /// The key.
    pub fn key(&self) -> &K {
        match self {
            Entry::Occupied(entry) => entry.key(),
            Entry::Vacant(entry) => entry.key(),
        }
    }
}

impl<'a, K: Send + 'static, V: Send + 'static> OccupiedEntry<'a, K, V> {
    /// The key as it is in the map.
    pub fn key(&self) -> &K {
        &self.map.entries.as_slice()[self.index].key
    }

    /// Its place in the order.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The value.
    pub fn get(&self) -> &V {
        &self.map.entries.as_slice()[self.index].value
    }

    /// The value, to change it.
    pub fn get_mut(&mut self) -> &mut V {
        &mut self.map.entries.as_mut_slice()[self.index].value
    }

    /// The value, for as long as the map is borrowed.
    pub fn into_mut(self) -> &'a mut V {
        &mut self.map.entries.as_mut_slice()[self.index].value
    }

    /// Puts another value in its place and answers the one of before.
    pub fn insert(&mut self, value: V) -> V {
        mem::replace(self.get_mut(), value)
    }

    /// Takes the entry out; the last one takes its place. Cost: O(1).
    pub fn remove(self) -> V
    where
        K: Hash,
    {
        self.map.entries.swap_remove(self.index).value
    }

    /// Takes the entry out; those after it move up. Cost: O(entries).
    pub fn shift_remove(self) -> V
    where
        K: Hash,
    {
        self.map.entries.shift_remove(self.index).value
    }
}

impl<'a, K: Send + 'static, V: Send + 'static> VacantEntry<'a, K, V> {
    /// The key.
    pub fn key(&self) -> &K {
        &self.key
    }

    /// The key back.
    pub fn into_key(self) -> K {
        self.key
    }

    /// Adds the entry, at the end.
    ///
    /// # Panics
    /// If there is no memory; [`VacantEntry::try_insert`] gives key and value back instead.
    #[track_caller]
    pub fn insert(self, value: V) -> &'a mut V {
        match self.try_insert(value) {
            Ok(value) => value,
            Err(error) => fail(error.kind),
        }
    }

    /// Adds the entry, at the end, or gives key and value back.
    ///
    /// # Errors
    /// If there is no memory, or the heap would exceed its hard limit.
    pub fn try_insert(self, value: V) -> Result<&'a mut V, AllocError<(K, V)>> {
        match self.map.entries.try_add(self.hash, self.key, value) {
            Ok(index) => Ok(&mut self.map.entries.as_mut_slice()[index].value),
            Err((key, value, kind)) => Err(AllocError::of_container((key, value), kind)),
        }
    }
}
