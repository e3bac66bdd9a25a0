//! A program that uses the whole heap, through `try_` calls only, while an allocator fails at a chosen call.
#![allow(dead_code, reason = "each test binary uses its part")]

use allocator_api2::alloc::{AllocError, Allocator, Global, Layout};
use gc_core::containers::{GcDeque, GcMap, GcSet, GcString, GcVec};
use gc_core::{
    Budget, Finalize, FinalizerPolicy, Gc, Generation, Heap, HeapConfig, HeapError, Limits, Policy,
    Thresholds, Trace, Weak,
};
use std::cell::Cell;
use std::ptr::NonNull;

/// Which calls of the allocator fail.
#[derive(Clone, Copy, Debug)]
pub enum Fails {
    Never,
    /// This one.
    Once(u64),
    /// This one and all later ones.
    From(u64),
}

thread_local! {
    static FAILS: Cell<Option<Fails>> = const { Cell::new(None) };
    static CALLS: Cell<u64> = const { Cell::new(0) };
    /// Values made and not dropped.
    static ALIVE: Cell<i64> = const { Cell::new(0) };
}

/// From here on these fail; `None` ends it.
pub fn set_fails(fails: Option<Fails>) {
    CALLS.set(0);
    FAILS.set(fails);
}

/// Does this call fail? Asked by the allocator under test.
pub fn fails() -> bool {
    let Some(fails) = FAILS.get() else {
        return false;
    };
    let call = CALLS.get();
    CALLS.set(call + 1);
    match fails {
        Fails::Never => false,
        Fails::Once(at) => call == at,
        Fails::From(at) => call >= at,
    }
}

/// Passes on to the global allocator what does not fail.
pub struct Faulty;

// SAFETY: passes everything on to the global allocator.
unsafe impl Allocator for Faulty {
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        if fails() {
            return Err(AllocError);
        }
        Global.allocate(layout)
    }

    // SAFETY: the duties are those of `Allocator`, and are passed on.
    unsafe fn deallocate(&self, memory: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller's duty.
        unsafe { Global.deallocate(memory, layout) }
    }
}

/// A value that is counted: lost or dropped twice shows.
pub struct Counted(u32);

impl Counted {
    fn new(value: u32) -> Self {
        ALIVE.set(ALIVE.get() + 1);
        Counted(value)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        ALIVE.set(ALIVE.get() - 1);
    }
}

#[derive(Trace)]
pub struct Node {
    #[trace(skip)]
    counted: Counted,
    next: Option<Gc<Node>>,
    list: GcVec<Gc<Node>>,
    names: GcMap<u32, Gc<Node>>,
    me: Weak<Node>,
}

#[derive(Trace)]
#[trace(finalize)]
pub struct Ghost {
    #[trace(skip)]
    counted: Counted,
    me: Option<Gc<Ghost>>,
    risen: bool,
}

impl Finalize for Ghost {
    fn finalize(this: &Gc<Self>, heap: &mut Heap) {
        // A finalizer that allocates, and brings every other ghost back once.
        let _ = heap.try_alloc(7u64);
        let ghost = &mut heap[this];
        if ghost.counted.0.is_multiple_of(2) && !ghost.risen {
            ghost.risen = true;
        } else {
            ghost.me = None;
        }
    }
}

