//! What containers hold is counted in the heap's bytes, to the byte, wherever they are.

use gc_core::containers::{GcDeque, GcMap, GcSet, GcString, GcVec};
use gc_core::{Budget, Gc, Heap, Limits, Trace};

#[test]
fn a_container_counts_what_it_holds() {
    let heap = Heap::new();
    let mut vec = GcVec::with_capacity_in(10, &heap);
    assert_eq!(heap.storage_bytes(), 80);
    vec.extend(0..10u64);
    assert_eq!(heap.storage_bytes(), 80);
    vec.push(10);
    assert_eq!(heap.storage_bytes(), vec.capacity() * 8);
    let deque: GcDeque<u64> = GcDeque::with_capacity_in(10, &heap);
    assert_eq!(
        heap.storage_bytes(),
        vec.capacity() * 8 + 10 * size_of::<Option<u64>>()
    );
    vec.truncate(3);
    vec.shrink_to_fit();
    drop(deque);
    assert_eq!(heap.storage_bytes(), 24);
    let text = GcString::from_str_in("seven", &heap);
    assert_eq!(heap.storage_bytes(), 24 + 5);
    drop((vec, text));
    assert_eq!(heap.bytes(), 0);
    assert!(heap.peak_bytes() >= 80);
}

#[test]
fn a_map_of_a_thousand_takes_no_more_than_it_says() {
    let heap = Heap::new();
    let mut map = GcMap::with_capacity_in(1000, &heap);
    for key in 0..1000u64 {
        map.insert(key, key);
    }
    // 16 bytes an entry; 2,048 places of 9 bytes (less than 7/8 of 1,024 would not do).
    let table = heap.storage_bytes() - map.capacity() * 16;
    assert_eq!(table, 2048 * 9);
    let set: GcSet<u64> = GcSet::from_iter_in(map.keys().copied(), &heap);
    drop((map, set));
    assert_eq!(heap.bytes(), 0);
}

/// Hashbrown's groups are of 16 places on some machines and of 8 on others: a table's end, and when it grows because of
/// what was removed, differ. Bytes feed limits and pacing, so they must not.
#[test]
fn what_a_map_counts_is_the_same_on_every_machine() {
    let heap = Heap::new();
    let mut map = GcMap::new_in(&heap);
    for (entries, places) in [(1, 4), (3, 4), (4, 8), (7, 8), (8, 16), (14, 16), (15, 32)] {
        while map.len() < entries {
            map.insert(map.len() as u64, 0u64);
        }
        let vector = map.len().next_power_of_two().max(4) * 16;
        assert_eq!(
            heap.storage_bytes(),
            vector + places * 9,
            "{entries} entries"
        );
    }
    while map.len() < 28 {
        map.insert(map.len() as u64, 0);
    }
    let full = heap.storage_bytes();
    for key in 28..10_000 {
        map.remove(&(key - 28));
        map.insert(key, 0);
        assert_eq!(heap.storage_bytes(), full);
    }
    map.clear();
    map.shrink_to_fit();
    assert_eq!(heap.bytes(), 0);
}

#[test]
fn one_of_no_heap_is_not_counted_and_a_taken_one_is() {
    let heap = Heap::new();
    let free: GcVec<u64> = (0..100).collect();
    assert!(!free.storage().is_bound());
    let mut bound = GcVec::from_iter_in(free.iter().copied(), &heap);
    let taken = bound.take();
    assert!(bound.storage().is_bound() && bound.is_empty());
    assert!(taken.clone().storage().is_same(bound.storage()));
    let taken_from_std = std::mem::take(&mut bound);
    assert!(taken_from_std.storage().is_bound() && !bound.storage().is_bound());
    drop((taken, taken_from_std));
    bound.push(1);
    assert_eq!(heap.bytes(), 0);
}

#[test]
fn it_may_leave_its_heap_its_thread_and_the_heaps_life() {
    let mut heap = Heap::new();
    let mut other = Heap::new();
    let handles: Vec<Gc<u32>> = (0..1000).map(|n| heap.alloc(n)).collect();
    let vec = GcVec::from_iter_in(handles, &heap);
    let bytes = heap.storage_bytes();
    // In an object of another heap it is counted where it was made.
    let holder = other.alloc(vec);
    assert_eq!((heap.storage_bytes(), other.storage_bytes()), (bytes, 0));
    let vec = other[&holder].take();
    let worker = std::thread::spawn(move || {
        let mut vec = vec;
        vec.truncate(500);
        vec.push(vec[0].clone());
        vec
    });
    let vec = worker.join().unwrap();
    assert_eq!(heap.storage_bytes(), bytes);
    heap.reclaim();
    assert_eq!(heap.len(), 500);
    drop(heap);
    let mut vec = vec;
    vec.extend_from_slice(&vec.clone());
    assert_eq!(vec.len(), 1002);
}

#[derive(Trace)]
struct Node {
    next: Option<Gc<Node>>,
    load: GcVec<u64>,
}

#[test]
fn it_counts_towards_the_soft_limit() {
    let mut heap = Heap::new();
    heap.set_policy(gc_core::Policy::Disabled);
    heap.set_limits(Limits {
        soft: 1 << 20,
        ..Limits::default()
    });
    let mut most = 0;
    for _ in 0..200 {
        // A cycle with 100,000 bytes, which only a collection finds.
        let load = GcVec::from_iter_in(0..12_500, &heap);
        let node = heap.alloc(Node { next: None, load });
        heap[&node].next = Some(node.clone());
        drop(node);
        heap.step(Budget::units(1000));
        most = most.max(heap.bytes());
    }
    assert!(most < 2 << 20, "{most} bytes");
}

#[test]
fn what_a_collection_frees_is_given_back() {
    let mut heap = Heap::new();
    for _ in 0..10 {
        let load = GcVec::from_iter_in(0..1000, &heap);
        let node = heap.alloc(Node { next: None, load });
        heap[&node].next = Some(node.clone());
    }
    assert!(heap.storage_bytes() >= 80_000);
    assert_eq!(heap.collect().collected, 10);
    assert_eq!(heap.bytes(), 0);
}
