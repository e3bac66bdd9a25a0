//! Through handles: clone and drop, write, read, upgrade.

use crate::cpu_time::CpuTime;
use benches::{
    graph::{Node, bare_nodes},
    random::Random,
};
use criterion::{BatchSize, Bencher, Criterion, Throughput};
use gc_core::{Gc, Heap, Weak};
use std::{
    cell::RefCell,
    hint::black_box,
    rc::{self, Rc},
    sync::{self, Arc, Mutex},
};

const OBJECTS: usize = 100_000;

/// As large as a [`Node`].
type Plain = [u64; 4];

fn shuffled<P>(mut handles: Vec<P>) -> Vec<P> {
    Random::new(7).shuffle(&mut handles);
    handles
}

fn nodes(heap: &mut Heap) -> Vec<Gc<Node>> {
    heap.disable();
    shuffled(bare_nodes(heap, OBJECTS))
}

fn plain<P>(make: impl Fn(Plain) -> P) -> Vec<P> {
    shuffled((0..OBJECTS as u64).map(|n| make([n; 4])).collect())
}

pub fn clone_and_drop(criterion: &mut Criterion<CpuTime>) {
    let mut group = criterion.benchmark_group("clone and drop");
    group.bench_function("gc-core, hot", |bencher| {
        let mut heap = Heap::new();
        let handle = heap.alloc(Node::default());
        bencher.iter(|| drop(black_box(black_box(&handle).clone())));
    });
    group.bench_function("Rc, hot", |bencher| {
        let handle = Rc::new([0u64; 4]);
        bencher.iter(|| drop(black_box(black_box(&handle).clone())));
    });
    group.bench_function("Arc, hot", |bencher| {
        let handle = Arc::new([0u64; 4]);
        bencher.iter(|| drop(black_box(black_box(&handle).clone())));
    });
    group.throughput(Throughput::Elements(OBJECTS as u64));
    group.bench_function("gc-core, 100,000 shuffled", |bencher| {
        let mut heap = Heap::new();
        let handles = nodes(&mut heap);
        bencher.iter(|| handles.iter().for_each(|h| drop(black_box(h.clone()))));
    });
    group.bench_function("Rc, 100,000 shuffled", |bencher| {
        let handles = plain(Rc::new);
        bencher.iter(|| handles.iter().for_each(|h| drop(black_box(h.clone()))));
    });
    group.bench_function("Arc, 100,000 shuffled", |bencher| {
        let handles = plain(Arc::new);
        bencher.iter(|| handles.iter().for_each(|h| drop(black_box(h.clone()))));
    });
    group.finish();
}

/// The two apart.
pub fn clone_or_drop(criterion: &mut Criterion<CpuTime>) {
    let mut heap = Heap::new();
    let (gc, rc, arc) = (nodes(&mut heap), plain(Rc::new), plain(Arc::new));
    let mut group = criterion.benchmark_group("clone, 100,000 shuffled");
    group.throughput(Throughput::Elements(OBJECTS as u64));
    group.bench_function("gc-core", |bencher| clones(bencher, &gc));
    group.bench_function("Rc", |bencher| clones(bencher, &rc));
    group.bench_function("Arc", |bencher| clones(bencher, &arc));
    group.finish();
    let mut group = criterion.benchmark_group("drop of a clone, 100,000 shuffled");
    group.throughput(Throughput::Elements(OBJECTS as u64));
    group.bench_function("gc-core", |bencher| drops(bencher, &gc));
    group.bench_function("Rc", |bencher| drops(bencher, &rc));
    group.bench_function("Arc", |bencher| drops(bencher, &arc));
    group.finish();
}

fn clones<P: Clone>(bencher: &mut Bencher<'_, CpuTime>, handles: &[P]) {
    bencher.iter_batched(
        || Vec::with_capacity(handles.len()),
        |mut clones| {
            clones.extend_from_slice(handles);
            clones
        },
        BatchSize::LargeInput,
    );
}

fn drops<P: Clone>(bencher: &mut Bencher<'_, CpuTime>, handles: &[P]) {
    bencher.iter_batched(|| handles.to_vec(), drop, BatchSize::LargeInput);
}

