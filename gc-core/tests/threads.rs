//! Handles are cloned and dropped on any thread, in mid-job and after the heap's end.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use gc_core::{Budget, Gc, GcAny, HandleError, Heap, Policy, Trace, Weak};

const WORKERS: usize = 4;

#[derive(Trace)]
struct Node {
    name: usize,
    edges: Vec<Gc<Node>>,
    #[trace(skip)]
    drops: Arc<Vec<AtomicUsize>>,
}

impl Drop for Node {
    fn drop(&mut self) {
        self.drops[self.name].fetch_add(1, Ordering::Relaxed);
    }
}

/// Makes nodes with names from 0 and counts each one's drops.
struct Maker {
    drops: Arc<Vec<AtomicUsize>>,
    next: usize,
}

impl Maker {
    fn new(most: usize) -> Self {
        Maker {
            drops: Arc::new((0..most).map(|_| AtomicUsize::new(0)).collect()),
            next: 0,
        }
    }

    fn node(&mut self, heap: &mut Heap, edges: Vec<Gc<Node>>) -> Gc<Node> {
        let name = self.next;
        self.next += 1;
        heap.alloc(Node {
            name,
            edges,
            drops: self.drops.clone(),
        })
    }

    fn ring(&mut self, heap: &mut Heap, length: usize) -> Gc<Node> {
        let first = self.node(heap, Vec::new());
        let mut last = first.clone();
        for _ in 1..length {
            last = self.node(heap, vec![last]);
        }
        heap[&first].edges.push(last);
        first
    }

    fn dropped(&self) -> Vec<usize> {
        self.drops[..self.next]
            .iter()
            .map(|d| d.load(Ordering::Relaxed))
            .collect()
    }

    fn all_dropped_once(&self) {
        assert_eq!(self.dropped(), vec![1; self.next]);
    }

    fn none_dropped(&self) {
        assert_eq!(self.dropped(), vec![0; self.next]);
    }
}

fn finish(heap: &mut Heap) {
    for _ in 0..1_000_000 {
        if heap.step(Budget::units(1)).finished {
            heap.verify();
            return;
        }
    }
    panic!("the sliced collection does not end");
}

#[test]
fn handles_are_send_sync_and_small() {
    fn send_sync<T: Send + Sync>() {}
    send_sync::<Gc<Node>>();
    send_sync::<GcAny>();
    send_sync::<Weak<Node>>();
    send_sync::<Heap>();
    let bytes = if cfg!(feature = "call_sites") { 16 } else { 8 };
    assert_eq!(size_of::<Gc<Node>>(), bytes);
    assert_eq!(size_of::<Option<Gc<Node>>>(), bytes);
}

#[test]
fn many_threads_clone_and_drop_one_handle() {
    let (mut heap, mut maker) = (Heap::new(), Maker::new(1));
    let g = maker.node(&mut heap, Vec::new());
    thread::scope(|s| {
        for _ in 0..WORKERS {
            s.spawn(|| {
                let mut kept = Vec::new();
                for n in 0..20_000 {
                    kept.push(g.clone());
                    if n % 3 != 0 {
                        kept.swap_remove(n % kept.len());
                    }
                    if kept.len() > 50 {
                        kept.clear();
                    }
                }
            });
        }
    });
    assert_eq!(Gc::strong_count(&g), 1);
    heap.reclaim();
    maker.none_dropped();
    drop(g);
    assert_eq!(heap.reclaim(), 1);
    maker.all_dropped_once();
}

#[test]
fn the_last_two_handles_race() {
    const N: usize = 2_000;
    let (mut heap, mut maker) = (Heap::new(), Maker::new(N));
    let (send, receive) = channel::<Gc<Node>>();
    let start = Arc::new(Barrier::new(2));
    let there = start.clone();
    let worker = thread::spawn(move || {
        for g in receive {
            there.wait();
            drop(g);
        }
    });
    for n in 0..N {
        let g = maker.node(&mut heap, Vec::new());
        send.send(g.clone()).expect("the worker listens");
        start.wait();
        drop(g);
        if n % 2 == 0 {
            heap.reclaim();
        }
    }
    drop(send);
    worker.join().expect("no panic");
    heap.reclaim();
    maker.all_dropped_once();
    assert_eq!(heap.len(), 0);
}

/// What the workers do with the handles they are given, until they are told to stop.
fn juggle(handles: Vec<Gc<Node>>, stop: &AtomicBool) -> Vec<Gc<Node>> {
    let mut more: Vec<Gc<Node>> = Vec::new();
    let mut n = 0usize;
    while !stop.load(Ordering::Relaxed) {
        more.push(handles[n % handles.len()].clone());
        if more.len() > 20 {
            more.drain(..15);
        }
        n = n.wrapping_add(7);
        if n % 64 < 7 {
            thread::yield_now();
        }
    }
    handles
}

