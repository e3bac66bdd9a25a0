//! The table of a map: where the entry of a hash is.
//!
//! It counts in the heap's bytes as a table of hashbrown would of which nothing was ever removed, by a formula. What
//! hashbrown really takes differs between machines, since its groups do: a table's end, and when the place of something
//! removed is free again, so also when it must grow. Bytes feed limits and pacing, and must be the same everywhere.

use crate::arena::Uncounted;
use crate::{AllocErrorKind, Storage};
use core::ops::{Deref, DerefMut};
use hashbrown::TryReserveError;
use hashbrown::hash_table::HashTable;

use super::hasher::spread;

#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) hash: u32,
    pub(super) index: u32,
}

/// Bytes of a place: itself, and one in hashbrown's groups.
const PLACE: usize = size_of::<Place>() + 1;
/// More entries than this have no number.
pub(super) const MOST: usize = u32::MAX as usize;

pub(super) struct Table {
    places: HashTable<Place, Uncounted>,
    /// It counts as one for so many.
    room: usize,
}

/// Places of a table for so many entries: a power of two, of which 7/8 are used.
fn places_for(entries: usize) -> usize {
    match entries {
        0 => 0,
        1..4 => 4,
        4..8 => 8,
        _ => (entries.saturating_mul(8) / 7)
            .checked_next_power_of_two()
            .unwrap_or(usize::MAX),
    }
}

/// How many entries so many places have room for.
fn room_of(places: usize) -> usize {
    match places {
        0..=8 => places.saturating_sub(1),
        _ => (places / 8 * 7).min(MOST),
    }
}

fn bytes(room: usize) -> usize {
    places_for(room).saturating_mul(PLACE)
}

fn hash(place: &Place) -> u64 {
    spread(place.hash)
}

impl Table {
    pub(super) fn new_in(storage: Storage) -> Self {
        Table {
            places: HashTable::new_in(Uncounted(storage)),
            room: 0,
        }
    }

    fn storage(&self) -> &Storage {
        &self.places.allocator().0
    }

    #[inline]
    pub(super) fn room(&self) -> usize {
        self.room
    }

    /// Is one more without a call of the allocator?
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.places.len() >= self.room || self.places.len() == self.places.capacity()
    }

    pub(super) fn try_reserve(&mut self, additional: usize) -> Result<(), AllocErrorKind> {
        let entries = self.places.len().saturating_add(additional);
        if entries > MOST {
            return Err(AllocErrorKind::TooLarge);
        }
        if entries > self.room {
            let room = room_of(places_for(entries));
            let more = bytes(room) - bytes(self.room);
            if !self.storage().count(more) {
                return Err(self.storage().refusal(more));
            }
            self.room = room;
        }
        reserve(&mut self.places, additional)
    }

    /// No larger than it must be, if there is memory to move to.
    pub(super) fn shrink_to_fit(&mut self) {
        let room = room_of(places_for(self.places.len()));
        if room < self.room
            && let Ok(places) = self.copy()
        {
            self.places = places;
            self.storage().uncount(bytes(self.room) - bytes(room));
            self.room = room;
        }
    }

    pub(super) fn try_clone(&self) -> Result<Self, AllocErrorKind> {
        let mut table = Table::new_in(self.storage().clone());
        table.try_reserve(self.places.len())?;
        fill(&mut table.places, &self.places);
        Ok(table)
    }

    fn copy(&self) -> Result<HashTable<Place, Uncounted>, AllocErrorKind> {
        let mut places = HashTable::new_in(Uncounted(self.storage().clone()));
        reserve(&mut places, self.places.len())?;
        fill(&mut places, &self.places);
        Ok(places)
    }
}

fn reserve(
    places: &mut HashTable<Place, Uncounted>,
    additional: usize,
) -> Result<(), AllocErrorKind> {
    places
        .try_reserve(additional, hash)
        .map_err(|error| match error {
            TryReserveError::CapacityOverflow => AllocErrorKind::TooLarge,
            TryReserveError::AllocError { .. } => AllocErrorKind::OutOfMemory,
        })
}

/// There is room for all.
fn fill(to: &mut HashTable<Place, Uncounted>, from: &HashTable<Place, Uncounted>) {
    for &place in from {
        to.insert_unique(spread(place.hash), place, hash);
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        if self.room > 0 {
            self.storage().uncount(bytes(self.room));
        }
    }
}

/// To find, change and remove places. Whoever adds one has asked [`Table::is_full`].
impl Deref for Table {
    type Target = HashTable<Place, Uncounted>;
    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.places
    }
}

impl DerefMut for Table {
    #[inline]
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_room_for_so_many_counts_the_same_again() {
        for entries in 0..5000 {
            let room = room_of(places_for(entries));
            assert!(room >= entries);
            assert_eq!(places_for(room), places_for(entries));
        }
        assert_eq!(places_for(room_of(places_for(MOST))), places_for(MOST));
        for entries in [usize::MAX / 8, usize::MAX] {
            assert!(bytes(entries) >= entries);
        }
    }

    /// The formula is that of hashbrown, but for the end of the table.
    #[test]
    fn as_many_places_as_hashbrown_takes() {
        let mut table = Table::new_in(Storage::default());
        for entries in 1..3000 {
            table.try_reserve(1).unwrap();
            let index = entries as u32;
            let place = Place { hash: index, index };
            table.places.insert_unique(spread(index), place, hash);
            assert_eq!(table.places.capacity(), table.room, "{entries} entries");
        }
    }
}
