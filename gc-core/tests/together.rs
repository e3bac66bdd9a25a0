//! Several objects borrowed at once, and all of a type: each is watched as by `get_mut`, while a collection goes on.

use gc_core::{Budget, DisjointError, Gc, HandleError, Heap, Trace};
use std::collections::BTreeMap;

#[derive(Trace, Default)]
struct Node {
    next: Option<Gc<Node>>,
    taken_from: bool,
}

#[derive(Trace)]
struct Holder<const K: usize> {
    held: Option<Gc<Node>>,
    more: Vec<Gc<Node>>,
}

fn holder<const K: usize>(heap: &mut Heap, held: &Gc<Node>) -> Gc<Holder<K>> {
    let held = Some(held.clone());
    let more = Vec::new();
    heap.alloc(Holder { held, more })
}

/// A way to move the handle out of a holder.
type Take = fn(&mut Heap, &Gc<Holder<0>>, &Gc<Holder<1>>) -> Option<Gc<Node>>;

const TAKES: [Take; 5] = [
    |heap, from, other| heap.get_pair_mut(from, other).0.held.take(),
    |heap, from, other| heap.get_pair_mut(other, from).1.held.take(),
    |heap, from, other| heap.try_get_pair_mut(from, other).ok()?.0.held.take(),
    |heap, from, _| heap.try_get_disjoint_mut([from]).ok()?[0].held.take(),
    |heap, _, _| {
        let mut taken = None;
        heap.for_each_mut(|holder: &mut Holder<0>| taken = holder.held.take());
        taken
    },
];

/// The handle is moved out after so many units of a collection, with no change of any count: the object must live.
#[test]
fn what_is_moved_out_during_a_collection_lives() {
    for take in TAKES {
        for target_first in [true, false] {
            for units in 0..40 {
                let mut heap = Heap::new();
                let mut empty = (!target_first).then(|| {
                    heap.alloc(Holder::<0> {
                        held: None,
                        more: Vec::new(),
                    })
                });
                let node = heap.alloc(Node::default());
                let from = match empty.take() {
                    Some(from) => {
                        heap[&from].held = Some(node.clone());
                        from
                    }
                    None => holder::<0>(&mut heap, &node),
                };
                let other = holder::<1>(&mut heap, &node);
                heap[&other].held = None;
                drop(node);
                for _ in 0..units {
                    heap.step(Budget::units(1));
                }
                let Some(taken) = take(&mut heap, &from, &other) else {
                    panic!("nothing was there");
                };
                while !heap.step(Budget::units(1)).finished {}
                assert!(heap.try_get(&taken).is_ok(), "after {units} units");
                heap.verify();
            }
        }
    }
}

/// A ring that nobody holds, and a closure that takes a handle out of it: what it leads to lives, with all behind it.
#[test]
fn what_for_each_mut_brings_back_lives() {
    for units in 0..40 {
        let mut heap = Heap::new();
        let [first, second] = [(); 2].map(|()| heap.alloc(Node::default()));
        heap[&first].next = Some(second.clone());
        heap[&second].next = Some(first.clone());
        drop((first, second));
        for _ in 0..units {
            heap.step(Budget::units(1));
        }
        let mut taken = None;
        heap.for_each_mut(|node: &mut Node| {
            if taken.is_none() {
                taken = node.next.take();
                node.taken_from = true;
            }
        });
        while !heap.step(Budget::units(1)).finished {}
        let Some(second) = taken else {
            continue; // condemned before
        };
        let Some(first) = &heap[&second].next else {
            panic!("it had one");
        };
        assert!(heap[first].taken_from);
        heap.verify();
    }
}

#[test]
fn for_each_mut_visits_what_iter_does() {
    let mut heap = Heap::new();
    let numbers: Vec<Gc<u64>> = (0..5000).map(|n| heap.alloc(n)).collect();
    heap.alloc(7u32);
    let kept: Vec<_> = numbers
        .into_iter()
        .filter(|n| heap[n].is_multiple_of(3))
        .collect();
    let before: Vec<u64> = heap.iter::<u64>().copied().collect();
    let mut visited = Vec::new();
    heap.for_each_mut(|number: &mut u64| {
        visited.push(*number);
        *number += 1;
    });
    assert_eq!(visited, before);
    assert_eq!(visited.len(), kept.len());
    assert!(kept.iter().all(|n| heap[n] % 3 == 1));
    heap.for_each_mut(|_: &mut i8| unreachable!("there is none"));
}

