//! Who is where: ships sorted into squares once a frame, so that a bullet looks at one square only.

use super::{
    ARENA,
    math::Vec2,
    ships::{Ship, ShipRef, Team},
};
use bevy_ecs::prelude::*;
use gc_bevy::GcHeap;
use gc_core::Gc;

const SIDE: f32 = 32.0;
const COLUMNS: usize = (ARENA.x / SIDE) as usize;
const ROWS: usize = (ARENA.y / SIDE) as usize;

/// A ship as a bullet sees it.
pub struct Target {
    pub ship: Gc<Ship>,
    place: Vec2,
    radius: f32,
    team: Team,
}

/// The squares, with the targets that overlap each.
#[derive(Resource)]
pub struct Grid {
    pub targets: Vec<Target>,
    squares: Vec<Vec<u32>>,
}

impl Default for Grid {
    fn default() -> Self {
        Self {
            targets: Vec::new(),
            squares: vec![Vec::new(); COLUMNS * ROWS],
        }
    }
}

impl Grid {
    pub fn clear(&mut self) {
        self.targets.clear();
        self.squares.iter_mut().for_each(Vec::clear);
    }

    fn add(&mut self, target: Target) {
        let index = self.targets.len() as u32;
        let (low, high) = (
            target.place - corner(target.radius),
            target.place + corner(target.radius),
        );
        for row in square(low.y, ROWS)..=square(high.y, ROWS) {
            for column in square(low.x, COLUMNS)..=square(high.x, COLUMNS) {
                self.squares[row * COLUMNS + column].push(index);
            }
        }
        self.targets.push(target);
    }

    /// The first ship of the other team at this place, as an index into `targets`.
    pub fn hit(&self, place: Vec2, team: Team) -> Option<u32> {
        let square = &self.squares[square(place.y, ROWS) * COLUMNS + square(place.x, COLUMNS)];
        square.iter().copied().find(|&index| {
            let target = &self.targets[index as usize];
            target.team != team
                && target.place.distance_squared(place) < target.radius * target.radius
        })
    }
}

fn corner(radius: f32) -> Vec2 {
    super::math::vec2(radius, radius)
}

fn square(coordinate: f32, squares: usize) -> usize {
    ((coordinate / SIDE).max(0.0) as usize).min(squares - 1)
}

/// Sorts the ships in play into the squares.
pub fn sort(heap: Res<GcHeap>, mut grid: ResMut<Grid>, ships: Query<&ShipRef>) {
    grid.clear();
    for ShipRef(handle) in &ships {
        let ship = &heap[handle];
        if ship.hull > 0 {
            grid.add(Target {
                ship: handle.clone(),
                place: ship.place,
                radius: ship.class.radius(),
                team: ship.team,
            });
        }
    }
}
