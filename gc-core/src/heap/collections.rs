//! Collections in one go, and the settings that say when one begins by itself.

use super::Heap;
use crate::arena::{Bit, Lane};
use crate::collect::{Job, Meter};
use crate::handle::GcAny;
use crate::{
    Cause, Collection, Generation, GenerationStats, Limits, Pacing, PauseStats, Policy, Thresholds,
};
use alloc::vec::Vec;

/// Automatic collections without a step before they take over the job that steps began.
const PATIENCE: usize = 16;

impl Heap {
    /// Reclaims everything that reference counting has condemned, and what that condemns in turn. Answers how many
    /// objects ended. Cost: their drops; constant stack, however long a chain is.
    pub fn reclaim(&mut self) -> usize {
        #[cfg(feature = "chaos")]
        self.perhaps_chaos();
        let reclaimed = self.reclaim_all();
        self.may_have_fallen();
        reclaimed
    }

    pub(crate) fn reclaim_all(&mut self) -> usize {
        self.reclaim_some(&mut Meter::unlimited())
    }

    /// A full collection in one go: frees everything that is unreachable now. Cost: O(objects + edges), 6 to 60 ns an
    /// object.
    ///
    /// A sliced collection in progress is finished first if it has condemned something, else abandoned. Inside a
    /// finalizer it does nothing.
    pub fn collect(&mut self) -> Collection {
        #[cfg(feature = "chaos")]
        self.perhaps_chaos();
        self.collect_now(Generation::Old, Cause::Explicit)
    }

    /// Collects a generation and those younger, in one go. Survivors move to the next generation.
    ///
    /// A young collection leaves a sliced collection of the older generations in progress, and what that one examines.
    pub fn collect_generation(&mut self, generation: Generation) -> Collection {
        self.collect_now(generation, Cause::Explicit)
    }

    pub(crate) fn collect_now(&mut self, generation: Generation, cause: Cause) -> Collection {
        if self.finalizing() > 0 {
            return Collection::none(generation, cause);
        }
        let timer = Timer::start();
        self.jobs_changed();
        self.merge_returned();
        self.reclaim_all();
        let mut before = self.settle(Lane::Minor);
        if generation != Generation::Young {
            before += self.settle(Lane::Major);
            // What was finished may have left handles behind.
            self.reclaim_all();
        }
        self.rounds.forced(cause);
        let lane = self.start_job(generation, cause, false);
        let collection = self.drive(lane, &mut Meter::unlimited());
        self.reclaim_all();
        if generation == Generation::Old {
            self.rounds.cleaned();
            self.give_back_after_collection();
        }
        self.may_have_fallen();
        self.pause.whole += 1;
        let took = timer.elapsed();
        self.pause.longest_whole = self.pause.longest_whole.max(took);
        self.pause.total_time += took;
        match collection {
            Some(mut collection) => {
                let longest = &mut self.pause.longest_whole_units;
                *longest = (*longest).max(collection.units);
                collection.collected += before;
                collection
            }
            None => Collection::none(generation, cause),
        }
    }

    /// At an allocation that exceeds the young threshold.
    #[cold]
    #[inline(never)]
    pub(super) fn collect_automatically(&mut self) {
        if self.finalizing() > 0 {
            return;
        }
        let thresholds = self.thresholds_in_force();
        let mut generation = if self.counts[2] > thresholds.old && self.old_has_grown() {
            Generation::Old
        } else if self.counts[1] > thresholds.middle {
            Generation::Middle
        } else {
            Generation::Young
        };
        self.undriven = self.undriven.saturating_add(1);
        if self.jobs[Lane::Major as usize].is_some() && self.undriven <= PATIENCE {
            // Steps are examining the older generations already.
            generation = Generation::Young;
        }
        self.collect_now(generation, Cause::Threshold);
    }

    /// After a merge: what the objects that came with it ask for.
    pub(super) fn after_merge(&mut self) {
        if self.counts[0] > self.collect_at {
            self.collect_automatically();
        }
        if self.bytes() > self.alarm.at {
            // The objects are there already; those to come will be refused.
            let _ = self.near_limit(0);
        }
    }

    /// A full collection is worth its cost only when a quarter has been added since the last (CPython's rule: without
    /// it a growing heap costs quadratic time).
    fn old_has_grown(&self) -> bool {
        self.old_pending >= self.old_total / 4
    }

