//! The cycle report: which cycles the collector has found, by type and field, and which field to make weak.
//!
//! A job copies what it has condemned, an object a unit, before it frees it. The copies are bounded, and looked into only
//! when the game asks: strongly connected components of the objects, iteratively; in each the shortest cycle; and the
//! field without which there would be none.

use super::labels::Mixer;
use super::names;
use super::snapshot::Snapshot;
use super::types::grouped;
use crate::arena::{Arena, PageRef};
use crate::trace::Resume;
use crate::{Heap, ObjectId};
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt;
use core::hash::BuildHasherDefault;
use core::time::Duration;
use hashbrown::HashMap;

/// Objects kept for the report; what is condemned beyond is only counted.
const MOST: usize = 1 << 16;
/// And handles in them.
const MOST_EDGES: usize = 1 << 18;

/// What a job copies.
#[derive(Default)]
pub(crate) struct Recording {
    snapshot: Snapshot,
    room: usize,
    edge_room: usize,
    /// The large object that is copied in pieces: its place, and where the next piece begins.
    piece: Option<(PageRef, usize, Resume)>,
}

impl Recording {
    pub(crate) fn is_full(&self) -> bool {
        self.snapshot.len() >= self.room || self.snapshot.edges.len() >= self.edge_room
    }

    /// Copies a condemned object, or a piece of it. True when it is done.
    pub(crate) fn add(&mut self, arena: &Arena, page: PageRef, index: usize) -> bool {
        let resume = match self.piece.take() {
            Some((at, place, resume)) if (at, place) == (page, index) => Some(resume),
            _ => None,
        };
        if resume.is_none() {
            self.snapshot.add(arena, page, index);
            let node = self.snapshot.len() - 1;
            let bytes = arena.external_of(self.snapshot.nodes[node].id.slot);
            if bytes > 0 {
                self.snapshot.external.push((node as u32, bytes));
            }
        }
        let resume = self.snapshot.add_edges(arena.tag, page, index, resume);
        self.piece = resume.map(|resume| (page, index, resume));
        self.piece.is_none() || self.is_full()
    }
}

/// What collections have condemned since [`Heap::record_cycles`] or [`Heap::take_cycles`]: copies, to be looked into on
/// any thread.
#[derive(Default)]
pub struct CycleLog {
    batches: Vec<Snapshot>,
    objects: usize,
    edges: usize,
    condemned: usize,
    collections: u64,
    #[cfg(feature = "std")]
    since: Option<std::time::Instant>,
}

impl CycleLog {
    fn begin() -> Self {
        CycleLog {
            #[cfg(feature = "std")]
            since: Some(std::time::Instant::now()),
            ..CycleLog::default()
        }
    }

    pub(crate) fn recording(&self) -> Recording {
        Recording {
            room: MOST - self.objects.min(MOST),
            edge_room: MOST_EDGES - self.edges.min(MOST_EDGES),
            ..Recording::default()
        }
    }

    pub(crate) fn add(&mut self, recording: Recording, condemned: usize) {
        self.objects += recording.snapshot.len();
        self.edges += recording.snapshot.edges.len();
        self.condemned += condemned;
        self.collections += 1;
        if !recording.snapshot.is_empty() {
            self.batches.push(recording.snapshot);
        }
    }

    fn elapsed(&self) -> Option<Duration> {
        #[cfg(feature = "std")]
        return self.since.map(|since| since.elapsed());
        #[cfg(not(feature = "std"))]
        None
    }

    /// Looks into it. Cost: about 1 µs an object.
    pub fn report(&self) -> CycleReport {
        let graph = Graph::of(&self.batches);
        let (cycles, make_weak) = graph.find_cycles();
        CycleReport {
            cycles,
            make_weak,
            recorded: self.objects,
            condemned: self.condemned,
            collections: self.collections,
            elapsed: self.elapsed(),
        }
    }
}

/// Which cycles collections have found. `Display` tells it, a kind of cycle a line.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CycleReport {
    /// The kinds of cycles, by types and fields; those with the most bytes first.
    pub cycles: Vec<CycleKind>,
    /// Fields that break all of them when they are made weak: [`Weak`](crate::Weak) instead of [`Gc`](crate::Gc).
    pub make_weak: Vec<String>,
    /// Condemned objects that were looked into; what is beyond 65,536, or 262,144 handles, is not.
    pub recorded: usize,
    /// Objects that collections have condemned.
    pub condemned: usize,
    /// Collections that have condemned something.
    pub collections: u64,
    /// How long was recorded. `None` without the feature `std`.
    pub elapsed: Option<Duration>,
}

