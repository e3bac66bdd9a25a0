//! D1, introspection.

use std::collections::BTreeMap;

use gc_core::{Gc, Heap, ObjectId, Trace};

use crate::util::{Actor, Log, Node, actors, lock};

type Leaf = u64;

#[derive(Trace)]
struct Holder {
    list: Vec<Gc<Leaf>>,
    tuple: (Gc<Leaf>, Option<Gc<Leaf>>),
    dict: BTreeMap<String, Gc<Leaf>>,
    number: u32,
}

fn sorted(mut ids: Vec<ObjectId>) -> Vec<ObjectId> {
    ids.sort_unstable();
    ids
}

#[test]
fn get_referents_lists_what_containers_hold_with_duplicates() {
    let mut heap = Heap::new();
    let leaves: Vec<Gc<Leaf>> = (0..4).map(|n| heap.alloc(n)).collect();
    let holder = heap.alloc(Holder {
        list: vec![leaves[0].clone(), leaves[0].clone()],
        tuple: (leaves[1].clone(), Some(leaves[2].clone())),
        dict: BTreeMap::from([("key".to_owned(), leaves[3].clone())]),
        number: 5,
    });
    let expected = [0, 0, 1, 2, 3].map(|i: usize| leaves[i].id());
    assert_eq!(sorted(heap.referents(&holder)), sorted(expected.to_vec()));
    assert_eq!(
        sorted(heap.referents(&holder.clone().erase())),
        sorted(expected.to_vec())
    );
    assert_eq!(heap[&holder].number, 5);
}

#[test]
fn get_referents_of_leaves_is_empty() {
    let mut heap = Heap::new();
    let number = heap.alloc(7u32);
    let text = heap.alloc(String::from("text"));
    let list = heap.alloc(vec![1u8, 2, 3]);
    assert_eq!(heap.referents(&number), []);
    assert_eq!(heap.referents(&text), []);
    assert_eq!(heap.referents(&list), []);
}

#[test]
fn get_referrers_lists_each_holder() {
    let mut heap = Heap::new();
    let log = Log::default();
    let target = heap.alloc(Node::new(&log, 0));
    let holders: Vec<_> = (1..4).map(|n| heap.alloc(Node::new(&log, n))).collect();
    heap[&holders[0]].edges.push(target.clone());
    heap[&holders[1]].edges.push(target.clone());
    let expected = vec![holders[0].id(), holders[1].id()];
    assert_eq!(sorted(heap.referrers(&target)), sorted(expected));
    assert_eq!(heap.referrers(&holders[0]), []);
}

#[derive(Trace)]
struct Position {
    x: f32,
    name: String,
}

#[derive(Trace)]
struct Empty;

#[derive(Trace, Default)]
struct Slotless {
    edge: Option<Gc<Slotless>>,
}

#[test]
fn is_tracked_tells_leaves_from_objects_that_can_refer() {
    let mut heap = Heap::new();
    let number = heap.alloc(1u8);
    let text = heap.alloc(String::new());
    let position = heap.alloc(Position {
        x: 1.0,
        name: String::new(),
    });
    let empty = heap.alloc(Empty);
    assert!(!heap.is_tracked(&number));
    assert!(!heap.is_tracked(&text));
    assert!(!heap.is_tracked(&position));
    assert!(!heap.is_tracked(&empty));
    assert!(heap[&position].x > 0.0 && heap[&position].name.is_empty());
    let object = heap.alloc(Slotless::default());
    let list: Gc<Vec<Gc<Slotless>>> = heap.alloc(Vec::new());
    assert!(heap.is_tracked(&object), "also while it refers to nothing");
    assert!(heap.is_tracked(&list));
    heap[&object].edge = Some(object.clone());
    assert_eq!((heap.len(), heap.tracked_len()), (6, 2));
}

#[test]
fn is_finalized_is_set_by_the_finalizer_and_stays() {
    let mut heap = Heap::new();
    let log = Log::default();
    let leaf = heap.alloc(1u8);
    assert!(!heap.is_finalized(&leaf));
    let actor = heap.alloc(Actor::resurrecting(&log, 1));
    assert!(!heap.is_finalized(&actor));
    drop(actor);
    heap.reclaim();
    let back = lock(&log).saved.pop().expect("resurrected");
    assert!(heap.is_finalized(&back));
    drop(actors(&mut heap, vec![Actor::resurrecting(&log, 2)]));
    heap.collect();
    let back = lock(&log).saved.pop().expect("resurrected");
    assert!(heap.is_finalized(&back));
}

/// Declared a leaf although it holds a handle: what it refers to is simply external.
#[derive(Trace)]
#[trace(acyclic)]
struct Capsule {
    inside: Gc<Node>,
}

#[test]
fn get_referents_on_capsule_does_not_crash_and_its_content_stays_alive() {
    let mut heap = Heap::new();
    let log = Log::default();
    let inside = heap.alloc(Node::new(&log, 1));
    let capsule = heap.alloc(Capsule { inside });
    assert!(!heap.is_tracked(&capsule));
    heap.referents(&capsule);
    heap.collect();
    assert_eq!(heap[&heap[&capsule].inside].name, 1);
    drop(capsule);
    heap.reclaim();
    assert_eq!(lock(&log).dropped(), [1]);
}
