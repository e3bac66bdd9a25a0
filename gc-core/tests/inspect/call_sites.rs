//! Where the handles outside the heap were made.

use crate::util::Random;
use gc_core::inspect::{CallSite, LeakSentinel, Snapshot};
use gc_core::{Budget, Gc, GcAny, GcDyn, Heap, ObjectId, Trace, Weak, dyn_handle};
use std::collections::BTreeMap;
use std::panic::Location;

#[derive(Trace, Default)]
struct Ship {
    next: Option<Gc<Ship>>,
    crew: Vec<GcAny>,
}

/// Lines of this file, with the number of handles from there.
fn lines(sites: &[CallSite]) -> Vec<(u32, usize)> {
    sites
        .iter()
        .map(|site| {
            assert_eq!(site.location.file(), file!());
            (site.location.line(), site.handles)
        })
        .collect()
}

fn of(heap: &Heap, id: ObjectId) -> Vec<(u32, usize)> {
    let sites = Snapshot::of(heap).call_sites(id);
    let why = heap.why_alive(&id);
    if why.path.len() == 1 {
        assert_eq!(why.path[0].sites, sites);
        assert_eq!(
            why.outside(),
            sites.iter().map(|site| site.handles).sum::<usize>()
        );
    }
    lines(&sites)
}

#[test]
fn each_way_to_make_a_handle_is_a_place() {
    let mut heap = Heap::new();
    let (here, ship) = (line!(), heap.alloc(Ship::default()));
    assert_eq!(ship.call_site().map(Location::line), Some(here));
    let id = ship.id();
    assert_eq!(of(&heap, id), [(here, 1)]);

    let weak = ship.downgrade();
    let (second, clones) = (line!(), [(); 3].map(|()| ship.clone()));
    let (third, upgraded) = (line!(), heap.upgrade(weak).unwrap());
    assert_eq!(of(&heap, id), [(second, 3), (here, 1), (third, 1)]);

    let [one, two, three] = clones;
    drop((two, ship));
    assert_eq!(of(&heap, id), [(second, 2), (third, 1)]);
    drop((one, three, upgraded));
    assert_eq!(of(&heap, id), []);
}

#[test]
fn each_way_to_allocate_is_a_place() {
    let mut heap = Heap::new();
    let mut ids: Vec<(u32, ObjectId)> = Vec::new();
    let mut kept: Vec<GcAny> = Vec::new();
    let mut keep = |line: u32, handle: GcAny| {
        ids.push((line, handle.id()));
        kept.push(handle);
    };
    keep(line!(), heap.try_alloc(1u32).unwrap().erase());
    keep(line!(), heap.alloc_cyclic(|_: Weak<u32>| 2u32).erase());
    keep(
        line!(),
        heap.try_alloc_cyclic(|_: Weak<u32>| 3u32)
            .ok()
            .unwrap()
            .erase(),
    );
    keep(line!(), heap.alloc_slice(&[1u8, 2]).erase());
    keep(line!(), heap.try_alloc_slice(&[1u8, 2]).unwrap().erase());
    keep(line!(), heap.alloc_slice_from_iter([1u16, 2]).erase());
    keep(line!(), heap.alloc_str("name").erase());
    keep(line!(), heap.try_alloc_str("name").unwrap().erase());
    let mut context = heap.alloc_context();
    keep(line!(), context.alloc(4u64).erase());
    keep(line!(), context.try_alloc(5u64).unwrap().erase());
    heap.merge(context);
    let snapshot = Snapshot::of(&heap);
    for (line, id) in ids {
        let found = lines(&snapshot.call_sites(id));
        // The last expression is a line below where rustfmt has broken it.
        assert!(
            matches!(found[..], [(at, 1)] if at == line || at == line + 1),
            "{found:?} {line}"
        );
    }
}

#[test]
fn handles_without_a_type_have_places_too() {
    trait Any: Send + Sync {}
    impl Any for Ship {}

    let mut heap = Heap::new();
    let (first, any) = (line!(), heap.alloc(Ship::default()).erase());
    let id = any.id();
    let (second, other) = (line!(), any.clone());
    let (third, seen) = (
        line!(),
        dyn_handle!(any.downcast_ref::<Ship>().unwrap().clone() => dyn Any),
    );
    let third = third + 1;
    assert_eq!(of(&heap, id), [(first, 1), (second, 1), (third, 1)]);
    let (fourth, again) = (line!(), seen.clone());
    let weak = seen.downgrade();
    drop((any, seen));
    let (fifth, upgraded) = (line!(), heap.upgrade_dyn(weak).unwrap());
    assert_eq!(of(&heap, id), [(second, 1), (fourth, 1), (fifth, 1)]);
    let typed: Gc<Ship> = other.downcast().unwrap();
    let all: Vec<GcDyn<dyn Any>> = vec![again, upgraded];
    assert_eq!(of(&heap, id), [(second, 1), (fourth, 1), (fifth, 1)]);
    drop((typed, all));
}

