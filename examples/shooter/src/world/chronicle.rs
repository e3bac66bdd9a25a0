//! The leak of `--plant-leak`: a chronicle that remembers every ship that was shot down, and forgets none.
//!
//! The match is the same with and without it: no rule reads the chronicle.

use super::{
    Match, duels,
    ships::{self, Ship, ShipRef},
};
use crate::referee::tick_is_due;
use bevy_app::{App, Plugin, Update};
use bevy_ecs::prelude::*;
use bevy_state::prelude::*;
use gc_bevy::GcHeap;
use gc_core::{Gc, Trace};

/// Who has fallen, with all that hangs on them: squad, duel, bullets, sector.
#[derive(Trace)]
pub struct Chronicle {
    pub fallen: Vec<Gc<Ship>>,
}

/// Where the chronicle lies. It is written in every round and cleared in none.
#[derive(Resource)]
struct Desk(Gc<Chronicle>);

/// Plants the leak. After `GcPlugin`.
pub struct ChroniclePlugin;

impl Plugin for ChroniclePlugin {
    fn build(&self, app: &mut App) {
        let chronicle = Chronicle { fallen: Vec::new() };
        let mut heap = app.world_mut().resource_mut::<GcHeap>();
        let desk = Desk(heap.alloc(chronicle));
        app.insert_resource(desk).add_systems(
            Update,
            remember
                .after(duels::judge)
                .before(ships::bury)
                .run_if(in_state(Match::Playing))
                .run_if(tick_is_due),
        );
    }
}

fn remember(mut heap: ResMut<GcHeap>, desk: Res<Desk>, ships: Query<&ShipRef>) {
    for ShipRef(ship) in &ships {
        if heap[ship].hull <= 0 {
            heap[&desk.0].fallen.push(ship.clone());
        }
    }
}
