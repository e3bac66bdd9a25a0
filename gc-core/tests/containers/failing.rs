//! No memory: an error with the value in it, a panic with a message where there is no `Result`, never an abort, and the
//! container as it was.

use gc_core::containers::{Entry, GcDeque, GcMap, GcSet, GcString, GcVec};
use gc_core::{AllocErrorKind, Gc, Heap, Limits, Trace};
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A heap with room for so many bytes more.
fn room(heap: &mut Heap, bytes: usize) {
    let hard = heap.bytes() + bytes;
    heap.set_limits(Limits {
        hard,
        ..Limits::default()
    });
}

fn unlimited(heap: &mut Heap) {
    heap.set_limits(Limits::default());
}

#[test]
fn a_vector_gives_back_what_it_has_no_room_for() {
    for bytes in (8..2000).step_by(8) {
        let mut heap = Heap::new();
        let mut vec: GcVec<String> = GcVec::new_in(&heap);
        room(&mut heap, bytes);
        let mut pushed = Vec::new();
        let error = (0..)
            .find_map(|n| {
                let result = vec.try_push(format!("{n}"));
                pushed.push(format!("{n}"));
                result.err()
            })
            .unwrap();
        assert_eq!(Some(&error.value), pushed.last());
        assert!(matches!(error.kind, AllocErrorKind::HardLimit { .. }));
        pushed.pop();
        assert_eq!(vec, pushed);
        assert_eq!(vec.len(), vec.capacity());
        let error = vec.try_insert(0, "first".into()).unwrap_err();
        assert_eq!(error.value, "first");
        let error = vec.try_resize(vec.len() + 1, "more".into()).unwrap_err();
        assert_eq!(error.value, "more");
        let error = vec
            .try_resize_with(vec.len() + 1, || String::from("made"))
            .unwrap_err();
        assert_eq!({ error.value }(), "made");
        vec.try_resize_with(vec.len(), || unreachable!()).unwrap();
        assert!(vec.try_extend_from_slice(&["x".into()]).is_err());
        assert!(vec.try_reserve(1).is_err() && vec.try_reserve_exact(bytes).is_err());
        let rest = vec.try_extend(["a", "b"].map(String::from)).unwrap_err();
        assert_eq!(rest.value.collect::<Vec<_>>(), ["a", "b"]);
        let mut other = GcVec::from(["kept".to_string()]);
        assert!(vec.try_append(&mut other).is_err());
        assert_eq!(other, ["kept"]);
        if vec.len() * 24 > bytes / 2 {
            assert!(vec.try_clone().is_err() && vec.try_split_off(0).is_err());
        }
        assert_eq!(vec, pushed);
        // What does not allocate goes on.
        vec.sort();
        vec.pop();
        unlimited(&mut heap);
        vec.push("later".into());
    }
}

#[test]
fn an_iterator_goes_on_where_there_was_no_more_room() {
    let mut heap = Heap::new();
    let mut vec = GcVec::new_in(&heap);
    let mut deque = GcDeque::new_in(&heap);
    let mut set = GcSet::new_in(&heap);
    room(&mut heap, 1000);
    // Without a hint of how many there are.
    let hidden = || (0..1000u64).filter(|n| n % 2 == 0);
    let rest = vec.try_extend(hidden()).unwrap_err();
    unlimited(&mut heap);
    vec.extend(rest.value);
    assert!(vec.iter().copied().eq(hidden()));
    drop(vec);
    room(&mut heap, 1000);
    let rest = deque.try_extend(hidden()).unwrap_err();
    unlimited(&mut heap);
    deque.extend(rest.value);
    assert!(deque.iter().copied().eq(hidden()));
    drop(deque);
    room(&mut heap, 1000);
    let rest = set.try_extend(hidden()).err().unwrap();
    unlimited(&mut heap);
    set.extend(rest.value);
    assert!(set.iter().copied().eq(hidden()));
}

