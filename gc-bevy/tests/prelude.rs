//! The program of the design, word for word: what a game types first.

use bevy_app::{App, Update};
use bevy_ecs::prelude::*;
use bevy_state::{app::StatesPlugin, prelude::*};
use gc_bevy::prelude::*;

#[derive(States, Clone, Debug, Default, PartialEq, Eq, Hash)]
enum Match {
    #[default]
    Playing,
}

#[derive(Trace)]
struct Ship {
    hull: u32,
    bullets: Vec<Gc<Bullet>>,
}

#[derive(Trace)]
struct Bullet {
    owner: Gc<Ship>,
    target: Weak<Ship>,
}

#[derive(Component)]
struct ShipRef(Gc<Ship>);

fn shoot(mut heap: ResMut<GcHeap>, mut commands: Commands, ships: Query<&ShipRef>) {
    if ships.is_empty() {
        commands.spawn(ShipRef(heap.alloc(Ship {
            hull: 3,
            bullets: Vec::new(),
        })));
    }
    for ShipRef(ship) in &ships {
        let bullet = heap.alloc(Bullet {
            owner: ship.clone(),
            target: ship.downgrade(),
        });
        let owner = heap[&bullet].owner.clone();
        assert_eq!(heap.get_weak(heap[&bullet].target).unwrap().hull, 3);
        heap[&owner].bullets.push(bullet);
    }
}

#[test]
fn the_first_program_works() {
    let mut app = App::new();
    app.add_plugins(StatesPlugin)
        .add_plugins(GcPlugin::default())
        .init_state::<Match>()
        .add_plugins(GcRoundPlugin::during(Match::Playing))
        .add_systems(Update, shoot.run_if(in_state(Match::Playing)));
    app.finish();
    app.cleanup();
    for _ in 0..10 {
        app.update();
    }
    assert!(app.world().resource::<GcRound>().is_running());
    let heap: &GcHeap = app.world().resource();
    assert_eq!(heap.len(), 10);
    for strategy in [
        GcStrategy::Automatic,
        GcStrategy::RaisedThreshold(Default::default()),
        GcStrategy::DisabledInRound {
            round_end: RoundEnd::AtOnce,
        },
        GcStrategy::DisabledInRound {
            round_end: RoundEnd::Spread(Budget::units(100)),
        },
        GcStrategy::Budgeted(Budget::units(100)),
        GcStrategy::Adaptive,
    ] {
        app.insert_resource(strategy);
        app.update();
    }
}
