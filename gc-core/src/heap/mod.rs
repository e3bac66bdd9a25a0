//! The heap: one collector with its arena.

#[cfg(feature = "chaos")]
mod chaos;
mod collections;
mod context;
mod end;
mod events;
mod gates;
mod inspect;
mod limits;
mod make;
mod pages;
mod reach;
mod rounds;
mod slices;
mod step;
mod trim;
#[cfg(any(feature = "verify", test))]
mod verify;

pub use context::AllocContext;
pub use events::{CallbackId, Warning};
pub use inspect::ObjectInfo;
pub use pages::PageInfo;
pub use rounds::{RoundForecast, RoundReport};
pub use step::Progress;

use crate::arena::published::END;
use crate::arena::{Arena, Table};
use crate::collect::Job;
use crate::handle::{GcAny, HeapId};
use crate::inspect::CycleLog;
use crate::looks::Looks;
use crate::pacer::Pacer;
use crate::sync::AtomicBool;
use crate::{
    AllocError, FinalizerPolicy, Gc, GenerationStats, HeapConfig, HeapError, Limits, Pacing,
    PauseStats, Policy, Storage, Thresholds, Trace,
};
use alloc::boxed::Box;
use core::fmt;
use events::Events;
use limits::Alarm;
use rounds::Rounds;

/// A heap: the arena that objects live in, and the collector that frees them.
///
/// Handles do not borrow it. Reading an object needs `&Heap`, writing, allocating and collecting need `&mut Heap`, so
/// the borrow checker gives the safepoints: a reference into the heap cannot be held across a collection. A heap is
/// `Send + Sync`; a game may have several, and handles never cross: a heap refuses those of another one.
///
/// ```
/// use gc_core::{Gc, Heap, Trace, Weak};
///
/// #[derive(Trace)]
/// struct Ship { hp: u32, bullets: Vec<Gc<Bullet>> }
/// #[derive(Trace)]
/// struct Bullet { owner: Gc<Ship>, target: Weak<Ship>, pos: [f32; 2] }
///
/// let mut heap = Heap::new();
/// let ship = heap.alloc(Ship { hp: 3, bullets: Vec::new() });
/// let bullet = heap.alloc(Bullet { owner: ship.clone(), target: ship.downgrade(), pos: [0.0; 2] });
/// heap[&ship].bullets.push(bullet); // a cycle
/// let owner_hp = heap[&heap[&heap[&ship].bullets[0]].owner].hp;
/// assert_eq!(owner_hp, 3);
/// drop(ship);
/// assert_eq!(heap.collect().collected, 2);
/// ```
///
/// # Borrowing
/// A reference into the heap borrows it. The compile errors of the first day, and what to write instead:
///
/// * *cannot borrow `heap` as mutable more than once* in `heap[&ship].bullets.push(heap.alloc(..))`: **allocate first**, then
///   push.
/// * The same in `heap[&heap[&bullet].owner].hp -= 1`, whose handle lies in the heap: **clone the handle** first. It is one
///   atomic addition.
/// * *cannot borrow as mutable because it is also borrowed as immutable* in a loop over a field that changes other objects:
///   **take** the field with `mem::take` (a container of [`containers`](crate::containers) with its `take`) **and put it
///   back**, or **collect the handles first**.
/// * Two objects at once: [`Heap::get_pair_mut`], [`Heap::get_disjoint_mut`]. All of a type: [`Heap::for_each_mut`].
/// * Behaviour behind a trait that needs the heap: see [`GcDyn`](crate::GcDyn).
///
/// ```
/// use gc_core::{Gc, Heap, Trace};
/// use std::mem;
///
/// #[derive(Trace)]
/// struct Ship { hp: u32, bullets: Vec<Gc<Bullet>> }
/// #[derive(Trace)]
/// struct Bullet { owner: Gc<Ship>, target: Gc<Ship>, spent: bool }
///
/// let mut heap = Heap::new();
/// let [red, blue] = [5, 5].map(|hp| heap.alloc(Ship { hp, bullets: Vec::new() }));
///
/// // Allocate first, then push.
/// let bullet = heap.alloc(Bullet { owner: red.clone(), target: blue.clone(), spent: false });
/// heap[&red].bullets.push(bullet.clone());
///
/// // Clone the handle.
/// let owner = heap[&bullet].owner.clone();
/// heap[&owner].hp -= 1;
///
/// // Take and put back.
/// let mut bullets = mem::take(&mut heap[&red].bullets);
/// for bullet in &bullets {
///     let target = heap[bullet].target.clone();
///     // Two at once.
///     let (bullet, target) = heap.get_pair_mut(bullet, &target);
///     target.hp -= 1;
///     bullet.spent = true;
/// }
/// bullets.retain(|bullet| !heap[bullet].spent);
/// heap[&red].bullets = bullets;
///
/// // Collect the handles first.
/// let owners: Vec<Gc<Ship>> = heap.iter::<Bullet>().map(|bullet| bullet.owner.clone()).collect();
/// for owner in owners {
///     heap[&owner].hp += 1;
/// }
/// assert_eq!((heap[&red].hp, heap[&blue].hp), (5, 4));
/// ```
///
/// Dropping a heap finalizes and drops every object. Handles that are left stay valid to drop, and to nothing else.
pub struct Heap {
    pub(crate) arena: Arena,
    /// Dead slots taken from the published list, not reclaimed yet.
    pub(crate) dead: u32,
    /// One job in progress a lane.
    pub(crate) jobs: [Option<Job>; 2],
    /// Is there any? Writes and weak handles ask.
    pub(crate) jobs_in_progress: bool,
    /// Did a weak handle bring back a member of the lane's set?
    pub(crate) revived: [AtomicBool; 2],
    pub(crate) epoch: u32,
    /// Did the last major job end, rather than being abandoned because of a large object?
    pub(crate) forgives: bool,
    pub(crate) counts: [usize; 3],
    /// Net young count at which the next allocation collects; `usize::MAX` for never.
    collect_at: usize,
    /// Automatic collections since a step worked on the major job: when there are many, nobody else will end it.
    undriven: usize,
    enabled: bool,
    policy: Policy,
    thresholds: Thresholds,
    pub(crate) finalizers: FinalizerPolicy,
    pacing: Pacing,
    pub(crate) pacer: Pacer,
    limits: Limits,
    alarm: Alarm,
    rounds: Rounds,
    /// A full sliced collection has ended, and what it freed is not all reclaimed.
    draining: bool,
    stats: [GenerationStats; 3],
    /// Objects that the last full collection left, and that have become old since.
    old_total: usize,
    old_pending: usize,
    pause: PauseStats,
    looks: Looks,
    /// Nanoseconds a unit, smoothed, from slices that were timed.
    unit_nanos: u64,
    /// The whole budget of the last step in units, estimated when it was a time.
    last_budget: u64,
    /// Bytes of storage at the last paced step.
    noted_storage: usize,
    /// The first collection that began since a gate asked.
    first_collection: Option<(crate::Generation, crate::Cause)>,
    pub(crate) garbage: Table<GcAny>,
    /// What collections condemn, when the game wants to know.
    pub(crate) cycles: Option<Box<CycleLog>>,
    pub(crate) events: Events,
}

