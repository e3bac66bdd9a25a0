//! What the arena promises: memory an object, extremes of size and alignment, and memory given back.

use gc_core::{Budget, Gc, GcAny, Heap, HeapConfig, Policy, Trace, Tracer};

/// Tracked, with `N` bytes beside a handle.
#[derive(Trace)]
struct Tracked<const N: usize> {
    next: Option<Gc<Tracked<N>>>,
    rest: [u8; N],
}

/// Of a type that cannot refer to anything.
struct Leaf<const N: usize>([u8; N]);

impl<const N: usize> Trace for Leaf<N> {
    fn trace(&self, _: &mut Tracer<'_>) {}
    fn tracked() -> bool {
        false
    }
}

fn tracked<const N: usize>() -> Tracked<N> {
    Tracked {
        next: None,
        rest: [0; N],
    }
}

/// Bytes an object beside its value, with all that pages take, in a heap of nothing else.
fn overhead<T: Trace>(count: usize, make: impl Fn() -> T) -> f64 {
    let mut heap = Heap::new();
    heap.disable();
    let handles: Vec<_> = (0..count).map(|_| heap.alloc(make())).collect();
    assert_eq!(heap.len(), handles.len());
    (heap.page_bytes() - count * size_of::<T>()) as f64 / count as f64
}

#[test]
fn a_tracked_object_takes_16_bytes_beside_its_value() {
    // The last page of a type is not full: one page at the most is allowed for it.
    for (count, page) in [(100_000, 0.65536), (1_000_000, 0.0)] {
        let of = [
            overhead(count, tracked::<0>),
            overhead(count, tracked::<8>),
            overhead(count, tracked::<16>),
            overhead(count, tracked::<24>),
            overhead(count, tracked::<40>),
            overhead(count, tracked::<56>),
        ];
        assert!(
            of.iter().all(|&bytes| bytes <= 16.0 + page),
            "{count}: {of:?}"
        );
    }
}

#[test]
fn a_leaf_takes_12_bytes_beside_its_value() {
    // The last page of a type is not full: one page at the most is allowed for it.
    for (count, page) in [(100_000, 0.65536), (1_000_000, 0.0)] {
        let of = [
            overhead(count, || 0u64),
            overhead(count, || Leaf([0; 16])),
            overhead(count, || Leaf([0; 24])),
            overhead(count, || Leaf([0; 64])),
            overhead(count, || Leaf([0; 128])),
        ];
        assert!(
            of.iter().all(|&bytes| bytes <= 12.0 + page),
            "{count}: {of:?}"
        );
    }
}

/// A larger object pays for more of its page's header and rest, which is less of itself all the same.
#[test]
fn larger_objects_take_a_little_more() {
    let of = [
        (128, overhead(100_000, tracked::<120>)),
        (256, overhead(100_000, tracked::<248>)),
        (512, overhead(20_000, tracked::<504>)),
        (4096, overhead(2_000, tracked::<4088>)),
    ];
    for (size, bytes) in of {
        assert!(
            bytes <= 16.0 + size as f64 * 0.07,
            "{bytes} beside {size} bytes"
        );
    }
}

/// A few objects do not pay for a million.
#[test]
fn few_objects_take_few_bytes() {
    let one = overhead(1, tracked::<8>);
    assert!(one <= 4096.0, "{one}");
    for count in [100, 1_000, 10_000] {
        let bytes = overhead(count, tracked::<8>) * count as f64;
        let most = 16.0 * count as f64 + 65_536.0;
        assert!(bytes <= most, "{count} objects take {bytes} bytes more");
    }
}

/// With their handles, a million objects of 16 bytes stay within 40 bytes each (the pages are resident as they are:
/// every byte of them is used).
#[test]
#[cfg(not(feature = "call_sites"))] // handles are larger with it
fn a_million_small_objects_take_40_bytes_each_with_their_handles() {
    let beside = overhead(1_000_000, tracked::<8>);
    let all = beside + size_of::<Tracked<8>>() as f64 + size_of::<Gc<Tracked<8>>>() as f64;
    assert!(all <= 40.0, "{all}");
}

// --- memory given back ------------------------------------------------------------------------------------------------

fn verify(heap: &Heap) {
    #[cfg(feature = "verify")]
    heap.verify();
    let _ = heap;
}

/// A heap that had 100,000 objects once: its pages, and a few handles.
fn after_a_peak() -> (Heap, usize, Vec<Gc<Tracked<24>>>) {
    let mut heap = Heap::with_config(HeapConfig {
        policy: Policy::Budgeted(Budget::units(500)),
        ..HeapConfig::default()
    });
    let mut handles: Vec<_> = (0..100_000).map(|_| heap.alloc(tracked::<24>())).collect();
    let peak = heap.page_bytes();
    handles.truncate(10);
    heap.reclaim();
    (heap, peak, handles)
}

#[test]
fn trim_gives_all_empty_pages_back() {
    let (mut heap, peak, handles) = after_a_peak();
    assert_eq!(heap.page_bytes(), peak);
    let given = heap.trim();
    assert_eq!(heap.page_bytes(), peak - given);
    assert!(heap.page_bytes() <= 1 << 16, "{}", heap.page_bytes());
    assert_eq!(heap.trim(), 0);
    verify(&heap);
    drop(handles);
}

#[test]
fn pages_go_back_by_themselves_a_few_a_step() {
    let (mut heap, peak, handles) = after_a_peak();
    let mut before = peak;
    let mut steps = 0;
    while heap.page_bytes() > 512 << 10 {
        heap.step(Budget::units(100));
        assert!(before - heap.page_bytes() <= 8 << 16, "more than 8 pages");
        before = heap.page_bytes();
        steps += 1;
        assert!(steps < 2_000, "{before} bytes are left of {peak}");
    }
    verify(&heap);
    // And with a budget of one unit, one page.
    let (mut heap, _, more) = after_a_peak();
    for _ in 0..1_000 {
        let before = heap.page_bytes();
        let progress = heap.step(Budget::units(1));
        assert!(progress.units <= 1 && before - heap.page_bytes() <= 1 << 16);
    }
    assert!(heap.page_bytes() <= 512 << 10);
    drop((handles, more));
}

/// What comes and goes every few frames keeps its pages.
#[test]
fn memory_that_is_used_again_stays() {
    let mut heap = Heap::new();
    heap.set_policy(Policy::Budgeted(Budget::units(500)));
    let mut pages = 0;
    for frame in 0..2_000 {
        if frame % 20 == 0 {
            let burst: Vec<_> = (0..20_000).map(|_| heap.alloc(tracked::<24>())).collect();
            drop(burst);
        }
        heap.reclaim();
        heap.step(Budget::units(500));
        if frame == 100 {
            pages = heap.page_bytes();
        }
        assert!(frame < 100 || heap.page_bytes() == pages, "frame {frame}");
    }
}

#[test]
fn no_page_goes_back_in_a_round_and_all_do_after_it() {
    let mut heap = Heap::new();
    heap.set_policy(Policy::Budgeted(Budget::units(500)));
    heap.begin_round();
    let burst: Vec<_> = (0..100_000).map(|_| heap.alloc(tracked::<24>())).collect();
    let kept = burst[0].clone();
    drop(burst);
    heap.reclaim();
    let peak = heap.page_bytes();
    for _ in 0..1_000 {
        heap.step(Budget::units(500));
    }
    assert_eq!(heap.page_bytes(), peak);
    heap.end_round();
    while !heap.step(Budget::units(500)).finished {}
    for _ in 0..20 {
        heap.step(Budget::units(500));
    }
    assert!(heap.page_bytes() <= 512 << 10, "{}", heap.page_bytes());
    verify(&heap);
    drop(kept);
}

#[test]
fn a_full_collection_gives_pages_back() {
    let mut heap = Heap::new();
    heap.disable();
    for _ in 0..100_000 {
        let object = heap.alloc(tracked::<24>());
        heap[&object].next = Some(object.clone());
    }
    let peak = heap.page_bytes();
    for _ in 0..12 {
        heap.collect();
    }
    assert!(heap.page_bytes() <= peak / 8, "{}", heap.page_bytes());
    verify(&heap);
}

/// The pages that a collection in progress looks at stay, and it ends as it should.
#[test]
fn pages_go_back_while_a_collection_is_in_progress() {
    for slice in [1, 7, 50] {
        let mut heap = Heap::new();
        heap.set_policy(Policy::Disabled);
        let mut chain: Option<Gc<Tracked<24>>> = None;
        let mut loose = Vec::new();
        for number in 0..6_000 {
            let object = heap.alloc(tracked::<24>());
            heap[&object].next = chain.clone();
            if number % 3 == 0 {
                chain = Some(object);
            } else {
                loose.push(object);
            }
        }
        let mut leaves: Vec<_> = (0..6_000).map(|_| heap.alloc([0u64; 8])).collect();
        let before = heap.page_bytes();
        let mut steps = 0usize;
        while !heap.step(Budget::units(slice)).finished {
            steps += 1;
            let left = loose.len().saturating_sub(20);
            loose.truncate(left);
            leaves.truncate(left);
            heap.reclaim();
            heap.trim();
            if steps.is_multiple_of(50) {
                verify(&heap);
            }
        }
        heap.trim();
        assert!(heap.page_bytes() < before);
        drop((chain, loose, leaves));
        heap.collect();
        heap.trim();
        assert_eq!((heap.len(), heap.page_bytes()), (0, 0));
    }
}

/// Iteration goes on in a stable order when pages have come and gone.
#[test]
fn the_order_of_iteration_is_that_of_the_calls() {
    fn play() -> (Vec<u64>, Vec<u32>) {
        let mut heap = Heap::new();
        let mut handles: Vec<Gc<u64>> = Vec::new();
        for round in 0..20u64 {
            handles.extend((0..5_000).map(|number| heap.alloc(round * 10_000 + number)));
            let from = (round as usize * 7_919) % handles.len();
            let to = (from + 4_000).min(handles.len());
            handles.drain(from..to);
            heap.reclaim();
            if round % 3 == 0 {
                heap.trim();
                verify(&heap);
            }
        }
        (
            heap.iter::<u64>().copied().collect(),
            heap.pages().map(|page| page.number).collect(),
        )
    }
    assert_eq!(play(), play());
}

// --- extremes ---------------------------------------------------------------------------------------------------------

#[test]
fn a_million_objects_of_no_size() {
    #[derive(Trace)]
    struct Nothing;
    let mut heap = Heap::new();
    let handles: Vec<_> = (0..1_000_000).map(|_| heap.alloc(Nothing)).collect();
    assert_eq!(
        (heap.len(), heap.iter::<Nothing>().count()),
        (1_000_000, 1_000_000)
    );
    assert!(handles.windows(2).all(|pair| pair[0] != pair[1]));
    assert!(heap.page_bytes() < 11_000_000, "{}", heap.page_bytes());
    drop(handles);
    assert_eq!(heap.reclaim(), 1_000_000);
    heap.trim();
    assert_eq!(heap.page_bytes(), 0);
}

#[test]
fn objects_larger_than_a_page() {
    // Too large for the stack of a test: made in place.
    struct Huge(Box<[u8]>);
    impl Trace for Huge {
        fn trace(&self, _: &mut Tracer<'_>) {}
        fn tracked() -> bool {
            false
        }
    }
    fn round_trip<const N: usize>() {
        let mut heap = Heap::new();
        let handles: Vec<_> = (0..3u8).map(|n| heap.alloc(Leaf::<N>([n; N]))).collect();
        for (n, handle) in handles.iter().enumerate() {
            assert!(heap[handle].0.iter().all(|&byte| byte == n as u8));
        }
        assert!(heap.page_bytes() >= 3 * N && heap.page_bytes() < 3 * (N + 4096));
        let weak = handles[1].downgrade();
        drop(handles);
        heap.reclaim();
        assert!(heap.get_weak(weak).is_none());
        heap.trim();
        assert_eq!(heap.page_bytes(), 0);
    }
    round_trip::<65_000>();
    round_trip::<65_536>();
    round_trip::<100_000>();
    thread(256 << 20, round_trip::<{ 8 << 20 }>);
    let mut heap = Heap::new();
    let huge = heap.alloc(Huge(vec![7; 64 << 20].into()));
    heap.set_external_bytes(&huge, 64 << 20);
    assert_eq!(heap[&huge].0[64 << 19], 7);
    assert!(heap.bytes() > 64 << 20);
}

/// 64 MiB in one slot.
#[test]
fn an_object_of_64_mebibytes() {
    thread(1 << 30, || {
        let mut heap = Heap::new();
        let huge = heap.alloc(Leaf([9; 64 << 20]));
        assert_eq!((heap[&huge].0[0], heap[&huge].0[(64 << 20) - 1]), (9, 9));
        assert!(heap.bytes() >= 64 << 20);
        drop(huge);
        heap.reclaim();
        assert!(heap.trim() >= 64 << 20);
    });
}

/// Runs with that much stack: large values pass over it on their way.
fn thread(stack: usize, run: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(stack).spawn(run);
    thread.expect("a thread").join().expect("no panic");
}

macro_rules! aligned {
    ($name:ident, $align:literal) => {
        #[derive(Trace)]
        #[repr(align($align))]
        struct $name {
            number: usize,
            next: Option<Gc<$name>>,
        }
        impl $name {
            fn check() {
                let mut heap = Heap::new();
                let handles: Vec<_> = (0..20)
                    .map(|number| heap.alloc($name { number, next: None }))
                    .collect();
                for pair in 0..10 {
                    heap[&handles[pair * 2]].next = Some(handles[pair * 2 + 1].clone());
                    heap[&handles[pair * 2 + 1]].next = Some(handles[pair * 2].clone());
                }
                for (number, handle) in handles.iter().enumerate() {
                    let value: &$name = &heap[handle];
                    assert_eq!(value.number, number);
                    assert_eq!((&raw const *value).addr() % $align, 0);
                }
                let weak = handles[7].downgrade();
                drop(handles);
                verify(&heap);
                assert_eq!(heap.collect().collected, 20);
                assert!(heap.get_weak(weak).is_none());
                heap.trim();
                assert_eq!(heap.page_bytes(), 0);
            }
        }
    };
}
aligned!(Align64, 64);
aligned!(Align2048, 2048);
aligned!(Align4096, 4096);
aligned!(Align65536, 65536);
aligned!(AlignMega, 1048576);

#[test]
fn huge_alignments() {
    Align64::check();
    Align2048::check();
    Align4096::check();
    Align65536::check();
    thread(64 << 20, AlignMega::check);
}

/// Many types in one heap: each finds its own pages. (Ten thousand: `many_types.rs`.)
#[test]
fn a_hundred_types() {
    struct Of<const A: usize, const B: usize>(usize);
    impl<const A: usize, const B: usize> Trace for Of<A, B> {
        fn trace(&self, _: &mut Tracer<'_>) {}
        fn tracked() -> bool {
            false
        }
    }
    fn one<const A: usize, const B: usize>(heap: &mut Heap, all: &mut Vec<GcAny>) {
        all.push(heap.alloc(Of::<A, B>(A * 10 + B)).erase());
    }
    macro_rules! each {
        ($heap:ident, $all:ident, $f:ident, $fixed:tt, $($n:literal)*) => {
            $(each!(@ $heap, $all, $f, $fixed, $n);)*
        };
        (@ $heap:ident, $all:ident, $f:ident, ($($fixed:ident,)?), $n:literal) => {
            $f::<$($fixed,)? $n>($heap, $all)
        };
    }
    fn ten<const A: usize>(heap: &mut Heap, all: &mut Vec<GcAny>) {
        each!(heap, all, one, (A,), 0 1 2 3 4 5 6 7 8 9);
    }
    let mut heap = Heap::new();
    let mut all = Vec::new();
    for _ in 0..3 {
        let (heap, all) = (&mut heap, &mut all);
        each!(heap, all, ten, (), 0 1 2 3 4 5 6 7 8 9);
    }
    assert_eq!(all.len(), 300);
    let names: std::collections::HashSet<_> = heap.pages().map(|page| page.type_name).collect();
    assert_eq!((names.len(), heap.pages().count()), (100, 100));
    verify(&heap);
    let last = all.pop().unwrap().downcast::<Of<9, 9>>().unwrap();
    assert_eq!(heap[&last].0, 99);
    assert!(heap.iter::<Of<3, 1>>().map(|of| of.0).eq([31; 3]));
    assert!(heap.page_bytes() <= 100 * 4_096);
    drop((all, last));
    heap.reclaim();
    heap.trim();
    assert_eq!(heap.page_bytes(), 0);
}
