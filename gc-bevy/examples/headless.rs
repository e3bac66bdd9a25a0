//! A match without a window: two rounds of dogfights, one collection after each.
//!
//! `cargo run -p gc-bevy --example headless`

use bevy_app::{App, Update};
use bevy_ecs::prelude::*;
use bevy_state::{app::StatesPlugin, prelude::*};
use gc_bevy::{GcHeap, GcPlugin, GcRoundEnded, GcRoundPlugin, GcStrategy, RoundEnd};
use gc_core::{Gc, Trace};

#[derive(States, Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Match {
    #[default]
    Lobby,
    Playing,
}

/// Two ships that chase each other: a cycle.
#[derive(Trace, Default)]
struct Ship {
    chases: Option<Gc<Ship>>,
}

#[derive(Component)]
struct ShipRef(Gc<Ship>);

fn main() {
    let mut app = App::new();
    app.add_plugins(StatesPlugin)
        .init_state::<Match>()
        .add_plugins(GcPlugin::default().strategy(GcStrategy::DisabledInRound {
            round_end: RoundEnd::AtOnce,
        }))
        .add_plugins(GcRoundPlugin::during(Match::Playing))
        .add_systems(
            Update,
            (arrive, fall).chain().run_if(in_state(Match::Playing)),
        )
        .add_systems(Update, tell);
    app.finish();
    app.cleanup();

    for _ in 0..2 {
        for (state, frames) in [(Match::Playing, 600), (Match::Lobby, 60)] {
            app.world_mut()
                .resource_mut::<NextState<Match>>()
                .set(state);
            for _ in 0..frames {
                app.update();
            }
        }
    }
}

/// Ten pairs of ships in each frame.
fn arrive(mut heap: ResMut<GcHeap>, mut commands: Commands) {
    for _ in 0..10 {
        let one = heap.alloc(Ship::default());
        let two = heap.alloc(Ship {
            chases: Some(one.clone()),
        });
        heap[&one].chases = Some(two.clone());
        commands.spawn_batch([ShipRef(one), ShipRef(two)]);
    }
}

/// They last one frame. Their handles go with the entities; the cycles stay until the collector comes.
fn fall(heap: Res<GcHeap>, mut commands: Commands, ships: Query<(Entity, &ShipRef)>) {
    for (entity, ship) in &ships {
        if heap[&ship.0].chases.is_some() {
            commands.entity(entity).despawn();
        }
    }
}

fn tell(mut ended: MessageReader<GcRoundEnded>, heap: Res<GcHeap>) {
    for round in ended.read() {
        println!(
            "round {}: {} frames, {} collections in it, {:?} after it; {} objects left",
            round.round,
            round.frames,
            round.collections,
            round.end_pause.unwrap_or_default(),
            heap.len()
        );
    }
}
