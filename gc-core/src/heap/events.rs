//! Telling the game what happens.

use super::Heap;
use crate::pacer::Infeasible;
use crate::{CollectionEvent, CollectionPhase, Generation, ObjectId, PhaseEvent};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem;

/// Names a callback, to remove it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CallbackId(u64);

/// Something a game may want to act on before it hurts.
///
/// Each mark and the soft limit are told once, and again only after the heap has been below them, as a
/// [`step`](Heap::step), a collection, [`Heap::reclaim`] or the allocation that passes the next one finds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Warning {
    /// The heap's use rises above a mark: 50, 75 or 90 percent of the limit. Told again after it has been 5 percent of
    /// the limit below the mark.
    Memory {
        /// The mark.
        percent: u32,
        /// Bytes in use.
        used: usize,
        /// The hard limit, or the soft one when there is no hard one.
        limit: usize,
    },
    /// The heap rises above its soft limit: collection goes on in slices, whatever the policy. Told again after it has
    /// been at the limit or below.
    SoftLimit {
        /// Bytes in use.
        used: usize,
        /// The soft limit.
        limit: usize,
    },
    /// The budget cannot keep the bounds.
    Infeasible(Infeasible),
}

type OnCollection = Box<dyn FnMut(&CollectionEvent) + Send + Sync>;
type OnWarning = Box<dyn FnMut(&Warning) + Send + Sync>;
type OnPhase = Box<dyn FnMut(&PhaseEvent) + Send + Sync>;

#[derive(Default)]
pub(super) struct Callbacks {
    collection: Vec<(CallbackId, OnCollection)>,
    warning: Vec<(CallbackId, OnWarning)>,
    phase: Vec<(CallbackId, OnPhase)>,
}

impl Callbacks {
    fn len(&self) -> usize {
        self.collection.len() + self.warning.len() + self.phase.len()
    }
}

#[derive(Default)]
pub(crate) struct Events {
    next: u64,
    callbacks: Callbacks,
    later: Vec<CollectionEvent>,
    /// What was told to have begun, and not to have ended.
    phase: Option<(Generation, CollectionPhase)>,
}

impl Events {
    pub(crate) fn emit(&mut self, event: &CollectionEvent) {
        self.flush();
        for (_, callback) in &mut self.callbacks.collection {
            callback(event);
        }
    }

    /// For moments at which no callback may run: it is told before the next event.
    pub(crate) fn later(&mut self, event: CollectionEvent) {
        if !self.callbacks.collection.is_empty() && self.later.try_reserve(1).is_ok() {
            self.later.push(event);
        }
    }

    pub(crate) fn flush(&mut self) {
        if self.later.is_empty() {
            return;
        }
        for event in mem::take(&mut self.later) {
            for (_, callback) in &mut self.callbacks.collection {
                callback(&event);
            }
        }
    }

    pub(crate) fn warn(&mut self, warning: &Warning) {
        for (_, callback) in &mut self.callbacks.warning {
            callback(warning);
        }
    }

    /// A collection is about to work on a phase. Answers whether anybody wants to hear of the next one too.
    #[inline(always)]
    pub(crate) fn phase_goes_on(
        &mut self,
        generation: Generation,
        phase: impl FnOnce() -> CollectionPhase,
    ) -> bool {
        let listened = !self.callbacks.phase.is_empty();
        if listened {
            self.tell_phase(Some((generation, phase())));
        }
        listened
    }

    /// It does nothing more for now.
    #[inline(always)]
    pub(crate) fn phase_ends(&mut self) {
        if self.phase.is_some() {
            self.tell_phase(None);
        }
    }

    #[cold]
    #[inline(never)]
    fn tell_phase(&mut self, now: Option<(Generation, CollectionPhase)>) {
        if now == self.phase {
            return;
        }
        let ended = self.phase.take().map(|_| PhaseEvent::End);
        let begins = now.map(|(generation, phase)| PhaseEvent::Begin { generation, phase });
        self.phase = now;
        for event in [ended, begins].iter().flatten() {
            for (_, callback) in &mut self.callbacks.phase {
                callback(event);
            }
        }
    }

