//! The same operations on two heaps whose pages have different addresses: the same collections, frees,
//! finalizer calls, statistics and state hash.

use std::sync::{Arc, Mutex};

use gc_core::{
    Budget, Collection, CollectionEvent, Finalize, Gc, Generation, Heap, ObjectId, Policy,
    Thresholds, Trace, Weak,
};

const OPS: usize = 10_000;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Event {
    Dropped(u32),
    Finalized(u32),
    Told(CollectionEvent),
}

type Log = Arc<Mutex<Vec<Event>>>;

#[derive(Trace)]
struct Unit {
    name: u32,
    squad: Vec<Gc<Unit>>,
    gear: Vec<Gc<Gear>>,
    ghost: Vec<Gc<Ghost>>,
    foe: Weak<Unit>,
    #[trace(skip)]
    log: Log,
}

#[derive(Trace)]
struct Gear {
    name: u32,
    bulk: [u64; 6],
    #[trace(skip)]
    log: Log,
}

#[derive(Trace)]
#[trace(finalize)]
struct Ghost {
    name: u32,
    haunts: Vec<Gc<Unit>>,
    #[trace(skip)]
    rises: bool,
    #[trace(skip)]
    risen: Arc<Mutex<Vec<Gc<Ghost>>>>,
    #[trace(skip)]
    log: Log,
}

impl Finalize for Ghost {
    fn finalize(this: &Gc<Self>, heap: &mut Heap) {
        let ghost = &heap[this];
        ghost.log.lock().unwrap().push(Event::Finalized(ghost.name));
        if ghost.rises {
            ghost.risen.lock().unwrap().push(this.clone());
        }
    }
}

macro_rules! logs_its_drop {
    ($($t:ty)*) => {$(
        impl Drop for $t {
            fn drop(&mut self) {
                self.log.lock().unwrap().push(Event::Dropped(self.name));
            }
        }
    )*};
}
logs_its_drop!(Unit Gear Ghost);

struct Rng(u64);

impl Rng {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
}

/// What can be compared: everything that the heap tells.
#[derive(Debug, PartialEq)]
struct Snapshot {
    hash: u64,
    events: Vec<Event>,
    counts: [usize; 3],
    lens: [usize; 4],
    stats: [[u64; 5]; 3],
    units: Vec<u32>,
    listed: Vec<ObjectId>,
    reclaimed: Vec<ObjectId>,
    last: Option<Collection>,
    slice: Option<(u64, bool, u64, u64, usize)>,
}

/// Plays the game; two players with the same seed do the same.
struct Player {
    heap: Heap,
    rng: Rng,
    log: Log,
    risen: Arc<Mutex<Vec<Gc<Ghost>>>>,
    units: Vec<Gc<Unit>>,
    weak: Vec<Weak<Unit>>,
    next: u32,
    last: Option<Collection>,
    slice: Option<(u64, bool, u64, u64, usize)>,
}

impl Player {
    fn new(seed: u64, policy: Policy) -> Self {
        let mut heap = Heap::new();
        heap.set_policy(policy);
        heap.set_thresholds(Thresholds {
            young: 60,
            middle: 3,
            old: 3,
        });
        let log = Log::default();
        let sink = log.clone();
        heap.on_collection(move |e| sink.lock().unwrap().push(Event::Told(*e)));
        Player {
            heap,
            rng: Rng(seed),
            log,
            risen: Arc::default(),
            units: Vec::new(),
            weak: Vec::new(),
            next: 0,
            last: None,
            slice: None,
        }
    }

