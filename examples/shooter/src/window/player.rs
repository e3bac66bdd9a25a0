//! Keyboard and mouse: the player flies the blue flagship. The bot flies until a flying key is pressed.

use crate::{
    bot,
    referee::tick_is_due,
    world::{
        ARENA, Match,
        math::{self, vec2},
        ships::{Class, Ship, ShipRef, Team},
        squads,
    },
};
use bevy::prelude::*;
use gc_bevy::GcHeap;
use gc_core::Gc;

/// Ticks between two bursts of the player.
const BURST: u32 = 40;

/// Who flies, and the orders since the last tick.
#[derive(Resource, Default)]
pub struct Pilot {
    pub human: bool,
    fly: math::Vec2,
    /// The cursor's place in the arena.
    pub aim: Option<math::Vec2>,
    burst: bool,
    cooling: u32,
}

impl Pilot {
    /// The part of the burst that is loaded.
    pub fn loaded(&self) -> f32 {
        1.0 - self.cooling as f32 / BURST as f32
    }
}

pub fn add(app: &mut App) {
    app.init_resource::<Pilot>()
        .add_systems(PreUpdate, listen.after(bevy::input::InputSystems))
        .add_systems(
            Update,
            command
                .after(bot::command)
                .before(squads::reinforce)
                .run_if(in_state(Match::Playing))
                .run_if(tick_is_due),
        );
}

const FLY: [([KeyCode; 2], math::Vec2); 4] = [
    ([KeyCode::KeyA, KeyCode::ArrowLeft], vec2(-1.0, 0.0)),
    ([KeyCode::KeyD, KeyCode::ArrowRight], vec2(1.0, 0.0)),
    ([KeyCode::KeyW, KeyCode::ArrowUp], vec2(0.0, -1.0)),
    ([KeyCode::KeyS, KeyCode::ArrowDown], vec2(0.0, 1.0)),
];

fn listen(
    keys: Res<ButtonInput<KeyCode>>,
    buttons: Res<ButtonInput<MouseButton>>,
    windows: Query<&Window>,
    cameras: Query<(&Camera, &GlobalTransform)>,
    mut pilot: ResMut<Pilot>,
    mut exit: MessageWriter<AppExit>,
) {
    if keys.just_pressed(KeyCode::Escape) {
        exit.write(AppExit::Success);
    }
    pilot.fly = FLY
        .into_iter()
        .filter(|(either, _)| keys.any_pressed(*either))
        .fold(math::Vec2::default(), |sum, (_, way)| sum + way);
    pilot.human |= pilot.fly != math::Vec2::default();
    if keys.just_pressed(KeyCode::KeyB) {
        pilot.human = !pilot.human;
    }
    pilot.burst |= keys.just_pressed(KeyCode::Space) || buttons.just_pressed(MouseButton::Left);
    pilot.aim = windows
        .iter()
        .find_map(Window::cursor_position)
        .zip(cameras.iter().next())
        .and_then(|(cursor, (camera, place))| camera.viewport_to_world_2d(place, cursor).ok())
        .map(super::scene::to_arena);
}

/// The player's orders replace the bot's.
fn command(mut heap: ResMut<GcHeap>, mut pilot: ResMut<Pilot>, ships: Query<&ShipRef>) {
    let burst = std::mem::take(&mut pilot.burst);
    pilot.cooling = pilot.cooling.saturating_sub(1);
    if !pilot.human {
        return;
    }
    let heap = &mut **heap;
    let Some(ShipRef(own)) = ships.iter().find(|ShipRef(handle)| {
        let ship = &heap[handle];
        ship.team == Team::Blue && ship.class == Class::Flagship
    }) else {
        return;
    };
    let target = pilot.aim.and_then(|aim| {
        let enemies = ships
            .iter()
            .map(|ShipRef(handle)| handle)
            .filter(|&handle| heap[handle].team == Team::Red);
        let distance = |handle: &Gc<Ship>| heap[handle].place.distance_squared(aim);
        enemies
            .min_by(|one, two| distance(one).total_cmp(&distance(two)))
            .map(Gc::downgrade)
    });
    let fires = burst && pilot.cooling == 0;
    if fires {
        pilot.cooling = BURST;
    }
    let ship = &mut heap[own];
    let goal = ship.place + pilot.fly.at_most(1.0) * 100.0;
    ship.goal = goal.clamped(math::Vec2::default(), ARENA);
    ship.burst_ordered = fires;
    if let Some(target) = target {
        ship.target = target;
    }
}