#[test]
fn what_an_iterator_has_no_room_for_comes_back_with_what_was_made_of_it() {
    let mut heap = Heap::new();
    // Without a hint of how many there are.
    let hidden = || (0..1000u64).filter(|n| n % 2 == 0);
    room(&mut heap, 1000);
    let (vec, rest) = GcVec::try_from_iter_in(hidden(), &heap).unwrap_err().value;
    assert!(!vec.is_empty() && vec.into_iter().chain(rest).eq(hidden()));
    let (deque, rest) = GcDeque::try_from_iter_in(hidden(), &heap)
        .unwrap_err()
        .value;
    assert!(!deque.is_empty() && deque.into_iter().chain(rest).eq(hidden()));
    let pairs = || hidden().map(|n| (n, n + 1));
    let (map, rest) = GcMap::try_from_iter_in(pairs(), &heap).unwrap_err().value;
    assert!(!map.is_empty() && map.into_iter().chain(rest).eq(pairs()));
    let (set, rest) = GcSet::try_from_iter_in(hidden(), &heap)
        .err()
        .unwrap()
        .value;
    assert!(!set.is_empty() && set.into_iter().chain(rest).eq(hidden()));
    assert_eq!(heap.bytes(), 0);
    // Not even for the first.
    room(&mut heap, 0);
    let rest = GcMap::new_in(&heap).try_extend(pairs()).unwrap_err().value;
    assert!(rest.eq(pairs()));
    let rest = GcSet::new_in(&heap).try_extend(hidden()).err().unwrap();
    assert!(rest.value.eq(hidden()));

    unlimited(&mut heap);
    assert!(
        GcVec::try_from_iter_in(hidden(), &heap)
            .unwrap()
            .iter()
            .copied()
            .eq(hidden())
    );
    assert_eq!(
        GcDeque::try_from_iter_in(hidden(), &heap).unwrap().len(),
        500
    );
    assert_eq!(GcMap::try_from_iter_in(pairs(), &heap).unwrap()[&8], 9);
    assert!(GcSet::try_from_iter_in(hidden(), &heap).is_ok_and(|set| set.contains(&8)));
}

#[test]
fn a_set_gives_back_what_it_has_no_room_for() {
    for bytes in (0..2000).step_by(16) {
        let mut heap = Heap::new();
        let mut set: GcSet<String> = GcSet::new_in(&heap);
        room(&mut heap, bytes);
        let mut count = 0;
        let error = loop {
            match set.try_replace(count.to_string()) {
                Ok(before) => assert_eq!(before, None),
                Err(error) => break error,
            }
            count += 1;
        };
        assert_eq!((error.value, set.len()), (count.to_string(), count));
        for item in 0..count {
            // One that is there needs no room.
            let before = set.try_replace(item.to_string()).unwrap();
            assert_eq!(before, Some(item.to_string()));
        }
        let mut other: GcSet<String> = (0..=count).map(|n| format!("{n} more")).collect();
        assert!(set.try_append(&mut other).is_err());
        assert_eq!((set.len(), other.len()), (count, count + 1));
        unlimited(&mut heap);
        set.try_append(&mut other).unwrap();
        assert_eq!((set.len(), other.len()), (2 * count + 1, 0));
    }
}

#[test]
fn a_queue_gives_back_what_it_has_no_room_for() {
    for bytes in (0..2000).step_by(8) {
        let mut heap = Heap::new();
        let mut deque: GcDeque<String> = GcDeque::new_in(&heap);
        room(&mut heap, bytes);
        let mut count = 0;
        let error = loop {
            let result = if count % 2 == 0 {
                deque.try_push_back("x".into())
            } else {
                deque.try_push_front("x".into())
            };
            match result {
                Ok(()) => count += 1,
                Err(error) => break error,
            }
        };
        assert_eq!((error.value.as_str(), deque.len()), ("x", count));
        assert_eq!(
            deque.try_insert(count / 2, "y".into()).unwrap_err().value,
            "y"
        );
        assert!(deque.try_reserve(1).is_err());
        assert_eq!(deque.iter().filter(|item| *item == "x").count(), count);
        deque.rotate_left(count / 2);
        deque.shrink_to_fit();
        unlimited(&mut heap);
        deque.push_back("later".into());
        assert_eq!(deque.len(), count + 1);
    }
}

