//! Collection is switched off, and memory is about to run out: the soft limit brings the collector back, in slices, and
//! the hard one is an error that hands the value back.
//!
//! `cargo run -p gc-core --example memory_limit`

use gc_core::{Gc, Heap, HeapConfig, Limits, Trace, Warning};

/// A kilobyte of smoke in a cycle with itself: reference counting never frees it.
#[derive(Trace)]
struct Smoke {
    itself: Option<Gc<Smoke>>,
    puffs: [u8; 1024],
}

impl Smoke {
    fn new() -> Self {
        Self {
            itself: None,
            puffs: [0; 1024],
        }
    }
}

const LIMITS: Limits = Limits {
    soft: 2 << 20,
    hard: 4 << 20,
};

fn main() {
    let mut heap = Heap::with_config(HeapConfig {
        limits: LIMITS,
        ..HeapConfig::default()
    });
    heap.on_warning(|warning| {
        if let Warning::Memory { percent, used, .. } = warning {
            println!("{used} bytes: {percent} % of the limit");
        }
    });

    // 16 MB of garbage go through 4 MB of memory, in a round in which nobody asked for a collection.
    heap.begin_round();
    for _ in 0..16_384 {
        let smoke = heap.alloc(Smoke::new());
        heap[&smoke].itself = Some(smoke.clone());
    }
    let report = heap.end_round().expect("a round was running");
    println!("the soft limit acted {} times", report.soft_limit);
    assert!(report.soft_limit > 0);
    assert_eq!(report.hard_limit, 0); // the slices were in time: no full collection
    assert!(heap.peak_bytes() < LIMITS.hard);

    // What is alive cannot be collected: that is an error, and the value comes back.
    let mut alive = Vec::new();
    let error = loop {
        match heap.try_alloc(Smoke::new()) {
            Ok(smoke) => alive.push(smoke),
            Err(error) => break error,
        }
    };
    println!("after {} live objects: {error}", alive.len());
    let smoke = error.into_value();
    assert_eq!(smoke.puffs.len(), 1024);

    // The game lets go of something and tries again.
    alive.clear();
    assert!(heap.try_alloc(smoke).is_ok());
}

#[test]
fn runs() {
    main();
}
