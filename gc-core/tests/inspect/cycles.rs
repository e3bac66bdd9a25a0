//! The cycle report names the cycles that were found, and the field that breaks them.

use crate::util::Random;
use gc_core::inspect::CycleReport;
use gc_core::{Budget, Finalize, Gc, Heap, Trace, Weak};

#[derive(Trace)]
struct Ship {
    bullets: Vec<Gc<Bullet>>,
    cargo: Vec<Gc<Crate>>,
    squad: Option<Gc<Squad>>,
    wingman: Option<Gc<Ship>>,
}

#[derive(Trace)]
struct Bullet {
    owner: Gc<Ship>,
}

#[derive(Trace)]
struct Crate {
    inner: Vec<Gc<Crate>>,
}

#[derive(Trace)]
struct Squad {
    members: Vec<Gc<Ship>>,
}

fn ship(heap: &mut Heap) -> Gc<Ship> {
    heap.alloc(Ship {
        bullets: vec![],
        cargo: vec![],
        squad: None,
        wingman: None,
    })
}

fn fire(heap: &mut Heap, ship: &Gc<Ship>, bullets: usize) {
    for _ in 0..bullets {
        let bullet = heap.alloc(Bullet {
            owner: ship.clone(),
        });
        heap[ship].bullets.push(bullet);
    }
}

fn lines(report: &CycleReport) -> Vec<(&str, usize, usize, &str, bool)> {
    let kinds = report.cycles.iter();
    kinds
        .map(|it| {
            (
                it.path.as_str(),
                it.cycles,
                it.objects,
                it.field.as_str(),
                it.breaks_all,
            )
        })
        .collect()
}

fn recording() -> Heap {
    let mut heap = Heap::new();
    heap.disable();
    heap.record_cycles(true);
    heap
}

#[test]
fn types_fields_numbers_and_what_to_make_weak() {
    let mut heap = recording();
    for _ in 0..3 {
        let ship = ship(&mut heap);
        fire(&mut heap, &ship, 100);
    }
    heap.collect();
    let report = heap.cycle_report();
    assert_eq!(
        lines(&report),
        [(
            "Bullet.owner → Ship.bullets[] → Bullet",
            300,
            303,
            "Bullet.owner",
            true
        )]
    );
    assert_eq!(report.make_weak, ["Bullet.owner"]);
    assert_eq!(
        (report.recorded, report.condemned, report.collections),
        (303, 303, 1)
    );
    let text = report.to_string();
    assert!(
        text.starts_with("Bullet.owner → Ship.bullets[] → Bullet: 300 cycles, "),
        "{text}"
    );
    assert!(
        text.contains("; making Bullet.owner weak breaks all\n"),
        "{text}"
    );
}

#[test]
fn what_hangs_on_a_cycle_is_not_in_it() {
    let mut heap = recording();
    let ship = ship(&mut heap);
    fire(&mut heap, &ship, 1);
    // Crates in crates: the type refers to itself, no object does.
    let mut inner = heap.alloc(Crate { inner: vec![] });
    for _ in 0..50 {
        inner = heap.alloc(Crate { inner: vec![inner] });
    }
    heap[&ship].cargo.push(inner);
    drop(ship);
    heap.collect();
    let report = heap.cycle_report();
    assert_eq!(
        lines(&report),
        [(
            "Bullet.owner → Ship.bullets[] → Bullet",
            1,
            2,
            "Bullet.owner",
            true
        )]
    );
    assert_eq!(report.condemned, 53);
}

#[test]
fn objects_in_several_cycles_need_several_fields() {
    let mut heap = recording();
    for _ in 0..10 {
        let one = ship(&mut heap);
        fire(&mut heap, &one, 5);
        let squad = heap.alloc(Squad {
            members: vec![one.clone()],
        });
        heap[&one].squad = Some(squad);
    }
    heap.collect();
    let report = heap.cycle_report();
    assert_eq!(report.cycles.len(), 2);
    assert!(!report.cycles[0].breaks_all, "one field alone does not do");
    assert!(report.cycles[1].breaks_all);
    let mut weak = report.make_weak.clone();
    weak.sort();
    assert_eq!(weak, ["Bullet.owner", "Ship.squad"]);
    assert!(
        report.to_string().contains("weak breaks every cycle"),
        "{report}"
    );
}

#[test]
fn rings_of_any_length_are_one_kind() {
    let mut heap = recording();
    for length in [1, 2, 3, 50] {
        let first = ship(&mut heap);
        let mut last = first.clone();
        for _ in 1..length {
            let next = ship(&mut heap);
            heap[&last].wingman = Some(next.clone());
            last = next;
        }
        heap[&last].wingman = Some(first);
    }
    heap.collect();
    let report = heap.cycle_report();
    assert_eq!(
        lines(&report),
        [("Ship.wingman → Ship", 56, 56, "Ship.wingman", true)]
    );
}

