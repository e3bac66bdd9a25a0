//! What users may do to a heap and should not: lie in `trace`, send handles to the wrong heap, forget them, collect while
//! the game unwinds. Nothing of it is undefined, and the heap stays whole. Panics at each n-th call of user code are in
//! `panics.rs`, handles on other threads in `threads.rs`, a saturated count in `src/arena/saturation.rs`.

use gc_core::{Budget, Gc, Generation, HandleError, Heap, Trace, Tracer};
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Counts what was made and what was dropped, and that nothing is dropped twice.
#[derive(Clone, Default)]
struct Census(Arc<Mutex<Vec<u32>>>);

struct Citizen {
    census: Census,
    number: usize,
}

impl Census {
    fn born(&self) -> Citizen {
        let mut drops = self.0.lock().expect("no panic in here");
        drops.push(0);
        Citizen {
            census: self.clone(),
            number: drops.len() - 1,
        }
    }

    fn alive(&self) -> usize {
        let drops = self.0.lock().expect("no panic in here");
        assert!(drops.iter().all(|&n| n <= 1), "dropped twice: {drops:?}");
        drops.iter().filter(|&&n| n == 0).count()
    }
}

impl Drop for Citizen {
    fn drop(&mut self) {
        self.census.0.lock().expect("no panic in here")[self.number] += 1;
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) as usize % n
    }
}

// --- trace that lies ---------------------------------------------------------------------------------------------------

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lie {
    /// Leaves out every other handle.
    Forgets,
    /// Shows each handle three times.
    Repeats,
    /// Shows handles that others own.
    Invents,
    /// Shows something else at each call.
    Changes,
}

/// Handles that an inventing object shows, although it does not own them.
type Others = Arc<Mutex<Vec<Gc<Liar>>>>;

struct Liar {
    citizen: Citizen,
    edges: Vec<Gc<Liar>>,
    lie: Lie,
    others: Others,
    calls: AtomicU32,
}

impl Trace for Liar {
    fn trace(&self, tracer: &mut Tracer<'_>) {
        let call = self.calls.fetch_add(1, Ordering::Relaxed) as usize;
        match self.lie {
            Lie::Forgets => self.edges.iter().step_by(2).for_each(|e| e.trace(tracer)),
            Lie::Repeats => (0..3).for_each(|_| self.edges.trace(tracer)),
            Lie::Invents => {
                self.edges.trace(tracer);
                self.others.lock().expect("no panic in here").trace(tracer);
            }
            Lie::Changes => {
                let from = call % (self.edges.len() + 1);
                self.edges[from..].iter().for_each(|e| e.trace(tracer));
                if call.is_multiple_of(3) {
                    self.others.lock().expect("no panic in here").trace(tracer);
                }
            }
        }
    }
}

/// Plays with liars; answers how many accesses found their object gone.
fn play_with_liars(lie: Lie, seed: u64) -> usize {
    let mut random = Random(seed);
    let (census, others) = (Census::default(), Others::default());
    let mut heap = if seed.is_multiple_of(3) {
        Heap::chaos(seed)
    } else {
        Heap::new()
    };
    let mut held: Vec<Gc<Liar>> = Vec::new();
    let mut gone = 0;
    for _ in 0..150 {
        let pick = |random: &mut Random| (!held.is_empty()).then(|| random.below(held.len()));
        match random.below(16) {
            0..5 => {
                let liar = Liar {
                    citizen: census.born(),
                    edges: Vec::new(),
                    lie,
                    others: others.clone(),
                    calls: AtomicU32::new(0),
                };
                held.push(heap.alloc(liar));
            }
            5..9 => {
                if let (Some(a), Some(b)) = (pick(&mut random), pick(&mut random)) {
                    let b = held[b].clone();
                    match heap.try_get_mut(&held[a]) {
                        Ok(liar) => liar.edges.push(b),
                        Err(error) => {
                            assert_eq!(error, HandleError::Reclaimed);
                            gone += 1;
                        }
                    }
                }
            }
            9 => {
                if let Some(a) = pick(&mut random) {
                    let mut others = others.lock().expect("no panic in here");
                    others.truncate(3);
                    others.push(held[a].clone());
                }
            }
            10..12 => {
                if let Some(a) = pick(&mut random) {
                    held.swap_remove(a);
                }
            }
            12..15 => {
                heap.step(Budget::units(random.below(12) as u64));
            }
            _ => {
                heap.collect_generation(Generation::ALL[random.below(3)]);
            }
        }
        heap.verify();
        for handle in &held {
            match heap.try_get(handle) {
                Ok(liar) => assert!(liar.citizen.number < 150),
                Err(error) => assert_eq!(error, HandleError::Reclaimed),
            }
        }
    }
    let before = census.alive();
    others.lock().expect("no panic in here").clear();
    held.clear();
    heap.collect();
    heap.collect();
    heap.verify();
    if lie == Lie::Repeats || lie == Lie::Forgets {
        assert!(census.alive() <= before);
    }
    drop(heap);
    assert_eq!(
        census.alive(),
        0,
        "{lie:?}, seed {seed}: everything ends with the heap"
    );
    gone
}