#[test]
fn a_map_gives_back_key_and_value_and_still_finds_all() {
    for bytes in (0..4000).step_by(16) {
        let mut heap = Heap::new();
        let mut map: GcMap<String, u32> = GcMap::new_in(&heap);
        room(&mut heap, bytes);
        let mut count = 0;
        let error = loop {
            match map.try_insert(count.to_string(), count) {
                Ok(before) => assert_eq!(before, None),
                Err(error) => break error,
            }
            count += 1;
        };
        assert_eq!(error.value, (count.to_string(), count));
        assert_eq!(map.len(), count as usize);
        for key in 0..count {
            assert_eq!(map[key.to_string().as_str()], key);
            // A key that is there needs no room.
            assert_eq!(map.try_insert(key.to_string(), key).unwrap(), Some(key));
        }
        match map.entry("new".into()) {
            Entry::Vacant(entry) => {
                assert_eq!(entry.try_insert(1).unwrap_err().value, ("new".into(), 1));
            }
            Entry::Occupied(_) => unreachable!(),
        }
        let error = map.entry("new".into()).try_or_insert(2).unwrap_err();
        assert_eq!(error.value, ("new".into(), 2));
        let error = map.entry("new".into()).try_or_insert_with(|| 3);
        assert_eq!(error.unwrap_err().value, ("new".into(), 3));
        let error = map.entry("new".into()).try_or_insert_with_key(|_| 4);
        assert_eq!(error.unwrap_err().value, ("new".into(), 4));
        let error = map.entry("new".into()).try_or_default();
        assert_eq!(error.unwrap_err().value, ("new".into(), 0));
        if count > 0 {
            assert_eq!(map.entry("0".into()).try_or_insert(9).unwrap(), &0);
        }
        let mut other = GcMap::from([("new".to_string(), 1)]);
        assert!(map.try_reserve(count as usize + 8).is_err());
        for key in 0..count {
            other.insert(format!("{key} more"), 0);
        }
        assert!(map.try_append(&mut other).is_err());
        assert_eq!(other.len(), count as usize + 1);
        map.shrink_to_fit();
        map.retain(|_, value| *value % 2 == 0);
        unlimited(&mut heap);
        map.insert("new".into(), 7);
        assert_eq!(map["new"], 7);
        assert_eq!(map.len(), count.div_ceil(2) as usize + 1);
    }
}

#[test]
fn a_string_says_no_to_write() {
    let mut heap = Heap::new();
    let mut text = GcString::new_in(&heap);
    room(&mut heap, 8);
    text.push_str("12345678");
    assert!(write!(text, "9").is_err());
    assert_eq!(text.try_push('€').unwrap_err().value, '€');
    assert_eq!(text.try_insert(3, '€').unwrap_err().value, '€');
    assert!(text.try_insert_str(3, "x").is_err());
    assert!(text.try_clone().is_err());
    assert_eq!(text, "12345678");
    assert!(GcString::try_from_str_in("x", &heap).is_err());
}

#[test]
fn impossible_sizes_are_errors() {
    let heap = Heap::new();
    let most = isize::MAX as usize;
    for size in [
        most / 8,
        most - 8,
        most,
        most + 1,
        usize::MAX - 1,
        usize::MAX,
    ] {
        assert!(GcVec::<u64>::try_with_capacity_in(size, &heap).is_err());
        assert!(GcDeque::<u64>::try_with_capacity_in(size, &heap).is_err());
        assert!(GcMap::<u64, u64>::try_with_capacity_in(size, &heap).is_err());
        assert!(GcSet::<u64>::try_with_capacity_in(size, &heap).is_err());
        assert!(GcVec::<u64>::new().try_reserve(size).is_err());
        assert!(GcDeque::from_iter([1u64]).try_reserve(size).is_err());
        assert!(GcMap::from([(1u64, 1u64)]).try_reserve(size).is_err());
        assert!(GcSet::from([1u64]).try_reserve(size).is_err());
        let mut vec = GcVec::from_iter_in([1u64], &heap);
        assert!(vec.try_reserve_exact(size).is_err());
        assert_eq!(vec.try_resize(size, 7).unwrap_err().value, 7);
        assert_eq!(vec, [1]);
    }
    // In bytes: these are the most that a layout may have, and more.
    for size in [most - 1, most, most + 1, usize::MAX] {
        assert!(GcString::try_with_capacity_in(size, &heap).is_err());
        assert!(GcString::from("x").try_reserve(size).is_err());
        assert!(GcVec::<u8>::try_with_capacity_in(size, &heap).is_err());
        assert!(GcSet::<u8>::try_with_capacity_in(size, &heap).is_err());
    }
    let kind = GcVec::<u64>::try_with_capacity_in(usize::MAX, &heap).err();
    assert_eq!(kind, Some(AllocErrorKind::TooLarge));
    assert_eq!(heap.bytes(), 0);
}

