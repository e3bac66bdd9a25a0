//! Each handle is shown under the name of its field.

use gc_core::inspect::Snapshot;
use gc_core::{Gc, GcAny, Heap, Trace, Tracer, Weak};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

#[derive(Trace)]
struct Leaf(u32);

/// The chain to `leaf`, whose only handle the closure puts somewhere.
fn chain<T: Trace>(place: impl FnOnce(&mut Heap, Gc<Leaf>) -> T) -> String {
    let mut heap = Heap::new();
    let leaf = heap.alloc(Leaf(0));
    let weak = leaf.downgrade();
    let holder = place(&mut heap, leaf);
    let holder = heap.alloc(holder);
    let why = heap.why_alive(&weak);
    assert_eq!(why.outside(), 1);
    drop(holder);
    why.chain()
}

/// A holder with fields of every shape.
#[derive(Trace, Default)]
struct Holder {
    handle: Option<Gc<Leaf>>,
    list: Vec<Option<Gc<Leaf>>>,
    ring: VecDeque<Option<Gc<Leaf>>>,
    array: [Option<Gc<Leaf>>; 3],
    pair: (u32, Option<Gc<Leaf>>),
    boxed: Option<Box<Inner>>,
    inners: Vec<Inner>,
    by_name: BTreeMap<u32, Gc<Leaf>>,
    hashed: HashMap<u32, Inner>,
    grid: Vec<Vec<Option<Gc<Leaf>>>>,
    any: Option<GcAny>,
    r#type: Option<Gc<Leaf>>,
}

#[derive(Trace, Default)]
struct Inner {
    before: Vec<u32>,
    leaf: Option<Gc<Leaf>>,
}

type Place = Box<dyn FnOnce(&mut Heap, Gc<Leaf>) -> Holder>;

#[test]
fn fields_elements_and_what_lies_in_them() {
    let holder = Holder::default;
    let cases: Vec<(&str, Place)> = vec![
        (
            ".handle",
            Box::new(move |_, leaf| Holder {
                handle: Some(leaf),
                ..holder()
            }),
        ),
        (
            ".list[2]",
            Box::new(move |_, leaf| Holder {
                list: vec![None, None, Some(leaf)],
                ..holder()
            }),
        ),
        (
            ".array[1]",
            Box::new(move |_, leaf| Holder {
                array: [None, Some(leaf), None],
                ..holder()
            }),
        ),
        (
            ".pair.1",
            Box::new(move |_, leaf| Holder {
                pair: (7, Some(leaf)),
                ..holder()
            }),
        ),
        (
            ".boxed.leaf",
            Box::new(move |_, leaf| Holder {
                boxed: Some(Box::new(Inner {
                    before: vec![],
                    leaf: Some(leaf),
                })),
                ..holder()
            }),
        ),
        (
            ".inners[1].leaf",
            Box::new(move |_, leaf| {
                let last = Inner {
                    before: vec![1, 2, 3],
                    leaf: Some(leaf),
                };
                Holder {
                    inners: vec![Inner::default(), last],
                    ..holder()
                }
            }),
        ),
        (
            ".by_name{}",
            Box::new(move |_, leaf| Holder {
                by_name: [(3, leaf)].into(),
                ..holder()
            }),
        ),
        (
            ".hashed{}.leaf",
            Box::new(move |_, leaf| Holder {
                hashed: [(
                    1,
                    Inner {
                        before: vec![],
                        leaf: Some(leaf),
                    },
                )]
                .into(),
                ..holder()
            }),
        ),
        (
            ".grid[][1]",
            Box::new(move |_, leaf| Holder {
                grid: vec![vec![None], vec![None, Some(leaf)]],
                ..holder()
            }),
        ),
        (
            ".any",
            Box::new(move |_, leaf| Holder {
                any: Some(leaf.erase()),
                ..holder()
            }),
        ),
        (
            ".type",
            Box::new(move |_, leaf| Holder {
                r#type: Some(leaf),
                ..holder()
            }),
        ),
        (
            ".ring[1]",
            Box::new(move |_, leaf| {
                let mut ring = VecDeque::from([Some(leaf)]);
                ring.push_front(None); // wraps round
                Holder { ring, ..holder() }
            }),
        ),
    ];
    for (field, case) in cases {
        assert_eq!(chain(case), format!("Holder{field} → Leaf"));
    }
}

#[test]
fn long_sequences_keep_their_numbers() {
    let chain = chain(|heap, leaf| {
        let mut list: Vec<_> = (0..10_000).map(|n| Some(heap.alloc(Leaf(n)))).collect();
        list[8_765] = Some(leaf);
        Holder {
            list,
            ..Holder::default()
        }
    });
    assert_eq!(chain, "Holder.list[8765] → Leaf");
}

