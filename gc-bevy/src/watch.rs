//! The stop watch: times every collection, those in the middle of an allocation too.
//!
//! The heap's callbacks run wherever a collection starts and stops, so they cannot touch the world. They write to a
//! ledger that they share with [`GcSystems`](crate::GcSystems), which turns it into messages and [`GcFrame`] once a
//! frame.

use crate::{GcCollected, GcFrame, GcHeapId, GcInfeasible, GcMemoryWarning, GcRoundEnded};
use alloc::vec::Vec;
use bevy_platform::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};
use core::time::Duration;
use gc_core::{Collection, CollectionEvent, Generation, Heap, Progress, Warning};

/// The ledger of the frame, shared with the heap's callbacks.
#[derive(Clone)]
pub(crate) struct Watch(Arc<Mutex<Ledger>>);

pub(crate) struct Ledger {
    heap: GcHeapId,
    /// Numbers of the frame so far.
    pub frame: GcFrame,
    /// Collections that ended since the last report.
    pub collected: Vec<GcCollected>,
    /// Rounds that ended since the last report.
    pub ended: Vec<GcRoundEnded>,
    /// Memory warnings since the last report.
    pub memory: Vec<GcMemoryWarning>,
    /// Budgets found too small since the last report.
    pub infeasible: Vec<GcInfeasible>,
    /// The round that is running, with its numbers so far.
    round: Option<GcRoundEnded>,
    /// Collections in progress: one of the young generation, one of the older ones.
    open: [Option<Open>; 2],
    /// Whether a slice is running now.
    in_slice: bool,
    /// The heap's own measure of its pauses at the last report, all added together.
    heap_total: Duration,
    /// Index in `collected` of the first collection that ended in the slice that is running.
    first_of_slice: usize,
}

/// A collection in progress.
#[derive(Default)]
struct Open {
    /// When it started, unless that was in a slice.
    started: Option<Instant>,
    slices: u32,
    longest_slice: Duration,
}

impl Watch {
    /// Begins with an empty ledger.
    pub fn new(heap: GcHeapId) -> Self {
        Self(Arc::new(Mutex::new(Ledger {
            heap,
            frame: GcFrame::default(),
            collected: Vec::new(),
            ended: Vec::new(),
            memory: Vec::new(),
            infeasible: Vec::new(),
            round: None,
            open: [None, None],
            in_slice: false,
            heap_total: Duration::ZERO,
            first_of_slice: 0,
        })))
    }

    /// Hears of all that `heap` does from now on.
    pub fn attach(&self, heap: &mut Heap) {
        let watch = self.clone();
        heap.on_collection(move |event| watch.ledger().hear(event));
        let watch = self.clone();
        heap.on_warning(move |warning| watch.ledger().hear_warning(warning));
        #[cfg(feature = "trace")]
        crate::trace::attach(heap, self.heap());
    }

    /// The ledger. Never hold it while the heap works: the heap's callbacks need it.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // A panic in a callback leaves numbers, not invariants, half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(feature = "trace")]
    fn heap(&self) -> GcHeapId {
        self.ledger().heap
    }

    /// Runs one slice of `heap` and books its time.
    pub fn slice(&self, heap: &mut Heap, step: impl FnOnce(&mut Heap) -> Progress) -> Progress {
        #[cfg(feature = "trace")]
        let _span = crate::trace::slice(self.heap());
        self.ledger().open_slice();
        let start = Instant::now();
        let progress = step(heap);
        self.ledger().close_slice(start.elapsed(), &progress);
        progress
    }

    /// Frees what reference counting has condemned and books its time.
    pub fn reclaim(&self, heap: &mut Heap) {
        #[cfg(feature = "trace")]
        let _span = crate::trace::reclaim(self.heap());
        let start = Instant::now();
        let reclaimed = heap.reclaim();
        let took = start.elapsed();
        let mut ledger = self.ledger();
        ledger.frame.reclaim += took;
        ledger.frame.reclaimed += reclaimed;
    }
}

impl Ledger {
    /// From now on, collections and pauses belong to this round.
    pub fn open_round(&mut self, number: u64) {
        self.round = Some(GcRoundEnded::new(self.heap, number));
    }

