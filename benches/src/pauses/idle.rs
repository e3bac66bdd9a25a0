//! What `step` costs when there is nothing to do.

use crate::{
    clock,
    figure::median,
    graph::{Graph, Hold},
};
use gc_core::{Budget, Heap, HeapConfig, Pacing, Policy};
use std::{hint::black_box, time::Duration};

const STEPS: u32 = 10_000;
const ROUNDS: usize = 21;
const TIME: Budget = Budget::time(Duration::from_micros(500));
const UNITS: Budget = Budget::units(10_000);

/// Nanoseconds a step.
#[derive(Clone, Copy)]
pub struct Idle {
    /// Nothing on the heap that could be in a cycle.
    pub nothing_tracked: f64,
    /// 100,000 objects, all examined, nothing allocated since; with a budget in time, and in units.
    pub nothing_due: f64,
    pub nothing_due_in_units: f64,
}

pub fn measure() -> Idle {
    let mut empty = heap_with(0, TIME);
    let mut timed = heap_with(100_000, TIME);
    let mut counted = heap_with(100_000, UNITS);
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push([
            steps(&mut empty, TIME),
            steps(&mut timed, TIME),
            steps(&mut counted, UNITS),
        ]);
    }
    let [nothing_tracked, nothing_due, nothing_due_in_units] =
        [0, 1, 2].map(|case| median(rounds.iter().map(|round| round[case])));
    Idle {
        nothing_tracked,
        nothing_due,
        nothing_due_in_units,
    }
}

fn steps(heap: &mut Heap, budget: Budget) -> f64 {
    clock::nanos_a_call(STEPS, || {
        black_box(black_box(&mut *heap).step(budget));
    })
}

fn heap_with(objects: usize, budget: Budget) -> Heap {
    let mut heap = Heap::with_config(HeapConfig {
        policy: Policy::Disabled,
        pacing: Pacing {
            // No collection comes due by age while the steps are counted.
            max_age: u32::MAX,
            ..Pacing::default()
        },
        ..HeapConfig::default()
    });
    if objects > 0 {
        // Held for good: the heap keeps what nobody drops.
        std::mem::forget(Graph::build(&mut heap, objects, Hold::OneByOne));
    }
    heap.collect();
    heap.set_policy(Policy::Budgeted(budget));
    heap.step(Budget::UNLIMITED);
    heap
}
