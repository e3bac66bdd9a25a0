//! What grows.

use crate::{
    clock,
    figure::median,
    graph::{Graph, Hold, bare_nodes},
    machine::status,
    random::Random,
    rings::{RING, ring},
};
use clap::ValueEnum;
use gc_core::{Collection, Gc, Generation, Heap, HeapConfig, Policy, Trace};
use std::{fmt, mem::forget, str::FromStr, time::Duration};

/// What is varied while the rest stays.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, ValueEnum)]
pub enum Axis {
    /// Live objects, each held from outside: a full collection.
    Live,
    /// Live objects, all held by one.
    OneRoot,
    /// Edges of each of 100,000 live objects.
    Edges,
    /// Dead objects in rings of 10 beside 100,000 live ones.
    Garbage,
    /// Young objects in rings of 10 beside 1,000,000 old ones: a collection of the young generation.
    Young,
    /// Old objects beside 2,000 young ones: a collection of the young generation.
    Old,
}

impl Axis {
    pub const ALL: [Axis; 6] = [
        Axis::Live,
        Axis::OneRoot,
        Axis::Edges,
        Axis::Garbage,
        Axis::Young,
        Axis::Old,
    ];

    /// For the command line of a child.
    pub fn name(self) -> String {
        let value = self.to_possible_value().expect("no axis is hidden");
        value.get_name().to_owned()
    }

    /// The points, when there are at most `most` objects.
    pub fn sizes(self, most: usize) -> Vec<usize> {
        let powers = |from: usize, to: usize| {
            let mut sizes = vec![from];
            while sizes[sizes.len() - 1] < to {
                sizes.push(sizes[sizes.len() - 1] * 10);
            }
            sizes
        };
        match self {
            Axis::Live | Axis::OneRoot => powers(1_000, most),
            Axis::Edges => vec![0, 1, 2, 4, 8, 16],
            Axis::Garbage => powers(1_000, (most / 10).max(10_000)),
            Axis::Young => powers(100, (most / 100).max(1_000)),
            Axis::Old => powers(1_000, most),
        }
    }

    /// What the time is divided by, in words, and how many of it there are at one size.
    pub fn item(self) -> &'static str {
        match self {
            Axis::Live | Axis::OneRoot => "a live object",
            Axis::Edges => "an object",
            Axis::Garbage => "a dead object",
            Axis::Young => "a young object",
            Axis::Old => "an old object",
        }
    }

    pub fn items(self, size: usize) -> usize {
        match self {
            Axis::Edges => FANS,
            _ => size,
        }
    }

    /// In a process of its own: the memory of another point would be there.
    pub fn measure(self, size: usize) -> Point {
        match self {
            Axis::Live => live(size, Hold::OneByOne),
            Axis::OneRoot => live(size, Hold::OneRoot),
            Axis::Edges => edges(size),
            Axis::Garbage => garbage(size),
            Axis::Young => young(size, 1_000_000.min(size * 100)),
            Axis::Old => young(2_000, size),
        }
    }
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Axis::Live => "live objects, held one by one",
            Axis::OneRoot => "live objects, one root",
            Axis::Edges => "edges of each of 100,000 live objects, one root",
            Axis::Garbage => "dead objects in rings of 10, beside 100,000 live ones",
            Axis::Young => "young objects in dead rings of 10: collection of the young generation",
            Axis::Old => "old objects: collection of 2,000 young ones",
        })
    }
}

/// What is measured at one size.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Point {
    /// Nanoseconds of the collection.
    pub nanos: f64,
    pub units: f64,
    /// Bytes of pages, and of the process, handles outside included. 0 where it is not of interest.
    pub page_bytes: f64,
    pub resident_bytes: f64,
    /// Nanoseconds to build all of it.
    pub build_nanos: f64,
}

impl Point {
    fn values(self) -> [f64; 5] {
        let Point {
            nanos,
            units,
            page_bytes,
            resident_bytes,
            build_nanos,
        } = self;
        [nanos, units, page_bytes, resident_bytes, build_nanos]
    }

    fn from_values([nanos, units, page_bytes, resident_bytes, build_nanos]: [f64; 5]) -> Self {
        Point {
            nanos,
            units,
            page_bytes,
            resident_bytes,
            build_nanos,
        }
    }

    /// Of each figure by itself.
    pub fn median(points: &[Point]) -> Self {
        let place = |n: usize| median(points.iter().map(|point| point.values()[n]));
        Point::from_values([0, 1, 2, 3, 4].map(place))
    }
}

/// What a child tells its parent.
impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.values().map(|value| value.to_string()).join(" "))
    }
}

