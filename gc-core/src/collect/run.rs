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
        if self.lane == Lane::Major {
            self.heap.forgives = false;
        }
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
        let young = self.counts[0];
        for older in &mut self.counts[..=generation.index()] {
            *older = 0;
        }
        if let Some(next) = self.counts.get_mut(generation.index() + 1) {
            *next += 1;
        }
        match lane {
            Lane::Minor => self.pacer.minor_started(),
            Lane::Major => self.pacer.major_started(),
        }
        self.epoch = match self.epoch.checked_add(1) {
            Some(next) => next,
            None => self.begin_epochs_anew(),
        };
        let mut job = Job::new(lane, generation, cause, self.epoch, sliced);
        job.expected = expected;
        job.forgives = self.forgives;
        job.young = young;
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

    /// Every number has been used: no page may still carry one that is used again. Answers the first. Cost: O(pages).
    #[cold]
    fn begin_epochs_anew(&mut self) -> u32 {
        for page in self.arena.all_pages().filter(|page| page.tracked()) {
            for lane in Lane::ALL {
                // The other lane's job in progress keeps its pages. It ends long before its number comes again.
                if !self.arena.is_job_page(lane, page) {
                    page.set_epoch(lane, 0);
                }
            }
        }
        1
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
        if lane == Lane::Major {
            self.forgives = true;
        }
        self.record(&collection, &job);
        self.events.emit(&CollectionEvent::Stop(collection));
        Some(collection)
    }

    /// Gives a job up that has condemned nothing. O(1): what it left on the pages carries its epoch.
    pub(crate) fn abandon(&mut self, job: Job) {
        self.jobs_changed();
        if job.lane == Lane::Major {
            if job.sliced {
                // What it had taken is young still.
                self.counts[0] = (self.counts[0] + job.young).min(self.arena.tracked);
            }
            self.pacer.major_abandoned(job.age);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Gc;
    use alloc::vec::Vec;

    struct Node(Vec<Gc<Node>>);

    impl crate::Trace for Node {
        fn trace(&self, tracer: &mut crate::Tracer<'_>) {
            self.0.trace(tracer);
        }
    }

    /// After so many jobs a page would carry the number of one that has just begun, and what an old job left there would
    /// be in its set.
    #[test]
    fn when_all_epochs_are_used_none_is_in_force_twice() {
        let mut heap = Heap::new();
        let one = heap.alloc(Node(Vec::new()));
        let other = heap.alloc(Node(Vec::from([one.clone()])));
        heap[&one].0.push(other);
        // The first job leaves epoch 1 on their page.
        heap.epoch = 0;
        let lane = heap.start_job(Generation::Young, Cause::Explicit, true);
        heap.drive(lane, &mut Meter::units(1));
        heap.settle(lane);
        let page = crate::arena::PageRef::of(one.slot());
        assert_eq!(page.epoch(lane), 1);
        // A major job takes them all, and stays.
        heap.epoch = u32::MAX - 1;
        let major = heap.start_job(Generation::Old, Cause::Explicit, true);
        heap.drive(major, &mut Meter::units(1));
        heap.start_job(Generation::Young, Cause::Explicit, true);
        let has = |lane: Lane| {
            let job = heap.jobs[lane as usize].as_ref();
            job.is_some_and(|job| job.has_page(page))
        };
        assert!(has(Lane::Major), "it is in progress");
        assert!(!has(Lane::Minor), "nothing is prepared yet");
        heap.verify();
    }
}
