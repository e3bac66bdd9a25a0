//! How much work a step does when the policy is paced.
//!
//! Two debts are paid. **Young**: what was allocated since the last minor collection, less what reference counting
//! freed; a minor job is due when it exceeds the young threshold in objects, or would by the next step, or `young_bytes`,
//! or after T/4 steps.
//!
//! **Old**: tracked bytes `H` approach the goal, and time passes. With `L` bytes left by the last full collection, `a`
//! bytes by which a step's allocation exceeds what reference counting and minor jobs free (smoothed; this step's if that
//! is more and the goal is near), `W` the effort left of the major job (in units, and more for those that take longer than
//! most) and `T` = `max_age` steps:
//!
//! ```text
//! goal     G = L + max(L · growth, slack)            a major job is due at H ≥ (L + G) / 2, or
//! start    s = max(1, min(T/2, 7/8 · T − ⌊V / B⌋))   steps after the beginning of the last one
//!                                                    V: units to examine all and free all, B: the step's budget
//! runway   n = ⌈W / max(1, ⌊(G − H) / a⌋)⌉           units a step so that the job ends before H reaches G
//! age      g = ⌈W / max(1, 7/8 · T/2 − age)⌉         units a step so that the job, of that age, ends in time
//! want       = max(n, g, LEAST)                      done, unless the step's budget is less; all of it when age ≥ 7/8 · T/2
//! ```
//!
//! Garbage is at most T steps old when it is condemned, if the budget allows: the next major job begins at most T/2 steps
//! after the one before and takes at most T/2; where the budget could not free the whole heap in T/2 steps, it begins
//! earlier. A job's set is fixed when it begins, so allocation adds no work to it: it ends for every budget above 0. The
//! budget sustains the bounds when `B > 2·a·ws`, and the smallest overhead is `2a(wm + ws) / (B − 2a·ws)`, with `a` in
//! units allocated a step (`wm`, `ws`: units to trace and to free one of them). When the budget falls short for several
//! steps in a row, [`Infeasible`] says so, and [`InfeasiblePolicy::Grow`] raises G.

use crate::{InfeasiblePolicy, Pacing};

/// Steps in a row that fall short before it is said.
const PATIENCE: u32 = 8;
/// A single step's growth counts as the rate when so many like it would reach the goal: otherwise a minor job that was cut
/// short in one frame makes the next slice long.
const RUNWAY: usize = 16;
/// A major job that is under way does at least this much a step.
const LEAST: u64 = 64;

/// The budget cannot keep the bounds of [`Pacing`]: garbage would grow older, or the heap larger, than was set.
///
/// Give `need` units a step, or allow more growth or age.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Infeasible {
    /// Units a step that would keep the bounds.
    pub need: u64,
    /// Units a step that the budget allows.
    pub have: u64,
}

/// What a step should do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Plan {
    pub(crate) start_minor: bool,
    pub(crate) start_major: bool,
    /// What to do of the major job.
    pub(crate) major_effort: u64,
    pub(crate) infeasible: Option<Infeasible>,
}

/// What the pacer must know of a step.
#[derive(Clone, Copy)]
pub(crate) struct Situation {
    /// Units that the step may do; an estimate when the budget is a time.
    pub(crate) budget: u64,
    pub(crate) net_young: usize,
    pub(crate) young_threshold: usize,
    pub(crate) tracked_bytes: usize,
    pub(crate) tracked_objects: usize,
    pub(crate) minor_active: bool,
    /// Effort left and steps so far of the major job.
    pub(crate) major: Option<(u64, u32)>,
    /// The effort that a major job would be if it began now.
    pub(crate) major_estimate: u64,
}

/// Which collections should begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Due {
    pub(crate) minor: bool,
    pub(crate) major: bool,
}

impl Due {
    pub(crate) const NOTHING: Due = Due {
        minor: false,
        major: false,
    };

    pub(crate) fn nothing(self) -> bool {
        !self.minor && !self.major
    }
}