    pub(crate) fn record(&mut self, collection: &Collection, job: &Job) {
        let survivors = job.candidates - collection.collected.min(job.candidates);
        match job.generation {
            Generation::Young => {
                self.pacer.adapt(
                    self.thresholds.young,
                    job.candidates,
                    survivors,
                    job.units,
                    self.last_budget,
                    self.is_memory_scarce(),
                );
            }
            Generation::Middle => self.old_pending += survivors,
            Generation::Old => {
                self.old_total = survivors;
                self.old_pending = 0;
                self.pacer.full_ended(self.tracked_bytes());
            }
        }
        let stats = &mut self.stats[collection.generation.index()];
        stats.collections += 1;
        stats.collected += collection.collected as u64;
        stats.uncollectable += collection.uncollectable as u64;
        stats.candidates += collection.candidates as u64;
        stats.units += collection.units;
        stats.floated += job.floated as u64;
    }

    /// Is the heap nearer to its soft limit than a quarter of it?
    fn is_memory_scarce(&self) -> bool {
        self.bytes() > self.limits.soft - self.limits.soft / 4
    }

    /// The net young allocations that make a minor collection due: that of [`Heap::thresholds`], of [`Policy::Raised`],
    /// or what [`Policy::Adaptive`] has found so far.
    ///
    /// ```
    /// use gc_core::{Heap, Policy, Thresholds};
    ///
    /// let mut heap = Heap::new();
    /// assert_eq!(heap.young_threshold(), 2000);
    /// heap.set_policy(Policy::Raised(Thresholds { young: 10_000, ..Thresholds::default() }));
    /// assert_eq!(heap.young_threshold(), 10_000);
    /// ```
    pub fn young_threshold(&self) -> usize {
        let adaptive = self.policy == Policy::Adaptive;
        self.pacer
            .young_threshold(self.thresholds_in_force().young, adaptive)
    }

    /// Sums over the collections of each generation.
    pub fn stats(&self) -> [GenerationStats; 3] {
        self.stats
    }

    /// The longest pauses since the last reset.
    pub fn pause_stats(&self) -> PauseStats {
        self.pause
    }

    /// Begins the pause statistics anew.
    pub fn reset_pause_stats(&mut self) {
        self.pause = PauseStats::default();
        for generation in &mut self.stats {
            generation.longest_slice = 0;
            generation.overrun = 0;
        }
    }

    pub(crate) fn tracked_bytes(&self) -> usize {
        self.arena.paced_bytes()
    }

    /// Is a sliced collection in progress?
    pub fn is_collecting(&self) -> bool {
        self.jobs.iter().any(Option::is_some)
    }

    // --- settings ---------------------------------------------------------------------------------------------------

    /// Lets automatic collections begin again.
    pub fn enable(&mut self) {
        self.enabled = true;
        self.settings_changed();
    }

    /// No collection begins by itself. Reference counting, explicit collections and limits go on.
    pub fn disable(&mut self) {
        self.enabled = false;
        self.settings_changed();
    }

    /// May automatic collections begin?
    pub fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// The policy in force.
    pub fn policy(&self) -> Policy {
        self.policy
    }

    /// Changes the policy, in any frame, also while a collection is in progress: that goes on under the new policy. O(1).
    pub fn set_policy(&mut self, policy: Policy) {
        self.policy = policy;
        self.settings_changed();
    }

    /// The thresholds of [`Policy::Automatic`].
    pub fn thresholds(&self) -> Thresholds {
        self.thresholds
    }

    /// Changes the thresholds of [`Policy::Automatic`].
    pub fn set_thresholds(&mut self, thresholds: Thresholds) {
        self.thresholds = thresholds;
        self.settings_changed();
    }

    /// The bounds that the paced policies keep.
    pub fn pacing(&self) -> Pacing {
        self.pacing
    }

    /// Changes the bounds that the paced policies keep.
    pub fn set_pacing(&mut self, pacing: Pacing) {
        self.pacing = pacing;
    }

