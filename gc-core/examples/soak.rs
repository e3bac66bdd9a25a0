//! An hour of play in accelerated time: a million bullets a minute, squads that leave cycles behind, every policy in
//! turn; objects and bytes must be flat from minute to minute.
//!
//! `cargo run --release -p gc-core --example soak` plays an hour, `-- 600` ten of them. No clock and no seed has a say:
//! the same minutes every time.

use gc_core::{
    Budget, Finalize, FinalizerPolicy, Gc, Heap, HeapConfig, Policy, Thresholds, Trace, Weak,
};
use std::collections::VecDeque;
use std::process::ExitCode;

const FRAMES: usize = 60 * 60;
const BULLETS_A_MINUTE: usize = 1_000_000;
/// A bullet flies for so many frames.
const FLIGHT: usize = 90;
const SQUADS: usize = 8;
const SHIPS: usize = 5;

#[derive(Trace)]
struct Squad {
    ships: Vec<Gc<Ship>>,
    record: Option<Gc<Record>>,
}

#[derive(Trace)]
struct Ship {
    squad: Gc<Squad>,
    rival: Weak<Ship>,
    wake: Vec<Gc<Bullet>>,
}

/// Refers to the ship that fired it; one in eight stays in its ship's wake, and goes with it.
#[derive(Trace)]
struct Bullet {
    owner: Gc<Ship>,
    position: [f32; 2],
}

/// Writes down that its squad fell.
#[derive(Trace)]
#[trace(finalize)]
struct Record {
    squad: Gc<Squad>,
    fallen: Gc<u64>,
}

impl Finalize for Record {
    fn finalize(this: &Gc<Self>, heap: &mut Heap) {
        let fallen = heap[this].fallen.clone();
        heap[&fallen] += 1;
    }
}

fn squad(heap: &mut Heap, fallen: &Gc<u64>, rival: Weak<Ship>) -> Gc<Squad> {
    let squad = heap.alloc(Squad {
        ships: Vec::new(),
        record: None,
    });
    for _ in 0..SHIPS {
        let ship = heap.alloc(Ship {
            squad: squad.clone(),
            rival,
            wake: Vec::new(),
        });
        heap[&squad].ships.push(ship);
    }
    let record = heap.alloc(Record {
        squad: squad.clone(),
        fallen: fallen.clone(),
    });
    heap[&squad].record = Some(record);
    squad
}

/// One minute. Nothing of it is left when it ends, but garbage.
fn minute(heap: &mut Heap, fallen: &Gc<u64>) -> usize {
    let mut squads: VecDeque<_> = (0..SQUADS)
        .map(|_| squad(heap, fallen, Weak::default()))
        .collect();
    let mut flying: VecDeque<Gc<Bullet>> = VecDeque::new();
    let mut hits = 0;
    for frame in 0..FRAMES {
        let fired = BULLETS_A_MINUTE * (frame + 1) / FRAMES - BULLETS_A_MINUTE * frame / FRAMES;
        for shot in 0..fired {
            let owner = heap[&squads[shot % SQUADS]].ships[frame % SHIPS].clone();
            let bullet = heap.alloc(Bullet {
                owner: owner.clone(),
                position: [frame as f32, 0.0],
            });
            if shot % 8 == 0 && heap[&owner].wake.len() < 40 {
                heap[&owner].wake.push(bullet);
            } else {
                flying.push_back(bullet);
            }
        }
        while flying.len() > FLIGHT * fired {
            flying.pop_front();
        }
        // Some of those that fly are looked at, and their owners' rivals too.
        for bullet in flying.iter_mut().step_by(64) {
            heap[&*bullet].position[1] += 1.0;
            let rival = heap[&heap[&*bullet].owner].rival;
            hits += usize::from(heap.get_weak(rival).is_some());
        }
        if frame % 20 == 19 {
            // The oldest squad falls, with its ships, their wakes and its record: a cycle, but for bullets in the air.
            let old = squads.pop_front();
            let rival = old.map(|old| heap[&old].ships[0].downgrade());
            let new = squad(heap, fallen, rival.unwrap_or_default());
            squads.push_back(new);
        }
        heap.step(Budget::units(2000));
    }
    hits
}

fn policy(minute: usize) -> Policy {
    match minute % 5 {
        0 => Policy::Automatic,
        1 => Policy::Raised(Thresholds {
            young: 60_000,
            ..Thresholds::default()
        }),
        2 => Policy::Budgeted(Budget::units(2000)),
        3 => Policy::Adaptive,
        _ => Policy::Disabled,
    }
}

fn main() -> ExitCode {
    let minutes = std::env::args().nth(1).map_or(Ok(60), |text| text.parse());
    let Ok(minutes) = minutes else {
        eprintln!("soak: the argument is a number of minutes");
        return ExitCode::FAILURE;
    };
    let mut heap = Heap::with_config(HeapConfig {
        finalizers: FinalizerPolicy::Run,
        ..HeapConfig::default()
    });
    let fallen = heap.alloc(0u64);
    let (mut most, mut grown) = ([0; 5], false);
    println!("minute  policy        hits     peak of bytes    pages left   longest slice");
    for at in 0..minutes {
        heap.set_policy(policy(at));
        heap.reset_peak();
        heap.reset_pause_stats();
        // In a round, every tenth minute: then nothing but counting frees anything until it ends.
        if at % 10 == 4 {
            heap.begin_round();
        }
        let hits = minute(&mut heap, &fallen);
        heap.end_round();
        heap.collect();
        heap.collect();
        heap.verify();
        heap.trim();
        let peak = heap.peak_bytes();
        // Flat: only the score is left, and no minute needs more than 1 % above the most of the first ten.
        let before = &mut most[at % 5];
        let flat = heap.len() == 1 && (at < 10 || peak <= *before + *before / 100);
        *before = (*before).max(if at < 10 { peak } else { 0 });
        grown |= !flat;
        if at % 5 == 0 || at < 10 || !flat {
            println!(
                "{at:>6}  {:<10} {hits:>8} {peak:>14} B {:>11} B {:>9} units{}",
                format!("{:?}", policy(at))
                    .split(['(', ' '])
                    .next()
                    .unwrap_or_default(),
                heap.page_bytes(),
                heap.pause_stats().longest_units,
                if flat { "" } else { "   GROWN" }
            );
        }
    }
    let expected = minutes as u64 * (FRAMES as u64 / 20 + SQUADS as u64);
    println!(
        "{} bullets, {} squads fell, {} objects and {} bytes left",
        minutes * BULLETS_A_MINUTE,
        heap[&fallen],
        heap.len(),
        heap.bytes()
    );
    if grown || heap[&fallen] != expected {
        eprintln!(
            "soak: the heap has grown, or a squad fell twice or never ({expected} should have fallen)"
        );
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
