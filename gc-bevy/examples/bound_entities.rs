//! Entities and objects that share a life: an entity keeps an object, an entity goes with an object, and systems that
//! allocate at the same time.
//!
//! `cargo run -p gc-bevy --example bound_entities`

use bevy_app::{App, Startup, Update};
use bevy_ecs::prelude::*;
use gc_bevy::{GcAlloc, GcBound, GcCollected, GcHeap, GcPlugin, GcRef};
use gc_core::{Budget, Gc, Trace};

/// Lives as long as one of its ships does.
#[derive(Trace)]
struct Squad {
    name: &'static str,
}

#[derive(Trace)]
struct Ship {
    squad: Gc<Squad>,
    wingman: Option<Gc<Ship>>,
}

/// The squad's banner: not the squad, only its picture.
#[derive(Component)]
struct Banner(&'static str);

fn main() {
    let mut app = App::new();
    app.add_plugins(GcPlugin::default().budget(Budget::units(5_000)))
        // These two have no data in common, so they may run at the same time.
        .add_systems(Startup, (launch::<'r'>, launch::<'b'>))
        .add_systems(Update, fly)
        .add_observer(|collected: On<GcCollected>| {
            println!(
                "a collection freed {} objects",
                collected.collection.collected
            );
        })
        .add_observer(|gone: On<Remove<Banner>>, banners: Query<&Banner>| {
            if let Ok(Banner(name)) = banners.get(gone.entity) {
                println!("the banner of {name} goes with its squad");
            }
        });
    app.finish();
    app.cleanup();
    app.update();
    let objects = app.world().resource::<GcHeap>().len();
    println!("{objects} objects: two squads of three ships");

    // All ships are shot down; two of each squad refer to each other, and keep their squad until the collector comes.
    app.world_mut().despawn_all::<With<GcRef<Ship>>>();
    for _ in 0..700 {
        app.update();
    }
    assert!(app.world().resource::<GcHeap>().is_empty());
    let world = app.world_mut();
    assert_eq!(world.query::<&Banner>().iter(world).len(), 0);
}

fn launch<const SIDE: char>(mut gc: GcAlloc, mut commands: Commands) {
    let name = if SIDE == 'r' { "red" } else { "blue" };
    let squad = gc.alloc(Squad { name });
    commands.spawn((Banner(name), GcBound::to(&squad)));
    for _ in 0..3 {
        let ship = gc.alloc(Ship {
            squad: squad.clone(),
            wingman: None,
        });
        commands.spawn(GcRef(ship)); // the entity keeps the ship, the ship keeps the squad
    }
}

/// Ships of a squad pair up.
fn fly(mut heap: ResMut<GcHeap>, ships: Query<&GcRef<Ship>>) {
    for GcRef(ship) in &ships {
        let free = |other: &&GcRef<Ship>| {
            other.0 != *ship
                && heap[*other].wingman.is_none()
                && heap[&heap[*other].squad].name == heap[&heap[ship].squad].name
        };
        if heap[ship].wingman.is_none()
            && let Some(GcRef(other)) = ships.iter().find(free)
        {
            heap[ship].wingman = Some(other.clone());
            heap[other].wingman = Some(ship.clone());
        }
    }
}