fn half_age(pacing: &Pacing) -> u32 {
    (pacing.max_age / 2).max(1)
}

/// Steps between the beginnings of two major jobs at the most, so that the second can end in time even if all is dead.
#[inline]
fn latest_start(pacing: &Pacing, now: &Situation) -> u32 {
    let worst = now.major_estimate + now.tracked_objects as u64;
    let takes = u32::try_from(worst / now.budget.max(1)).unwrap_or(u32::MAX);
    let time = pacing.max_age - pacing.max_age / 8;
    half_age(pacing).min(time.saturating_sub(takes)).max(1)
}

#[derive(Default)]
pub(crate) struct Pacer {
    /// Net tracked bytes of this step.
    net: usize,
    /// Tracked bytes at the last step, less what a major job has freed since.
    tracked_before: usize,
    /// Net tracked bytes since the last minor job.
    young_bytes: usize,
    young_age: u32,
    /// Net young objects at the last step.
    young_before: usize,
    /// By how many they had grown then.
    young_grown: usize,
    /// Smoothed net tracked bytes a step, times 8.
    rate8: usize,
    /// Tracked bytes after the last full collection.
    live: usize,
    goal_raise: usize,
    /// Steps since the last major job began.
    since_major: u32,
    /// What the young debt was then, in bytes and steps: an abandoned job gives it back.
    young_taken: (usize, u32),
    /// Steps of abandoned major jobs since the last one that ended: garbage has aged meanwhile.
    lost: u32,
    short: u32,
    /// Found by the adaptive policy: 0 until then.
    adaptive_young: usize,
}

impl Pacer {
    /// A tracked object of so many bytes. Those that it holds outside may be as many as somebody likes to say.
    #[inline(always)]
    pub(crate) fn allocated(&mut self, bytes: usize) {
        self.young_bytes = self.young_bytes.saturating_add(bytes);
    }

    #[inline(always)]
    pub(crate) fn freed_by_count(&mut self, bytes: usize) {
        self.young_bytes = self.young_bytes.saturating_sub(bytes);
    }

    /// A major job has freed so many tracked bytes: they are not taken off what the game allocates. What minor jobs free
    /// is, as what reference counting frees: it will not be there when the heap nears its goal.
    pub(crate) fn freed_by_major_job(&mut self, bytes: usize) {
        self.tracked_before = self.tracked_before.saturating_sub(bytes);
    }

    pub(crate) fn minor_started(&mut self) {
        self.young_bytes = 0;
        self.young_age = 0;
        self.young_before = 0;
    }

    pub(crate) fn major_started(&mut self) {
        self.young_taken = (self.young_bytes, self.young_age);
        self.minor_started();
        self.since_major = 0;
    }

    /// The next one is due at once, and must be done by when this one should have been: the age bound does not wait.
    pub(crate) fn major_abandoned(&mut self, age: u32) {
        self.since_major = u32::MAX;
        self.lost = self.lost.saturating_add(age);
        let (bytes, before) = self.young_taken;
        self.young_bytes = self.young_bytes.saturating_add(bytes);
        self.young_age = before.saturating_add(age);
    }

    pub(crate) fn full_ended(&mut self, live: usize) {
        self.live = live;
        self.goal_raise = 0;
        self.lost = 0;
    }

    /// The young threshold in force.
    pub(crate) fn young_threshold(&self, set: usize, adaptive: bool) -> usize {
        if adaptive && self.adaptive_young != 0 {
            self.adaptive_young
        } else {
            set
        }
    }

    /// A minor collection has ended: many survivors say that it came too early, few that it may come as early. The
    /// set stays small enough for the budget of one step, and does not grow while memory is `scarce`.
    pub(crate) fn adapt(
        &mut self,
        set: usize,
        candidates: usize,
        survivors: usize,
        units: u64,
        budget: u64,
        scarce: bool,
    ) {
        if candidates == 0 {
            return;
        }
        let now = self.young_threshold(set, true);
        let next = if scarce {
            now - now / 4
        } else if survivors > candidates / 2 {
            now.saturating_mul(2)
        } else if survivors < candidates / 10 {
            now - now / 8
        } else {
            now
        };
        let cost = (units / candidates as u64).max(1);
        let fits = (budget / cost).clamp(256, 1 << 20) as usize;
        self.adaptive_young = next.clamp(256, fits);
    }

