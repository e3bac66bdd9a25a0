//! One slice of collection work, usually once a frame.

use super::Heap;
use super::collections::Timer;
use super::events::Warning;
use crate::arena::Lane;
use crate::budget::{Bound, SliceBudget};
use crate::collect::Meter;
use crate::pacer::{Due, Infeasible, Situation};
use crate::{Cause, Generation, InfeasiblePolicy, Policy};
use core::time::Duration;

/// What a step did.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct Progress {
    /// Work done, in units.
    pub units: u64,
    /// No collection is in progress, and no dead object waits.
    pub finished: bool,
    /// About how many units the collections in progress still need, if the game changes nothing.
    pub remaining: u64,
    /// Units done beyond the budget: 0 unless the last unit was larger than what was left.
    pub overrun: u64,
    /// Objects freed by collections that ended in this step.
    pub collected: usize,
    /// Objects freed by reference counting.
    pub reclaimed: usize,
    /// The budget cannot keep the bounds of [`Pacing`](crate::Pacing).
    pub infeasible: Option<Infeasible>,
}

impl Progress {
    const NOTHING: Progress = Progress {
        units: 0,
        finished: true,
        remaining: 0,
        overrun: 0,
        collected: 0,
        reclaimed: 0,
        infeasible: None,
    };
}

/// What a step works on, once reference counting's share is done.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// Nothing more.
    Counting,
    /// A full collection, begun at once if none is in progress.
    Full,
    /// What the pacer says.
    Paced,
}

impl Heap {
    /// Does a slice of work: first reclaims what reference counting has condemned, then goes on with the collection in
    /// progress, or begins one. Stops within one unit of the budget.
    ///
    /// Under [`Policy::Automatic`], [`Policy::Raised`] and [`Policy::Disabled`] every step works, and begins a full
    /// collection if none is in progress: `while !heap.step(budget).finished {}` is one full collection in slices.
    /// Under [`Policy::Budgeted`] and [`Policy::Adaptive`] call it once a frame: the pacer begins collections when they
    /// are due and does what the bounds of [`Pacing`](crate::Pacing) need, within the budget. In a round it only
    /// reclaims, unless the heap is above its soft limit. Inside a finalizer it does nothing.
    ///
    /// Cost when there is nothing to do: a few comparisons.
    #[inline]
    pub fn step(&mut self, budget: impl SliceBudget) -> Progress {
        #[cfg(feature = "chaos")]
        self.perhaps_chaos();
        self.arena.deaths.graves.step += 1;
        if self.in_round() {
            self.observe_round();
        }
        self.merge_returned();
        let excess = self.notes_excess();
        let work = self.work_of_step();
        let waiting = self.has_waiting();
        let idle = !self.jobs_in_progress
            && !excess
            && !self.rounds.is_cleaning()
            && !waiting
            && (work == Work::Counting || self.arena.tracked == 0);
        if idle || self.finalizing() > 0 {
            return Progress::NOTHING;
        }
        let due = if work == Work::Paced {
            self.note_storage();
            let due = self.pacer.tick(&self.pacing, &self.situation());
            if due.nothing() && !self.jobs_in_progress && !waiting && !excess {
                return Progress::NOTHING;
            }
            due
        } else {
            Due::NOTHING
        };
        let progress = self.slice(budget, work, due, Cause::Step);
        self.may_have_fallen();
        progress
    }

    /// What containers have grown by since the last step is debt, as external bytes are.
    #[inline]
    fn note_storage(&mut self) {
        let storage = self.storage_bytes();
        let grown = storage.saturating_sub(self.noted_storage);
        self.noted_storage = storage;
        if grown > 0 {
            self.pacer.allocated(grown);
        }
    }

    /// What the pacer asks for.
    #[inline]
    fn situation(&self) -> Situation {
        let adaptive = self.policy == Policy::Adaptive;
        Situation {
            budget: self.last_budget,
            net_young: self.counts[0],
            young_threshold: self.pacer.young_threshold(self.thresholds.young, adaptive),
            tracked_bytes: self.tracked_bytes(),
            tracked_objects: self.arena.tracked,
            minor_active: self.jobs[Lane::Minor as usize].is_some(),
            major: self.jobs[Lane::Major as usize]
                .as_ref()
                .map(|job| (job.remaining_effort(), job.age)),
            major_estimate: self.arena.tracked as u64 * 5 / 2,
        }
    }

