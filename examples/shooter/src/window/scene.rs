//! The arena and everything in it, drawn anew in each frame.

use super::{
    brush::{Brush, Paint, faint, paint, side},
    effects::Effects,
};
use crate::world::{
    ARENA,
    bullets::BulletRef,
    math::{self, Dice, vec2},
    missiles::MissileRef,
    ships::{Class, Ship, ShipRef, Team},
};
use bevy::{camera::visibility::NoFrustumCulling, prelude::*, sprite_render::AlphaMode2d};
use gc_bevy::GcHeap;

/// The mesh that everything is drawn into.
#[derive(Resource)]
struct Canvas(Handle<Mesh>);

pub fn add(app: &mut App) {
    app.add_systems(Startup, set_up)
        .add_systems(PostUpdate, draw);
}

/// The arena's y grows downwards, the screen's upwards.
pub fn to_screen(place: math::Vec2) -> Vec2 {
    Vec2::new(place.x - ARENA.x * 0.5, ARENA.y * 0.5 - place.y)
}

pub fn to_arena(place: Vec2) -> math::Vec2 {
    vec2(place.x + ARENA.x * 0.5, ARENA.y * 0.5 - place.y)
}

pub fn team_paint(team: Team) -> Paint {
    match team {
        Team::Blue => paint(0.35, 0.78, 1.0),
        Team::Red => paint(1.0, 0.42, 0.30),
    }
}

fn set_up(
    mut commands: Commands,
    mut meshes: ResMut<Assets<Mesh>>,
    mut materials: ResMut<Assets<ColorMaterial>>,
) {
    let blended = ColorMaterial {
        alpha_mode: AlphaMode2d::Blend,
        ..default()
    };
    let material = materials.add(blended);
    let mut sky = Brush::default();
    draw_sky(&mut sky);
    let mut background = Brush::canvas();
    sky.put(&mut background);
    commands.spawn((
        Mesh2d(meshes.add(background)),
        MeshMaterial2d(material.clone()),
        Transform::from_xyz(0.0, 0.0, -1.0),
    ));
    let mut empty = Brush::canvas();
    Brush::default().put(&mut empty);
    let canvas = meshes.add(empty);
    commands.spawn((
        Mesh2d(canvas.clone()),
        MeshMaterial2d(material),
        // It changes in each frame, and fills the screen.
        NoFrustumCulling,
    ));
    commands.insert_resource(Canvas(canvas));
}

fn draw_sky(brush: &mut Brush) {
    brush.rectangle(vec2(0.0, 0.0), ARENA, paint(0.028, 0.036, 0.066));
    let line = faint(paint(0.4, 0.5, 0.75), 0.07);
    for i in 1..25 {
        let x = i as f32 * 64.0;
        brush.rectangle(vec2(x, 0.0), vec2(x + 1.0, ARENA.y), line);
    }
    for i in 1..14 {
        let y = i as f32 * 64.0;
        brush.rectangle(vec2(0.0, y), vec2(ARENA.x, y + 1.0), line);
    }
    let mut dice = Dice::new(3);
    for _ in 0..260 {
        let place = vec2(dice.part() * ARENA.x, dice.part() * ARENA.y);
        let size = dice.between(0.8, 2.2);
        let light = faint(paint(0.8, 0.85, 1.0), dice.between(0.15, 0.7));
        brush.rectangle(place, place + vec2(size, size), light);
    }
    for team in Team::BOTH {
        brush.glow(team.gate(), 170.0, faint(team_paint(team), 0.05));
    }
    let edge = faint(paint(0.5, 0.6, 0.9), 0.5);
    let (high, thick) = (ARENA, 2.0);
    brush.rectangle(vec2(0.0, 0.0), vec2(high.x, thick), edge);
    brush.rectangle(vec2(0.0, high.y - thick), high, edge);
    brush.rectangle(vec2(0.0, 0.0), vec2(thick, high.y), edge);
    brush.rectangle(vec2(high.x - thick, 0.0), high, edge);
}