/// What an iterator says of its length is what is asked for; it comes back as it was.
#[test]
fn iterators_of_impossible_lengths_are_errors() {
    let mut heap = Heap::new();
    let endless = || std::iter::repeat(7u64);
    let mut vec = GcVec::from_iter_in([1u64], &heap);
    let rest = vec.try_extend(endless()).err().unwrap();
    assert_eq!(rest.value.take(2).collect::<Vec<_>>(), [7, 7]);
    assert_eq!(
        (rest.kind, vec.as_slice()),
        (AllocErrorKind::TooLarge, &[1][..])
    );
    let mut deque = GcDeque::from_iter_in([1u64], &heap);
    let rest = deque.try_extend(endless()).err().unwrap();
    assert_eq!((rest.kind, deque.len()), (AllocErrorKind::TooLarge, 1));
    // Half the hint is enough for a set and a map, most of whose items may be there already; it is too much all the same.
    let mut set = GcSet::from_iter_in([1u64], &heap);
    assert!(set.try_extend(endless()).is_err());
    let mut map = GcMap::from_iter_in([(1u64, 1u64)], &heap);
    assert!(map.try_extend(endless().map(|n| (n, n))).is_err());
    assert_eq!((set.len(), map.len()), (1, 1));
    drop((vec, deque, set, map));
    let used = heap.bytes();
    let made = heap.try_alloc_slice_from_iter((0..usize::MAX).map(|n| n as u64));
    assert!(made.is_err());
    assert_eq!((heap.bytes(), heap.len()), (used, 0));
}

fn message(test: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(test)).unwrap_err();
    panic.downcast_ref::<String>().unwrap().clone()
}

#[test]
fn the_others_panic_with_the_reason() {
    let mut heap = Heap::new();
    let mut vec = GcVec::new_in(&heap);
    let mut map = GcMap::new_in(&heap);
    room(&mut heap, 0);
    let expected = "a container cannot grow: the heap uses 0 bytes of its hard limit of 0";
    for message in [
        message(|| vec.push(1u8)),
        message(|| {
            map.insert(1u8, 2u8);
        }),
        message(|| vec.extend([1, 2])),
        message(|| GcString::new_in(&heap).push('x')),
        message(|| GcDeque::new_in(&heap).push_front(1)),
    ] {
        assert!(message.starts_with(expected), "{message}");
    }
    assert!(vec.is_empty() && map.is_empty());
}

#[derive(Trace)]
struct Ring(Option<Gc<Ring>>, GcVec<u8>);

#[test]
fn a_slice_is_tried_again_after_a_collection() {
    let mut heap = Heap::new();
    heap.disable();
    for _ in 0..10 {
        let load = GcVec::from_iter_in(0..100, &heap);
        let ring = heap.alloc(Ring(None, load));
        heap[&ring].0 = Some(ring.clone());
    }
    room(&mut heap, 100);
    // Only the dead rings can make room for this.
    let slice = heap.alloc_slice(&[1u8; 900]);
    assert_eq!(heap[&slice].len(), 900);
    assert_eq!(heap.len(), 1);
    let used = heap.bytes();
    let error = heap.try_alloc_slice(&[1u8; 2000]).unwrap_err();
    assert!(matches!(error, AllocErrorKind::HardLimit { .. }));
    assert!(heap.try_alloc_str(&"x".repeat(2000)).is_err());
    let items = vec![String::from("kept"); 100];
    let error = heap.try_alloc_slice_from_iter(items).err().unwrap();
    assert_eq!(error.value.len(), 100);
    assert_eq!(heap.bytes(), used);
}
