//! What the plugin tells: frames, diagnostics, reflection.

mod common;

use bevy_app::App;
use bevy_diagnostic::{DiagnosticPath, DiagnosticsStore};
use bevy_ecs::reflect::AppTypeRegistry;
use bevy_reflect::{PartialReflect, ReflectMut};
use common::{YOUNG, app, collected, heap, lose_pairs};
use gc_bevy::{GcDiagnosticsPlugin, GcFrame, GcPlugin, GcStrategy, RoundEnd};
use gc_core::{Budget, Thresholds};
use std::any::TypeId;

#[test]
fn a_frame_tells_what_the_collector_did() {
    let mut app = app(GcStrategy::Automatic);
    assert_eq!(app.world().resource::<GcFrame>().collections, 0);
    lose_pairs(&mut app, YOUNG);
    app.update();
    let frame = *app.world().resource::<GcFrame>();
    let collected = collected(&mut app);
    assert_eq!(frame.collections as usize, collected.len());
    assert_eq!(frame.pause, collected.iter().map(|it| it.pause).sum());
    assert_eq!(
        Some(frame.longest_pause),
        collected.iter().map(|it| it.pause).max()
    );
    app.update();
    assert_eq!(app.world().resource::<GcFrame>().collections, 0);
    assert!(app.world().resource::<GcFrame>().pause.is_zero());
}

#[test]
fn a_collection_by_hand_is_told_too() {
    let mut app = app(GcStrategy::Automatic);
    lose_pairs(&mut app, 1);
    heap(&mut app).collect();
    app.update();
    let collected = collected(&mut app);
    assert_eq!(collected.len(), 1);
    assert_eq!(collected[0].collection.collected, 2);
}

fn value(app: &App, path: &DiagnosticPath) -> Option<f64> {
    app.world()
        .resource::<DiagnosticsStore>()
        .get(path)
        .and_then(|diagnostic| diagnostic.value())
}

#[test]
fn diagnostics_follow_the_heap() {
    let mut app = App::new();
    app.add_plugins((
        GcPlugin::default().strategy(GcStrategy::Automatic),
        GcDiagnosticsPlugin::default(),
    ));
    common::finish(&mut app);
    lose_pairs(&mut app, 3);
    app.update();
    let bytes = heap(&mut app).bytes() as f64;
    assert_eq!(value(&app, &GcDiagnosticsPlugin::LIVE_OBJECTS), Some(6.0));
    assert_eq!(value(&app, &GcDiagnosticsPlugin::HEAP_BYTES), Some(bytes));
    assert_eq!(value(&app, &GcDiagnosticsPlugin::COLLECTIONS), Some(0.0));
    heap(&mut app).collect();
    app.update();
    assert_eq!(value(&app, &GcDiagnosticsPlugin::LIVE_OBJECTS), Some(0.0));
    assert_eq!(value(&app, &GcDiagnosticsPlugin::COLLECTIONS), Some(1.0));
    assert!(value(&app, &GcDiagnosticsPlugin::PAUSE).is_some_and(|ms| ms > 0.0));
}

#[test]
fn without_the_diagnostics_plugin_there_are_none() {
    let mut app = App::new();
    app.add_plugins(GcPlugin::default());
    common::finish(&mut app);
    assert!(!app.world().contains_resource::<DiagnosticsStore>());
}

#[test]
fn settings_are_in_the_type_registry_and_open_to_an_inspector() {
    let app = app(GcStrategy::default());
    let registry = app.world().resource::<AppTypeRegistry>().read();
    for id in [
        TypeId::of::<GcStrategy>(),
        TypeId::of::<RoundEnd>(),
        TypeId::of::<GcFrame>(),
    ] {
        assert!(registry.get(id).is_some());
    }
    drop(registry);

    let mut strategy = GcStrategy::RaisedThreshold(Thresholds::default());
    let ReflectMut::Enum(variant) = strategy.reflect_mut() else {
        panic!("an enum")
    };
    let ReflectMut::Struct(thresholds) = variant.field_at_mut(0).unwrap().reflect_mut() else {
        panic!("a struct")
    };
    thresholds.field_mut("young").unwrap().apply(&7_000usize);
    assert_eq!(
        strategy,
        GcStrategy::RaisedThreshold(Thresholds {
            young: 7_000,
            ..Thresholds::default()
        })
    );

    let other = GcStrategy::DisabledInRound {
        round_end: RoundEnd::Spread(Budget::units(9)),
    };
    strategy.apply(other.as_partial_reflect());
    assert_eq!(strategy, other);
    assert_eq!(
        *other
            .reflect_clone()
            .unwrap()
            .downcast::<GcStrategy>()
            .unwrap(),
        other
    );
}
