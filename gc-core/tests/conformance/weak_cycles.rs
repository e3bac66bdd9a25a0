//! D3, weak references and the collector. Callbacks become `drain_reclaimed` and finalizers.

use std::sync::{Arc, Mutex};

use gc_core::{Gc, Heap, ObjectId, Thresholds, Trace, Weak};

use crate::util::{Actor, Log, Node, actors, both_ways, lock, ring};

fn told(heap: &mut Heap) -> Vec<ObjectId> {
    let mut ids: Vec<ObjectId> = heap.drain_reclaimed().collect();
    ids.sort_unstable();
    ids
}

#[test]
fn callback_in_cycle_deaths_are_told_after_the_batch_and_once() {
    both_ways(|collect| {
        let mut heap = Heap::new();
        let log = Log::default();
        let a = ring(&mut heap, &log, &[1, 2, 3]);
        let b = heap[&a].edges[0].clone();
        let (wa, wb) = (a.downgrade(), b.downgrade());
        let ids = vec![wa.id(), wb.id()];
        drop((a, b));
        assert_eq!(told(&mut heap), []);
        collect(&mut heap);
        assert!(heap.get_weak(wa).is_none() && heap.get_weak(wb).is_none());
        assert_eq!(told(&mut heap), ids, "only those that had a weak handle");
        assert_eq!(told(&mut heap), []);
        collect(&mut heap);
        assert_eq!(told(&mut heap), []);
    });
}

#[derive(Trace)]
struct Watcher {
    target: Weak<Node>,
    hold: Option<Gc<Node>>,
    me: Option<Gc<Watcher>>,
}

#[test]
fn callback_reachable_one_way_and_different_classes() {
    both_ways(|collect| {
        for holds in [false, true] {
            let mut heap = Heap::new();
            let log = Log::default();
            let node = ring(&mut heap, &log, &[1]);
            let watcher = heap.alloc(Watcher {
                target: node.downgrade(),
                hold: holds.then(|| node.clone()),
                me: None,
            });
            let me = watcher.clone();
            heap[&watcher].me = Some(me);
            let (node_id, watched) = (node.id(), watcher.downgrade());
            drop(node);
            collect(&mut heap);
            assert_eq!(heap.get_weak(heap[&watcher].target).is_some(), holds);
            assert_eq!(heap[&watcher].hold.is_some(), holds);
            drop(watcher);
            collect(&mut heap);
            heap.reclaim();
            assert!(heap.get_weak(watched).is_none());
            let mut ids = vec![node_id, watched.id()];
            ids.sort_unstable();
            assert_eq!(told(&mut heap), ids);
            assert_eq!(heap.len(), 0);
        }
    });
}

#[test]
fn callback_in_cycle_resurrection_is_told_once() {
    both_ways(|collect| {
        let mut heap = Heap::new();
        let log = Log::default();
        let g = actors(&mut heap, vec![Actor::resurrecting(&log, 1)]);
        let weak = g[0].downgrade();
        drop(g);
        collect(&mut heap);
        assert!(
            heap.get_weak(weak).is_none(),
            "condemned: dead from there on"
        );
        // The handle died with the condemnation, the object dies later: told at one of the two.
        let mut ids = told(&mut heap);
        lock(&log).saved.clear();
        collect(&mut heap);
        ids.extend(told(&mut heap));
        assert_eq!(ids, [weak.id()], "once");
    });
}

#[test]
fn callback_gcs_a_finalizer_that_collects_while_its_target_dies_frees_it_once() {
    for cyclic in [false, true] {
        both_ways(|collect| {
            let mut heap = Heap::new();
            let log = Log::default();
            let collecting = Actor::new(&log, 1, |this, heap| {
                let weak = this.downgrade();
                heap.collect();
                heap.reclaim();
                assert!(heap.try_get(this).is_ok());
                // Kept by the handle; whether a weak one works differs for the two ways to die.
                let _ = heap.upgrade(weak);
            });
            if cyclic {
                drop(actors(&mut heap, vec![collecting]));
            } else {
                drop(heap.alloc(collecting));
            }
            collect(&mut heap);
            heap.reclaim();
            assert_eq!(lock(&log).finalized(), [1]);
            assert_eq!(lock(&log).dropped(), [1]);
            assert_eq!(heap.len(), 0);
        });
    }
}

