//! Who holds an object, and how many handles are held outside the heap.

use crate::util::without_places;
use gc_core::inspect::{Snapshot, Verdict};
use gc_core::{Budget, Gc, Heap, Trace};

#[derive(Trace)]
struct Squad {
    members: Vec<Gc<Ship>>,
}

#[derive(Trace)]
struct Ship {
    squad: Option<Gc<Squad>>,
    target: Option<Gc<Bullet>>,
    next: Option<Gc<Ship>>,
}

#[derive(Trace)]
struct Bullet {
    owner: Option<Gc<Ship>>,
}

fn ship(heap: &mut Heap) -> Gc<Ship> {
    heap.alloc(Ship {
        squad: None,
        target: None,
        next: None,
    })
}

#[test]
fn the_path_names_types_and_fields() {
    let mut heap = Heap::new();
    let bullet = heap.alloc(Bullet { owner: None });
    let weak = bullet.downgrade();
    let members: Vec<_> = (0..5).map(|_| ship(&mut heap)).collect();
    heap[&members[3]].target = Some(bullet);
    let squad = heap.alloc(Squad { members });
    let second = squad.clone();

    let why = heap.why_alive(&weak);
    assert_eq!(why.verdict, Verdict::Held);
    assert_eq!(why.chain(), "Squad.members[3] → Ship.target → Bullet");
    assert_eq!(
        why.path.iter().map(|hop| hop.outside).collect::<Vec<_>>(),
        [2, 0, 0]
    );
    assert_eq!(
        without_places(&why.to_string()),
        format!(
            "alive: Squad.members[3] → Ship.target → Bullet\n  \
             Squad {:?}, held by 2 handles outside the heap\n  \
             .members[3] → Ship {:?}, held by objects only\n  \
             .target → Bullet {:?}, by 1 handle in objects",
            squad.id(),
            heap[&squad].members[3].id(),
            weak.id()
        )
    );
    drop((squad, second));
}

#[test]
fn the_shortest_path_is_told() {
    let mut heap = Heap::new();
    let target = ship(&mut heap);
    let weak = target.downgrade();
    let mut long = target.clone();
    for _ in 0..10 {
        long = heap.alloc(Ship {
            squad: None,
            target: None,
            next: Some(long),
        });
    }
    let short = heap.alloc(Squad {
        members: vec![target],
    });
    assert_eq!(heap.why_alive(&weak).chain(), "Squad.members[0] → Ship");
    drop(short);
    // Also before the dead squad is reclaimed: its handle is neither a path nor one outside the heap.
    let why = heap.why_alive(&weak);
    assert_eq!((why.path.len(), why.path[10].outside), (11, 0));
    drop(long);
    assert_eq!(heap.why_alive(&weak).verdict, Verdict::Garbage);
    heap.reclaim();
    assert_eq!(heap.why_alive(&weak).verdict, Verdict::Dead);
}

#[test]
fn a_handle_outside_is_the_shortest_path_of_all() {
    let mut heap = Heap::new();
    let held = ship(&mut heap);
    let squad = heap.alloc(Squad {
        members: vec![held.clone(), held.clone()],
    });
    let why = heap.why_alive(&held.downgrade());
    assert_eq!(why.chain(), "Ship");
    assert_eq!((why.outside(), why.inside), (1, 2));
    drop(squad);
}

#[test]
fn handles_outside_are_counted_exactly() {
    // A leaf, a tracked object, and one that refers to itself, each with handles inside and outside.
    let mut heap = Heap::new();
    let one = ship(&mut heap);
    heap[&one].next = Some(one.clone());
    let squad = heap.alloc(Squad {
        members: vec![one.clone(); 7],
    });
    heap[&one].squad = Some(squad.clone());
    let number = heap.alloc(5u32);
    let outside: Vec<_> = (0..9).map(|_| number.clone()).collect();
    let numbers = heap.alloc(vec![number.clone(), number]);
    let counts = |heap: &Heap| {
        let mut counts: Vec<_> = Snapshot::of(heap)
            .objects()
            .map(|object| (object.strong_count, object.outside))
            .collect();
        counts.sort_unstable();
        counts
    };
    assert_eq!(counts(&heap), [(1, 1), (2, 1), (9, 1), (11, 9)]);
    drop(one);
    drop(outside);
    assert_eq!(counts(&heap), [(1, 1), (2, 0), (2, 1), (8, 0)]);
    drop((squad, numbers));
}

