//! Bullets: each refers to its owner and its owner refers to it.

use super::{
    ARENA, Score,
    grid::Grid,
    math::{Dice, Vec2, mix},
    ships::{Ship, Team},
};
use bevy_ecs::prelude::*;
use gc_bevy::GcHeap;
use gc_core::{Gc, Heap, Trace};

/// Something that flies straight on and hurts.
#[derive(Trace)]
pub struct Bullet {
    pub owner: Gc<Ship>,
    /// Its place in the owner's list, so that it can be taken out at once.
    slot: u32,
    pub place: Vec2,
    pub velocity: Vec2,
    pub frames_left: u32,
}

/// Keeps a bullet in play.
#[derive(Component)]
pub struct BulletRef(pub Gc<Bullet>);

/// Fires one bullet.
pub fn shoot(heap: &mut Heap, owner: &Gc<Ship>, velocity: Vec2, frames: u32) -> BulletRef {
    let ship = &heap[owner];
    let bullet = Bullet {
        owner: owner.clone(),
        slot: ship.bullets.len() as u32,
        place: ship.place,
        velocity,
        frames_left: frames,
    };
    let bullet = heap.alloc(bullet);
    heap[owner].bullets.push(bullet.clone());
    BulletRef(bullet)
}

/// Fires many bullets at once, in all directions and in rings of different speed.
pub fn burst(heap: &mut Heap, dice: &mut Dice, owner: &Gc<Ship>, count: u32) -> Vec<BulletRef> {
    let twist = dice.part();
    heap[owner].bullets.reserve(count as usize);
    (0..count)
        .map(|i| {
            let ring = i % 8;
            let direction = Vec2::turn(twist + i as f32 / count as f32 + ring as f32 * 0.37);
            let speed = 1.8 + ring as f32 * 0.45;
            // Different lives, so that a burst fades away and does not end in one frame.
            shoot(heap, owner, direction * speed, 150 + dice.below(120))
        })
        .collect()
}

/// Takes a bullet out of its owner's list; when its entity goes too, reference counting frees it.
fn unlink(heap: &mut Heap, bullet: &Gc<Bullet>) {
    let (owner, slot) = (heap[bullet].owner.clone(), heap[bullet].slot);
    let bullets = &mut heap[&owner].bullets;
    bullets.swap_remove(slot as usize);
    if let Some(moved) = bullets.get(slot as usize).cloned() {
        heap[&moved].slot = slot;
    }
}

enum Fate {
    Flies,
    /// Its owner was shot down: it vanishes with the wreck.
    Orphaned,
    Spent,
    Hits(u32),
}

/// Moves all bullets and finds out what they hit.
pub fn fly(
    mut heap: ResMut<GcHeap>,
    grid: Res<Grid>,
    mut score: ResMut<Score>,
    mut commands: Commands,
    bullets: Query<(Entity, &BulletRef)>,
) {
    let heap = &mut **heap;
    for (entity, BulletRef(handle)) in &bullets {
        let bullet = &mut heap[handle];
        bullet.place += bullet.velocity;
        bullet.frames_left = bullet.frames_left.saturating_sub(1);
        let (place, frames_left) = (bullet.place, bullet.frames_left);
        let owner = &heap[&heap[handle].owner];
        match fate(&grid, owner.hull > 0, owner.team, place, frames_left) {
            Fate::Flies => continue,
            Fate::Orphaned => {}
            Fate::Spent => unlink(heap, handle),
            Fate::Hits(target) => {
                let shooter = owner.team;
                score.bullet_hits += 1;
                score.points[shooter as usize] += 1;
                heap[&grid.targets[target as usize].ship].hurt(1);
                unlink(heap, handle);
            }
        }
        commands.entity(entity).despawn();
    }
}

fn fate(grid: &Grid, owner_lives: bool, team: Team, place: Vec2, frames_left: u32) -> Fate {
    let inside = place.x >= 0.0 && place.y >= 0.0 && place.x < ARENA.x && place.y < ARENA.y;
    if !owner_lives {
        Fate::Orphaned
    } else if frames_left == 0 || !inside {
        Fate::Spent
    } else {
        grid.hit(place, team).map_or(Fate::Flies, Fate::Hits)
    }
}

impl Bullet {
    /// What the hash of the match takes from a bullet.
    pub fn fingerprint(&self) -> u64 {
        mix(
            (u64::from(self.place.x.to_bits()) << 32 | u64::from(self.place.y.to_bits()))
                ^ u64::from(self.frames_left),
        )
    }
}