#[test]
fn the_number_of_the_outer_element_comes_back_behind_an_inner_sequence() {
    #[derive(Trace)]
    struct Slot {
        spare: Vec<Gc<Leaf>>,
        mounted: Option<Gc<Leaf>>,
    }
    #[derive(Trace)]
    struct Rack(Vec<Slot>);

    let chain = chain(|heap, leaf| {
        let spare = (0..5).map(|n| heap.alloc(Leaf(n))).collect();
        let empty = Slot {
            spare: vec![],
            mounted: None,
        };
        Rack(vec![
            empty,
            Slot {
                spare,
                mounted: Some(leaf),
            },
        ])
    });
    assert_eq!(chain, "Rack.0[1].mounted → Leaf");
}

#[test]
fn variants_are_named() {
    #[derive(Trace)]
    #[allow(dead_code)]
    enum Order {
        Wait,
        Attack { target: Gc<Leaf> },
        Follow(u32, Gc<Leaf>),
    }
    assert_eq!(
        chain(|_, target| Order::Attack { target }),
        "Order.Attack.target → Leaf"
    );
    assert_eq!(
        chain(|_, leaf| Order::Follow(1, leaf)),
        "Order.Follow.1 → Leaf"
    );
}

#[test]
fn sets_and_dyn_values() {
    trait Part: Trace {}
    impl Part for Inner {}
    #[derive(Trace)]
    struct Machine {
        parts: Vec<Box<dyn Part>>,
        seen: BTreeSet<u32>,
    }
    let chain = chain(|_, leaf| Machine {
        parts: vec![Box::new(Inner {
            before: vec![],
            leaf: Some(leaf),
        })],
        seen: BTreeSet::new(),
    });
    assert_eq!(chain, "Machine.parts[0].leaf → Leaf");
}

#[test]
fn a_trace_by_hand_names_its_edges_or_not() {
    struct Named(Option<Gc<Leaf>>, Vec<Gc<Leaf>>);
    impl Trace for Named {
        fn trace(&self, tracer: &mut Tracer<'_>) {
            tracer.field("first", &self.0);
            for (index, leaf) in self.1.iter().enumerate() {
                tracer.item(index, leaf);
            }
        }
    }
    struct Plain(Gc<Leaf>);
    impl Trace for Plain {
        fn trace(&self, tracer: &mut Tracer<'_>) {
            self.0.trace(tracer);
        }
    }
    assert_eq!(
        chain(|_, leaf| Named(Some(leaf), vec![])),
        "Named.first → Leaf"
    );
    assert_eq!(
        chain(|heap, leaf| Named(None, vec![heap.alloc(Leaf(1)), leaf])),
        "Named[1] → Leaf"
    );
    assert_eq!(chain(|_, leaf| Plain(leaf)), "Plain → Leaf");
}

#[test]
fn a_trace_by_hand_with_names_is_collected_like_any_other() {
    struct Node(Option<Gc<Node>>, Vec<Gc<Node>>);
    impl Trace for Node {
        fn trace(&self, tracer: &mut Tracer<'_>) {
            tracer.field("next", &self.0);
            tracer.field("others", &self.1);
        }
    }
    let mut heap = Heap::new();
    let first = heap.alloc(Node(None, vec![]));
    let second = heap.alloc(Node(Some(first.clone()), vec![first.clone()]));
    heap[&first].1 = vec![second; 200];
    drop(first);
    assert_eq!(heap.collect().collected, 2);
}

#[test]
fn handles_in_types_that_promise_to_have_no_cycles_are_counted() {
    #[derive(Trace)]
    #[trace(acyclic)]
    struct Entry {
        tags: Vec<Gc<Leaf>>,
    }
    let mut heap = Heap::new();
    let leaf = heap.alloc(Leaf(0));
    let weak = leaf.downgrade();
    let entry = heap.alloc(Entry {
        tags: vec![leaf.clone(), leaf],
    });
    let why = heap.why_alive(&weak);
    assert_eq!(why.chain(), "Entry.tags[0] → Leaf");
    assert_eq!((why.inside, why.path[1].outside), (2, 0));
    drop(entry);
}

#[test]
fn weak_handles_and_handles_of_another_heap_are_no_edges() {
    #[derive(Trace)]
    struct Mixed {
        weak: Weak<Leaf>,
        foreign: Gc<Leaf>,
    }
    let (mut heap, mut other) = (Heap::new(), Heap::new());
    let leaf = heap.alloc(Leaf(1));
    let foreign = other.alloc(Leaf(2));
    let mixed = heap.alloc(Mixed {
        weak: leaf.downgrade(),
        foreign,
    });
    let snapshot = Snapshot::of(&heap);
    assert_eq!((snapshot.len(), snapshot.edge_count()), (2, 0));
    assert!(snapshot.objects().all(|object| object.outside == 1));
    drop((mixed, leaf));
}
