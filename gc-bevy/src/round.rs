//! Rounds: stretches of play that a state or a message marks.

use crate::shared::{Heaps, NeedsGcPlugin};
use alloc::vec::Vec;
use bevy_app::{App, Plugin};
#[cfg(feature = "reflect")]
use bevy_ecs::reflect::{ReflectMessage, ReflectResource};
use bevy_ecs::{
    message::{Message, MessageCursor, Messages},
    prelude::*,
};
#[cfg(feature = "reflect")]
use bevy_reflect::prelude::ReflectDefault;
use bevy_state::state::{OnEnter, OnExit, States};

use crate::GcSystems;

/// Makes a state a round: from entering it to leaving it.
///
/// Under [`GcStrategy::DisabledInRound`](crate::GcStrategy::DisabledInRound) no collection interrupts a round and its
/// garbage is collected when it ends; under the other strategies rounds are only marked, for [`GcRound`] and
/// [`GcRoundEnded`](crate::GcRoundEnded). A round is one for all heaps of the app. Games without states write
/// [`GcRoundSignal`]s instead.
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
        app.add_systems(
            OnEnter(self.state.clone()),
            enter.in_set(GcSystems::Round).ambiguous_with_all(),
        )
        .add_systems(OnExit(self.state.clone()), leave.in_set(GcSystems::Round));
    }

    fn finish(&self, app: &mut App) {
        app.needs_gc_plugin("GcRoundPlugin");
    }

    fn is_unique(&self) -> bool {
        false
    }
}

/// Begins or ends a round, for games without states.
///
/// It is heard at the end of the frame, or of the tick, in which it was written, in [`GcSystems::Reclaim`]. `Begin` in
/// such a round, and `End` outside, say nothing. A round of a [`GcRoundPlugin`] may overlap it: both are one round,
/// which lasts until both have ended.
///
/// ```
/// use bevy_app::{App, Update};
/// use bevy_ecs::prelude::*;
/// use gc_bevy::{GcPlugin, GcRound, GcRoundSignal};
///
/// fn wave_starts(mut rounds: MessageWriter<GcRoundSignal>) {
///     rounds.write(GcRoundSignal::Begin);
/// }
///
/// let mut app = App::new();
/// app.add_plugins(GcPlugin::default()).add_systems(Update, wave_starts);
/// app.update();
/// assert!(app.world().resource::<GcRound>().is_running());
/// ```
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "reflect",
    derive(bevy_reflect::Reflect),
    reflect(Message, Clone, Debug, PartialEq, Hash)
)]
pub enum GcRoundSignal {
    /// The round begins.
    Begin,
    /// The round ends, and its garbage is collected as the strategy says.
    End,
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
#[cfg_attr(
    feature = "reflect",
    derive(bevy_reflect::Reflect),
    reflect(opaque),
    reflect(Resource, Default, Clone, Debug)
)]
pub struct GcRound {
    number: u64,
    /// States that are active and make a round.
    states: u32,
    /// A signal began a round, and none has ended it.
    signalled: bool,
    heard: MessageCursor<GcRoundSignal>,
    /// The last of these was left in this frame.
    ending: bool,
    /// How much of the last round's garbage each heap has collected, while its slices still do that.
    collected: Vec<Option<f32>>,
}

impl GcRound {
    /// Whether a round is running. It runs to the end of the frame in which its state is left.
    pub fn is_running(&self) -> bool {
        self.current().is_some() || self.ending
    }

    /// The number of the round that is running or was the last, from 1; 0 before the first.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Whether slices still collect the garbage of the last round ([`RoundEnd::Spread`](crate::RoundEnd::Spread)).
    pub fn is_collecting(&self) -> bool {
        self.collected.iter().any(Option::is_some)
    }

    /// The part of it that is done, from 0 to 1, for a loading screen: of the heap that has most to do. None when
    /// slices have nothing to do.
    pub fn collected_fraction(&self) -> Option<f32> {
        self.collected.iter().flatten().copied().reduce(f32::min)
    }

    /// The round that has begun and that nothing has ended.
    pub(crate) fn current(&self) -> Option<u64> {
        (self.states > 0 || self.signalled).then_some(self.number)
    }

    /// Books how far a heap has come.
    pub(crate) fn note(&mut self, heap: usize, collected: Option<f32>) {
        if self.collected.len() <= heap {
            self.collected.resize(heap + 1, None);
        }
        self.collected[heap] = collected;
    }

    /// The frame is over.
    pub(crate) fn frame_ends(&mut self) {
        self.ending = false;
    }

    fn change(&mut self, change: impl FnOnce(&mut Self)) {
        let before = self.current().is_some();
        change(self);
        match (before, self.current().is_some()) {
            (false, true) => self.number += 1,
            (true, false) => self.ending = true,
            _ => {}
        }
    }
}

fn enter(world: &mut World) {
    let mut round = world.resource_mut::<GcRound>();
    round.change(|round| round.states += 1);
    Heaps::turn(world);
}

/// The heaps hear of it at the end of the frame. A state that was there before the plugin has no beginning: nothing ends
/// either.
fn leave(mut round: ResMut<GcRound>) {
    round.change(|round| round.states = round.states.saturating_sub(1));
}

/// Hears what has been signalled since it last ran.
pub(crate) fn hear(world: &mut World) {
    let signals: Vec<GcRoundSignal> = world.resource_scope(|world, mut round: Mut<GcRound>| {
        let messages = world.resource::<Messages<GcRoundSignal>>();
        round.heard.read(messages).copied().collect()
    });
    for signal in signals {
        let mut round = world.resource_mut::<GcRound>();
        round.change(|round| round.signalled = signal == GcRoundSignal::Begin);
        if signal == GcRoundSignal::Begin {
            Heaps::turn(world);
        }
    }
}

/// Whether there is something to hear.
pub(crate) fn signalled(round: Res<GcRound>, messages: Res<Messages<GcRoundSignal>>) -> bool {
    !round.heard.is_empty(&messages)
}
