//! gc-core's containers, which a heap counts, and those that it stands beside.

use crate::peers::work::{self, Figures, Sizes, Work};
use gc_core::{
    Heap,
    containers::{GcMap, GcVec},
};
use hashbrown::HashMap;
use std::hint::black_box;

/// Without an order, the same for all.
fn key(n: usize) -> usize {
    n.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

pub fn gc_core(what: Work, sizes: Sizes) -> Option<Figures> {
    let heap = Heap::new();
    Some(match what {
        Work::Push => work::containers(sizes, |elements| {
            let mut vec = GcVec::new_in(&heap);
            (0..elements).for_each(|n| vec.push(black_box(n)));
            black_box(vec);
        }),
        Work::Insert => work::containers(sizes, |elements| {
            let mut map = GcMap::new_in(&heap);
            (0..elements).for_each(|n| _ = map.insert(key(n), n));
            black_box(map);
        }),
        _ => return None,
    })
}

pub fn vec(what: Work, sizes: Sizes) -> Option<Figures> {
    (what == Work::Push).then(|| {
        work::containers(sizes, |elements| {
            let mut vec = Vec::new();
            (0..elements).for_each(|n| vec.push(black_box(n)));
            black_box(vec);
        })
    })
}

pub fn hashbrown(what: Work, sizes: Sizes) -> Option<Figures> {
    (what == Work::Insert).then(|| {
        work::containers(sizes, |elements| {
            let mut map = HashMap::new();
            (0..elements).for_each(|n| _ = map.insert(key(n), n));
            black_box(map);
        })
    })
}
