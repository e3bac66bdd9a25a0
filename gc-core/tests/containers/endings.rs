//! The end of a large container: its elements are dropped in pieces, each once, on the heap's thread.

use gc_core::containers::{GcDeque, GcMap, GcSet, GcString, GcVec};
use gc_core::{Budget, Gc, Heap, Policy, Trace};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

/// Counts its drops, and panics in the `panics`-th.
struct Token {
    number: usize,
    dropped: Arc<AtomicUsize>,
    panics: Option<usize>,
}

impl Drop for Token {
    fn drop(&mut self) {
        self.dropped.fetch_add(1, Relaxed);
        assert!(self.panics != Some(self.number), "as asked");
    }
}

impl Trace for Token {
    fn trace(&self, _: &mut gc_core::Tracer<'_>) {}
    fn tracked() -> bool {
        false
    }
}

const COUNT: usize = 10_000;
const PIECE: usize = 64;

struct Tokens(Arc<AtomicUsize>);

impl Tokens {
    fn new() -> Self {
        Tokens(Arc::new(AtomicUsize::new(0)))
    }
    fn make(&self, count: usize, panics: Option<usize>) -> impl Iterator<Item = Token> + '_ {
        (0..count).map(move |number| Token {
            number,
            dropped: self.0.clone(),
            panics,
        })
    }
    fn dropped(&self) -> usize {
        self.0.load(Relaxed)
    }
}

/// Steps of one unit to the end; the most tokens that one of them dropped.
fn most_in_a_unit(heap: &mut Heap, tokens: &Tokens) -> usize {
    let mut most = 0;
    loop {
        let before = tokens.dropped();
        let progress = heap.step(Budget::units(1));
        assert_eq!(progress.overrun, 0);
        most = most.max(tokens.dropped() - before);
        if progress.finished {
            return most;
        }
    }
}

#[test]
fn each_kind_is_dropped_in_pieces() {
    type Make = fn(&Heap, &Tokens) -> Box<dyn Trace>;
    let kinds: [Make; 5] = [
        |heap, tokens| Box::new(GcVec::from_iter_in(tokens.make(COUNT, None), heap)),
        |heap, tokens| Box::new(GcDeque::from_iter_in(tokens.make(COUNT, None), heap)),
        |heap, tokens| {
            Box::new(GcMap::from_iter_in(
                (0..).zip(tokens.make(COUNT, None)),
                heap,
            ))
        },
        |heap, tokens| {
            let parts = (0..COUNT / 100).map(|_| GcVec::from_iter_in(tokens.make(100, None), heap));
            Box::new(GcVec::from_iter_in(parts, heap))
        },
        |heap, tokens| {
            let parts = (0..COUNT / 10).map(|n| {
                let queue = GcDeque::from_iter_in(tokens.make(10, None), heap);
                (n, queue)
            });
            Box::new(GcMap::from_iter_in(parts, heap))
        },
    ];
    for (which, make) in kinds.iter().enumerate() {
        for on_its_own in [false, true] {
            let tokens = Tokens::new();
            let mut heap = Heap::new();
            let container = make(&heap, &tokens);
            if on_its_own {
                drop(container);
            } else {
                drop(heap.alloc(container));
            }
            assert!(tokens.dropped() < COUNT);
            let most = most_in_a_unit(&mut heap, &tokens);
            // The small ones within the last one are dropped with their place.
            let bound = if which == 4 { PIECE * 10 } else { PIECE };
            assert!(most <= bound, "kind {which}: {most} in a unit");
            assert_eq!(tokens.dropped(), COUNT);
            assert_eq!((heap.len(), heap.bytes()), (0, 0));
        }
    }
}

#[derive(Trace, Default)]
struct Node {
    links: GcVec<Gc<Node>>,
    set: GcSet<Gc<Node>>,
}

#[test]
fn a_cycle_of_many_is_freed_in_slices_and_whole() {
    for sliced in [false, true] {
        let mut heap = Heap::new();
        heap.set_policy(Policy::Disabled);
        let root = heap.alloc(Node::default());
        for _ in 0..COUNT {
            let node = heap.alloc(Node::default());
            heap[&node].links.push(root.clone());
            heap[&root].links.push(node.clone());
            heap[&root].set.insert(node);
        }
        drop(root);
        if sliced {
            while !heap.step(Budget::units(7)).finished {}
        } else {
            assert_eq!(heap.collect().collected, COUNT + 1);
        }
        assert!(heap.is_empty());
        heap.trim();
        assert_eq!((heap.bytes(), heap.page_bytes()), (0, 0));
    }
}

