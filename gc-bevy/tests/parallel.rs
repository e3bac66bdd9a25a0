//! Systems that read and allocate at the same time. With the feature `multi_threaded` on several threads.

mod common;

use bevy_app::{App, First, FixedLast, Last, PostUpdate, Update};
use bevy_ecs::{
    prelude::*,
    schedule::{LogLevel, ScheduleBuildSettings},
};
use common::{Ship, heap};
use gc_bevy::{GcAlloc, GcBound, GcDiagnosticsPlugin, GcHeap, GcPlugin, GcRef};
use gc_core::{Budget, Gc, Trace};

struct Mod;

#[derive(Trace)]
struct Bullet {
    owner: Gc<Ship>,
    twin: Option<Gc<Bullet>>,
    number: u64,
}

#[derive(Trace)]
struct Rock;

fn shoot<const N: u64>(
    mut gc: GcAlloc,
    heap: Res<GcHeap>,
    ships: Query<&GcRef<Ship>>,
    mut commands: Commands,
) {
    for GcRef(ship) in &ships {
        assert!(heap[ship].wingman.is_none());
        let bullet = gc.alloc(Bullet {
            owner: ship.clone(),
            twin: None,
            number: N,
        });
        // There at once, for reading too.
        assert_eq!(heap[&bullet].number, N);
        commands.spawn((GcBound::to(&bullet), GcRef(bullet)));
    }
}

fn shoot_modded(mut gc: GcAlloc<Mod>, mut commands: Commands) {
    commands.spawn(GcRef(gc.alloc(Rock)));
}

/// Half of the bullets go; a fifth of those leave a cycle behind.
fn hit(mut heap: ResMut<GcHeap>, bullets: Query<(Entity, &GcRef<Bullet>)>, mut commands: Commands) {
    for (index, (entity, GcRef(bullet))) in bullets.iter().enumerate() {
        if index % 2 == 0 {
            if index % 10 == 0 {
                heap[bullet].twin = Some(bullet.clone());
            }
            commands.entity(entity).despawn();
        }
    }
}

fn game() -> App {
    let mut app = App::new();
    app.add_plugins((
        GcPlugin::default().budget(Budget::units(2_000)),
        GcPlugin::<Mod>::default().budget(Budget::units(2_000)),
    ))
    .add_systems(
        Update,
        (shoot::<0>, shoot::<1>, shoot::<2>, shoot::<3>, shoot_modded),
    )
    .add_systems(PostUpdate, hit);
    for _ in 0..40 {
        let ship = app
            .world_mut()
            .resource_mut::<GcHeap>()
            .alloc(Ship::default());
        app.world_mut().spawn(GcRef(ship));
    }
    common::finish(&mut app);
    app
}

/// What the main heap looks like after so many frames.
fn play(frames: usize) -> u64 {
    let mut app = game();
    for _ in 0..frames {
        app.update();
    }
    heap(&mut app).state_hash()
}

#[test]
fn what_systems_allocate_is_counted_from_the_sync_point_on() {
    let mut app = game();
    app.update();
    // Two frames shot 160 each; half of what flew went each time. Every tenth of those left a cycle behind.
    let world = app.world_mut();
    let flying = world.query::<&GcRef<Bullet>>().iter(world).len();
    assert_eq!(flying, (160 / 2 + 160) / 2);
    let lost = (0..160).step_by(10).count() + (0..240).step_by(10).count();
    assert_eq!(heap(&mut app).iter::<Bullet>().count(), flying + lost);
    assert_eq!(heap(&mut app).len(), 40 + flying + lost);
    assert_eq!(app.world().resource::<GcHeap<Mod>>().len(), 2);
}

#[test]
fn threads_make_no_difference_to_the_heap() {
    assert_eq!(play(50), play(50));
}

#[test]
fn nothing_leaks_from_parallel_allocation() {
    let mut app = game();
    for _ in 0..100 {
        app.update();
    }
    app.world_mut()
        .resource_mut::<Schedules>()
        .remove(Update)
        .unwrap();
    for _ in 0..700 {
        app.update();
    }
    let world = app.world_mut();
    world.despawn_all::<With<GcRef<Rock>>>();
    world.despawn_all::<With<GcRef<Bullet>>>();
    world.despawn_all::<With<GcRef<Ship>>>();
    for _ in 0..700 {
        app.update();
    }
    assert!(heap(&mut app).is_empty());
    assert!(app.world().resource::<GcHeap<Mod>>().is_empty());
    let world = app.world_mut();
    assert_eq!(world.query::<&GcBound>().iter(world).len(), 0);
}

#[test]
fn no_two_systems_of_the_plugin_are_ambiguous() {
    // So those that share nothing run at the same time, as the slices of two heaps do, and the others in a fixed order.
    let mut app = App::new();
    app.add_plugins((
        GcPlugin::default(),
        GcPlugin::<Mod>::default(),
        GcDiagnosticsPlugin::default(),
        GcDiagnosticsPlugin::<Mod>::default(),
    ));
    let strict = || ScheduleBuildSettings {
        ambiguity_detection: LogLevel::Error,
        ..Default::default()
    };
    app.edit_schedule(First, |schedule| {
        schedule.set_build_settings(strict());
    })
    .edit_schedule(FixedLast, |schedule| {
        schedule.set_build_settings(strict());
    })
    .edit_schedule(Last, |schedule| {
        schedule.set_build_settings(strict());
    });
    common::finish(&mut app);
    app.world_mut().run_schedule(FixedLast);
}

#[test]
#[should_panic(expected = "add its GcPlugin")]
fn allocating_on_a_heap_that_is_not_there_says_so() {
    let mut world = World::new();
    let _ = world.run_system_cached(shoot_modded);
}
