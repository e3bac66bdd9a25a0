//! D1, re-entrancy, deep structures, threads.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gc_core::{Finalize, Gc, Generation, Heap, Trace};

use crate::util::{Actor, Log, Node, actors, both_ways, collected, lock, ring};

/// A leaf whose finalizer runs a full collection at each 17th call.
#[derive(Trace)]
#[trace(finalize, acyclic)]
struct Ouch {
    #[trace(skip)]
    calls: Arc<AtomicUsize>,
    #[trace(skip)]
    drops: Arc<AtomicUsize>,
}

impl Finalize for Ouch {
    fn finalize(this: &Gc<Self>, heap: &mut Heap) {
        let calls = heap[this].calls.fetch_add(1, Ordering::Relaxed);
        if calls.is_multiple_of(17) {
            heap.collect();
        }
    }
}

impl Drop for Ouch {
    fn drop(&mut self) {
        std::thread::yield_now();
        self.drops.fetch_add(1, Ordering::Relaxed);
    }
}

#[derive(Trace)]
struct Nested {
    ouch: Gc<Ouch>,
    list: Vec<Gc<Nested>>,
    dict: BTreeMap<u32, Gc<Nested>>,
}

/// Builds and drops nested containers; returns how many leaves were made, finalized and dropped.
fn nest(depth: usize, rounds: usize) -> [usize; 3] {
    let mut heap = Heap::new();
    let (calls, drops) = (Arc::default(), Arc::default());
    let mut made = 0;
    for round in 0..rounds {
        let mut top: Option<Gc<Nested>> = None;
        for level in 0..depth {
            let ouch = heap.alloc(Ouch {
                calls: Arc::clone(&calls),
                drops: Arc::clone(&drops),
            });
            made += 1;
            let mut nested = Nested {
                ouch,
                list: Vec::new(),
                dict: BTreeMap::new(),
            };
            match (round + level) % 2 {
                0 => nested.list.extend(top.take()),
                _ => nested.dict.extend(top.take().map(|g| (0, g))),
            }
            top = Some(heap.alloc(nested));
        }
        let top = top.expect("at least one level");
        assert_eq!(
            heap[&heap[&top].ouch].drops.load(Ordering::Relaxed),
            round * depth
        );
        drop(top);
        heap.reclaim();
    }
    heap.reclaim();
    heap.collect();
    heap.reclaim();
    assert_eq!(heap.len(), 0);
    [
        made,
        calls.load(Ordering::Relaxed),
        drops.load(Ordering::Relaxed),
    ]
}

#[test]
fn trashcan_nested_containers_whose_leaves_collect_do_not_overflow_the_stack() {
    let thread = std::thread::Builder::new().stack_size(256 << 10);
    let [made, finalized, dropped] = thread
        .spawn(|| nest(1_000, 3))
        .expect("a thread")
        .join()
        .expect("no panic");
    assert_eq!((finalized, dropped), (made, made));
}

#[test]
fn trashcan_threads_drop_as_many_as_they_make() {
    let threads: Vec<_> = (0..2)
        .map(|_| std::thread::spawn(|| nest(300, 3)))
        .collect();
    for thread in threads {
        let [made, finalized, dropped] = thread.join().expect("no panic");
        assert_eq!((finalized, dropped), (made, made));
    }
}

#[test]
fn boom_detection_runs_no_finalizer() {
    let mut heap = Heap::new();
    let log = Log::default();
    let held = actors(
        &mut heap,
        vec![Actor::quiet(&log, 1), Actor::quiet(&log, 2)],
    );
    heap.collect();
    assert_eq!(lock(&log).finalized(), [0; 0], "asked, and left alone");
    drop(held);
    assert_eq!(collected(heap.collect()), (2, 0));
    assert!(heap.garbage().is_empty());
}

#[test]
fn boom2_a_finalizer_that_breaks_its_cycle_at_once_is_counted() {
    both_ways(|collect| {
        let mut heap = Heap::new();
        let log = Log::default();
        let breaking = |n| Actor::new(&log, n, |this, heap| heap[this].edges.clear());
        drop(actors(&mut heap, vec![breaking(1), breaking(2)]));
        collect(&mut heap);
        heap.reclaim();
        assert_eq!(lock(&log).finalized(), [1, 2]);
        assert_eq!(lock(&log).dropped(), [1, 2]);
        assert!(heap.garbage().is_empty());
        assert_eq!(heap.len(), 0);
    });
}