struct Leaf(#[allow(dead_code, reason = "counted")] Counted);

impl Trace for Leaf {
    fn trace(&self, _: &mut gc_core::Tracer<'_>) {}
    fn tracked() -> bool {
        false
    }
}

/// Too large for a page with others.
#[derive(Trace)]
struct Large {
    #[trace(skip)]
    counted: Counted,
    numbers: [u64; 10_000],
}

const KEPT: usize = 8;
/// Each of the ten things that a round may end with comes twice.
const ROUNDS: u32 = 20;

/// What the program holds on to. On the stack: the test itself must not allocate.
#[derive(Default)]
struct Kept {
    nodes: [Option<Gc<Node>>; KEPT],
    leaves: [Option<Gc<Leaf>>; KEPT],
    weak: [Weak<Node>; KEPT],
    ghosts: [Option<Gc<Ghost>>; 4],
    errors: u64,
}

impl Kept {
    /// Notes a failure, and takes the value out of it.
    fn or<T, V>(&mut self, result: Result<T, gc_core::AllocError<V>>) -> Result<T, V> {
        result.map_err(|error| {
            self.errors += 1;
            error.into_value()
        })
    }

    fn ok<T, E>(&mut self, result: Result<T, E>) -> Option<T> {
        self.errors += u64::from(result.is_err());
        result.ok()
    }
}

/// What became of a run.
#[derive(Debug, Default)]
pub struct Run {
    /// Calls of the allocator.
    pub calls: u64,
    /// `try_` calls that failed.
    pub errors: u64,
}

pub fn config(policy: Policy, finalizers: FinalizerPolicy) -> HeapConfig {
    HeapConfig {
        policy,
        finalizers,
        thresholds: Thresholds {
            young: 20,
            middle: 2,
            old: 2,
        },
        ..HeapConfig::default()
    }
}

/// Plays the program. Ends every heap that it makes, and checks that nothing is left.
pub fn run(config: HeapConfig, fails: Fails) -> Run {
    assert_eq!(ALIVE.get(), 0);
    let quarantine = config.finalizers == FinalizerPolicy::Quarantine;
    CALLS.set(0);
    FAILS.set(Some(fails));
    let made = Heap::try_with_config(config);
    let mut heap = match made {
        Ok(heap) => heap,
        Err(error) => {
            FAILS.set(None);
            assert_eq!(error, HeapError::OutOfMemory);
            return Run {
                calls: CALLS.get(),
                errors: 1,
            };
        }
    };
    let mut kept = Kept::default();
    for round in 0..ROUNDS {
        play(&mut heap, &mut kept, round);
    }
    // With the allocator still failing: what is unreachable is found, all of it.
    let errors = kept.errors;
    drop(kept);
    for _ in 0..4 {
        heap.collect();
    }
    let left = heap.len();
    let calls = CALLS.get();
    FAILS.set(None);
    if quarantine {
        // What the list had no room for stays until it has.
        heap.collect();
        for any in heap.take_garbage() {
            if let Ok(ghost) = any.downcast::<Ghost>() {
                heap[&ghost].me = None;
            }
        }
        heap.collect();
    } else {
        assert_eq!(left, 0, "{fails:?}: garbage was not found");
    }
    #[cfg(feature = "verify")]
    {
        heap.verify();
        heap.verify_trace();
    }
    let left = (heap.len(), heap.bytes());
    assert_eq!(left, (0, 0), "{fails:?}: something was lost");
    heap.trim();
    assert_eq!(heap.page_bytes(), 0);
    // The heap is as good as new.
    let node = heap.alloc(Leaf(Counted::new(1)));
    assert_eq!(heap[&node].0.0, 1);
    FAILS.set(Some(Fails::From(0)));
    CALLS.set(0);
    drop(heap);
    drop(node);
    FAILS.set(None);
    assert_eq!(CALLS.get(), 0, "the end of a heap asks for memory");
    assert_eq!(ALIVE.get(), 0, "{fails:?}: lost, or dropped twice");
    Run { calls, errors }
}

fn node(heap: &Heap, value: u32) -> Node {
    Node {
        counted: Counted::new(value),
        next: None,
        list: GcVec::new_in(heap),
        names: GcMap::new_in(heap),
        me: Weak::dead(),
    }
}

fn play(heap: &mut Heap, kept: &mut Kept, round: u32) {
    let place = round as usize % KEPT;
    // A value comes back as it went in.
    let made = heap.try_alloc(node(heap, round));
    let node_now = match kept.or(made) {
        Ok(handle) => {
            assert_eq!(heap[&handle].counted.0, round);
            Some(handle)
        }
        Err(value) => {
            assert_eq!(value.counted.0, round);
            assert!(value.list.is_empty());
            None
        }
    };
    let other = kept.nodes[(place + 3) % KEPT].clone();
    if let (Some(node), Some(other)) = (&node_now, &other) {
        // Cycles, by a field and through containers.
        heap[node].next = Some(other.clone());
        heap[other].next = Some(node.clone());
        let pushed = heap[node].list.try_push(other.clone());
        if let Err(back) = kept.or(pushed) {
            assert!(Gc::ptr_eq(&back, other));
        }
        let inserted = heap[other].names.try_insert(round, node.clone());
        if let Err((key, back)) = kept.or(inserted) {
            assert!(key == round && Gc::ptr_eq(&back, node));
        }
        for value in 0..6 {
            let pushed = heap[node].list.try_push(node.clone());
            let _ = kept.or(pushed);
            let inserted = heap[node].names.try_insert(100 + value, other.clone());
            let _ = kept.or(inserted);
        }
        let noted = heap.try_set_external_bytes(node, 100 + place);
        let _ = kept.or(noted);
    }
    if let Some(weak) = node_now.as_ref().map(Gc::downgrade) {
        kept.weak[place] = weak;
        assert!(heap.upgrade(weak).is_some());
    }
    kept.nodes[place] = node_now;

    let value = Counted::new(round);
    let (base, storage) = (heap.storage(), heap.storage());
    let made = heap.try_alloc_cyclic(move |me| Node {
        counted: value,
        next: None,
        list: GcVec::new_in(base),
        names: GcMap::new_in(storage),
        me,
    });
    match kept.or(made) {
        Ok(node) => assert!(heap.get_weak(heap[&node].me).is_some()),
        Err(make) => assert_eq!(make(Weak::dead()).counted.0, round),
    }

    for value in 0..12 {
        let made = heap.try_alloc(Leaf(Counted::new(value)));
        kept.leaves[value as usize % KEPT] = match kept.or(made) {
            Ok(leaf) => Some(leaf),
            Err(leaf) => {
                assert_eq!(leaf.0.0, value);
                None
            }
        };
    }
    let large = Large {
        counted: Counted::new(round),
        numbers: [u64::from(round); 10_000],
    };
    let large = heap.try_alloc(large);
    let _ = kept.or(large);

    let made = heap.try_alloc(Ghost {
        counted: Counted::new(round),
        me: None,
        risen: false,
    });
    if let Ok(ghost) = kept.or(made) {
        heap[&ghost].me = Some(ghost.clone());
        kept.ghosts[place % 4] = Some(ghost);
    }
    containers(heap, kept, round);
    from_iterators(heap, kept);
    context(heap, kept, round);

    match round % 10 {
        0 => {
            heap.step(Budget::units(40));
        }
        1 => {
            heap.collect_generation(Generation::Young);
        }
        2 => heap.begin_round(),
        3 => {
            heap.end_round();
            while !heap.step(Budget::units(100)).finished {}
        }
        4 => heap.freeze(),
        5 => heap.unfreeze(),
        6 => {
            heap.set_limits(Limits {
                soft: heap.bytes() / 2,
                hard: heap.bytes() + 2000,
            });
            let room = heap.make_room(1_000_000);
            assert!(room.is_err());
        }
        7 => heap.set_limits(Limits::default()),
        8 => {
            kept.nodes[3] = None;
            kept.ghosts = [const { None }; 4];
            heap.collect();
            heap.trim();
        }
        _ => drop(heap.drain_reclaimed().count()),
    }
}

fn containers(heap: &mut Heap, kept: &mut Kept, round: u32) {
    let mut deque = GcDeque::new_in(&*heap);
    let mut set = GcSet::new_in(&*heap);
    let mut text = GcString::new_in(&*heap);
    for value in 0..10u32 {
        if let Err(back) = kept.or(deque.try_push_back(Counted::new(value))) {
            assert_eq!(back.0, value);
        }
        let _ = kept.or(set.try_insert(value));
        kept.ok(text.try_push_str("abc"));
    }
    kept.ok(set.try_clone());
    assert_eq!(text.len() % 3, 0);
    kept.ok(text.try_clone());
    if let Err(back) = kept.or(text.try_insert(0, 'é')) {
        assert_eq!(back, 'é');
    }
    for value in 5..15 {
        if let Err(back) = kept.or(set.try_replace(value)) {
            assert_eq!(back, value);
        }
    }
    if let Ok(mut more) = kept.or(GcSet::try_from_iter_in([20, 21], &*heap)) {
        let len = set.len();
        match kept.ok(set.try_append(&mut more)) {
            Some(()) => assert!(more.is_empty() && set.len() == len + 2),
            None => assert!(more.len() == 2 && set.len() == len),
        }
    }
    let mut map = GcMap::new_in(&*heap);
    for key in 0..10u32 {
        let made = map.entry(key).try_or_insert_with(|| Counted::new(key));
        match kept.or(made) {
            Ok(value) => assert_eq!(value.0, key),
            Err((back, value)) => assert_eq!((back, value.0), (key, key)),
        }
    }
    let numbers = [round; 20];
    if let Some(slice) = kept.ok(heap.try_alloc_slice_from_iter(numbers)) {
        assert_eq!(heap[&slice][19], round);
    }
    if let Some(text) = kept.ok(heap.try_alloc_str("flagship")) {
        assert_eq!(&heap[&text][..], "flagship");
    }
}

/// What is made of an iterator, or changes its length: no item is lost.
fn from_iterators(heap: &mut Heap, kept: &mut Kept) {
    // Without a hint of how many there are.
    let items = || (0..40).filter(|value| value % 2 == 0).map(Counted::new);
    let count = match kept.or(GcVec::try_from_iter_in(items(), &*heap)) {
        Ok(vec) => vec.len(),
        Err((vec, rest)) => vec.len() + rest.count(),
    };
    assert_eq!(count, 20);
    let count = match kept.or(GcDeque::try_from_iter_in(items(), &*heap)) {
        Ok(deque) => deque.len(),
        Err((deque, rest)) => deque.len() + rest.count(),
    };
    assert_eq!(count, 20);
    let pairs = items().map(|value| (value.0, value));
    let count = match kept.or(GcMap::try_from_iter_in(pairs, &*heap)) {
        Ok(map) => map.len(),
        Err((map, rest)) => map.len() + rest.count(),
    };
    assert_eq!(count, 20);
    let count = match kept.or(GcSet::try_from_iter_in(0..20, &*heap)) {
        Ok(set) => set.len(),
        Err((set, rest)) => set.len() + rest.count(),
    };
    assert_eq!(count, 20);
    let mut vec = GcVec::new_in(&*heap);
    match kept.or(vec.try_resize_with(7, || Counted::new(7))) {
        Ok(()) => assert_eq!(vec.len(), 7),
        Err(mut make) => assert_eq!((vec.len(), make().0), (0, 7)),
    }
}

fn context(heap: &mut Heap, kept: &mut Kept, round: u32) {
    let Some(mut context) = kept.ok(heap.try_alloc_context()) else {
        return;
    };
    for value in 0..20 {
        let made = context.try_alloc(Leaf(Counted::new(value)));
        if let Err(leaf) = kept.or(made) {
            assert_eq!(leaf.0.0, value);
        }
        let made = context.try_alloc(node(heap, value));
        if let Ok(node) = kept.or(made) {
            heap[&node].next = Some(node.clone());
        }
    }
    match round % 3 {
        0 => heap.merge(context),
        1 => {
            heap.merge_mut(&mut context);
            drop(context);
        }
        _ => drop(context),
    }
}