#[test]
fn a_trace_that_forgets_leaks_and_frees_nothing_that_is_held() {
    for seed in 0..60 {
        assert_eq!(play_with_liars(Lie::Forgets, seed), 0, "seed {seed}");
    }
    // The leak itself: a ring behind a handle that is not shown.
    let (census, others) = (Census::default(), Others::default());
    let mut heap = Heap::new();
    let new = |heap: &mut Heap| {
        heap.alloc(Liar {
            citizen: census.born(),
            edges: Vec::new(),
            lie: Lie::Forgets,
            others: others.clone(),
            calls: AtomicU32::new(0),
        })
    };
    let (a, b) = (new(&mut heap), new(&mut heap));
    heap[&a].edges = vec![b.clone(), a.clone()];
    heap[&b].edges = vec![b.clone(), b.clone()];
    drop((a, b));
    assert_eq!(heap.collect().collected, 0);
    assert_eq!(census.alive(), 2);
    drop(heap);
    assert_eq!(census.alive(), 0);
}

#[test]
fn a_trace_that_repeats_ends_in_an_error_at_the_next_access() {
    let gone: usize = (0..60)
        .map(|seed| play_with_liars(Lie::Repeats, seed))
        .sum();
    assert!(
        gone > 0,
        "some held object was freed, or this tests nothing"
    );
}

#[test]
fn a_trace_that_invents_ends_in_an_error_at_the_next_access() {
    let gone: usize = (0..60)
        .map(|seed| play_with_liars(Lie::Invents, seed))
        .sum();
    assert!(
        gone > 0,
        "some held object was freed, or this tests nothing"
    );
}

#[test]
fn a_trace_that_changes_between_calls_does_not_break_the_heap() {
    for seed in 0..60 {
        play_with_liars(Lie::Changes, seed);
    }
}

// --- the wrong heap ----------------------------------------------------------------------------------------------------

#[derive(Trace)]
struct Node {
    name: u32,
    next: Option<Gc<Node>>,
}

fn node(heap: &mut Heap, name: u32) -> Gc<Node> {
    heap.alloc(Node { name, next: None })
}

