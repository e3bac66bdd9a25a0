//! Full collections in one go.

use crate::cpu_time::CpuTime;
use benches::{
    graph::{Graph, Hold},
    rings::{RING, ring},
};
use criterion::{Criterion, Throughput};
use gc_core::Heap;

const OBJECTS: usize = 100_000;

/// 100,000 live objects with three random edges each, and no garbage.
pub fn live(criterion: &mut Criterion<CpuTime>) {
    let mut group = criterion.benchmark_group("full collection, 100,000 live");
    group.throughput(Throughput::Elements(OBJECTS as u64));
    for hold in [Hold::OneByOne, Hold::OneRoot] {
        group.bench_function(hold.to_string(), |bencher| {
            let mut heap = Heap::new();
            heap.disable();
            let _graph = Graph::build(&mut heap, OBJECTS, hold);
            bencher.iter(|| heap.collect());
        });
    }
    group.finish();
}

/// 100,000 objects in rings of 10, all left behind.
pub fn rings(criterion: &mut Criterion<CpuTime>) {
    let mut group = criterion.benchmark_group("100,000 objects in rings of 10");
    group.throughput(Throughput::Elements(OBJECTS as u64));
    group.bench_function("build and collect", |bencher| {
        let mut heap = Heap::new();
        heap.disable();
        bencher.iter(|| {
            for _ in 0..OBJECTS / RING {
                drop(ring(&mut heap));
            }
            heap.collect()
        });
    });
    group.bench_function("build and collect, automatic", |bencher| {
        let mut heap = Heap::new();
        bencher.iter(|| {
            for _ in 0..OBJECTS / RING {
                drop(ring(&mut heap));
            }
            heap.collect()
        });
    });
    group.finish();
}
