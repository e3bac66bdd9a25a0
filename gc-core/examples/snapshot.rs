//! A snapshot of a large heap while the game goes on: its size, its time, and the longest slice.
//!
//! `cargo run --release -p gc-core --example snapshot -- 1000000 500 [FILE]`: objects, microseconds a frame, and
//! where the snapshot is to be kept.

use cpu_time::ThreadTime;
use gc_core::inspect::{HeapSnapshotWriter, LeakSentinel, RetainedSearch, Search, Snapshot};
use gc_core::{Budget, Gc, Heap, Trace};
use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Trace)]
struct Squad {
    members: Vec<Gc<Ship>>,
}

#[derive(Trace, Default)]
struct Ship {
    squad: Option<Gc<Squad>>,
    wingman: Option<Gc<Ship>>,
    hull: u32,
}

/// How many, the longest and the sum, in time of the processor: what other programs take of it is not in them.
#[derive(Default)]
struct Slices(u32, Duration, Duration);

impl Slices {
    fn time<T>(&mut self, slice: impl FnOnce() -> T) -> T {
        let start = ThreadTime::now();
        let result = slice();
        let took = start.elapsed();
        self.0 += 1;
        self.1 = self.1.max(took);
        self.2 += took;
        result
    }
}

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<usize>());
    let mut next = |default| arguments.next().and_then(Result::ok).unwrap_or(default);
    let (objects, budget) = (next(10_000), Duration::from_micros(next(500) as u64));

    let mut heap = Heap::new();
    heap.disable();
    let mut squads = Vec::new();
    while heap.len() < objects {
        let squad = heap.alloc(Squad { members: vec![] });
        for _ in 0..9 {
            let wingman = heap[&squad].members.last().cloned();
            let ship = Ship {
                squad: Some(squad.clone()),
                wingman,
                hull: 3,
            };
            let ship = heap.alloc(ship);
            heap[&squad].members.push(ship);
        }
        squads.push(squad);
    }

    // Held by fields only.
    let far = heap[&squads[0]].members[8].id();

    let mut capture = Snapshot::begin(&heap);
    let mut capturing = Slices::default();
    while !capturing.time(|| capture.step(&heap, Budget::time(budget)).finished) {
        // A frame of the game: squads come and go.
        squads.pop();
        heap.alloc(Ship::default());
        heap.reclaim();
    }
    let snapshot = capture.finish();

    let kept = std::env::args().nth(3).map(PathBuf::from);
    let path = match &kept {
        Some(path) => path.clone(),
        None => std::env::temp_dir().join("gc-core-example.heapsnapshot"),
    };
    let mut file = File::create(&path)?;
    let (mut writer, mut writing) = (HeapSnapshotWriter::new(), Slices::default());
    while !writing.time(|| writer.step_into(&snapshot, Budget::time(budget), &mut file))? {
        // A frame of the game.
    }

    println!(
        "{} objects, {} handles in them",
        snapshot.len(),
        snapshot.edge_count()
    );
    let (mut search, mut searching) = (Search::new(far), Slices::default());
    while !searching.time(|| search.step(&snapshot, Budget::time(budget))) {
        // A frame of the game.
    }
    println!("{}", search.finish(&snapshot).chain());
    let (mut search, mut retaining) = (RetainedSearch::new(), Slices::default());
    while !retaining.time(|| search.step(&snapshot, Budget::time(budget))) {
        // A frame of the game.
    }
    let start = ThreadTime::now();
    let retained = search.finish(&snapshot);
    println!("{:?}", retained.owners(1)[0]);
    println!("told in {:.1?}", start.elapsed());
    let start = ThreadTime::now();
    drop(retained);
    println!("drop in {:.1?}", start.elapsed());
    let start = ThreadTime::now();
    let whole = snapshot.retained();
    println!("whole in {:.1?}", start.elapsed());
    drop(whole);
    let start = ThreadTime::now();
    let types = heap.types();
    println!("types in {:.1?}", start.elapsed());
    let start = ThreadTime::now();
    let types = LeakSentinel::new().end_round(&heap);
    println!("end round in {:.1?}", start.elapsed());

    let mut discard = snapshot.discard();
    let mut discarding = Slices::default();
    while !discarding.time(|| discard.step(Budget::time(budget))) {
        // A frame of the game.
    }
    for (what, slices) in [
        ("captured", capturing),
        ("written", writing),
        ("searched", searching),
        ("retained", retaining),
        ("discarded", discarding),
    ] {
        let Slices(count, longest, total) = slices;
        println!(
            "{what} in {count} slices of {budget:?}, {total:.1?} together, the longest {longest:.1?}"
        );
    }
    println!(
        "{} bytes in a file; it opens in the memory tab of Chrome's developer tools",
        writer.bytes()
    );
    match kept {
        Some(_) => Ok(()),
        None => std::fs::remove_file(path),
    }
}
