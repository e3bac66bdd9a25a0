//! Several heaps in one app.

mod common;

use bevy_app::App;
use bevy_diagnostic::DiagnosticsStore;
use bevy_ecs::prelude::*;
use bevy_state::{app::StatesPlugin, prelude::*};
use common::{Match, collected, ended, go_to, heap, lose_pair, lose_pairs};
use gc_bevy::{
    GcBound, GcDiagnosticsPlugin, GcFrame, GcHeap, GcPlugin, GcRound, GcRoundPlugin, GcSettings,
    GcStrategy, RoundEnd,
};
use gc_core::{Budget, HandleError, Thresholds};

struct Mod;

const AT_ONCE: GcStrategy = GcStrategy::DisabledInRound {
    round_end: RoundEnd::AtOnce,
};

fn app(main: GcPlugin, other: GcPlugin<Mod>) -> App {
    let mut app = App::new();
    app.add_plugins(StatesPlugin)
        .init_state::<Match>()
        .add_plugins((main, other))
        .add_plugins(GcRoundPlugin::during(Match::Playing));
    common::finish(&mut app);
    app
}

fn modded(app: &mut App) -> Mut<'_, GcHeap<Mod>> {
    app.world_mut().resource_mut::<GcHeap<Mod>>()
}

fn lose_modded(app: &mut App, pairs: usize) {
    let heap = &mut **modded(app);
    (0..pairs).for_each(|_| lose_pair(heap));
}

#[test]
fn each_heap_keeps_its_own() {
    let mut app = app(GcPlugin::default(), GcPlugin::<Mod>::default());
    lose_pairs(&mut app, 1);
    lose_modded(&mut app, 2);
    assert_eq!((heap(&mut app).len(), modded(&mut app).len()), (2, 4));
    modded(&mut app).collect();
    app.update();
    let told = collected(&mut app);
    assert_eq!(told.len(), 1);
    assert!(told[0].heap.is::<Mod>() && !told[0].heap.is_main());
    assert_eq!((heap(&mut app).len(), modded(&mut app).len()), (2, 0));
    let foreign = heap(&mut app).alloc(common::Ship::default());
    assert_eq!(
        modded(&mut app).try_get(&foreign).err(),
        Some(HandleError::ForeignHeap)
    );
}

#[test]
fn heaps_without_a_strategy_of_their_own_follow_the_app() {
    for mod_first in [false, true] {
        let mut app = App::new();
        let main = GcPlugin::default().strategy(GcStrategy::Automatic);
        let other = GcPlugin::<Mod>::default().thresholds(Thresholds {
            young: 10,
            ..Thresholds::default()
        });
        if mod_first {
            app.add_plugins((other, main));
        } else {
            app.add_plugins((main, other));
        }
        common::finish(&mut app);
        lose_modded(&mut app, 6);
        app.update();
        assert_eq!(collected(&mut app).len(), 1);
        app.insert_resource(GcStrategy::Adaptive);
        app.update();
        lose_modded(&mut app, 6);
        assert_eq!(modded(&mut app).policy(), gc_core::Policy::Adaptive);
    }
}

#[test]
fn a_heap_may_have_a_strategy_of_its_own() {
    let mut app = app(
        GcPlugin::default(),
        GcPlugin::<Mod>::default().strategy(GcStrategy::Automatic),
    );
    assert_eq!(*app.world().resource::<GcStrategy>(), GcStrategy::default());
    assert_eq!(modded(&mut app).policy(), gc_core::Policy::Automatic);
    app.world_mut().resource_mut::<GcSettings<Mod>>().strategy = None;
    app.update();
    assert_eq!(modded(&mut app).policy(), heap(&mut app).policy());
}

#[test]
fn a_round_is_one_for_all_heaps() {
    let mut app = app(
        GcPlugin::default().strategy(AT_ONCE),
        GcPlugin::<Mod>::default().strategy(GcStrategy::DisabledInRound {
            round_end: RoundEnd::Spread(Budget::units(5)),
        }),
    );
    go_to(&mut app, Match::Playing);
    assert!(heap(&mut app).in_round() && modded(&mut app).in_round());
    lose_pairs(&mut app, 50);
    lose_modded(&mut app, 50);
    app.update();
    go_to(&mut app, Match::Lobby);
    assert!(heap(&mut app).is_empty());
    assert!(!modded(&mut app).is_empty());
    let ended = ended(&mut app);
    assert_eq!(ended.len(), 2);
    assert!(ended.iter().all(|it| (it.round, it.frames) == (1, 3)));
    assert!(app.world().resource::<GcRound>().is_collecting());
    while app.world().resource::<GcRound>().is_collecting() {
        app.update();
    }
    assert!(modded(&mut app).is_empty());
}

#[test]
fn a_frame_adds_all_heaps_together() {
    let mut app = app(GcPlugin::default(), GcPlugin::<Mod>::default());
    heap(&mut app).collect();
    modded(&mut app).collect();
    app.update();
    let (main, other) = (heap(&mut app).last_frame(), modded(&mut app).last_frame());
    assert_eq!((main.collections, other.collections), (1, 1));
    let frame = app.world().resource::<GcFrame>();
    assert_eq!(frame.collections, 2);
    assert_eq!(frame.pause, main.pause + other.pause);
    assert_eq!(
        frame.longest_pause,
        main.longest_pause.max(other.longest_pause)
    );
}

#[test]
fn diagnostics_tell_the_heaps_apart() {
    let mut app = App::new();
    app.add_plugins((
        GcPlugin::default(),
        GcPlugin::<Mod>::default(),
        GcDiagnosticsPlugin::default(),
        GcDiagnosticsPlugin::<Mod>::default(),
    ));
    common::finish(&mut app);
    lose_modded(&mut app, 2);
    app.update();
    let store = app.world().resource::<DiagnosticsStore>();
    let live = GcDiagnosticsPlugin::LIVE_OBJECTS;
    let of_mod = GcDiagnosticsPlugin::<Mod>::path(&live);
    assert_eq!(store.get(&live).unwrap().value(), Some(0.0));
    assert_eq!(store.get(&of_mod).unwrap().value(), Some(4.0));
}

#[test]
fn an_entity_is_bound_on_the_heap_it_names() {
    let mut app = app(GcPlugin::default(), GcPlugin::<Mod>::default());
    let ship = modded(&mut app).alloc(common::Ship::default());
    let entity = app.world_mut().spawn(GcBound::to(&ship).on::<Mod>()).id();
    app.update();
    assert!(app.world().get_entity(entity).is_ok());
    drop(ship);
    app.update();
    assert!(app.world().get_entity(entity).is_err());
}

#[test]
#[should_panic(expected = "an object of another heap")]
fn an_entity_is_not_bound_to_a_stranger() {
    let mut app = app(GcPlugin::default(), GcPlugin::<Mod>::default());
    let ship = modded(&mut app).alloc(common::Ship::default());
    app.world_mut().spawn(GcBound::to(&ship));
}

#[test]
#[should_panic(expected = "plugin was already added")]
fn a_heap_cannot_be_added_twice() {
    App::new().add_plugins((GcPlugin::default(), GcPlugin::default()));
}
