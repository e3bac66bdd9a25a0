//! The hash of keys: fast, and the same in every run.

use core::hash::{BuildHasher, Hash};
use foldhash::fast::FixedState;

/// No seed is random, so that two machines that play the same calls do the same work.
const STATE: FixedState = FixedState::with_seed(0x6763_2d63_6f72_6531);

/// Half of the hash: what a table stores beside the number of an entry.
#[inline]
pub(super) fn hash_of<Q: Hash + ?Sized>(key: &Q) -> u32 {
    let hash = STATE.hash_one(key);
    (hash >> 32) as u32 ^ hash as u32
}

/// For the table, which takes the place from the lower bits and a tag from the upper ones.
#[inline]
pub(super) fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}