    pub(crate) fn goal(&self, pacing: &Pacing) -> usize {
        let growth = (self.live / 100).saturating_mul(pacing.growth_percent as usize);
        self.live
            .saturating_add(growth.max(pacing.slack_bytes))
            .saturating_add(self.goal_raise)
    }

    /// The plan for one step.
    #[cfg(test)]
    fn step(&mut self, pacing: &Pacing, now: Situation) -> Plan {
        let due = self.tick(pacing, &now);
        self.plan(pacing, now, due)
    }

    /// Once a step: time passes, and what was allocated is counted. Cost: a few additions, so that a quiet frame is
    /// cheap.
    #[inline]
    pub(crate) fn tick(&mut self, pacing: &Pacing, now: &Situation) -> Due {
        let net = now.tracked_bytes.saturating_sub(self.tracked_before);
        self.tracked_before = now.tracked_bytes;
        self.rate8 = (self.rate8 - self.rate8 / 8).saturating_add(net);
        self.young_age = self.young_age.saturating_add(1);
        self.since_major = self.since_major.saturating_add(1);
        self.net = net;
        let half_age = half_age(pacing);
        let goal = self.goal(pacing);
        // By the next step, if that is as the last two: a burst of one frame is none.
        let grown = now.net_young.saturating_sub(self.young_before);
        let soon = now.net_young.saturating_add(grown.min(self.young_grown));
        self.young_before = now.net_young;
        self.young_grown = grown;
        let due = now.tracked_bytes >= self.live + (goal - self.live) / 2
            || self.since_major >= latest_start(pacing, now);
        Due {
            minor: !now.minor_active
                && now.net_young > 0
                && (soon > now.young_threshold
                    || self.young_bytes > pacing.young_bytes
                    || self.young_age > half_age / 2),
            major: now.major.is_none() && now.tracked_objects > 0 && due,
        }
    }

