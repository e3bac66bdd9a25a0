//! D1, resurrection.

use gc_core::{Gc, Heap};

use crate::util::{Actor, Log, actors, both_ways, collected, lock, ring};

#[test]
fn resurrection_only_happens_once_per_object() {
    both_ways(|collect| {
        let mut heap = Heap::new();
        let log = Log::default();
        drop(actors(&mut heap, vec![Actor::resurrecting(&log, 1)]));
        collect(&mut heap);
        assert_eq!(lock(&log).finalized(), [1]);
        assert_eq!(lock(&log).dropped(), [0; 0]);
        let back = lock(&log).saved.pop().expect("resurrected");
        assert_eq!(heap[&back].name, 1);
        drop(back);
        collect(&mut heap);
        assert_eq!(lock(&log).finalized(), [1], "not again");
        assert_eq!(lock(&log).dropped(), [1], "it simply dies");
    });
}

#[test]
fn resurrection_is_transitive() {
    both_ways(|collect| {
        let mut heap = Heap::new();
        let log = Log::default();
        let lazarus = heap.alloc(Actor::resurrecting(&log, 1));
        let cargo = ring(&mut heap, &log, &[2, 3, 4]);
        heap[&lazarus].nodes.push(cargo);
        let me = lazarus.clone();
        heap[&lazarus].edges.push(me);
        let doomed = ring(&mut heap, &log, &[5, 6]);
        drop((lazarus, doomed));
        collect(&mut heap);
        assert_eq!(lock(&log).dropped(), [5, 6]);
        let back = lock(&log).saved[0].clone();
        let mut node = heap[&back].nodes[0].clone();
        for name in [2, 3, 4, 2] {
            assert_eq!(heap[&node].name, name);
            let next = heap[&node].edges[0].clone();
            node = next;
        }
        drop((back, node));
        lock(&log).saved.clear();
        collect(&mut heap);
        heap.reclaim();
        assert_eq!(lock(&log).dropped(), [1, 2, 3, 4, 5, 6]);
    });
}

#[test]
fn resurrection_does_not_block_cleanup_of_other_objects() {
    const N: u32 = 100;
    let mut heap = Heap::new();
    let log = Log::default();
    let trash = |heap: &mut Heap| {
        for n in 0..N {
            drop(ring(heap, &log, &[n]));
        }
    };
    let zombie = |heap: &mut Heap, name| drop(actors(heap, vec![Actor::resurrecting(&log, name)]));
    trash(&mut heap);
    assert_eq!(collected(heap.collect()), (100, 0));
    zombie(&mut heap, 1000);
    let collection = heap.collect();
    assert_eq!(
        collected(collection),
        (0, 0),
        "the resurrected are not counted as collected"
    );
    assert_eq!(collection.resurrected, 1);
    trash(&mut heap);
    zombie(&mut heap, 1001);
    assert_eq!(collected(heap.collect()), (100, 0));
    lock(&log).saved.clear();
    assert_eq!(collected(heap.collect()), (2, 0));
    assert_eq!(heap.len(), 0);
}

#[test]
fn resurrection_by_a_neighbour_saves_both() {
    both_ways(|collect| {
        let mut heap = Heap::new();
        let log = Log::default();
        let saves_next = Actor::new(&log, 1, |this, heap| {
            let next = heap[this].edges[0].clone();
            lock(&heap[this].log).saved.push(next);
        });
        let pair = actors(&mut heap, vec![saves_next, Actor::quiet(&log, 2)]);
        // The second does not lead back.
        heap[&pair[1]].edges.clear();
        let me = pair[0].clone();
        heap[&pair[0]].edges.push(me);
        drop(pair);
        collect(&mut heap);
        heap.reclaim();
        assert_eq!(lock(&log).finalized(), [1, 2], "both were condemned");
        assert_eq!(lock(&log).dropped(), [1]);
        let saved = lock(&log).saved[0].clone();
        assert_eq!(heap[&saved].name, 2);
        assert_eq!(Gc::strong_count(&saved), 2);
    });
}
