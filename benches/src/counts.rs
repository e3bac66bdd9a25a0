//! The hot paths whose instructions are counted: see the binary `counts`.

use crate::{
    figure::Table,
    graph::{Graph, Hold, Node, bare_nodes},
    rings::{RING, frame, ring},
};
use gc_core::{Budget, Gc, Heap, HeapConfig, Policy, Trace, Weak};
use std::{fmt, hint::black_box, str::FromStr};

const OBJECTS: usize = 10_000;
const BULLETS: usize = 2_000;
const FRAMES: usize = 20;
/// Few: the age of possible garbage begins a collection sooner or later.
const STEPS: usize = 20;

/// A hot path: `run` prepares and calls [`measured`] once, in which it does `operations` times the same.
pub struct Scenario {
    pub name: &'static str,
    pub operations: usize,
    pub run: fn(),
}

/// Callgrind counts what happens in here.
#[inline(never)]
pub fn measured(work: &mut dyn FnMut()) {
    work();
}

#[derive(Trace)]
struct Owner {
    hp: u64,
    last: Option<Gc<Bullet>>,
}

#[derive(Trace)]
struct Bullet {
    owner: Gc<Owner>,
    body: [u64; 7],
}

const fn scenario(name: &'static str, operations: usize, run: fn()) -> Scenario {
    Scenario {
        name,
        operations,
        run,
    }
}

