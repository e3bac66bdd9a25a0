//! The map: sectors that are linked to their neighbours. Ships know the sector they are in, and sectors remember
//! danger.
//!
//! Only the corner is held from outside; everything else is reached over links, so the whole map is one web of cycles.
//! Each round has a new one, made during the pause as a loading screen would.

use super::{ARENA, math::Vec2};
use bevy_ecs::prelude::*;
use gc_bevy::GcHeap;
use gc_core::{Gc, Heap, Trace};

/// The side of a sector.
pub const SIDE: f32 = 4.0;
pub const COLUMNS: usize = (ARENA.x / SIDE) as usize;
pub const ROWS: usize = (ARENA.y / SIDE) as usize;
/// Rows that the loading screen makes in a frame.
const ROWS_PER_FRAME: usize = 2;

/// The four ways out of a sector, as indices into [`Sector::links`].
pub const WEST: usize = 0;
pub const EAST: usize = 1;
pub const NORTH: usize = 2;
pub const SOUTH: usize = 3;

/// A square of the arena.
#[derive(Trace)]
pub struct Sector {
    pub column: u32,
    pub row: u32,
    /// How much was hit here of late; fades whenever it is looked at.
    pub danger: f32,
    pub links: [Option<Gc<Sector>>; 4],
}

/// The map of the round.
#[derive(Resource, Default)]
pub struct Map {
    corner: Option<Gc<Sector>>,
    rows: usize,
    /// The row made last, to link the next one to.
    last_row: Vec<Gc<Sector>>,
}

impl Map {
    /// Makes the next row of the map, if one is missing.
    pub fn add_row(&mut self, heap: &mut Heap) {
        if self.rows == ROWS {
            return;
        }
        let mut row: Vec<Gc<Sector>> = Vec::with_capacity(COLUMNS);
        for column in 0..COLUMNS {
            let west = row.last().cloned();
            let north = self.last_row.get(column).cloned();
            let sector = heap.alloc(Sector {
                column: column as u32,
                row: self.rows as u32,
                danger: 0.0,
                links: [west.clone(), None, north.clone(), None],
            });
            if let Some(west) = west {
                heap[&west].links[EAST] = Some(sector.clone());
            }
            if let Some(north) = north {
                heap[&north].links[SOUTH] = Some(sector.clone());
            }
            row.push(sector);
        }
        self.corner.get_or_insert_with(|| row[0].clone());
        self.rows += 1;
        self.last_row = if self.rows == ROWS { Vec::new() } else { row };
    }

    /// The part of the map that is made, from 0 to 1.
    pub fn fraction(&self) -> f32 {
        self.rows as f32 / ROWS as f32
    }

    /// Makes what the loading screen had no time for.
    pub fn complete(&mut self, heap: &mut Heap) {
        while self.rows < ROWS {
            self.add_row(heap);
        }
    }

    /// The sector at a place in the arena.
    pub fn sector_at(&self, heap: &Heap, place: Vec2) -> Option<Gc<Sector>> {
        Some(walk(heap, self.corner.clone()?, place))
    }
}

/// The sector at `place`, reached over links from `sector`.
pub fn walk(heap: &Heap, mut sector: Gc<Sector>, place: Vec2) -> Gc<Sector> {
    let column = ((place.x / SIDE) as u32).min(COLUMNS as u32 - 1);
    let row = ((place.y / SIDE) as u32).min(ROWS as u32 - 1);
    loop {
        let here = &heap[&sector];
        let way = match (here.column.cmp(&column), here.row.cmp(&row)) {
            (std::cmp::Ordering::Less, _) => EAST,
            (std::cmp::Ordering::Greater, _) => WEST,
            (_, std::cmp::Ordering::Less) => SOUTH,
            (_, std::cmp::Ordering::Greater) => NORTH,
            _ => return sector,
        };
        let Some(next) = &here.links[way] else {
            return sector;
        };
        sector = next.clone();
    }
}

/// Whether `place` is in `sector`.
pub fn contains(sector: &Sector, place: Vec2) -> bool {
    sector.column == ((place.x / SIDE) as u32).min(COLUMNS as u32 - 1)
        && sector.row == ((place.y / SIDE) as u32).min(ROWS as u32 - 1)
}

/// Makes a few rows of the next map in each frame of the pause.
pub fn load(mut heap: ResMut<GcHeap>, mut map: ResMut<Map>) {
    for _ in 0..ROWS_PER_FRAME {
        map.add_row(&mut heap);
    }
}
