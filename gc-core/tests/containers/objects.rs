//! Containers as fields, as objects, in each other, and slices as objects.

use gc_core::containers::{GcDeque, GcMap, GcSet, GcSlice, GcStr, GcString, GcVec};
use gc_core::{Budget, Gc, GcDyn, Heap, Trace, Weak, dyn_handle};
use std::panic::{AssertUnwindSafe, catch_unwind};

#[derive(Trace, Default)]
struct Node {
    name: GcString,
    vec: GcVec<Gc<Node>>,
    deque: GcDeque<Option<Gc<Node>>>,
    by_name: GcMap<GcString, (u32, Gc<Node>)>,
    names: GcMap<Gc<Node>, u32>,
    set: GcSet<Gc<Node>>,
    nested: GcVec<GcVec<GcDeque<Gc<Node>>>>,
    shapes: GcVec<GcDyn<dyn Named>>,
    slice: Option<Gc<GcSlice<Gc<Node>>>>,
    seen: GcVec<Weak<Node>>,
}

trait Named: Send + Sync {
    fn name(&self) -> &str;
}

impl Named for Node {
    fn name(&self) -> &str {
        &self.name
    }
}

/// Each way to hold another node.
type Link = fn(&mut Heap, &Gc<Node>, Gc<Node>);

const LINKS: [Link; 9] = [
    |heap, from, to| heap[from].vec.push(to),
    |heap, from, to| heap[from].deque.push_front(Some(to)),
    |heap, from, to| drop(heap[from].by_name.insert("next".into(), (7, to))),
    |heap, from, to| *heap[from].names.entry(to).or_default() += 1,
    |heap, from, to| heap[from].set.extend([to]),
    |heap, from, to| {
        heap[from]
            .nested
            .push(GcVec::from([GcDeque::from_iter([to])]))
    },
    |heap, from, to| heap[from].shapes.push(dyn_handle!(to => dyn Named)),
    |heap, from, to| {
        let slice = heap.alloc_slice(&[to]);
        heap[from].slice = Some(slice);
    },
    |heap, from, to| {
        let slice = heap.alloc_slice_from_iter(vec![to; 200]);
        heap[from].slice = Some(slice);
    },
];

#[test]
fn a_cycle_through_each_of_them_is_collected() {
    for sliced in [false, true] {
        for (which, link) in LINKS.iter().enumerate() {
            let mut heap = Heap::new();
            let nodes = [heap.alloc(Node::default()), heap.alloc(Node::default())];
            link(&mut heap, &nodes[0], nodes[1].clone());
            link(&mut heap, &nodes[1], nodes[0].clone());
            let [keep, go] = nodes;
            drop(go);
            heap.collect();
            assert!(heap.len() >= 2, "{which}: reachable, and gone");
            for shape in &heap[&keep].shapes {
                assert_eq!(heap.get_dyn(shape).name(), "");
            }
            drop(keep);
            if sliced {
                while !heap.step(Budget::units(1)).finished {}
            } else {
                heap.collect();
            }
            assert!(heap.is_empty(), "{which}: unreachable, and here");
            assert_eq!(heap.bytes(), 0);
        }
    }
}

#[test]
fn those_without_handles_are_none_of_the_collectors_business() {
    fn tracked<T: Trace>() -> bool {
        T::tracked()
    }
    assert!(!tracked::<GcVec<u32>>() && !tracked::<GcDeque<GcString>>());
    assert!(!tracked::<GcMap<GcString, Weak<Node>>>() && !tracked::<GcSet<u8>>());
    assert!(!tracked::<GcSlice<f32>>() && !tracked::<GcStr>() && !tracked::<GcString>());
    assert!(tracked::<GcVec<Gc<u32>>>() && tracked::<GcDeque<Node>>());
    assert!(tracked::<GcMap<u8, Gc<u8>>>() && tracked::<GcMap<Gc<u8>, u8>>());
    assert!(tracked::<GcSet<Gc<u8>>>() && tracked::<GcSlice<Gc<u8>>>());
}