    /// The limits on memory.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Changes the limits on memory. Takes effect at the next allocation.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        self.watch_limits();
    }

    /// What the thresholds are compared with: net young allocations, young collections since the last middle one,
    /// middle ones since the last full one.
    pub fn counts(&self) -> [usize; 3] {
        self.counts
    }

    fn thresholds_in_force(&self) -> Thresholds {
        match self.policy {
            Policy::Raised(thresholds) => thresholds,
            _ => self.thresholds,
        }
    }

    pub(super) fn settings_changed(&mut self) {
        let automatic = matches!(self.policy, Policy::Automatic | Policy::Raised(_));
        let young = self.thresholds_in_force().young;
        self.collect_at = if automatic && self.enabled && !self.in_round() && young > 0 {
            young
        } else {
            usize::MAX
        };
    }

    // --- freezing ---------------------------------------------------------------------------------------------------

    /// Takes all tracked objects out of the generations: collections pass them by until [`Heap::unfreeze`]. For what a
    /// game loads at its start and keeps. Reference counting frees them as ever. Inside a finalizer it does nothing. Cost:
    /// O(pages).
    pub fn freeze(&mut self) {
        if self.finalizing() > 0 {
            return;
        }
        self.settle(Lane::Minor);
        self.settle(Lane::Major);
        for_each_group(self, |page, group| {
            page.set_bits(Bit::Low, group, !0);
            page.set_bits(Bit::High, group, !0);
        });
        self.counts[0] = 0;
    }

    /// Moves frozen objects to the old generation. Cost: O(pages).
    pub fn unfreeze(&mut self) {
        for number in 0..self.arena.page_numbers() {
            let Some(page) = self.arena.page(number).filter(|page| page.tracked()) else {
                continue;
            };
            for group in 0..page.groups() {
                let frozen = page.bits(Bit::Low, group) & page.bits(Bit::High, group);
                page.set_bits(Bit::Low, group, page.bits(Bit::Low, group) & !frozen);
            }
            self.arena.generations[2].add(page);
        }
    }

    /// How many objects are frozen. Cost: O(pages).
    pub fn frozen_count(&self) -> usize {
        self.arena
            .all_pages()
            .filter(|page| page.tracked())
            .flat_map(|page| (0..page.groups()).map(move |group| (page, group)))
            .map(|(page, group)| {
                let frozen = page.bits(Bit::Live, group)
                    & page.bits(Bit::Low, group)
                    & page.bits(Bit::High, group);
                frozen.count_ones() as usize
            })
            .sum()
    }

    // --- quarantine -------------------------------------------------------------------------------------------------

    /// Condemned objects with finalizers that [`FinalizerPolicy::Quarantine`](crate::FinalizerPolicy::Quarantine) keeps.
    pub fn garbage(&self) -> &[GcAny] {
        &self.garbage
    }

    /// Takes the quarantined objects out, to break their cycles by hand. What is dropped unbroken comes back with the
    /// next collection. When there is no memory for the list, it is empty, and they stay.
    pub fn take_garbage(&mut self) -> Vec<GcAny> {
        let mut taken = Vec::new();
        if taken.try_reserve_exact(self.garbage.len()).is_ok() {
            taken.extend(self.garbage.drain(..));
        }
        taken
    }
}

fn for_each_group(heap: &Heap, change: impl Fn(crate::arena::PageRef, usize)) {
    for page in heap.arena.all_pages().filter(|page| page.tracked()) {
        for group in 0..page.groups() {
            change(page, group);
        }
    }
}

/// A stopwatch that stands still without a clock: without `std`, and in a browser, where `std` has none.
pub(super) struct Timer {
    #[cfg(all(
        feature = "std",
        not(all(target_arch = "wasm32", target_os = "unknown"))
    ))]
    start: std::time::Instant,
}

#[cfg(all(
    feature = "std",
    not(all(target_arch = "wasm32", target_os = "unknown"))
))]
impl Timer {
    pub(super) fn start() -> Self {
        Timer {
            start: std::time::Instant::now(),
        }
    }

    pub(super) fn elapsed(&self) -> core::time::Duration {
        self.start.elapsed()
    }
}

#[cfg(not(all(
    feature = "std",
    not(all(target_arch = "wasm32", target_os = "unknown"))
)))]
impl Timer {
    pub(super) fn start() -> Self {
        Timer {}
    }

    pub(super) fn elapsed(&self) -> core::time::Duration {
        core::time::Duration::ZERO
    }
}