    #[inline]
    fn work_of_step(&mut self) -> Work {
        let used = self.bytes();
        self.may_have_fallen_to(used);
        if used > self.alarm.at && self.finalizing() == 0 {
            // Containers grow without an allocation on the heap.
            self.look_at_memory();
        }
        if self.alarm.over_soft && self.bytes() > self.limits().soft {
            Work::Full
        } else if self.in_round() {
            Work::Counting
        } else if self.policy.is_paced() && !self.rounds.is_cleaning() {
            Work::Paced
        } else {
            Work::Full
        }
    }

    pub(super) fn slice(
        &mut self,
        budget: impl SliceBudget,
        work: Work,
        due: Due,
        cause: Cause,
    ) -> Progress {
        // A panic may have taken a job away.
        self.jobs_changed();
        for job in self.jobs.iter_mut().flatten() {
            job.age = job.age.saturating_add(1);
        }
        self.events.flush();
        self.draining &= self.has_waiting();
        let timer = Timer::start();
        let bound = match (work, self.policy) {
            (Work::Paced, Policy::Budgeted(policy)) => Bound::by(policy),
            _ => Bound::NONE,
        };
        // In units if it is known so, else by what units have cost so far.
        let known = budget.known_units().unwrap_or(u64::MAX).min(bound.units());
        let nanos = budget.known_nanos().unwrap_or(u64::MAX).min(bound.nanos());
        let working = nanos - self.looks.reserve(nanos).min(nanos);
        self.last_budget = known.min((working / self.unit_nanos.max(1)).max(1));

        let mut progress = Progress::default();
        let mut looks = self.looks;
        let mut units = 0;
        let mut owed = false;
        // Until a closure says so: nobody knows.
        const UNKNOWN: u64 = 1024;
        let about = match (known, nanos) {
            (u64::MAX, u64::MAX) => UNKNOWN,
            _ => self.last_budget,
        };
        budget.run(bound, &mut looks, &mut |meter| {
            meter.expect(about);
            owed = self.work(work, due, cause, meter, &mut progress);
            progress.overrun = meter.overrun();
            units = meter.done;
        });
        self.looks = looks;
        if self.rounds.is_cleaning() {
            let left = self.cleaning_left();
            self.rounds.cleaning_went_on(units, left);
        }
        progress.units = units;
        progress.finished =
            !owed && !self.jobs_in_progress && !self.has_waiting() && !self.rounds.is_cleaning();
        self.look_at_soft_limit(progress.finished);
        progress.remaining = self.jobs.iter().flatten().map(|job| job.remaining()).sum();
        self.note_slice(&progress, timer.elapsed(), nanos);
        progress
    }

    /// True when a collection should have begun, and the budget was used up before.
    fn work(
        &mut self,
        work: Work,
        due: Due,
        cause: Cause,
        meter: &mut Meter<'_>,
        progress: &mut Progress,
    ) -> bool {
        let mut owed = false;
        progress.reclaimed += self.reclaim_some(meter);
        match work {
            Work::Counting => {
                // What is condemned is dead: freeing it interrupts nobody's play any more than reclaiming does.
                self.abandon_unless_condemning();
                for lane in Lane::ALL {
                    self.drive_slice(lane, meter, progress);
                }
            }
            Work::Full if self.draining => {
                // The collection has ended; the last of what it condemned is still coming back.
                self.draining = self.has_waiting();
            }
            Work::Full => owed = self.full(cause, meter, progress),
            Work::Paced => self.paced(due, cause, meter, progress),
        }
        progress.reclaimed += self.reclaim_some(meter);
        self.give_back(meter);
        owed
    }

