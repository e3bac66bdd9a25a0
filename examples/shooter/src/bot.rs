//! The pilots of the two flagships. Blue's is the bot that plays the match; Red's is its equal. The same seed makes
//! them do the same.

use crate::world::{
    ARENA, Clock,
    math::{Dice, Vec2, mix, vec2},
    sectors::{EAST, NORTH, SOUTH, Sector, WEST},
    ships::{self, Class, Ship, ShipRef, Team},
};
use bevy_ecs::prelude::*;
use gc_bevy::GcHeap;
use gc_core::{Gc, Heap};

/// Sectors that a pilot looks ahead.
const SIGHT: usize = 24;
/// The distance that a pilot keeps from the other flagship.
const DISTANCE: f32 = 260.0;

/// What the pilots have in mind.
#[derive(Resource, Debug)]
pub struct Bot {
    pilots: [Pilot; 2],
}

#[derive(Debug)]
struct Pilot {
    dice: Dice,
    /// Frames until the next burst.
    burst_in: u32,
    /// Where it drifts when nothing else matters.
    whim: Vec2,
    whim_frames: u32,
}

impl Bot {
    pub fn new(seed: u64) -> Self {
        Self {
            pilots: [1, 2].map(|number| Pilot {
                dice: Dice::new(mix(seed ^ number << 32)),
                burst_in: 40 * number as u32,
                whim: Vec2::default(),
                whim_frames: 0,
            }),
        }
    }
}

/// Where to fly, and when to let go a burst.
pub fn command(
    mut heap: ResMut<GcHeap>,
    mut bot: ResMut<Bot>,
    clock: Res<Clock>,
    ships: Query<&ShipRef>,
) {
    let heap = &mut **heap;
    let flagships: Vec<(Team, &Gc<Ship>)> = ships
        .iter()
        .map(|ShipRef(handle)| (heap[handle].team, handle))
        .filter(|&(_, handle)| heap[handle].class == Class::Flagship)
        .collect();
    for &(team, handle) in &flagships {
        let pilot = &mut bot.pilots[team as usize];
        let other = flagships
            .iter()
            .find(|&&(other, _)| other != team)
            .map(|&(_, other)| heap[other].place);
        let goal = pilot.goal(heap, handle, other);
        let burst = pilot.wants_burst(heap, handle);
        let ship = &mut heap[handle];
        ship.goal = goal;
        ship.burst_ordered = burst;
        cool(heap, handle, clock.frame);
    }
}

impl Pilot {
    fn goal(&mut self, heap: &Heap, handle: &Gc<Ship>, other: Option<Vec2>) -> Vec2 {
        let ship = &heap[handle];
        self.whim_frames = self.whim_frames.saturating_sub(1);
        if self.whim_frames == 0 {
            self.whim_frames = 30 + self.dice.below(90);
            self.whim = Vec2::turn(self.dice.part()) * 160.0;
        }
        let enemy = other.unwrap_or(ARENA * 0.5);
        let keep_away = enemy + (ship.place - enemy).normalized() * DISTANCE;
        let safety = ship
            .sector
            .as_ref()
            .map_or(Vec2::default(), |sector| way_to_safety(heap, sector));
        keep_away + self.whim + safety * 200.0
    }

    /// A burst about every second, if there is somebody to fire at.
    fn wants_burst(&mut self, heap: &Heap, handle: &Gc<Ship>) -> bool {
        self.burst_in = self.burst_in.saturating_sub(1);
        if self.burst_in > 0 || ships::in_play(heap, heap[handle].target).is_none() {
            return false;
        }
        self.burst_in = 35 + self.dice.below(30);
        true
    }
}

/// The direction in which the map remembers the least danger, or none if it is the same everywhere.
fn way_to_safety(heap: &Heap, from: &Gc<Sector>) -> Vec2 {
    let ways = [
        (WEST, vec2(-1.0, 0.0)),
        (EAST, vec2(1.0, 0.0)),
        (NORTH, vec2(0.0, -1.0)),
        (SOUTH, vec2(0.0, 1.0)),
    ];
    let dangers = ways.map(|(way, direction)| (danger_ahead(heap, from, way), direction));
    let worst = dangers
        .iter()
        .fold(0.0f32, |worst, &(danger, _)| worst.max(danger));
    if worst == 0.0 {
        return Vec2::default();
    }
    dangers
        .iter()
        .fold(Vec2::default(), |sum, &(danger, direction)| {
            sum + direction * (1.0 - danger / worst)
        })
}

fn danger_ahead(heap: &Heap, from: &Gc<Sector>, way: usize) -> f32 {
    let mut here = from;
    let mut danger = 0.0;
    for _ in 0..SIGHT {
        match &heap[here].links[way] {
            Some(next) => here = next,
            None => return danger + 5.0,
        }
        danger += heap[here].danger;
    }
    danger
}

/// Danger fades where a flagship passes.
fn cool(heap: &mut Heap, handle: &Gc<Ship>, frame: u32) {
    if frame.is_multiple_of(4)
        && let Some(sector) = heap[handle].sector.clone()
    {
        heap[&sector].danger *= 0.5;
    }
}
