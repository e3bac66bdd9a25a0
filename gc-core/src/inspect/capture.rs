//! Taking a snapshot, in slices.

use super::chunks::Chunks;
use super::labels::{Listener, Namer};
use super::snapshot::{Edge, Kind, Node, Snapshot};
use crate::arena::page::INDEX_BITS;
use crate::arena::types::TypeInfo;
use crate::arena::{Arena, Bit, PageRef};
use crate::budget::SliceBudget;
use crate::collect::Meter;
use crate::handle::Site;
use crate::looks::Looks;
use crate::trace::{Greys, Resume, Tracer};
use crate::{Heap, ObjectId};
use alloc::vec::Vec;

/// Nodes and edges that are looked at for one unit once all objects are traced.
const AT_ONCE: usize = 16;
/// No node.
const NONE: u32 = u32::MAX;

/// A snapshot in progress: a slice a frame, while the game goes on.
///
/// Each object is copied once, at its own moment. So when the game plays between the slices:
///
/// - what has died meanwhile is left out, with the handles to it; what was made meanwhile may or may not be there;
/// - a handle that was moved meanwhile may be missing or be there twice, so the numbers of handles held outside are
///   exact only for objects whose handles nobody touched. [`Snapshot::of`] is exact throughout.
///
/// A collection may be in progress, begin and end: what it has condemned is dead.
///
/// ```
/// use gc_core::inspect::Snapshot;
/// use gc_core::{Budget, Heap};
///
/// let mut heap = Heap::new();
/// let hits: Vec<_> = (0..1000).map(|n: u32| heap.alloc(n)).collect();
/// let mut capture = Snapshot::begin(&heap);
/// while !capture.step(&heap, Budget::units(100)).finished {
///     // a frame of the game
/// }
/// assert_eq!(capture.finish().len(), hits.len());
/// ```
pub struct Capture {
    snapshot: Snapshot,
    phase: Phase,
    /// How far the phase is: a page and a slot, a node and an edge.
    page: u32,
    place: usize,
    /// Page numbers at the beginning.
    end: u32,
    /// The large object that is traced in pieces: its version, and where the next piece begins.
    piece: Option<(u32, Resume)>,
    /// Handles in objects that are dead or condemned and not dropped yet: nobody reaches their targets through them, but
    /// neither are they held outside the heap.
    from_the_dead: Targets,
    pages: Vec<Option<Seen>>,
    /// Nodes by slot, page after page.
    by_slot: Chunks<u32>,
    /// In Settle and Link: where the next one that stays goes.
    keep: usize,
    looks: Looks,
    units: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Copies objects, one a unit.
    Trace,
    /// Leaves out what has died since.
    Settle,
    /// Finds the targets of the edges.
    Link,
    /// Gives back what only the capture needs.
    Clear,
    Done,
}

/// A page as it was when the capture came to it.
#[derive(Clone, Copy)]
struct Seen {
    info: &'static TypeInfo,
    capacity: usize,
    /// Where its slots begin in `by_slot`.
    base: usize,
}

impl Seen {
    fn is(self, page: PageRef) -> bool {
        core::ptr::eq(self.info, page.info()) && self.capacity == page.capacity()
    }
}

/// What a slice of a [`Capture`] did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CaptureProgress {
    /// Work done, in units: an object or a piece of a large one, or 16 objects or handles that are looked up.
    pub units: u64,
    /// The snapshot is complete.
    pub finished: bool,
}

impl Capture {
    pub(super) fn new(heap: &Heap) -> Self {
        let kinds = heap.arena.types.iter().map(|pages| Kind {
            name: (pages.info.name)(),
            bytes: pages.info.layout.stride as u32,
        });
        Capture {
            snapshot: Snapshot {
                heap_id: heap.arena.heap_id,
                kinds: kinds.collect(),
                ..Snapshot::default()
            },
            phase: Phase::Trace,
            page: 0,
            place: 0,
            end: heap.arena.page_numbers(),
            piece: None,
            from_the_dead: Targets::default(),
            pages: Vec::with_capacity(heap.arena.page_numbers() as usize),
            by_slot: Chunks::default(),
            keep: 0,
            looks: Looks::default(),
            units: 0,
        }
    }

    /// Goes on within the budget; stops within one unit of it.
    ///
    /// # Panics
    /// If it is another heap than the one that the capture began with; and with what a `trace` panics with: the object
    /// is left out then, and the next step goes on behind it.
    pub fn step(&mut self, heap: &Heap, budget: impl SliceBudget) -> CaptureProgress {
        assert_eq!(
            heap.arena.heap_id, self.snapshot.heap_id,
            "the capture belongs to another heap"
        );
        let mut units = 0;
        self.looks = self.looks.slice(budget, &mut |meter| {
            self.work(heap, meter);
            units = meter.done;
        });
        self.units += units;
        CaptureProgress {
            units,
            finished: self.is_finished(),
        }
    }

    /// Is the snapshot complete?
    pub fn is_finished(&self) -> bool {
        self.phase == Phase::Done
    }

    /// Units done in all steps.
    pub fn units(&self) -> u64 {
        self.units
    }

