//! What the arena promises: memory an object, extremes of size and alignment, and memory given back.

use gc_core::{Gc, Heap, Trace, Tracer};

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
fn a_million_small_objects_take_40_bytes_each_with_their_handles() {
    let beside = overhead(1_000_000, tracked::<8>);
    let all = beside + size_of::<Tracked<8>>() as f64 + size_of::<Gc<Tracked<8>>>() as f64;
    assert!(all <= 40.0, "{all}");
}