impl FromStr for Point {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let values: Result<Vec<f64>, _> = text.split_whitespace().map(str::parse).collect();
        let values = values.map_err(|why| format!("{text}: {why}"))?;
        let values = values
            .try_into()
            .map_err(|_| format!("{text}: not five numbers"))?;
        Ok(Point::from_values(values))
    }
}

fn quiet() -> Heap {
    Heap::with_config(HeapConfig {
        policy: Policy::Disabled,
        ..HeapConfig::default()
    })
}

/// The median of some full collections of what stays alive; the first is not counted.
fn full_collections(heap: &mut Heap) -> (f64, f64) {
    let mut times = Vec::new();
    let mut units = 0.0;
    let mut spent = Duration::ZERO;
    while times.len() < 6 && (times.len() < 2 || spent < Duration::from_secs(2)) {
        let (collection, took) = clock::time(|| heap.collect());
        units = collection.units as f64;
        spent += took;
        times.push(took.as_secs_f64() * 1e9);
    }
    (median(times.split_off(1)), units)
}

fn live(objects: usize, hold: Hold) -> Point {
    let before = status("VmRSS");
    let mut heap = quiet();
    let (graph, build) = clock::time(|| Graph::build(&mut heap, objects, hold));
    let resident = status("VmRSS").saturating_sub(before);
    let (nanos, units) = full_collections(&mut heap);
    let point = Point {
        nanos,
        units,
        page_bytes: heap.page_bytes() as f64,
        resident_bytes: resident as f64,
        build_nanos: build.as_secs_f64() * 1e9,
    };
    // The process ends here.
    forget((heap, graph));
    point
}

/// Objects of which the edges are varied.
const FANS: usize = 100_000;

#[derive(Trace)]
struct Fan {
    edges: Vec<Gc<Fan>>,
}

fn edges(each: usize) -> Point {
    let mut heap = quiet();
    let fans: Vec<Gc<Fan>> = (0..FANS)
        .map(|_| heap.alloc(Fan { edges: Vec::new() }))
        .collect();
    let mut random = Random::new(each as u64);
    for fan in &fans {
        let edges = (0..each)
            .map(|_| fans[random.below(FANS)].clone())
            .collect();
        heap.get_mut(fan).edges = edges;
    }
    let root = heap.alloc(Fan { edges: fans });
    let (nanos, units) = full_collections(&mut heap);
    forget((heap, root));
    Point {
        nanos,
        units,
        ..Point::default()
    }
}

fn garbage(objects: usize) -> Point {
    let mut heap = quiet();
    let graph = Graph::build(&mut heap, 100_000, Hold::OneByOne);
    heap.collect();
    let point = dead_rings(4, &mut heap, objects, Heap::collect);
    forget((heap, graph));
    point
}

/// Old ones are what a full collection left; the young are left behind in rings.
fn young(young: usize, old: usize) -> Point {
    let mut heap = quiet();
    let old = bare_nodes(&mut heap, old);
    heap.collect();
    let point = dead_rings(16, &mut heap, young, |heap| {
        heap.collect_generation(Generation::Young)
    });
    forget((heap, old));
    point
}

/// Collections of so many objects that were left behind in rings. The first finds more to do, and does not count.
fn dead_rings(
    collections: usize,
    heap: &mut Heap,
    objects: usize,
    collect: impl Fn(&mut Heap) -> Collection,
) -> Point {
    let mut times = Vec::new();
    let mut units = 0.0;
    for _ in 0..collections {
        (0..objects / RING).for_each(|_| drop(ring(heap)));
        let (collection, took) = clock::time(|| collect(heap));
        assert_eq!(collection.collected, objects / RING * RING);
        units = collection.units as f64;
        times.push(took.as_secs_f64() * 1e9);
    }
    Point {
        nanos: median(times.split_off(1)),
        units,
        ..Point::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_reads_as_a_child_tells_it() {
        let point = Point::from_values([1.5, 2.0, 3.0, 4.0, 5.25]);
        assert_eq!(point.to_string().parse(), Ok(point));
        assert!("1 2".parse::<Point>().is_err());
    }

    #[test]
    fn every_axis_ends_where_it_is_told() {
        for axis in Axis::ALL {
            let sizes = axis.sizes(10_000);
            assert!(sizes.len() >= 2, "{axis}");
            assert!(
                sizes.iter().all(|&size| size <= 10_000),
                "{axis}: {sizes:?}"
            );
            assert!(sizes.is_sorted(), "{axis}: {sizes:?}");
        }
    }

    #[test]
    fn a_young_collection_does_not_examine_the_old() {
        let [few, many] = [100, 10_000].map(|old| young(100, old).units);
        // A page or two more may hold both young and old.
        assert!((many - few).abs() < 10.0, "{few} and {many} units");
    }
}
