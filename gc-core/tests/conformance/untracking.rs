//! D4, untracking. The type decides here, once and for all objects: nothing is tracked or untracked later.

use std::collections::{BTreeMap, HashMap};

use gc_core::{Gc, Heap, Trace};

#[test]
fn tuple_of_untracked_values_is_untracked_from_its_birth() {
    let mut heap = Heap::new();
    let flat = heap.alloc((1u32, String::from("a")));
    let nested = heap.alloc(((1u8, 2.0f32), Some((3u64, [true; 4]))));
    assert!(!heap.is_tracked(&flat));
    assert!(!heap.is_tracked(&nested), "in one pass, however deep");
    assert_eq!(
        (heap.len(), heap.tracked_len(), heap.counts()),
        (2, 0, [0, 0, 0])
    );
    assert_eq!(heap.collect().candidates, 0);
    assert_eq!(heap[&flat].0, 1);
}

#[test]
fn tuple_with_a_handle_is_tracked() {
    let mut heap = Heap::new();
    let leaf = heap.alloc(1u32);
    let pair = heap.alloc((1u32, leaf.clone()));
    let deep = heap.alloc(((1u8, 2.0f32), Some((3u64, leaf))));
    assert!(heap.is_tracked(&pair));
    assert!(heap.is_tracked(&deep));
    heap.collect();
    assert!(heap.is_tracked(&pair), "a collection changes nothing");
}

#[test]
fn dict_of_untracked_values_is_untracked() {
    let mut heap = Heap::new();
    let ordered = heap.alloc(BTreeMap::from([(1u32, String::from("one"))]));
    let hashed = heap.alloc(HashMap::from([(String::from("one"), 1u32)]));
    assert!(!heap.is_tracked(&ordered));
    assert!(!heap.is_tracked(&hashed));
    heap[&ordered].insert(2, String::from("two"));
    assert!(!heap.is_tracked(&ordered));
}

#[test]
fn dict_that_may_hold_handles_is_tracked_also_while_it_is_empty() {
    type Values = BTreeMap<u32, Gc<u32>>;
    type Keys = BTreeMap<Vec<u32>, Option<Gc<u32>>>;
    let mut heap = Heap::new();
    let values: Gc<Values> = heap.alloc(Values::new());
    let keys: Gc<Keys> = heap.alloc(Keys::new());
    assert!(heap.is_tracked(&values));
    assert!(heap.is_tracked(&keys));
    let leaf = heap.alloc(5);
    heap[&values].insert(1, leaf);
    heap[&values].clear();
    heap.collect();
    assert!(heap.is_tracked(&values), "and when it is empty again");
}

#[derive(Trace)]
struct Generic<T> {
    value: T,
}

#[test]
fn subtypes_a_generic_type_is_tracked_by_its_argument() {
    let mut heap = Heap::new();
    let leaf = heap.alloc(Generic { value: 1u32 });
    let inner = heap.alloc(2u32);
    let holder = heap.alloc(Generic { value: inner });
    assert!(!heap.is_tracked(&leaf));
    assert!(heap.is_tracked(&holder));
    assert_eq!(heap[&leaf].value, 1);
    assert_eq!(heap[&heap[&holder].value], 2);
}

#[test]
fn a_collection_passes_over_what_is_untracked() {
    let mut heap = Heap::new();
    let leaves: Vec<Gc<u64>> = (0..1_000).map(|n| heap.alloc(n)).collect();
    let collection = heap.collect();
    assert_eq!((collection.candidates, collection.collected), (0, 0));
    assert_eq!(leaves.iter().map(|g| heap[g]).sum::<u64>(), 499_500);
    assert_eq!(heap.len(), 1_000);
}
