//! What has changed from one snapshot to the next.

use gc_core::inspect::Snapshot;
use gc_core::{Heap, Trace};

#[derive(Trace)]
struct Ship(#[allow(dead_code)] [u32; 4]);

#[test]
fn made_gone_and_bytes_by_type() {
    let mut heap = Heap::new();
    let mut ships: Vec<_> = (0..10).map(|n| heap.alloc(Ship([n; 4]))).collect();
    let mut numbers: Vec<_> = (0..100u64).map(|n| heap.alloc(n)).collect();
    let unchanged = heap.alloc(1u8);
    let before = Snapshot::of(&heap);
    // Three go, and five new ones come into their places and behind.
    ships.drain(2..5);
    heap.reclaim();
    ships.extend((0..5).map(|n| heap.alloc(Ship([n; 4]))));
    numbers.truncate(60);
    heap.reclaim();
    let after = Snapshot::of(&heap);

    let diff = after.diff(&before);
    assert_eq!(diff.len(), 2);
    assert!(diff[0].type_name.ends_with("::Ship"));
    assert_eq!(
        (diff[0].before, diff[0].after, diff[0].made, diff[0].gone),
        (10, 12, 5, 3)
    );
    assert_eq!(diff[0].bytes, 2 * 24);
    assert_eq!(
        (diff[1].type_name, diff[1].made, diff[1].gone, diff[1].bytes),
        ("u64", 0, 40, -640)
    );
    assert_eq!(
        diff.to_string(),
        "type  before  after  made  gone  bytes\n\
         Ship      10     12     5     3    +48\n\
         u64      100     60     0    40   -640"
    );
    assert!(after.diff(&after).is_empty());
    drop(unchanged);
}

#[test]
fn an_object_in_the_place_of_a_dead_one_is_a_new_one() {
    let mut heap = Heap::new();
    let first = heap.alloc(5u32);
    let weak = first.downgrade();
    let before = Snapshot::of(&heap);
    drop(first);
    heap.reclaim();
    let second = heap.alloc(6u32);
    assert_eq!(
        weak.id().to_bits() as u32,
        second.id().to_bits() as u32,
        "the same place"
    );
    let diff = Snapshot::of(&heap).diff(&before);
    assert_eq!((diff[0].made, diff[0].gone, diff[0].bytes), (1, 1, 0));
}
