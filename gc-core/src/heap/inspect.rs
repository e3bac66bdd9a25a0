//! Looking at objects without changing them.

use super::Heap;
use super::reach::live_slots;
use crate::arena::page::INDEX_BITS;
use crate::arena::{Bit, PageRef, Slot};
use crate::handle::AnyHandle;
use crate::trace::{Greys, Tracer};
use crate::{Generation, ObjectId};
use alloc::vec::Vec;

/// One object, seen from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ObjectInfo {
    /// Its identity.
    pub id: ObjectId,
    /// Its type, as the compiler writes it.
    pub type_name: &'static str,
    /// Handles that lead to it.
    pub strong_count: usize,
    /// Bytes of its slot.
    pub bytes: usize,
    /// Its generation; `None` when it is frozen.
    pub generation: Option<Generation>,
}

impl Heap {
    /// The tracked objects of a generation that are alive, in a stable order. What is condemned is not among them.
    /// Cost: O(pages + objects).
    pub fn objects(&self, generation: Generation) -> impl Iterator<Item = ObjectInfo> + '_ {
        self.arena
            .all_pages()
            .filter(|page| page.tracked())
            .flat_map(live_slots)
            .filter(move |&slot| generation_of(slot) == Some(generation) && self.is_alive(slot))
            .map(|slot| self.info(slot))
    }

    /// Every live object of every type, page by page in the order of [`Heap::pages`]: the same for the same sequence of
    /// calls, on every machine. An object keeps its [`ObjectInfo::id`] for life, and no other one ever gets it, so two
    /// walks can be compared. Cost: O(pages + objects).
    pub fn all_objects(&self) -> impl Iterator<Item = ObjectInfo> + '_ {
        self.arena
            .all_pages()
            .flat_map(live_slots)
            .filter(|&slot| self.is_alive(slot))
            .map(|slot| self.info(slot))
    }

    /// The slot of a handle that opens this heap.
    #[track_caller]
    fn slot_of(&self, handle: &impl AnyHandle) -> Slot {
        let word = handle.slot_of().0;
        let page = PageRef::of(word);
        let slot = page.slot(page.index_of(word));
        if self.arena.word(slot).load().tag() != self.arena.tag {
            self.refuse_any(slot);
        }
        slot
    }

    fn info(&self, slot: Slot) -> ObjectInfo {
        let info = slot.page.info();
        ObjectInfo {
            id: id(slot),
            type_name: (info.name)(),
            strong_count: self.arena.word(slot).load().strong() as usize,
            bytes: info.layout.stride,
            generation: if slot.page.tracked() {
                generation_of(slot)
            } else {
                None
            },
        }
    }

    /// What the object refers to directly, in the order of its `trace`, as often as it does. Empty for leaves.
    ///
    /// # Panics
    /// As [`Heap::get`].
    pub fn referents(&self, handle: &impl AnyHandle) -> Vec<ObjectId> {
        let slot = self.slot_of(handle);
        edges(slot.page.tag(), slot)
    }

    /// The live objects that refer to this one directly. Cost: traces every object of the heap.
    ///
    /// # Panics
    /// As [`Heap::get`].
    pub fn referrers(&self, handle: &impl AnyHandle) -> Vec<ObjectId> {
        let wanted = id(self.slot_of(handle));
        self.arena
            .all_pages()
            .filter(|page| page.tracked())
            .flat_map(live_slots)
            .filter(|&slot| self.is_alive(slot))
            .filter(|&slot| edges(slot.page.tag(), slot).contains(&wanted))
            .map(id)
            .collect()
    }

    /// Does the collector know the object?
    ///
    /// # Panics
    /// As [`Heap::get`].
    pub fn is_tracked(&self, handle: &impl AnyHandle) -> bool {
        self.slot_of(handle).page.tracked()
    }

    /// Has the object's finalizer run?
    ///
    /// # Panics
    /// As [`Heap::get`].
    pub fn is_finalized(&self, handle: &impl AnyHandle) -> bool {
        let slot = self.slot_of(handle);
        slot.page.finalizes() && slot.page.has(Bit::Finalized, slot.index)
    }

    /// The object's generation; `None` when it is frozen or untracked.
    ///
    /// # Panics
    /// As [`Heap::get`].
    pub fn generation(&self, handle: &impl AnyHandle) -> Option<Generation> {
        let slot = self.slot_of(handle);
        slot.page.tracked().then(|| generation_of(slot)).flatten()
    }

    /// A hash of the heap as the collector sees it: its objects, their types, generations and counts, the counters and
    /// the jobs in progress. Two heaps that played the same calls, with budgets in units, have the same, on every
    /// machine. Cost: O(objects).
    pub fn state_hash(&self) -> u64 {
        let mut hash = Fnv::new();
        for object in self.all_objects() {
            hash.add(object.id.to_bits());
            hash.add(object.strong_count as u64);
            hash.add(object.generation.map_or(3, Generation::index) as u64);
            hash.add(object.bytes as u64);
        }
        for count in self.counts {
            hash.add(count as u64);
        }
        for stats in self.stats {
            hash.add(stats.collections);
            hash.add(stats.collected);
            hash.add(stats.candidates);
            hash.add(stats.units);
        }
        for job in self.jobs.iter().flatten() {
            hash.add(job.phase as u64);
            hash.add(job.units);
            hash.add(job.greys.unmarked as u64);
        }
        hash.0
    }
}

fn id(slot: Slot) -> ObjectId {
    ObjectId {
        slot: slot.page.number() << INDEX_BITS | slot.index as u32,
        version: slot.page.version(slot.index),
    }
}

pub(super) fn edges(tag: u16, slot: Slot) -> Vec<ObjectId> {
    let mut list = Vec::new();
    if slot.page.tracked() {
        let mut unused = Greys::new();
        let mut tracer = Tracer::listing(tag, &mut unused, &mut list);
        tracer.never_interrupt();
        (slot.page.info().trace)(
            slot.page,
            slot.index / 64,
            1 << (slot.index % 64),
            &mut tracer,
        );
    }
    list
}

fn generation_of(slot: Slot) -> Option<Generation> {
    let low = slot.page.has(Bit::Low, slot.index);
    let high = slot.page.has(Bit::High, slot.index);
    match (high, low) {
        (false, false) => Some(Generation::Young),
        (false, true) => Some(Generation::Middle),
        (true, false) => Some(Generation::Old),
        (true, true) => None,
    }
}

/// FNV-1a over 64-bit words: fixed for ever, so that hashes can be compared between machines.
struct Fnv(u64);

impl Fnv {
    fn new() -> Self {
        Fnv(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, word: u64) {
        for byte in word.to_le_bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