#[expect(
    clippy::too_many_arguments,
    reason = "a system's parameters are what it reads"
)]
fn draw(
    heap: Res<GcHeap>,
    effects: Res<Effects>,
    canvas: Res<Canvas>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut brush: Local<Brush>,
    ships: Query<&ShipRef>,
    bullets: Query<&BulletRef>,
    missiles: Query<&MissileRef>,
) {
    let paints = Team::BOTH.map(team_paint);
    for BulletRef(handle) in &bullets {
        let bullet = &heap[handle];
        let paint = paints[heap[&bullet.owner].team as usize];
        // The last moments of a burst fade away.
        let opacity = (bullet.frames_left as f32 / 24.0).min(1.0);
        let tail = bullet.place - bullet.velocity * 3.2;
        brush.streak(tail, bullet.place, 4.0, faint(paint, opacity));
    }
    effects.draw(&mut brush);
    for MissileRef(handle) in &missiles {
        let missile = &heap[handle];
        let ahead = missile.velocity.normalized();
        let (nose, across) = (missile.place + ahead * 7.0, side(ahead) * 3.0);
        let tail = missile.place - ahead * 6.0;
        brush.streak(tail - ahead * 12.0, tail, 6.0, paint(1.0, 0.8, 0.3));
        brush.polygon(
            &[nose, tail + across, tail - across],
            paint(1.0, 0.95, 0.85),
        );
    }
    for ShipRef(handle) in &ships {
        draw_ship(&mut brush, &heap[handle], effects.flash(&heap[handle]));
    }
    if let Some(mut mesh) = meshes.get_mut(&canvas.0) {
        brush.put(&mut mesh);
    }
}

fn draw_ship(brush: &mut Brush, ship: &Ship, flash: f32) {
    let color = team_paint(ship.team);
    let size = ship.class.radius();
    let ahead = match (ship.goal - ship.place).length_squared() {
        0.0..1.0 => vec2(if ship.team == Team::Blue { 1.0 } else { -1.0 }, 0.0),
        _ => (ship.goal - ship.place).normalized(),
    };
    let across = side(ahead);
    let at = |forward: f32, sideways: f32| {
        ship.place + ahead * (forward * size) + across * (sideways * size)
    };
    let hull = mix(faint(color, 1.0), paint(1.0, 1.0, 1.0), 0.6 * flash);
    let dark = mix(color, paint(0.02, 0.03, 0.06), 0.55);
    match ship.class {
        Class::Fighter => {
            brush.streak(
                at(-2.4, 0.0),
                at(-0.5, 0.0),
                size * 0.7,
                faint(paint(1.0, 0.75, 0.35), 0.8),
            );
            brush.polygon(&[at(1.2, 0.0), at(-0.9, 0.85), at(-0.45, 0.0)], hull);
            brush.polygon(
                &[at(1.2, 0.0), at(-0.45, 0.0), at(-0.9, -0.85)],
                mix(hull, dark, 0.5),
            );
        }
        Class::Flagship => {
            brush.glow(ship.place, size * 2.6, faint(color, 0.28));
            for engine in [-0.5, 0.5] {
                brush.streak(
                    at(-2.6, engine),
                    at(-0.7, engine),
                    size * 0.45,
                    faint(paint(1.0, 0.8, 0.4), 0.9),
                );
            }
            brush.polygon(
                &[at(1.3, 0.0), at(0.1, 0.5), at(-1.0, 1.1), at(-0.7, 0.0)],
                hull,
            );
            brush.polygon(
                &[at(1.3, 0.0), at(-0.7, 0.0), at(-1.0, -1.1), at(0.1, -0.5)],
                mix(hull, dark, 0.4),
            );
            brush.polygon(
                &[at(0.6, 0.0), at(0.0, 0.2), at(-0.4, 0.0), at(0.0, -0.2)],
                dark,
            );
            let left = (ship.hull.max(0) as f32 / ship.class.hull() as f32).min(1.0);
            brush.ring(ship.place, size * 1.75, 2.0, 1.0, faint(color, 0.3));
            brush.ring(ship.place, size * 1.75, 2.0, left, faint(color, 0.95));
        }
    }
}

fn mix(one: Paint, two: Paint, part: f32) -> Paint {
    std::array::from_fn(|i| one[i] + (two[i] - one[i]) * part)
}
