//! Frames that leave 2,000 objects behind in rings of 10. The mean only: for the longest see the binary `pauses`.

use crate::cpu_time::CpuTime;
use benches::{
    graph::{Graph, Hold},
    rings,
};
use criterion::{Criterion, Throughput};
use gc_core::{Budget, Heap, HeapConfig, Policy};
use std::time::Duration;

const LIVE: usize = 100_000;

pub fn rings(criterion: &mut Criterion<CpuTime>) {
    let mut group = criterion.benchmark_group("frame of rings beside 100,000 live");
    group.throughput(Throughput::Elements(rings::PER_FRAME as u64));
    let budget = Budget::time(Duration::from_micros(500));
    for (name, policy) in [
        ("automatic", Policy::Automatic),
        ("paced, 500 µs", Policy::Budgeted(budget)),
    ] {
        group.bench_function(name, |bencher| {
            let mut heap = Heap::with_config(HeapConfig {
                policy: Policy::Disabled,
                ..HeapConfig::default()
            });
            let _graph = Graph::build(&mut heap, LIVE, Hold::OneByOne);
            heap.collect();
            heap.set_policy(policy);
            bencher.iter(|| {
                rings::frame(&mut heap, |_, _| ());
                if policy != Policy::Automatic {
                    heap.step(budget);
                }
            });
        });
    }
    group.finish();
}
