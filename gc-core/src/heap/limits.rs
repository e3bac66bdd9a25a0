//! Memory limits: warnings on the way, slices above the soft one, a full collection at the hard one.

use super::Heap;
use super::events::Warning;
use super::step::Work;
use crate::arena::Lane;
use crate::pacer::Due;
use crate::{AllocErrorKind, Budget, Cause, Generation, Limits};

const MARKS: [u32; 3] = [50, 75, 90];
/// Units of work at an allocation above the soft limit, at least and at most.
const LEAST: u64 = 16;
const MOST: u64 = 4096;

/// What the next allocation must look at.
pub(super) struct Alarm {
    /// Above so many bytes the slow path is taken.
    pub(super) at: usize,
    /// Below so many bytes a mark that was told may be told again; 0 when none was.
    below: usize,
    /// Marks told, and not to be told again before the heap has fallen below them.
    passed: usize,
    told_soft: bool,
    /// A collection goes on that the soft limit asked for.
    pub(super) over_soft: bool,
    /// A gate is in force: every allocation takes the slow path, to fail there.
    forbids_alloc: bool,
    /// Collecting above the soft limit begins here: higher than the limit when the last collection found little.
    soft: usize,
}

impl Default for Alarm {
    fn default() -> Self {
        Alarm {
            at: usize::MAX,
            below: 0,
            passed: 0,
            told_soft: false,
            over_soft: false,
            forbids_alloc: false,
            soft: usize::MAX,
        }
    }
}

impl Alarm {
    pub(super) fn set(&mut self, limits: Limits) {
        self.soft = limits.soft;
        self.over_soft = false;
        self.told_soft = false;
        self.passed = 0;
        self.arm(limits);
    }

    /// The heap uses so much: what it has fallen below may be told again.
    #[cold]
    #[inline(never)]
    fn fell(&mut self, limits: Limits, used: usize) {
        while self.passed > 0 && used < again_below(limits, self.passed) {
            self.passed -= 1;
        }
        if used <= limits.soft {
            self.told_soft = false;
            self.soft = limits.soft;
        }
        self.arm(limits);
    }

    fn arm(&mut self, limits: Limits) {
        let mark = MARKS
            .get(self.passed)
            .map_or(usize::MAX, |&percent| mark_at(limits, percent));
        self.at = if self.forbids_alloc {
            0
        } else {
            mark.min(self.soft).min(limits.hard)
        };
        let soft = match self.told_soft {
            true => limits.soft.saturating_add(1),
            false => 0,
        };
        self.below = again_below(limits, self.passed).max(soft);
    }
}

/// The last of the marks that were passed is told again once the heap has been below this: well below the mark, so that
/// use that goes up and down by a little is not told at each turn.
fn again_below(limits: Limits, passed: usize) -> usize {
    match passed.checked_sub(1) {
        Some(last) => mark_at(limits, MARKS[last] - 5),
        None => 0,
    }
}

/// The limit that the marks are percents of.
fn base(limits: Limits) -> usize {
    if limits.hard == usize::MAX {
        limits.soft
    } else {
        limits.hard
    }
}

fn mark_at(limits: Limits, percent: u32) -> usize {
    match base(limits) {
        usize::MAX => usize::MAX,
        limit => limit / 100 * percent as usize,
    }
}

impl Heap {
    /// The limits are new: every mark is ahead again.
    pub(super) fn watch_limits(&mut self) {
        self.alarm.set(self.limits);
        self.arena.shared().account.set_hard(self.limits.hard);
    }

    /// At an allocation of `bytes` that brings the heap above a mark.
    #[cold]
    #[inline(never)]
    pub(super) fn near_limit(&mut self, bytes: usize) -> Result<(), AllocErrorKind> {
        // Nothing is asked for when a merge has brought nothing.
        if self.alarm.forbids_alloc && bytes > 0 {
            panic!("assert_no_alloc: {bytes} bytes are asked for");
        }
        let limits = self.limits;
        self.may_have_fallen();
        let fits = self.bytes().saturating_add(bytes) <= limits.hard;
        // What does not fit is not in use yet, and perhaps never will be.
        let asked = if fits { bytes } else { 0 };
        self.warn_of_memory(asked);
        if self.is_over_soft(asked) {
            self.slice_at_allocation(bytes);
        }
        if self.bytes().saturating_add(bytes) > limits.hard {
            self.collect_for_memory();
            if self.bytes().saturating_add(bytes) > limits.hard {
                self.alarm.arm(limits);
                return Err(AllocErrorKind::HardLimit {
                    limit: limits.hard,
                    used: self.bytes(),
                });
            }
            self.warn_of_memory(bytes);
        }
        self.alarm.arm(limits);
        Ok(())
    }

