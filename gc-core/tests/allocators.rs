//! Where a heap's memory comes from, and what is counted of it: `Storage`, the allocator of its containers.

use allocator_api2::alloc::{Allocator, Layout};
use allocator_api2::vec::Vec as StoredVec;
use gc_core::{
    Budget, Gc, Heap, HeapConfig, Limits, Pacing, Policy, Storage, Trace, Tracer, Warning,
};
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

/// Without the debt, a major collection would come for the age only, hundreds of frames later.
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
