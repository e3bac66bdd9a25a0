//! Containers that a heap counts, beside those that it does not: filling an empty one, and reading it.

use crate::cpu_time::CpuTime;
use criterion::{BatchSize, Criterion, Throughput};
use gc_core::Heap;
use gc_core::containers::{GcDeque, GcMap, GcVec};
use hashbrown::HashMap;
use std::collections::VecDeque;
use std::hint::black_box;

const SIZES: [u64; 2] = [1_000, 100_000];

/// Keys without an order, the same for all.
fn key(n: u64) -> u64 {
    n.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

pub fn push(criterion: &mut Criterion<CpuTime>) {
    for size in SIZES {
        let mut group = criterion.benchmark_group(format!("push {size} into an empty vector"));
        group.throughput(Throughput::Elements(size));
        let heap = Heap::new();
        group.bench_function("GcVec", |bencher| {
            bencher.iter(|| {
                let mut vec = GcVec::new_in(&heap);
                for n in 0..size {
                    vec.push(black_box(n));
                }
                vec
            });
        });
        group.bench_function("Vec", |bencher| {
            bencher.iter(|| {
                let mut vec = Vec::new();
                for n in 0..size {
                    vec.push(black_box(n));
                }
                vec
            });
        });
        group.finish();
    }
}

pub fn queue(criterion: &mut Criterion<CpuTime>) {
    let mut group = criterion.benchmark_group("push and pop of a queue of 1,000");
    let heap = Heap::new();
    let mut deque = GcDeque::from_iter_in(0..1_000u64, &heap);
    group.bench_function("GcDeque", |bencher| {
        bencher.iter(|| {
            deque.push_back(black_box(7));
            deque.pop_front()
        });
    });
    let mut deque = VecDeque::from_iter(0..1_000u64);
    group.bench_function("VecDeque", |bencher| {
        bencher.iter(|| {
            deque.push_back(black_box(7));
            deque.pop_front()
        });
    });
    group.finish();
}

pub fn insert(criterion: &mut Criterion<CpuTime>) {
    for size in SIZES {
        let mut group = criterion.benchmark_group(format!("insert {size} into an empty map"));
        group.throughput(Throughput::Elements(size));
        let heap = Heap::new();
        group.bench_function("GcMap", |bencher| {
            bencher.iter(|| {
                let mut map = GcMap::new_in(&heap);
                for n in 0..size {
                    map.insert(key(n), n);
                }
                map
            });
        });
        group.bench_function("hashbrown", |bencher| {
            bencher.iter(|| {
                let mut map = HashMap::new();
                for n in 0..size {
                    map.insert(key(n), n);
                }
                map
            });
        });
        group.finish();
    }
}

pub fn look_up(criterion: &mut Criterion<CpuTime>) {
    for size in SIZES {
        let mut group = criterion.benchmark_group(format!("look up in a map of {size}"));
        group.throughput(Throughput::Elements(size));
        let heap = Heap::new();
        let map = GcMap::from_iter_in((0..size).map(|n| (key(n), n)), &heap);
        group.bench_function("GcMap", |bencher| {
            bencher.iter(|| (0..size).filter_map(|n| map.get(&key(n))).sum::<u64>());
        });
        let map: HashMap<u64, u64> = (0..size).map(|n| (key(n), n)).collect();
        group.bench_function("hashbrown", |bencher| {
            bencher.iter(|| (0..size).filter_map(|n| map.get(&key(n))).sum::<u64>());
        });
        group.finish();
    }
}

pub fn remove(criterion: &mut Criterion<CpuTime>) {
    let size = SIZES[0];
    let mut group = criterion.benchmark_group(format!("remove all {size} of a map"));
    group.throughput(Throughput::Elements(size));
    let heap = Heap::new();
    let map = GcMap::from_iter_in((0..size).map(|n| (key(n), n)), &heap);
    group.bench_function("GcMap", |bencher| {
        bencher.iter_batched_ref(
            || map.clone(),
            |map| (0..size).filter_map(|n| map.remove(&key(n))).sum::<u64>(),
            BatchSize::SmallInput,
        );
    });
    let map: HashMap<u64, u64> = (0..size).map(|n| (key(n), n)).collect();
    group.bench_function("hashbrown", |bencher| {
        bencher.iter_batched_ref(
            || map.clone(),
            |map| (0..size).filter_map(|n| map.remove(&key(n))).sum::<u64>(),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}