/// A kind of cycle.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CycleKind {
    /// `Bullet.owner → Ship.bullets[] → Bullet`
    pub path: String,
    /// How many: handles in that one of the fields that has the fewest.
    pub cycles: usize,
    /// Objects that are in such a cycle, or in others together with it.
    pub objects: usize,
    /// Their bytes.
    pub bytes: usize,
    /// The field to make weak: `Bullet.owner`.
    pub field: String,
    /// Does that alone break all cycles that these objects are in?
    pub breaks_all: bool,
}

impl Heap {
    /// Lets collections note what they condemn, for [`Heap::cycle_report`], or ends that. Off at first.
    ///
    /// Cost: off, a branch a collection. On, a unit more for each condemned object, and memory for at most 65,536 of them,
    /// about 60 bytes each, which comes from the global allocator.
    ///
    /// ```
    /// use gc_core::{Gc, Heap, Trace};
    ///
    /// #[derive(Trace)]
    /// struct Ship { bullets: Vec<Gc<Bullet>> }
    /// #[derive(Trace)]
    /// struct Bullet { owner: Gc<Ship> }
    ///
    /// let mut heap = Heap::new();
    /// heap.record_cycles(true);
    /// let ship = heap.alloc(Ship { bullets: vec![] });
    /// for _ in 0..412 {
    ///     let bullet = heap.alloc(Bullet { owner: ship.clone() });
    ///     heap[&ship].bullets.push(bullet);
    /// }
    /// drop(ship);
    /// heap.collect();
    ///
    /// let report = heap.cycle_report();
    /// assert_eq!(report.cycles[0].path, "Bullet.owner → Ship.bullets[] → Bullet");
    /// assert_eq!((report.cycles[0].cycles, report.make_weak[0].as_str()), (412, "Bullet.owner"));
    /// println!("{report}");
    /// ```
    pub fn record_cycles(&mut self, on: bool) {
        match (on, &self.cycles) {
            (true, None) => self.cycles = Some(CycleLog::begin().into()),
            (false, _) => self.cycles = None,
            _ => {}
        }
    }

    /// Which cycles collections have found since [`Heap::record_cycles`] or [`Heap::take_cycles`]. Cost: about 1 µs for
    /// each condemned object that was noted; [`Heap::take_cycles`] lets another thread do it.
    pub fn cycle_report(&self) -> CycleReport {
        match &self.cycles {
            Some(log) => log.report(),
            None => CycleLog::default().report(),
        }
    }

    /// Takes out what was noted, and begins anew. Empty when nothing is noted.
    pub fn take_cycles(&mut self) -> CycleLog {
        match &mut self.cycles {
            Some(log) => core::mem::replace(log, CycleLog::begin()),
            None => CycleLog::default(),
        }
    }
}

impl fmt::Display for CycleReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.cycles.is_empty() {
            return f.write_str("no cycles were found");
        }
        for kind in &self.cycles {
            let s = if kind.cycles == 1 { "" } else { "s" };
            write!(f, "{}: {} cycle{s}, ", kind.path, grouped(kind.cycles))?;
            write_bytes(f, kind.bytes)?;
            if let Some(elapsed) = self.elapsed {
                write!(f, " in the last {:.1} s", elapsed.as_secs_f64())?;
            }
            let breaks = if kind.breaks_all {
                "breaks all"
            } else {
                "breaks these"
            };
            writeln!(f, "; making {} weak {breaks}", kind.field)?;
        }
        if self.make_weak.len() > 1 {
            writeln!(
                f,
                "making {} weak breaks every cycle",
                self.make_weak.join(", ")
            )?;
        }
        write!(
            f,
            "{} of {} condemned objects looked into, of {} collections",
            grouped(self.recorded),
            grouped(self.condemned),
            self.collections
        )
    }
}

fn write_bytes(f: &mut fmt::Formatter<'_>, bytes: usize) -> fmt::Result {
    match bytes {
        0..1_000 => write!(f, "{bytes} bytes"),
        1_000..1_000_000 => write!(f, "{:.1} KB", bytes as f64 / 1e3),
        _ => write!(f, "{:.1} MB", bytes as f64 / 1e6),
    }
}

/// A field of a type.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Field {
    /// `Ship`
    of: String,
    /// `.bullets[]`
    label: String,
}

/// All batches as one graph: those of different collections have no edges between them.
struct Graph {
    kinds: Vec<String>,
    fields: Vec<Field>,
    /// By object: the type, the bytes, and where its edges begin.
    kind: Vec<u32>,
    bytes: Vec<usize>,
    starts: Vec<u32>,
    /// Target and field.
    edges: Vec<(u32, u32)>,
}

/// A cycle by types: fields, and the type each leads from.
type Signature = Vec<u32>;

