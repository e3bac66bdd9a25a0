//! A round that makes garbage, and a loading screen that collects it, with a progress bar.
//!
//! `cargo run -p gc-bevy --example loading_screen`

use bevy_app::{App, Update};
use bevy_ecs::prelude::*;
use bevy_state::{app::StatesPlugin, prelude::*};
use gc_bevy::{GcFrame, GcHeap, GcPlugin, GcRound, GcRoundPlugin, GcStrategy, RoundEnd};
use gc_core::{Budget, Gc, Trace};

#[derive(States, Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Game {
    #[default]
    Playing,
    Loading,
}

#[derive(Trace, Default)]
struct Ship {
    chases: Option<Gc<Ship>>,
}

fn main() {
    let mut app = App::new();
    app.add_plugins(StatesPlugin)
        .init_state::<Game>()
        .add_plugins((
            GcPlugin::default().strategy(GcStrategy::DisabledInRound {
                round_end: RoundEnd::Spread(Budget::units(8_000)),
            }),
            GcRoundPlugin::during(Game::Playing),
        ))
        .add_systems(Update, duel.run_if(in_state(Game::Playing)))
        .add_systems(Update, progress_bar.run_if(in_state(Game::Loading)));
    app.finish();
    app.cleanup();

    for _ in 0..100 {
        app.update();
    }
    let lost = app.world().resource::<GcHeap>().len();
    println!("the round is over, {lost} ships are left behind");

    app.world_mut()
        .resource_mut::<NextState<Game>>()
        .set(Game::Loading);
    app.update();
    while app.world().resource::<GcRound>().is_collecting() {
        app.update();
    }
    assert!(app.world().resource::<GcHeap>().is_empty());
    println!("all are gone");
}

/// Two ships that chase each other and leave the arena: a cycle, 200 times a frame.
fn duel(mut heap: ResMut<GcHeap>) {
    for _ in 0..200 {
        let one = heap.alloc(Ship::default());
        let two = heap.alloc(Ship {
            chases: Some(one.clone()),
        });
        heap[&one].chases = Some(two);
    }
}

fn progress_bar(round: Res<GcRound>, frame: Res<GcFrame>) {
    if let Some(done) = round.collected_fraction() {
        let bar = "#".repeat((done * 40.0) as usize);
        println!("[{bar:40}] {:3.0} %  {:?}", done * 100.0, frame.pause);
    }
}