pub const SCENARIOS: &[Scenario] = &[
    scenario("alloc, a slot used before", BULLETS, || {
        let (mut heap, owner) = shooter();
        let mut bullets = Vec::with_capacity(BULLETS);
        for _ in 0..2 {
            fire(&mut heap, &owner, &mut bullets);
            bullets.clear();
            heap.reclaim();
        }
        measured(&mut || fire(&mut heap, &owner, &mut bullets));
    }),
    scenario("alloc, a new slot", OBJECTS, || {
        let mut heap = quiet();
        let mut nodes = Vec::new();
        measured(&mut || nodes = bare_nodes(&mut heap, OBJECTS));
        black_box(nodes);
    }),
    scenario("drop of the last handle", BULLETS, || {
        let (mut heap, owner) = shooter();
        let mut bullets = Vec::with_capacity(BULLETS);
        fire(&mut heap, &owner, &mut bullets);
        measured(&mut || bullets.clear());
    }),
    scenario("reclaim", BULLETS, || {
        let (mut heap, owner) = shooter();
        let mut bullets = Vec::with_capacity(BULLETS);
        fire(&mut heap, &owner, &mut bullets);
        bullets.clear();
        measured(&mut || assert_eq!(heap.reclaim(), BULLETS));
    }),
    scenario("clone and drop", OBJECTS, || {
        let mut heap = quiet();
        let nodes = bare_nodes(&mut heap, OBJECTS);
        measured(&mut || nodes.iter().for_each(|node| drop(black_box(node.clone()))));
    }),
    scenario("get", OBJECTS, || {
        let mut heap = quiet();
        let nodes = bare_nodes(&mut heap, OBJECTS);
        measured(&mut || {
            let sum = nodes
                .iter()
                .fold(0, |sum, node| sum ^ heap.get(node).payload);
            black_box(sum);
        });
    }),
    scenario("get_mut", OBJECTS, || {
        let mut heap = quiet();
        let nodes = bare_nodes(&mut heap, OBJECTS);
        measured(&mut || {
            for node in &nodes {
                heap.get_mut(node).payload += 1;
            }
        });
    }),
    scenario("get_mut while a collection counts", OBJECTS, || {
        let mut heap = quiet();
        let graph = Graph::build(&mut heap, OBJECTS, Hold::OneByOne);
        let nodes: Vec<Gc<Node>> = graph.nodes(&heap).to_vec();
        heap.step(Budget::units(OBJECTS as u64 / 2));
        assert!(heap.is_collecting());
        measured(&mut || {
            for node in &nodes {
                heap.get_mut(node).payload += 1;
            }
        });
    }),
    scenario("upgrade and drop", OBJECTS, || {
        let mut heap = quiet();
        let nodes = bare_nodes(&mut heap, OBJECTS);
        let weak: Vec<Weak<Node>> = nodes.iter().map(Gc::downgrade).collect();
        measured(&mut || {
            weak.iter()
                .for_each(|&weak| drop(black_box(heap.upgrade(weak))))
        });
    }),
    scenario("get_weak", OBJECTS, || {
        let mut heap = quiet();
        let nodes = bare_nodes(&mut heap, OBJECTS);
        let weak: Vec<Weak<Node>> = nodes.iter().map(Gc::downgrade).collect();
        measured(&mut || {
            for &weak in &weak {
                black_box(heap.get_weak(weak));
            }
        });
    }),
    scenario("step with nothing to do", STEPS, || {
        let (mut heap, _graph) = paced();
        measured(&mut || {
            for _ in 0..STEPS {
                black_box(heap.step(Budget::units(1_000)));
            }
        });
    }),
    scenario("full collection, held one by one", OBJECTS, || {
        let mut heap = quiet();
        let _graph = Graph::build(&mut heap, OBJECTS, Hold::OneByOne);
        heap.collect();
        measured(&mut || _ = heap.collect());
    }),
    scenario("full collection, one root", OBJECTS, || {
        let mut heap = quiet();
        let _graph = Graph::build(&mut heap, OBJECTS, Hold::OneRoot);
        heap.collect();
        measured(&mut || _ = heap.collect());
    }),
    scenario("full collection in slices, one root", OBJECTS, || {
        let mut heap = quiet();
        let _graph = Graph::build(&mut heap, OBJECTS, Hold::OneRoot);
        heap.collect();
        measured(&mut || while !heap.step(Budget::units(500)).finished {});
    }),
    scenario("collection of dead rings", OBJECTS, || {
        let mut heap = quiet();
        (0..OBJECTS / RING).for_each(|_| drop(ring(&mut heap)));
        measured(&mut || assert_eq!(heap.collect().collected, OBJECTS));
    }),
    scenario(
        "frames of rings, paced, an object",
        FRAMES * crate::rings::PER_FRAME,
        || {
            let (mut heap, _graph) = paced();
            measured(&mut || {
                for _ in 0..FRAMES {
                    frame(&mut heap, |_, _| ());
                    heap.step(Budget::units(20_000));
                }
            });
        },
    ),
];

/// A heap that collects when it is asked to.
fn quiet() -> Heap {
    Heap::with_config(HeapConfig {
        policy: Policy::Disabled,
        ..HeapConfig::default()
    })
}

fn shooter() -> (Heap, Gc<Owner>) {
    let mut heap = quiet();
    let owner = heap.alloc(Owner { hp: 3, last: None });
    let last = heap.alloc(Bullet {
        owner: owner.clone(),
        body: [0; 7],
    });
    heap.get_mut(&owner).last = Some(last);
    (heap, owner)
}

fn fire(heap: &mut Heap, owner: &Gc<Owner>, bullets: &mut Vec<Gc<Bullet>>) {
    let hp = heap.get(owner).hp;
    for shot in 0..BULLETS as u64 {
        bullets.push(heap.alloc(Bullet {
            owner: owner.clone(),
            body: [shot ^ hp; 7],
        }));
    }
    debug_assert!(
        bullets
            .iter()
            .all(|it| heap.get(it).body[6] < 2 * BULLETS as u64)
    );
}

/// A level in whose frames nothing has happened yet. The budget is in units: no clock has a say.
fn paced() -> (Heap, Graph) {
    let mut heap = quiet();
    let graph = Graph::build(&mut heap, OBJECTS, Hold::OneByOne);
    heap.collect();
    heap.set_policy(Policy::Budgeted(Budget::units(20_000)));
    (heap, graph)
}