    fn name(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    fn any(&mut self) -> Option<usize> {
        (!self.units.is_empty()).then(|| self.rng.below(self.units.len()))
    }

    fn play(&mut self) {
        let roll = self.rng.below(100);
        match roll {
            0..25 => {
                let (name, log) = (self.name(), self.log.clone());
                let squad = self
                    .any()
                    .map(|i| self.units[i].clone())
                    .into_iter()
                    .collect();
                let foe = self
                    .any()
                    .map_or(Weak::dead(), |i| self.units[i].downgrade());
                let unit = self.heap.alloc(Unit {
                    name,
                    squad,
                    gear: Vec::new(),
                    ghost: Vec::new(),
                    foe,
                    log,
                });
                self.units.push(unit);
            }
            25..35 => {
                let (name, log) = (self.name(), self.log.clone());
                let gear = self.heap.alloc(Gear {
                    name,
                    bulk: [u64::from(name); 6],
                    log,
                });
                if let Some(i) = self.any() {
                    self.heap[&self.units[i]].gear.push(gear);
                }
            }
            35..45 => {
                let (name, log) = (self.name(), self.log.clone());
                let haunts = self
                    .any()
                    .map(|i| self.units[i].clone())
                    .into_iter()
                    .collect();
                let ghost = self.heap.alloc(Ghost {
                    name,
                    haunts,
                    rises: roll.is_multiple_of(2),
                    risen: self.risen.clone(),
                    log,
                });
                if let Some(i) = self.any() {
                    self.heap[&self.units[i]].ghost.push(ghost);
                }
            }
            45..60 => {
                if let (Some(i), Some(j)) = (self.any(), self.any()) {
                    let friend = self.units[j].clone();
                    self.heap[&self.units[i]].squad.push(friend);
                }
            }
            60..80 => {
                if let Some(i) = self.any() {
                    let unit = self.units.swap_remove(i);
                    self.weak.push(unit.downgrade());
                }
            }
            80..83 => {
                if let Some(i) = self.any() {
                    let squad = std::mem::take(&mut self.heap[&self.units[i]].squad);
                    self.units.extend(squad.into_iter().take(2));
                }
            }
            83..86 => {
                let w = self.rng.below(self.weak.len().max(1));
                let back = self.weak.get(w).and_then(|w| self.heap.upgrade(*w));
                let foe = back
                    .as_ref()
                    .and_then(|g| self.heap.upgrade(self.heap[g].foe));
                self.units.extend(back);
                self.units.extend(foe);
            }
            86..95 => {
                let units = 1 + self.rng.below(40) as u64;
                let p = self.heap.step(Budget::units(units));
                self.slice = Some((p.units, p.finished, p.remaining, p.overrun, p.collected));
            }
            95..97 => {
                let generation = Generation::ALL[self.rng.below(3)];
                self.last = Some(self.heap.collect_generation(generation));
            }
            97 => {
                let risen = std::mem::take(&mut *self.risen.lock().unwrap());
                for ghost in risen {
                    let haunted = self.heap[&ghost].haunts.first().cloned();
                    self.units.extend(haunted);
                }
            }
            98 => {
                self.heap.reclaim();
            }
            _ => {
                self.units.truncate(30);
                self.weak.truncate(60);
            }
        }
    }

    fn snapshot(&mut self) -> Snapshot {
        let heap = &mut self.heap;
        Snapshot {
            hash: heap.state_hash(),
            events: std::mem::take(&mut *self.log.lock().unwrap()),
            counts: heap.counts(),
            lens: [
                heap.len(),
                heap.tracked_len(),
                heap.bytes(),
                heap.peak_bytes(),
            ],
            stats: heap.stats().map(|s| {
                [
                    s.collections,
                    s.collected,
                    s.uncollectable,
                    s.candidates,
                    s.units,
                ]
            }),
            units: heap
                .iter::<Unit>()
                .map(|u| u.name)
                .chain(heap.iter::<Gear>().map(|g| g.name ^ g.bulk[5] as u32))
                .collect(),
            listed: Generation::ALL
                .into_iter()
                .flat_map(|g| heap.objects(g).map(|o| o.id).collect::<Vec<_>>())
                .collect(),
            reclaimed: heap.drain_reclaimed().collect(),
            last: self.last,
            slice: self.slice,
        }
    }
}

fn two_heaps(policy: Policy) {
    for seed in 0..3 {
        let mut one = Player::new(seed, policy);
        // Ballast moves the pages of the second heap: holes of many sizes, and a heap between.
        let mut ballast: Vec<Vec<u8>> = (1..200).map(|n| vec![0; n * 397]).collect();
        ballast.retain(|b| b.len() % 3 != 0);
        let mut between = Heap::new();
        let mut two = Player::new(seed, policy);
        for op in 0..OPS {
            one.play();
            two.play();
            match op % 7 {
                0 => ballast.push(vec![0; 1 + op * 31 % 70_000]),
                3 => drop(ballast.swap_remove(op % ballast.len())),
                5 => drop(between.alloc([0u64; 30])),
                _ => {}
            }
            if op % 100 == 99 {
                let (a, b) = (one.snapshot(), two.snapshot());
                assert!(
                    a == b,
                    "seed {seed}, {policy:?}, after {op} operations:\n{a:#?}\n{b:#?}"
                );
            }
        }
        assert!(
            one.heap.stats().iter().any(|s| s.collected > 0),
            "the game made garbage"
        );
        // The end too.
        drop((one.heap, two.heap));
        assert_eq!(*one.log.lock().unwrap(), *two.log.lock().unwrap());
    }
}

#[test]
fn automatic_collections_do_not_depend_on_addresses() {
    two_heaps(Policy::Automatic);
}

#[test]
fn slices_alone_do_not_depend_on_addresses() {
    two_heaps(Policy::Disabled);
}

#[test]
fn paced_slices_do_not_depend_on_addresses() {
    two_heaps(Policy::Budgeted(Budget::units(25)));
}

#[test]
fn adaptive_slices_in_units_do_not_depend_on_addresses() {
    two_heaps(Policy::Adaptive);
}

#[test]
fn a_heap_on_another_thread_does_the_same() {
    let play = || {
        let mut player = Player::new(7, Policy::Automatic);
        let mut snapshots = Vec::new();
        for op in 0..2_000 {
            player.play();
            if op % 100 == 99 {
                snapshots.push(player.snapshot());
            }
        }
        snapshots
    };
    let there = std::thread::spawn(play).join().expect("no panic");
    assert_eq!(play(), there);
}

#[test]
fn the_hash_tells_different_histories_apart() {
    let mut player = Player::new(1, Policy::Automatic);
    let mut other = Player::new(2, Policy::Automatic);
    for _ in 0..500 {
        player.play();
        other.play();
    }
    assert_ne!(player.snapshot().hash, other.snapshot().hash);
}
