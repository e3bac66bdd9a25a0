//! A list and a ring of 1,000,000 objects on a stack of 256 KiB: nothing recurses along the edges.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gc_core::{Budget, Finalize, Gc, Heap, Policy, Trace};

const N: usize = 1_000_000;
const STACK: usize = 256 << 10;

#[derive(Trace)]
struct Link {
    next: Option<Gc<Link>>,
    number: usize,
    #[trace(skip)]
    drops: Arc<AtomicUsize>,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::Relaxed);
    }
}

fn on_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(test);
    if let Err(e) = thread.expect("a thread").join() {
        std::panic::resume_unwind(e);
    }
}

/// A heap that collects only when told, so that each test knows what does the work.
fn quiet_heap() -> Heap {
    let mut heap = Heap::new();
    heap.set_policy(Policy::Disabled);
    heap
}

/// Returns the first and the last of the list.
fn list(heap: &mut Heap, drops: &Arc<AtomicUsize>) -> (Gc<Link>, Gc<Link>) {
    let mut link = |next, number| {
        heap.alloc(Link {
            next,
            number,
            drops: drops.clone(),
        })
    };
    let last = link(None, N - 1);
    let mut head = last.clone();
    for number in (0..N - 1).rev() {
        head = link(Some(head), number);
    }
    (head, last)
}

fn ring(heap: &mut Heap, drops: &Arc<AtomicUsize>) -> Gc<Link> {
    let (head, last) = list(heap, drops);
    heap[&last].next = Some(head.clone());
    head
}

fn count(drops: &AtomicUsize) -> usize {
    drops.load(Ordering::Relaxed)
}

#[test]
fn a_long_list_is_released_at_once() {
    on_small_stack(|| {
        let (mut heap, drops) = (quiet_heap(), Arc::default());
        drop(list(&mut heap, &drops));
        assert_eq!(count(&drops), 0, "dropping the handle runs nothing");
        assert_eq!(heap.reclaim(), N);
        assert_eq!((count(&drops), heap.len()), (N, 0));
    });
}

#[test]
fn a_long_list_is_released_over_frames() {
    const SLICE: u64 = 10_000;
    on_small_stack(|| {
        let (mut heap, drops) = (quiet_heap(), Arc::default());
        drop(list(&mut heap, &drops));
        let mut frames = 0;
        loop {
            let before = count(&drops);
            let progress = heap.step(Budget::units(SLICE));
            assert!(progress.units <= SLICE, "{progress:?}");
            assert!(
                count(&drops) - before <= SLICE as usize,
                "a free is at least a unit"
            );
            frames += 1;
            if progress.finished {
                break;
            }
            assert!(frames < 100 * N as u64 / SLICE, "it does not end");
        }
        assert!(frames >= N as u64 / SLICE);
        assert_eq!((count(&drops), heap.len()), (N, 0));
    });
}

#[test]
fn a_long_list_ends_with_its_heap() {
    on_small_stack(|| {
        let (mut heap, drops) = (quiet_heap(), Arc::default());
        let (head, last) = list(&mut heap, &drops);
        drop(heap);
        assert_eq!(count(&drops), N);
        drop((head, last));
    });
}

#[test]
fn a_long_ring_is_collected_at_once() {
    on_small_stack(|| {
        let (mut heap, drops) = (quiet_heap(), Arc::default());
        drop(ring(&mut heap, &drops));
        assert_eq!(heap.reclaim(), 0);
        assert_eq!(heap.collect().collected, N);
        assert_eq!((count(&drops), heap.len()), (N, 0));
    });
}

#[test]
fn a_long_ring_is_collected_in_slices() {
    const SLICE: u64 = 10_000;
    on_small_stack(|| {
        let (mut heap, drops) = (quiet_heap(), Arc::default());
        drop(ring(&mut heap, &drops));
        let mut slices = 0;
        loop {
            let progress = heap.step(Budget::units(SLICE));
            assert!(progress.units <= SLICE, "{progress:?}");
            slices += 1;
            if progress.finished {
                break;
            }
            assert!(slices < 100 * N as u64 / SLICE, "it does not end");
        }
        assert_eq!((count(&drops), heap.len()), (N, 0));
    });
}

#[test]
fn a_long_live_ring_is_marked_and_stays_whole() {
    on_small_stack(|| {
        let (mut heap, drops) = (quiet_heap(), Arc::default());
        let head = ring(&mut heap, &drops);
        assert_eq!(heap.collect().collected, 0);
        while !heap.step(Budget::units(100_000)).finished {}
        assert_eq!(count(&drops), 0);
        let mut at = &head;
        for number in 0..N {
            let link = &heap[at];
            assert_eq!(link.number, number);
            at = link.next.as_ref().expect("a ring");
        }
        assert!(*at == head);
    });
}

#[test]
fn a_list_that_hangs_off_a_dead_ring_goes_with_it() {
    on_small_stack(|| {
        let (mut heap, drops) = (quiet_heap(), Arc::default());
        let (head, _) = list(&mut heap, &drops);
        let knot = heap.alloc(Knot {
            me: None,
            list: Some(head),
        });
        let me = knot.clone();
        heap[&knot].me = Some(me);
        assert!(heap[&knot].list.is_some());
        drop(knot);
        assert_eq!(heap.collect().collected, N + 1);
        assert_eq!((count(&drops), heap.len()), (N, 0));
    });
}

#[derive(Trace)]
struct Knot {
    me: Option<Gc<Knot>>,
    list: Option<Gc<Link>>,
}

/// Each death makes the next: finalizers run one by one, and never inside each other.
#[derive(Trace)]
#[trace(finalize)]
struct Mourner {
    next: Option<Gc<Mourner>>,
    #[trace(skip)]
    finalized: Arc<AtomicUsize>,
}

impl Finalize for Mourner {
    fn finalize(this: &Gc<Self>, heap: &mut Heap) {
        heap[this].finalized.fetch_add(1, Ordering::Relaxed);
        // A finalizer is a safepoint too: this must not go down the list.
        heap.reclaim();
    }
}

#[test]
fn a_long_list_with_finalizers_is_released() {
    const N: usize = 200_000;
    on_small_stack(|| {
        let mut heap = quiet_heap();
        let finalized = Arc::new(AtomicUsize::new(0));
        let mut head = None;
        for _ in 0..N {
            head = Some(heap.alloc(Mourner {
                next: head,
                finalized: finalized.clone(),
            }));
        }
        let head = head.expect("not empty");
        assert!(heap[&head].next.is_some());
        drop(head);
        heap.reclaim();
        assert_eq!((count(&finalized), heap.len()), (N, 0));
    });
}
