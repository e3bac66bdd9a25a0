//! The hash of the match: what every piece in play does in every frame, folded into one number.

use super::{
    Clock, Luck, Score,
    bullets::BulletRef,
    math::mix,
    missiles,
    ships::{Ship, ShipRef},
    squads::SquadRef,
};
use bevy_ecs::prelude::*;
use gc_bevy::GcHeap;

/// Reads the whole state of the match. It looks at pieces in play only, never at what the collector did.
pub struct Fingerprint {
    ships: QueryState<&'static ShipRef>,
    squads: QueryState<&'static SquadRef>,
    bullets: QueryState<&'static BulletRef>,
    hash: u64,
}

impl Fingerprint {
    pub fn new(world: &mut World) -> Self {
        Self {
            ships: world.query(),
            squads: world.query(),
            bullets: world.query(),
            hash: 0,
        }
    }

    /// Folds the state after a frame into the hash.
    pub fn add_frame(&mut self, world: &World) {
        let heap = world.resource::<GcHeap>();
        let mut hash = self.hash;
        let mut fold = |value: u64| hash = mix(hash ^ value);
        for ship in self.ships.query(world).iter() {
            fold(ship_print(&heap[&ship.0]));
            fold(missiles::fingerprint(heap, ship));
        }
        for SquadRef(squad) in self.squads.query(world).iter() {
            fold(u64::from(heap[&heap[squad].leader].serial));
        }
        for BulletRef(bullet) in self.bullets.query(world).iter() {
            fold(heap[bullet].fingerprint());
        }
        let score = world.resource::<Score>();
        fold(score.points[0] << 32 ^ score.points[1]);
        fold(score.ships_lost << 48 ^ score.missile_hits << 24 ^ score.bullet_hits);
        fold(u64::from(world.resource::<Clock>().frame));
        fold(world.resource::<Luck>().0.clone().next_u64());
        self.hash = hash;
    }

    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// Bullets in play.
    pub fn bullets(&mut self, world: &World) -> usize {
        self.bullets.query(world).iter().len()
    }
}

fn ship_print(ship: &Ship) -> u64 {
    let place = u64::from(ship.place.x.to_bits()) << 32 | u64::from(ship.place.y.to_bits());
    let danger = u64::from(ship.serial) << 32 | u64::from(ship.hull as u32);
    mix(place) ^ mix(danger) ^ (ship.bullets.len() as u64) << 8 ^ u64::from(ship.duel.is_some())
}