pub fn write(criterion: &mut Criterion<CpuTime>) {
    let mut group = criterion.benchmark_group("write, 100,000 shuffled");
    group.throughput(Throughput::Elements(OBJECTS as u64));
    group.bench_function("gc-core", |bencher| {
        let mut heap = Heap::new();
        let handles = nodes(&mut heap);
        bencher.iter(|| handles.iter().for_each(|h| heap.get_mut(h).payload += 1));
    });
    group.bench_function("Rc of a RefCell", |bencher| {
        let handles = plain(|object| Rc::new(RefCell::new(object)));
        bencher.iter(|| handles.iter().for_each(|h| h.borrow_mut()[3] += 1));
    });
    group.bench_function("Arc of a Mutex", |bencher| {
        let handles = plain(|object| Arc::new(Mutex::new(object)));
        let write = |object: &Mutex<Plain>| object.lock().expect("nobody panics with it")[3] += 1;
        bencher.iter(|| handles.iter().for_each(|h| write(h)));
    });
    group.finish();
}

pub fn read(criterion: &mut Criterion<CpuTime>) {
    let mut group = criterion.benchmark_group("read, 100,000 shuffled");
    group.throughput(Throughput::Elements(OBJECTS as u64));
    group.bench_function("gc-core get", |bencher| {
        let mut heap = Heap::new();
        let handles = nodes(&mut heap);
        bencher.iter(|| handles.iter().fold(0, |sum, h| sum ^ heap.get(h).payload));
    });
    group.bench_function("gc-core get_mut", |bencher| {
        let mut heap = Heap::new();
        let handles = nodes(&mut heap);
        bencher.iter(|| {
            handles
                .iter()
                .fold(0, |sum, h| sum ^ heap.get_mut(h).payload)
        });
    });
    group.bench_function("Rc", |bencher| {
        let handles = plain(Rc::new);
        bencher.iter(|| handles.iter().fold(0, |sum, h| sum ^ h[3]));
    });
    group.finish();
}

pub fn read_weak(criterion: &mut Criterion<CpuTime>) {
    let mut group = criterion.benchmark_group("read through weak handles, 100,000 shuffled");
    group.throughput(Throughput::Elements(OBJECTS as u64));
    group.bench_function("gc-core get_weak", |bencher| {
        let mut heap = Heap::new();
        let handles = nodes(&mut heap);
        let weaks: Vec<Weak<Node>> = handles.iter().map(Gc::downgrade).collect();
        let read = |weak: &Weak<Node>| heap.get_weak(*weak).map_or(0, |node| node.payload);
        bencher.iter(|| weaks.iter().fold(0, |sum, weak| sum ^ read(weak)));
    });
    group.bench_function("Rc, upgraded", |bencher| {
        let handles = plain(Rc::new);
        let weaks: Vec<rc::Weak<Plain>> = handles.iter().map(Rc::downgrade).collect();
        let read = |weak: &rc::Weak<Plain>| weak.upgrade().map_or(0, |it| it[3]);
        bencher.iter(|| weaks.iter().fold(0, |sum, weak| sum ^ read(weak)));
    });
    group.finish();
}

pub fn upgrade(criterion: &mut Criterion<CpuTime>) {
    let mut group = criterion.benchmark_group("weak upgrade and drop");
    group.bench_function("gc-core, hot", |bencher| {
        let mut heap = Heap::new();
        let handle = heap.alloc(Node::default());
        let weak = handle.downgrade();
        bencher.iter(|| drop(black_box(heap.upgrade(black_box(weak)))));
    });
    group.bench_function("Arc, hot", |bencher| {
        let handle = Arc::new([0u64; 4]);
        let weak = Arc::downgrade(&handle);
        bencher.iter(|| drop(black_box(black_box(&weak).upgrade())));
    });
    group.throughput(Throughput::Elements(OBJECTS as u64));
    group.bench_function("gc-core, 100,000 shuffled", |bencher| {
        let mut heap = Heap::new();
        let handles = nodes(&mut heap);
        let weaks: Vec<Weak<Node>> = handles.iter().map(Gc::downgrade).collect();
        bencher.iter(|| weaks.iter().for_each(|&w| drop(black_box(heap.upgrade(w)))));
    });
    group.bench_function("Arc, 100,000 shuffled", |bencher| {
        let handles = plain(Arc::new);
        let weaks: Vec<sync::Weak<Plain>> = handles.iter().map(Arc::downgrade).collect();
        bencher.iter(|| weaks.iter().for_each(|w| drop(black_box(w.upgrade()))));
    });
    group.finish();
}
