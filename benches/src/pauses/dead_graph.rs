//! A level is unloaded: a large old graph dies, and afterwards the game allocates nothing that could be in a cycle.

use crate::{clock, graph::knotted_nodes};
use gc_core::{Budget, Heap, HeapConfig, Policy};
use std::time::Duration;

/// The budget of a frame.
pub const BUDGET: Duration = Duration::from_micros(500);
/// Objects without handles that a frame allocates and drops.
const LEAVES: u64 = 2_000;

#[derive(Clone, Copy)]
pub struct DeadGraph {
    pub objects: usize,
    /// Frames until all of it is gone.
    pub frames: usize,
    pub max_age: u32,
    pub longest_micros: f64,
}

/// Kills a graph of `objects` and plays until it is gone, or for ten times as long as it may take.
pub fn measure(objects: usize) -> DeadGraph {
    let mut heap = Heap::with_config(HeapConfig {
        policy: Policy::Disabled,
        ..HeapConfig::default()
    });
    let nodes = knotted_nodes(&mut heap, objects);
    heap.collect();
    heap.set_policy(Policy::Budgeted(Budget::time(BUDGET)));
    let max_age = heap.pacing().max_age;
    drop(nodes);
    let (mut frames, mut longest) = (0, Duration::ZERO);
    while heap.tracked_len() > 0 && frames < max_age as usize * 10 {
        for leaf in 0..LEAVES {
            drop(heap.alloc(leaf));
        }
        let (_, took) = clock::time(|| heap.step(Budget::time(BUDGET)));
        longest = longest.max(took);
        frames += 1;
    }
    DeadGraph {
        objects,
        frames,
        max_age,
        longest_micros: longest.as_secs_f64() * 1e6,
    }
}
