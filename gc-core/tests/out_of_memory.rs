//! Running out of memory is an error: with an allocator that fails at any one of its calls, or at all from there on,
//! every `try_` call hands its value back, the heap stays whole, and collections run to their end.

mod failing;

use failing::{Fails, Faulty, config, run, set_fails};
use gc_core::{
    AllocErrorKind, Budget, FinalizerPolicy, Heap, HeapAllocator, HeapConfig, Policy, Storage,
};

fn at_every_call(policy: Policy, finalizers: FinalizerPolicy) {
    let on_faulty = || HeapConfig {
        allocator: HeapAllocator::new(Faulty),
        ..config(policy, finalizers)
    };
    let clean = run(on_faulty(), Fails::Never);
    assert!(clean.calls > 100, "{clean:?}");
    let mut failed = 0;
    for call in 0..clean.calls {
        failed += run(on_faulty(), Fails::Once(call)).errors;
        let stopped = run(on_faulty(), Fails::From(call));
        assert!(stopped.errors > 0, "call {call} of {clean:?}");
    }
    assert!(failed > 0);
}

#[test]
fn under_automatic_collections() {
    at_every_call(Policy::Automatic, FinalizerPolicy::Run);
}

#[test]
fn under_paced_collections() {
    at_every_call(Policy::Budgeted(Budget::units(200)), FinalizerPolicy::Run);
}

#[test]
fn with_a_quarantine() {
    at_every_call(Policy::Automatic, FinalizerPolicy::Quarantine);
}

/// A page number that a context took beyond its own, and found no memory for, comes back with the context.
#[test]
fn a_context_that_found_no_page_leaves_the_heap_whole() {
    for call in 0.. {
        let mut heap = Heap::with_config(HeapConfig {
            allocator: HeapAllocator::new(Faulty),
            ..HeapConfig::default()
        });
        let mut context = heap.alloc_context();
        // Each takes a page, and a context has numbers for four.
        let kept: Vec<_> = (0..4).map(|_| context.alloc([0u64; 5000])).collect();
        set_fails(Some(Fails::Once(call)));
        let fifth = context.try_alloc([5u64; 5000]);
        set_fails(None);
        let ended = fifth.is_ok();
        heap.merge(context);
        let next = heap.try_alloc(7u32).unwrap();
        assert_eq!(heap[&next], 7);
        // The numbers go round.
        let mut other = heap.alloc_context();
        let more: Vec<_> = (0..9).map(|n| other.alloc([n; 5000])).collect();
        heap.merge(other);
        assert!((0..9).zip(&more).all(|(n, handle)| heap[handle][4999] == n));
        #[cfg(feature = "verify")]
        heap.verify();
        drop(kept);
        if ended {
            return;
        }
    }
}

/// The largest that could exist, and the first that cannot.
#[test]
fn sizes_near_the_largest_are_errors() {
    let mut heap = Heap::new();
    let mut list = gc_core::containers::GcVec::<u8>::new_in(&heap);
    for size in [isize::MAX as usize, isize::MAX as usize + 1, usize::MAX] {
        assert!(list.try_reserve(size).is_err());
        assert!(list.try_reserve_exact(size).is_err());
        let slice = heap.try_alloc_slice_from_iter(Endless(size));
        assert!(slice.is_err());
    }
    list.try_push(1).unwrap();
    assert!(list.try_reserve(usize::MAX).is_err());
    assert_eq!(list[0], 1);
    drop(list);
    assert_eq!(heap.bytes(), 0);
    let _: Storage = heap.storage();
    assert!(matches!(
        heap.make_room(usize::MAX),
        Ok(()) | Err(AllocErrorKind::OutOfMemory)
    ));
}

/// An iterator that promises so many bytes.
struct Endless(usize);

impl Iterator for Endless {
    type Item = u8;
    fn next(&mut self) -> Option<u8> {
        panic!("it was asked for an element before there was room");
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0, Some(self.0))
    }
}

impl ExactSizeIterator for Endless {}
