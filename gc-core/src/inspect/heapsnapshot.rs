//! Chrome's `.heapsnapshot` format: one JSON object with flat arrays of numbers.
//!
//! ```text
//! root ─ (GC roots) ─ (handles outside the heap) ─┬─ an object that such a handle leads to ─ …
//!                                                 └─ src/camera.rs:41:23 ─ an object, with the feature `call_sites` ─ …
//! ```
//!
//! Nodes and edges are numbered by their order: the three above, then the places in the source, then the objects; an edge
//! names its target by the place of the node's first number.

use super::chunks::Chunks;
use super::discard::FREE;
use super::labels::NO_INDEX;
use super::names;
use super::snapshot::{Edge, Snapshot};
use crate::budget::SliceBudget;
use crate::collect::Meter;
use crate::looks::Looks;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::panic::Location;

const META: &str = concat!(
    r#"{"snapshot":{"meta":{"#,
    r#""node_fields":["type","name","id","self_size","edge_count","trace_node_id","detachedness"],"#,
    r#""node_types":[["hidden","array","string","object","code","closure","regexp","number","native","synthetic","#,
    r#""concatenated string","sliced string","symbol","bigint","object shape"],"#,
    r#""string","number","number","number","number","number"],"#,
    r#""edge_fields":["type","name_or_index","to_node"],"#,
    r#""edge_types":[["context","element","property","internal","hidden","shortcut","weak"],"#,
    r#""string_or_number","node"],"#,
    r#""trace_function_info_fields":["function_id","name","script_name","script_id","line","column"],"#,
    r#""trace_node_fields":["id","function_info_index","count","size","children"],"#,
    r#""sample_fields":["timestamp_us","last_assigned_id"],"#,
    r#""location_fields":["object_index","script_id","line","column"]},"#,
);
const NODE_FIELDS: u64 = 7;
const OBJECT: u64 = 3;
const SYNTHETIC: u64 = 9;
const ELEMENT: u64 = 1;
const PROPERTY: u64 = 2;
/// The nodes in front of the objects.
const SYNTHETIC_NODES: [&str; 3] = ["", "(GC roots)", "(handles outside the heap)"];
/// Elements with a name of their own; those behind share one.
const NAMED_ELEMENTS: u32 = 1024;
/// Nodes that are looked at, or edges that are written, for one unit.
const AT_ONCE: usize = 4;

/// Writes a [`Snapshot`] for Chrome's memory tab, in slices: a few kilobytes a frame.
///
/// [`Snapshot::write_heapsnapshot`] does it in one go, [`Snapshot::save_heapsnapshot`] into a file.
///
/// ```
/// use gc_core::inspect::{HeapSnapshotWriter, Snapshot};
/// use gc_core::{Budget, Heap};
///
/// let mut heap = Heap::new();
/// let hits: Vec<_> = (0..100).map(|n: u32| heap.alloc(n)).collect();
/// let snapshot = Snapshot::of(&heap);
/// let mut writer = HeapSnapshotWriter::new();
/// let mut text = String::new();
/// while !writer.step(&snapshot, Budget::units(50), &mut text)? {
///     // a frame of the game
/// }
/// assert!(text.contains(r#""node_count":103"#));
/// # drop(hits);
/// # Ok::<(), std::fmt::Error>(())
/// ```
#[derive(Default)]
pub struct HeapSnapshotWriter {
    part: Part,
    place: usize,
    /// The next of the edges of the node at `place`.
    edge: usize,
    /// Which of the places in the source.
    site: usize,
    /// Objects that handles outside the heap lead to, when nothing is known of where these were made.
    roots: Held,
    sites: Sites,
    strings: Strings,
    line: String,
    looks: Looks,
    bytes: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Part {
    /// The numbers that stand at the beginning.
    #[default]
    Count,
    Head,
    Nodes,
    /// From the synthetic nodes.
    Roots,
    SiteRoots,
    Edges,
    Strings,
    /// Gives back what only the writer needs.
    Clear,
    Done,
}

/// Objects by number, each with the number of handles that lead to it.
type Held = Chunks<(u32, u32)>;

/// The places in the source where handles outside the heap were made.
#[derive(Default)]
struct Sites {
    numbers: BTreeMap<&'static Location<'static>, usize>,
    held: Vec<(&'static Location<'static>, Held)>,
    /// Objects in all of `held`.
    edges: u64,
}

/// The texts by number: of the synthetic nodes, of the types, of the labels, of the places in the source; then of elements,
/// as they come.
#[derive(Default)]
struct Strings {
    types: Vec<String>,
    elements: Chunks<(u32, u32)>,
    /// By label and index: 1 more than the place among the elements; 0 for none.
    by_element: Vec<Vec<u32>>,
}

impl HeapSnapshotWriter {
    /// Begins.
    pub fn new() -> Self {
        HeapSnapshotWriter {
            looks: Looks::default(),
            ..HeapSnapshotWriter::default()
        }
    }

