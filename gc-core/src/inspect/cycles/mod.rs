//! The cycle report: which cycles the collector has found, by type and field, and which field to make weak.
//!
//! A job copies what it has condemned, an object a unit, before it frees it. The copies are bounded, and looked into only
//! when the game asks.

mod graph;
mod pace;
mod report;
mod search;

pub use report::{CycleKind, CycleReport};
pub use search::CycleSearch;

use super::snapshot::Snapshot;
use crate::arena::{Arena, PageRef};
use crate::trace::Resume;
use crate::{Budget, Heap};
use alloc::vec::Vec;
use core::time::Duration;
use portable_atomic_util::Arc;

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
#[derive(Clone, Default)]
pub struct CycleLog {
    batches: Vec<Arc<Snapshot>>,
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
        let mut snapshot = recording.snapshot;
        if !snapshot.is_empty() {
            snapshot.nodes.shrink();
            snapshot.edges.shrink();
            snapshot.external.shrink();
            self.batches.push(Arc::new(snapshot));
        }
    }

    fn elapsed(&self) -> Option<Duration> {
        #[cfg(feature = "std")]
        return self.since.map(|since| since.elapsed());
        #[cfg(not(feature = "std"))]
        None
    }

    /// Looks into it. Cost: about 1 µs an object, of 65,536 at most. In slices: [`CycleSearch`].
    pub fn report(&self) -> CycleReport {
        let mut search = CycleSearch::new(self.clone());
        search.step(Budget::UNLIMITED);
        search.finish()
    }
}

impl Heap {
    /// Lets collections note what they condemn, for [`Heap::cycle_report`], or ends that. Off at first.
    ///
    /// Cost: off, a branch a collection. On, a unit more for each condemned object, and memory for at most 65,536 of them,
    /// about 60 bytes each, which comes from the global allocator. When that has no more, the program aborts, also within
    /// a `try_` call: record while you look for cycles, and not where running out of memory must be survived.
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
    /// each condemned object that was noted, of 65,536 at most. In slices: [`Heap::cycle_log`], then
    /// [`CycleSearch`](crate::inspect::CycleSearch).
    pub fn cycle_report(&self) -> CycleReport {
        match &self.cycles {
            Some(log) => log.report(),
            None => CycleLog::default().report(),
        }
    }

    /// What was noted, to be looked into in slices or on another thread; the heap goes on noting. Cost: O(collections that
    /// have condemned something), as the copies are shared.
    pub fn cycle_log(&self) -> CycleLog {
        self.cycles.as_deref().cloned().unwrap_or_default()
    }

    /// Takes out what was noted, and begins anew. Empty when nothing is noted.
    pub fn take_cycles(&mut self) -> CycleLog {
        match &mut self.cycles {
            Some(log) => core::mem::replace(log, CycleLog::begin()),
            None => CycleLog::default(),
        }
    }
}