#[test]
fn gc_during_ref_creation_is_safe() {
    let mut heap = Heap::new();
    heap.set_thresholds(Thresholds {
        young: 1,
        middle: 1,
        old: 1,
    });
    let log = Log::default();
    #[derive(Trace)]
    struct Selfish {
        weak: Weak<Selfish>,
        strong: Option<Gc<Selfish>>,
    }
    for n in 0..50 {
        drop(ring(&mut heap, &log, &[n]));
        let selfish = heap.alloc_cyclic(|weak| Selfish { weak, strong: None });
        let weak = selfish.downgrade();
        drop(ring(&mut heap, &log, &[n]));
        assert_eq!(heap[&selfish].weak, weak);
        assert!(heap.upgrade(weak).as_ref() == Some(&selfish));
        heap[&selfish].strong = Some(selfish.clone());
        drop(selfish);
        heap.collect();
        assert!(heap.get_weak(weak).is_none());
    }
    assert_eq!(heap.len(), 0);
}

#[test]
fn ref_created_during_del_is_dead_later() {
    for cyclic in [false, true] {
        both_ways(|collect| {
            let mut heap = Heap::new();
            let log = Log::default();
            let made: Arc<Mutex<Vec<Weak<Actor>>>> = Arc::default();
            let sink = made.clone();
            let actor = Actor::new(&log, 1, move |this, _| lock(&sink).push(this.downgrade()));
            if cyclic {
                drop(actors(&mut heap, vec![actor]));
            } else {
                drop(heap.alloc(actor));
            }
            collect(&mut heap);
            heap.reclaim();
            let weak = lock(&made)[0];
            assert!(heap.get_weak(weak).is_none() && heap.upgrade(weak).is_none());
            // Its place may be taken by another object: the handle stays dead.
            let _other = heap.alloc(Actor::quiet(&log, 2));
            assert!(heap.get_weak(weak).is_none() && heap.upgrade(weak).is_none());
        });
    }
}

#[test]
fn trashcan_16602_a_weak_handle_never_gives_an_object_without_strong_handles() {
    let mut heap = Heap::new();
    let log = Log::default();
    let g = heap.alloc(Node::new(&log, 1));
    let child = heap.alloc(Node::new(&log, 2));
    let (weak, weak_child) = (g.downgrade(), child.downgrade());
    heap[&g].edges.push(child);
    drop(g);
    // Not reclaimed yet: the count alone decides.
    assert!(lock(&log).events.is_empty());
    assert!(heap.upgrade(weak).is_none());
    assert!(heap.get_weak(weak).is_none());
    assert!(heap.get_weak_mut(weak).is_none());
    assert_eq!(heap.iter::<Node>().filter(|n| n.name == 1).count(), 0);
    // The child has its handle still, in the dead object: to bring it back is allowed.
    let back = heap.upgrade(weak_child);
    heap.reclaim();
    match back {
        Some(child) => assert_eq!((heap[&child].name, lock(&log).dropped()), (2, vec![1])),
        None => assert_eq!(lock(&log).dropped(), [1, 2]),
    }
}

#[test]
fn no_memory_when_clearing_fifty_weak_handles_need_no_list() {
    both_ways(|collect| {
        let mut heap = Heap::new();
        let log = Log::default();
        let g = ring(&mut heap, &log, &[1]);
        // Copies of two words: the object does not know them.
        let weak = [g.downgrade(); 50];
        assert!(size_of::<Weak<Node>>() <= 16);
        drop(g);
        let bytes = heap.bytes();
        collect(&mut heap);
        assert!(heap.bytes() < bytes);
        assert!(weak.iter().all(|w| heap.get_weak(*w).is_none()));
        assert_eq!(told(&mut heap).len(), 1);
    });
}

#[test]
fn default_and_foreign_weak_handles_are_dead() {
    let mut heap = Heap::new();
    let mut other = Heap::new();
    let log = Log::default();
    let g = heap.alloc(Node::new(&log, 1));
    let _theirs = other.alloc(Node::new(&log, 2));
    assert!(heap.get_weak(Weak::<Node>::default()).is_none());
    assert!(heap.upgrade(Weak::<Node>::dead()).is_none());
    assert!(other.get_weak(g.downgrade()).is_none());
    assert!(other.upgrade(g.downgrade()).is_none());
    assert!(heap.get_weak(g.downgrade()).is_some());
}
