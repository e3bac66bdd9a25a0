//! The entries of a map in the order of their insertion, and a table that finds them by hash.
//!
//! ```text
//! table:   hash → place          (hashbrown; a hash is 4 bytes, a place is 4)
//! entries: [key value] [key value] [key value] …
//! ```
//!
//! So the order of iteration has nothing to do with hashes, growing the table never asks for a key's hash, and tracing
//! and dropping go through the entries like those of a vector, in pieces.

use super::hasher::{hash_of, spread};
use super::store::Store;
use super::table::{MOST, Place, Table};
use crate::inspect::Step;
use crate::trace::{Trace, Tracer};
use crate::{AllocErrorKind, Storage};
use allocator_api2::vec::Vec;
use core::borrow::Borrow;
use core::hash::Hash;
use hashbrown::hash_table::Entry as TableEntry;

/// A key and its value.
#[derive(Clone)]
pub(super) struct Entry<K, V> {
    pub(super) key: K,
    pub(super) value: V,
}

impl<K: Trace, V: Trace> Trace for Entry<K, V> {
    #[inline]
    fn trace(&self, tracer: &mut Tracer<'_>) {
        self.key.trace(tracer);
        self.value.trace(tracer);
    }
    fn trace_named(&self, tracer: &mut Tracer<'_>) {
        tracer.entry(Step::Key, &self.key);
        self.value.trace_named(tracer);
    }
    crate::trace::tracked_by!(K, V);
}

/// Invariant: the table holds each number below `entries.len()` exactly once, with the hash that the key had when it
/// was inserted. It holds also when user code (`Hash`, `Eq`, `Drop`) panics or lies.
pub(super) struct Entries<K: Send + 'static, V: Send + 'static> {
    entries: Store<Entry<K, V>>,
    table: Table,
}

/// What an insertion did.
pub(super) enum Inserted<K, V> {
    New,
    /// The key was there: its place, and what was to be inserted.
    Found(usize, K, V),
}

impl<K: Send + 'static, V: Send + 'static> Entries<K, V> {
    pub(super) fn new_in(storage: Storage) -> Self {
        Entries {
            table: Table::new_in(storage.clone()),
            entries: Store::new_in(storage),
        }
    }

    pub(super) fn storage(&self) -> &Storage {
        self.entries.storage()
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.entries.items().len()
    }

    pub(super) fn capacity(&self) -> usize {
        self.entries.items().capacity().min(self.table.room())
    }

    #[inline]
    pub(super) fn as_slice(&self) -> &[Entry<K, V>] {
        self.entries.items()
    }

    #[inline]
    pub(super) fn as_mut_slice(&mut self) -> &mut [Entry<K, V>] {
        self.entries.items_mut()
    }

    /// All entries, leaving none.
    pub(super) fn take(&mut self) -> Vec<Entry<K, V>, Storage> {
        self.table.clear();
        self.entries.take()
    }

    pub(super) fn try_reserve(&mut self, additional: usize) -> Result<(), AllocErrorKind> {
        self.entries.try_reserve(additional)?;
        self.table.try_reserve(additional)
    }

