//! A `trace` that tells wrong edges frees wrong objects; the heap itself stays whole.

use gc_core::{Budget, Finalize, Gc, Generation, Heap, Trace, Tracer};

use crate::util::verify;

struct Thrice(Vec<Gc<Liar>>);

impl Trace for Thrice {
    fn trace(&self, tracer: &mut Tracer<'_>) {
        for _ in 0..3 {
            self.0.trace(tracer);
        }
    }
}

#[derive(Trace)]
#[trace(finalize)]
struct Liar {
    edges: Vec<Gc<Liar>>,
    thrice: Thrice,
}

impl Finalize for Liar {
    fn finalize(this: &Gc<Self>, heap: &mut Heap) {
        if let Ok(liar) = heap.try_get_mut(this) {
            liar.edges.clear();
            liar.thrice.0.clear();
        }
    }
}

/// Xorshift: the same on every machine.
struct Random(u32);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 as usize % n
    }
}

fn act(heap: &mut Heap, held: &mut Vec<Gc<Liar>>, random: &mut Random) {
    match random.below(20) {
        0..7 => held.push(heap.alloc(Liar {
            edges: Vec::new(),
            thrice: Thrice(Vec::new()),
        })),
        7..11 if !held.is_empty() => {
            let [a, b] = [(); 2].map(|()| held[random.below(held.len())].clone());
            // The game holds `a`, and yet it may be gone.
            if let Ok(liar) = heap.try_get_mut(&a) {
                [&mut liar.edges, &mut liar.thrice.0][random.below(2)].push(b);
            }
        }
        11..13 if !held.is_empty() => drop(held.swap_remove(random.below(held.len()))),
        13..17 => {
            heap.step(Budget::units(random.below(20) as u64));
        }
        17 => {
            heap.collect_generation(Generation::ALL[random.below(3)]);
        }
        18 => {
            heap.trim();
            heap.reclaim();
        }
        _ => match random.below(4) {
            0 => heap.freeze(),
            1 => heap.unfreeze(),
            2 => heap.begin_round(),
            _ => drop(heap.end_round()),
        },
    }
}

#[test]
fn a_trace_that_tells_too_many_edges_does_not_break_the_heap() {
    // Counts below zero and held objects that are freed must be no more than that.
    for seed in 1..60u32 {
        let mut random = Random(seed.wrapping_mul(2_654_435_761));
        let (mut heap, mut held) = (Heap::new(), Vec::new());
        for _ in 0..200 {
            act(&mut heap, &mut held, &mut random);
            verify(&heap);
        }
        if seed % 2 == 0 {
            drop(held);
            heap.collect();
            verify(&heap);
        } else {
            drop(heap);
        }
    }
}
