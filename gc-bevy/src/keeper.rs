//! One heap in the plugin's care: brings it in line with the settings and the round, and runs its slices.

use crate::{
    GcHeapId, GcSettings, GcStrategy, IdleSlack, MainHeap, RoundEnd, SliceAt,
    strategy::default_budget, watch::Watch,
};
use bevy_ecs::resource::Resource;
use bevy_platform::time::Instant;
#[cfg(feature = "std")]
use core::time::Duration;
use core::{
    marker::PhantomData,
    ops::{Deref, DerefMut},
};
use gc_core::{Budget, Heap, Policy, RoundReport};

/// The keeper of the heap with the marker `M`.
#[derive(Resource)]
pub(crate) struct KeeperOf<M> {
    keeper: Keeper,
    marker: PhantomData<fn() -> M>,
}

impl<M: 'static> KeeperOf<M> {
    /// Takes `heap` into care; it has the limits, thresholds and pacing of the settings already.
    pub fn new(index: usize, settings: Settings, strategy: GcStrategy, heap: &mut Heap) -> Self {
        let mut keeper = Keeper {
            watch: Watch::new(GcHeapId::of::<M>()),
            index,
            settings,
            strategy,
            round: None,
            silenced: false,
            cleaning: None,
        };
        keeper.watch.attach(heap);
        keeper.follow(heap);
        Self {
            keeper,
            marker: PhantomData,
        }
    }
}

impl<M> Deref for KeeperOf<M> {
    type Target = Keeper;

    fn deref(&self) -> &Keeper {
        &self.keeper
    }
}

impl<M> DerefMut for KeeperOf<M> {
    fn deref_mut(&mut self) -> &mut Keeper {
        &mut self.keeper
    }
}

/// Settings of any heap: the marker makes no difference here.
pub(crate) type Settings = GcSettings<MainHeap>;

pub(crate) struct Keeper {
    pub watch: Watch,
    /// The heap's place among the app's heaps.
    pub index: usize,
    /// What is in force.
    settings: Settings,
    strategy: GcStrategy,
    /// The round that the heap is in.
    round: Option<u64>,
    /// The heap was told to stay silent in it.
    silenced: bool,
    /// How much of the last round's garbage is collected, while slices still do that.
    cleaning: Option<f32>,
}

impl Keeper {
    /// How far the slices have come with the last round's garbage; `None` when they have none.
    pub fn cleaning(&self) -> Option<f32> {
        self.cleaning
    }

    /// Puts what has changed in the settings in force, and nothing else.
    pub fn apply(&mut self, heap: &mut Heap, settings: &Settings, strategy: GcStrategy) {
        let before = self.settings;
        if settings.limits != before.limits {
            heap.set_limits(settings.limits);
        }
        if settings.thresholds != before.thresholds {
            heap.set_thresholds(settings.thresholds);
        }
        if settings.pacing != before.pacing {
            heap.set_pacing(settings.pacing);
        }
        self.settings = *settings;
        if strategy != self.strategy
            || settings.idle != before.idle
            || settings.slices != before.slices
        {
            self.strategy = strategy;
            self.follow(heap);
        }
    }

    /// The heap's round is the game's from now on: the one before ends, the new one begins.
    pub fn turn(&mut self, heap: &mut Heap, game: Option<u64>) {
        if self.round == game {
            return;
        }
        if self.round.is_some() {
            self.end(heap);
        }
        if let Some(number) = game {
            self.round = game;
            self.watch.ledger().open_round(number);
            self.follow(heap);
        }
    }

    /// Frees what reference counting has condemned, unless a slice will. `game` is the round that the game is in.
    pub fn reclaim(&self, heap: &mut Heap, game: Option<u64>) {
        if self.strategy.slice(self.stays_silent(game)).is_none() {
            self.watch.reclaim(heap);
        }
    }

    /// A slice, as the strategy wants it, in a frame that began at `start`.
    pub fn slice(&mut self, heap: &mut Heap, start: Instant) {
        let (budget, idle) = match self.strategy.slice(self.silenced) {
            Some(budget) => (budget, self.idle()),
            // The heap counts the round's frames, for its forecast, and above the soft limit it works.
            None if self.silenced => (self.strategy.round_budget(), None),
            // A job that another strategy or a memory limit began: it goes on in slices.
            None if heap.is_collecting() => (default_budget(), None),
            None => return,
        };
        if let Some(budget) = self.rest_of(budget, idle, start) {
            self.watch.slice(heap, |heap| heap.step(budget));
        }
        if self.cleaning.is_some() {
            self.cleaning = Some(heap.cleanup_fraction()).filter(|&part| part < 1.0);
        }
    }