#[test]
fn what_other_threads_hold_survives_slices_and_collections() {
    let (mut heap, mut maker) = (Heap::new(), Maker::new(20_000));
    heap.set_policy(Policy::Disabled);
    let mut roots = Vec::new();
    for _ in 0..WORKERS {
        roots.push((0..5).map(|_| maker.ring(&mut heap, 3)).collect::<Vec<_>>());
    }
    let live = maker.next;
    let stop = AtomicBool::new(false);
    thread::scope(|s| {
        let workers: Vec<_> = roots
            .into_iter()
            .map(|handles| s.spawn(|| juggle(handles, &stop)))
            .collect();
        for round in 0..300 {
            drop(maker.ring(&mut heap, 4));
            match round % 10 {
                9 => {
                    heap.collect();
                }
                5 => finish(&mut heap),
                _ => {
                    for _ in 0..20 {
                        heap.step(Budget::units(1));
                    }
                }
            }
        }
        stop.store(true, Ordering::Relaxed);
        for worker in workers {
            for g in worker.join().expect("no panic") {
                let mut at = &g;
                for _ in 0..3 {
                    at = &heap[at].edges[0];
                }
                assert!(*at == g, "the ring is whole");
            }
        }
    });
    assert!(maker.dropped()[..live].iter().all(|n| *n == 0));
    heap.collect();
    heap.collect();
    maker.all_dropped_once();
    assert_eq!(heap.len(), 0);
}

/// The heap gives pages back while other threads drop the last handles into them.
#[test]
fn pages_are_given_back_while_handles_are_dropped_elsewhere() {
    const ROUNDS: usize = 60;
    const BURST: usize = 200;
    let (mut heap, mut maker) = (Heap::new(), Maker::new(ROUNDS * BURST));
    let (send, receive) = channel::<Vec<Gc<Node>>>();
    let receive = Arc::new(Mutex::new(receive));
    thread::scope(|s| {
        for _ in 0..2 {
            let receive = receive.clone();
            s.spawn(move || {
                loop {
                    let burst = receive.lock().expect("no panic").recv();
                    match burst {
                        Ok(burst) => drop(burst),
                        Err(_) => return,
                    }
                }
            });
        }
        for _ in 0..ROUNDS {
            let burst: Vec<_> = (0..BURST)
                .map(|_| maker.node(&mut heap, Vec::new()))
                .collect();
            let copies = burst.clone();
            send.send(burst).expect("somebody listens");
            drop(copies);
            heap.reclaim();
            heap.trim();
        }
        drop(send);
    });
    heap.reclaim();
    heap.trim();
    maker.all_dropped_once();
    assert_eq!(heap.len(), 0);
}

#[test]
fn handles_outlive_the_heap_on_other_threads() {
    let mut maker = Maker::new(100);
    let (mut heap, mut other) = (Heap::new(), Heap::new());
    let g = maker.ring(&mut heap, 10);
    let weak = g.downgrade();
    let any = g.clone().erase();
    drop(heap);
    maker.all_dropped_once();
    thread::scope(|s| {
        for _ in 0..WORKERS {
            s.spawn(|| {
                for _ in 0..1_000 {
                    let copy = g.clone();
                    assert!(copy == g);
                    let _ = (
                        Gc::strong_count(&copy),
                        copy.id(),
                        copy.downgrade(),
                        format!("{copy:?}"),
                    );
                }
            });
        }
    });
    // No heap takes it.
    assert_eq!(other.try_get(&g).err(), Some(HandleError::ForeignHeap));
    assert_eq!(other.try_get_mut(&g).err(), Some(HandleError::ForeignHeap));
    assert!(other.get_weak(weak).is_none());
    thread::spawn(move || drop((g, any)))
        .join()
        .expect("no panic");
    maker.all_dropped_once();
}

#[test]
fn the_heap_ends_in_mid_job_while_others_clone_and_drop() {
    for units in [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144] {
        let mut maker = Maker::new(200);
        let mut heap = Heap::new();
        let roots: Vec<Vec<_>> = (0..2)
            .map(|_| (0..3).map(|_| maker.ring(&mut heap, 3)).collect())
            .collect();
        for _ in 0..10 {
            drop(maker.ring(&mut heap, 4));
        }
        let stop = AtomicBool::new(false);
        thread::scope(|s| {
            let workers: Vec<_> = roots
                .into_iter()
                .map(|handles| s.spawn(|| juggle(handles, &stop)))
                .collect();
            for _ in 0..units {
                heap.step(Budget::units(1));
            }
            drop(heap);
            maker.all_dropped_once();
            stop.store(true, Ordering::Relaxed);
            for worker in workers {
                drop(worker.join().expect("no panic"));
            }
        });
        maker.all_dropped_once();
    }
}

#[test]
fn the_heap_ends_while_the_last_handles_go() {
    for _ in 0..200 {
        let mut maker = Maker::new(20);
        let mut heap = Heap::new();
        let burst: Vec<_> = (0..20).map(|_| maker.node(&mut heap, Vec::new())).collect();
        let start = Barrier::new(2);
        thread::scope(|s| {
            s.spawn(|| {
                start.wait();
                drop(burst);
            });
            start.wait();
            drop(heap);
        });
        maker.all_dropped_once();
    }
}

