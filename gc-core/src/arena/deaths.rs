use super::graves::Graves;
use super::types::TypeInfo;
use crate::ObjectId;
use alloc::collections::VecDeque;

/// The identities of dead objects that had weak handles, until the game asks for them.
#[derive(Default)]
pub(crate) struct DeathLog {
    ids: VecDeque<ObjectId>,
    pub(crate) lost: u64,
    pub(crate) graves: Graves,
}

/// A game that never asks must not pay for it without end.
pub(crate) const MOST: usize = 1 << 16;

impl DeathLog {
    pub(crate) fn add(&mut self, id: ObjectId, info: &'static TypeInfo) {
        self.graves.add(id, info);
        if self.ids.len() == MOST {
            self.ids.pop_front();
            self.lost += 1;
        }
        if self.ids.try_reserve(1).is_ok() {
            self.ids.push_back(id);
        } else {
            self.lost += 1;
        }
    }

    pub(crate) fn drain(&mut self) -> impl Iterator<Item = ObjectId> + '_ {
        self.lost = 0;
        self.ids.drain(..)
    }
}
