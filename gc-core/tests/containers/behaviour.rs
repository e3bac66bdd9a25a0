//! The same calls as on the container of `std`, the same answers. A failure prints its calls and how to repeat them.

use gc_core::Heap;
use gc_core::containers::{Entry, GcDeque, GcMap, GcSet, GcString, GcVec};
use proptest::prelude::*;
use std::collections::{HashMap, HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A call: which, and two numbers.
type Call = (u8, u16, u16);

fn calls() -> impl Strategy<Value = Vec<Call>> {
    prop::collection::vec((0..32u8, 0..40u16, any::<u16>()), 0..120)
}

/// Do both panic, or answer the same?
fn same<R: PartialEq + std::fmt::Debug>(ours: impl FnOnce() -> R, theirs: impl FnOnce() -> R) {
    let ours = catch_unwind(AssertUnwindSafe(ours)).ok();
    let theirs = catch_unwind(AssertUnwindSafe(theirs)).ok();
    assert_eq!(ours, theirs);
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn vec(calls: &[Call]) {
    let mut heap = Heap::new();
    let mut ours = GcVec::new_in(&heap);
    let mut theirs: Vec<String> = Vec::new();
    for &(call, small, number) in calls {
        let (at, value) = (small as usize, number.to_string());
        match call {
            0..=7 => {
                ours.push(value.clone());
                theirs.push(value);
            }
            8 => assert_eq!(ours.pop(), theirs.pop()),
            9 => same(
                || ours.insert(at, value.clone()),
                || theirs.insert(at, value.clone()),
            ),
            10 => same(|| ours.remove(at), || theirs.remove(at)),
            11 => same(|| ours.swap_remove(at), || theirs.swap_remove(at)),
            12 => {
                ours.truncate(at);
                theirs.truncate(at);
            }
            13 => {
                ours.retain(|item| item.len() % 2 == at % 2);
                theirs.retain(|item| item.len() % 2 == at % 2);
            }
            14 => {
                ours.dedup_by_key(|item| item.len());
                theirs.dedup_by_key(|item| item.len());
            }
            15 => same(
                || ours.drain(at..at + 3).collect::<Vec<_>>(),
                || theirs.drain(at..at + 3).collect::<Vec<_>>(),
            ),
            16 => {
                ours.extend_from_slice(&[value.clone(), value.clone()]);
                theirs.extend_from_slice(&[value.clone(), value]);
            }
            17 => {
                ours.resize(at, value.clone());
                theirs.resize(at, value);
            }
            18 => same(
                || ours.split_off(at).into_iter().collect::<Vec<_>>(),
                || theirs.split_off(at),
            ),
            19 => {
                let mut more = GcVec::from([value.clone()]);
                ours.append(&mut more);
                assert!(more.is_empty());
                theirs.push(value);
            }
            20 => {
                ours.shrink_to_fit();
                assert_eq!(ours.capacity(), theirs.len());
            }
            21 => {
                ours.extend((0..at).map(|n| n.to_string()));
                theirs.extend((0..at).map(|n| n.to_string()));
            }
            22 => {
                ours.sort();
                theirs.sort();
                assert_eq!(ours.binary_search(&value), theirs.binary_search(&value));
            }
            23 => ours = ours.clone(),
            24 => {
                let taken = ours.take();
                assert!(ours.is_empty() && ours.storage().is_bound());
                ours = GcVec::from_iter_in(taken, &heap);
            }
            25 => {
                ours.reserve(at);
                assert!(ours.capacity() >= ours.len() + at);
            }
            26 => {
                ours.dedup();
                theirs.dedup();
            }
            27 => {
                ours.resize_with(at, || "new".into());
                theirs.resize_with(at, || "new".into());
            }
            28 => {
                ours.clear();
                theirs.clear();
            }
            _ => {
                if let (Some(ours), Some(theirs)) = (ours.get_mut(at), theirs.get_mut(at)) {
                    ours.push('x');
                    theirs.push('x');
                }
            }
        }
        assert_eq!(ours, theirs);
        assert!(ours.capacity() >= ours.len());
    }
    assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
    assert!(ours.into_iter().eq(theirs));
    heap.reclaim();
    assert_eq!(heap.bytes(), 0);
}

fn deque(calls: &[Call]) {
    let mut heap = Heap::new();
    let mut ours = GcDeque::new_in(&heap);
    let mut theirs: VecDeque<String> = VecDeque::new();
    for &(call, small, number) in calls {
        let (at, value) = (small as usize, number.to_string());
        match call {
            0..=4 => {
                ours.push_back(value.clone());
                theirs.push_back(value);
            }
            5..=7 => {
                ours.push_front(value.clone());
                theirs.push_front(value);
            }
            8 | 9 => assert_eq!(ours.pop_front(), theirs.pop_front()),
            10 => assert_eq!(ours.pop_back(), theirs.pop_back()),
            11 | 12 => same(
                || ours.insert(at, value.clone()),
                || theirs.insert(at, value.clone()),
            ),
            13 | 14 => assert_eq!(ours.remove(at), theirs.remove(at)),
            15 => same(|| ours.swap(at, 1), || theirs.swap(at, 1)),
            16 => same(|| ours.rotate_left(at), || theirs.rotate_left(at)),
            17 => same(|| ours.rotate_right(at), || theirs.rotate_right(at)),
            18 => {
                ours.truncate(at);
                theirs.truncate(at);
            }
            19 => {
                ours.retain(|item| item.len() % 2 == at % 2);
                theirs.retain(|item| item.len() % 2 == at % 2);
            }
            20 => {
                ours.shrink_to_fit();
                assert_eq!(ours.capacity(), theirs.len());
            }
            21 => same(
                || ours.split_off(at).into_iter().collect::<Vec<_>>(),
                || theirs.split_off(at).into_iter().collect::<Vec<_>>(),
            ),
            22 => {
                let mut more = GcDeque::from_iter_in([value.clone(), value.clone()], &heap);
                ours.append(&mut more);
                assert!(more.is_empty());
                theirs.extend([value.clone(), value]);
            }
            23 => {
                ours.extend((0..at).map(|n| n.to_string()));
                theirs.extend((0..at).map(|n| n.to_string()));
            }
            24 => ours = ours.clone(),
            25 => {
                let drained: Vec<_> = ours.drain().take(at).collect();
                assert!(ours.is_empty());
                assert_eq!(drained, theirs.drain(..).take(at).collect::<Vec<_>>());
            }
            26 => {
                ours.reserve(at);
                assert!(ours.capacity() >= ours.len() + at);
            }
            27 => {
                for item in &mut ours {
                    item.push('x');
                }
                theirs.iter_mut().for_each(|item| item.push('x'));
            }
            28 => ours = GcDeque::from_iter_in(ours.take(), &heap),
            _ => {
                if let (Some(ours), Some(theirs)) = (ours.get_mut(at), theirs.get_mut(at)) {
                    ours.push('y');
                    theirs.push('y');
                }
                assert_eq!(ours.contains(&value), theirs.contains(&value));
            }
        }
        assert_eq!(ours.len(), theirs.len());
        assert!(ours.iter().eq(&theirs));
        assert!(ours.iter().rev().eq(theirs.iter().rev()));
        assert_eq!((ours.front(), ours.back()), (theirs.front(), theirs.back()));
        assert_eq!(ours.get(at), theirs.get(at));
        assert_eq!(ours.iter().len(), theirs.len());
    }
    assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
    assert!(ours.into_iter().rev().eq(theirs.into_iter().rev()));
    heap.reclaim();
    assert_eq!(heap.bytes(), 0);
}

/// Against `HashMap`, and for the order against the list of keys that the documentation promises.
fn map(calls: &[Call]) {
    let mut heap = Heap::new();
    let mut ours = GcMap::new_in(&heap);
    let mut theirs: HashMap<String, u16> = HashMap::new();
    let mut order: Vec<String> = Vec::new();
    let swap_out = |order: &mut Vec<String>, key: &str| {
        let at = order.iter().position(|other| other == key).unwrap();
        order.swap_remove(at);
        at
    };
    for &(call, small, number) in calls {
        let key = small.to_string();
        let there = theirs.contains_key(&key);
        match call {
            0..=9 => {
                assert_eq!(
                    ours.insert(key.clone(), number),
                    theirs.insert(key.clone(), number)
                );
                if !there {
                    order.push(key);
                }
            }
            10..=12 => {
                assert_eq!(ours.remove(key.as_str()), theirs.remove(&key));
                if there {
                    swap_out(&mut order, &key);
                }
            }
            13 => {
                assert_eq!(ours.shift_remove(key.as_str()), theirs.remove(&key));
                order.retain(|other| *other != key);
            }
            14 => {
                let last = order.pop();
                let value = last.as_ref().and_then(|key| theirs.remove(key));
                assert_eq!(ours.pop(), last.zip(value));
            }
            15 => {
                ours.retain(|_, value| *value % 3 != number % 3);
                theirs.retain(|_, value| *value % 3 != number % 3);
                order.retain(|key| theirs.contains_key(key));
            }
            16 | 17 => {
                *ours.entry(key.clone()).or_insert(7) ^= number;
                *theirs.entry(key.clone()).or_insert(7) ^= number;
                if !there {
                    order.push(key);
                }
            }
            18 => match ours.entry(key.clone()) {
                Entry::Occupied(entry) => {
                    assert_eq!(entry.key(), &key);
                    assert_eq!(order[entry.index()], key);
                    assert_eq!(Some(entry.remove()), theirs.remove(&key));
                    swap_out(&mut order, &key);
                }
                Entry::Vacant(entry) => assert_eq!(entry.into_key(), key),
            },
            19 => {
                ours.shrink_to_fit();
                assert!(ours.capacity() >= ours.len());
            }
            20 => {
                ours.reserve(small as usize);
                assert!(ours.capacity() >= ours.len() + small as usize);
            }
            21 => {
                let pairs = || (0..small).map(|n| (n.to_string(), n));
                ours.extend(pairs());
                for (key, value) in pairs() {
                    if theirs.insert(key.clone(), value).is_none() {
                        order.push(key);
                    }
                }
            }
            22 => ours = ours.clone(),
            23 => {
                let at = small as usize;
                assert_eq!(ours.get_index(at).map(|(key, _)| key), order.get(at));
                if at < order.len() {
                    let key = order.remove(at);
                    let value = theirs.remove(&key).unwrap();
                    assert_eq!(ours.shift_remove_index(at), Some((key, value)));
                }
            }
            24 => {
                let mut more = GcMap::from([(key.clone(), number)]);
                ours.append(&mut more);
                assert!(more.is_empty());
                if theirs.insert(key.clone(), number).is_none() {
                    order.push(key);
                }
            }
            25 => ours.values_mut().zip(&order).for_each(|(value, key)| {
                *value ^= 1;
                *theirs.get_mut(key).unwrap() ^= 1;
            }),
            26 => {
                ours.truncate(small as usize);
                order.truncate(small as usize);
                theirs.retain(|key, _| order.contains(key));
            }
            27 => {
                let taken = ours.take();
                assert!(ours.is_empty() && ours.storage().is_bound());
                ours = taken;
            }
            28 if number % 8 == 0 => {
                assert_eq!(ours.drain().map(|(key, _)| key).collect::<Vec<_>>(), order);
                theirs.clear();
                order.clear();
            }
            29 if !order.is_empty() => {
                let (first, second) = (small as usize % order.len(), number as usize % order.len());
                ours.swap_indices(first, second);
                order.swap(first, second);
            }
            _ => {
                ours.entry(key.clone()).and_modify(|value| *value ^= number);
                theirs.entry(key).and_modify(|value| *value ^= number);
            }
        }
        assert_eq!(ours.len(), theirs.len());
        assert!(ours.keys().eq(&order), "{:?} {order:?}", ours);
        for (at, key) in order.iter().enumerate() {
            assert_eq!(ours.get(key), theirs.get(key));
            assert_eq!(ours.get_index_of(key), Some(at));
        }
        for absent in (0..40u16).map(|n| n.to_string()) {
            assert_eq!(ours.contains_key(&absent), theirs.contains_key(&absent));
        }
    }
    let other: GcMap<String, u16> = theirs.clone().into_iter().collect();
    assert_eq!(ours, other);
    assert!(ours.into_keys().eq(order));
    heap.reclaim();
    assert_eq!(heap.bytes(), 0);
}

fn set(calls: &[Call]) {
    let mut heap = Heap::new();
    let mut ours = [GcSet::new_in(&heap), GcSet::new_in(&heap)];
    let mut theirs = [HashSet::new(), HashSet::new()];
    for &(call, small, number) in calls {
        let which = number as usize % 2;
        let (one, other) = (&mut ours[which], &mut theirs[which]);
        match call {
            0..=19 => assert_eq!(one.insert(small), other.insert(small)),
            20..=22 => assert_eq!(one.remove(&small), other.remove(&small)),
            23 => assert_eq!(one.shift_remove(&small), other.remove(&small)),
            24 => assert_eq!(one.take(&small), other.take(&small)),
            25 => assert_eq!(one.replace(small), other.replace(small)),
            26 => {
                one.retain(|item| item % 3 != number % 3);
                other.retain(|item| item % 3 != number % 3);
            }
            _ => assert_eq!(one.contains(&small), other.contains(&small)),
        }
        let ([a, b], [x, y]) = (&ours, &theirs);
        let sorted = |set: &GcSet<u16>| {
            let mut items: Vec<u16> = set.iter().copied().collect();
            items.sort();
            items
        };
        let expected = |set: HashSet<u16>| {
            let mut items: Vec<u16> = set.into_iter().collect();
            items.sort();
            items
        };
        assert_eq!(sorted(&(a | b)), expected(x | y));
        assert_eq!(sorted(&(a & b)), expected(x & y));
        assert_eq!(sorted(&(a ^ b)), expected(x ^ y));
        assert_eq!(sorted(&(a - b)), expected(x - y));
        assert_eq!(a.is_subset(b), x.is_subset(y));
        assert_eq!(a.is_superset(b), x.is_superset(y));
        assert_eq!(a.is_disjoint(b), x.is_disjoint(y));
        assert_eq!(a == b, x == y);
    }
    drop(ours);
    heap.reclaim();
    assert_eq!(heap.bytes(), 0);
}

fn string(calls: &[Call]) {
    const CHARACTERS: [char; 6] = ['a', 'ß', '€', '😀', ' ', '\0'];
    let mut heap = Heap::new();
    let mut ours = GcString::new_in(&heap);
    let mut theirs = String::new();
    for &(call, small, number) in calls {
        let at = small as usize;
        let character = CHARACTERS[number as usize % CHARACTERS.len()];
        let text = &"tür €5 😀"[..[0, 1, 3, 4, 5, 8][number as usize % 6]];
        match call {
            0..=7 => {
                ours.push(character);
                theirs.push(character);
            }
            8..=11 => {
                ours.push_str(text);
                theirs.push_str(text);
            }
            12 => assert_eq!(ours.pop(), theirs.pop()),
            13..=15 => same(
                || ours.insert(at, character),
                || theirs.insert(at, character),
            ),
            16 | 17 => same(|| ours.insert_str(at, text), || theirs.insert_str(at, text)),
            18 | 19 => same(|| ours.remove(at), || theirs.remove(at)),
            20 => same(|| ours.truncate(at), || theirs.truncate(at)),
            21 | 22 => {
                ours.retain(|other| other != character);
                theirs.retain(|other| other != character);
            }
            23 => {
                ours.extend([character, 'z']);
                theirs.extend([character, 'z']);
            }
            24 => ours = ours.clone(),
            25 => ours.shrink_to_fit(),
            26 => {
                ours += text;
                theirs += text;
            }
            27 => {
                ours.make_ascii_uppercase();
                theirs.make_ascii_uppercase();
            }
            28 => ours = GcString::from_utf8(ours.take().into_bytes()).unwrap(),
            _ => assert_eq!(ours.find(character), theirs.find(character)),
        }
        assert_eq!(ours, theirs.as_str());
        assert!(std::str::from_utf8(ours.as_bytes()).is_ok());
    }
    assert_eq!(format!("{ours}{ours:?}"), format!("{theirs}{theirs:?}"));
    drop(ours);
    heap.reclaim();
    assert_eq!(heap.bytes(), 0);
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_vector_is_a_vec(calls in calls()) {
        vec(&calls);
    }

    #[test]
    fn a_deque_is_a_vec_deque(calls in calls()) {
        deque(&calls);
    }

    #[test]
    fn a_map_is_a_hash_map_with_an_order(calls in calls()) {
        map(&calls);
    }

    #[test]
    fn a_set_is_a_hash_set(calls in calls()) {
        set(&calls);
    }

    #[test]
    fn a_string_is_a_string(calls in calls()) {
        string(&calls);
    }
}
