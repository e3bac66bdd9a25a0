//! Where a heap's memory comes from, and what is counted of it: `Storage`, the allocator of its containers.

use allocator_api2::alloc::{AllocError, Allocator, Global, Layout};
use allocator_api2::vec::Vec as StoredVec;
use gc_core::{
    AllocErrorKind, Budget, Gc, Heap, HeapAllocator, HeapConfig, HeapError, Limits, Pacing, Policy,
    Storage, Trace, Tracer, Warning,
};
use std::collections::HashMap;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// An object with a list in the heap's storage, and perhaps itself in a cycle.
struct Listed {
    me: Option<Gc<Listed>>,
    list: StoredVec<u64, Storage>,
}

impl Trace for Listed {
    fn trace(&self, tracer: &mut Tracer<'_>) {
        self.me.trace(tracer);
        self.list.iter().for_each(|number| number.trace(tracer));
    }
}

fn list(heap: &Heap, length: usize) -> StoredVec<u64, Storage> {
    let mut list = StoredVec::with_capacity_in(length, heap.storage());
    list.resize(length, 1);
    list
}

/// A cycle of one, left behind with `length` numbers.
fn leave(heap: &mut Heap, length: usize) {
    let list = list(heap, length);
    let object = heap.alloc(Listed { me: None, list });
    heap[&object].me = Some(object.clone());
}

#[test]
fn storage_counts_in_the_heaps_bytes_and_peak_until_it_is_given_back() {
    let mut heap = Heap::new();
    assert_eq!((heap.bytes(), heap.storage_bytes()), (0, 0));
    let mut list = StoredVec::<u64, Storage>::new_in(heap.storage());
    for number in 0..1000 {
        list.push(number);
        assert_eq!(heap.storage_bytes(), list.capacity() * 8);
    }
    list.truncate(10);
    list.shrink_to_fit();
    assert_eq!(heap.storage_bytes(), 80);
    assert!(heap.peak_bytes() >= 8000, "the peak was between two calls");
    heap.reset_peak();
    assert_eq!(heap.peak_bytes(), 80);

    let object = heap.alloc(Listed { me: None, list });
    let slot = heap.bytes() - 80;
    assert!(slot >= size_of::<Listed>());
    drop(object);
    heap.reclaim();
    assert_eq!((heap.bytes(), heap.storage_bytes()), (0, 0));
    #[cfg(feature = "verify")]
    heap.verify();
}

#[test]
fn storage_outlives_its_heap_on_any_thread() {
    let mut heap = Heap::new();
    let mut kept = list(&heap, 100);
    let handle = heap.alloc(Listed {
        me: None,
        list: list(&heap, 3),
    });
    let storage = Storage::from(&heap);
    drop(heap);
    let other = std::thread::spawn(move || {
        kept.push(2);
        let mut more = StoredVec::new_in(storage.clone());
        drop(storage);
        more.extend_from_slice(&kept);
        drop(kept);
        more.len()
    });
    drop(handle);
    assert_eq!(other.join().unwrap(), 101);
}

#[test]
fn many_threads_grow_and_shrink_storage_of_one_heap() {
    let heap = Heap::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let storage = heap.storage();
            scope.spawn(move || {
                for round in 0..200usize {
                    let mut list = StoredVec::new_in(storage.clone());
                    list.extend(0..round);
                }
            });
        }
    });
    assert_eq!(heap.bytes(), 0);
}

#[test]
fn the_default_storage_is_of_no_heap() {
    let heap = Heap::new();
    let mut list = StoredVec::<u8, Storage>::new_in(Storage::default());
    list.extend_from_slice(b"not counted");
    assert_eq!(heap.bytes(), 0);
    assert!(!list.allocator().is_bound());
    assert!(heap.storage().is_bound());
    assert!(heap.storage().is_same(&heap.storage()));
    assert!(!heap.storage().is_same(list.allocator()));
    assert!(!heap.storage().is_same(&Heap::new().storage()));
    assert_eq!(format!("{:?}", list.allocator()), "Storage(global)");
    assert!(format!("{:?}", heap.storage()).starts_with("Storage(heap "));
}

#[test]
fn storage_refuses_what_would_exceed_the_hard_limit_and_nothing_else() {
    let mut heap = Heap::with_config(HeapConfig {
        limits: Limits {
            hard: 10_000,
            ..Limits::default()
        },
        ..HeapConfig::default()
    });
    let mut list = StoredVec::<u64, Storage>::new_in(heap.storage());
    list.try_reserve_exact(1000).unwrap();
    list.extend(0..1000);
    assert!(list.try_reserve_exact(1251).is_err());
    assert_eq!(list.len(), 1000, "what was there stays");
    assert_eq!(heap.bytes(), 8000);
    list.try_reserve_exact(250).unwrap();
    assert_eq!(heap.bytes(), 10_000);
    // Objects and external bytes are in the same account.
    assert!(heap.try_alloc(1u64).is_err());
    list.truncate(0);
    list.shrink_to_fit();
    let handle = heap.try_alloc(1u64).unwrap();
    heap.set_external_bytes(&handle, 9900);
    assert!(list.try_reserve_exact(100).is_err());
    heap.set_external_bytes(&handle, 0);
    list.try_reserve_exact(1000).unwrap();
}