    /// Goes on within the budget: a unit is an object, or 4 handles. True when all is written. Every call must bring the
    /// same snapshot and go on with the same text.
    ///
    /// # Errors
    /// Those of `out`; what is written then is of no use.
    pub fn step(
        &mut self,
        snapshot: &Snapshot,
        budget: impl SliceBudget,
        out: &mut (impl Write + ?Sized),
    ) -> Result<bool, fmt::Error> {
        let mut result = Ok(());
        self.looks = self.looks.slice(budget, &mut |meter| {
            result = self.work(snapshot, meter, out);
        });
        result.map(|()| self.part == Part::Done)
    }

    /// The same into a file, or into anything else that takes bytes: the budget holds for the writing too.
    ///
    /// # Errors
    /// Those of the writer; what is written then is of no use.
    #[cfg(feature = "std")]
    pub fn step_into(
        &mut self,
        snapshot: &Snapshot,
        budget: impl SliceBudget,
        out: impl std::io::Write,
    ) -> std::io::Result<bool> {
        let mut sink = Sink::new(out);
        let done = self.step(snapshot, budget, &mut sink);
        sink.finish(done)
    }

    /// Bytes of text that are written.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    fn work(
        &mut self,
        snapshot: &Snapshot,
        meter: &mut Meter<'_>,
        out: &mut (impl Write + ?Sized),
    ) -> fmt::Result {
        while self.part != Part::Done && meter.go_on() {
            meter.spend_long(4);
            self.line.clear();
            match self.part {
                Part::Count => self.count(snapshot),
                Part::Head => self.head(snapshot)?,
                Part::Nodes => self.node(snapshot),
                Part::Roots => self.root(),
                Part::SiteRoots => self.site_root(),
                Part::Edges => self.edges(snapshot),
                Part::Strings => self.string(snapshot)?,
                Part::Clear => self.clear(meter),
                Part::Done => {}
            }
            out.write_str(&self.line)?;
            self.bytes += self.line.len() as u64;
        }
        Ok(())
    }

    fn enter(&mut self, part: Part) {
        self.part = part;
        self.place = 0;
        self.edge = 0;
    }

    fn count(&mut self, snapshot: &Snapshot) {
        for _ in 0..AT_ONCE {
            let node = self.place;
            if node == snapshot.len() {
                self.enter(Part::Head);
                return;
            }
            self.place += 1;
            let outside = snapshot.nodes[node].outside() as u32;
            if outside > 0 && !self.sites.add(snapshot, node) {
                self.roots.push((node as u32, outside));
            }
        }
    }

