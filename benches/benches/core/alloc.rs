//! Churn: 2,000 bullets of 64 bytes with a strong handle of their owner are made, then dropped and reclaimed.

use crate::cpu_time::CpuTime;
use criterion::{Criterion, Throughput};
use gc_core::{Gc, Heap, Trace};
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
