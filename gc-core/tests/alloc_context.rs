//! Allocation contexts: other threads allocate, the heap merges.

use gc_core::{AllocContext, Finalize, Gc, Generation, Heap, Limits, Policy, Thresholds, Trace};
use gc_core::{HandleError, HeapConfig, Weak};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier};
use std::thread;

/// Counts the values that were dropped.
#[derive(Clone, Default)]
struct Drops(Arc<AtomicUsize>);

impl Drops {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

struct Counted(Drops);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[derive(Trace)]
struct Node {
    number: usize,
    next: Option<Gc<Node>>,
    #[trace(skip)]
    _counted: Counted,
}

fn node(drops: &Drops, number: usize) -> Node {
    Node {
        number,
        next: None,
        _counted: Counted(drops.clone()),
    }
}

fn verify(heap: &Heap) {
    #[cfg(feature = "verify")]
    {
        heap.verify();
        heap.verify_trace();
    }
    let _ = heap;
}

#[test]
fn a_context_can_go_to_any_thread() {
    fn takes<T: Send + 'static>() {}
    takes::<AllocContext>();
}

#[test]
fn handles_work_before_the_merge() {
    let mut heap = Heap::new();
    let drops = Drops::default();
    let mut context = heap.alloc_context();
    let a = context.alloc(node(&drops, 1));
    let b = context.alloc(node(&drops, 2));
    assert_eq!(heap[&a].number, 1);
    heap[&a].number = 7;
    heap[&a].next = Some(b.clone());
    assert_eq!(heap[&a].number, 7);
    assert_eq!(heap[heap[&a].next.as_ref().unwrap()].number, 2);
    assert_eq!(Gc::strong_count(&b), 2);
    assert!(Gc::ptr_eq(heap[&a].next.as_ref().unwrap(), &b));
    let weak = a.downgrade();
    assert_eq!(heap.get_weak(weak).map(|node| node.number), Some(7));
    assert!(heap.upgrade(weak).is_some_and(|found| found == a));
    let any = a.clone().erase();
    assert!(any.downcast::<Node>().is_ok());
    let ids = (a.id(), b.id());
    assert_ne!(ids.0, ids.1);
    assert_eq!((heap.len(), heap.bytes()), (0, 0));
    assert_eq!((context.unmerged(), heap.iter::<Node>().count()), (2, 0));
    verify(&heap);

    heap.merge_mut(&mut context);
    assert_eq!(ids, (a.id(), b.id()));
    assert_eq!(heap.upgrade(weak), Some(a.clone()));
    assert_eq!((heap.len(), heap.tracked_len()), (2, 2));
    assert_eq!(context.unmerged(), 0);
    assert_eq!(heap.generation(&a), Some(Generation::Young));
    assert_eq!(
        heap.iter::<Node>().map(|n| n.number).collect::<Vec<_>>(),
        [7, 2]
    );
    verify(&heap);
    drop((a, b));
    heap.reclaim();
    assert_eq!((heap.len(), drops.count()), (0, 2));
    assert_eq!(heap.upgrade(weak), None);
    assert_eq!(heap.bytes(), 0);
    verify(&heap);
}

#[test]
fn another_heap_refuses_them() {
    let mut heap = Heap::new();
    let mut other = Heap::new();
    let mut context = heap.alloc_context();
    let a = context.alloc(1u32);
    assert_eq!(other.try_get(&a), Err(HandleError::ForeignHeap));
    assert_eq!(other.get_weak(a.downgrade()), None);
    let merged = catch_unwind(AssertUnwindSafe(|| other.merge_mut(&mut context)));
    assert!(merged.is_err());
    heap.merge(context);
    assert_eq!(heap[&a], 1);
    assert_eq!(heap.len(), 1);
}

#[test]
fn what_dies_before_the_merge_is_reclaimed_after_it() {
    let mut heap = Heap::new();
    let drops = Drops::default();
    let mut context = heap.alloc_context();
    let kept = context.alloc(node(&drops, 0));
    for number in 1..5_000 {
        drop(context.alloc(node(&drops, number)));
        if number % 1000 == 0 {
            heap.reclaim();
            heap.collect();
            assert!(heap.step(gc_core::Budget::units(10)).finished);
            verify(&heap);
        }
    }
    assert_eq!(drops.count(), 0);
    heap.merge_mut(&mut context);
    heap.reclaim();
    assert_eq!((heap.len(), drops.count()), (1, 4_999));
    verify(&heap);
    assert_eq!(heap[&kept].number, 0);
    drop(kept);
    drop(heap);
    assert_eq!(drops.count(), 5_000);
}

#[test]
fn cycles_are_collected_from_the_merge_on() {
    let mut heap = Heap::new();
    let drops = Drops::default();
    let mut context = heap.alloc_context();
    for _ in 0..100 {
        let a = context.alloc(node(&drops, 0));
        let b = context.alloc(node(&drops, 1));
        heap[&a].next = Some(b.clone());
        heap[&b].next = Some(a.clone());
    }
    assert_eq!(heap.collect().collected, 0);
    heap.merge(context);
    assert_eq!(heap.counts()[0], 200);
    assert_eq!(heap.collect().collected, 200);
    assert_eq!((heap.len(), drops.count()), (0, 200));
    verify(&heap);
}

/// A sliced collection is in progress while objects are merged into pages that it examines.
#[test]
fn a_merge_in_the_middle_of_a_collection() {
    let mut heap = Heap::new();
    heap.set_policy(Policy::Disabled);
    let drops = Drops::default();
    let mut context = heap.alloc_context();
    let mut kept = Vec::new();
    for round in 0..200 {
        for number in 0..20 {
            let a = context.alloc(node(&drops, number));
            let b = heap.alloc(node(&drops, number));
            heap[&a].next = Some(b.clone());
            heap[&b].next = Some(a.clone());
            if number % 5 == 0 {
                kept.push(a);
            }
        }
        heap.step(gc_core::Budget::units(7));
        if round % 3 == 0 {
            heap.merge_mut(&mut context);
        }
        if round % 10 == 0 {
            verify(&heap);
            kept.truncate(5);
        }
    }
    heap.merge_mut(&mut context);
    while !heap.step(gc_core::Budget::units(7)).finished {}
    heap.collect();
    assert_eq!(heap.len(), kept.len() * 2);
    assert_eq!(drops.count(), 200 * 20 * 2 - kept.len() * 2);
    verify(&heap);
}

#[test]
fn counted_by_thresholds() {
    let mut heap = Heap::new();
    heap.set_thresholds(Thresholds {
        young: 100,
        ..Thresholds::default()
    });
    let drops = Drops::default();
    let mut context = heap.alloc_context();
    let objects: Vec<_> = (0..100).map(|n| context.alloc(node(&drops, n))).collect();
    heap.merge_mut(&mut context);
    assert_eq!((heap.counts()[0], heap.stats()[0].collections), (100, 0));
    let one = context.alloc(node(&drops, 100));
    heap.merge_mut(&mut context);
    assert_eq!(heap.stats()[0].collections, 1);
    drop((objects, one));
}

#[test]
fn counted_by_the_hard_limit() {
    let mut heap = Heap::new();
    heap.set_limits(Limits {
        hard: 10_000,
        ..Limits::default()
    });
    let mut context = heap.alloc_context();
    let mut kept = Vec::new();
    let error = loop {
        match context.try_alloc([0u64; 9]) {
            Ok(handle) => kept.push(handle),
            Err(error) => break error,
        }
    };
    assert_eq!(error.value, [0u64; 9]);
    assert_eq!(kept.len(), 125);
    heap.merge_mut(&mut context);
    assert_eq!(heap.bytes(), 10_000);
    assert!(context.try_alloc([0u64; 9]).is_err());
    kept.truncate(100);
    heap.merge_mut(&mut context);
    heap.reclaim();
    heap.merge_mut(&mut context);
    assert!(context.try_alloc([0u64; 9]).is_ok());
    verify(&heap);
}

/// One context for many frames, as a system has: pages are lent again and again, and memory does not grow.
#[test]
fn a_context_for_many_frames_stays_small() {
    let mut heap = Heap::new();
    let drops = Drops::default();
    let mut context = heap.alloc_context();
    let mut frames: Vec<Vec<Gc<Node>>> = Vec::new();
    let mut early = 0;
    for frame in 0..300 {
        frames.push((0..500).map(|n| context.alloc(node(&drops, n))).collect());
        if frames.len() > 10 {
            frames.remove(0);
        }
        heap.merge_mut(&mut context);
        heap.reclaim();
        if frame == 30 {
            early = heap.page_bytes();
        }
    }
    assert_eq!(heap.len(), 5_000);
    assert!(
        heap.page_bytes() <= early * 2,
        "{early} bytes of pages at first, {} at last",
        heap.page_bytes()
    );
    verify(&heap);
    // What is lent comes back with the context.
    frames.clear();
    heap.merge(context);
    heap.reclaim();
    assert_eq!(heap.len(), 0);
    heap.trim();
    assert_eq!(heap.page_bytes(), 0);
    verify(&heap);
}

/// The heap and two contexts share pages; each fills what it was lent.
#[test]
fn contexts_share_pages_with_the_heap() {
    let mut heap = Heap::new();
    let drops = Drops::default();
    let mut contexts = [heap.alloc_context(), heap.alloc_context()];
    let mut kept: Vec<(usize, Gc<Node>)> = Vec::new();
    let mut random = 1u64;
    for round in 0..300 {
        for number in 0..100 {
            random = random.wrapping_mul(6364136223846793005).wrapping_add(1);
            let value = node(&drops, round * 1000 + number);
            let handle = match random >> 62 {
                0 => contexts[0].alloc(value),
                1 => contexts[1].alloc(value),
                _ => heap.alloc(value),
            };
            kept.push((round * 1000 + number, handle));
        }
        while kept.len() > 400 {
            random = random.wrapping_mul(6364136223846793005).wrapping_add(1);
            kept.swap_remove((random >> 33) as usize % kept.len());
        }
        heap.reclaim();
        for (index, context) in contexts.iter_mut().enumerate() {
            if round % 7 == index * 3 {
                heap.merge_mut(context);
            }
        }
        for (number, handle) in &kept {
            assert_eq!(heap[handle].number, *number);
        }
        if round % 20 == 0 {
            verify(&heap);
        }
    }
    let [first, second] = contexts;
    heap.merge(second);
    drop(first);
    heap.collect();
    heap.reclaim();
    assert_eq!(heap.len(), kept.len());
    verify(&heap);
    drop(kept);
    heap.reclaim();
    assert_eq!((heap.len(), drops.count()), (0, 30_000));
    heap.trim();
    assert_eq!(heap.page_bytes(), 0);
}

/// Four threads allocate, read through the heap, clone, drop and upgrade, while nobody waits; then all is merged.
#[test]
fn threads_allocate_at_once() {
    const THREADS: usize = 4;
    const EACH: usize = if cfg!(miri) { 50 } else { 3_000 };
    let mut heap = Heap::new();
    let drops = Drops::default();
    let mut contexts: Vec<_> = (0..THREADS).map(|_| heap.alloc_context()).collect();
    let mut kept = Vec::new();
    for frame in 0..5 {
        let start = Barrier::new(THREADS);
        let reader = &heap;
        let results: Vec<Vec<Gc<Node>>> = thread::scope(|scope| {
            let threads: Vec<_> = contexts
                .iter_mut()
                .enumerate()
                .map(|(thread, context)| {
                    let (start, drops) = (&start, drops.clone());
                    scope.spawn(move || {
                        start.wait();
                        let mut mine = Vec::new();
                        for number in 0..EACH {
                            let handle = context.alloc(node(&drops, thread * EACH + number));
                            let weak = handle.downgrade();
                            let found = reader.upgrade(weak).expect("alive");
                            assert_eq!(reader[&found].number, thread * EACH + number);
                            if number % 3 != 0 {
                                mine.push(handle);
                            }
                        }
                        mine
                    })
                })
                .collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        if frame % 2 == 0 {
            heap.reclaim();
        }
        for context in &mut contexts {
            heap.merge_mut(context);
        }
        heap.reclaim();
        verify(&heap);
        kept = results.concat();
        let alive: usize = heap.iter::<Node>().count();
        assert_eq!(alive, kept.len());
    }
    heap.reclaim();
    assert_eq!(heap.len(), kept.len());
    drop((kept, contexts, heap));
    assert_eq!(drops.count(), 5 * THREADS * EACH);
}

/// Handles go to a thread that drops them while the context allocates on, and the heap reclaims all the while.
#[test]
fn handles_are_dropped_elsewhere_while_the_context_works() {
    const EACH: usize = if cfg!(miri) { 100 } else { 20_000 };
    let mut heap = Heap::new();
    let drops = Drops::default();
    let mut context = heap.alloc_context();
    let (send, receive) = channel::<Gc<Node>>();
    let dropper = thread::spawn(move || receive.into_iter().map(drop).count());
    let maker = {
        let drops = drops.clone();
        thread::spawn(move || {
            for number in 0..EACH {
                send.send(context.alloc(node(&drops, number))).unwrap();
            }
            context
        })
    };
    while !maker.is_finished() {
        heap.reclaim();
        drop(heap.alloc(0u8));
    }
    let context = maker.join().unwrap();
    assert_eq!(dropper.join().unwrap(), EACH);
    assert_eq!(drops.count(), 0);
    heap.merge(context);
    heap.reclaim();
    assert_eq!((heap.len(), drops.count()), (0, EACH));
    verify(&heap);
}

#[test]
fn a_context_dropped_without_a_merge_is_merged_all_the_same() {
    let mut heap = Heap::new();
    let drops = Drops::default();
    let mut context = heap.alloc_context();
    let kept = context.alloc(node(&drops, 3));
    drop(context.alloc(node(&drops, 4)));
    thread::spawn(move || drop(context)).join().unwrap();
    assert_eq!(heap[&kept].number, 3);
    heap.step(gc_core::Budget::units(100));
    assert_eq!((heap.len(), drops.count()), (1, 1));
    verify(&heap);
    let mut context = heap.alloc_context();
    drop(context.alloc(node(&drops, 5)));
    drop(context);
    drop(heap);
    assert_eq!(drops.count(), 3);
    drop(kept);
}

#[test]
fn a_context_outlives_its_heap() {
    let drops = Drops::default();
    let mut heap = Heap::new();
    let mut contexts = vec![heap.alloc_context(), heap.alloc_context()];
    let merged = contexts[0].alloc(node(&drops, 0));
    heap.merge_mut(&mut contexts[0]);
    let a = contexts[0].alloc(node(&drops, 1));
    let b = contexts[1].alloc(node(&drops, 2));
    heap[&a].next = Some(b.clone());
    heap[&b].next = Some(a.clone());
    drop(contexts[1].alloc(node(&drops, 3)));
    drop(heap);
    assert_eq!(drops.count(), 1, "only what was merged");
    // It goes on, of no use to anybody.
    let late = contexts[0].alloc(node(&drops, 4));
    drop((a, b));
    let last = contexts.pop().unwrap();
    drop(contexts);
    assert_eq!(drops.count(), 1);
    thread::spawn(move || drop(last)).join().unwrap();
    assert_eq!(drops.count(), 5);
    drop((late, merged));
}

#[test]
fn a_heap_dropped_while_threads_allocate() {
    const EACH: usize = if cfg!(miri) { 50 } else { 2_000 };
    for round in 0..if cfg!(miri) { 2 } else { 20 } {
        let drops = Drops::default();
        let mut heap = Heap::new();
        let start = Arc::new(Barrier::new(4));
        let threads: Vec<_> = (0..3)
            .map(|thread| {
                let mut context = heap.alloc_context();
                let (drops, start) = (drops.clone(), start.clone());
                thread::spawn(move || {
                    start.wait();
                    let mut kept = Vec::new();
                    for number in 0..EACH {
                        let handle = context.alloc(node(&drops, number));
                        if number % 2 == thread % 2 {
                            kept.push(handle);
                        }
                    }
                    if thread == 0 {
                        drop(context);
                        kept
                    } else {
                        drop(kept);
                        drop(context);
                        Vec::new()
                    }
                })
            })
            .collect();
        start.wait();
        if round % 2 == 0 {
            heap.reclaim();
        }
        drop(heap);
        let kept: Vec<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
        assert_eq!(drops.count(), 3 * EACH);
        drop(kept);
        assert_eq!(drops.count(), 3 * EACH);
    }
}

/// A list of a million nodes that was never merged is dropped with constant stack.
#[test]
fn a_long_list_that_was_never_merged() {
    const LENGTH: usize = if cfg!(miri) { 300 } else { 1_000_000 };
    #[derive(Trace)]
    struct Link(#[allow(dead_code)] Option<Gc<Link>>);
    for heap_first in [true, false] {
        let mut heap = Heap::new();
        let mut context = heap.alloc_context();
        let mut list = None;
        for _ in 0..LENGTH {
            list = Some(context.alloc(Link(list)));
        }
        drop(list);
        if heap_first {
            drop(heap);
            drop(context);
        } else {
            drop(context);
            drop(heap);
        }
    }
}

/// A `Drop` that panics while the last context ends a heap: the rest is dropped all the same.
#[test]
fn a_panic_in_a_drop_after_the_heap() {
    struct Bomb(Drops, bool);
    impl Drop for Bomb {
        fn drop(&mut self) {
            self.0.0.fetch_add(1, Ordering::SeqCst);
            if self.1 {
                panic!("a bomb");
            }
        }
    }
    impl Trace for Bomb {
        fn trace(&self, _: &mut gc_core::Tracer<'_>) {}
    }
    let drops = Drops::default();
    let mut heap = Heap::new();
    let mut context = heap.alloc_context();
    let kept: Vec<_> = (0..10)
        .map(|number| context.alloc(Bomb(drops.clone(), number == 4)))
        .collect();
    drop(heap);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(context))).is_err());
    assert_eq!(drops.count(), 10);
    drop(kept);
}

/// A thread that panics with a context in its hands gives it back.
#[test]
fn a_panic_in_a_thread_loses_nothing() {
    let drops = Drops::default();
    let mut heap = Heap::new();
    let mut context = heap.alloc_context();
    let (send, receive) = channel();
    let result = {
        let drops = drops.clone();
        thread::spawn(move || {
            for number in 0..10 {
                send.send(context.alloc(node(&drops, number))).unwrap();
            }
            panic!("in the middle of a system");
        })
        .join()
    };
    assert!(result.is_err());
    let handles: Vec<_> = receive.into_iter().collect();
    heap.collect();
    assert_eq!((heap.len(), drops.count()), (10, 0));
    assert_eq!(heap[&handles[9]].number, 9);
    verify(&heap);
    drop((handles, heap));
    assert_eq!(drops.count(), 10);
}

#[test]
fn finalizers_run_once_merged() {
    #[derive(Trace)]
    #[trace(finalize)]
    struct Last {
        #[trace(skip)]
        log: Drops,
    }
    impl Finalize for Last {
        fn finalize(this: &Gc<Self>, heap: &mut Heap) {
            heap[this].log.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let log = Drops::default();
    let mut heap = Heap::new();
    let mut context = heap.alloc_context();
    let make = |context: &mut AllocContext| context.alloc(Last { log: log.clone() });
    // Slots that were used before, and whose objects were finalized.
    for _ in 0..3 {
        for _ in 0..50 {
            make(&mut context);
        }
        let before = log.count();
        heap.reclaim();
        assert_eq!(log.count(), before);
        heap.merge_mut(&mut context);
        heap.reclaim();
        assert_eq!(log.count(), before + 50);
    }
    let kept = make(&mut context);
    assert!(!heap.is_finalized(&kept));
    heap.merge_mut(&mut context);
    assert!(!heap.is_finalized(&kept));
    drop((kept, context, heap));
    assert_eq!(log.count(), 151);
}

#[test]
fn external_bytes_of_an_object_that_is_not_merged() {
    let mut heap = Heap::new();
    let mut context = heap.alloc_context();
    let a = context.alloc(1u8);
    heap.set_external_bytes(&a, 1_000);
    assert_eq!(heap.bytes(), 1_000);
    verify(&heap);
    drop(a);
    heap.reclaim();
    heap.merge(context);
    heap.reclaim();
    assert_eq!(heap.bytes(), 0);
}

/// The order of the merges decides, not that of the threads.
#[test]
fn the_order_of_merges_is_the_order_of_determinism() {
    fn play(backwards: bool) -> (u64, Vec<Weak<Node>>) {
        let drops = Drops::default();
        let mut heap = Heap::with_config(HeapConfig::default());
        let mut contexts: Vec<_> = (0..3).map(|_| heap.alloc_context()).collect();
        let mut weak = Vec::new();
        let mut alive: Vec<Vec<Gc<Node>>> = vec![Vec::new(); 3];
        for frame in 0..20 {
            let mut order = [0, 1, 2];
            if backwards {
                order.reverse();
            }
            for thread in order {
                for number in 0..40 + frame {
                    let handle = contexts[thread].alloc(node(&drops, number));
                    alive[thread].push(handle);
                }
            }
            for (context, alive) in contexts.iter_mut().zip(&mut alive) {
                heap.merge_mut(context);
                let count = alive.len();
                alive.drain(..count / 3);
                weak.extend(alive.iter().map(Gc::downgrade));
                heap.reclaim();
            }
        }
        (heap.state_hash(), weak)
    }
    let (first, second) = (play(false), play(true));
    assert_eq!(first.0, second.0);
    let ids = |list: &[Weak<Node>]| list.iter().map(|weak| weak.id()).collect::<Vec<_>>();
    assert_eq!(ids(&first.1), ids(&second.1));
}

/// More than a context has numbers for, and large objects.
#[test]
fn many_pages_between_two_merges() {
    let mut heap = Heap::new();
    let mut contexts = [heap.alloc_context(), heap.alloc_context()];
    let mut kept = Vec::new();
    for number in 0..200u32 {
        for context in &mut contexts {
            kept.push(context.alloc([number; 20_000]));
        }
        kept.push(heap.alloc([number; 20_000]));
    }
    verify(&heap);
    for context in &mut contexts {
        heap.merge_mut(context);
    }
    assert_eq!(heap.len(), 600);
    for (index, handle) in kept.iter().enumerate() {
        assert_eq!(heap[handle][19_999], index as u32 / 3);
    }
    verify(&heap);
    kept.clear();
    heap.reclaim();
    heap.trim();
    assert_eq!(heap.page_bytes(), 0);
}