    fn head(&mut self, snapshot: &Snapshot) -> fmt::Result {
        self.strings.types = type_names(snapshot);
        let sites = &self.sites.held;
        let nodes = self.first_object() + snapshot.len() as u64;
        let outside = (self.roots.len() + sites.len()) as u64;
        let edges = snapshot.edge_count() as u64 + outside + self.sites.edges + 2;
        write!(
            self.line,
            "{META}\"node_count\":{nodes},\"edge_count\":{edges},\"trace_function_count\":0}},\n\"nodes\":["
        )?;
        let roots = (0..).zip([1, 1, outside]);
        let sites = sites.iter().map(|(_, held)| held.len() as u64);
        let sites = (first_site_name(snapshot)..).zip(sites);
        for (number, (name, edges)) in roots.chain(sites).enumerate() {
            let start = if number == 0 { "" } else { ",\n" };
            self.line.push_str(start);
            // Even numbers: those of objects are odd.
            let id = 2 * (number as u64 + 1);
            numbers(&mut self.line, [SYNTHETIC, name, id, 0, edges, 0, 0]);
        }
        self.enter(Part::Nodes);
        Ok(())
    }

    /// The number of the first object's node.
    fn first_object(&self) -> u64 {
        (SYNTHETIC_NODES.len() + self.sites.held.len()) as u64
    }

    fn edge_to_object(&mut self, kind: u64, name: u64, node: u32) {
        self.edge_to(kind, name, self.first_object() + u64::from(node));
    }

    fn edge_to(&mut self, kind: u64, name: u64, number: u64) {
        self.line.push_str(",\n");
        numbers(&mut self.line, [kind, name, number * NODE_FIELDS]);
    }

    fn node(&mut self, snapshot: &Snapshot) {
        if self.place == snapshot.len() {
            self.line.push_str("],\n\"edges\":[");
            numbers(&mut self.line, [ELEMENT, 1, NODE_FIELDS]);
            self.line.push_str(",\n");
            numbers(&mut self.line, [ELEMENT, 1, 2 * NODE_FIELDS]);
            self.enter(Part::Roots);
            return;
        }
        let node = snapshot.nodes[self.place];
        self.line.push_str(",\n");
        numbers(
            &mut self.line,
            [
                OBJECT,
                SYNTHETIC_NODES.len() as u64 + u64::from(node.kind),
                u64::from(node.id.slot) * 2 + 1,
                snapshot.node_bytes(self.place) as u64,
                u64::from(node.edges),
                0,
                0,
            ],
        );
        self.place += 1;
    }

    fn root(&mut self) {
        for _ in 0..AT_ONCE {
            if self.place < self.roots.len() {
                // The number of handles stands where an element's number would.
                let (node, handles) = self.roots[self.place];
                self.edge_to_object(ELEMENT, u64::from(handles), node);
            } else if self.place < self.roots.len() + self.sites.held.len() {
                let site = (self.place - self.roots.len()) as u64;
                self.edge_to(ELEMENT, site, SYNTHETIC_NODES.len() as u64 + site);
            } else {
                self.enter(Part::SiteRoots);
                return;
            }
            self.place += 1;
        }
    }

    fn site_root(&mut self) {
        for _ in 0..AT_ONCE {
            let Some((_, held)) = self.sites.held.get(self.site) else {
                self.enter(Part::Edges);
                return;
            };
            if self.place == held.len() {
                self.site += 1;
                self.place = 0;
                continue;
            }
            let (node, handles) = held[self.place];
            self.edge_to_object(ELEMENT, u64::from(handles), node);
            self.place += 1;
        }
    }

    fn edges(&mut self, snapshot: &Snapshot) {
        for _ in 0..AT_ONCE {
            if self.place == snapshot.len() {
                self.line.push_str(concat!(
                    "],\n\"trace_function_infos\":[],\n\"trace_tree\":[],\n\"samples\":[],",
                    "\n\"locations\":[],\n\"strings\":["
                ));
                self.enter(Part::Strings);
                return;
            }
            let node = snapshot.nodes[self.place];
            if self.edge == node.edges as usize {
                self.place += 1;
                self.edge = 0;
                continue;
            }
            let edge = snapshot.edges[node.first as usize + self.edge];
            let (kind, name) = match snapshot.labels.text(edge.label) {
                "" => (ELEMENT, self.edge as u64),
                "[]" => (ELEMENT, u64::from(edge.index)),
                _ => (PROPERTY, self.edge_name(snapshot, edge)),
            };
            self.edge_to_object(kind, name, edge.to);
            self.edge += 1;
        }
    }