/// From the same line come handles inside and outside.
#[test]
fn handles_in_objects_are_not_told() {
    let mut heap = Heap::new();
    let target = heap.alloc(Ship::default());
    let id = target.id();
    let (line, mut clones) = (line!(), (0..9).map(|_| target.clone()).collect::<Vec<_>>());
    let holder = heap.alloc(Ship {
        next: clones.pop(),
        crew: clones.drain(..3).map(Gc::erase).collect(),
    });
    drop(target);
    assert_eq!(of(&heap, id), [(line, 5)]);
    let mut capture = Snapshot::begin(&heap);
    while !capture.step(&heap, Budget::units(1)).finished {}
    assert_eq!(lines(&capture.finish().call_sites(id)), [(line, 5)]);

    // In an object that is dead and not dropped yet they are not outside either.
    drop(holder);
    assert_eq!(of(&heap, id), [(line, 5)]);
    heap.reclaim();
    assert_eq!(of(&heap, id), [(line, 5)]);
    let (moved, out) = (line!(), clones.pop().unwrap().made_here());
    assert_eq!(of(&heap, id), [(line, 4), (moved, 1)]);
    drop((out, clones));
}

#[test]
fn the_text_names_the_places_most_first() {
    let mut heap = Heap::new();
    let target = heap.alloc(Ship::default());
    let weak = target.downgrade();
    let (line, more) = (line!(), [target.clone(), target.clone()]);
    let text = heap.why_alive(&weak).to_string();
    let shown: Vec<&str> = text.lines().skip(2).collect();
    assert!(
        text.contains("held by 3 handles outside the heap"),
        "{text}"
    );
    assert_eq!(shown.len(), 3, "{text}");
    // Two columns of a line are two places.
    for (shown, line) in shown.iter().zip([line - 2, line, line]) {
        let expected = format!("    1 from {}:{line}:", file!());
        assert!(shown.starts_with(&expected), "{shown}");
    }
    drop((target, more));

    let target = heap.alloc(Ship::default());
    let [a, b, c, d] = std::array::from_fn(|_| target.clone());
    let [e, f] = [target.clone(), target.clone()];
    let [g, h] = [target.clone(), target.clone()];
    let [i, j] = [target.clone(), target.clone()];
    let text = heap.why_alive(&target).to_string();
    assert!(text.contains("\n    4 from "), "{text}");
    assert!(text.ends_with("\n    2 from 2 other places"), "{text}");
    drop((a, b, c, d, e, f, g, h, i, j));
}

#[test]
fn what_the_compiler_derives_is_a_place_of_the_game() {
    #[derive(Clone)]
    struct Camera {
        follows: Gc<Ship>,
    }
    let mut heap = Heap::new();
    let follows = heap.alloc(Ship::default());
    let camera = Camera { follows };
    let second = camera.clone();
    let derived = second.follows.call_site().unwrap();
    assert_eq!(derived.file(), file!());
    // Functions of the standard library are a place of their own, unless another is named.
    let option = Some(&camera.follows).cloned();
    let site = |handle: &Option<Gc<Ship>>| handle.as_ref().unwrap().call_site().unwrap().file();
    assert_ne!(site(&option), file!());
    assert_eq!(site(&option.map(|handle| handle.made_here())), file!());
}

#[test]
fn other_threads_and_the_time_after_the_heap() {
    let mut heap = Heap::new();
    let ship = heap.alloc(Ship::default());
    let id = ship.id();
    let line = line!() + 5;
    let clones: Vec<Gc<Ship>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let all: Vec<_> = (0..100).map(|_| ship.clone()).collect();
                    all.into_iter().skip(90).collect::<Vec<_>>()
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(of(&heap, id)[0], (line, 40));
    drop(heap);
    let late = ship.clone();
    drop(ship);
    std::thread::spawn(move || drop(clones)).join().unwrap();
    assert_eq!(Gc::strong_count(&late), 1);
}

