//! Explosions, sparks and smoke: what the rules know nothing of.

use super::brush::{Brush, Paint, faint, paint};
use crate::{
    referee::tick_is_due,
    world::{
        Match,
        math::{Dice, Vec2},
        missiles::MissileRef,
        ships::{Class, Ship, ShipRef, Team},
    },
};
use bevy::{
    platform::collections::HashMap,
    prelude::{
        App, IntoScheduleConfigs, On, Query, Remove, Res, ResMut, Resource, State, Update, in_state,
    },
};
use gc_bevy::GcHeap;

/// More would not be seen.
const MOST: usize = 4_000;

struct Spark {
    place: Vec2,
    velocity: Vec2,
    ticks: u32,
    ticks_left: u32,
    size: f32,
    paint: Paint,
}

/// A ring that grows.
struct Wave {
    place: Vec2,
    ticks_left: u32,
    ticks: u32,
    radius: f32,
    paint: Paint,
}

#[derive(Resource)]
pub struct Effects {
    dice: Dice,
    sparks: Vec<Spark>,
    waves: Vec<Wave>,
    /// The hulls of the ships by serial number, to see which ones were hit, and ticks since then.
    hulls: HashMap<u32, (i32, u32)>,
}

impl Default for Effects {
    fn default() -> Self {
        Self {
            dice: Dice::new(7),
            sparks: Vec::new(),
            waves: Vec::new(),
            hulls: HashMap::default(),
        }
    }
}

/// Ticks for which a ship lights up when it was hit.
const FLASH: u32 = 5;

pub fn add(app: &mut App) {
    app.init_resource::<Effects>()
        .add_observer(explode)
        .add_systems(
            Update,
            (smoke, look_for_hits)
                .after(crate::world::squads::disband)
                .run_if(in_state(Match::Playing))
                .run_if(tick_is_due),
        )
        .add_systems(Update, fade.run_if(tick_is_due));
}

impl Effects {
    pub fn draw(&self, brush: &mut Brush) {
        for wave in &self.waves {
            let age = 1.0 - wave.ticks_left as f32 / wave.ticks as f32;
            let paint = faint(wave.paint, (1.0 - age) * 0.6);
            brush.ring(wave.place, wave.radius * (0.2 + age), 3.0, 1.0, paint);
        }
        for spark in &self.sparks {
            let left = spark.ticks_left as f32 / spark.ticks as f32;
            let tail = spark.place - spark.velocity * (4.0 * left);
            brush.streak(tail, spark.place, spark.size, faint(spark.paint, left));
        }
    }

    /// How brightly a ship lights up, from 0 to 1.
    pub fn flash(&self, ship: &Ship) -> f32 {
        self.hulls
            .get(&ship.serial)
            .map_or(0.0, |&(_, ticks)| ticks as f32 / FLASH as f32)
    }

    fn burst(&mut self, place: Vec2, count: u32, speed: f32, ticks: u32, paint: Paint) {
        for _ in 0..count {
            if self.sparks.len() == MOST {
                return;
            }
            let velocity = Vec2::turn(self.dice.part()) * (speed * self.dice.between(0.1, 1.0));
            let ticks = ticks / 2 + self.dice.below(ticks / 2 + 1);
            let size = self.dice.between(1.5, 4.0);
            self.sparks.push(Spark {
                place,
                velocity,
                ticks,
                ticks_left: ticks,
                size,
                paint,
            });
        }
    }
}

/// A ship that leaves play in a round was shot down.
fn explode(
    gone: On<Remove<ShipRef>>,
    state: Res<State<Match>>,
    heap: Res<GcHeap>,
    mut effects: ResMut<Effects>,
    ships: Query<&ShipRef>,
) {
    let Ok(ShipRef(handle)) = ships.get(gone.entity) else {
        return;
    };
    let ship = &heap[handle];
    effects.hulls.remove(&ship.serial);
    if ship.hull > 0 || *state.get() != Match::Playing {
        return;
    }
    let (count, speed, ticks, radius) = match ship.class {
        Class::Fighter => (28, 4.0, 36, 34.0),
        Class::Flagship => (260, 9.0, 80, 150.0),
    };
    effects.burst(ship.place, count, speed, ticks, paint(1.0, 0.72, 0.25));
    effects.burst(
        ship.place,
        count / 3,
        speed * 0.6,
        ticks,
        paint(1.0, 0.95, 0.8),
    );
    effects.waves.push(Wave {
        place: ship.place,
        ticks_left: ticks / 2,
        ticks: ticks / 2,
        radius,
        paint: super::scene::team_paint(ship.team),
    });
}

fn smoke(heap: Res<GcHeap>, mut effects: ResMut<Effects>, missiles: Query<&MissileRef>) {
    for MissileRef(handle) in &missiles {
        let missile = &heap[handle];
        if effects.sparks.len() < MOST {
            let size = effects.dice.between(2.0, 4.5);
            effects.sparks.push(Spark {
                place: missile.place,
                velocity: missile.velocity * 0.12,
                ticks: 26,
                ticks_left: 26,
                size,
                paint: paint(0.75, 0.75, 0.8),
            });
        }
    }
}

fn look_for_hits(heap: Res<GcHeap>, mut effects: ResMut<Effects>, ships: Query<&ShipRef>) {
    let effects = &mut *effects;
    for ShipRef(handle) in &ships {
        let ship = &heap[handle];
        let (hull, ticks) = effects
            .hulls
            .get(&ship.serial)
            .copied()
            .unwrap_or((ship.hull, 0));
        let hit = ship.hull < hull;
        let ticks = if hit { FLASH } else { ticks.saturating_sub(1) };
        effects.hulls.insert(ship.serial, (ship.hull, ticks));
        if hit {
            let paint = match ship.team {
                Team::Blue => paint(1.0, 0.6, 0.4),
                Team::Red => paint(0.5, 0.85, 1.0),
            };
            effects.burst(ship.place, 4, 3.0, 16, paint);
        }
    }
}

fn fade(mut effects: ResMut<Effects>) {
    effects.sparks.retain_mut(|spark| {
        spark.place += spark.velocity;
        spark.velocity = spark.velocity * 0.96;
        spark.ticks_left -= 1;
        spark.ticks_left > 0
    });
    effects.waves.retain_mut(|wave| {
        wave.ticks_left -= 1;
        wave.ticks_left > 0
    });
}
