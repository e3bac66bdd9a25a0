//! Where the memory goes.

use gc_core::inspect::Snapshot;
use gc_core::{Budget, Gc, Heap, Trace};

#[derive(Trace)]
struct Ring {
    next: Option<Gc<Ring>>,
}

#[test]
fn counts_bytes_and_generations() {
    let mut heap = Heap::new();
    let frozen: Vec<_> = (0..3).map(|_| heap.alloc(Ring { next: None })).collect();
    heap.freeze();
    let old: Vec<_> = (0..5).map(|_| heap.alloc(Ring { next: None })).collect();
    heap.collect();
    heap.collect();
    let middle: Vec<_> = (0..7).map(|_| heap.alloc(Ring { next: None })).collect();
    heap.collect_generation(gc_core::Generation::Young);
    let young: Vec<_> = (0..11).map(|_| heap.alloc(Ring { next: None })).collect();
    let texture = heap.alloc(0u64);
    heap.set_external_bytes(&texture, 1 << 20);

    for types in [heap.types(), Snapshot::of(&heap).types()] {
        assert_eq!(types.len(), 2);
        assert_eq!((types[0].type_name, types[0].objects), ("u64", 1));
        assert_eq!(types[0].bytes, (1 << 20) + 16);
        assert!(!types[0].tracked);
        let ring = types[1];
        assert!(ring.type_name.ends_with("::Ring") && ring.tracked);
        assert_eq!(
            (ring.objects, ring.bytes),
            (26, 26 * (8 + size_of::<Gc<Ring>>()))
        );
        assert_eq!((ring.generations, ring.frozen), ([11, 7, 5], 3));
        assert_eq!(
            types.iter().map(|row| row.bytes).sum::<usize>(),
            heap.bytes()
        );
    }
    #[cfg(not(feature = "call_sites"))] // handles are larger with it
    assert_eq!(
        heap.types().to_string(),
        "type  objects      bytes  young  middle  old  frozen\n\
         u64         1  1,048,592      -       -    -       -\n\
         Ring       26        416     11       7    5       3\n\
         all        27  1,049,008     11       7    5       3"
    );
    drop((frozen, old, middle, young));
}

#[test]
fn a_type_without_objects_is_left_out() {
    let mut heap = Heap::new();
    drop(heap.alloc(1u8));
    assert_eq!(heap.types()[0].objects, 1); // dead, not reclaimed yet
    heap.reclaim();
    assert!(heap.types().is_empty());
    assert!(Snapshot::of(&heap).types().is_empty());
}

#[test]
fn the_condemned_count_until_they_are_freed() {
    let mut heap = Heap::new();
    for _ in 0..100 {
        let ring = heap.alloc(Ring { next: None });
        heap[&ring].next = Some(ring.clone());
    }
    let mut seen = vec![];
    while !heap.step(Budget::units(10)).finished {
        seen.push((
            heap.types().first().map_or(0, |row| row.objects),
            Snapshot::of(&heap).len(),
        ));
    }
    assert!(seen.contains(&(100, 100)), "before: {seen:?}");
    let condemned = |&(objects, alive): &(usize, usize)| objects > 50 && alive == 0;
    assert!(seen.iter().any(condemned), "{seen:?}");
}

#[test]
fn objects_are_found_by_the_name_of_their_type() {
    let mut heap = Heap::new();
    let numbers = [heap.alloc(1u32), heap.alloc(2u32)];
    let ring = heap.alloc(Ring { next: None });
    let snapshot = Snapshot::of(&heap);
    assert_eq!(
        snapshot.of_type("u32").collect::<Vec<_>>(),
        [numbers[0].id(), numbers[1].id()]
    );
    assert_eq!(snapshot.of_type("Ring").collect::<Vec<_>>(), [ring.id()]);
    assert_eq!(snapshot.of_type(std::any::type_name::<Ring>()).count(), 1);
    assert_eq!(snapshot.of_type("Rin").count(), 0);
}