#[test]
fn what_only_a_cycle_holds_is_garbage() {
    let mut heap = Heap::new();
    let owner = ship(&mut heap);
    let bullet = heap.alloc(Bullet {
        owner: Some(owner.clone()),
    });
    let tail = ship(&mut heap);
    let weak_tail = tail.downgrade();
    heap[&owner].target = Some(bullet);
    heap[&owner].next = Some(tail);
    let weak = owner.downgrade();
    drop(owner);
    let why = heap.why_alive(&weak);
    assert_eq!(why.verdict, Verdict::Garbage);
    assert_eq!(why.chain(), "Ship.target → Bullet.owner → Ship");
    assert!(
        why.to_string().starts_with("garbage, not collected yet"),
        "{why}"
    );
    // What hangs on the cycle without being in it.
    let why = heap.why_alive(&weak_tail);
    assert_eq!(why.verdict, Verdict::Garbage);
    assert_eq!(why.chain(), "Ship.next → Ship");
    heap.collect();
    assert_eq!(heap.why_alive(&weak).verdict, Verdict::Dead);
}

#[test]
fn handles_of_every_kind_can_be_asked_about() {
    let mut heap = Heap::new();
    let mut other = Heap::new();
    let gc = ship(&mut heap);
    assert_eq!(heap.why_alive(&gc).verdict, Verdict::Held);
    assert_eq!(heap.why_alive(&gc.clone().erase()).verdict, Verdict::Held);
    assert_eq!(heap.why_alive(&gc.downgrade()).verdict, Verdict::Held);
    assert_eq!(heap.why_alive(&gc.id()).verdict, Verdict::Held);
    let foreign = ship(&mut other);
    assert_eq!(heap.why_alive(&foreign).verdict, Verdict::Dead);
    assert_eq!(heap.why_alive(&foreign.downgrade()).verdict, Verdict::Dead);
    assert_eq!(
        heap.why_alive(&gc_core::Weak::<Ship>::dead()).verdict,
        Verdict::Dead
    );
}

/// At every moment of a sliced collection: the living are held, the dead are dead or garbage, and asking changes nothing.
#[test]
fn while_a_collection_is_in_progress() {
    let mut heap = Heap::new();
    let squad = heap.alloc(Squad { members: vec![] });
    for _ in 0..40 {
        let member = ship(&mut heap);
        heap[&squad].members.push(member);
    }
    let mut dead = Vec::new();
    for _ in 0..40 {
        let owner = ship(&mut heap);
        dead.push(owner.downgrade());
        heap[&owner].next = Some(owner.clone());
    }
    let members: Vec<_> = heap[&squad]
        .members
        .iter()
        .map(|member| member.downgrade())
        .collect();
    let mut steps = 0;
    let mut freed = 0;
    loop {
        let progress = heap.step(Budget::units(5));
        steps += 1;
        freed += progress.collected;
        for (at, member) in members.iter().enumerate() {
            assert_eq!(
                heap.why_alive(member).chain(),
                format!("Squad.members[{at}] → Ship")
            );
        }
        for weak in &dead {
            assert_ne!(heap.why_alive(weak).verdict, Verdict::Held);
        }
        if progress.finished {
            break;
        }
    }
    assert!(steps > 20);
    assert_eq!(freed, 40);
    assert!(
        dead.iter()
            .all(|weak| heap.why_alive(weak).verdict == Verdict::Dead)
    );
    drop(squad);
}

/// A list as long as this would overflow the stack of anything that recurses.
#[test]
fn a_long_path() {
    let mut heap = Heap::new();
    let last = ship(&mut heap);
    let weak = last.downgrade();
    let mut first = last;
    for _ in 0..200_000 {
        first = heap.alloc(Ship {
            squad: None,
            target: None,
            next: Some(first),
        });
    }
    let why = heap.why_alive(&weak);
    assert_eq!((why.path.len(), why.outside()), (200_001, 1));
    let text = why.to_string();
    assert!(
        text.contains("Ship.next → … 199989 more … → Ship.next"),
        "{text}"
    );
    assert_eq!(without_places(&text).lines().count(), 1 + 6 + 1 + 6);
    drop(first);
    assert_eq!(heap.reclaim(), 200_001);
}

#[test]
fn a_trace_that_lies_confuses_nobody() {
    struct Liar(std::sync::OnceLock<Gc<Liar>>, u32);
    impl Trace for Liar {
        fn trace(&self, tracer: &mut gc_core::Tracer<'_>) {
            for _ in 0..self.1 {
                if let Some(handle) = self.0.get() {
                    handle.trace(tracer);
                }
            }
        }
    }
    let mut heap = Heap::new();
    let target = heap.alloc(Liar(Default::default(), 0));
    let weak = target.downgrade();
    let _ = heap.alloc(Liar(target.into(), 9));
    let liar = heap.alloc(Liar(heap.upgrade(weak).unwrap().into(), 5));
    // More handles are shown than there are.
    assert_eq!(heap.why_alive(&weak).chain(), "Liar → Liar");
    drop(liar);
}
