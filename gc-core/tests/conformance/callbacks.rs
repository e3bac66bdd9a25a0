//! D1, callbacks.

use std::sync::{Arc, Mutex};

use gc_core::{
    Budget, Cause, CollectionEvent, FinalizerPolicy, Gc, Generation, HandleError, Heap, HeapConfig,
    Trace, Tracer,
};

use crate::util::{Actor, Log, Node, actors, lock, ring};

type Events = Arc<Mutex<Vec<CollectionEvent>>>;

fn listen(heap: &mut Heap) -> Events {
    let events = Events::default();
    let sink = events.clone();
    heap.on_collection(move |e| lock(&sink).push(*e));
    events
}

#[test]
fn collect_each_callback_gets_one_start_and_one_stop() {
    let mut heap = Heap::new();
    let log = Log::default();
    drop(ring(&mut heap, &log, &[1, 2]));
    let both = [listen(&mut heap), listen(&mut heap)];
    let collection = heap.collect();
    for events in both {
        assert_eq!(
            *lock(&events),
            [
                CollectionEvent::Start {
                    generation: Generation::Old,
                    cause: Cause::Explicit,
                },
                CollectionEvent::Stop(collection),
            ]
        );
    }
    assert_eq!((collection.collected, collection.uncollectable), (2, 0));
}

#[test]
fn collect_a_sliced_collection_tells_the_same() {
    let mut heap = Heap::new();
    let log = Log::default();
    drop(ring(&mut heap, &log, &[1, 2]));
    let events = listen(&mut heap);
    crate::util::sliced(&mut heap);
    let events = lock(&events);
    assert_eq!(events.len(), 2, "{events:?}");
    assert_eq!(
        events[0],
        CollectionEvent::Start {
            generation: Generation::Old,
            cause: Cause::Step,
        }
    );
    let CollectionEvent::Stop(collection) = events[1] else {
        panic!("{events:?}");
    };
    assert_eq!((collection.collected, collection.cause), (2, Cause::Step));
}

#[test]
fn collect_generation_names_the_generation_that_was_asked_for() {
    let mut heap = Heap::new();
    let log = Log::default();
    let _kept = ring(&mut heap, &log, &[1]);
    let events = listen(&mut heap);
    for asked in Generation::ALL {
        heap.collect_generation(asked);
        let told: Vec<Generation> = std::mem::take(&mut *lock(&events))
            .into_iter()
            .map(|e| match e {
                CollectionEvent::Start { generation, .. } => generation,
                CollectionEvent::Stop(collection) => collection.generation,
            })
            .collect();
        assert_eq!(told, [asked, asked]);
    }
}

#[test]
fn collect_garbage_counts_collected_and_uncollectable() {
    let mut heap = Heap::with_config(HeapConfig {
        finalizers: FinalizerPolicy::Quarantine,
        ..HeapConfig::default()
    });
    let log = Log::default();
    let events = listen(&mut heap);
    for name in 1..=4 {
        drop(actors(&mut heap, vec![Actor::quiet(&log, name)]));
    }
    drop(ring(&mut heap, &log, &[10]));
    heap.collect();
    let CollectionEvent::Stop(collection) = lock(&events)[1] else {
        panic!("a stop comes second");
    };
    assert_eq!((collection.collected, collection.uncollectable), (1, 4));
    for any in heap.take_garbage() {
        let g = any.downcast::<Actor>().expect("an actor");
        heap[&g].edges.clear();
    }
    assert!(heap.garbage().is_empty());
    heap.reclaim();
    assert_eq!(heap.len(), 0);
}

#[test]
fn collect_a_removed_callback_is_silent() {
    let mut heap = Heap::new();
    let events = Events::default();
    let sink = events.clone();
    let id = heap.on_collection(move |e| lock(&sink).push(*e));
    assert!(heap.remove_callback(id));
    assert!(!heap.remove_callback(id));
    heap.collect();
    assert!(lock(&events).is_empty());
}

/// Claims more edges than it has: what a count below the visible references looks like.
struct Liar {
    edge: Gc<Node>,
    times: usize,
    me: Option<Gc<Liar>>,
}

impl Trace for Liar {
    fn trace(&self, tracer: &mut Tracer<'_>) {
        self.me.trace(tracer);
        for _ in 0..self.times {
            self.edge.trace(tracer);
        }
    }
}

#[test]
fn refcount_errors_an_invented_edge_is_an_error_and_not_corruption() {
    for (times, slices) in [(2, false), (2, true), (100, false), (100, true)] {
        let mut heap = Heap::new();
        let log = Log::default();
        let victim = heap.alloc(Node::new(&log, 1));
        let bystander = ring(&mut heap, &log, &[2, 3]);
        let liar = heap.alloc(Liar {
            edge: victim.clone(),
            times,
            me: None,
        });
        let me = liar.clone();
        heap[&liar].me = Some(me);
        drop(liar);
        // It may notice, and say so with a panic; or the victim is gone under the game's handle.
        let collected = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            if slices {
                for _ in 0..200 {
                    heap.step(Budget::units(1));
                }
            } else {
                heap.collect();
            }
        }));
        match heap.try_get(&victim) {
            Ok(node) => assert_eq!(node.name, 1),
            Err(e) => assert_eq!(e, HandleError::Reclaimed),
        }
        // Whoever told the truth is not affected.
        assert_eq!(heap[&bystander].name, 2);
        assert_eq!(heap[&heap[&bystander].edges[0]].name, 3);
        drop((victim, bystander, collected));
        heap.collect();
        heap.reclaim();
        drop(heap);
        assert_eq!(lock(&log).dropped(), [1, 2, 3], "each once");
    }
}