#[test]
fn a_new_object_in_the_place_of_a_dead_one_begins_anew() {
    let mut heap = Heap::new();
    for _ in 0..100 {
        let ship = heap.alloc(Ship::default());
        let line = line!() - 1;
        assert_eq!(of(&heap, ship.id()), [(line, 1)]);
        let cycle = ship.clone();
        heap[&ship].next = Some(cycle);
        if heap.len().is_multiple_of(3) {
            heap.collect();
        }
    }
}

#[test]
fn a_leak_outside_the_heap_is_told_with_the_place() {
    let mut heap = Heap::new();
    let mut sentinel = LeakSentinel::new();
    let mut kept = Vec::new();
    let mut leaks = Vec::new();
    let mut line = 0;
    for _ in 0..6 {
        for _ in 0..20 {
            let ship = heap.alloc(Ship::default());
            (line, _) = (line!(), kept.push(ship.clone()));
        }
        heap.reclaim();
        leaks = sentinel.check(&heap);
    }
    assert_eq!(lines(&leaks[0].sites), [(line, 120)]);
    let text = leaks[0].to_string();
    assert!(
        text.contains(&format!(
            "120 of 120 are held by handles outside the heap\n    120 from {}:{line}:",
            file!()
        )),
        "{text}"
    );
    drop(kept);
}

#[test]
fn garbage_that_is_kept_for_the_game_is_the_heaps() {
    use gc_core::{Finalize, FinalizerPolicy, HeapConfig};
    #[derive(Trace)]
    #[trace(finalize)]
    struct Node(Option<Gc<Node>>);
    impl Finalize for Node {
        fn finalize(_: &Gc<Self>, _: &mut Heap) {}
    }
    let mut heap = Heap::with_config(HeapConfig {
        finalizers: FinalizerPolicy::Quarantine,
        ..HeapConfig::default()
    });
    let node = heap.alloc(Node(None));
    let id = node.id();
    let cycle = node.clone();
    heap[&node].0 = Some(cycle);
    drop(node);
    heap.collect();
    let sites = Snapshot::of(&heap).call_sites(id);
    assert_eq!(sites.len(), 1);
    assert!(sites[0].location.file().contains("gc-core"), "{sites:?}");
}

/// Handles are made at six places, moved into objects and out of them, dropped, upgraded; collections come and go. At all
/// times the places of those outside are exactly known.
#[test]
fn random_play_against_an_oracle() {
    fn make(heap: &Heap, of: &Gc<Ship>, place: usize) -> Gc<Ship> {
        match place {
            0 => of.clone(),
            1 => of.clone(),
            2 => heap.upgrade(of.downgrade()).unwrap(),
            3 => of.clone().erase().downcast().ok().unwrap(),
            4 => of.clone().made_here(),
            _ => of.clone(),
        }
    }
    let handles = if cfg!(miri) { 300 } else { 3000 };
    for seed in 0..4 {
        let mut random = Random(seed);
        let mut heap = Heap::new();
        let mut held: Vec<Gc<Ship>> = vec![heap.alloc(Ship::default())];
        for round in 0..handles {
            let at = random.below(held.len());
            match random.below(8) {
                0 if held.len() > 1 => drop(held.swap_remove(at)),
                1 => held.push(heap.alloc(Ship::default())),
                2 if held.len() > 1 => {
                    let inside = held.swap_remove(at);
                    let into = random.below(held.len());
                    if let Some(out) = heap[&held[into]].next.replace(inside) {
                        held.push(out);
                    }
                }
                3 if held.len() > 1 => {
                    let inside = held.swap_remove(at).erase();
                    let into = random.below(held.len());
                    heap[&held[into]].crew.push(inside);
                }
                4 => {
                    heap.step(Budget::units(20));
                }
                _ => held.push(make(&heap, &held[at], random.below(6))),
            }
            if round % 100 == 0 {
                let mut expected: BTreeMap<ObjectId, BTreeMap<_, usize>> = BTreeMap::new();
                for handle in &held {
                    let places = expected.entry(handle.id()).or_default();
                    *places.entry(handle.call_site().unwrap()).or_default() += 1;
                }
                let mut capture = Snapshot::begin(&heap);
                while !capture.step(&heap, Budget::units(7)).finished {}
                let snapshot = capture.finish();
                for object in snapshot.objects() {
                    let found: BTreeMap<_, usize> = snapshot
                        .call_sites(object.id)
                        .into_iter()
                        .map(|site| (site.location, site.handles))
                        .collect();
                    assert_eq!(found.values().sum::<usize>(), object.outside);
                    assert_eq!(found, expected.remove(&object.id).unwrap_or_default());
                }
                assert!(expected.is_empty());
            }
        }
    }
}
