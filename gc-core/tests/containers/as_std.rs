//! What users of `Vec`, `VecDeque`, `String` and the maps expect.

use gc_core::containers::{GcDeque, GcMap, GcSet, GcString, GcVec};
use gc_core::{Heap, Limits};
use std::collections::VecDeque;

#[test]
fn a_vector_copies_of_itself_and_becomes_a_slice() {
    let heap = Heap::new();
    let mut ours = GcVec::from_iter_in(0..5, &heap);
    let mut theirs: Vec<i32> = (0..5).collect();
    for range in [1..3, 0..0, 2..7] {
        ours.extend_from_within(range.clone());
        theirs.extend_from_within(range);
    }
    assert_eq!(ours, theirs);
    assert_eq!(ours.pop_if(|last| *last == 9), None);
    assert_eq!(
        ours.pop_if(|last| *last == 2),
        theirs.pop_if(|last| *last == 2)
    );
    assert_eq!(ours, theirs);
    assert_eq!(GcVec::from(theirs.clone()), theirs);
    let slice = ours.into_boxed_slice();
    assert_eq!(heap.storage_bytes(), 4 * slice.len());
    let copy = slice.clone();
    assert_eq!(copy, theirs);
    assert_eq!(heap.storage_bytes(), 8 * slice.len());
}

#[test]
fn a_queue_is_searched_compared_and_resized() {
    for turn in 0..8 {
        let mut ours = GcDeque::from([1, 3, 3, 7, 9, 11]);
        for _ in 0..turn {
            let first = ours.pop_front().unwrap();
            ours.push_back(first + 12);
        }
        let theirs: VecDeque<i32> = ours.iter().copied().collect();
        for value in 0..30 {
            match ours.binary_search(&value) {
                Ok(at) => assert_eq!(ours[at], value),
                at => assert_eq!(at, theirs.binary_search(&value)),
            }
            let doubled = ours.binary_search_by_key(&(2 * value), |item| 2 * item);
            assert_eq!(doubled.is_ok(), theirs.contains(&value));
        }
        let mut more = ours.clone();
        more.extend(&[5]);
        assert!(ours < more && more.cmp(&ours).is_gt());
        more.resize(20, 8);
        assert_eq!((more.len(), more[19]), (20, 8));
        more.resize_with(2, || unreachable!());
        assert!(more.iter().eq(theirs.iter().take(2)));
    }
}

#[test]
fn a_string_is_cut_replaced_and_compared() {
    for (range, text) in [(0..1, "xyz"), (1..4, ""), (4..5, "€€"), (5..5, "b")] {
        let mut ours = GcString::from("a€bc");
        let mut theirs = String::from("a€bc");
        if range.end <= theirs.len() {
            ours.replace_range(range.clone(), text);
            theirs.replace_range(range, text);
        }
        assert_eq!(ours, theirs);
        assert_eq!(theirs, ours);
        assert_eq!(theirs.as_str(), ours);
        assert_eq!(*theirs, *ours);
        let at = theirs.find('c').unwrap_or(0);
        assert_eq!(ours.split_off(at), theirs.split_off(at));
        assert_eq!(String::from(ours.clone() + "!") + "?", theirs + "!?");
        assert!(std::panic::catch_unwind(|| GcString::from("€").split_off(1)).is_err());
        assert!(std::panic::catch_unwind(|| GcString::from("€").replace_range(..=1, "")).is_err());
    }
    let mut heap = Heap::new();
    let mut text = GcString::from_str_in("red", &heap);
    heap.set_limits(Limits {
        hard: heap.bytes(),
        ..Limits::default()
    });
    assert!(text.try_replace_range(1.., &"x".repeat(100)).is_err());
    assert_eq!(text, "red");
}

#[test]
fn what_is_extracted_is_gone_and_the_rest_is_found() {
    let mut map: GcMap<u32, u32> = (0..100).map(|n| (n, n * n)).collect();
    let mut odd: Vec<u32> = map
        .extract_if(|key, _| key % 2 == 1)
        .map(|(key, _)| key)
        .collect();
    odd.sort();
    assert!(odd.into_iter().eq((0..50).map(|n| 2 * n + 1)));
    assert!(map.keys().copied().eq((0..50).map(|n| 2 * n)));
    assert!((0..100).all(|n| map.get(&n).copied() == (n % 2 == 0).then_some(n * n)));
    map.extend(&GcMap::from([(1, 7)]));
    assert_eq!(map[&1], 7);

    let mut set = GcSet::from([1, 2, 3, 4]);
    drop(set.extract_if(|item| *item > 2));
    set.extend(&[2, 5]);
    assert!(set.iter().eq(&[1, 2, 5]));
}
