//! As `out_of_memory.rs`, with the global allocator failing: no `try_` call, and nothing that the heap does by itself,
//! aborts for want of memory.

mod failing;

use failing::{Fails, config, fails, run};
use gc_core::allocator_api2::alloc::{AllocError, Allocator};
use gc_core::{Budget, FinalizerPolicy, HeapAllocator, HeapConfig, Policy};
use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr::NonNull;

struct Global;

// SAFETY: passes on to the system's allocator what does not fail.
unsafe impl GlobalAlloc for Global {
    // SAFETY: the caller's duties are those of `GlobalAlloc`.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if fails() {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's duty.
        unsafe { System.alloc(layout) }
    }

    // SAFETY: the caller's duties are those of `GlobalAlloc`.
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's duty.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static GLOBAL: Global = Global;

fn at_every_call(policy: Policy, finalizers: FinalizerPolicy) {
    let clean = run(config(policy, finalizers), Fails::Never);
    assert!(clean.calls > 100, "{clean:?}");
    for call in 0..clean.calls {
        run(config(policy, finalizers), Fails::Once(call));
        run(config(policy, finalizers), Fails::From(call));
    }
}

#[test]
fn under_automatic_collections() {
    at_every_call(Policy::Automatic, FinalizerPolicy::Run);
}

#[test]
fn under_paced_collections_with_a_quarantine() {
    let policy = Policy::Budgeted(Budget::units(200));
    at_every_call(policy, FinalizerPolicy::Quarantine);
}

/// A heap on an allocator of its own takes nothing from the global one.
#[test]
#[cfg(not(feature = "call_sites"))] // its table is for all heaps
fn a_heap_with_an_allocator_lies_nowhere_else() {
    let on_its_own = HeapConfig {
        allocator: HeapAllocator::new(Apart),
        ..config(Policy::Automatic, FinalizerPolicy::Run)
    };
    let run = run(on_its_own, Fails::Never);
    assert_eq!(run.calls, 0, "calls of the global allocator");
}

/// The system's allocator, past the global one.
struct Apart;

// SAFETY: passes everything on to the system's allocator, with layouts that are not empty.
unsafe impl Allocator for Apart {
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        let asked = Layout::from_size_align(layout.size().max(1), layout.align());
        let asked = asked.map_err(|_| AllocError)?;
        // SAFETY: the size is not 0.
        let memory = unsafe { System.alloc(asked) };
        NonNull::new(memory)
            .map(|memory| NonNull::slice_from_raw_parts(memory, layout.size()))
            .ok_or(AllocError)
    }

    // SAFETY: the duties are those of `Allocator`, and are passed on.
    unsafe fn deallocate(&self, memory: NonNull<u8>, layout: Layout) {
        // SAFETY: it came from `allocate`, with this layout.
        unsafe {
            let asked = Layout::from_size_align_unchecked(layout.size().max(1), layout.align());
            System.dealloc(memory.as_ptr(), asked);
        }
    }
}