#[test]
fn sizes_that_no_allocator_has_are_errors() {
    let heap = Heap::new();
    let storage = heap.storage();
    let size = isize::MAX as usize & !7;
    let layout = Layout::from_size_align(size, 8).unwrap();
    assert!(storage.allocate(layout).is_err());
    let mut list = StoredVec::<u64, _>::new_in(storage);
    assert!(list.try_reserve_exact(usize::MAX / 8).is_err());
    assert!(list.try_reserve_exact(size / 8).is_err());
    assert_eq!(heap.bytes(), 0, "what was refused is not counted");
}

#[test]
fn make_room_collects_the_storage_of_dead_cycles_at_the_hard_limit() {
    let mut heap = Heap::with_config(HeapConfig {
        policy: Policy::Disabled,
        limits: Limits {
            hard: 100_000,
            ..Limits::default()
        },
        ..HeapConfig::default()
    });
    for _ in 0..9 {
        leave(&mut heap, 1250);
    }
    let mut list = StoredVec::<u64, Storage>::new_in(heap.storage());
    assert!(list.try_reserve_exact(2000).is_err());
    heap.make_room(16_000).unwrap();
    list.try_reserve_exact(2000).unwrap();
    assert_eq!(heap.len(), 0);
    assert!(heap.make_room(100_000).is_err());
}

#[test]
fn a_step_above_the_soft_limit_by_storage_alone_collects() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let mut heap = Heap::with_config(HeapConfig {
        policy: Policy::Disabled,
        limits: Limits {
            soft: 100_000,
            ..Limits::default()
        },
        ..HeapConfig::default()
    });
    let log = told.clone();
    heap.on_warning(move |warning| log.lock().unwrap().push(*warning));
    leave(&mut heap, 1);
    heap.begin_round();
    heap.step(Budget::UNLIMITED);
    assert_eq!(heap.len(), 1, "a round, and below every limit");
    let _list = list(&heap, 20_000);
    heap.step(Budget::UNLIMITED);
    assert_eq!(heap.len(), 0);
    let told = told.lock().unwrap();
    assert!(matches!(told[0], Warning::Memory { percent: 50, .. }));
    assert!(told.contains(&Warning::SoftLimit {
        used: heap.bytes() + size_of::<usize>() + size_of::<Listed>() + 8,
        limit: 100_000
    }));
    assert_eq!(heap.end_round().unwrap().soft_limit, 1);
}

/// What containers hold is part of what the goal bounds: without it a major collection would come for the age only.
#[test]
fn growth_of_storage_is_debt_for_the_pacer() {
    let mut heap = Heap::with_config(HeapConfig {
        policy: Policy::Budgeted(Budget::UNLIMITED),
        pacing: Pacing {
            max_age: 100_000,
            slack_bytes: 1 << 20,
            ..Pacing::default()
        },
        ..HeapConfig::default()
    });
    let mut peak = 0;
    for _ in 0..200 {
        leave(&mut heap, 12_500); // 100 kB a frame
        heap.step(Budget::UNLIMITED);
        peak = peak.max(heap.bytes());
    }
    assert!(
        peak < 3 << 20,
        "20 MB passed through, and {peak} bytes stayed"
    );
}

/// Three young objects: too few for the threshold, but what they hold is due.
#[test]
fn growth_of_storage_makes_a_young_collection_due() {
    let mut heap = Heap::with_config(HeapConfig {
        policy: Policy::Budgeted(Budget::UNLIMITED),
        pacing: Pacing {
            max_age: 100_000,
            slack_bytes: 1 << 30,
            young_bytes: 256 << 10,
            ..Pacing::default()
        },
        ..HeapConfig::default()
    });
    for objects in 1..=3 {
        leave(&mut heap, 12_500); // 100 kB
        heap.step(Budget::UNLIMITED);
        let due = u64::from(objects == 3);
        assert_eq!(heap.stats()[0].collections, due, "{objects} objects");
    }
    assert_eq!((heap.len(), heap.storage_bytes()), (0, 0));
    assert_eq!(heap.stats()[2].collections, 0);
}

// --- a heap on an allocator of the game's ---------------------------------------------------------------------------

/// Passes on to the global allocator and keeps the books: every block goes back once, with the layout it came with.
#[derive(Clone, Default)]
struct Books(Arc<Mutex<Entries>>);