    /// The snapshot.
    ///
    /// # Panics
    /// If it is not complete.
    pub fn finish(self) -> Snapshot {
        assert!(self.is_finished(), "the capture is not finished");
        self.snapshot
    }

    fn work(&mut self, heap: &Heap, meter: &mut Meter<'_>) {
        while meter.go_on() && self.phase != Phase::Done {
            match self.phase {
                Phase::Trace => self.trace(heap, meter),
                Phase::Settle => self.settle(heap, meter),
                Phase::Link => self.link(meter),
                Phase::Clear => self.clear(meter),
                Phase::Done => {}
            }
        }
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.page = 0;
        self.place = 0;
        self.keep = 0;
    }

    // --- the objects ------------------------------------------------------------------------------------------------

    fn trace(&mut self, heap: &Heap, meter: &mut Meter<'_>) {
        while meter.go_on() {
            if self.page == self.end {
                self.enter(Phase::Settle);
                return;
            }
            let Some(page) = heap.arena.page(self.page).filter(|&page| self.sees(page)) else {
                self.next_page();
                meter.spend_long(0);
                continue;
            };
            let group = self.place / 64;
            if group >= page.groups() {
                self.next_page();
                continue;
            }
            let bits = page.bits(Bit::Live, group) & (!0 << (self.place % 64));
            if bits == 0 {
                self.piece = None;
                self.place = (group + 1) * 64;
                continue;
            }
            self.place = group * 64 + bits.trailing_zeros() as usize;
            meter.spend(1);
            self.object(heap, page);
        }
    }

    /// Is the page the one that the capture began with? A page that took its place meanwhile is passed by.
    fn sees(&mut self, page: PageRef) -> bool {
        let number = self.page as usize;
        if self.pages.len() <= number {
            self.pages.resize(number + 1, None);
        }
        if self.place > 0 || self.pages[number].is_some() {
            return self.pages[number].is_some_and(|seen| seen.is(page));
        }
        let base = self.by_slot.len();
        for _ in 0..page.capacity() {
            self.by_slot.push(NONE);
        }
        self.pages[number] = Some(Seen {
            info: page.info(),
            capacity: page.capacity(),
            base,
        });
        true
    }

    fn next_page(&mut self) {
        self.page += 1;
        self.place = 0;
        self.piece = None;
    }

    /// Copies the object at the present place, or a piece of it.
    fn object(&mut self, heap: &Heap, page: PageRef) {
        let index = self.place;
        let slot = page.slot(index);
        // Before `trace` is called: should that panic, the object is passed by.
        self.place += 1;
        let piece = self.piece.take();
        if self.snapshot.edges.len() >= NONE as usize {
            return;
        }
        let lives = heap.is_alive(slot);
        let version = page.version(index);
        let resume = match piece {
            Some((begun, resume)) if begun == version => Some(resume),
            _ => None,
        };
        if lives && resume.is_none() {
            self.snapshot.add(&heap.arena, page, index);
        }
        if page.info().drop.is_none() {
            // Nothing to drop, so there is no handle in it.
            return;
        }
        let tag = heap.arena.tag;
        let resume = if lives {
            self.snapshot.add_edges(tag, page, index, resume)
        } else {
            list(tag, page, index, resume, &mut self.from_the_dead)
        };
        if let Some(resume) = resume {
            self.piece = Some((version, resume));
            self.place = index;
        }
    }

    // --- what has changed since -------------------------------------------------------------------------------------

    /// Leaves out what has died.
    fn settle(&mut self, heap: &Heap, meter: &mut Meter<'_>) {
        while meter.go_on() {
            meter.spend_long(AT_ONCE / 4);
            for _ in 0..AT_ONCE {
                if self.place == self.snapshot.nodes.len() {
                    self.snapshot.nodes.truncate(self.keep);
                    self.snapshot.sites.truncate(self.keep);
                    self.enter(Phase::Link);
                    return;
                }
                let node = self.snapshot.nodes[self.place];
                self.place += 1;
                let lives = heap.arena.slot_of(node.id.slot).is_some_and(|slot| {
                    slot.page.version(slot.index) == node.id.version && heap.is_alive(slot)
                });
                if !lives {
                    continue;
                }
                let bytes = heap.arena.external_of(node.id.slot);
                if bytes > 0 {
                    self.snapshot.external.push((self.keep as u32, bytes));
                }
                self.snapshot.tally(&node, bytes);
                if let Some(at) = self.at(node.id) {
                    self.by_slot[at] = self.keep as u32;
                }
                self.snapshot.nodes[self.keep] = node;
                self.snapshot.sites.renumber(self.place - 1, self.keep);
                self.keep += 1;
            }
        }
    }

    /// Where a slot is in `by_slot`.
    fn at(&self, id: ObjectId) -> Option<usize> {
        let seen = self.pages.get((id.slot >> INDEX_BITS) as usize)?.as_ref()?;
        let index = (id.slot & ((1 << INDEX_BITS) - 1)) as usize;
        (index < seen.capacity).then_some(seen.base + index)
    }