#[test]
fn a_container_may_be_the_object() {
    let mut heap = Heap::new();
    let list = heap.alloc(GcVec::<Gc<u32>>::new());
    let one = heap.alloc(1);
    heap[&list].push(one.clone());
    assert_eq!(Gc::strong_count(&one), 2);
    assert!(heap.referrers(&one).contains(&list.id()));
    drop(list);
    heap.reclaim();
    assert_eq!(Gc::strong_count(&one), 1);
}

#[test]
fn a_slice_is_an_object() {
    let mut heap = Heap::new();
    let names = heap.alloc_slice(&["ann", "bob"].map(String::from));
    let ages = heap.alloc_slice_from_iter((0..2u8).map(|n| n + 40));
    let text = heap.alloc_str("ann and bob");
    assert_eq!(heap[&names], ["ann", "bob"]);
    assert_eq!(heap[&ages].iter().sum::<u8>(), 81);
    assert_eq!(&heap[&text][..3], "ann");
    assert_eq!(heap[&text].to_string(), "ann and bob");
    assert_eq!(
        format!("{:?} {:?}", heap.get(&names), heap.get(&text)),
        r#"["ann", "bob"] "ann and bob""#
    );
    heap[&names][1].push('!');
    heap[&text].make_ascii_uppercase();
    assert_eq!(
        (heap[&names][1].as_str(), &heap[&text][..3]),
        ("bob!", "ANN")
    );
    assert_eq!(heap.storage_bytes(), 2 * size_of::<String>() + 2 + 11);
    let none = heap.alloc_slice::<Gc<u8>>(&[]);
    assert!(heap[&none].is_empty());
    let empty = heap.alloc_str("");
    assert!(heap[&empty].is_empty());
    let units = heap.alloc_slice(&[(); 100]);
    assert_eq!(heap[&units].len(), 100);
    drop((names, ages, text, none, empty, units));
    heap.reclaim();
    assert_eq!((heap.len(), heap.bytes()), (0, 0));
}

#[test]
fn a_slice_is_made_of_no_more_than_was_promised() {
    /// Says that it has `says` items.
    struct Liar {
        says: usize,
        has: usize,
        panics: bool,
    }
    impl Iterator for Liar {
        type Item = String;
        fn next(&mut self) -> Option<String> {
            assert!(!self.panics || self.has != 2, "as asked");
            self.has = self.has.checked_sub(1)?;
            Some("x".into())
        }
        fn size_hint(&self) -> (usize, Option<usize>) {
            (self.says, Some(self.says))
        }
    }
    impl ExactSizeIterator for Liar {}
    let mut heap = Heap::new();
    for (says, has, gets) in [(3, 5, 3), (5, 3, 3), (0, 2, 0), (4, 0, 0)] {
        let slice = heap.alloc_slice_from_iter(Liar {
            says,
            has,
            panics: false,
        });
        assert_eq!(heap[&slice].len(), gets);
        assert_eq!(heap.storage_bytes(), says * size_of::<String>());
    }
    heap.reclaim();
    let panicking = Liar {
        says: 5,
        has: 5,
        panics: true,
    };
    assert!(catch_unwind(AssertUnwindSafe(|| heap.alloc_slice_from_iter(panicking))).is_err());
    assert_eq!((heap.len(), heap.bytes()), (0, 0));
    // The slot is used again.
    let slice = heap.alloc_slice(&[String::from("y")]);
    assert_eq!(heap[&slice], ["y"]);
}

#[test]
fn slices_and_vectors_change_into_each_other() {
    let mut heap = Heap::new();
    let vec = GcVec::from_iter_in([1, 2, 3], &heap);
    let slice = heap.alloc(GcSlice::from(vec));
    assert_eq!(heap[&slice], [1, 2, 3]);
    let text = GcStr::from(GcString::from_str_in("x", &heap));
    let text = heap.alloc(text);
    assert_eq!(heap[&text], "x");
}
