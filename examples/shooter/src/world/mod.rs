//! The game: what is in the arena and the rules by which it moves.
//!
//! Objects live on the garbage collected heap and refer to each other; entities hold the handles that keep them in
//! play.
//!
//! ```text
//!            ┌───────────────┐ leader, members   ┌────────┐ a, b     ┌──────┐
//!  entity ──▶│ Squad         │◀─────────────────▶│ Ship   │◀────────▶│ Duel │
//!            └───────────────┘ squad             │        │ duel     └──────┘
//!  entity ──────────────────────────────────────▶│        │ sector   ┌────────┐ links
//!            ┌─────────┐ owner                   │        │─────────▶│ Sector │◀──────┐
//!  entity ──▶│ Bullet  │◀───────────────────────▶│        │          └────────┘───────┘
//!            └─────────┘                 bullets │        │
//!            ┌─────────┐ owner, target (weak)    │        │
//!  entity ──▶│ Missile │◀───────────────────────▶│        │
//!            └─────────┘                incoming └────────┘
//! ```
//!
//! A bullet or a missile that has flown its time is taken out of its ship's list: its last handle goes, reference
//! counting frees it. A ship that is shot down is not taken apart: it, its bullets, its duel and at last its squad
//! refer to each other, and only the collector finds them.
//!
//! **The match must not depend on the collector.** Whether a weak handle to a wreck is dead already is the collector's
//! affair, so no rule asks that: [`ships::in_play`] takes a wreck and a dead handle for the same.

pub mod bullets;
pub mod chronicle;
pub mod duels;
pub mod grid;
pub mod math;
pub mod missiles;
pub mod sectors;
pub mod ships;
pub mod squads;
pub mod state;

use crate::{bot, referee::tick_is_due};
use bevy_app::{App, Plugin, Update};
use bevy_ecs::prelude::*;
use bevy_state::prelude::*;
use math::{Dice, Vec2, vec2};

/// The arena, from (0, 0).
pub const ARENA: Vec2 = vec2(1600.0, 896.0);

/// Frames in a second of the match. Its time is counted in frames; no clock has a say.
pub const FRAMES_PER_SECOND: u32 = 60;

/// Play, and the pause before and after each round, in which the next round's map is made.
#[derive(States, Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Match {
    #[default]
    Pause,
    Playing,
}

/// What a match is made from.
#[derive(Resource, Clone, Copy, Debug)]
pub struct Rules {
    pub seed: u64,
    /// Bullets that a flagship fires at once.
    pub burst: u32,
}

/// Chance for the rules of the game; the bot has its own.
#[derive(Resource, Debug)]
pub struct Luck(pub Dice);

/// The number for the next object that needs one: decides draws, and enters the hash of the match.
#[derive(Resource, Debug, Default)]
pub struct Serials(u32);

impl Serials {
    pub fn take(&mut self) -> u32 {
        self.0 += 1;
        self.0
    }
}

/// What the match is about.
#[derive(Resource, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// Points of the two teams, the bot's first.
    pub points: [u64; 2],
    pub bullets_fired: u64,
    pub bullet_hits: u64,
    pub missiles_fired: u64,
    pub missile_hits: u64,
    pub ships_lost: u64,
    pub flagships_lost: u64,
    pub duels: u64,
}

/// Frames since the state was entered.
#[derive(Resource, Clone, Copy, Debug, Default)]
pub struct Clock {
    pub frame: u32,
}

/// The rules of the game. Every system runs after the one before it: the order decides the match.
pub struct WorldPlugin {
    pub rules: Rules,
}

impl Plugin for WorldPlugin {
    fn build(&self, app: &mut App) {
        app.insert_resource(self.rules)
            .insert_resource(Luck(Dice::new(self.rules.seed)))
            .insert_resource(bot::Bot::new(self.rules.seed))
            .init_resource::<Serials>()
            .init_resource::<Score>()
            .init_resource::<Clock>()
            .init_resource::<grid::Grid>()
            .init_resource::<sectors::Map>()
            .init_resource::<squads::Reserve>()
            .add_systems(
                OnEnter(Match::Playing),
                (reset_clock, ships::launch_flagships, squads::muster).chain(),
            )
            .add_systems(OnExit(Match::Playing), (clear_arena, reset_clock).chain())
            .add_systems(
                Update,
                (
                    bot::command,
                    squads::reinforce,
                    squads::lead,
                    duels::arrange,
                    ships::fly,
                    ships::fire,
                    missiles::launch,
                    missiles::fly,
                    grid::sort,
                    bullets::fly,
                    duels::judge,
                    ships::bury,
                    squads::disband,
                    tick,
                )
                    .chain()
                    .run_if(in_state(Match::Playing))
                    .run_if(tick_is_due),
            )
            .add_systems(
                Update,
                (sectors::load, tick)
                    .chain()
                    .run_if(in_state(Match::Pause))
                    .run_if(tick_is_due),
            );
    }
}

fn tick(mut clock: ResMut<Clock>) {
    clock.frame += 1;
}

fn reset_clock(mut clock: ResMut<Clock>) {
    clock.frame = 0;
}

/// Everything in the arena.
type Piece = Or<(
    With<ships::ShipRef>,
    With<squads::SquadRef>,
    With<bullets::BulletRef>,
    With<missiles::MissileRef>,
)>;

/// What a round leaves goes with its entities and its map, without being taken apart.
fn clear_arena(
    mut commands: Commands,
    mut map: ResMut<sectors::Map>,
    mut grid: ResMut<grid::Grid>,
    mut reserve: ResMut<squads::Reserve>,
    pieces: Query<Entity, Piece>,
) {
    for piece in &pieces {
        commands.entity(piece).despawn();
    }
    *map = sectors::Map::default();
    grid.clear();
    *reserve = squads::Reserve::default();
}