/// Instructions of one operation of each scenario.
#[derive(Clone, PartialEq, Debug)]
pub struct Counts {
    /// What compiled it.
    pub compiler: String,
    pub values: Vec<(String, f64)>,
}

/// What the file says about itself.
const ABOUT: &str = "# Instructions an operation, by callgrind. Written by\n\
     # cargo run --release -p benches --bin counts -- --update\n";

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{ABOUT}compiler: {}", self.compiler)?;
        for (name, value) in &self.values {
            writeln!(f, "{value:9.2} {name}")?;
        }
        Ok(())
    }
}

impl FromStr for Counts {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut counts = Counts {
            compiler: String::new(),
            values: Vec::new(),
        };
        for line in text
            .lines()
            .map(str::trim)
            .filter(|line| !line.starts_with('#'))
        {
            if let Some(compiler) = line.strip_prefix("compiler: ") {
                counts.compiler = compiler.to_owned();
            } else if let Some((value, name)) = line.split_once(' ') {
                let value = value.parse().map_err(|why| format!("{line}: {why}"))?;
                counts.values.push((name.to_owned(), value));
            }
        }
        Ok(counts)
    }
}

/// How much more a path may take with the compiler that the file was written with, and with another: then the same
/// source gives other code.
const ALLOWED: f64 = 0.03;
const ALLOWED_ELSEWHERE: f64 = 0.25;
/// Less than this is not a regression of a path of a few instructions.
const ALLOWED_INSTRUCTIONS: f64 = 0.5;

/// Both beside each other, and how many became worse. What became better is told, and no failure.
pub fn compare(kept: &Counts, counted: &Counts) -> (Table, usize) {
    let allowed = if kept.compiler == counted.compiler {
        ALLOWED
    } else {
        ALLOWED_ELSEWHERE
    };
    let mut table = Table::new(1, ["instructions of", "file", "now", "change", ""]);
    let mut worse = 0;
    for (name, now) in &counted.values {
        let before = kept.values.iter().find(|(it, _)| it == name).map(|it| it.1);
        let change = before.map(|before| now / before - 1.0);
        let verdict = match (before, change) {
            (Some(before), _)
                if *now > before * (1.0 + allowed) && now - before > ALLOWED_INSTRUCTIONS =>
            {
                worse += 1;
                "slower"
            }
            (_, Some(change)) if change < -allowed => "faster: update the file",
            (None, _) => "new: update the file",
            _ => "",
        };
        table.rows.push(vec![
            name.clone(),
            before.map_or_else(String::new, |it| format!("{it:.2}")),
            format!("{now:.2}"),
            change.map_or_else(String::new, |it| format!("{:+.1} %", it * 100.0)),
            verdict.to_owned(),
        ]);
    }
    (table, worse)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(compiler: &str, value: f64) -> Counts {
        Counts {
            compiler: compiler.to_owned(),
            values: vec![("get, shuffled".to_owned(), value)],
        }
    }

    #[test]
    fn the_file_reads_as_it_was_written() {
        let written = counts("rustc 1.95.0", 12.25);
        assert_eq!(written.to_string().parse(), Ok(written));
    }

    #[test]
    fn more_than_three_percent_is_a_regression() {
        let kept = counts("a", 100.0);
        assert_eq!(compare(&kept, &counts("a", 103.0)).1, 0);
        assert_eq!(compare(&kept, &counts("a", 103.5)).1, 1);
        assert_eq!(compare(&kept, &counts("a", 60.0)).1, 0);
        // Another compiler may do it in another way.
        assert_eq!(compare(&kept, &counts("b", 120.0)).1, 0);
        assert_eq!(compare(&kept, &counts("b", 130.0)).1, 1);
    }

    #[test]
    fn every_scenario_runs() {
        for scenario in SCENARIOS {
            (scenario.run)();
        }
    }
}
