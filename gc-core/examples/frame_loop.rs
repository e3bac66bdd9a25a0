//! A game's loop: one slice a frame, within a budget, and no collection anywhere else.
//!
//! cargo run -p gc-core --example frame_loop

use gc_core::{Budget, Gc, Heap, HeapConfig, Policy, Trace};
use std::time::Duration;

#[derive(Trace)]
struct Enemy {
    prey: Option<Gc<Enemy>>,
}

fn main() {
    let mut heap = Heap::with_config(HeapConfig {
        policy: Policy::Budgeted(Budget::time(Duration::from_micros(500))),
        ..HeapConfig::default()
    });
    let mut most = 0;
    for _frame in 0..10_000 {
        let a = heap.alloc(Enemy { prey: None });
        let b = heap.alloc(Enemy {
            prey: Some(a.clone()),
        });
        // Each holds the other, and at the end of the frame nobody holds them.
        heap[&a].prey = Some(b);
        drop(a);

        // The policy's budget is the bound.
        let progress = heap.step(Budget::UNLIMITED);
        if let Some(few) = progress.infeasible {
            println!("{} units a frame are too few: {}", few.have, few.need);
        }
        most = most.max(heap.len());
    }
    let pauses = heap.pause_stats();
    println!(
        "20,000 objects in cycles came and went; at most {most} were on the heap. The longest of {} slices took {:?}.",
        pauses.slices, pauses.longest_time
    );
    assert!(most < 5_000);
}
