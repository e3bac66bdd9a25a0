//! D1, weak references and cycles. There are no weak callbacks here: finalizers and `drain_reclaimed`
//! take their place.

use std::sync::{Arc, Mutex};

use gc_core::{Finalize, Gc, Generation, Heap, ObjectId, Trace, Weak};

use crate::util::{Actor, Log, Node, actors, both_ways, lock, ring};

#[test]
fn bug1055820b_all_weak_handles_of_a_batch_read_dead_in_its_first_finalizer() {
    both_ways(|collect| {
        let mut heap = Heap::new();
        let log = Log::default();
        let weak: Arc<Mutex<Vec<Weak<Actor>>>> = Arc::default();
        let members = (0..2)
            .map(|n| {
                let weak = weak.clone();
                Actor::new(&log, n, move |_, heap| {
                    for w in lock(&weak).iter() {
                        assert!(heap.upgrade(*w).is_none());
                    }
                })
            })
            .collect();
        let pair = actors(&mut heap, members);
        let ids: Vec<ObjectId> = pair.iter().map(Gc::id).collect();
        lock(&weak).extend(pair.iter().map(Gc::downgrade));
        drop(pair);
        collect(&mut heap);
        heap.reclaim();
        assert_eq!(lock(&log).finalized(), [0, 1]);
        let mut told: Vec<ObjectId> = heap.drain_reclaimed().collect();
        told.sort_unstable();
        assert_eq!(told, ids, "both deaths are told");
        assert_eq!(heap.drain_reclaimed().count(), 0, "once");
    });
}

/// Old; dies by its count when the young trash that holds it is cleared.
#[derive(Trace)]
#[trace(finalize)]
struct Elder {
    target: Weak<Young>,
    // A weak handle alone would make it a leaf, which has no generation.
    favourite: Option<Gc<Young>>,
    #[trace(skip)]
    saw: Arc<Mutex<Vec<bool>>>,
}

impl Finalize for Elder {
    fn finalize(this: &Gc<Self>, heap: &mut Heap) {
        let elder = &heap[this];
        let alive = heap.upgrade(elder.target).is_some();
        assert!(elder.favourite.is_none());
        lock(&elder.saw).push(alive);
    }
}

#[derive(Trace)]
struct Young {
    me: Option<Gc<Young>>,
    elder: Option<Gc<Elder>>,
}

#[test]
fn bug1055820cd_an_old_finalizer_cannot_revive_the_young_trash_that_frees_it() {
    let mut heap = Heap::new();
    let saw = Arc::default();
    let elder = heap.alloc(Elder {
        target: Weak::dead(),
        favourite: None,
        saw: Arc::clone(&saw),
    });
    heap.collect();
    heap.collect();
    assert_eq!(heap.generation(&elder), Some(Generation::Old));
    let target = heap.alloc(Young {
        me: None,
        elder: None,
    });
    let holder = heap.alloc(Young {
        me: None,
        elder: Some(elder.clone()),
    });
    heap[&target].me = Some(holder.clone());
    heap[&holder].me = Some(target.clone());
    heap[&elder].target = target.downgrade();
    drop((target, holder, elder));
    assert_eq!(heap.collect_generation(Generation::Young).collected, 2);
    heap.reclaim();
    assert_eq!(*lock(&saw), [false], "the finalizer ran, and read dead");
    assert_eq!(heap.len(), 0);
}

/// Hides a handle from the collector.
#[derive(Trace)]
struct Opaque {
    me: Option<Gc<Opaque>>,
    #[trace(skip)]
    hidden: Option<Gc<Node>>,
}

#[test]
fn trash_weakref_clear_an_untraced_edge_leaks_and_never_frees_early() {
    let log = Log::default();
    let mut heap = Heap::new();
    let hidden = ring(&mut heap, &log, &[1, 2]);
    let weak = hidden.downgrade();
    let opaque = heap.alloc(Opaque {
        me: None,
        hidden: Some(hidden),
    });
    heap[&opaque].me = Some(opaque.clone());
    heap.collect();
    assert!(heap[&opaque].hidden.is_some());
    assert_eq!(
        lock(&log).dropped(),
        [0; 0],
        "external, as far as the collector can see"
    );
    assert_eq!(heap.get_weak(weak).map(|n| n.name), Some(1));
    drop(opaque);
    assert_eq!(heap.collect().collected, 1, "the object that hid it");
    assert_eq!(heap.collect().collected, 2, "and then what was hidden");
    assert!(heap.get_weak(weak).is_none());
    assert_eq!(lock(&log).dropped(), [1, 2]);
}

#[test]
fn trash_weakref_clear_a_hidden_cycle_leaks_until_the_heap_ends() {
    /// A cycle through an edge that `trace` forgets.
    #[derive(Trace)]
    struct Forgetful {
        #[trace(skip)]
        me: Option<Gc<Forgetful>>,
        edge: Option<Gc<Node>>,
    }
    let log = Log::default();
    let mut heap = Heap::new();
    let node = heap.alloc(Node::new(&log, 1));
    let g = heap.alloc(Forgetful {
        me: None,
        edge: Some(node),
    });
    heap[&g].me = Some(g.clone());
    let weak = g.downgrade();
    drop(g);
    heap.collect();
    heap.collect();
    let edge = heap
        .get_weak(weak)
        .and_then(|f| f.edge.clone())
        .expect("leaked, not freed");
    assert_eq!(heap[&edge].name, 1);
    drop(edge);
    assert!(heap.get_weak(weak).is_some_and(|f| f.me.is_some()));
    drop(heap);
    assert_eq!(lock(&log).dropped(), [1]);
}
