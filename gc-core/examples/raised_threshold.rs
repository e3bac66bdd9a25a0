//! The second habit of game programmers: a threshold so high that a burst of bullets, which reference counting frees,
//! never triggers a collection.
//!
//! `cargo run -p gc-core --example raised_threshold`

use gc_core::{Gc, Heap, HeapConfig, Policy, Thresholds, Trace};

#[derive(Trace)]
struct Ship {
    name: &'static str,
}

/// It refers to its owner, so it could be in a cycle, and the collector has to count it.
#[derive(Trace)]
struct Bullet {
    owner: Gc<Ship>,
}

const BURST: usize = 2_000;

/// Fires ten bursts, each of which fades away before the next. Answers the collections that this triggered.
fn play(heap: &mut Heap) -> u64 {
    let ship = heap.alloc(Ship { name: "Vega" });
    let before = heap.stats()[0].collections;
    for _ in 0..10 {
        let burst: Vec<Gc<Bullet>> = (0..BURST)
            .map(|_| {
                heap.alloc(Bullet {
                    owner: ship.clone(),
                })
            })
            .collect();
        assert_eq!(heap[&heap[&burst[0]].owner].name, "Vega");
        drop(burst);
        heap.reclaim();
    }
    heap.stats()[0].collections - before
}

fn main() {
    let young = |young| Thresholds {
        young,
        ..Thresholds::default()
    };
    let mut heap = Heap::with_config(HeapConfig {
        thresholds: young(700),
        ..HeapConfig::default()
    });

    // 700: every burst is interrupted, and every collection finds nothing.
    let low = play(&mut heap);
    assert!(low >= 10);
    assert!(heap.stats().iter().all(|it| it.collected == 0));

    // Above the burst: never. The policy can change in any frame.
    heap.set_policy(Policy::Raised(young(2 * BURST)));
    let high = play(&mut heap);
    assert_eq!(high, 0);
    println!(
        "collections in ten bursts: {low} at a threshold of 700, {high} at {}",
        2 * BURST
    );
}

#[test]
fn runs() {
    main();
}