/// What is known of a kind of cycle.
#[derive(Default)]
struct Group {
    objects: Vec<u32>,
    bytes: usize,
}

const NONE: u32 = u32::MAX;

impl Graph {
    fn of(batches: &[Snapshot]) -> Self {
        let mut graph = Graph {
            kinds: Vec::new(),
            fields: Vec::new(),
            kind: Vec::new(),
            bytes: Vec::new(),
            starts: vec![0],
            edges: Vec::new(),
        };
        let mut kind_numbers: BTreeMap<&str, u32> = BTreeMap::new();
        let mut field_numbers: BTreeMap<(u32, String), u32> = BTreeMap::new();
        for batch in batches {
            let base = graph.kind.len() as u32;
            let by_id: HashMap<ObjectId, u32, BuildHasherDefault<Mixer>> = batch
                .nodes
                .iter()
                .enumerate()
                .map(|(number, node)| (node.id, base + number as u32))
                .collect();
            for (number, node) in batch.nodes.iter().enumerate() {
                let name = batch.kinds[node.kind as usize].name;
                let next = graph.kinds.len() as u32;
                let kind = *kind_numbers.entry(name).or_insert_with(|| {
                    graph.kinds.push(names::short(name));
                    next
                });
                graph.kind.push(kind);
                graph.bytes.push(batch.node_bytes(number));
                let mut last = (NONE, NONE);
                for edge in batch.edges_of(number) {
                    let target = ObjectId {
                        slot: edge.to,
                        version: edge.version,
                    };
                    let Some(&to) = by_id.get(&target) else {
                        continue;
                    };
                    if last.0 != edge.label {
                        let label = batch.labels.text(edge.label);
                        let next = graph.fields.len() as u32;
                        let field = field_numbers.entry((kind, label.into())).or_insert(next);
                        if *field == next {
                            graph.fields.push(Field {
                                of: graph.kinds[kind as usize].clone(),
                                label: label.into(),
                            });
                        }
                        last = (edge.label, *field);
                    }
                    graph.edges.push((to, last.1));
                }
                graph.starts.push(graph.edges.len() as u32);
            }
        }
        graph
    }

    fn len(&self) -> usize {
        self.kind.len()
    }

    fn edges_of(&self, node: u32) -> &[(u32, u32)] {
        let (from, to) = (self.starts[node as usize], self.starts[node as usize + 1]);
        &self.edges[from as usize..to as usize]
    }

    /// The kinds of cycles, and fields without which there is none.
    fn find_cycles(&self) -> (Vec<CycleKind>, Vec<String>) {
        let mut kinds = Vec::new();
        let mut removed: BTreeSet<u32> = BTreeSet::new();
        let all: Vec<u32> = (0..self.len() as u32).collect();
        loop {
            // What is left in cycles without the fields found so far.
            let mut groups: BTreeMap<Signature, Group> = BTreeMap::new();
            for component in self.components(&all, &removed) {
                let signature = self.shortest_cycle(&component, &removed);
                let group = groups.entry(signature).or_default();
                let bytes = component.iter().map(|&node| self.bytes[node as usize]);
                group.bytes += bytes.sum::<usize>();
                group.objects.extend(component);
            }
            if groups.is_empty() {
                break;
            }
            for (signature, group) in groups {
                let at = self.weakest(&signature, &group);
                let field = signature[at];
                removed.insert(field);
                let alone = BTreeSet::from([field]);
                kinds.push(CycleKind {
                    path: self.path(&signature, at),
                    cycles: self.count(&signature, &group),
                    objects: group.objects.len(),
                    bytes: group.bytes,
                    field: self.field_name(field),
                    breaks_all: self.components(&group.objects, &alone).is_empty(),
                });
            }
        }
        kinds.sort_by_key(|kind| (Reverse(kind.bytes), Reverse(kind.cycles), kind.path.clone()));
        let make_weak = removed.iter().map(|&field| self.field_name(field));
        (kinds, make_weak.collect())
    }

    /// `Ship.bullets`
    fn field_name(&self, field: u32) -> String {
        let Field { of, label } = &self.fields[field as usize];
        let label = label.trim_end_matches("[]").trim_end_matches("{}");
        if label.is_empty() {
            alloc::format!("a field of {of}")
        } else {
            alloc::format!("{of}{label}")
        }
    }

    fn path(&self, signature: &[u32], from: usize) -> String {
        let mut path = String::new();
        for at in 0..=signature.len() {
            let field = &self.fields[signature[(from + at) % signature.len()] as usize];
            path.push_str(&field.of);
            if at < signature.len() {
                path.push_str(&field.label);
                path.push_str(" → ");
            }
        }
        path
    }

