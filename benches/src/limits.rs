//! What the machine allows: the costs that no collector can go below.

use crate::{
    clock,
    figure::{Table, short},
    machine::Machine,
    random::Random,
};
use std::{
    hint::black_box,
    sync::atomic::{AtomicU64, Ordering},
};

/// Nanoseconds, but for the bandwidth.
#[derive(Clone, Debug)]
pub struct Limits {
    /// An atomic addition to a word in the nearest cache.
    pub atomic: f64,
    /// The same without `atomic`.
    pub plain: f64,
    /// A branch that is guessed wrong.
    pub missed_branch: f64,
    /// `malloc` and `free` of 80 bytes, 2,000 at a time.
    pub malloc: f64,
    /// A load whose address is that of the load before, by kibibytes of memory touched.
    pub dependent: Vec<(usize, f64)>,
    /// A load whose address is known long before.
    pub independent: Vec<(usize, f64)>,
    /// Gigabytes a second, read from start to end, of the largest of these memories.
    pub bandwidth: f64,
}

const KIBIBYTES: [usize; 4] = [16, 512, 8 << 10, 128 << 10];
const TIMES: u32 = 1_000_000;

impl Limits {
    pub fn measure() -> Self {
        let atomic = AtomicU64::new(0);
        let mut plain = 0u64;
        let memories = KIBIBYTES.map(|kibibytes| (kibibytes, ring(kibibytes)));
        let [.., (_, largest)] = &memories;
        Limits {
            atomic: clock::nanos_a_call(TIMES, || {
                black_box(&atomic).fetch_add(1, Ordering::Relaxed);
            }),
            plain: clock::nanos_a_call(TIMES, || *black_box(&mut plain) += 1),
            missed_branch: missed_branch(),
            malloc: malloc(),
            dependent: memories
                .iter()
                .map(|(kibibytes, ring)| (*kibibytes, dependent(ring)))
                .collect(),
            independent: memories
                .iter()
                .map(|(kibibytes, ring)| (*kibibytes, independent(ring)))
                .collect(),
            bandwidth: bandwidth(largest),
        }
    }

    pub fn table(&self) -> Table {
        let mut table = Table::new(1, ["", "ns"]);
        let mut row = |name: String, nanos: f64| table.rows.push(vec![name, short(nanos)]);
        row(
            "addition to a word in the nearest cache".to_owned(),
            self.plain,
        );
        row("the same, atomic".to_owned(), self.atomic);
        row(
            "a branch that is guessed wrong".to_owned(),
            self.missed_branch,
        );
        row("`malloc` and `free` of 80 bytes".to_owned(), self.malloc);
        for (name, loads) in [
            ("a load that waits for the one before", &self.dependent),
            ("a load whose address is known", &self.independent),
        ] {
            for &(kibibytes, nanos) in loads {
                row(format!("{name}, {kibibytes} KiB"), nanos);
            }
        }
        row(
            "a line of 64 bytes, read in order".to_owned(),
            64.0 / self.bandwidth,
        );
        table
    }

    /// For documents.
    pub fn markdown(&self) -> String {
        format!(
            "{}\n\n{}",
            Machine::here("limits").markdown(),
            self.table().markdown()
        )
    }
}

/// One line of memory.
#[derive(Clone)]
#[repr(align(64))]
struct Line {
    next: u32,
}

/// A ring of lines in random order, in so much memory.
fn ring(kibibytes: usize) -> Vec<Line> {
    let lines = kibibytes * 1024 / size_of::<Line>();
    let mut order: Vec<u32> = (0..lines as u32).collect();
    Random::new(kibibytes as u64).shuffle(&mut order);
    let mut ring = vec![Line { next: 0 }; lines];
    for (place, &line) in order.iter().enumerate() {
        ring[line as usize].next = order[(place + 1) % lines];
    }
    ring
}

fn dependent(ring: &[Line]) -> f64 {
    let mut at = 0;
    let nanos = clock::nanos_a_call(TIMES, || at = ring[at as usize].next);
    black_box(at);
    nanos
}

fn independent(ring: &[Line]) -> f64 {
    let mut random = Random::new(1);
    let places: Vec<u32> = (0..TIMES)
        .map(|_| random.below(ring.len()) as u32)
        .collect();
    let (sum, took) = clock::time(|| {
        places
            .iter()
            .fold(0u32, |sum, &at| sum.wrapping_add(ring[at as usize].next))
    });
    black_box(sum);
    took.as_secs_f64() * 1e9 / f64::from(TIMES)
}

fn bandwidth(ring: &[Line]) -> f64 {
    let (sum, took) = clock::time(|| ring.iter().fold(0u32, |sum, it| sum.wrapping_add(it.next)));
    black_box(sum);
    size_of_val(ring) as f64 / took.as_nanos() as f64
}

/// Half of random branches are guessed wrong, of those that all go the same way none.
fn missed_branch() -> f64 {
    let mut random = Random::new(1);
    let coins: Vec<u64> = (0..TIMES).map(|_| random.draw()).collect();
    let flips = |mask: u64| {
        let (sum, took) = clock::time(|| {
            let mut sum = 0u64;
            for &coin in &coins {
                if coin & mask != 0 {
                    // A call that cannot be turned into a choice without a branch.
                    sum = black_box(sum + 1);
                }
            }
            sum
        });
        black_box(sum);
        took.as_secs_f64() * 1e9 / f64::from(TIMES)
    };
    // Always, and at random.
    (flips(1) - flips(u64::MAX)).max(0.0) * 2.0
}

fn malloc() -> f64 {
    let mut boxes: Vec<Box<[u64; 10]>> = Vec::with_capacity(2_000);
    let round = || {
        boxes.extend((0..2_000).map(|n| Box::new([n; 10])));
        black_box(&boxes);
        boxes.clear();
    };
    clock::nanos_a_call(200, round) / 2_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_goes_through_all_of_its_memory() {
        let ring = ring(16);
        let mut at = 0;
        let steps = (1..).find(|_| {
            at = ring[at as usize].next;
            at == 0
        });
        assert_eq!(steps, Some(16 * 1024 / 64));
    }
}