impl Heap {
    /// An empty heap with CPython's thresholds and no limits. Its policy is [`Policy::Automatic`](crate::Policy::Automatic):
    /// an allocation may collect, and `step` goes on with a full collection. For a game's frames say
    /// [`Policy::Budgeted`](crate::Policy::Budgeted). Cost: one small allocation; pages come with objects.
    ///
    /// # Panics
    /// If more than 65,000 heaps exist at once, or 2³² have existed, or the allocator has no memory for it;
    /// [`Heap::try_new`] answers an error instead.
    pub fn new() -> Self {
        Heap::with_config(HeapConfig::default())
    }

    /// An empty heap.
    ///
    /// # Panics
    /// As [`Heap::new`].
    pub fn with_config(config: HeapConfig) -> Self {
        match Heap::try_with_config(config) {
            Ok(heap) => heap,
            Err(error) => panic!("cannot make a heap: {error}"),
        }
    }

    /// An empty heap with CPython's thresholds and no limits.
    ///
    /// # Errors
    /// If the allocator has no memory for it, or there are too many heaps.
    pub fn try_new() -> Result<Self, HeapError> {
        Heap::try_with_config(HeapConfig::default())
    }

    /// An empty heap.
    ///
    /// # Errors
    /// As [`Heap::try_new`].
    pub fn try_with_config(config: HeapConfig) -> Result<Self, HeapError> {
        let garbage = Table::new_in(config.allocator.clone());
        let mut heap = Heap {
            arena: Arena::new(config.allocator)?,
            dead: END,
            jobs: [None, None],
            jobs_in_progress: false,
            revived: [const { AtomicBool::new(false) }; 2],
            epoch: 0,
            forgives: true,
            counts: [0; 3],
            collect_at: 0,
            undriven: 0,
            enabled: true,
            policy: config.policy,
            thresholds: config.thresholds,
            finalizers: config.finalizers,
            pacing: config.pacing,
            pacer: Pacer::default(),
            limits: config.limits,
            alarm: Alarm::default(),
            rounds: Rounds::default(),
            draining: false,
            stats: [GenerationStats::default(); 3],
            old_total: 0,
            old_pending: 0,
            pause: PauseStats::default(),
            looks: Looks::default(),
            unit_nanos: 40,
            last_budget: 10_000,
            noted_storage: 0,
            first_collection: None,
            garbage,
            cycles: None,
            events: Events::default(),
        };
        heap.settings_changed();
        heap.watch_limits();
        Ok(heap)
    }

    /// How many finalizers of this heap's objects are running, one inside the other.
    #[inline(always)]
    pub(crate) fn finalizing(&self) -> u32 {
        self.arena.shared().finalizing()
    }