#[test]
fn a_handle_of_another_heap_opens_nothing() {
    let (mut home, mut other) = (Heap::new(), Heap::new());
    // Of the same place in their heaps.
    let (at_home, abroad) = (node(&mut home, 1), node(&mut other, 2));
    let weak = at_home.downgrade();
    assert_eq!(
        other.try_get(&at_home).err(),
        Some(HandleError::ForeignHeap)
    );
    assert_eq!(
        other.try_get_mut(&at_home).err(),
        Some(HandleError::ForeignHeap)
    );
    assert!(other.get_weak(weak).is_none());
    assert!(other.get_weak_mut(weak).is_none());
    assert!(other.upgrade(weak).is_none());
    let mut refused = 0;
    let mut refuses = |call: &mut dyn FnMut(&mut Heap)| {
        let error = catch_unwind(AssertUnwindSafe(|| call(&mut other))).expect_err("refused");
        let text = error.downcast::<String>().expect("a message");
        assert!(text.contains("another heap"), "{text}");
        refused += 1;
    };
    refuses(&mut |heap| _ = heap.get(&at_home).name);
    refuses(&mut |heap| heap.get_mut(&at_home).name = 7);
    refuses(&mut |heap| _ = heap[&at_home].name);
    refuses(&mut |heap| heap.get_disjoint_mut([&abroad, &at_home])[1].name = 7);
    refuses(&mut |heap| heap.set_external_bytes(&at_home, 100));
    refuses(&mut |heap| _ = heap.referents(&at_home));
    refuses(&mut |heap| _ = heap.referrers(&at_home));
    refuses(&mut |heap| _ = heap.is_tracked(&at_home));
    refuses(&mut |heap| _ = heap.is_finalized(&at_home));
    refuses(&mut |heap| _ = heap.generation(&at_home));
    assert_eq!(refused, 10);
    other.verify();
    assert_eq!((home[&at_home].name, other[&abroad].name), (1, 2));
    assert_eq!(other.bytes(), home.bytes());
}

/// An object may hold a handle of another heap: it counts there as held from outside, and is no edge here.
#[test]
fn a_handle_of_another_heap_in_an_object_keeps_its_object_and_is_no_edge() {
    let (mut home, mut other) = (Heap::new(), Heap::new());
    let far = node(&mut other, 9);
    other[&far].next = Some(far.clone());
    let near = node(&mut home, 1);
    home[&near].next = Some(far.clone());
    assert_eq!(home.referents(&near), []);
    assert_eq!(home.referrers(&near), []);
    drop(far);
    for _ in 0..3 {
        assert_eq!(home.collect().collected + other.collect().collected, 0);
    }
    home.verify_trace();
    other.verify_trace();
    drop(near);
    home.reclaim();
    assert_eq!(other.collect().collected, 1);
    assert!(home.is_empty() && other.is_empty());
    // And the other way round: the heap that the handle opens ends first.
    let far = node(&mut other, 9);
    let near = node(&mut home, 1);
    home[&near].next = Some(far);
    drop(other);
    home.collect();
    assert_eq!(home[&near].name, 1);
    home.verify();
}

// --- handles that are forgotten ----------------------------------------------------------------------------------------

#[test]
fn an_object_whose_handle_was_forgotten_ends_with_its_heap() {
    struct Holder(#[allow(dead_code)] Citizen, Option<Gc<Holder>>);
    impl Trace for Holder {
        fn trace(&self, tracer: &mut Tracer<'_>) {
            self.1.trace(tracer);
        }
    }
    let census = Census::default();
    let mut heap = Heap::new();
    let held = heap.alloc(Holder(census.born(), None));
    let in_cycle = heap.alloc(Holder(census.born(), None));
    heap[&in_cycle].1 = Some(in_cycle.clone());
    // `mem::forget` would do the same, and leak the page of this test.
    let forgotten = [ManuallyDrop::new(held), ManuallyDrop::new(in_cycle)];
    while !heap.step(Budget::units(1)).finished {}
    assert_eq!((heap.collect().collected, census.alive()), (0, 2));
    drop(heap);
    assert_eq!(census.alive(), 0);
    forgotten
        .into_iter()
        .for_each(|gc| drop(ManuallyDrop::into_inner(gc)));
}

// --- unwinding ---------------------------------------------------------------------------------------------------------

/// A game whose clean-up runs while a panic of its own unwinds.
#[test]
fn a_heap_works_while_the_game_unwinds() {
    struct CleanUp<'a>(&'a mut Heap, Gc<Node>, &'a AtomicUsize);
    impl Drop for CleanUp<'_> {
        fn drop(&mut self) {
            assert!(std::thread::panicking());
            let ring = node(self.0, 5);
            self.0[&ring].next = Some(ring.clone());
            drop(ring);
            self.0.step(Budget::units(3));
            self.2.store(self.0.collect().collected, Ordering::Relaxed);
            assert_eq!(self.0[&self.1].name, 1);
            self.0.verify();
        }
    }
    let mut heap = Heap::new();
    let kept = node(&mut heap, 1);
    let collected = AtomicUsize::new(0);
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _clean_up = CleanUp(&mut heap, kept.clone(), &collected);
        panic!("the game's own");
    }));
    assert!(result.is_err());
    assert_eq!(collected.load(Ordering::Relaxed), 1);
    assert_eq!(heap.len(), 1);
    heap.verify();
}

