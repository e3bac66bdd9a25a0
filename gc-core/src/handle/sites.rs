//! The call sites of all handles, by object: with the feature `call_sites` only.
//!
//! A table for all heaps, since a handle is cloned and dropped without its heap, on any thread and after the heap's end. It
//! is told of a handle after the count has risen and before it falls, so it never knows of more handles than there are,
//! and when a slot is given to another object nothing of the old one is left in it.

use super::site::Site;
use crate::arena::word::Word;
use alloc::vec::Vec;
use core::ptr::NonNull;
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use spin::Mutex;

/// Tables with a lock of their own, so that threads seldom meet. A prime: slots are multiples of a power of two apart.
const SHARDS: usize = 61;

type Shard = HashMap<usize, Sites, FixedState>;

static TABLE: [Mutex<Shard>; SHARDS] =
    [const { Mutex::new(HashMap::with_hasher(FixedState::with_seed(0))) }; SHARDS];

/// Where the handles of an object were made. Most have one or two places, so the first needs no memory of its own.
struct Sites {
    first: (Site, u32),
    more: Vec<(Site, u32)>,
}

fn shard(slot: NonNull<Word>) -> (&'static Mutex<Shard>, usize) {
    let key = slot.addr().get() / align_of::<Word>();
    (&TABLE[key % SHARDS], key)
}

/// A handle was made. Without memory for it, it is not noted: it is found to have no site then.
pub(super) fn add(slot: NonNull<Word>, site: Site) {
    let (shard, key) = shard(slot);
    let mut shard = shard.lock();
    if shard.try_reserve(1).is_err() {
        return;
    }
    match shard.entry(key) {
        Entry::Vacant(entry) => {
            entry.insert(Sites {
                first: (site, 1),
                more: Vec::new(),
            });
        }
        Entry::Occupied(mut entry) => {
            let Sites { first, more } = entry.get_mut();
            let known = match first.0 == site {
                true => Some(first),
                false => more.iter_mut().find(|known| known.0 == site),
            };
            if let Some(known) = known {
                known.1 = known.1.saturating_add(1);
            } else if more.try_reserve(1).is_ok() {
                more.push((site, 1));
            }
        }
    }
}

/// A handle goes.
pub(super) fn remove(slot: NonNull<Word>, site: Site) {
    let (shard, key) = shard(slot);
    let mut shard = shard.lock();
    let Entry::Occupied(mut entry) = shard.entry(key) else {
        return;
    };
    let Sites { first, more } = entry.get_mut();
    if first.0 == site {
        first.1 -= 1;
        if first.1 == 0 {
            match more.pop() {
                Some(last) => *first = last,
                None => {
                    entry.remove();
                }
            }
        }
    } else if let Some(at) = more.iter().position(|known| known.0 == site) {
        more[at].1 -= 1;
        if more[at].1 == 0 {
            more.swap_remove(at);
            if more.is_empty() {
                *more = Vec::new();
            }
        }
    }
}

/// Tells of each site, in no particular order.
pub(super) fn each(slot: NonNull<Word>, mut tell: impl FnMut(Site, u32)) {
    let (shard, key) = shard(slot);
    if let Some(sites) = shard.lock().get(&key) {
        for &(site, count) in core::iter::once(&sites.first).chain(&sites.more) {
            tell(site, count);
        }
    }
}