    /// What to do in this step.
    pub(crate) fn plan(&mut self, pacing: &Pacing, now: Situation, due: Due) -> Plan {
        let mut plan = Plan {
            start_minor: due.minor,
            start_major: due.major,
            ..Plan::default()
        };
        let net = self.net;
        let goal = self.goal(pacing);
        // A little less than half the age: estimates of work are estimates.
        let time = half_age(pacing) - half_age(pacing) / 8;
        let (left, age) = match now.major {
            Some(major) => major,
            None if plan.start_major => (now.major_estimate, 0),
            None => {
                self.short = 0;
                return plan;
            }
        };

        let age = age.saturating_add(self.lost);
        let runway = goal.saturating_sub(now.tracked_bytes);
        let smooth = self.rate8 / 8;
        let rate = if net > runway / RUNWAY {
            smooth.max(net)
        } else {
            smooth
        } as u64;
        let runway = runway as u64;
        let steps_left = runway.checked_div(rate);
        let for_runway = steps_left.map_or(0, |steps| left.div_ceil(steps.max(1)));
        let for_age = left.div_ceil(u64::from(time.saturating_sub(age)).max(1));
        let mut need = for_runway.max(for_age).max(LEAST);
        plan.major_effort = need;
        if age >= time {
            // Late: large objects take more than is thought, or jobs were abandoned.
            plan.major_effort = need.max(now.budget);
            if age - time >= PATIENCE {
                need = need.max(now.budget.saturating_mul(2));
            }
        }
        if need > now.budget {
            self.short += 1;
            if self.short >= PATIENCE {
                plan.infeasible = Some(Infeasible {
                    need,
                    have: now.budget,
                });
                self.short = 0;
                if pacing.infeasible == InfeasiblePolicy::Grow {
                    // Room for the job to end in: what the heap is now, and half of that growth again.
                    let room =
                        (now.tracked_bytes.saturating_sub(self.live) / 2).max(pacing.slack_bytes);
                    let raised = now.tracked_bytes.saturating_add(room);
                    self.goal_raise = self
                        .goal_raise
                        .max(raised.saturating_sub(goal - self.goal_raise));
                }
            }
        } else {
            self.short = 0;
        }
        plan
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet(budget: u64) -> Situation {
        Situation {
            budget,
            net_young: 0,
            young_threshold: 2000,
            tracked_bytes: 64_000_000,
            tracked_objects: 1_000_000,
            minor_active: false,
            major: None,
            major_estimate: 2_100_000,
        }
    }

    /// The threshold that is found after many collections of `candidates` objects, each of which cost 2 units.
    fn adapted(survivors: usize, budget: u64, scarce: bool) -> usize {
        let mut pacer = Pacer::default();
        for _ in 0..50 {
            pacer.adapt(2000, 1000, survivors, 2000, budget, scarce);
        }
        pacer.young_threshold(2000, true)
    }

    #[test]
    fn the_young_threshold_follows_survival_cost_budget_and_memory() {
        assert_eq!(adapted(900, 100_000, false), 50_000, "what fits the budget");
        assert_eq!(adapted(300, 100_000, false), 2000, "well as it is");
        assert_eq!(adapted(0, 100_000, false), 256, "all dies young");
        assert_eq!(adapted(900, 100_000, true), 256, "memory is scarce");
        assert_eq!(adapted(900, 100, false), 256, "never less");
    }

    /// Every frame the same work, rather than twice as much every other frame.
    #[test]
    fn in_a_steady_game_the_young_set_never_exceeds_its_threshold() {
        for a_frame in [2000, 1000, 700, 30] {
            let (mut pacer, mut young) = (Pacer::default(), 0);
            pacer.full_ended(64_000_000);
            for step in 0..200 {
                young += a_frame;
                let now = Situation {
                    net_young: young,
                    ..quiet(20_000)
                };
                if pacer.tick(&Pacing::default(), &now).minor {
                    assert!(young > 1000, "{young} is early");
                    pacer.minor_started();
                    young = 0;
                }
                assert!(step == 0 || young <= 2000, "{young} of {a_frame} a frame");
            }
        }
    }

    /// Bullets die by reference count: below the threshold nobody need look at them.
    #[test]
    fn a_burst_below_the_threshold_makes_no_minor_job_due() {
        let mut pacer = Pacer::default();
        pacer.full_ended(64_000_000);
        for young in [0, 0, 0, 1500, 1500, 1200, 900, 0, 0, 1900, 1000, 10, 0] {
            let now = Situation {
                net_young: young,
                ..quiet(20_000)
            };
            let due = pacer.tick(&Pacing::default(), &now);
            assert!(!due.minor, "{young} are in flight");
        }
    }

    /// What minor jobs free brings the heap no nearer to its goal.
    #[test]
    fn young_garbage_does_not_hurry_the_major_job() {
        let mut pacer = Pacer::default();
        let pacing = Pacing::default();
        pacer.full_ended(64_000_000);
        let mut now = quiet(50_000);
        now.major = Some((2_000_000, 0));
        let calm = pacer.step(&pacing, now).major_effort;
        for step in 1..100 {
            // Two steps out of three end with a minor job that frees what they allocated.
            now.tracked_bytes = 64_000_000 + step % 3 * 100_000;
            let effort = pacer.step(&pacing, now).major_effort;
            assert!(effort <= calm * 2, "{effort} in step {step}");
        }
    }

    /// A major job begins and ends within the age bound although nothing is allocated.
    #[test]
    fn old_garbage_goes_within_the_age_bound_without_allocation() {
        let pacing = Pacing {
            max_age: 600,
            ..Pacing::default()
        };
        let mut pacer = Pacer::default();
        pacer.full_ended(64_000_000);
        let (mut left, mut age, mut begun, mut ended) = (0, 0, None, None);
        for step in 0..600 {
            let mut now = quiet(u64::MAX);
            if begun.is_some() && ended.is_none() {
                now.major = Some((left, age));
            }
            let plan = pacer.step(&pacing, now);
            if plan.start_major && begun.is_none() {
                begun = Some(step);
                left = now.major_estimate;
            }
            if begun.is_some() && ended.is_none() {
                age += 1;
                left = left.saturating_sub(plan.major_effort);
                if left == 0 {
                    ended = Some(step);
                }
            }
        }
        assert!(begun.unwrap() <= 300);
        assert!(ended.unwrap() < 600, "ended at {ended:?}");
    }

    /// The work of a step never needs more than the bounds ask for: quiet frames are cheap.
    #[test]
    fn nothing_is_done_before_it_is_due() {
        let pacing = Pacing::default();
        let mut pacer = Pacer::default();
        pacer.full_ended(64_000_000);
        pacer.major_started();
        for _ in 0..pacing.max_age / 2 - 1 {
            assert_eq!(pacer.step(&pacing, quiet(20_000)), Plan::default());
        }
        assert!(pacer.step(&pacing, quiet(20_000)).start_major);
    }

    /// Freeing everything takes three million units: 388 steps of 8,000. The job begins early enough for them.
    #[test]
    fn a_small_budget_begins_early_enough_to_end_in_time() {
        let pacing = Pacing::default();
        let mut pacer = Pacer::default();
        pacer.full_ended(64_000_000);
        pacer.major_started();
        let start = (1..).find(|_| pacer.step(&pacing, quiet(8_000)).start_major);
        let start = start.expect("it begins at some time");
        assert!(start + 388 < pacing.max_age, "begins at {start}");
    }

    #[test]
    fn a_budget_that_is_too_small_is_reported_with_what_would_do() {
        let pacing = Pacing::default();
        let mut pacer = Pacer::default();
        pacer.full_ended(64_000_000);
        let mut told = None;
        for age in 0..20 {
            let mut now = quiet(100);
            now.major = Some((2_100_000, age));
            told = told.or(pacer.step(&pacing, now).infeasible);
        }
        let Infeasible { need, have } = told.expect("seven thousand units a step are needed");
        assert_eq!(have, 100);
        assert!(need >= 2_100_000 / u64::from(pacing.max_age / 2));
    }

    /// §E4: with enough budget the heap stays below the goal while everything allocated becomes garbage at once.
    #[test]
    fn the_heap_stays_below_its_goal_when_the_budget_is_feasible() {
        let pacing = Pacing {
            growth_percent: 50,
            ..Pacing::default()
        };
        let mut pacer = Pacer::default();
        let live = 64_000_000usize;
        let bytes_a_unit = 32;
        pacer.full_ended(live);
        let (mut heap, mut left, mut at_start, mut job) = (live, 0u64, 0, None::<u32>);
        let mut peak = 0;
        for _ in 0..3000 {
            heap += 64_000;
            let now = Situation {
                tracked_bytes: heap,
                major: job.map(|age| (left, age)),
                major_estimate: (heap / bytes_a_unit) as u64,
                ..quiet(50_000)
            };
            let plan = pacer.step(&pacing, now);
            assert_eq!(plan.infeasible, None);
            if plan.start_major {
                pacer.major_started();
                job = Some(0);
                left = now.major_estimate;
                at_start = heap;
            }
            if let Some(age) = &mut job {
                *age += 1;
                left = left.saturating_sub(plan.major_effort.min(50_000));
                if left == 0 {
                    // Garbage of before the job goes, that of during the job stays.
                    let left = live + (heap - at_start);
                    pacer.freed_by_major_job(heap - left);
                    heap = left;
                    pacer.full_ended(heap);
                    job = None;
                }
            }
            peak = peak.max(heap);
        }
        assert!(peak < live * 9 / 4, "peak {peak}");
    }
}
