//! Rounds: stretches of play in which no collection may interrupt.

use super::Heap;
use crate::Cause;
use crate::arena::Lane;
use crate::collect::Job;

/// What a round cost, told at its end.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct RoundReport {
    /// Live objects more than at its start.
    pub objects_gained: isize,
    /// Bytes in use more than at its start.
    pub bytes_gained: isize,
    /// The most bytes in use at any time of the round.
    pub peak_bytes: usize,
    /// Steps.
    pub steps: u32,
    /// Times that collection had to begin because the heap was above its soft limit.
    pub soft_limit: u32,
    /// Full collections at the hard limit.
    pub hard_limit: u32,
    /// Collections that the game itself asked for.
    pub explicit: u32,
}

/// What a round is heading for, from its growth so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct RoundForecast {
    /// Bytes in use after so many more steps, at the growth of late.
    pub predicted_bytes: usize,
    /// Bytes of growth a step, smoothed.
    pub bytes_per_step: usize,
    /// Steps until the soft limit; `None` when the heap does not grow, or there is no such limit.
    pub steps_to_soft: Option<u64>,
    /// Steps until the hard limit.
    pub steps_to_hard: Option<u64>,
}

#[derive(Default)]
pub(super) struct Rounds {
    depth: u32,
    report: RoundReport,
    start_objects: usize,
    start_bytes: usize,
    last_bytes: usize,
    /// The heap's peak before the round, for the round has one of its own.
    peak_before: usize,
    /// Smoothed growth a step, times 16.
    growth16: isize,
    /// What the last round left is being collected.
    cleaning: Option<Cleaning>,
}

#[derive(Clone, Copy)]
struct Cleaning {
    /// Units so far.
    done: u64,
    /// The part of the work that is done, from 0 to 1: never less than before.
    part: f32,
    /// The young objects' own collection has begun.
    begun: bool,
}

impl Rounds {
    #[inline]
    pub(super) fn is_cleaning(&self) -> bool {
        self.cleaning.is_some()
    }

    /// So many units were done, and about so many are left.
    pub(super) fn cleaning_went_on(&mut self, units: u64, left: u64) {
        if let Some(cleaning) = &mut self.cleaning {
            cleaning.done += units;
            let part = cleaning.done as f32 / (cleaning.done + left).max(1) as f32;
            cleaning.part = cleaning.part.max(part);
        }
    }

    /// The young objects' own collection has begun.
    fn has_begun(&self) -> bool {
        self.cleaning.is_some_and(|cleaning| cleaning.begun)
    }

    /// True once: the young objects come first.
    pub(super) fn begin_cleaning(&mut self) -> bool {
        match &mut self.cleaning {
            Some(cleaning) => !core::mem::replace(&mut cleaning.begun, true),
            None => false,
        }
    }

    pub(super) fn peak_before(&self) -> usize {
        self.peak_before
    }

    /// The game lets the heap's peak begin anew: not the round's.
    pub(super) fn peak_is_reset(&mut self, peak: usize) {
        self.peak_before = 0;
        if self.depth > 0 {
            self.report.peak_bytes = self.report.peak_bytes.max(peak);
        }
    }

    pub(super) fn cleaned(&mut self) {
        self.cleaning = None;
    }

    pub(super) fn forced(&mut self, cause: Cause) {
        if self.depth == 0 {
            return;
        }
        match cause {
            Cause::SoftLimit => self.report.soft_limit += 1,
            Cause::HardLimit => self.report.hard_limit += 1,
            _ => self.report.explicit += 1,
        }
    }
}

impl Heap {
    /// Begins a round: until its end no collection begins by itself, and steps only reclaim, unless a limit is exceeded.
    /// Rounds nest. Cost: O(1); a collection in progress that has condemned nothing is abandoned.
    ///
    /// ```
    /// use gc_core::{Gc, Heap, Trace};
    ///
    /// #[derive(Trace)]
    /// struct Spark { twin: Option<Gc<Spark>> }
    ///
    /// let mut heap = Heap::new();
    /// heap.begin_round();
    /// for _ in 0..10_000 {
    ///     let spark = heap.alloc(Spark { twin: None });
    ///     heap[&spark].twin = Some(spark.clone()); // a cycle, left behind
    /// }
    /// assert_eq!(heap.stats()[0].collections, 0);
    /// let report = heap.end_round().unwrap();
    /// assert_eq!(report.objects_gained, 10_000);
    /// assert_eq!(heap.collect().collected, 10_000);
    /// ```
    pub fn begin_round(&mut self) {
        self.rounds.depth += 1;
        if self.rounds.depth > 1 {
            return;
        }
        self.abandon_unless_condemning();
        let graves = &mut self.arena.deaths.graves;
        graves.rounds += 1;
        graves.round = Some(graves.rounds);
        self.rounds.cleaning = None;
        self.rounds.report = RoundReport::default();
        self.rounds.peak_before = self.take_peak();
        self.rounds.start_objects = self.len();
        self.rounds.start_bytes = self.bytes();
        self.rounds.last_bytes = self.bytes();
        self.rounds.growth16 = 0;
        self.settings_changed();
    }

