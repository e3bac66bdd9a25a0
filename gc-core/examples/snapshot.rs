//! A snapshot of a large heap while the game goes on, and what is asked of it: sizes, times, and the longest slices.
//!
//! `cargo run --release -p gc-core --example snapshot -- 1000000 500 [FILE]`: objects, microseconds a slice, and where the
//! snapshot is to be kept; it opens in the memory tab of Chrome's developer tools.

use cpu_time::ThreadTime;
use gc_core::inspect::{
    Comparison, CycleSearch, HeapSnapshotWriter, LeakSearch, LeakSentinel, RetainedSearch, Search,
    Snapshot,
};
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

/// A frame of the game may come between two slices.
fn slices(mut step: impl FnMut(Budget) -> bool, budget: Budget) -> Slices {
    let mut slices = Slices::default();
    while !slices.time(|| step(budget)) {}
    slices
}

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<usize>());
    let mut next = |default| arguments.next().and_then(Result::ok).unwrap_or(default);
    let (objects, micros) = (next(10_000), next(500));
    let budget = Budget::time(Duration::from_micros(micros as u64));

    let mut heap = Heap::new();
    heap.disable();
    let (mut sentinel, mut growing) = (LeakSentinel::new(), Vec::new());
    let mut squads = Vec::new();
    for round in 1..=6 {
        while heap.len() < objects * round / 6 {
            squads.push(squad(&mut heap));
        }
        growing = sentinel.end_round(&heap);
    }
    // Held by fields only.
    let far = heap[&squads[0]].members[8].id();

    let mut capture = Snapshot::begin(&heap);
    let mut capturing = Slices::default();
    while !capturing.time(|| capture.step(&heap, budget).finished) {
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
    while !writing.time(|| writer.step_into(&snapshot, budget, &mut file))? {
        // A frame of the game.
    }

    let mut search = Search::new(far);
    let searching = slices(|budget| search.step(&snapshot, budget), budget);
    let mut retained = RetainedSearch::new();
    let retaining = slices(|budget| retained.step(&snapshot, budget), budget);
    let mut leaks = LeakSearch::new(growing);
    let explaining = slices(|budget| leaks.step(&snapshot, budget), budget);
    let again = Snapshot::of(&heap);
    let mut comparison = Comparison::new();
    let comparing = slices(|budget| comparison.step(&again, &snapshot, budget), budget);

    println!(
        "{} objects, {} handles in them, {} bytes in a file",
        snapshot.len(),
        snapshot.edge_count(),
        writer.bytes()
    );
    println!("{}", search.finish(&snapshot).chain());
    for leak in leaks.finish() {
        println!("{}: {}", leak.growth, leak.why.chain());
    }
    println!("since then:\n{}", comparison.finish());
    let retained = retained.finish(&snapshot);
    println!("{retained}");

    let mut discard = retained.discard();
    let mut discarding = slices(|budget| discard.step(budget), budget);
    let mut discard = snapshot.discard();
    let rest = slices(|budget| discard.step(budget), budget);
    discarding = Slices(
        discarding.0 + rest.0,
        discarding.1.max(rest.1),
        discarding.2 + rest.2,
    );

    heap.enable();
    heap.record_cycles(true);
    drop(squads);
    heap.collect();
    let mut cycles = CycleSearch::new(heap.cycle_log());
    let reporting = slices(|budget| cycles.step(budget), budget);
    println!("{}", cycles.finish());

    println!();
    for (what, slices) in [
        ("captured", capturing),
        ("written", writing),
        ("searched", searching),
        ("retained", retaining),
        ("explained", explaining),
        ("compared", comparing),
        ("discarded", discarding),
        ("cycles", reporting),
    ] {
        let Slices(count, longest, total) = slices;
        println!(
            "{what:<9} in {count:>3} slices of {micros} µs, {total:.1?} together, the longest {longest:.1?}"
        );
    }
    match kept {
        Some(_) => Ok(()),
        None => std::fs::remove_file(path),
    }
}

fn squad(heap: &mut Heap) -> Gc<Squad> {
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
    squad
}
