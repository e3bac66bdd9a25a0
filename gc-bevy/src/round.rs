//! Rounds: stretches of play that a state marks.

use crate::{GcHeap, GcPlugin, GcStrategy, GcSystems, RoundEnd, watch::Watch};
use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use bevy_platform::time::Instant;
use bevy_state::state::{OnEnter, OnExit, States};
use gc_core::RoundReport;

/// Makes a state a round: from entering it to leaving it.
///
/// Under [`GcStrategy::DisabledInRound`] no collection interrupts a round and its garbage is collected when it ends;
/// under the other strategies rounds are only marked, for [`GcRound`] and [`GcRoundEnded`](crate::GcRoundEnded).
///
/// The plugin may be added for several states, also of different types: a round lasts while any of them does. It begins
/// in [`OnEnter`] of the state, in the set [`GcSystems::Round`]. It ends in [`Last`](bevy_app::Last) of the frame in
/// which the state was left, when `OnExit` systems and state-scoped entities are through, so that what they let go of
/// is collected with it.
///
/// ```
/// use bevy_app::App;
/// use bevy_state::{app::{AppExtStates, StatesPlugin}, state::States};
/// use gc_bevy::{GcPlugin, GcRoundPlugin, GcStrategy, RoundEnd};
///
/// #[derive(States, Clone, Debug, Default, PartialEq, Eq, Hash)]
/// enum Match { #[default] Lobby, Playing }
///
/// App::new()
///     .add_plugins(StatesPlugin)
///     .init_state::<Match>()
///     .add_plugins(GcPlugin::default().strategy(GcStrategy::DisabledInRound { round_end: RoundEnd::AtOnce }))
///     .add_plugins(GcRoundPlugin::during(Match::Playing))
///     .update();
/// ```
#[derive(Clone, Debug)]
pub struct GcRoundPlugin<S: States> {
    state: S,
}

impl<S: States> GcRoundPlugin<S> {
    /// A round lasts while the app is in `state`.
    pub fn during(state: S) -> Self {
        Self { state }
    }
}

impl<S: States> Plugin for GcRoundPlugin<S> {
    fn build(&self, app: &mut App) {
        app.add_systems(OnEnter(self.state.clone()), enter.in_set(GcSystems::Round))
            .add_systems(OnExit(self.state.clone()), leave.in_set(GcSystems::Round));
    }

    fn finish(&self, app: &mut App) {
        assert!(
            app.is_plugin_added::<GcPlugin>(),
            "GcRoundPlugin needs GcPlugin: add it to the app"
        );
    }

    fn is_unique(&self) -> bool {
        false
    }
}

fn enter(
    mut heap: ResMut<GcHeap>,
    mut round: ResMut<GcRound>,
    strategy: Res<GcStrategy>,
    watch: Res<Watch>,
) {
    if round.ending {
        // Left and entered again in one frame: the first round ends before the second begins.
        end(&mut heap, &mut round, *strategy, &watch);
    }
    round.states += 1;
    if round.states == 1 {
        round.number += 1;
        watch.ledger().open_round(round.number);
        follow(&mut heap, &mut round, *strategy);
    }
}

fn leave(mut round: ResMut<GcRound>) {
    // A state that was there before the plugin has no beginning: nothing ends either.
    round.ending |= round.states == 1;
    round.states = round.states.saturating_sub(1);
}

/// The round, as the game sees it: whether one is running, and whether the garbage of the last one is still being
/// collected.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use gc_bevy::GcRound;
///
/// fn loading_screen(round: Res<GcRound>) {
///     if let Some(done) = round.collected_fraction() {
///         println!("tidying up: {:.0} %", done * 100.0);
///     }
/// }
/// # let mut world = World::new();
/// # world.init_resource::<GcRound>();
/// # world.run_system_cached(loading_screen).unwrap();
/// ```
#[derive(Resource, Clone, Debug, Default)]
pub struct GcRound {
    number: u64,
    /// States that are active and make a round.
    states: u32,
    /// The last of these states was left in this frame.
    ending: bool,
    /// The heap was told to stay silent.
    silenced: bool,
    /// How much of the last round's garbage is collected, while slices still do that.
    collected: Option<f32>,
}

impl GcRound {
    /// Whether a round is running. It runs to the end of the frame in which its state is left.
    pub fn is_running(&self) -> bool {
        self.states > 0 || self.ending
    }

    /// The number of the round that is running or was the last, from 1; 0 before the first.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Whether slices still collect the garbage of the last round ([`RoundEnd::Spread`]).
    pub fn is_collecting(&self) -> bool {
        self.collected.is_some()
    }

    /// The part of it that is done, from 0 to 1, for a loading screen. None when slices have nothing to do.
    pub fn collected_fraction(&self) -> Option<f32> {
        self.collected
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.ending
    }

    /// Whether the heap is silent in this frame and the next.
    pub(crate) fn stays_silent(&self) -> bool {
        self.silenced && !self.ending
    }

    /// Looks how far the slices have come.
    pub(crate) fn look(&mut self, heap: &GcHeap) {
        if self.collected.is_some() {
            self.collected = Some(heap.cleanup_fraction()).filter(|&part| part < 1.0);
        }
    }
}

/// Brings the heap in line with the strategy and the round: called when either has changed. Answers the heap's report
/// on a round that it was silent in and that is over.
pub(crate) fn follow(
    heap: &mut GcHeap,
    round: &mut GcRound,
    strategy: GcStrategy,
) -> Option<RoundReport> {
    let silent = strategy.silences_rounds() && round.is_running();
    let mut report = None;
    if silent && !round.silenced {
        heap.begin_round();
        round.collected = None;
    } else if !silent && round.silenced {
        report = heap.end_round();
    }
    round.silenced = silent;
    heap.set_policy(strategy.policy());
    report
}

/// Ends the round whose state was left: lets the heap work again and collects the round's garbage as the strategy says.
pub(crate) fn end(heap: &mut GcHeap, round: &mut GcRound, strategy: GcStrategy, watch: &Watch) {
    round.ending = false;
    let mut ended = watch.ledger().close_round();
    let start = Instant::now();
    // From here on the heap's slices collect what the round has left.
    ended.report = follow(heap, round, strategy);
    match strategy {
        GcStrategy::DisabledInRound {
            round_end: RoundEnd::AtOnce,
        } => {
            heap.collect();
            ended.end_pause = Some(start.elapsed());
        }
        GcStrategy::DisabledInRound {
            round_end: RoundEnd::Spread(_),
        } => round.collected = Some(0.0),
        _ => {}
    }
    watch.ledger().ended.push(ended);
}
