//! Entities and objects that share a life.

mod common;

use bevy_app::{App, Update};
use bevy_ecs::prelude::*;
use common::{Random, Ship, app, heap, lose_pairs, seed};
use gc_bevy::{GcBound, GcDeaths, GcHeap, GcPlugin, GcRef, GcStrategy};
use gc_core::{Budget, Gc, Trace, Weak};

fn exists(app: &App, entity: Entity) -> bool {
    app.world().get_entity(entity).is_ok()
}

fn launch(app: &mut App) -> Gc<Ship> {
    heap(app).alloc(Ship::default())
}

fn entities(app: &mut App) -> usize {
    let world = app.world_mut();
    let all = world.query::<&GcBound>().iter(world).len();
    all + world.query::<&GcRef<Ship>>().iter(world).len()
}

#[test]
fn despawning_releases_what_the_entity_refers_to() {
    let mut app = app(GcStrategy::Automatic);
    let ship = launch(&mut app);
    let seen = ship.downgrade();
    let entity = app.world_mut().spawn(GcRef(ship)).id();
    app.update();
    assert!(heap(&mut app).get_weak(seen).is_some());
    app.world_mut().despawn(entity);
    app.update();
    assert!(heap(&mut app).get_weak(seen).is_none());
    assert!(heap(&mut app).is_empty());
}

#[test]
fn the_entity_goes_in_the_frame_in_which_the_object_dies() {
    let mut app = app(GcStrategy::Automatic);
    let ship = launch(&mut app);
    let [label, shadow] = [(); 2].map(|()| app.world_mut().spawn(GcBound::to(&ship)).id());
    let other = launch(&mut app);
    let stays = app.world_mut().spawn(GcBound::to(&other)).id();
    app.update();
    assert!(exists(&app, label) && exists(&app, shadow));
    let id = ship.id();
    drop(ship);
    app.update();
    assert!(!exists(&app, label) && !exists(&app, shadow));
    assert!(exists(&app, stays));
    assert_eq!(app.world().resource::<GcDeaths>().objects(), [id]);
    app.update();
    assert_eq!(app.world().resource::<GcDeaths>().objects(), []);
}

#[test]
fn an_object_in_a_cycle_takes_its_entity_along_when_the_collector_finds_it() {
    let mut app = app(GcStrategy::Budgeted(Budget::units(50)));
    let ship = launch(&mut app);
    heap(&mut app)[&ship].wingman = Some(ship.clone());
    let label = app.world_mut().spawn(GcBound::to(&ship)).id();
    drop(ship);
    app.update();
    assert!(exists(&app, label), "garbage, but nobody has found it yet");
    for _ in 0..1000 {
        app.update();
    }
    assert!(!exists(&app, label) && heap(&mut app).is_empty());
}

#[test]
fn a_chain_of_lives_unravels() {
    // Object → entity → object → entity: each goes with the one before.
    let mut app = app(GcStrategy::Automatic);
    let (first, second) = (launch(&mut app), launch(&mut app));
    let carrier = app
        .world_mut()
        .spawn((GcBound::to(&first), GcRef(second.clone())))
        .id();
    let last = app.world_mut().spawn(GcBound::to(&second)).id();
    drop((first, second));
    app.update();
    assert!(!exists(&app, carrier));
    app.update();
    assert!(!exists(&app, last));
    assert!(heap(&mut app).is_empty());
}

#[test]
fn binding_to_the_dead_despawns_at_once() {
    let mut app = app(GcStrategy::Automatic);
    let ship = launch(&mut app);
    let seen = ship.downgrade();
    drop(ship);
    app.update();
    app.add_systems(
        Update,
        move |mut commands: Commands, mut once: Local<bool>| {
            if !std::mem::replace(&mut *once, true) {
                commands.spawn(GcBound::to_weak(seen));
                commands.spawn(GcBound::to_weak(Weak::<Ship>::default()));
            }
        },
    );
    app.update();
    assert_eq!(entities(&mut app), 0);
}

#[test]
fn a_binding_can_be_changed_and_taken_off() {
    let mut app = app(GcStrategy::Automatic);
    let (first, second) = (launch(&mut app), launch(&mut app));
    let entity = app.world_mut().spawn(GcBound::to(&first)).id();
    app.world_mut()
        .entity_mut(entity)
        .insert(GcBound::to(&second));
    drop(first);
    app.update();
    assert!(exists(&app, entity));
    app.world_mut().entity_mut(entity).remove::<GcBound>();
    drop(second);
    app.update();
    assert!(exists(&app, entity));
}

