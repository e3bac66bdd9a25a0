use super::graves::Graves;
use super::types::TypeInfo;
use super::{HeapAllocator, Table};
use crate::ObjectId;

/// The identities of dead objects that had weak handles, until the game asks for them.
pub(crate) struct DeathLog {
    ids: Table<ObjectId>,
    /// Where the oldest is: the log is a ring once it is full.
    oldest: usize,
    pub(crate) lost: u64,
    pub(crate) graves: Graves,
}

/// A game that never asks must not pay for it without end.
pub(crate) const MOST: usize = 1 << 16;

impl DeathLog {
    pub(crate) fn new(allocator: HeapAllocator) -> Self {
        DeathLog {
            ids: Table::new_in(allocator),
            oldest: 0,
            lost: 0,
            graves: Graves::default(),
        }
    }

    pub(crate) fn add(&mut self, id: ObjectId, info: &'static TypeInfo) {
        self.graves.add(id, info);
        if self.ids.len() == MOST {
            self.ids[self.oldest] = id;
            self.oldest = (self.oldest + 1) % MOST;
            self.lost += 1;
        } else if self.ids.try_reserve(1).is_ok() {
            self.ids.push(id);
        } else {
            self.lost += 1;
        }
    }

    /// Oldest first.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = ObjectId> + '_ {
        self.lost = 0;
        self.ids.rotate_left(self.oldest);
        self.oldest = 0;
        self.ids.drain(..)
    }
}
