//! Beginning, driving, ending and abandoning jobs.

use super::{Job, Meter, Phase};
use crate::arena::{Arena, Lane};
use crate::sync::AtomicBool;
use crate::{Cause, Collection, CollectionEvent, FinalizerPolicy, Generation, Heap};
use core::sync::atomic::Ordering;

/// While user code traces for a lane's job: if that panics, the job is abandoned.
pub(super) struct Examining<'a> {
    heap: &'a mut Heap,
    lane: Lane,
    goes_on: bool,
}

impl<'a> Examining<'a> {
    pub(super) fn of(heap: &'a mut Heap, lane: Lane) -> Self {
        Examining {
            heap,
            lane,
            goes_on: false,
        }
    }

    /// The job, what it examines, and whether weak handles brought members back.
    pub(super) fn parts(&mut self) -> Option<(&mut Job, &mut Arena, &AtomicBool)> {
        let lane = self.lane as usize;
        let job = self.heap.jobs[lane].as_mut()?;
        Some((job, &mut self.heap.arena, &self.heap.revived[lane]))
    }

    pub(super) fn goes_on(mut self) {
        self.goes_on = true;
    }

    /// Abandons the job because of a large object.
    pub(super) fn gives_up(self) {
        self.heap.forgives[self.lane as usize] = false;
    }
}

impl Drop for Examining<'_> {
    fn drop(&mut self) {
        if !self.goes_on
            && let Some(job) = self.heap.jobs[self.lane as usize].take()
        {
            self.heap.abandon(job);
        }
    }
}

impl Heap {
    fn lane(generation: Generation) -> Lane {
        match generation {
            Generation::Young => Lane::Minor,
            _ => Lane::Major,
        }
    }

    /// Begins a job in a lane that is free.
    pub(crate) fn start_job(&mut self, generation: Generation, cause: Cause, sliced: bool) -> Lane {
        let lane = Heap::lane(generation);
        if self.jobs[lane as usize].is_some() {
            // A finalizer has just put another heap here, which has one in progress: that goes on.
            return lane;
        }
        self.jobs_changed();
        let expected = match lane {
            Lane::Minor => self.counts[0].min(self.arena.tracked),
            Lane::Major => self.arena.tracked,
        };
        for older in &mut self.counts[..=generation.index()] {
            *older = 0;
        }
        if let Some(next) = self.counts.get_mut(generation.index() + 1) {
            *next += 1;
        }
        match lane {
            Lane::Minor => self.pacer.minor_started(),
            Lane::Major => {
                self.pacer.minor_started();
                self.pacer.major_started();
            }
        }
        self.epoch = self.epoch.wrapping_add(1).max(1);
        let mut job = Job::new(lane, generation, cause, self.epoch, sliced);
        job.expected = expected;
        job.forgives = self.forgives[lane as usize];
        job.quarantine = self.finalizers == FinalizerPolicy::Quarantine
            && self.arena.types.iter().any(|pages| pages.finalized);
        if let Some(log) = &self.cycles {
            job.recording = Some(log.recording().into());
        }
        self.arena.job_epochs[lane as usize] = self.epoch;
        self.revived[lane as usize].store(false, Ordering::Relaxed);
        self.jobs[lane as usize] = Some(job);
        self.jobs_changed();
        self.note_collection(generation, cause);
        self.events
            .emit(&CollectionEvent::Start { generation, cause });
        lane
    }

    pub(crate) fn jobs_changed(&mut self) {
        self.jobs_in_progress = self.jobs.iter().any(Option::is_some);
        for lane in Lane::ALL {
            if self.jobs[lane as usize].is_none() {
                self.arena.job_epochs[lane as usize] = 0;
            }
        }
    }

    /// Works on the lane's job within the budget. Answers what it did, if it ended.
    pub(crate) fn drive(&mut self, lane: Lane, meter: &mut Meter<'_>) -> Option<Collection> {
        self.arena.note_peak();
        loop {
            let job = self.jobs[lane as usize].as_ref()?;
            let (phase, generation) = (job.phase, job.generation);
            meter.other_work();
            if phase == Phase::Done || !meter.go_on() {
                self.events.phase_ends();
                if phase == Phase::Done {
                    return self.finish(lane);
                }
                return None;
            }
            let by_phase = self.events.phase_goes_on(generation, || phase.public());
            match phase {
                Phase::Quarantine => self.quarantine(lane, meter),
                Phase::Finalize => self.finalize(lane, meter),
                _ if phase.examines() => {
                    let mut examining = Examining::of(self, lane);
                    if let Some((job, arena, revived)) = examining.parts() {
                        let mut revived = || revived.swap(false, Ordering::Relaxed);
                        job.advance(arena, &mut revived, by_phase, meter);
                    }
                    examining.goes_on();
                }
                // If `Drop` panics, the job goes on with the next object.
                _ => {
                    let before = self.tracked_bytes();
                    let job = self.jobs[lane as usize].as_mut()?;
                    job.advance(&mut self.arena, &mut || false, by_phase, meter);
                    if lane == Lane::Major {
                        let freed = before.saturating_sub(self.tracked_bytes());
                        self.pacer.freed_by_major_job(freed);
                    }
                }
            }
        }
    }

    /// What follows runs in slices, also when the job began in one go: touches count from here on.
    pub(crate) fn now_sliced(&mut self, lane: Lane) {
        if let Some(job) = &mut self.jobs[lane as usize] {
            job.sliced = true;
        }
    }

    fn finish(&mut self, lane: Lane) -> Option<Collection> {
        let mut job = self.jobs[lane as usize].take()?;
        self.jobs_changed();
        if let (Some(log), Some(recording)) = (&mut self.cycles, job.recording.take())
            && job.condemned > 0
        {
            log.add(*recording, job.condemned);
        }
        let collection = Collection {
            candidates: job.candidates,
            collected: job.condemned - job.resurrected.min(job.condemned),
            uncollectable: job.uncollectable,
            resurrected: job.resurrected,
            units: job.units,
            ..Collection::none(job.generation, job.cause)
        };
        self.forgives[lane as usize] = true;
        self.record(&collection, &job);
        self.events.emit(&CollectionEvent::Stop(collection));
        Some(collection)
    }

    /// Gives a job up that has condemned nothing. O(1): what it left on the pages carries its epoch.
    pub(crate) fn abandon(&mut self, job: Job) {
        self.jobs_changed();
        if job.lane == Lane::Major {
            self.pacer.major_abandoned();
        }
        self.events.later(CollectionEvent::Stop(Collection {
            candidates: job.candidates,
            units: job.units,
            abandoned: true,
            ..Collection::none(job.generation, job.cause)
        }));
    }

    /// Gives up what would interrupt play, and keeps what only has to be freed.
    pub(crate) fn abandon_unless_condemning(&mut self) {
        for lane in Lane::ALL {
            if self.jobs[lane as usize]
                .as_ref()
                .is_some_and(|job| !job.condemns())
                && let Some(job) = self.jobs[lane as usize].take()
            {
                self.abandon(job);
            }
        }
    }

    /// Abandons the lane's job, or finishes it if it has condemned something. Answers how many objects that freed.
    pub(crate) fn settle(&mut self, lane: Lane) -> usize {
        if self.finalizing() > 0 {
            return 0;
        }
        match &self.jobs[lane as usize] {
            None => 0,
            Some(job) if job.condemns() => self
                .drive(lane, &mut Meter::unlimited())
                .map_or(0, |collection| collection.collected),
            Some(_) => {
                if let Some(job) = self.jobs[lane as usize].take() {
                    self.abandon(job);
                }
                0
            }
        }
    }
}