#[derive(Default)]
struct Entries {
    blocks: HashMap<usize, Layout>,
    pages_returned: usize,
    closed: bool,
}

impl Books {
    fn blocks(&self) -> usize {
        self.0.lock().unwrap().blocks.len()
    }
    fn bytes(&self) -> usize {
        let entries = self.0.lock().unwrap();
        entries.blocks.values().map(|layout| layout.size()).sum()
    }
}

// SAFETY: passes everything on to the global allocator.
unsafe impl Allocator for Books {
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        let mut entries = self.0.lock().unwrap();
        if entries.closed {
            return Err(AllocError);
        }
        let block = Global.allocate(layout)?;
        entries
            .blocks
            .insert(block.cast::<u8>().as_ptr() as usize, layout);
        Ok(block)
    }

    // SAFETY: the duties are those of `Allocator`, and are passed on.
    unsafe fn deallocate(&self, memory: NonNull<u8>, layout: Layout) {
        let mut entries = self.0.lock().unwrap();
        let known = entries.blocks.remove(&(memory.as_ptr() as usize));
        assert_eq!(known, Some(layout), "a block that is not there");
        entries.pages_returned += usize::from(layout.align() >= 4096);
        // SAFETY: it was allocated there, with this layout.
        unsafe { Global.deallocate(memory, layout) }
    }
}

fn heap_on(allocator: HeapAllocator) -> Heap {
    Heap::with_config(HeapConfig {
        allocator,
        policy: Policy::Disabled,
        ..HeapConfig::default()
    })
}

/// Dropped, and tells.
struct Bell(Arc<AtomicUsize>, Option<Gc<Bell>>);

