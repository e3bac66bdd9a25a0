use super::HeapAllocator;
use super::graves::Graves;
use super::ring::Ring;
use super::types::TypeInfo;
use crate::ObjectId;

/// The identities of dead objects that had weak handles, until the game asks for them.
pub(crate) struct DeathLog {
    ids: Ring<ObjectId>,
    pub(crate) lost: u64,
    pub(crate) graves: Graves,
}

/// A game that never asks must not pay for it without end.
const MOST: usize = 1 << 16;

impl DeathLog {
    pub(crate) fn new(allocator: HeapAllocator) -> Self {
        DeathLog {
            ids: Ring::new(allocator.clone()),
            lost: 0,
            graves: Graves::new(allocator),
        }
    }

    pub(crate) fn add(&mut self, id: ObjectId, info: &'static TypeInfo) {
        self.graves.add(id, info);
        if !self.ids.add(id, MOST) {
            self.lost += 1;
        }
    }

    /// Oldest first.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = ObjectId> + '_ {
        self.lost = 0;
        self.ids.drain()
    }
}