#[test]
fn more_deaths_than_the_heap_remembers_lose_nobody() {
    let mut app = app(GcStrategy::Automatic);
    let ship = launch(&mut app);
    let label = app.world_mut().spawn(GcBound::to(&ship)).id();
    drop(ship);
    for _ in 0..70_000 {
        launch(&mut app).downgrade();
    }
    app.update();
    assert!(!exists(&app, label));
}

#[test]
fn thousands_may_be_bound_to_one() {
    let mut app = app(GcStrategy::Automatic);
    let boss = launch(&mut app);
    let bullets: Vec<Entity> = (0..50_000)
        .map(|_| app.world_mut().spawn(GcBound::to(&boss)).id())
        .collect();
    for bullet in &bullets[..20_000] {
        app.world_mut().despawn(*bullet);
    }
    drop(boss);
    app.update();
    assert!(bullets.iter().all(|bullet| !exists(&app, *bullet)));
}

#[derive(Trace)]
struct Bullet {
    owner: Gc<Ship>,
    twin: Option<Gc<Bullet>>,
}

/// 10,000 spawns and as many despawns a second, for ten seconds at 60 frames a second: half of the bullets go because
/// their entities do, half because their objects do, and every fifth is half of a cycle.
#[test]
fn ten_thousand_spawns_and_despawns_a_second_leave_nothing_behind() {
    const A_FRAME: usize = 167;
    let mut random = Random(seed("ten_thousand_spawns_and_despawns_a_second"));
    let mut app = App::new();
    app.add_plugins(GcPlugin::default().budget(Budget::units(4_000)));
    common::finish(&mut app);
    let ship = launch(&mut app);
    let mut held: Vec<Entity> = Vec::new();
    let mut objects: Vec<Gc<Bullet>> = Vec::new();
    for frame in 0..600 {
        for _ in 0..A_FRAME {
            let heap = &mut **heap(&mut app);
            let bullet = heap.alloc(Bullet {
                owner: ship.clone(),
                twin: None,
            });
            if random.below(5) == 0 {
                heap[&bullet].twin = Some(bullet.clone());
            }
            let bound = GcBound::to(&bullet);
            if random.below(2) == 0 {
                objects.push(bullet);
                app.world_mut().spawn(bound);
            } else {
                held.push(app.world_mut().spawn((GcRef(bullet), bound)).id());
            }
        }
        if frame >= 30 {
            for _ in 0..A_FRAME / 2 {
                let at = random.below(held.len() as u64) as usize;
                app.world_mut().despawn(held.swap_remove(at));
                let at = random.below(objects.len() as u64) as usize;
                objects.swap_remove(at);
            }
        }
        app.update();
    }
    for bullet in held {
        app.world_mut().despawn(bullet);
    }
    objects.clear();
    let before = app.world().entities().count_spawned();
    // Garbage is at most 600 frames old.
    for _ in 0..700 {
        app.update();
    }
    assert!(app.world().entities().count_spawned() < before);
    assert_eq!(entities(&mut app), 0);
    assert_eq!(heap(&mut app).len(), 1);
    assert_eq!(heap(&mut app)[&ship].wingman, None);
    assert!(ship.id() == ship.id() && Gc::strong_count(&ship) == 1);
}

#[test]
fn a_second_world_may_drop_handles_on_its_own_thread() {
    // As the pipelined renderer does: what was extracted is dropped there, while the next frame runs here.
    let mut app = app(GcStrategy::Budgeted(Budget::units(500)));
    let ships: Vec<_> = (0..1000).map(|_| launch(&mut app)).collect();
    let labels: Vec<_> = ships
        .iter()
        .map(|ship| app.world_mut().spawn(GcBound::to(ship)).id())
        .collect();
    let mut render = World::new();
    render.spawn_batch(ships.into_iter().map(GcRef));
    let renderer = std::thread::spawn(move || {
        render.clear_entities();
        render
    });
    for _ in 0..100 {
        lose_pairs(&mut app, 10);
        app.update();
    }
    drop(renderer.join().unwrap());
    for _ in 0..1300 {
        app.update();
    }
    assert!(labels.iter().all(|label| !exists(&app, *label)));
    assert!(heap(&mut app).is_empty());
}

#[test]
#[should_panic(expected = "add its GcPlugin")]
fn binding_to_a_heap_that_is_not_there_says_so() {
    let mut heap = GcHeap::default();
    let ship = heap.alloc(Ship::default());
    World::new().spawn(GcBound::to(&ship));
}