    fn full(&mut self, cause: Cause, meter: &mut Meter<'_>, progress: &mut Progress) -> bool {
        if self.rounds.begin_cleaning()
            && self.counts[0] > 0
            && self.jobs[Lane::Minor as usize].is_none()
        {
            self.start_job(Generation::Young, Cause::RoundEnd, true);
        }
        self.drive_slice(Lane::Minor, meter, progress);
        let major = Lane::Major as usize;
        if self.jobs[Lane::Minor as usize].is_some() || !meter.go_on() && self.jobs[major].is_none()
        {
            return self.arena.tracked > 0;
        }
        if self.jobs[major].is_none() && self.arena.tracked > 0 {
            let cause = if self.rounds.is_cleaning() {
                Cause::RoundEnd
            } else {
                cause
            };
            self.start_job(Generation::Old, cause, true);
        }
        self.drive_slice(Lane::Major, meter, progress);
        if self.jobs[major].is_none() {
            self.draining = self.has_waiting();
            self.rounds.cleaned();
        }
        false
    }

    fn drive_slice(&mut self, lane: Lane, meter: &mut Meter<'_>, progress: &mut Progress) {
        let Some(job) = &self.jobs[lane as usize] else {
            return;
        };
        let generation = job.generation.index();
        let before = meter.done;
        if lane == Lane::Major {
            self.undriven = 0;
        }
        self.now_sliced(lane);
        if let Some(collection) = self.drive(lane, meter) {
            progress.collected += collection.collected;
        }
        let stats = &mut self.stats[generation];
        stats.longest_slice = stats.longest_slice.max(meter.done - before);
        stats.overrun = stats.overrun.max(meter.overrun());
    }

    fn paced(&mut self, due: Due, cause: Cause, meter: &mut Meter<'_>, progress: &mut Progress) {
        let plan = self.pacer.plan(&self.pacing, self.situation(), due);
        let minor = Lane::Minor as usize;
        if plan.start_major && meter.go_on() {
            // What died young goes first: a major job whose set has no garbage need not mark.
            if self.jobs[minor].is_none() && self.counts[0] > 0 {
                self.start_job(Generation::Young, cause, true);
                self.drive_slice(Lane::Minor, meter, progress);
            }
            self.start_job(Generation::Old, cause, true);
        }
        // The major job's share comes first, so that young garbage cannot starve it; what is left is the minor job's.
        let start_minor = plan.start_minor && self.jobs[minor].is_none() && self.counts[0] > 0;
        let share = if self.jobs[minor].is_some() || start_minor {
            plan.major_effort.min(self.last_budget / 2).max(1)
        } else {
            plan.major_effort
        };
        if self.jobs[Lane::Major as usize].is_some() {
            meter.with_share(share, |meter| {
                self.drive_slice(Lane::Major, meter, progress)
            });
        }
        if start_minor && meter.go_on() {
            self.start_job(Generation::Young, cause, true);
        }
        self.drive_slice(Lane::Minor, meter, progress);
        if share < plan.major_effort && self.jobs[Lane::Major as usize].is_some() {
            let rest = plan.major_effort - share;
            meter.with_share(rest, |meter| self.drive_slice(Lane::Major, meter, progress));
        }
        if let Some(infeasible) = plan.infeasible {
            progress.infeasible = Some(infeasible);
            self.events.warn(&Warning::Infeasible(infeasible));
            if self.pacing.infeasible == InfeasiblePolicy::Exceed {
                let more = infeasible.need.saturating_sub(meter.done);
                self.drive_slice(Lane::Major, &mut Meter::units(more), progress);
            }
        }
    }

    fn note_slice(&mut self, progress: &Progress, took: Duration, budget_nanos: u64) {
        if progress.units == 0 {
            return;
        }
        let pause = &mut self.pause;
        pause.slices += 1;
        pause.longest_units = pause.longest_units.max(progress.units);
        pause.overrun_units = pause.overrun_units.max(progress.overrun);
        pause.longest_time = pause.longest_time.max(took);
        pause.total_time += took;
        if budget_nanos != u64::MAX {
            let over = took.saturating_sub(Duration::from_nanos(budget_nanos));
            pause.overrun_time = pause.overrun_time.max(over);
        }
        if progress.units >= 256 && took > Duration::ZERO {
            let nanos = took.as_nanos() as u64 / progress.units;
            self.unit_nanos = (self.unit_nanos * 7 + nanos).div_ceil(8).max(1);
        }
    }
}
