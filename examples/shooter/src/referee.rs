//! Leads through the match: a pause, a round, a pause, and so on, counted in ticks.
//!
//! A tick is one step of the game's rules. Without a window every frame is one; a window may draw more often.

use crate::{
    options::Options,
    world::{FRAMES_PER_SECOND, Match},
};
use bevy_app::{App, Plugin, PreUpdate};
use bevy_ecs::prelude::*;
use bevy_state::prelude::*;

/// Ticks of a pause. The map needs 112 of them.
pub const PAUSE_TICKS: u32 = 2 * FRAMES_PER_SECOND;

/// Ticks of a whole match.
pub fn match_ticks(options: &Options) -> u64 {
    let round = options.seconds * FRAMES_PER_SECOND + PAUSE_TICKS;
    let whole = u64::from(options.rounds) * u64::from(round) + u64::from(PAUSE_TICKS);
    options.frames.map_or(whole, |frames| frames.min(whole))
}

/// Whether the rules move on in this frame. They do, unless a window says otherwise.
#[derive(Resource, Clone, Copy, Debug)]
pub struct Tick {
    pub due: bool,
}

impl Default for Tick {
    fn default() -> Self {
        Self { due: true }
    }
}

/// A condition for the systems that are the rules.
pub fn tick_is_due(tick: Res<Tick>) -> bool {
    tick.due
}

/// Where the match stands.
#[derive(Resource, Clone, Debug)]
pub struct Referee {
    /// The round, or the round that the pause comes before; after the last, one more.
    pub round: u32,
    pub rounds: u32,
    round_ticks: u32,
    /// Ticks of the state that are still to come.
    pub ticks_left: u32,
    /// Ticks of the match that are still to come.
    pub match_ticks_left: u64,
}

impl Referee {
    pub fn new(options: &Options) -> Self {
        Self {
            round: 1,
            rounds: options.rounds,
            round_ticks: options.seconds * FRAMES_PER_SECOND,
            ticks_left: PAUSE_TICKS,
            match_ticks_left: match_ticks(options),
        }
    }

    /// The last tick was played.
    pub fn is_over(&self) -> bool {
        self.match_ticks_left == 0
    }
}

pub struct RefereePlugin {
    pub referee: Referee,
}

impl Plugin for RefereePlugin {
    fn build(&self, app: &mut App) {
        app.insert_resource(self.referee.clone())
            .init_resource::<Tick>()
            .add_systems(PreUpdate, lead.run_if(tick_is_due));
    }
}

/// A state changes at the start of a frame, before its tick.
fn lead(
    mut referee: ResMut<Referee>,
    mut tick: ResMut<Tick>,
    state: Res<State<Match>>,
    mut next: ResMut<NextState<Match>>,
) {
    if referee.is_over() {
        tick.due = false;
        return;
    }
    if referee.ticks_left == 0 {
        match state.get() {
            Match::Pause => {
                next.set(Match::Playing);
                referee.ticks_left = referee.round_ticks;
            }
            Match::Playing => {
                next.set(Match::Pause);
                referee.round += 1;
                referee.ticks_left = PAUSE_TICKS;
            }
        }
    }
    referee.ticks_left -= 1;
    referee.match_ticks_left -= 1;
}