    /// The number of an object that stays.
    fn node(&self, id: ObjectId) -> Option<u32> {
        let node = self.by_slot[self.at(id)?];
        (node != NONE && self.snapshot.nodes[node as usize].id == id).then_some(node)
    }

    /// A handle to the target is in an object.
    fn refer_to(&mut self, target: u32, site: Site) {
        self.snapshot.sites.is_inside(target as usize, site);
        let internal = &mut self.snapshot.nodes[target as usize].internal;
        *internal = internal.saturating_add(1);
    }

    fn link(&mut self, meter: &mut Meter<'_>) {
        while meter.go_on()
            && let len @ 1.. = self.from_the_dead.0.len()
        {
            meter.spend_long(AT_ONCE / 4);
            let rest = len.saturating_sub(AT_ONCE);
            for at in rest..len {
                let (target, site) = self.from_the_dead.0[at];
                if let Some(target) = self.node(target) {
                    self.refer_to(target, site);
                }
            }
            self.from_the_dead.0.truncate(rest);
        }
        // `page` is the number of the node whose edges are linked, `place` how many of them are looked at, `keep` how
        // many stay.
        while meter.go_on() {
            meter.spend_long(AT_ONCE / 4);
            for _ in 0..AT_ONCE {
                let number = self.page as usize;
                if number == self.snapshot.nodes.len() {
                    self.enter(Phase::Clear);
                    return;
                }
                let node = self.snapshot.nodes[number];
                if self.place == node.edges as usize {
                    self.snapshot.nodes[number].edges = self.keep as u32;
                    self.snapshot.edge_count += self.keep;
                    self.page += 1;
                    self.place = 0;
                    self.keep = 0;
                    continue;
                }
                let edge = self.snapshot.edges[node.first as usize + self.place];
                self.place += 1;
                let wanted = ObjectId {
                    slot: edge.to,
                    version: edge.version,
                };
                let Some(target) = self.node(wanted) else {
                    continue;
                };
                self.refer_to(target, edge.site);
                self.snapshot.edges[node.first as usize + self.keep] = Edge { to: target, ..edge };
                self.keep += 1;
            }
        }
    }
}

impl Capture {
    /// Millions of numbers are freed in many pieces.
    fn clear(&mut self, meter: &mut Meter<'_>) {
        while meter.go_on() {
            meter.spend_long(AT_ONCE);
            if !self.by_slot.free_some() && !self.from_the_dead.0.free_some() {
                self.phase = Phase::Done;
                return;
            }
        }
    }
}

impl Snapshot {
    /// Adds an object that is alive, without its edges.
    pub(crate) fn add(&mut self, arena: &Arena, page: PageRef, index: usize) {
        let kind = page.type_index();
        for pages in arena.types.iter().skip(self.kinds.len()) {
            // A type that was not there at the beginning.
            self.kinds.push(Kind {
                name: (pages.info.name)(),
                bytes: pages.info.layout.stride as u32,
            });
        }
        let generation = if page.tracked() {
            u8::from(page.has(Bit::Low, index)) | u8::from(page.has(Bit::High, index)) << 1
        } else {
            4
        };
        let slot = page.slot(index);
        self.nodes.push(Node {
            id: ObjectId {
                slot: page.id_of(slot.word),
                version: page.version(index),
            },
            kind: kind as u32,
            strong: arena.word(slot).load().strong(),
            internal: 0,
            first: self.edges.len() as u32,
            edges: 0,
            generation,
        });
        self.sites.add(slot.word);
    }

    /// Adds the edges of the last object, or a piece of them. Answers where the next piece begins.
    pub(crate) fn add_edges(
        &mut self,
        tag: u16,
        page: PageRef,
        index: usize,
        resume: Option<Resume>,
    ) -> Option<Resume> {
        let Snapshot {
            edges,
            nodes,
            labels,
            ..
        } = self;
        let last = nodes.len() - 1;
        let mut found = 0;
        let mut namer = Namer::new(labels, |handle| {
            found += 1;
            edges.push(Edge {
                to: handle.target.slot,
                version: handle.target.version,
                label: handle.label,
                index: handle.index,
                site: handle.site,
            });
        });
        let resume = list(tag, page, index, resume, &mut namer);
        nodes[last].edges += found;
        resume
    }
}

/// Tells the listener of the handles in an object, or of a piece of them. Answers where the next piece begins.
fn list(
    tag: u16,
    page: PageRef,
    index: usize,
    resume: Option<Resume>,
    listener: &mut dyn Listener,
) -> Option<Resume> {
    let mut greys = Greys::new();
    let mut tracer = Tracer::listing(tag, &mut greys, listener);
    if let Some(resume) = resume {
        tracer.resume_at(resume);
    }
    (page.info().trace_named)(page, index / 64, 1 << (index % 64), &mut tracer);
    tracer.take_resume()
}

#[derive(Default)]
struct Targets(Chunks<(ObjectId, Site)>);

impl Listener for Targets {
    fn edge(&mut self, target: ObjectId, site: Site) {
        self.0.push((target, site));
    }
}