    fn string(&mut self, snapshot: &Snapshot) -> fmt::Result {
        let types = SYNTHETIC_NODES.len();
        let labels = types + snapshot.kinds.len();
        let sites = labels + snapshot.labels.len();
        let elements = sites + self.sites.held.len();
        let number = self.place;
        if number == elements + self.strings.elements.len() {
            self.line.push_str("]}\n");
            self.enter(Part::Clear);
            return Ok(());
        }
        if number > 0 {
            self.line.push_str(",\n");
        }
        if number < types {
            quoted(&mut self.line, SYNTHETIC_NODES[number])?;
        } else if number < labels {
            quoted(&mut self.line, &self.strings.types[number - types])?;
        } else if number < sites {
            let text = snapshot.labels.text((number - labels) as u32);
            quoted(&mut self.line, text.trim_start_matches('.'))?;
        } else if number < elements {
            let (location, _) = &self.sites.held[number - sites];
            quoted(&mut self.line, &location.to_string())?;
        } else {
            let (label, index) = self.strings.elements[number - elements];
            let text = snapshot.labels.with_index(label, index);
            quoted(&mut self.line, text.trim_start_matches('.'))?;
        }
        self.place += 1;
        Ok(())
    }

    /// The number of an edge's name.
    fn edge_name(&mut self, snapshot: &Snapshot, edge: Edge) -> u64 {
        if edge.index == NO_INDEX || edge.index >= NAMED_ELEMENTS {
            return first_label(snapshot) + u64::from(edge.label);
        }
        let elements = first_site_name(snapshot) + self.sites.held.len() as u64;
        elements + u64::from(self.strings.element(edge.label, edge.index))
    }

    fn clear(&mut self, meter: &mut Meter<'_>) {
        meter.spend_long(FREE);
        let mut sites = self.sites.held.iter_mut();
        let some = self.roots.free_some()
            || self.strings.elements.free_some()
            || sites.any(|(_, held)| held.free_some());
        if !some {
            self.enter(Part::Done);
        }
    }
}

/// The number of the first label's text.
fn first_label(snapshot: &Snapshot) -> u64 {
    (SYNTHETIC_NODES.len() + snapshot.kinds.len()) as u64
}

/// The number of the text of the first place in the source.
fn first_site_name(snapshot: &Snapshot) -> u64 {
    first_label(snapshot) + snapshot.labels.len() as u64
}

impl Sites {
    /// Notes where the handles outside the heap to an object were made. False if that is not known.
    fn add(&mut self, snapshot: &Snapshot, node: usize) -> bool {
        let before = self.edges;
        for (location, handles) in snapshot.sites.outside_of(node) {
            let number = *self.numbers.entry(location).or_insert_with(|| {
                self.held.push((location, Held::default()));
                self.held.len() - 1
            });
            self.held[number].1.push((node as u32, handles));
            self.edges += 1;
        }
        self.edges > before
    }
}

impl Strings {
    /// The place of an element among those that have a name.
    fn element(&mut self, label: u32, index: u32) -> u32 {
        let (of, at) = (label as usize, index as usize);
        if self.by_element.len() <= of {
            self.by_element.resize_with(of + 1, Vec::new);
        }
        let places = &mut self.by_element[of];
        if places.len() <= at {
            places.resize(at + 1, 0);
        }
        if places[at] == 0 {
            self.elements.push((label, index));
            places[at] = self.elements.len() as u32;
        }
        places[at] - 1
    }
}

