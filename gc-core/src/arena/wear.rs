//! Tests of versions that are used up: unit tests, since a slot counts to 15 here and to 32,767 elsewhere.

use super::flags::LAST_VERSION;
use super::page::MOST_PAGES;
use crate::{AllocErrorKind, Gc, Heap, Trace, Weak};
use alloc::vec::Vec;
use std::collections::HashSet;

#[derive(Trace)]
struct Node {
    number: usize,
    next: Option<Gc<Node>>,
}

fn node(heap: &mut Heap, number: usize) -> Gc<Node> {
    heap.alloc(Node { number, next: None })
}

/// Many times as many objects as slots have versions: no weak handle of old ever leads to a new object.
#[test]
fn no_weak_handle_fits_another_object() {
    let mut heap = Heap::new();
    let mut weak: Vec<Weak<Node>> = Vec::new();
    let mut ids = HashSet::new();
    for round in 0..40 * LAST_VERSION as usize {
        let some: Vec<_> = (0..5).map(|i| node(&mut heap, round * 5 + i)).collect();
        for object in &some {
            weak.push(object.downgrade());
            assert!(ids.insert(object.id()), "{:?} was given twice", object.id());
        }
        for (number, &weak) in weak.iter().enumerate() {
            let found = heap.get_weak(weak).map(|node| node.number);
            assert_eq!(found, (number >= round * 5).then_some(number));
            assert_eq!(heap.upgrade(weak).is_some(), found.is_some());
        }
        drop(some);
        heap.reclaim();
        if round % 50 == 49 {
            heap.trim();
        }
        heap.verify();
    }
    assert!(
        heap.page_bytes() <= 1 << 18,
        "{} bytes of pages for 5 objects",
        heap.page_bytes()
    );
}

/// The page number of a page given back begins higher, also for another type.
#[test]
fn a_number_used_again_fits_no_weak_handle_of_before() {
    let mut heap = Heap::new();
    let mut weak = Vec::new();
    let mut others = Vec::new();
    for round in 0..100 {
        let object = node(&mut heap, round);
        weak.push(object.downgrade());
        drop(object);
        heap.reclaim();
        assert!(heap.trim() > 0);
        let other = heap.alloc([round; 3]);
        others.push(other.downgrade());
        assert_eq!(weak[round].id().slot, other.id().slot, "the test's point");
        assert!(weak.iter().all(|&weak| heap.get_weak(weak).is_none()));
        assert_eq!(
            others
                .iter()
                .filter_map(|&weak| heap.get_weak(weak))
                .count(),
            1
        );
        drop(other);
        heap.reclaim();
        assert!(heap.trim() > 0);
    }
}

/// A heap has a number of pages, and no more: then allocation fails as without memory, until some are given back.
#[test]
fn page_numbers_are_used_up() {
    let mut heap = Heap::new();
    let large = || [7u64; 5_000];
    let mut kept = Vec::new();
    let error = loop {
        match heap.try_alloc(large()) {
            Ok(handle) => kept.push(handle),
            Err(error) => break error,
        }
    };
    assert_eq!(kept.len(), MOST_PAGES - 1);
    assert_eq!(error.kind, AllocErrorKind::OutOfMemory);
    assert_eq!(error.value[4_999], 7);
    heap.verify();
    // Contexts have no number either.
    let mut context = heap.alloc_context();
    assert!(context.try_alloc(large()).is_err());
    heap.merge_mut(&mut context);
    kept.pop();
    let again = heap.try_alloc(large());
    assert!(again.is_ok(), "the page of the last one is free");
    kept.truncate(10);
    heap.reclaim();
    heap.trim();
    heap.merge_mut(&mut context);
    assert!(context.try_alloc(1u8).is_ok());
    heap.merge(context);
    heap.verify();
}

/// Weak handles of an object whose slot wears out while a finalizer brings it back again and again.
#[test]
fn a_live_object_in_a_worn_out_slot_stays() {
    let mut heap = Heap::new();
    for _ in 0..LAST_VERSION {
        drop(node(&mut heap, 0));
        heap.reclaim();
    }
    // All deaths were of one slot, the first of the free list.
    let kept = node(&mut heap, 7);
    let weak = kept.downgrade();
    assert_eq!(heap.get_weak(weak).map(|node| node.number), Some(7));
    heap[&kept].next = Some(kept.clone());
    drop(kept);
    assert_eq!(heap.collect().collected, 1);
    assert!(heap.get_weak(weak).is_none());
    heap.verify();
}