/// Following the advice leaves no cycle: with random graphs, those without the fields named are free of cycles.
#[test]
fn the_fields_named_break_every_cycle() {
    #[derive(Trace)]
    struct Node {
        a: Vec<Gc<Node>>,
        b: Option<Gc<Node>>,
        c: Option<Gc<Node>>,
        #[allow(dead_code)]
        w: Weak<Node>,
    }
    for seed in 1..40 {
        println!("seed {seed}");
        let mut random = Random(seed);
        // Plays the same program twice; the second time the fields named are left empty.
        let mut weak: Vec<String> = vec![];
        for again in [false, true] {
            let mut heap = recording();
            let mut random = Random(seed);
            let nodes: Vec<_> = (0..60)
                .map(|_| {
                    heap.alloc(Node {
                        a: vec![],
                        b: None,
                        c: None,
                        w: Weak::dead(),
                    })
                })
                .collect();
            for _ in 0..random.below(150) {
                let (from, to) = (random.below(60), random.below(60));
                let field = ["Node.a", "Node.b", "Node.c"][random.below(3)];
                if weak.iter().any(|other| other == field) {
                    continue;
                }
                let to = nodes[to].clone();
                let node = &mut heap[&nodes[from]];
                match field {
                    "Node.a" => node.a.push(to),
                    "Node.b" => node.b = Some(to),
                    _ => node.c = Some(to),
                }
            }
            drop(nodes);
            heap.reclaim();
            let freed = heap.collect().collected;
            let report = heap.cycle_report();
            assert_eq!(report.condemned, freed);
            if again {
                assert_eq!((freed, report.cycles.len()), (0, 0));
            } else {
                assert_eq!(freed > 0, !report.cycles.is_empty());
                weak = report.make_weak;
            }
        }
        let _ = random.below(2);
    }
}

/// In slices of one unit, with the game at work, in both lanes, with finalizers: the same report.
#[test]
fn in_slices_too() {
    #[derive(Trace)]
    #[trace(finalize)]
    struct Boss {
        minions: Vec<Gc<Boss>>,
        ship: Option<Gc<Ship>>,
    }
    impl Finalize for Boss {
        fn finalize(this: &Gc<Self>, heap: &mut Heap) {
            heap[this].minions.clear();
        }
    }
    let mut heap = recording();
    let alive = ship(&mut heap);
    for _ in 0..20 {
        let ship = ship(&mut heap);
        fire(&mut heap, &ship, 10);
        let boss = heap.alloc(Boss {
            minions: vec![],
            ship: Some(ship),
        });
        heap[&boss].minions = vec![boss.clone(); 500]; // copied in pieces
    }
    let mut slices = 0;
    while !heap.step(Budget::units(1)).finished {
        slices += 1;
        if slices % 50 == 0 {
            fire(&mut heap, &alive, 1);
        }
        if slices % 90 == 0 {
            heap.collect_generation(gc_core::Generation::Young);
        }
    }
    assert!(slices > 240);
    let report = heap.take_cycles().report();
    let mut kinds = lines(&report);
    kinds.sort_unstable();
    assert_eq!(
        kinds,
        [
            ("Boss.minions[] → Boss", 10_000, 20, "Boss.minions", true),
            (
                "Bullet.owner → Ship.bullets[] → Bullet",
                200,
                220,
                "Bullet.owner",
                true
            ),
        ]
    );
    assert!(heap.cycle_report().cycles.is_empty(), "taken out");
    drop(alive);
}

#[test]
fn nothing_is_noted_unless_asked_for_and_memory_is_bounded() {
    let mut heap = Heap::new();
    heap.disable();
    fn lose_a_ring(heap: &mut Heap) {
        let one = ship(heap);
        heap[&one].wingman = Some(one.clone());
    }
    lose_a_ring(&mut heap);
    heap.collect();
    assert_eq!(heap.cycle_report().to_string(), "no cycles were found");
    heap.record_cycles(true);
    for _ in 0..70_000 {
        lose_a_ring(&mut heap);
    }
    heap.collect();
    let report = heap.cycle_report();
    assert_eq!((report.recorded, report.condemned), (1 << 16, 70_000));
    assert_eq!(report.cycles[0].cycles, 1 << 16);
    heap.record_cycles(false);
    assert!(heap.cycle_report().cycles.is_empty());
}

/// A `trace` that panics while it is copied stops nothing: what is condemned is freed all the same.
#[test]
fn a_trace_that_panics_stops_nothing() {
    use std::sync::atomic::{AtomicU32, Ordering};
    static CALLS: AtomicU32 = AtomicU32::new(0);
    struct Bad(Option<Gc<Bad>>);
    impl Trace for Bad {
        fn trace(&self, tracer: &mut gc_core::Tracer<'_>) {
            // The first two calls are Count's; marking reaches nothing.
            assert!(CALLS.fetch_add(1, Ordering::Relaxed) != 2, "on purpose");
            self.0.trace(tracer);
        }
    }
    let mut heap = recording();
    for _ in 0..2 {
        let bad = heap.alloc(Bad(None));
        heap[&bad].0 = Some(bad.clone());
    }
    let collect = std::panic::AssertUnwindSafe(|| heap.collect());
    assert!(std::panic::catch_unwind(collect).is_err());
    heap.collect();
    assert!(heap.is_empty());
    assert_eq!(heap.cycle_report().condemned, 2);
}