#[test]
fn bug21435_a_finalizer_that_takes_its_cycle_apart_leaves_the_others_untouched() {
    both_ways(|collect| {
        for breaker in 0..4 {
            let mut heap = Heap::new();
            let log = Log::default();
            let members = (0..4)
                .map(|n| {
                    Actor::new(&log, n, move |this, heap| {
                        if n != breaker {
                            return;
                        }
                        // Its own edge, and those of all the others.
                        let mut at = this.clone();
                        while let Some(next) = heap[&at].edges.pop() {
                            at = next;
                        }
                        heap.reclaim();
                    })
                })
                .collect();
            drop(actors(&mut heap, members));
            collect(&mut heap);
            heap.reclaim();
            assert_eq!(lock(&log).finalized(), [0, 1, 2, 3], "breaker {breaker}");
            assert_eq!(lock(&log).dropped(), [0, 1, 2, 3], "breaker {breaker}");
            assert_eq!(heap.len(), 0);
        }
    });
}

#[test]
fn get_objects_during_gc_leaves_out_the_dying() {
    both_ways(|collect| {
        let mut heap = Heap::new();
        let log = Log::default();
        let witness = heap.alloc(Node::new(&log, 9));
        let (witness_id, seen) = (witness.id(), Arc::new(AtomicUsize::new(0)));
        let count = seen.clone();
        let actor = Actor::new(&log, 1, move |this, heap| {
            for generation in Generation::ALL {
                for info in heap.objects(generation) {
                    assert_ne!(info.id, this.id(), "a dying object is listed");
                    count.fetch_add(usize::from(info.id == witness_id), Ordering::Relaxed);
                }
            }
            assert!(heap.referents(this).contains(&this.id()));
            heap.referrers(this);
        });
        drop(actors(&mut heap, vec![actor]));
        collect(&mut heap);
        assert_eq!(lock(&log).finalized(), [1]);
        assert_eq!(seen.load(Ordering::Relaxed), 1, "the living are listed");
        assert_eq!(heap[&witness].name, 9);
    });
}

#[derive(Trace)]
struct Type {
    name: String,
    bases: Vec<Gc<Type>>,
}

#[derive(Trace)]
#[trace(finalize)]
struct Instance {
    of: Option<Gc<Type>>,
    #[trace(skip)]
    named: Arc<AtomicUsize>,
}

impl Finalize for Instance {
    fn finalize(this: &Gc<Self>, heap: &mut Heap) {
        // The last handle of its type goes while the instance is being finalized.
        let of = heap[this].of.take();
        let name = of.map(|of| heap[&of].name.len());
        heap.reclaim();
        let named = &heap[this].named;
        named.fetch_add(name.unwrap_or(0), Ordering::Relaxed);
    }
}

#[test]
fn ast_fini_an_instance_that_frees_its_own_type_is_safe() {
    let mut heap = Heap::new();
    let named = Arc::new(AtomicUsize::new(0));
    for _ in 0..3 {
        let of = heap.alloc(Type {
            name: "Leaf".into(),
            bases: Vec::new(),
        });
        heap[&of].bases.push(of.clone());
        drop(heap.alloc(Instance {
            of: Some(of),
            named: named.clone(),
        }));
        heap.reclaim();
        heap.collect();
        assert_eq!(heap.len(), 0);
        // The pages of both types go, and with them what the heap knew of the types.
        heap.trim();
    }
    assert_eq!(named.load(Ordering::Relaxed), 12);
}

#[test]
fn a_collection_from_a_finalizer_does_not_touch_the_batch() {
    both_ways(|collect| {
        let mut heap = Heap::new();
        let log = Log::default();
        let members = (0..3)
            .map(|n| {
                Actor::new(&log, n, |this, heap| {
                    heap.collect();
                    heap.step(gc_core::Budget::units(3));
                    heap.reclaim();
                    assert_eq!(heap[this].edges.len(), 1);
                    let next = &heap[this].edges[0];
                    assert_eq!(heap[next].edges.len(), 1, "the neighbour is whole");
                })
            })
            .collect();
        drop(actors(&mut heap, members));
        drop(ring(&mut heap, &log, &[7, 8]));
        collect(&mut heap);
        heap.collect();
        assert_eq!(lock(&log).finalized(), [0, 1, 2]);
        assert_eq!(lock(&log).dropped(), [0, 1, 2, 7, 8]);
    });
}