    /// The numbers of the round that was running.
    pub fn close_round(&mut self) -> GcRoundEnded {
        let heap = self.heap;
        self.round
            .take()
            .unwrap_or_else(|| GcRoundEnded::new(heap, 0))
    }

    /// Books a frame of the round that is running, if one is.
    pub fn count_frame(&mut self) {
        if let Some(round) = &mut self.round {
            round.frames += 1;
        }
    }

    /// Books what the callbacks did not hear of: what a collection frees after it has told its end, and the slices
    /// inside allocations that a memory limit asks for. `total` is the heap's own measure (zero without the feature
    /// `std`).
    pub fn compare(&mut self, total: Duration) {
        let since = total.checked_sub(self.heap_total).unwrap_or(total);
        self.heap_total = total;
        let rest = since.saturating_sub(self.frame.pause);
        let in_one_go = self.collected.iter_mut().filter(|it| it.slices == 0);
        let longest = match in_one_go.max_by_key(|it| it.pause) {
            Some(collected) => {
                collected.pause += rest;
                collected.pause
            }
            None => rest,
        };
        self.frame.pause += rest;
        self.note_longest(longest);
    }

    fn hear(&mut self, event: &CollectionEvent) {
        match event {
            CollectionEvent::Start { generation, .. } => {
                let started = (!self.in_slice).then(Instant::now);
                self.open[lane(*generation)] = Some(Open {
                    started,
                    ..Open::default()
                });
            }
            CollectionEvent::Stop(collection) => {
                let open = self.open[lane(collection.generation)]
                    .take()
                    .unwrap_or_default();
                if !collection.abandoned {
                    self.close(open, *collection);
                }
            }
        }
    }

    fn hear_warning(&mut self, warning: &Warning) {
        match *warning {
            Warning::Memory {
                percent,
                used,
                limit,
            } => {
                self.memory.push(GcMemoryWarning {
                    heap: self.heap,
                    used,
                    limit,
                    percent: Some(percent),
                });
            }
            Warning::SoftLimit { used, limit } => self.memory.push(GcMemoryWarning {
                heap: self.heap,
                used,
                limit,
                percent: None,
            }),
            Warning::Infeasible(it) => self.infeasible.push(GcInfeasible {
                heap: self.heap,
                need: it.need,
                have: it.have,
            }),
            _ => {}
        }
    }

    fn close(&mut self, open: Open, collection: Collection) {
        let mut ended = GcCollected {
            heap: self.heap,
            collection,
            // Of the slices so far; one that is running is added when it closes.
            pause: open.longest_slice,
            slices: open.slices,
            round: self.round.map(|round| round.round),
        };
        if let Some(start) = open.started.filter(|_| open.slices == 0) {
            // The game waited for all of it.
            ended.pause = start.elapsed();
            self.book_pause(ended.pause);
        }
        let nothing = u32::from(ended.freed_nothing());
        self.collected.push(ended);
        self.frame.collections += 1;
        self.frame.freed_nothing += nothing;
        if let Some(round) = &mut self.round {
            round.collections += 1;
            round.freed_nothing += nothing;
        }
    }

    fn open_slice(&mut self) {
        self.in_slice = true;
        self.first_of_slice = self.collected.len();
    }

    fn close_slice(&mut self, took: Duration, progress: &Progress) {
        self.in_slice = false;
        self.frame.unfinished = !progress.finished;
        if progress.units == 0 && self.collected.len() == self.first_of_slice {
            // Nothing to do, and nothing to tell.
            return;
        }
        for open in self.open.iter_mut().flatten() {
            open.slices += 1;
            open.longest_slice = open.longest_slice.max(took);
        }
        for ended in &mut self.collected[self.first_of_slice..] {
            ended.slices += 1;
            ended.pause = ended.pause.max(took);
        }
        self.frame.slice += took;
        self.frame.units += progress.units;
        self.book_pause(took);
    }

    fn book_pause(&mut self, took: Duration) {
        self.frame.pause += took;
        self.note_longest(took);
    }

    fn note_longest(&mut self, took: Duration) {
        self.frame.longest_pause = self.frame.longest_pause.max(took);
        if let Some(round) = &mut self.round {
            round.longest_pause = round.longest_pause.max(took);
        }
    }
}

/// The heap works on at most one young collection and one of the older generations at a time.
fn lane(generation: Generation) -> usize {
    usize::from(generation != Generation::Young)
}
