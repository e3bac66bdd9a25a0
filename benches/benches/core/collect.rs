//! Full collections in one go.

use crate::cpu_time::CpuTime;
use benches::{
    graph::{Graph, Hold, bare_nodes},
    rings::{RING, ring},
};
use criterion::{Criterion, SamplingMode, Throughput};
use gc_core::{Gc, Heap, Trace};

const OBJECTS: usize = 100_000;

/// Live objects with three random edges each, and no garbage.
pub fn live(criterion: &mut Criterion<CpuTime>) {
    let mut group = criterion.benchmark_group("full collection, live objects");
    for power in 3..=7 {
        let objects = 10usize.pow(power);
        if crate::is_quick() && objects > 1_000_000 {
            continue;
        }
        if objects >= 1_000_000 {
            group.sample_size(10).sampling_mode(SamplingMode::Flat);
        }
        group.throughput(Throughput::Elements(objects as u64));
        for hold in [Hold::OneByOne, Hold::OneRoot] {
            group.bench_function(format!("{objects}, {hold}"), |bencher| {
                let mut heap = quiet();
                let _graph = Graph::build(&mut heap, objects, hold);
                bencher.iter(|| heap.collect());
            });
        }
    }
    group.finish();
}

/// Shapes of 1,000,000 live objects that are hard for some collectors.
pub fn shapes(criterion: &mut Criterion<CpuTime>) {
    const OBJECTS: usize = 1_000_000;
    let mut group = criterion.benchmark_group("full collection, 1,000,000 live");
    group.throughput(Throughput::Elements(OBJECTS as u64));
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    let shapes: [(&str, Parent); 4] = [
        ("a tree", |child, _| child.checked_sub(1).map(|it| it / 3)),
        ("a wide hub", |child, _| child.checked_sub(1).map(|_| 0)),
        ("a deep list", |child, _| child.checked_sub(1)),
        ("one ring", |child, objects| {
            Some((child + objects - 1) % objects)
        }),
    ];
    for (name, parent) in shapes {
        group.bench_function(name, |bencher| {
            let mut heap = quiet();
            let _first = shape(&mut heap, OBJECTS, |child| parent(child, OBJECTS));
            bencher.iter(|| heap.collect());
        });
    }
    group.finish();
}

/// Of a child's number and of how many there are: the number of its parent.
type Parent = fn(usize, usize) -> Option<usize>;

/// Objects of any number of edges: each is referred to by its parent. Only the first one's handle is left.
fn shape(heap: &mut Heap, objects: usize, parent: impl Fn(usize) -> Option<usize>) -> Gc<Fan> {
    let fans: Vec<Gc<Fan>> = (0..objects)
        .map(|_| heap.alloc(Fan { edges: Vec::new() }))
        .collect();
    for (child, handle) in fans.iter().enumerate() {
        if let Some(parent) = parent(child) {
            heap.get_mut(&fans[parent]).edges.push(handle.clone());
        }
    }
    fans.into_iter().next().expect("there are some")
}

#[derive(Trace)]
struct Fan {
    edges: Vec<Gc<Fan>>,
}

fn quiet() -> Heap {
    let mut heap = Heap::new();
    heap.disable();
    heap
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

/// A ring of 1,000,000, left behind.
pub fn one_ring(criterion: &mut Criterion<CpuTime>) {
    const OBJECTS: usize = 1_000_000;
    let mut group = criterion.benchmark_group("a ring of 1,000,000");
    group.throughput(Throughput::Elements(OBJECTS as u64));
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.bench_function("build and collect", |bencher| {
        let mut heap = quiet();
        bencher.iter(|| {
            let nodes = bare_nodes(&mut heap, OBJECTS);
            for (index, node) in nodes.iter().enumerate() {
                heap.get_mut(node).edges[0] = Some(nodes[(index + 1) % OBJECTS].clone());
            }
            drop(nodes);
            heap.collect()
        });
    });
    group.finish();
}