#[test]
fn the_order_is_that_of_the_elements() {
    static ORDER: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    struct Noted(usize);
    impl Drop for Noted {
        fn drop(&mut self) {
            ORDER.lock().unwrap().push(self.0);
        }
    }
    let mut heap = Heap::new();
    drop(GcVec::from_iter_in((0..1000).map(Noted), &heap));
    heap.reclaim();
    assert!(ORDER.lock().unwrap().iter().copied().eq(0..1000));
}

#[test]
fn a_panic_leaves_the_rest_to_the_next_safepoint() {
    let tokens = Tokens::new();
    let mut heap = Heap::new();
    drop(GcVec::from_iter_in(tokens.make(COUNT, Some(5000)), &heap));
    let panic = catch_unwind(AssertUnwindSafe(|| heap.reclaim()));
    assert!(panic.is_err());
    assert_eq!(tokens.dropped(), 5001);
    heap.reclaim();
    assert_eq!(tokens.dropped(), COUNT);
    assert_eq!(heap.bytes(), 0);
}

#[test]
fn it_may_be_dropped_on_any_thread_and_ends_with_the_heap() {
    let tokens = Tokens::new();
    let mut heap = Heap::new();
    let vecs: Vec<_> = (0..8)
        .map(|_| GcVec::from_iter_in(tokens.make(1000, None), &heap))
        .collect();
    let left = GcVec::from_iter_in(tokens.make(1000, None), &heap);
    let late = GcVec::from_iter_in(tokens.make(1000, None), &heap);
    std::thread::scope(|scope| {
        for vec in vecs {
            scope.spawn(|| drop(vec));
        }
        while tokens.dropped() < 4000 {
            heap.step(Budget::units(3));
        }
    });
    heap.reclaim();
    assert_eq!(tokens.dropped(), 8000);
    drop(left);
    drop(heap);
    assert_eq!(tokens.dropped(), 9000);
    drop(late);
    assert_eq!(tokens.dropped(), 10_000);
}

#[test]
fn a_container_in_an_element_of_a_dead_one_is_not_forgotten() {
    // Each piece leaves more behind, also at the heap's end.
    for ends in [false, true] {
        let tokens = Tokens::new();
        let mut heap = Heap::new();
        let outer = (0..100).map(|_| {
            let inner = (0..100).map(|_| GcVec::from_iter_in(tokens.make(100, None), &heap));
            GcVec::from_iter_in(inner, &heap)
        });
        drop(GcVec::from_iter_in(outer, &heap));
        if ends {
            drop(heap);
        } else {
            heap.reclaim();
            assert_eq!(heap.bytes(), 0);
        }
        assert_eq!(tokens.dropped(), 1_000_000);
    }
}

#[test]
fn one_of_no_heap_and_one_without_drops_end_at_once() {
    let tokens = Tokens::new();
    let heap = Heap::new();
    drop(tokens.make(COUNT, None).collect::<GcVec<Token>>());
    assert_eq!(tokens.dropped(), COUNT);
    let mut vec = GcVec::from_iter_in(tokens.make(COUNT, None), &heap);
    vec.clear();
    drop(vec);
    assert_eq!(tokens.dropped(), 2 * COUNT);
    drop(GcVec::from_iter_in(0..COUNT, &heap));
    drop(GcString::from_str_in(&"x".repeat(COUNT), &heap));
    assert_eq!(heap.bytes(), 0);
}

/// An allocation alone is a safepoint that goes on with it, as long as anything dies.
#[test]
fn allocations_go_on_with_it() {
    let mut heap = Heap::new();
    heap.set_policy(Policy::Disabled);
    let mut most = 0;
    for _ in 0..200 {
        let links: Vec<Gc<Node>> = (0..100).map(|_| heap.alloc(Node::default())).collect();
        let links = GcVec::from_iter_in(links, &heap);
        drop(heap.alloc(Node {
            links,
            ..Node::default()
        }));
        most = most.max(heap.len());
    }
    assert!(most < 1000, "{most} objects");
}
