//! Homing missiles: each refers to its owner and, weakly, to its target; the target knows what is coming.

use super::{
    Clock, Luck, Score,
    math::{Vec2, mix},
    ships::{self, Class, Ship, ShipRef},
    squads::SquadRef,
};
use bevy_ecs::prelude::*;
use gc_bevy::GcHeap;
use gc_core::{Gc, Heap, Trace, Weak};

const SPEED: f32 = 4.2;
const FUEL: u32 = 240;
const DAMAGE: i32 = 9;
/// Frames between two missiles of a squad.
const SALVO: u32 = 50;

/// Something that flies after its target and hurts a lot.
#[derive(Trace)]
pub struct Missile {
    owner: Gc<Ship>,
    target: Weak<Ship>,
    pub place: Vec2,
    pub velocity: Vec2,
    fuel: u32,
}

/// Keeps a missile in play.
#[derive(Component)]
pub struct MissileRef(pub Gc<Missile>);

/// Squad leaders fire at their targets.
pub fn launch(
    mut heap: ResMut<GcHeap>,
    clock: Res<Clock>,
    mut score: ResMut<Score>,
    mut commands: Commands,
    squads: Query<&SquadRef>,
) {
    let heap = &mut **heap;
    for SquadRef(squad) in &squads {
        let handle = heap[squad].leader.clone();
        let leader = &heap[&handle];
        if leader.hull <= 0 || !(clock.frame + leader.serial).is_multiple_of(SALVO) {
            continue;
        }
        let (place, weak) = (leader.place, leader.target);
        let Some(target) = ships::in_play(heap, weak) else {
            continue;
        };
        let velocity = (target.place - place).normalized() * SPEED;
        let missile = heap.alloc(Missile {
            owner: handle,
            target: weak,
            place,
            velocity,
            fuel: FUEL,
        });
        if let Some(target) = heap.get_weak_mut(weak) {
            target.incoming.push(missile.clone());
        }
        score.missiles_fired += 1;
        commands.spawn(MissileRef(missile));
    }
}

/// Missiles chase their targets; targets shoot at what is coming.
pub fn fly(
    mut heap: ResMut<GcHeap>,
    mut luck: ResMut<Luck>,
    mut score: ResMut<Score>,
    mut commands: Commands,
    missiles: Query<(Entity, &MissileRef)>,
) {
    let heap = &mut **heap;
    for (entity, MissileRef(handle)) in &missiles {
        let (weak, place) = (heap[handle].target, heap[handle].place);
        let Some(target) = ships::in_play(heap, weak) else {
            // Its target is a wreck: it goes, without being taken out of the wreck's list.
            commands.entity(entity).despawn();
            continue;
        };
        let to_target = target.place - place;
        let reach = target.class.radius() + SPEED;
        let flagship = target.class == Class::Flagship;
        let missile = &mut heap[handle];
        missile.velocity = (missile.velocity + to_target.normalized() * 0.35).at_most(SPEED);
        missile.place += missile.velocity;
        missile.fuel -= 1;
        let hit = to_target.length_squared() < reach * reach;
        // Point defence: a flagship's guns are better.
        let shot = !hit && luck.0.below(if flagship { 200 } else { 600 }) == 0;
        if !hit && !shot && missile.fuel > 0 {
            continue;
        }
        if hit {
            let team = heap[&heap[handle].owner].team;
            score.missile_hits += 1;
            score.points[team as usize] += 20;
        }
        disarm(heap, handle, weak, if hit { DAMAGE } else { 0 });
        commands.entity(entity).despawn();
    }
}

/// Takes a missile out of its target's list; when its entity goes too, reference counting frees it.
fn disarm(heap: &mut Heap, missile: &Gc<Missile>, target: Weak<Ship>, damage: i32) {
    if let Some(target) = heap.get_weak_mut(target) {
        target.incoming.retain(|other| other != missile);
        target.hurt(damage);
    }
}

/// What the hash of the match takes from the missiles of a ship in play.
pub fn fingerprint(heap: &Heap, ShipRef(ship): &ShipRef) -> u64 {
    heap[ship].incoming.iter().fold(0, |hash, missile| {
        let missile = &heap[missile];
        mix(hash
            ^ (u64::from(missile.place.x.to_bits()) << 32 | u64::from(missile.place.y.to_bits()))
            ^ u64::from(missile.fuel)
            ^ u64::from(heap[&missile.owner].serial) << 16)
    })
}
