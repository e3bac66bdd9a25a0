//! Duels: two ships that have eyes for nobody else. The duel refers to both and both refer to it.

use super::{
    Clock, Score,
    math::Vec2,
    ships::{Class, Ship, ShipRef, Team},
};
use bevy_ecs::prelude::*;
use gc_bevy::GcHeap;
use gc_core::{Gc, Heap, Trace};

/// Frames between two challenges.
const CHALLENGE: u32 = 20;
const EARSHOT: f32 = 320.0;

/// No entity holds a duel: it lives in the two ships that fight it.
#[derive(Trace)]
pub struct Duel {
    ships: [Gc<Ship>; 2],
}

impl Duel {
    fn opponent(&self, ship: &Gc<Ship>) -> &Gc<Ship> {
        &self.ships[usize::from(self.ships[0] == *ship)]
    }
}

/// Pairs off fighters that are near each other, and sends duellists at each other.
pub fn arrange(
    mut heap: ResMut<GcHeap>,
    clock: Res<Clock>,
    mut score: ResMut<Score>,
    ships: Query<&ShipRef>,
) {
    let heap = &mut **heap;
    if clock.frame.is_multiple_of(CHALLENGE)
        && let Some(pair) = find_pair(heap, &ships)
    {
        let duel = heap.alloc(Duel {
            ships: pair.clone(),
        });
        for ship in &pair {
            heap[ship].duel = Some(duel.clone());
        }
        score.duels += 1;
    }
    for ShipRef(handle) in &ships {
        if let Some(duel) = &heap[handle].duel {
            let opponent = heap[duel].opponent(handle);
            let (goal, target) = (heap[opponent].place, opponent.downgrade());
            let ship = &mut heap[handle];
            ship.goal = goal + Vec2::turn((ship.serial % 16) as f32 / 16.0) * 60.0;
            ship.target = target;
        }
    }
}

/// A blue fighter without a duel and a red one in earshot.
fn find_pair(heap: &Heap, ships: &Query<&ShipRef>) -> Option<[Gc<Ship>; 2]> {
    let free = |team: Team| {
        ships
            .iter()
            .map(|ShipRef(handle)| handle)
            .filter(move |&handle| {
                let ship = &heap[handle];
                ship.team == team && ship.class == Class::Fighter && ship.duel.is_none()
            })
    };
    free(Team::Blue).find_map(|blue| {
        let near = |red: &&Gc<Ship>| {
            heap[*red].place.distance_squared(heap[blue].place) < EARSHOT * EARSHOT
        };
        free(Team::Red)
            .find(near)
            .map(|red| [blue.clone(), red.clone()])
    })
}

/// Who shot down the opponent leaves the duel; the loser takes it into the wreck.
pub fn judge(mut heap: ResMut<GcHeap>, mut score: ResMut<Score>, ships: Query<&ShipRef>) {
    let heap = &mut **heap;
    for ShipRef(handle) in &ships {
        let ship = &heap[handle];
        let Some(duel) = &ship.duel else { continue };
        if ship.hull > 0 && heap[heap[duel].opponent(handle)].hull <= 0 {
            score.points[ship.team as usize] += 50;
            heap[handle].duel = None;
        }
    }
}