    /// Room for one more entry.
    #[inline]
    pub(super) fn try_room(&mut self) -> Result<(), AllocErrorKind> {
        self.entries.try_room()?;
        if self.table.is_full() {
            return self.try_grow_table();
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn try_grow_table(&mut self) -> Result<(), AllocErrorKind> {
        self.table.try_reserve(1)
    }

    pub(super) fn shrink_to_fit(&mut self) {
        self.entries.shrink_to(0);
        self.table.shrink_to_fit();
    }

    pub(super) fn try_clone(&self) -> Result<Self, AllocErrorKind>
    where
        K: Clone,
        V: Clone,
    {
        let mut entries = Store::try_with_capacity_in(self.len(), self.storage().clone())?;
        let table = self.table.try_clone()?;
        entries.items_mut().extend_from_slice(self.as_slice());
        Ok(Entries { entries, table })
    }

    /// The place of a key.
    #[inline]
    pub(super) fn find<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<usize>
    where
        K: Borrow<Q>,
    {
        if self.table.is_empty() {
            return None;
        }
        self.find_hashed(hash_of(key), key)
    }

    #[inline]
    pub(super) fn find_hashed<Q: Eq + ?Sized>(&self, hash: u32, key: &Q) -> Option<usize>
    where
        K: Borrow<Q>,
    {
        let entries = self.entries.items();
        self.table
            .find(spread(hash), |place| {
                place.hash == hash && entries[place.index as usize].key.borrow() == key
            })
            .map(|place| place.index as usize)
    }

    /// Adds an entry at the end unless the key is there. When there is no memory and the key is not there, gives all
    /// back.
    #[inline]
    pub(super) fn try_insert(
        &mut self,
        key: K,
        value: V,
    ) -> Result<Inserted<K, V>, (K, V, AllocErrorKind)>
    where
        K: Hash + Eq,
    {
        let hash = hash_of(&key);
        if let Err(kind) = self.try_room() {
            return match self.find_hashed(hash, &key) {
                Some(index) => Ok(Inserted::Found(index, key, value)),
                None => Err((key, value, kind)),
            };
        }
        let entries = self.entries.items_mut();
        let found = self.table.entry(
            spread(hash),
            |place| place.hash == hash && entries[place.index as usize].key == key,
            |place| spread(place.hash),
        );
        match found {
            TableEntry::Occupied(place) => {
                Ok(Inserted::Found(place.get().index as usize, key, value))
            }
            TableEntry::Vacant(vacant) => {
                let index = entries.len() as u32;
                vacant.insert(Place { hash, index });
                entries.push(Entry { key, value });
                Ok(Inserted::New)
            }
        }
    }

    /// Adds an entry whose key is not there, and tells its place.
    pub(super) fn try_add(
        &mut self,
        hash: u32,
        key: K,
        value: V,
    ) -> Result<usize, (K, V, AllocErrorKind)> {
        if let Err(kind) = self.try_room() {
            return Err((key, value, kind));
        }
        let index = self.len();
        let place = Place {
            hash,
            index: index as u32,
        };
        self.table
            .insert_unique(spread(hash), place, |place| spread(place.hash));
        self.entries.items_mut().push(Entry { key, value });
        Ok(index)
    }

    /// Takes a number out of the table.
    fn forget(&mut self, hash: u32, index: usize) {
        let is = |place: &Place| place.index as usize == index;
        match self.table.find_entry(spread(hash), is) {
            Ok(place) => drop(place.remove()),
            // The key has changed its hash: its place is found all the same.
            Err(_) => self.table.retain(|place| !is(place)),
        }
    }

    /// Where the table has `index`.
    fn number(&mut self, hash: u32, index: usize) -> Option<&mut u32> {
        let is = |place: &Place| place.index as usize == index;
        // As in `forget`.
        let place = match self.table.find(spread(hash), is) {
            Some(_) => self.table.find_mut(spread(hash), is),
            None => self.table.iter_mut().find(|place| is(place)),
        };
        place.map(|place| &mut place.index)
    }

    /// Takes an entry out and puts the last one in its place. Cost: O(1).
    pub(super) fn swap_remove(&mut self, index: usize) -> Entry<K, V>
    where
        K: Hash,
    {
        let last = self.len() - 1;
        // Both hashes first: they are user code, and may panic.
        let hashes = [index, last].map(|at| hash_of(&self.as_slice()[at].key));
        self.forget(hashes[0], index);
        if index != last
            && let Some(number) = self.number(hashes[1], last)
        {
            *number = index as u32;
        }
        self.entries.items_mut().swap_remove(index)
    }

    /// Takes an entry out; those after it move up. Cost: O(entries).
    pub(super) fn shift_remove(&mut self, index: usize) -> Entry<K, V>
    where
        K: Hash,
    {
        self.forget(hash_of(&self.as_slice()[index].key), index);
        for place in self.table.iter_mut() {
            if place.index as usize > index {
                place.index -= 1;
            }
        }
        self.entries.items_mut().remove(index)
    }

    /// Exchanges two entries.
    pub(super) fn swap(&mut self, first: usize, second: usize)
    where
        K: Hash,
    {
        let entries = self.as_slice();
        if first == second {
            return;
        }
        let hashes = [first, second].map(|at| hash_of(&entries[at].key));
        // A number that no entry has keeps the two apart meanwhile.
        for (hash, from, to) in [
            (hashes[0], first, MOST),
            (hashes[1], second, first),
            (hashes[0], MOST, second),
        ] {
            if let Some(number) = self.number(hash, from) {
                *number = to as u32;
            }
        }
        self.as_mut_slice().swap(first, second);
    }

    /// Keeps the first `len` entries.
    pub(super) fn truncate(&mut self, len: usize) {
        if len == 0 {
            self.table.clear();
        } else if len < self.len() {
            self.table.retain(|place| (place.index as usize) < len);
        }
        self.entries.items_mut().truncate(len);
    }

    /// Keeps those of which the closure says so, in their order. If it panics, all are still there, those that it did
    /// not want behind the others.
    pub(super) fn retain(&mut self, keep: impl FnMut(&K, &mut V) -> bool)
    where
        K: Hash,
    {
        let kept = self.bring_forward(keep);
        self.truncate(kept);
    }

    /// Takes out those from a place on.
    pub(super) fn drain_from(
        &mut self,
        index: usize,
    ) -> impl DoubleEndedIterator<Item = Entry<K, V>> + ExactSizeIterator {
        self.table.retain(|place| (place.index as usize) < index);
        self.entries.items_mut().drain(index..)
    }

    /// Those of which the closure says so come first, in their order. Answers how many.
    pub(super) fn bring_forward(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) -> usize
    where
        K: Hash,
    {
        let mut kept = 0;
        for index in 0..self.len() {
            let Entry { key, value } = &mut self.as_mut_slice()[index];
            if keep(key, value) {
                self.swap(kept, index);
                kept += 1;
            }
        }
        kept
    }
}
