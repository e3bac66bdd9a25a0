//! Counts the work of a slice, and says when to stop.

/// A slice's budget at work.
pub struct Meter<'a> {
    pub(crate) done: u64,
    limit: u64,
    about: u64,
    /// Units, and more for those that take longer than most: what passes between two looks at the clock.
    effort: u64,
    /// The effort at which a share of the budget is used up.
    share_end: u64,
    /// When `stop` was asked last, and when to ask again.
    last_check: u64,
    next_check: u64,
    stop: Option<&'a mut dyn FnMut(u64) -> Stop>,
    stopped: bool,
}

/// What a clock says.
pub enum Stop {
    Now,
    /// Go on, and ask again after so many units.
    After(u64),
}

impl<'a> Meter<'a> {
    pub(crate) fn units(limit: u64) -> Self {
        Meter {
            done: 0,
            limit,
            about: u64::MAX,
            effort: 0,
            share_end: u64::MAX,
            last_check: 0,
            next_check: u64::MAX,
            stop: None,
            stopped: false,
        }
    }

    pub(crate) fn unlimited() -> Self {
        Meter::units(u64::MAX)
    }

    /// Asks `stop` after `first` units of effort, then when it says; never more than `limit` units. `stop` is told how
    /// much effort there was since it was asked last.
    pub(crate) fn watched(limit: u64, first: u64, stop: &'a mut dyn FnMut(u64) -> Stop) -> Self {
        Meter {
            next_check: first,
            stop: Some(stop),
            ..Meter::units(limit)
        }
    }

    /// Is there budget for one more unit?
    #[inline]
    pub(crate) fn go_on(&mut self) -> bool {
        if self.done >= self.limit || self.stopped {
            return false;
        }
        self.effort < self.next_check || self.ask()
    }

    #[cold]
    fn ask(&mut self) -> bool {
        if self.effort >= self.share_end {
            return false;
        }
        let Some(stop) = &mut self.stop else {
            self.next_check = self.share_end;
            return true;
        };
        match stop(self.effort - self.last_check) {
            Stop::Now => {
                self.stopped = true;
                false
            }
            Stop::After(effort) => {
                self.last_check = self.effort;
                self.next_check = (self.effort + effort.max(1)).min(self.share_end);
                true
            }
        }
    }

    /// Work of another kind begins, whose units may take ten times as long: the clock is looked at soon.
    #[inline]
    pub(crate) fn other_work(&mut self) {
        const SOON: u64 = 8;
        self.next_check = self.next_check.min(self.effort + SOON);
    }

    /// How many units are in the budget still, about; more than the share in force may be.
    pub(crate) fn left(&self) -> u64 {
        self.limit.min(self.about).saturating_sub(self.done)
    }

    /// A budget in time is about so many units.
    pub(crate) fn expect(&mut self, units: u64) {
        self.about = units;
    }

    /// The share in force is used up.
    pub(crate) fn end_share(&mut self) {
        self.share_end = self.effort;
        self.next_check = self.effort;
    }

    /// How many units may be done before the next question.
    #[inline]
    pub(crate) fn room(&self) -> u64 {
        let limit = self.limit.saturating_sub(self.done);
        limit
            .min(self.next_check.saturating_sub(self.effort))
            .max(1)
    }

    /// Lets `work` make at most so much effort, a unit more at the most, of what is left.
    pub(crate) fn with_share(&mut self, effort: u64, work: impl FnOnce(&mut Self)) {
        let outer = self.share_end;
        self.share_end = outer.min(self.effort.saturating_add(effort));
        self.next_check = self.next_check.min(self.share_end);
        work(self);
        self.share_end = outer;
    }

    #[inline]
    pub(crate) fn spend(&mut self, units: u64) {
        self.done += units;
        self.effort += units;
    }

    /// So many units at once, which take as long as `effort` more.
    pub(crate) fn spend_many(&mut self, units: u64, effort: usize) {
        self.done += units;
        self.effort += units + effort as u64;
    }

    /// One unit that takes as long as so many.
    #[inline]
    pub(crate) fn spend_long(&mut self, effort: usize) {
        self.done += 1;
        self.effort += 1 + effort as u64;
    }

    /// Units done beyond the limit.
    pub(crate) fn overrun(&self) -> u64 {
        self.done.saturating_sub(self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_ends_after_its_effort_and_what_is_left_goes_on() {
        let mut asked = 0;
        let mut stop = |_| {
            asked += 1;
            Stop::After(1_000)
        };
        let mut meter = Meter::watched(u64::MAX, 1_000, &mut stop);
        meter.with_share(100, |meter| {
            while meter.go_on() {
                meter.spend_long(9);
            }
        });
        assert_eq!(meter.done, 10, "units that take ten times as long");
        meter.with_share(100, |meter| assert!(meter.go_on()));
        let mut units = 0;
        while units < 5_000 && meter.go_on() {
            meter.spend(1);
            units += 1;
        }
        assert_eq!(units, 5_000);
        assert!(
            (4..8).contains(&asked),
            "the clock is looked at as ever: {asked}"
        );
    }
}