    /// Which heap this is: what [`Weak::heap_id`](crate::Weak::heap_id) of its objects' handles answers.
    pub fn id(&self) -> HeapId {
        HeapId(self.arena.heap_id)
    }

    /// Live objects of all types.
    pub fn len(&self) -> usize {
        self.arena.live()
    }

    /// Is no object alive?
    pub fn is_empty(&self) -> bool {
        self.arena.live() == 0
    }

    /// Live objects that the collector knows.
    pub fn tracked_len(&self) -> usize {
        self.arena.tracked
    }

    /// Bytes in use: slots of objects, external bytes, and what containers hold. What [`Limits`] bound.
    #[inline]
    pub fn bytes(&self) -> usize {
        self.arena.shared().account.used()
    }

    /// Bytes that containers hold, of those in [`Heap::bytes`].
    pub fn storage_bytes(&self) -> usize {
        self.arena.shared().account.storage()
    }

    /// An allocator for containers that counts their bytes in this heap, also when it outlives the heap. Cost: one
    /// atomic addition.
    pub fn storage(&self) -> Storage {
        self.arena.storage()
    }

    /// Bytes of pages taken from the allocator.
    pub fn page_bytes(&self) -> usize {
        self.arena.page_bytes
    }

    /// The most that [`Heap::bytes`] has been since [`Heap::reset_peak`].
    pub fn peak_bytes(&self) -> usize {
        self.recent_peak().max(self.rounds.peak_before())
    }

    /// Since the last reset, or since the round began.
    pub(crate) fn recent_peak(&self) -> usize {
        let peak = self.arena.peak_bytes.max(self.bytes());
        peak.max(self.arena.shared().account.peak())
    }

    /// Lets the peak begin anew from now. Answers what it was.
    pub(crate) fn take_peak(&mut self) -> usize {
        let peak = self.recent_peak();
        self.arena.peak_bytes = self.bytes();
        self.arena.shared().account.reset_peak();
        peak
    }

    /// The most that [`Heap::page_bytes`] has been since [`Heap::reset_peak`].
    pub fn peak_page_bytes(&self) -> usize {
        self.arena.peak_page_bytes
    }

    /// Lets the peaks begin anew from now.
    pub fn reset_peak(&mut self) {
        let peak = self.take_peak();
        self.rounds.peak_is_reset(peak);
        self.arena.peak_page_bytes = self.arena.page_bytes;
    }

    /// Bytes held outside the heap on behalf of an object (a texture, a buffer): they count towards limits and pacing
    /// until the object ends. 0 takes the note away. Cost: one entry of a table.
    ///
    /// # Panics
    /// If the handle belongs to another heap, or there is no memory for the note.
    #[track_caller]
    pub fn set_external_bytes<T: Trace>(&mut self, handle: &Gc<T>, bytes: usize) {
        if let Err(error) = self.try_set_external_bytes(handle, bytes) {
            panic!(
                "cannot note the external bytes of a `{}`: {}",
                core::any::type_name::<T>(),
                error.kind
            );
        }
    }

    /// As [`Heap::set_external_bytes`].
    ///
    /// # Errors
    /// If there is no memory for the note. Nothing is changed then. There always is for 0.
    ///
    /// # Panics
    /// If the handle belongs to another heap.
    #[track_caller]
    pub fn try_set_external_bytes<T: Trace>(
        &mut self,
        handle: &Gc<T>,
        bytes: usize,
    ) -> Result<(), AllocError<usize>> {
        self.check(handle);
        self.arena.note_peak();
        let Some(before) = self.arena.set_external(handle.id().slot, bytes) else {
            return Err(AllocError::of_note(bytes));
        };
        self.pacer.allocated(bytes.saturating_sub(before));
        Ok(())
    }
}

#[cfg(feature = "bumpalo")]
impl Heap {
    /// Scratch memory for frames that reports to this heap, also when it outlives it. It borrows nothing. Cost: one
    /// atomic addition; memory comes when it is used.
    pub fn frame_arena(&self) -> crate::FrameArena {
        crate::FrameArena::of(self.storage())
    }

    /// What the frame arenas of this heap use, and their high-water mark.
    pub fn frame_stats(&self) -> crate::FrameStats {
        let (bytes, high_water) = self.arena.shared().account.frames();
        crate::FrameStats { bytes, high_water }
    }
}

impl From<&Heap> for Storage {
    fn from(heap: &Heap) -> Self {
        heap.storage()
    }
}

/// A panic of user code, also of a callback, leaves a consistent heap.
impl core::panic::UnwindSafe for Heap {}
impl core::panic::RefUnwindSafe for Heap {}

impl Default for Heap {
    fn default() -> Self {
        Heap::new()
    }
}

impl fmt::Debug for Heap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heap")
            .field("len", &self.len())
            .field("bytes", &self.bytes())
            .field("page_bytes", &self.page_bytes())
            .field("counts", &self.counts)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