    /// How many handles that one of the fields has that has the fewest.
    fn count(&self, signature: &[u32], group: &Group) -> usize {
        let counts = signature.iter().map(|&field| {
            let edges = group.objects.iter().flat_map(|&node| self.edges_of(node));
            edges.filter(|&&(_, other)| other == field).count()
        });
        counts.min().unwrap_or(0)
    }

    /// Which of the fields to make weak: a single handle rather than one of a collection, and the one that the most
    /// objects have: a child's handle of its parent.
    fn weakest(&self, signature: &[u32], group: &Group) -> usize {
        let rank = |&at: &usize| {
            let field = &self.fields[signature[at] as usize];
            let many = field.label.contains("[]") || field.label.contains("{}");
            let holders = group.objects.iter().filter(|&&node| {
                let mut edges = self.edges_of(node).iter();
                edges.any(|&(_, other)| other == signature[at])
            });
            (many, Reverse(holders.count()), field)
        };
        (0..signature.len()).min_by_key(rank).unwrap_or(0)
    }

    /// The shortest cycle through the first object of a component, from its smallest field on.
    fn shortest_cycle(&self, component: &[u32], removed: &BTreeSet<u32>) -> Signature {
        let within: BTreeSet<u32> = component.iter().copied().collect();
        let start = component[0];
        let mut before: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(node) = queue.pop_front() {
            for &(to, field) in self.edges_of(node) {
                if removed.contains(&field) || !within.contains(&to) || before.contains_key(&to) {
                    continue;
                }
                before.insert(to, (node, field));
                queue.push_back(to);
                if to == start {
                    queue.clear();
                    break;
                }
            }
        }
        let mut signature = Vec::new();
        let mut node = start;
        while let Some(&(from, field)) = before.get(&node) {
            signature.push(field);
            node = from;
            if node == start {
                break;
            }
        }
        signature.reverse();
        // A ring of many objects of a few types says nothing more than one of each.
        let rounds = (1..=signature.len()).find(|&length| {
            signature.len() % length == 0
                && signature
                    .chunks(length)
                    .all(|chunk| chunk == &signature[..length])
        });
        signature.truncate(rounds.unwrap_or(signature.len()));
        // The same cycle begins at the same place wherever it was found; one as long as that is not found twice.
        if signature.len() < 64 {
            let first = (0..signature.len()).min_by_key(|&at| {
                let (behind, front) = signature.split_at(at);
                [front, behind].concat()
            });
            signature.rotate_left(first.unwrap_or(0));
        }
        signature
    }

    /// The strongly connected components of `nodes` that have a cycle: Tarjan's algorithm, iteratively.
    fn components(&self, nodes: &[u32], removed: &BTreeSet<u32>) -> Vec<Vec<u32>> {
        const DONE: u32 = NONE - 1;
        // Not in `nodes`: DONE; not seen yet: NONE.
        let mut number = vec![DONE; self.len()];
        for &node in nodes {
            number[node as usize] = NONE;
        }
        let mut low = vec![0; self.len()];
        let (mut next, mut stack, mut path) = (0, Vec::new(), Vec::new());
        let mut found = Vec::new();
        for &root in nodes {
            if number[root as usize] != NONE {
                continue;
            }
            path.push((root, 0));
            while let Some((node, at)) = path.pop() {
                if at == 0 {
                    number[node as usize] = next;
                    low[node as usize] = next;
                    next += 1;
                    stack.push(node);
                }
                let edges = self.edges_of(node);
                let mut at = at;
                let mut child = None;
                while at < edges.len() {
                    let (to, field) = edges[at];
                    at += 1;
                    if removed.contains(&field) {
                        continue;
                    }
                    match number[to as usize] {
                        DONE => {}
                        NONE => {
                            child = Some(to);
                            break;
                        }
                        seen => low[node as usize] = low[node as usize].min(seen),
                    }
                }
                if let Some(child) = child {
                    // `at` is past the child: at least 1.
                    path.push((node, at));
                    path.push((child, 0));
                    continue;
                }
                if let Some(&(parent, _)) = path.last() {
                    low[parent as usize] = low[parent as usize].min(low[node as usize]);
                }
                if low[node as usize] == number[node as usize] {
                    let from = stack.iter().rposition(|&other| other == node).unwrap_or(0);
                    let mut component = stack.split_off(from);
                    for &member in &component {
                        number[member as usize] = DONE;
                    }
                    let to_itself =
                        |&&(to, field): &&(u32, u32)| to == node && !removed.contains(&field);
                    if component.len() > 1
                        || self.edges_of(node).iter().any(|edge| to_itself(&edge))
                    {
                        component.sort_unstable();
                        found.push(component);
                    }
                }
            }
        }
        found
    }
}
