//! When a slice looks at the clock, and how long before its end it stops.

use crate::budget::{Bound, SliceBudget};
use crate::collect::Meter;

/// Between two looks.
const LOOK_NANOS: u64 = 4_000;
/// Effort between two looks, at least and at most: the next units may miss the cache and take ten times as long as the
/// last.
const LEAST: u64 = 4;
const MOST: u64 = 64;
/// Slices that a long stretch is remembered for, at least: half a minute at 60 Hz.
const WINDOW: u32 = 2_048;

/// What slices have learnt of the machine: how much to do between two looks at the clock, and how long such a stretch
/// may take all the same. Interrupts, a hypervisor and long units make some of them ten or a hundred times as long, and
/// one that comes last makes the slice as much longer than its budget.
#[derive(Clone, Copy)]
pub struct Looks {
    interval: u64,
    /// The longest stretch of this window and of the one before, in ns.
    longest: [u64; 2],
    /// Slices of this window.
    slices: u32,
}

impl Default for Looks {
    fn default() -> Self {
        Looks {
            interval: 32,
            longest: [0; 2],
            slices: 0,
        }
    }
}

impl Looks {
    /// One slice of `work` that nothing else bounds. Answers what it has learnt, too.
    #[must_use]
    pub(crate) fn slice(
        mut self,
        budget: impl SliceBudget,
        work: &mut dyn FnMut(&mut Meter<'_>),
    ) -> Self {
        budget.run(Bound::NONE, &mut self, work);
        self
    }

    /// A slice begins. Answers its first interval.
    pub(crate) fn begin(&mut self) -> u64 {
        self.slices += 1;
        if self.slices >= WINDOW {
            self.slices = 0;
            self.longest = [0, self.longest[0]];
        }
        self.interval
    }

    /// The last stretch took so long for its effort. Answers the next interval.
    pub(crate) fn look(&mut self, effort: u64, nanos: u64) -> u64 {
        self.longest[0] = self.longest[0].max(nanos);
        self.interval = (effort * LOOK_NANOS / nanos.max(1)).clamp(LEAST, MOST);
        self.interval
    }

    /// How long before its end a slice of so many ns stops: the next stretch may take twice as long as planned, or as
    /// long as the longest of late, but no more than three tenths of the budget are left for that.
    pub(crate) fn reserve(&self, budget: u64) -> u64 {
        let longest = self.longest[0].max(self.longest[1]);
        longest.min(budget / 10 * 3).max(2 * LOOK_NANOS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: u64 = 100_000;

    #[test]
    fn an_interruption_is_reckoned_with_for_a_while() {
        let mut looks = Looks::default();
        looks.begin();
        looks.look(32, 4_100);
        assert_eq!(looks.reserve(BUDGET), 2 * LOOK_NANOS, "nothing was long");
        looks.look(32, 25_000);
        assert_eq!(looks.reserve(BUDGET), 25_000);
        for _ in 0..WINDOW {
            looks.begin();
            looks.look(32, 4_000);
        }
        assert_eq!(looks.reserve(BUDGET), 25_000, "a window later");
        for _ in 0..WINDOW {
            looks.begin();
            looks.look(32, 4_000);
        }
        assert_eq!(looks.reserve(BUDGET), 2 * LOOK_NANOS, "forgotten");
    }

    #[test]
    fn most_of_a_budget_is_used_whatever_has_been() {
        let mut looks = Looks::default();
        looks.look(1, 5_000_000);
        assert_eq!(looks.reserve(BUDGET), 30_000);
    }
}