    /// A merge has brought objects that a context allocated.
    #[inline]
    #[track_caller]
    pub(super) fn merge_is_allowed(&self, objects: usize) {
        if self.alarm.forbids_alloc {
            panic!("assert_no_alloc: {objects} objects of allocation contexts were merged");
        }
    }

    /// Answers whether it was forbidden before.
    pub(super) fn forbid_alloc(&mut self, forbid: bool) -> bool {
        let before = core::mem::replace(&mut self.alarm.forbids_alloc, forbid);
        self.alarm.arm(self.limits);
        before
    }

    /// At a step that finds the heap above a mark.
    #[cold]
    #[inline(never)]
    pub(super) fn look_at_memory(&mut self) {
        self.warn_of_memory(0);
        self.is_over_soft(0);
        self.alarm.arm(self.limits);
    }

    /// At a moment after which the heap may be smaller than before.
    #[inline]
    pub(super) fn may_have_fallen(&mut self) {
        self.may_have_fallen_to(self.bytes());
    }

    #[inline(always)]
    pub(super) fn may_have_fallen_to(&mut self, used: usize) {
        if used < self.alarm.below {
            self.alarm.fell(self.limits, used);
        }
    }

    /// Must collection go on, whatever the policy? Told once.
    fn is_over_soft(&mut self, bytes: usize) -> bool {
        if self.bytes().saturating_add(bytes) <= self.alarm.soft || self.finalizing() > 0 {
            return false;
        }
        if !self.alarm.over_soft {
            self.alarm.over_soft = true;
            self.rounds.forced(Cause::SoftLimit);
            if !core::mem::replace(&mut self.alarm.told_soft, true) {
                self.events.warn(&Warning::SoftLimit {
                    used: self.bytes(),
                    limit: self.limits.soft,
                });
            }
        }
        true
    }

    /// Makes room for a container to grow by `bytes`: does what an allocation of an object of that size would, slices
    /// above the soft limit, a full collection at the hard one. A safepoint. Cost when there is room: O(1).
    ///
    /// # Errors
    /// If that would still exceed the hard limit.
    ///
    /// ```
    /// use gc_core::{Heap, Limits};
    ///
    /// let mut heap = Heap::new();
    /// heap.set_limits(Limits { hard: 1 << 20, ..Limits::default() });
    /// assert!(heap.make_room(1 << 19).is_ok());
    /// assert!(heap.make_room(1 << 21).is_err());
    /// ```
    #[inline]
    pub fn make_room(&mut self, bytes: usize) -> Result<(), AllocErrorKind> {
        if self.bytes().saturating_add(bytes) > self.alarm.at {
            self.near_limit(bytes)?;
        }
        Ok(())
    }

    fn warn_of_memory(&mut self, bytes: usize) {
        let limits = self.limits;
        while let Some(&percent) = MARKS.get(self.alarm.passed)
            && self.bytes().saturating_add(bytes) > mark_at(limits, percent)
        {
            self.alarm.passed += 1;
            self.events.warn(&Warning::Memory {
                percent,
                used: self.bytes(),
                limit: base(limits),
            });
        }
    }

    /// Enough work that the collection ends before the room to the hard limit is used up.
    fn slice_at_allocation(&mut self, bytes: usize) {
        let room = self.limits.hard.saturating_sub(self.bytes()) as u64;
        let left = match &self.jobs[Lane::Major as usize] {
            Some(job) => job.remaining(),
            None => self.arena.tracked as u64 * 9 / 4,
        };
        let allocations = (room / 2 / bytes.max(1) as u64).max(1);
        let units = left.div_ceil(allocations).clamp(LEAST, MOST);
        self.slice(
            Budget::units(units),
            Work::Full,
            Due::NOTHING,
            Cause::SoftLimit,
        );
    }

    /// A slice is over, and with it perhaps the collection that the soft limit asked for.
    pub(super) fn look_at_soft_limit(&mut self, finished: bool) {
        let (used, limits) = (self.bytes(), self.limits);
        let alarm = &mut self.alarm;
        if used <= limits.soft {
            alarm.soft = limits.soft;
        } else if alarm.over_soft && finished {
            // The next collection must have something to find: not before a quarter of the room is used.
            let step = if limits.hard == usize::MAX {
                used / 4
            } else {
                limits.hard.saturating_sub(used) / 4
            };
            alarm.soft = used.saturating_add(step);
        } else {
            return;
        }
        alarm.over_soft = false;
        alarm.arm(limits);
    }

    /// The last resort before an allocation fails.
    pub(super) fn collect_for_memory(&mut self) {
        self.reclaim_all();
        self.collect_now(Generation::Old, Cause::HardLimit);
        self.trim();
    }
}
