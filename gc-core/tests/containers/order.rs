//! The order of iteration is a matter of calls, not of hashes, addresses or memory.

use gc_core::containers::{GcMap, GcSet};
use gc_core::{Budget, Gc, Heap, Trace};

/// The same game on a machine whose memory is laid out differently.
fn play(noise: usize) -> (Vec<u32>, u64) {
    let _elsewhere: Vec<Vec<u8>> = (0..noise).map(|n| vec![0; 100 * n]).collect();
    let mut heap = Heap::new();
    let mut others: Vec<Heap> = (0..noise).map(|_| Heap::new()).collect();
    let mut seen = GcMap::new_in(&heap);
    let mut marked = GcSet::with_capacity_in(noise * 100, &heap);
    let mut state = 1u64;
    for n in 0..2000u32 {
        for other in &mut others {
            drop(other.alloc(n));
        }
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        let handle = heap.alloc(n);
        seen.insert(handle.clone(), n);
        marked.insert(handle);
        if state >> 62 == 0 {
            let victim = seen
                .get_index((state >> 32) as usize % seen.len())
                .unwrap()
                .0
                .clone();
            seen.remove(&victim);
            marked.shift_remove(&victim);
        }
        heap.step(Budget::units(3));
    }
    let order = seen
        .values()
        .copied()
        .chain(marked.iter().map(|handle| heap[handle]))
        .collect();
    (order, heap.state_hash())
}

#[test]
fn handles_as_keys_are_in_the_same_order_everywhere() {
    let first = play(0);
    assert_eq!(play(1), first);
    assert_eq!(play(7), first);
}

#[test]
fn what_is_inserted_again_stays_in_its_place() {
    let mut map = GcMap::from([("a", 1), ("b", 2), ("c", 3)]);
    map.insert("a", 9);
    assert!(map.iter().eq([(&"a", &9), (&"b", &2), (&"c", &3)]));
    assert_eq!(
        (map.first(), map.last()),
        (Some((&"a", &9)), Some((&"c", &3)))
    );
    map.remove("a");
    assert!(map.keys().eq(&["c", "b"]));
    map.insert("a", 1);
    map.shift_remove("c");
    assert!(map.keys().eq(&["b", "a"]));
    assert!(map.values().rev().eq(&[1, 2]));
}

#[derive(Trace)]
struct Node {
    links: GcMap<u64, Gc<Node>>,
}

/// In which order a dead map's objects are reclaimed is the same too: their slots are reused in that order.
#[test]
fn objects_die_in_the_same_order_everywhere() {
    let play = |noise: usize| {
        let _elsewhere: Vec<Vec<u8>> = (0..noise).map(|n| vec![0; 100 * n]).collect();
        let mut heap = Heap::new();
        let links = GcMap::new_in(&heap);
        let root = heap.alloc(Node { links });
        for key in 0..500u64 {
            let links = GcMap::new_in(&heap);
            let node = heap.alloc(Node { links });
            heap[&node].links.insert(0, root.clone());
            heap[&root]
                .links
                .insert(key.wrapping_mul(0x9E37_79B9_7F4A_7C15), node);
        }
        drop(root);
        heap.collect();
        assert!(heap.is_empty());
        (0..500)
            .map(|n| heap.alloc(n).id().to_bits())
            .collect::<Vec<u64>>()
    };
    assert_eq!(play(0), play(5));
}