#[test]
fn a_heap_moves_to_another_thread_in_mid_job() {
    for units in 0..60 {
        let mut maker = Maker::new(10);
        let mut heap = Heap::new();
        let kept = maker.ring(&mut heap, 3);
        drop(maker.ring(&mut heap, 4));
        for _ in 0..units {
            heap.step(Budget::units(1));
        }
        let (heap, maker) = thread::spawn(move || {
            finish(&mut heap);
            finish(&mut heap);
            (heap, maker)
        })
        .join()
        .expect("no panic");
        assert_eq!(
            maker.dropped(),
            [0, 0, 0, 1, 1, 1, 1],
            "after {units} units"
        );
        assert_eq!(heap[&kept].name, 0);
    }
}

/// Many threads read one heap at once and take handles out of it; then slices go on.
#[test]
fn a_heap_is_read_by_many_threads_between_slices() {
    let (mut heap, mut maker) = (Heap::new(), Maker::new(20_000));
    heap.set_policy(Policy::Disabled);
    let root = maker.ring(&mut heap, 50);
    let weak = root.downgrade();
    let garbage = maker.ring(&mut heap, 5);
    let lost = garbage.downgrade();
    drop(garbage);
    let mut back = false;
    for _ in 0..150 {
        let taken: Vec<Gc<Node>> = thread::scope(|s| {
            let heap = &heap;
            let (root, threads) = (&root, WORKERS);
            let workers: Vec<_> = (0..threads)
                .map(|n| {
                    s.spawn(move || {
                        let mut at = root;
                        for _ in 0..n * 7 {
                            at = &heap[at].edges[0];
                        }
                        assert!(heap.upgrade(weak).is_some());
                        assert!(heap.iter::<Node>().count() >= 50);
                        at.clone()
                    })
                })
                .collect();
            workers
                .into_iter()
                .map(|w| w.join().expect("no panic"))
                .collect()
        });
        heap.step(Budget::units(3));
        for g in &taken {
            assert_eq!(heap[g].edges.len(), 1);
        }
        back |= heap.get_weak(lost).is_some();
        drop(taken);
    }
    assert!(back);
    finish(&mut heap);
    finish(&mut heap);
    assert!(heap.get_weak(lost).is_none());
    assert!(maker.dropped()[..50].iter().all(|n| *n == 0));
    drop(root);
    heap.collect();
    heap.collect();
    maker.all_dropped_once();
}

#[test]
fn watch_3_with_the_parent_dropped_at_any_moment_by_another_thread() {
    for round in 0..400 {
        let (mut heap, mut maker) = (Heap::new(), Maker::new(8));
        let nodes: Vec<_> = (0..4).map(|_| maker.node(&mut heap, Vec::new())).collect();
        // Each order of parent, child and the two of the cycle in turn.
        let at = |n: usize| nodes[(n + round) % 4].clone();
        let (x, c, d, e) = (at(0), at(1), at(2), at(3));
        drop(nodes);
        heap[&x].edges.push(c.clone());
        heap[&d].edges.extend([x.clone(), e.clone()]);
        heap[&e].edges.push(d.clone());
        let c_name = heap[&c].name;
        drop((c, d, e));
        let units = round / 4 % 20;
        for _ in 0..units / 2 {
            heap.step(Budget::units(1));
        }
        let c = heap[&x].edges[0].clone();
        let start = Barrier::new(2);
        thread::scope(|s| {
            let start = &start;
            s.spawn(move || {
                start.wait();
                drop(x);
            });
            start.wait();
            for _ in 0..units {
                heap.step(Budget::units(1));
            }
        });
        finish(&mut heap);
        finish(&mut heap);
        assert_eq!(heap[&c].name, c_name, "round {round}");
        let alive = maker.dropped().iter().filter(|n| **n == 0).count();
        assert_eq!(alive, 1, "round {round}");
    }
}

#[test]
fn each_thread_has_its_own_heap() {
    let heaps: Vec<_> = (0..WORKERS)
        .map(|_| {
            thread::spawn(|| {
                let (mut heap, mut maker) = (Heap::new(), Maker::new(4_000));
                let kept = maker.ring(&mut heap, 4);
                while maker.next < 3_900 {
                    drop(maker.ring(&mut heap, 5));
                    heap.step(Budget::units(7));
                }
                heap.collect();
                heap.collect();
                assert_eq!(heap.len(), 4);
                (heap, maker, kept)
            })
        })
        .collect();
    let mut ended: Vec<_> = heaps
        .into_iter()
        .map(|h| h.join().expect("no panic"))
        .collect();
    // Handles never cross.
    let (foreign, _, _) = &ended[1];
    assert_eq!(
        foreign.try_get(&ended[0].2).err(),
        Some(HandleError::ForeignHeap)
    );
    for (heap, maker, kept) in ended.drain(..) {
        drop(heap);
        maker.all_dropped_once();
        drop(kept);
    }
}
