//! Churn: 2,000 bullets of 64 bytes with a strong handle of their owner are made, then dropped and reclaimed.

use crate::cpu_time::CpuTime;
use criterion::{Criterion, SamplingMode, Throughput};
use gc_core::{Gc, Heap, Trace, Weak};
use slotmap::{DefaultKey, SlotMap};
use std::{hint::black_box, rc::Rc, sync::Arc};

const BULLETS: usize = 2_000;
/// With the handle of the owner, 64 bytes.
type Body = [u64; 7];

#[derive(Trace)]
struct Owner {
    hp: u64,
}

/// In an object that the collector knows, as an owner in a game is.
#[derive(Trace)]
struct Bullet {
    owner: Gc<Owner>,
    body: Body,
}

/// Refers to nothing.
#[derive(Trace)]
struct Leaf {
    body: [u64; 8],
}

#[derive(Trace)]
struct Homing {
    target: Weak<Owner>,
    body: [u64; 6],
}

#[derive(Trace)]
struct Small {
    next: Option<Gc<Small>>,
    value: u64,
}

struct Counted<P> {
    owner: P,
    body: Body,
}

pub fn churn(criterion: &mut Criterion<CpuTime>) {
    let mut group = criterion.benchmark_group("churn of 2,000 bullets");
    group.throughput(Throughput::Elements(BULLETS as u64));

    group.bench_function("gc-core", |bencher| {
        let mut heap = Heap::new();
        let owner = heap.alloc(Owner { hp: 3 });
        let mut bullets = Vec::with_capacity(BULLETS);
        bencher.iter(|| {
            for shot in 0..BULLETS as u64 {
                bullets.push(heap.alloc(Bullet {
                    owner: owner.clone(),
                    body: [shot; 7],
                }));
            }
            let last = heap.get(&bullets[BULLETS - 1]);
            black_box(last.body[0] + heap.get(&last.owner).hp);
            bullets.clear();
            heap.reclaim()
        });
    });
    group.bench_function("Rc", |bencher| {
        let owner = Rc::new(Owner { hp: 3 });
        counted(
            bencher,
            || {
                Rc::new(Counted {
                    owner: owner.clone(),
                    body: [1; 7],
                })
            },
            |bullet| bullet.body[0] + bullet.owner.hp,
        );
    });
    group.bench_function("Arc", |bencher| {
        let owner = Arc::new(Owner { hp: 3 });
        counted(
            bencher,
            || {
                Arc::new(Counted {
                    owner: owner.clone(),
                    body: [1; 7],
                })
            },
            |bullet| bullet.body[0] + bullet.owner.hp,
        );
    });
    group.bench_function("slotmap", |bencher| {
        let mut owners = SlotMap::new();
        let owner: DefaultKey = owners.insert(Owner { hp: 3 });
        let mut slots: SlotMap<DefaultKey, Counted<DefaultKey>> = SlotMap::new();
        let mut bullets = Vec::with_capacity(BULLETS);
        bencher.iter(|| {
            for shot in 0..BULLETS as u64 {
                bullets.push(slots.insert(Counted {
                    owner,
                    body: [shot; 7],
                }));
            }
            let last = &slots[bullets[BULLETS - 1]];
            black_box(last.body[0] + owners[last.owner].hp);
            for bullet in bullets.drain(..) {
                slots.remove(bullet);
            }
        });
    });
    group.finish();
}

/// gc-core's bullets by what they refer to.
pub fn bullets(criterion: &mut Criterion<CpuTime>) {
    let mut group = criterion.benchmark_group("churn of 2,000 bullets, gc-core");
    group.throughput(Throughput::Elements(BULLETS as u64));
    group.bench_function("nothing: a leaf", |bencher| {
        fire(bencher, |heap, _| heap.alloc(Leaf { body: [1; 8] }));
    });
    group.bench_function("an owner", |bencher| {
        fire(bencher, |heap, owner| {
            heap.alloc(Bullet {
                owner: owner.clone(),
                body: [1; 7],
            })
        });
    });
    group.bench_function("an owner, weakly", |bencher| {
        fire(bencher, |heap, owner| {
            heap.alloc(Homing {
                target: owner.downgrade(),
                body: [1; 6],
            })
        });
    });
    group.bench_function("an owner, and a weak handle of each", |bencher| {
        fire(bencher, |heap, owner| {
            let bullet = heap.alloc(Bullet {
                owner: owner.clone(),
                body: [1; 7],
            });
            black_box(bullet.downgrade());
            bullet
        });
    });
    group.finish();
}

fn fire<T: Trace>(
    bencher: &mut criterion::Bencher<'_, CpuTime>,
    mut make: impl FnMut(&mut Heap, &Gc<Owner>) -> Gc<T>,
) {
    let mut heap = Heap::new();
    let owner = heap.alloc(Owner { hp: 3 });
    let mut bullets = Vec::with_capacity(BULLETS);
    bencher.iter(|| {
        bullets.extend((0..BULLETS).map(|_| make(&mut heap, &owner)));
        black_box(&bullets);
        bullets.clear();
        heap.reclaim()
    });
}

/// 1,000,000 objects of 16 bytes: made, and dropped with their heap.
pub fn million(criterion: &mut Criterion<CpuTime>) {
    const OBJECTS: usize = 1_000_000;
    let mut group = criterion.benchmark_group("1,000,000 objects of 16 bytes");
    group.throughput(Throughput::Elements(OBJECTS as u64));
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.bench_function("gc-core", |bencher| {
        bencher.iter(|| {
            let mut heap = Heap::new();
            heap.disable();
            let small = |value| Small { next: None, value };
            let all: Vec<Gc<Small>> = (0..OBJECTS as u64).map(|n| heap.alloc(small(n))).collect();
            black_box(all.last().map(|last| heap.get(last).value));
        });
    });
    group.bench_function("Rc", |bencher| {
        bencher.iter(|| {
            black_box(
                (0..OBJECTS as u64)
                    .map(|n| Rc::new([0, n]))
                    .collect::<Vec<_>>(),
            )
        });
    });
    group.bench_function("Arc", |bencher| {
        bencher.iter(|| {
            black_box(
                (0..OBJECTS as u64)
                    .map(|n| Arc::new([0, n]))
                    .collect::<Vec<_>>(),
            )
        });
    });
    group.finish();
}

fn counted<P>(
    bencher: &mut criterion::Bencher<'_, CpuTime>,
    make: impl Fn() -> P,
    read: impl Fn(&P) -> u64,
) {
    let mut bullets = Vec::with_capacity(BULLETS);
    bencher.iter(|| {
        bullets.extend((0..BULLETS).map(|_| make()));
        black_box(read(&bullets[BULLETS - 1]));
        bullets.clear();
    });
}