    /// Ends a round. Answers what it cost when it was the outermost, `None` for an inner one, or when there was none.
    /// Cost: O(1).
    ///
    /// What the round left is collected as the game likes: at once ([`Heap::collect`]), or over the frames of a loading
    /// screen ([`Heap::step`] until it is finished; [`Heap::cleanup_fraction`] tells how far it is). The steps after a
    /// round collect the young objects first, which most of the round's are, then all, whatever the policy.
    pub fn end_round(&mut self) -> Option<RoundReport> {
        self.rounds.depth = self.rounds.depth.checked_sub(1)?;
        if self.rounds.depth > 0 {
            return None;
        }
        self.arena.deaths.graves.round = None;
        let (objects, bytes, peak) = (self.len(), self.bytes(), self.recent_peak());
        let before = core::mem::take(&mut self.rounds.peak_before);
        self.arena.peak_bytes = peak.max(before);
        let rounds = &mut self.rounds;
        rounds.report.objects_gained = objects as isize - rounds.start_objects as isize;
        rounds.report.bytes_gained = bytes as isize - rounds.start_bytes as isize;
        rounds.report.peak_bytes = rounds.report.peak_bytes.max(peak);
        let report = rounds.report;
        self.arena.forget_recent();
        self.settings_changed();
        if self.arena.tracked > 0 {
            self.rounds.cleaning = Some(Cleaning {
                done: 0,
                part: 0.0,
                begun: false,
            });
        }
        Some(report)
    }

    /// How much of the collection after the last round is done, from 0 to 1, for a loading screen. 1 when there is none.
    pub fn cleanup_fraction(&self) -> f32 {
        self.rounds.cleaning.map_or(1.0, |cleaning| cleaning.part)
    }

    /// About how many units the collection after the round still takes. Each object is traced twice, by Count and Mark,
    /// and tested in between; the young ones come twice, unless they are found dead the first time. So it falls faster
    /// where there is much garbage.
    pub(super) fn cleaning_left(&self) -> u64 {
        const FOUR_OBJECTS: u64 = 9;
        let in_progress = self.jobs.iter().flatten().map(Job::remaining).sum::<u64>();
        let mut objects = 0;
        if self.jobs[Lane::Major as usize].is_none() {
            objects += self.arena.tracked as u64;
            if !self.rounds.has_begun() {
                objects += self.counts[0] as u64;
            }
        }
        in_progress + objects * FOUR_OBJECTS / 4
    }

    /// Is a round in progress?
    #[inline]
    pub fn in_round(&self) -> bool {
        self.rounds.depth > 0
    }

    /// What the heap is heading for `steps` steps from now. Cost: O(1).
    pub fn forecast(&self, steps: u64) -> RoundForecast {
        let growth = (self.rounds.growth16 / 16).max(0) as usize;
        let until = |limit: usize| {
            (growth > 0 && limit != usize::MAX)
                .then(|| (limit.saturating_sub(self.bytes()) / growth) as u64)
        };
        RoundForecast {
            predicted_bytes: self
                .bytes()
                .saturating_add(growth.saturating_mul(steps as usize)),
            bytes_per_step: growth,
            steps_to_soft: until(self.limits.soft),
            steps_to_hard: until(self.limits.hard),
        }
    }

    /// Once a step.
    pub(super) fn observe_round(&mut self) {
        let bytes = self.bytes();
        let rounds = &mut self.rounds;
        let grown = bytes as isize - rounds.last_bytes as isize;
        rounds.last_bytes = bytes;
        rounds.growth16 += grown - rounds.growth16 / 16;
        rounds.report.steps = rounds.report.steps.saturating_add(1);
    }
}
