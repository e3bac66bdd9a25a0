//! Looking for cycles in what was noted, in slices.
//!
//! Strongly connected components of the objects, iteratively; in each the shortest cycle; and the field without which there
//! would be none.

use super::graph::{Component, Graph, Scratch};
use super::pace::Pace;
use super::{CycleKind, CycleLog, CycleReport};
use crate::budget::SliceBudget;
use crate::looks::Looks;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

/// [`CycleLog::report`] in slices: a few objects a frame.
///
/// ```
/// use gc_core::inspect::CycleSearch;
/// use gc_core::{Budget, Gc, Heap, Trace};
///
/// #[derive(Trace)]
/// struct Ship { wingman: Option<Gc<Ship>> }
///
/// let mut heap = Heap::new();
/// heap.record_cycles(true);
/// for _ in 0..100 {
///     let ship = heap.alloc(Ship { wingman: None });
///     heap[&ship].wingman = Some(ship.clone());
/// }
/// heap.collect();
/// let mut search = CycleSearch::new(heap.cycle_log());
/// while !search.step(Budget::units(5)) {
///     // a frame of the game
/// }
/// assert_eq!(search.finish().make_weak, ["Ship.wingman"]);
/// ```
pub struct CycleSearch {
    state: State,
    looks: Looks,
}

enum State {
    /// Each poll is a unit.
    Running(Pin<Box<dyn Future<Output = CycleReport> + Send + Sync>>),
    Done(CycleReport),
}

impl CycleSearch {
    /// Which cycles are in it?
    pub fn new(log: CycleLog) -> Self {
        CycleSearch {
            state: State::Running(Box::pin(search(log))),
            looks: Looks::default(),
        }
    }

    /// Goes on within the budget: a unit is 16 objects or handles. True when all is found.
    pub fn step(&mut self, budget: impl SliceBudget) -> bool {
        let state = &mut self.state;
        self.looks = self.looks.slice(budget, &mut |meter| {
            while let State::Running(search) = state
                && meter.go_on()
            {
                meter.spend_long(4);
                let mut context = Context::from_waker(Waker::noop());
                if let Poll::Ready(report) = search.as_mut().poll(&mut context) {
                    *state = State::Done(report);
                }
            }
        });
        matches!(self.state, State::Done(_))
    }

    /// What is found.
    ///
    /// # Panics
    /// If that is not all yet.
    pub fn finish(self) -> CycleReport {
        match self.state {
            State::Done(report) => report,
            State::Running(_) => panic!("the search is not finished"),
        }
    }
}

/// A cycle by types: fields, and the type each leads from.
type Signature = Vec<u32>;

/// Objects in cycles of a kind.
#[derive(Default)]
struct Group {
    objects: Vec<u32>,
    bytes: usize,
}

async fn search(log: CycleLog) -> CycleReport {
    let elapsed = log.elapsed();
    let mut pace = Pace::default();
    let graph = Graph::of(&log.batches, &mut pace).await;
    let (mut cycles, make_weak) = find(&graph, &mut pace).await;
    cycles.sort_by_key(|kind| (Reverse(kind.bytes), Reverse(kind.cycles), kind.path.clone()));
    CycleReport {
        cycles,
        make_weak,
        recorded: log.objects,
        condemned: log.condemned,
        collections: log.collections,
        elapsed,
    }
}

/// The kinds of cycles, and fields without which there is none.
async fn find(graph: &Graph, pace: &mut Pace) -> (Vec<CycleKind>, Vec<String>) {
    let mut kinds = Vec::new();
    let mut removed = vec![false; graph.fields.len()];
    let mut scratch = Scratch::new(graph.len());
    let mut all = Vec::with_capacity(graph.len());
    all.extend(0..graph.len() as u32);
    loop {
        // What is left in cycles without the fields found so far.
        let mut groups: BTreeMap<Signature, Group> = BTreeMap::new();
        for Component { first, members } in graph.components(&all, &removed, pace).await {
            scratch.begin();
            let mut bytes = 0;
            for &node in &members {
                pace.step().await;
                scratch.mark(node);
                bytes += graph.bytes[node as usize];
            }
            let signature = graph
                .shortest_cycle(first, &mut scratch, &removed, pace)
                .await;
            let group = groups.entry(signature).or_default();
            group.bytes += bytes;
            group.objects.extend(members);
        }
        if groups.is_empty() {
            break;
        }
        for (signature, group) in groups {
            let counts = count(graph, &group.objects, pace).await;
            // Which of the fields to make weak: a single handle rather than one of a collection, and the one that the
            // most objects have: a child's handle of its parent.
            let rank = |&at: &usize| {
                let field = &graph.fields[signature[at] as usize];
                let holders = counts[signature[at] as usize].0;
                (field.is_many(), Reverse(holders), field)
            };
            let at = (0..signature.len()).min_by_key(rank).unwrap_or(0);
            let handles = signature.iter().map(|&field| counts[field as usize].1);
            let field = signature[at] as usize;
            removed[field] = true;
            let mut alone = vec![false; graph.fields.len()];
            alone[field] = true;
            let rest = graph.components(&group.objects, &alone, pace).await;
            kinds.push(CycleKind {
                path: path(graph, &signature, at),
                // How many handles that one of the fields has that has the fewest.
                cycles: handles.min().unwrap_or(0),
                objects: group.objects.len(),
                bytes: group.bytes,
                field: graph.fields[field].name(),
                breaks_all: rest.is_empty(),
            });
        }
    }
    let removed = graph.fields.iter().zip(removed).filter(|(_, is)| *is);
    (kinds, removed.map(|(field, _)| field.name()).collect())
}

/// By field: how many of the objects have it, and how many handles there are in it.
async fn count(graph: &Graph, objects: &[u32], pace: &mut Pace) -> Vec<(usize, usize)> {
    let mut counts = vec![(0, 0); graph.fields.len()];
    let mut last = vec![u32::MAX; graph.fields.len()];
    for &node in objects {
        pace.step().await;
        for &(_, field) in graph.edges_of(node) {
            pace.step().await;
            let field = field as usize;
            counts[field].1 += 1;
            if last[field] != node {
                last[field] = node;
                counts[field].0 += 1;
            }
        }
    }
    counts
}

/// `Bullet.owner → Ship.bullets[] → Bullet`, of a long one the ends.
fn path(graph: &Graph, signature: &[u32], from: usize) -> String {
    const ENDS: usize = 32;
    let mut path = String::new();
    for at in 0..=signature.len() {
        if at >= ENDS && at + ENDS < signature.len() {
            if at == ENDS {
                path.push_str("… → ");
            }
            continue;
        }
        let field = &graph.fields[signature[(from + at) % signature.len()] as usize];
        path.push_str(&field.of);
        if at < signature.len() {
            path.push_str(&field.label);
            path.push_str(" → ");
        }
    }
    path
}
