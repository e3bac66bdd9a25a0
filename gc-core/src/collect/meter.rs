//! Counts the work of a slice, and says when to stop.

/// A slice's budget at work.
pub struct Meter<'a> {
    pub(crate) done: u64,
    limit: u64,
    /// Units, and more for those that take longer than most: what passes between two looks at the clock.
    effort: u64,
    /// When to ask `stop` again.
    next_check: u64,
    interval: u64,
    stop: Option<&'a mut dyn FnMut() -> Stop>,
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
            effort: 0,
            next_check: u64::MAX,
            interval: 0,
            stop: None,
            stopped: false,
        }
    }

    pub(crate) fn unlimited() -> Self {
        Meter::units(u64::MAX)
    }

    /// Asks `stop` every `interval` units at first, then when it says; never more than `limit` units.
    pub(crate) fn watched(limit: u64, interval: u64, stop: &'a mut dyn FnMut() -> Stop) -> Self {
        Meter {
            next_check: interval,
            interval,
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
        if let Some(stop) = &mut self.stop {
            match stop() {
                Stop::Now => {
                    self.stopped = true;
                    return false;
                }
                Stop::After(units) => self.interval = units.max(1),
            }
        }
        self.next_check = self.effort + self.interval;
        true
    }

    /// How many units may be done before the next question.
    #[inline]
    pub(crate) fn room(&self) -> u64 {
        let limit = self.limit.saturating_sub(self.done);
        limit
            .min(self.next_check.saturating_sub(self.effort))
            .max(1)
    }

    /// Lets `work` do at most `units` of what is left.
    pub(crate) fn with_share(&mut self, units: u64, work: impl FnOnce(&mut Self)) {
        let limit = self.limit;
        self.limit = limit.min(self.done.saturating_add(units));
        work(self);
        self.limit = limit;
    }

    #[inline]
    pub(crate) fn spend(&mut self, units: u64) {
        self.done += units;
        self.effort += units;
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