    /// What this slice may spend, in a frame that began at `start`.
    #[cfg(feature = "std")]
    fn rest_of(&self, budget: Budget, idle: Option<IdleSlack>, start: Instant) -> Option<Budget> {
        let left = idle.map_or(Duration::ZERO, |idle| idle.left(start.elapsed()));
        rest(budget, self.watch.ledger().frame.slice, left)
    }

    /// Without a clock every slice has its budget.
    #[cfg(not(feature = "std"))]
    fn rest_of(&self, budget: Budget, _: Option<IdleSlack>, _: Instant) -> Option<Budget> {
        Some(budget)
    }

    /// In the middle of a frame there is no telling what will be left of it.
    fn idle(&self) -> Option<IdleSlack> {
        self.settings
            .idle
            .filter(|_| self.settings.slices == SliceAt::FrameEnd)
    }

    /// Whether the heap is silent in this frame and the next.
    fn stays_silent(&self, game: Option<u64>) -> bool {
        self.silenced && self.round == game
    }

    /// Brings the heap in line with the strategy and the round: called when either has changed. Answers the heap's
    /// report on a round that it was silent in and that is over.
    fn follow(&mut self, heap: &mut Heap) -> Option<RoundReport> {
        let silent = self.strategy.silences_rounds() && self.round.is_some();
        let mut report = None;
        if silent && !self.silenced {
            heap.begin_round();
            self.cleaning = None;
        } else if !silent && self.silenced {
            report = heap.end_round();
        }
        self.silenced = silent;
        heap.set_policy(match self.strategy.policy() {
            // The slice itself knows how much is left of the frame.
            Policy::Budgeted(_) if self.idle().is_some() => Policy::Budgeted(Budget::UNLIMITED),
            policy => policy,
        });
        report
    }

    /// Ends the heap's round: lets the heap work again and collects the round's garbage as the strategy says.
    fn end(&mut self, heap: &mut Heap) {
        self.round = None;
        let mut ended = self.watch.ledger().close_round();
        let start = Instant::now();
        // From here on the heap's slices collect what the round has left.
        ended.report = self.follow(heap);
        match self.strategy {
            GcStrategy::DisabledInRound {
                round_end: RoundEnd::AtOnce,
            } => {
                heap.collect();
                ended.end_pause = Some(start.elapsed());
            }
            GcStrategy::DisabledInRound {
                round_end: RoundEnd::Spread(_),
            } => self.cleaning = Some(0.0),
            _ => {}
        }
        self.watch.ledger().ended.push(ended);
    }
}

/// What a slice may spend: a budget in time is for all slices of the frame, which have spent so much, and what is `left`
/// of the frame may be more. `None`: nothing.
#[cfg(feature = "std")]
fn rest(budget: Budget, spent: Duration, left: Duration) -> Option<Budget> {
    let time = match budget.as_time() {
        Some(time) => time.saturating_sub(spent).max(left),
        None if left.is_zero() => return Some(budget),
        None => left,
    };
    (!time.is_zero()).then(|| Budget::time(time))
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn slices_of_one_frame_share_a_budget_in_time() {
        let budget = Budget::time(MS(5));
        assert_eq!(rest(budget, MS(0), MS(0)), Some(budget));
        assert_eq!(rest(budget, MS(3), MS(0)), Some(Budget::time(MS(2))));
        assert_eq!(rest(budget, MS(6), MS(0)), None);
    }

    #[test]
    fn what_is_left_of_the_frame_may_be_more() {
        let budget = Budget::time(MS(5));
        assert_eq!(rest(budget, MS(0), MS(8)), Some(Budget::time(MS(8))));
        assert_eq!(rest(budget, MS(0), MS(2)), Some(budget));
        let units = Budget::units(9);
        assert_eq!(rest(units, MS(7), MS(0)), Some(units));
        assert_eq!(rest(units, MS(7), MS(2)), Some(Budget::time(MS(2))));
    }

    #[test]
    fn the_rest_of_a_frame_is_without_its_reserve() {
        let idle = IdleSlack::at_hz(50.0);
        assert_eq!(idle.left(MS(0)), MS(18));
        assert_eq!(idle.reserve(MS(5)).left(MS(9)), MS(6));
        assert_eq!(idle.left(MS(19)), MS(0));
    }
}
