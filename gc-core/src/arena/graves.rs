//! Tombstones: when and how objects with weak handles died, the last of them.

use super::HeapAllocator;
use super::ring::Ring;
use super::types::TypeInfo;
use crate::{Generation, ObjectId};

/// How many are kept in debug builds, unless the game says otherwise.
const IN_DEBUG_BUILDS: usize = 4096;

/// When and how an object died: what a dead weak handle can still tell. See
/// [`Heap::tombstone`](crate::Heap::tombstone).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Tombstone {
    /// Which object it was.
    pub id: ObjectId,
    /// Its type, as the compiler writes it.
    pub type_name: &'static str,
    /// How many calls of [`Heap::step`](crate::Heap::step) there had been.
    pub step: u64,
    /// The number of the round in which it died, from 1; `None` between rounds.
    pub round: Option<u64>,
    /// How it died.
    pub death: Death,
}

/// How an object died.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Death {
    /// Its last handle was dropped.
    Counted,
    /// It was in a cycle, or only a dead cycle referred to it: a collection of this generation and those younger
    /// condemned it.
    Collected(Generation),
}

pub(crate) struct Graves {
    last: Ring<Tombstone>,
    most: usize,
    /// How objects die now.
    pub(crate) death: Death,
    pub(crate) step: u64,
    pub(crate) round: Option<u64>,
    pub(crate) rounds: u64,
}

impl Graves {
    pub(super) fn new(allocator: HeapAllocator) -> Self {
        Graves {
            last: Ring::new(allocator),
            most: if cfg!(debug_assertions) {
                IN_DEBUG_BUILDS
            } else {
                0
            },
            death: Death::Counted,
            step: 0,
            round: None,
            rounds: 0,
        }
    }

    pub(crate) fn keep(&mut self, most: usize) {
        self.most = most;
        self.last.keep(most);
    }

    #[inline]
    pub(super) fn add(&mut self, id: ObjectId, info: &'static TypeInfo) {
        if self.most > 0 {
            self.dig(id, info);
        }
    }

    #[cold]
    fn dig(&mut self, id: ObjectId, info: &'static TypeInfo) {
        let stone = Tombstone {
            id,
            type_name: (info.name)(),
            step: self.step,
            round: self.round,
            death: self.death,
        };
        self.last.add(stone, self.most);
    }

    pub(crate) fn find(&self, id: ObjectId) -> Option<Tombstone> {
        self.last
            .newest_first()
            .find(|stone| stone.id == id)
            .copied()
    }
}