#[test]
fn the_same_object_twice_is_an_error_and_so_is_a_stranger() {
    let (mut heap, mut other) = (Heap::new(), Heap::new());
    let (a, b) = (heap.alloc(1u32), heap.alloc(2u32));
    let stranger = other.alloc(3u32);
    let foreign = DisjointError::Handle(HandleError::ForeignHeap);
    assert_eq!(heap.try_get_pair_mut(&a, &b), Ok((&mut 1, &mut 2)));
    assert_eq!(
        heap.try_get_pair_mut(&a, &a.clone()),
        Err(DisjointError::SameObject)
    );
    assert_eq!(heap.try_get_pair_mut(&a, &stranger), Err(foreign));
    assert_eq!(heap.try_get_pair_mut(&stranger, &a), Err(foreign));
    assert_eq!(
        heap.try_get_disjoint_mut([&a, &b, &a]),
        Err(DisjointError::SameObject)
    );
    assert_eq!(heap.try_get_disjoint_mut([&a, &stranger]), Err(foreign));
    assert_eq!(heap.try_get_disjoint_mut([&b, &a]), Ok([&mut 2, &mut 1]));
}

#[test]
fn handles_are_keys_in_an_order_without_addresses() {
    let play = || {
        let mut heap = Heap::new();
        let mut handles: Vec<Gc<u32>> = (0..1000).map(|n| heap.alloc(n)).collect();
        handles.retain(|handle| !heap[handle].is_multiple_of(7));
        heap.reclaim();
        handles.extend((1000..1500).map(|n| heap.alloc(n)));
        let by_handle: BTreeMap<_, u32> = handles.iter().map(|h| (h.clone(), heap[h])).collect();
        let by_weak: BTreeMap<_, u32> = handles.iter().map(|h| (h.downgrade(), heap[h])).collect();
        assert!(
            handles
                .iter()
                .all(|h| by_handle[h] == by_weak[&h.downgrade()])
        );
        assert_eq!(by_handle.len(), handles.len());
        by_handle.into_values().collect::<Vec<_>>()
    };
    assert_eq!(play(), play());
    let (mut one, mut two) = (Heap::new(), Heap::new());
    let (a, b) = (one.alloc(0u32), two.alloc(0u32));
    assert!(a != b && a.cmp(&b) == b.cmp(&a).reverse() && a.cmp(&b).is_ne());
}

#[test]
fn errors_tell_what_there_was_no_room_for() {
    let mut heap = Heap::new();
    heap.set_limits(gc_core::Limits {
        hard: 100,
        ..Default::default()
    });
    let mut list = gc_core::containers::GcVec::new_in(&heap);
    let error = list.try_extend((0..1000u64).map(|n| n + 1)).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("a container cannot grow: the heap uses"),
        "{error}"
    );
    let error = heap
        .try_alloc_cyclic(|_| [0u64; 100])
        .map_err(|e| e.to_string())
        .unwrap_err();
    assert!(
        error.starts_with("cannot allocate a `[u64; 100]`: "),
        "{error}"
    );
    let error = heap.try_alloc([1u64; 100]).unwrap_err();
    assert_eq!(error, error.clone());
    assert!(
        error
            .to_string()
            .starts_with("cannot allocate a `[u64; 100]`: "),
        "{error}"
    );
    let seven: Gc<u32> = heap.alloc(7u32).erase().try_into().unwrap();
    assert_eq!(
        (heap[&seven], seven.strong_count(), Gc::strong_count(&seven)),
        (7, 1, 1)
    );
}

/// A game's own line, and not one of this library's.
#[test]
fn the_panic_of_a_failed_allocation_tells_the_callers_line() {
    type Allocate = fn(&mut Heap);
    let here: [Allocate; 3] = [
        |heap| drop(heap.alloc_cyclic(|_| [0u64; 100])),
        |heap| drop(heap.alloc_slice(&[0u64; 100])),
        |heap| drop(heap.alloc_str(&"x".repeat(200))),
    ];
    let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let (log, before) = (told.clone(), std::panic::take_hook());
    let thread = std::thread::current().id();
    std::panic::set_hook(Box::new(move |info| match info.location() {
        Some(at) if std::thread::current().id() == thread => {
            log.lock().unwrap().push(at.file().to_string())
        }
        _ => before(info),
    }));
    for allocate in here {
        let mut heap = Heap::new();
        heap.set_limits(gc_core::Limits {
            hard: 100,
            ..Default::default()
        });
        assert!(std::panic::catch_unwind(move || allocate(&mut heap)).is_err());
    }
    drop(std::panic::take_hook());
    let told = told.lock().unwrap();
    assert!(
        told.len() == 3 && told.iter().all(|file| file.ends_with("together.rs")),
        "{told:?}"
    );
}