impl Trace for Bell {
    fn trace(&self, tracer: &mut Tracer<'_>) {
        self.1.trace(tracer);
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Objects of several types, lists, external bytes, weak handles that die: all that a heap keeps tables for.
fn play(heap: &mut Heap, rung: &Arc<AtomicUsize>) -> Vec<Gc<u64>> {
    let mut kept = Vec::new();
    for number in 0..3000u64 {
        leave(heap, 10);
        let bell = heap.alloc(Bell(rung.clone(), None));
        heap[&bell].1 = Some(bell.clone());
        let _ = bell.downgrade();
        heap.set_external_bytes(&bell, 1);
        let leaf = heap.alloc(number);
        if number % 7 == 0 {
            kept.push(leaf);
        }
    }
    kept
}

#[test]
fn a_heap_takes_all_its_memory_from_its_allocator_and_gives_all_of_it_back() {
    let books = Books::default();
    let rung = Arc::default();
    let mut heap = heap_on(HeapAllocator::new(books.clone()));
    assert!(books.blocks() > 0, "the shared part is there too");
    let kept = play(&mut heap, &rung);
    let containers = heap.storage_bytes();
    assert!(books.bytes() >= heap.page_bytes() + containers);
    heap.collect();
    assert!(heap.trim() > 0);
    #[cfg(feature = "verify")]
    heap.verify();
    assert_eq!(heap.storage_bytes(), 0);
    assert_eq!(heap.len(), kept.len());
    assert_eq!(rung.load(Ordering::Relaxed), 3000);
    drop(heap);
    assert!(books.blocks() > 0, "the pages of the kept handles");
    std::thread::spawn(move || drop(kept)).join().unwrap();
    assert_eq!(books.blocks(), 0);
}

#[test]
fn a_heap_behaves_the_same_on_any_allocator() {
    let mut global = heap_on(HeapAllocator::global());
    let mut custom = heap_on(HeapAllocator::new(Books::default()));
    let rung = Arc::default();
    for heap in [&mut global, &mut custom] {
        drop(play(heap, &rung));
        heap.step(Budget::units(1000));
    }
    assert_eq!(global.state_hash(), custom.state_hash());
    let (one, other) = (global.drain_reclaimed(), custom.drain_reclaimed());
    assert!(one.eq(other));
}

#[test]
fn an_allocator_is_what_it_was_made_of() {
    let one = HeapAllocator::new(Books::default());
    assert_eq!(one, one.clone());
    assert_ne!(one, HeapAllocator::new(Books::default()));
    assert_ne!(one, HeapAllocator::global());
    assert_eq!(HeapAllocator::default(), HeapAllocator::global());
    assert_eq!(format!("{one:?}"), "HeapAllocator(custom)");
    assert!(HeapConfig::default().allocator == HeapAllocator::global());
}

#[test]
fn no_memory_for_a_heap_is_an_error() {
    let books = Books::default();
    books.0.lock().unwrap().closed = true;
    let config = HeapConfig {
        allocator: HeapAllocator::new(books.clone()),
        ..HeapConfig::default()
    };
    let error = Heap::try_with_config(config.clone()).err();
    assert_eq!(error, Some(HeapError::OutOfMemory));
    books.0.lock().unwrap().closed = false;
    drop(Heap::try_with_config(config).unwrap());
    assert_eq!(books.blocks(), 0);
    assert!(Heap::try_new().is_ok());
}

/// Pages of an allocator that gives everything back at once are not given back one by one: neither by `trim` nor by the
/// end of the heap, with or without handles left.
#[test]
fn pages_of_a_whole_allocator_are_never_given_back_one_by_one() {
    let books = Books::default();
    let rung = Arc::default();
    for keep in [true, false] {
        let mut heap = heap_on(HeapAllocator::whole(books.clone()));
        let mut kept = play(&mut heap, &rung);
        if !keep {
            kept.clear();
        }
        heap.collect();
        assert_eq!(heap.trim(), 0);
        kept.extend(play(&mut heap, &rung));
        drop(heap);
        drop(kept);
        assert_eq!(books.0.lock().unwrap().pages_returned, 0);
    }
    assert_eq!(rung.load(Ordering::Relaxed), 4 * 3000);
    // These books own nothing: what the heaps left is given back here.
    let mut entries = books.0.lock().unwrap();
    for (address, layout) in entries.blocks.drain() {
        let memory = NonNull::new(address as *mut u8).unwrap();
        // SAFETY: it came from there, and the heap and all its handles are gone.
        unsafe { Global.deallocate(memory, layout) };
    }
}

#[cfg(feature = "bumpalo")]
mod bump {
    use super::*;
    use gc_core::BumpAllocator;

    #[test]
    fn rounds_in_a_bump_use_the_same_memory_again() {
        let mut level = BumpAllocator::new();
        let rung = Arc::default();
        let mut sizes = Vec::new();
        for round in 1..=5 {
            let mut heap = heap_on(level.clone().into());
            drop(play(&mut heap, &rung));
            heap.collect();
            drop(play(&mut heap, &rung));
            drop(heap);
            assert_eq!(rung.load(Ordering::Relaxed), round * 6000);
            sizes.push(level.allocated_bytes());
            assert!(level.reset());
        }
        assert_eq!(sizes[3], sizes[4], "{sizes:?}");
        assert_eq!(level.allocated_bytes(), sizes[4], "the chunk is kept");
    }

    #[test]
    fn a_bump_lives_until_the_last_heap_container_and_handle() {
        let mut level = BumpAllocator::new();
        let mut heap = heap_on(level.clone().into());
        let rung = Arc::default();
        let kept = play(&mut heap, &rung);
        let list = list(&heap, 1000);
        assert!(!level.reset());
        drop(heap);
        assert!(!level.reset());
        let counts: usize = kept.iter().map(Gc::strong_count).sum();
        assert_eq!(counts, kept.len());
        let mut more = kept.clone();
        std::thread::spawn(move || drop(kept)).join().unwrap();
        let mut level = level.try_into_bump().unwrap_err();
        more.clear();
        assert!(!level.reset(), "the container is left");
        assert_eq!(list.iter().sum::<u64>(), 1000);
        drop(list);
        assert!(level.reset());
        assert!(level.try_into_bump().is_ok());
    }

    /// Also when `Drop` and finalizers of the heap's own end allocate, and drop handles of each other.
    #[test]
    fn the_end_of_a_heap_in_a_bump_drops_what_must_be_dropped() {
        let level = BumpAllocator::with_capacity(1 << 20);
        let mut heap = heap_on(level.clone().into());
        let rung = Arc::default();
        let mut last = None;
        for _ in 0..10_000 {
            last = Some(heap.alloc(Bell(Arc::clone(&rung), last)));
        }
        let leaf = heap.alloc([1u64; 8]);
        let other = heap.alloc([2; 8]);
        let leaves = heap.alloc(vec![leaf.clone(), other]);
        drop(leaves);
        drop(heap);
        assert_eq!(rung.load(Ordering::Relaxed), 10_000);
        assert_eq!(Gc::strong_count(&leaf), 1);
        drop(last);
        drop(leaf);
        assert!(level.try_into_bump().is_ok());
    }

    #[test]
    fn a_bump_with_a_limit_makes_a_heap_that_runs_out_of_memory() {
        let bump = bumpalo::Bump::new();
        bump.set_allocation_limit(Some(1 << 20));
        let mut level = BumpAllocator::from(bump);
        let mut heap = heap_on(level.clone().into());
        let mut objects = Vec::new();
        let error = loop {
            match heap.try_alloc([0u64; 16]) {
                Ok(object) => objects.push(object),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind, AllocErrorKind::OutOfMemory);
        assert!(objects.len() > 1000);
        drop((objects, heap));
        assert!(level.reset());
    }
}