    fn id(&mut self) -> CallbackId {
        self.next += 1;
        CallbackId(self.next)
    }
}

impl Heap {
    /// Calls back when a collection begins and when it ends, with its numbers. A callback that panics stops nothing but
    /// itself: the panic goes on to whoever started the collection, and the heap stays consistent.
    ///
    /// ```
    /// use gc_core::{CollectionEvent, Heap};
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    /// use std::sync::Arc;
    ///
    /// let collections = Arc::new(AtomicUsize::new(0));
    /// let seen = collections.clone();
    /// let mut heap = Heap::new();
    /// heap.on_collection(move |event| {
    ///     if let CollectionEvent::Stop(collection) = event {
    ///         assert_eq!(collection.collected, 0);
    ///         seen.fetch_add(1, Ordering::Relaxed);
    ///     }
    /// });
    /// heap.collect();
    /// assert_eq!(collections.load(Ordering::Relaxed), 1);
    /// ```
    pub fn on_collection(
        &mut self,
        callback: impl FnMut(&CollectionEvent) + Send + Sync + 'static,
    ) -> CallbackId {
        let id = self.events.id();
        self.events
            .callbacks
            .collection
            .push((id, Box::new(callback)));
        id
    }

    /// Calls back with warnings: memory, and budgets that cannot keep the bounds.
    pub fn on_warning(
        &mut self,
        callback: impl FnMut(&Warning) + Send + Sync + 'static,
    ) -> CallbackId {
        let id = self.events.id();
        self.events.callbacks.warning.push((id, Box::new(callback)));
        id
    }

    /// Calls back when the work on a phase of a collection begins and when it ends, for a profiler: its spans show where
    /// a slice's time goes. Without such a callback nothing is done for it.
    ///
    /// ```
    /// use gc_core::{CollectionPhase, Gc, Heap, PhaseEvent, Trace};
    /// use std::sync::{Arc, Mutex};
    ///
    /// #[derive(Trace)]
    /// struct Spark { twin: Option<Gc<Spark>> }
    ///
    /// let phases = Arc::new(Mutex::new(Vec::new()));
    /// let seen = phases.clone();
    /// let mut heap = Heap::new();
    /// heap.on_phase(move |event| {
    ///     if let PhaseEvent::Begin { phase, .. } = event {
    ///         seen.lock().unwrap().push(*phase);
    ///     }
    /// });
    /// let spark = heap.alloc(Spark { twin: None });
    /// heap[&spark].twin = Some(spark.clone());
    /// drop(spark);
    /// heap.collect();
    /// let phases = phases.lock().unwrap();
    /// assert!(phases.starts_with(&[CollectionPhase::Prepare, CollectionPhase::Count]));
    /// assert_eq!(phases.last(), Some(&CollectionPhase::Free));
    /// ```
    pub fn on_phase(
        &mut self,
        callback: impl FnMut(&PhaseEvent) + Send + Sync + 'static,
    ) -> CallbackId {
        let id = self.events.id();
        self.events.callbacks.phase.push((id, Box::new(callback)));
        id
    }

    /// Ends the calls of a callback. False when it was not there.
    pub fn remove_callback(&mut self, id: CallbackId) -> bool {
        let callbacks = &mut self.events.callbacks;
        let before = callbacks.len();
        callbacks.collection.retain(|(other, _)| *other != id);
        callbacks.warning.retain(|(other, _)| *other != id);
        callbacks.phase.retain(|(other, _)| *other != id);
        callbacks.len() < before
    }

    /// The identities of objects that had a weak handle and have died or been condemned since the last call: to clean
    /// up what the game keeps beside the heap. At most 65,536 are kept; [`Heap::lost_reclaimed`] tells of more.
    pub fn drain_reclaimed(&mut self) -> impl Iterator<Item = ObjectId> + '_ {
        self.arena.deaths.drain()
    }

    /// How many identities were lost because [`Heap::drain_reclaimed`] was not called for too long.
    pub fn lost_reclaimed(&self) -> u64 {
        self.arena.deaths.lost
    }
}
