//! Ships: what squads, bullets, missiles, duels and sectors hang together by.

use super::{
    ARENA, Luck, Rules, Score, Serials,
    bullets::{self, Bullet},
    duels::Duel,
    math::{Vec2, vec2},
    missiles::Missile,
    sectors::{self, Map, Sector},
    squads::Squad,
};
use bevy_ecs::prelude::*;
use gc_bevy::GcHeap;
use gc_core::{Gc, Heap, Trace, Weak};

#[derive(Trace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Team {
    /// The bot's.
    Blue,
    Red,
}

impl Team {
    pub const BOTH: [Self; 2] = [Self::Blue, Self::Red];

    pub fn other(self) -> Self {
        if self == Self::Blue {
            Self::Red
        } else {
            Self::Blue
        }
    }

    /// Where its ships arrive.
    pub fn gate(self) -> Vec2 {
        vec2(
            if self == Self::Blue {
                300.0
            } else {
                ARENA.x - 300.0
            },
            ARENA.y * 0.5,
        )
    }
}

#[derive(Trace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Fighter,
    /// Fires bursts; the bot flies the blue one.
    Flagship,
}

impl Class {
    pub fn radius(self) -> f32 {
        match self {
            Self::Fighter => 9.0,
            Self::Flagship => 22.0,
        }
    }

    pub fn hull(self) -> i32 {
        match self {
            Self::Fighter => 14,
            Self::Flagship => 150,
        }
    }

    fn speed(self) -> f32 {
        match self {
            Self::Fighter => 2.6,
            Self::Flagship => 1.7,
        }
    }

    /// Points for shooting one down.
    fn worth(self) -> u64 {
        match self {
            Self::Fighter => 100,
            Self::Flagship => 2_500,
        }
    }
}

/// A ship. It stays on the heap as long as anything refers to it; it is in play while its hull holds.
#[derive(Trace)]
pub struct Ship {
    pub serial: u32,
    pub team: Team,
    pub class: Class,
    pub place: Vec2,
    velocity: Vec2,
    pub hull: i32,
    /// Where it wants to be.
    pub goal: Vec2,
    /// Frames until it may fire again.
    reload: u32,
    /// A burst was ordered for this frame.
    pub burst_ordered: bool,
    pub target: Weak<Ship>,
    pub squad: Option<Gc<Squad>>,
    pub duel: Option<Gc<Duel>>,
    pub sector: Option<Gc<Sector>>,
    pub bullets: Vec<Gc<Bullet>>,
    pub incoming: Vec<Gc<Missile>>,
}

/// Keeps a ship in play.
#[derive(Component)]
pub struct ShipRef(pub Gc<Ship>);

impl Ship {
    pub fn new(serial: u32, team: Team, class: Class, place: Vec2) -> Self {
        Self {
            serial,
            team,
            class,
            place,
            velocity: Vec2::default(),
            hull: class.hull(),
            goal: place,
            reload: 30 + serial % 30,
            burst_ordered: false,
            target: Weak::dead(),
            squad: None,
            duel: None,
            sector: None,
            bullets: Vec::new(),
            incoming: Vec::new(),
        }
    }

    pub fn hurt(&mut self, damage: i32) {
        self.hull -= damage;
    }
}

/// The ship behind a weak handle if it is in play. A wreck that the collector has not found yet and one that it has are
/// the same.
pub fn in_play(heap: &Heap, ship: Weak<Ship>) -> Option<&Ship> {
    heap.get_weak(ship).filter(|ship| ship.hull > 0)
}

/// A round begins with the two flagships at their gates.
pub fn launch_flagships(
    mut heap: ResMut<GcHeap>,
    mut map: ResMut<Map>,
    mut serials: ResMut<Serials>,
    mut commands: Commands,
) {
    map.complete(&mut heap);
    for team in Team::BOTH {
        commands.spawn(launch(
            &mut heap,
            &mut serials,
            team,
            Class::Flagship,
            team.gate(),
        ));
    }
}

/// Puts a ship on the heap.
pub fn launch(
    heap: &mut Heap,
    serials: &mut Serials,
    team: Team,
    class: Class,
    place: Vec2,
) -> ShipRef {
    ShipRef(heap.alloc(Ship::new(serials.take(), team, class, place)))
}

/// Moves the ships towards their goals and tells them their sectors.
pub fn fly(mut heap: ResMut<GcHeap>, map: Res<Map>, ships: Query<&ShipRef>) {
    let heap = &mut **heap;
    for ShipRef(handle) in &ships {
        let ship = &mut heap[handle];
        let wish = (ship.goal - ship.place).at_most(ship.class.speed());
        ship.velocity += (wish - ship.velocity) * 0.12;
        let radius = ship.class.radius();
        ship.place = (ship.place + ship.velocity)
            .clamped(vec2(radius, radius), ARENA - vec2(radius, radius));
        let place = ship.place;
        let sector = match &heap[handle].sector {
            Some(sector) if sectors::contains(&heap[sector], place) => continue,
            Some(sector) => Some(sectors::walk(heap, sector.clone(), place)),
            None => map.sector_at(heap, place),
        };
        heap[handle].sector = sector;
    }
}

/// Fighters fire at their targets, flagships when a burst was ordered.
pub fn fire(
    mut heap: ResMut<GcHeap>,
    rules: Res<Rules>,
    mut luck: ResMut<Luck>,
    mut score: ResMut<Score>,
    mut commands: Commands,
    ships: Query<&ShipRef>,
) {
    let heap = &mut **heap;
    for ShipRef(handle) in &ships {
        if std::mem::take(&mut heap[handle].burst_ordered) {
            let bullets = bullets::burst(heap, &mut luck.0, handle, rules.burst);
            score.bullets_fired += bullets.len() as u64;
            commands.spawn_batch(bullets);
        }
        let ship = &mut heap[handle];
        ship.reload = ship.reload.saturating_sub(1);
        if ship.reload > 0 || ship.hull <= 0 {
            continue;
        }
        let (class, place, target) = (ship.class, ship.place, ship.target);
        let Some(target) = in_play(heap, target) else {
            continue;
        };
        let distance = target.place.distance_squared(place);
        if distance > 420.0 * 420.0 {
            continue;
        }
        let aim = target.place + target.velocity * 20.0 - place;
        let spread = vec2(luck.0.between(-12.0, 12.0), luck.0.between(-12.0, 12.0));
        heap[handle].reload = if class == Class::Flagship {
            4
        } else {
            14 + luck.0.below(10)
        };
        let bullet = bullets::shoot(heap, handle, (aim + spread).normalized() * 5.0, 110);
        score.bullets_fired += 1;
        commands.spawn(bullet);
    }
}

/// Takes ships out of play that were shot down. They are not taken apart: what they refer to and what refers to them
/// stays as it is, and the collector finds out that none of it matters any more.
pub fn bury(
    mut heap: ResMut<GcHeap>,
    mut score: ResMut<Score>,
    mut reserve: ResMut<super::squads::Reserve>,
    mut commands: Commands,
    ships: Query<(Entity, &ShipRef)>,
) {
    let heap = &mut **heap;
    for (entity, ShipRef(handle)) in &ships {
        let ship = &heap[handle];
        if ship.hull > 0 {
            continue;
        }
        let (team, class) = (ship.team, ship.class);
        if let Some(sector) = ship.sector.clone() {
            heap[&sector].danger += 10.0;
        }
        score.ships_lost += 1;
        score.points[team.other() as usize] += class.worth();
        if class == Class::Flagship {
            score.flagships_lost += 1;
            reserve.flagship_lost(team);
        }
        commands.entity(entity).despawn();
    }
}