/// Without their paths, but for those that would be the same then.
fn type_names(snapshot: &Snapshot) -> Vec<String> {
    let short: Vec<String> = snapshot
        .kinds
        .iter()
        .map(|kind| names::short(kind.name))
        .collect();
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for name in &short {
        *times.entry(name).or_insert(0) += 1;
    }
    short
        .iter()
        .zip(&snapshot.kinds)
        .map(|(short, kind)| {
            if times[short.as_str()] == 1 {
                short.clone()
            } else {
                kind.name.into()
            }
        })
        .collect()
}

fn numbers<const N: usize>(line: &mut String, numbers: [u64; N]) {
    for (at, number) in numbers.into_iter().enumerate() {
        if at > 0 {
            line.push(',');
        }
        // Faster than `write!`, and there are millions of them.
        let mut digits = [0; 20];
        let (mut from, mut rest) = (digits.len(), number);
        loop {
            from -= 1;
            digits[from] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        line.extend(digits[from..].iter().map(|&digit| char::from(digit)));
    }
}

fn quoted(line: &mut String, text: &str) -> fmt::Result {
    line.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => {
                line.push('\\');
                line.push(letter);
            }
            control if control < ' ' => write!(line, "\\u{:04x}", control as u32)?,
            letter => line.push(letter),
        }
    }
    line.push('"');
    Ok(())
}

impl Snapshot {
    /// Writes the snapshot in Chrome's `.heapsnapshot` format. The browser's developer tools open it (Memory, Load
    /// profile) and show it by type, with retainers by field name and with retained sizes.
    ///
    /// Objects that a handle outside the heap leads to hang on the node "(handles outside the heap)"; the number of such
    /// handles stands on the edge. With the feature `call_sites` there is a node between the two for each place in the source
    /// where they were made, so that the tools also tell what the handles from there retain. The identity that the tools show is the object's place: in their *comparison*, an
    /// object in the place of a dead one of its type passes for the same, other than in [`Snapshot::diff`]. Elements of
    /// sequences behind the 1024th share a name.
    ///
    /// Cost: about 60 bytes of text an object and 25 a handle. In slices: [`HeapSnapshotWriter`].
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_heapsnapshot(&self, out: &mut (impl Write + ?Sized)) -> fmt::Result {
        HeapSnapshotWriter::new()
            .step(self, crate::Budget::UNLIMITED, out)
            .map(|_| ())
    }

    /// The same into a file, or into anything else that takes bytes.
    ///
    /// ```no_run
    /// # use gc_core::{Heap, inspect::Snapshot};
    /// # let heap = Heap::new();
    /// let file = std::fs::File::create("match.heapsnapshot")?;
    /// Snapshot::of(&heap).save_heapsnapshot(file)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of the writer.
    #[cfg(feature = "std")]
    pub fn save_heapsnapshot(&self, out: impl std::io::Write) -> std::io::Result<()> {
        HeapSnapshotWriter::new()
            .step_into(self, crate::Budget::UNLIMITED, out)
            .map(|_| ())
    }
}

/// Text on its way into bytes, and what has become of it. The buffer is small: a slice ends within one write of its budget.
#[cfg(feature = "std")]
struct Sink<W: std::io::Write>(std::io::BufWriter<W>, std::io::Result<()>);

#[cfg(feature = "std")]
impl<W: std::io::Write> Sink<W> {
    fn new(out: W) -> Self {
        Sink(std::io::BufWriter::with_capacity(1 << 13, out), Ok(()))
    }

    fn finish<T>(mut self, result: Result<T, fmt::Error>) -> std::io::Result<T> {
        self.1?;
        let result = result.map_err(std::io::Error::other)?;
        std::io::Write::flush(&mut self.0)?;
        Ok(result)
    }
}

#[cfg(feature = "std")]
impl<W: std::io::Write> Write for Sink<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.1 = std::io::Write::write_all(&mut self.0, text.as_bytes());
        if self.1.is_ok() {
            Ok(())
        } else {
            Err(fmt::Error)
        }
    }
}