// --- types of every shape ----------------------------------------------------------------------------------------------

/// `N` bytes at an alignment that is a type's own, in a ring with itself.
macro_rules! shape {
    ($name:ident, $align:literal, $size:expr) => {
        #[repr(align($align))]
        struct $name {
            me: Option<Gc<$name>>,
            citizen: Citizen,
            filling: [u8; $size],
        }
        impl Trace for $name {
            fn trace(&self, tracer: &mut Tracer<'_>) {
                self.me.trace(tracer);
            }
        }
        impl $name {
            fn check(heap: &mut Heap, census: &Census, collect: fn(&mut Heap)) {
                let all: Vec<_> = (0..9)
                    .map(|i| {
                        heap.alloc($name {
                            me: None,
                            citizen: census.born(),
                            filling: [i; $size],
                        })
                    })
                    .collect();
                for gc in &all {
                    heap[gc].me = Some(gc.clone());
                }
                collect(heap);
                for (i, gc) in all.iter().enumerate() {
                    let object = &heap[gc];
                    assert_eq!(std::ptr::from_ref(object).addr() % $align, 0);
                    assert!(object.filling.iter().all(|&b| usize::from(b) == i));
                    assert!(object.citizen.number < usize::MAX);
                }
                heap.verify();
                let half = all.into_iter().step_by(2).collect::<Vec<_>>();
                collect(heap);
                assert_eq!(heap.len(), 5, "{}", stringify!($name));
                drop(half);
                collect(heap);
                assert_eq!(
                    (heap.len(), census.alive()),
                    (0, 0),
                    "{}",
                    stringify!($name)
                );
                heap.verify();
                heap.trim();
                assert_eq!(heap.page_bytes(), 0);
            }
        }
    };
}

shape!(Empty, 8, 0);
shape!(Odd, 8, 61);
shape!(Line, 64, 64);
shape!(HalfPage, 2048, 100);
shape!(Page, 4096, 10);
shape!(ArenaPage, 65536, 1);
shape!(Huge, 16, 300_000);
shape!(HugeAndAligned, 8192, 100_000);

#[test]
fn objects_of_any_size_and_alignment_are_collected() {
    let ways: [fn(&mut Heap); 2] = [
        |heap| _ = heap.collect(),
        |heap| {
            heap.reclaim();
            while !heap.step(Budget::units(1)).finished {}
        },
    ];
    let checks = [
        Empty::check,
        Odd::check,
        Line::check,
        HalfPage::check,
        Page::check,
        ArenaPage::check,
        Huge::check,
        HugeAndAligned::check,
    ];
    for way in ways {
        let census = Census::default();
        let mut heap = Heap::new();
        for check in checks {
            check(&mut heap, &census, way);
        }
        let mut heap = Heap::chaos(11);
        for check in checks {
            check(&mut heap, &census, way);
        }
    }
}

#[test]
fn objects_without_size_are_dropped_once_each() {
    static DROPS: AtomicUsize = AtomicUsize::new(0);
    struct Nothing;
    impl Drop for Nothing {
        fn drop(&mut self) {
            DROPS.fetch_add(1, Ordering::Relaxed);
        }
    }
    impl Trace for Nothing {
        fn trace(&self, _: &mut Tracer<'_>) {}
    }
    let mut heap = Heap::new();
    let all: Vec<_> = (0..10_000).map(|_| heap.alloc(Nothing)).collect();
    assert!(all.windows(2).all(|two| two[0] != two[1]));
    drop(all);
    heap.reclaim();
    assert_eq!((heap.len(), DROPS.load(Ordering::Relaxed)), (0, 10_000));
}
