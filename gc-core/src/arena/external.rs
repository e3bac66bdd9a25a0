use super::HeapAllocator;
use core::hash::{BuildHasherDefault, Hasher};
use hashbrown::HashMap;

/// Bytes that objects hold outside the heap, by slot.
pub(crate) struct External {
    bytes: HashMap<u32, usize, BuildHasherDefault<SlotHasher>, HeapAllocator>,
    /// Exact: it is 0 when there is no entry, and only then.
    sum: u128,
    /// The same, or `usize::MAX`.
    pub(crate) total: usize,
}

impl External {
    pub(crate) fn new(allocator: HeapAllocator) -> Self {
        External {
            bytes: HashMap::with_hasher_in(BuildHasherDefault::default(), allocator),
            sum: 0,
            total: 0,
        }
    }

    /// Answers what was noted before; `None`, and nothing is changed, when there is no memory for the note.
    pub(crate) fn set(&mut self, slot: u32, bytes: usize) -> Option<usize> {
        if bytes != 0 && !self.bytes.contains_key(&slot) {
            self.bytes.try_reserve(1).ok()?;
        }
        let before = if bytes == 0 {
            self.bytes.remove(&slot)
        } else {
            self.bytes.insert(slot, bytes)
        }
        .unwrap_or(0);
        self.sum = self.sum - before as u128 + bytes as u128;
        self.total = usize::try_from(self.sum).unwrap_or(usize::MAX);
        Some(before)
    }

    /// What is noted, slot by slot, in no order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (u32, usize)> + '_ {
        self.bytes.iter().map(|(&slot, &bytes)| (slot, bytes))
    }

    pub(crate) fn of(&self, slot: u32) -> usize {
        if self.total == 0 {
            return 0;
        }
        self.bytes.get(&slot).copied().unwrap_or(0)
    }
}

/// Slot ids are spread out by one multiplication; nothing iterates over the table, so order does not matter.
#[derive(Default)]
struct SlotHasher(u64);

impl Hasher for SlotHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u32(u32::from(byte));
        }
    }
    fn write_u32(&mut self, id: u32) {
        self.0 = (self.0 ^ u64::from(id)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}
