//! Keys that lie about their hash or their equality, or panic: whatever they do, the map stays whole, and everything
//! that went in comes out once.

use gc_core::containers::{GcMap, GcSet};
use proptest::prelude::*;
use std::cell::Cell;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

thread_local! {
    /// How many calls of user code until one panics.
    static FUSE: Cell<u32> = const { Cell::new(u32::MAX) };
    static LIES: Cell<u32> = const { Cell::new(0) };
}

fn burn() {
    FUSE.with(|fuse| match fuse.get() {
        0 => {
            fuse.set(u32::MAX);
            panic!("as asked");
        }
        left => fuse.set(left - 1),
    });
}

struct Key(u8, #[expect(dead_code, reason = "counts the keys")] Arc<()>);

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        burn();
        (self.0 == other.0) ^ (LIES.get() % 7 == 3)
    }
}
impl Eq for Key {}
impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        burn();
        LIES.set(
            LIES.get()
                .wrapping_mul(5)
                .wrapping_add(u32::from(LIES.get() > 0)),
        );
        (self.0 % 8, LIES.get() % 3).hash(state);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_they_do_the_map_stays_whole(
        calls in prop::collection::vec((0..12u8, any::<u8>(), 0..60u32), 0..80),
        lies in any::<bool>(),
    ) {
        let alive = Arc::new(());
        LIES.set(u32::from(lies));
        let mut map: GcMap<Key, u8> = GcMap::new();
        for (call, number, fuse) in calls {
            FUSE.set(fuse);
            let key = || Key(number % 32, alive.clone());
            let before = map.len();
            let _ = catch_unwind(AssertUnwindSafe(|| match call {
                0..=4 => drop(map.insert(key(), number)),
                5 => drop(map.remove(&key())),
                6 => drop(map.shift_remove(&key())),
                7 => map.retain(|key, _| {
                    burn();
                    key.0 % 4 != number % 4
                }),
                8 => drop(map.swap_remove_index(number as usize % 40)),
                9 => drop(map.shift_remove_index(number as usize % 40)),
                10 => {
                    *map.entry(key()).or_insert_with(|| {
                        burn();
                        number
                    }) ^= 1;
                }
                _ => if map.len() > 1 {
                    map.swap_indices(0, map.len() - 1);
                },
            }));
            FUSE.set(u32::MAX);
            assert!(map.len() <= before + 1);
            // The keys are those that live, each once.
            assert_eq!(map.iter().count(), map.len());
            assert_eq!(Arc::strong_count(&alive), map.len() + 1);
        }
        if !lies {
            for index in 0..map.len() {
                let key = Key(map.get_index(index).unwrap().0.0, alive.clone());
                assert_eq!(map.get_index_of(&key), Some(index));
            }
        }
        while map.pop().is_some() {}
        assert_eq!(Arc::strong_count(&alive), 1);
        LIES.set(0);
        assert!(map.insert(Key(1, alive.clone()), 1).is_none());
        assert_eq!(map.get(&Key(1, alive.clone())), Some(&1));
    }
}

#[test]
fn all_keys_in_one_bucket_are_still_told_apart() {
    #[derive(PartialEq, Eq, Clone)]
    struct Same(u32);
    impl Hash for Same {
        fn hash<H: Hasher>(&self, _: &mut H) {}
    }
    let mut set: GcSet<Same> = (0..300).map(Same).collect();
    for n in (0..300).step_by(2) {
        assert!(set.remove(&Same(n)));
    }
    for n in 0..300 {
        assert_eq!(set.contains(&Same(n)), n % 2 == 1);
    }
}
