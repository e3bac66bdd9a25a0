//! The feature `reflect`: what an inspector or a settings file may touch.
#![cfg(feature = "reflect")]

mod common;

use bevy_app::App;
use bevy_ecs::{
    message::Messages,
    reflect::{AppTypeRegistry, ReflectComponent, ReflectEvent, ReflectMessage, ReflectResource},
};
use bevy_reflect::serde::{TypedReflectDeserializer, TypedReflectSerializer};
use bevy_reflect::{FromReflect, GetPath, PartialReflect, Reflect, ReflectMut, TypePath};
use common::{app, heap, lose_pairs};
use gc_bevy::{
    GcBound, GcCollected, GcDeaths, GcFrame, GcHeapId, GcInfeasible, GcInspect, GcInspection,
    GcInspectorPlugin, GcInspectorSettings, GcLeakSuspected, GcMemoryWarning, GcPlugin, GcRef,
    GcRound, GcRoundEnded, GcRoundSignal, GcSettings, GcStrategy, IdleSlack, Inspect, MainHeap,
    RoundEnd, SliceAt,
};
use gc_core::{Budget, Cause, Generation, InfeasiblePolicy, Thresholds};
use serde::de::DeserializeSeed;
use std::{any::TypeId, time::Duration};

#[test]
fn settings_are_in_the_type_registry_and_open_to_an_inspector() {
    let app = app(GcStrategy::default());
    let registry = app.world().resource::<AppTypeRegistry>().read();
    for id in [
        TypeId::of::<GcStrategy>(),
        TypeId::of::<RoundEnd>(),
        TypeId::of::<GcFrame>(),
        TypeId::of::<GcSettings>(),
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

#[test]
fn every_setting_can_be_reached_by_its_path() {
    let mut settings = GcSettings::default();
    let mut set = |path: &str, value: &dyn PartialReflect| {
        settings.reflect_path_mut(path).unwrap().apply(value);
    };
    set("limits.soft", &1_000usize);
    set("thresholds.middle", &3usize);
    set("pacing.max_age", &60u32);
    set("slices", &SliceAt::FixedTick);
    set("idle", &Some(IdleSlack::at_hz(60.0)));
    set("strategy", &Some(GcStrategy::Adaptive));
    assert_eq!(settings.limits.soft, 1_000);
    assert_eq!(settings.thresholds.middle, 3);
    assert_eq!(settings.pacing.max_age, 60);
    assert_eq!(settings.pacing.infeasible, InfeasiblePolicy::Grow);
    assert_eq!(settings.slices, SliceAt::FixedTick);
    assert_eq!(settings.idle, Some(IdleSlack::at_hz(60.0)));
    assert_eq!(settings.strategy, Some(GcStrategy::Adaptive));
    let copy = settings.to_dynamic().unwrap();
    let mut other = GcSettings::default();
    other.apply(&*copy);
    assert_eq!(other, settings);
}

#[test]
fn a_marker_needs_no_type_path() {
    struct Mod;
    let mut app = App::new();
    app.add_plugins((
        GcPlugin::default(),
        GcPlugin::<Mod>::default(),
        GcInspectorPlugin::<Mod>::default(),
    ));
    let registry = app.world().resource::<AppTypeRegistry>().read();
    assert!(registry.get(TypeId::of::<GcSettings<Mod>>()).is_some());
    assert_eq!(GcSettings::<Mod>::short_type_path(), "GcSettings<Mod>");
    assert_ne!(
        GcSettings::<Mod>::type_path(),
        <GcSettings as TypePath>::type_path()
    );
    let id = TypeId::of::<GcInspectorSettings<Mod>>();
    assert_eq!(
        registry
            .get(id)
            .unwrap()
            .type_info()
            .type_path_table()
            .short_path(),
        "GcInspectorSettings<Mod>"
    );
}

fn inspected() -> App {
    let mut app = App::new();
    app.add_plugins((
        GcPlugin::default().strategy(GcStrategy::Automatic),
        GcInspectorPlugin::default(),
    ));
    common::finish(&mut app);
    app
}

#[test]
fn messages_are_in_the_type_registry_with_what_a_tool_needs_to_write_and_observe_them() {
    let app = inspected();
    let registry = app.world().resource::<AppTypeRegistry>().read();
    let told = [
        TypeId::of::<GcCollected>(),
        TypeId::of::<GcRoundEnded>(),
        TypeId::of::<GcMemoryWarning>(),
        TypeId::of::<GcInfeasible>(),
        TypeId::of::<GcInspection>(),
        TypeId::of::<GcLeakSuspected>(),
    ];
    let heard = [TypeId::of::<GcRoundSignal>(), TypeId::of::<GcInspect>()];
    for id in told.into_iter().chain(heard) {
        assert!(registry.get_type_data::<ReflectMessage>(id).is_some());
    }
    for id in told {
        assert!(registry.get_type_data::<ReflectEvent>(id).is_some());
    }
}

/// Writes a message as a tool does that knows its type by name only.
fn write(app: &mut App, message: &dyn Reflect) {
    let registry = app.world().resource::<AppTypeRegistry>().clone();
    let registry = registry.read();
    let path = message.reflect_type_path();
    let registration = registry.get_with_type_path(path).unwrap();
    let writer = registration.data::<ReflectMessage>().unwrap();
    let dynamic = message.to_dynamic().unwrap();
    writer.write_message(app.world_mut(), &*dynamic, &registry);
}

#[test]
fn a_tool_begins_rounds_and_asks_questions() {
    let mut app = inspected();
    write(&mut app, &GcRoundSignal::Begin);
    write(&mut app, &GcInspect::main(Inspect::Types));
    app.update();
    assert!(app.world().resource::<GcRound>().is_running());
    let answers: Vec<_> = app
        .world_mut()
        .resource_mut::<Messages<GcInspection>>()
        .drain()
        .collect();
    assert_eq!(answers.len(), 1);
    let text = answers[0].reflect_path("text").unwrap();
    assert!(
        text.try_downcast_ref::<String>()
            .unwrap()
            .contains("objects")
    );
}

#[test]
fn every_number_of_a_message_can_be_reached_by_its_path() {
    let mut app = inspected();
    lose_pairs(&mut app, 20);
    heap(&mut app).collect();
    app.update();
    let collected = *common::collected(&mut app).last().unwrap();
    assert_eq!(collected.path::<usize>("collection.collected"), Ok(&40));
    let generation = collected.reflect_path("collection.generation").unwrap();
    assert_eq!(collected.collection.generation, Generation::Old);
    assert_eq!(variant(generation), "Old");
    assert_eq!(collected.collection.cause, Cause::Explicit);
    assert_eq!(
        variant(collected.reflect_path("collection.cause").unwrap()),
        "Explicit"
    );
    assert_eq!(
        collected.path::<GcHeapId>("heap"),
        Ok(&GcHeapId::of::<MainHeap>())
    );

    app.insert_resource(GcStrategy::DisabledInRound {
        round_end: RoundEnd::AtOnce,
    });
    app.world_mut().write_message(GcRoundSignal::Begin);
    app.update();
    lose_pairs(&mut app, 20);
    app.world_mut().write_message(GcRoundSignal::End);
    app.update();
    let ended = *common::ended(&mut app).last().unwrap();
    assert_eq!(ended.path::<u64>("round"), Ok(&1));
    assert_eq!(ended.path::<u32>("report.0.explicit"), Ok(&0));
    let copy = ended
        .reflect_clone()
        .unwrap()
        .downcast::<GcRoundEnded>()
        .unwrap();
    assert_eq!(*copy, ended);
}

#[test]
fn an_inspector_shows_the_round_and_what_entities_are_bound_to() {
    let mut app = inspected();
    let ship = heap(&mut app).alloc(3u32);
    let label = app.world_mut().spawn(GcBound::to(&ship)).id();
    app.world_mut().write_message(GcRoundSignal::Begin);
    app.update();
    let registry = app.world().resource::<AppTypeRegistry>().clone();
    let registry = registry.read();
    let bound = registry
        .get_type_data::<ReflectComponent>(TypeId::of::<GcBound>())
        .unwrap()
        .reflect(app.world().entity(label))
        .unwrap();
    let object = ship.downgrade().id();
    assert_eq!(format!("{bound:?}"), format!("GcBound({object:?})"));
    for id in [TypeId::of::<GcRound>(), TypeId::of::<GcDeaths>()] {
        assert!(registry.get_type_data::<ReflectResource>(id).is_some());
    }
}

#[test]
fn a_strategy_is_written_to_a_settings_file_and_read_back() {
    let app = app(GcStrategy::default());
    let registry = app.world().resource::<AppTypeRegistry>().read();
    let written = |strategy: &GcStrategy| {
        ron::to_string(&TypedReflectSerializer::new(strategy, &registry)).unwrap()
    };
    let read = |text: &str| {
        let type_of = registry.get(TypeId::of::<GcStrategy>()).unwrap();
        let mut text = ron::Deserializer::from_str(text).unwrap();
        let value = TypedReflectDeserializer::new(type_of, &registry)
            .deserialize(&mut text)
            .unwrap();
        GcStrategy::from_reflect(&*value).unwrap()
    };
    for strategy in [
        GcStrategy::default(),
        GcStrategy::Budgeted(Budget::units(2_000)),
        GcStrategy::DisabledInRound {
            round_end: RoundEnd::Spread(Budget::time(Duration::from_millis(1))),
        },
        GcStrategy::Adaptive,
    ] {
        assert_eq!(read(&written(&strategy)), strategy);
    }
    assert_eq!(
        written(&GcStrategy::Budgeted(Budget::units(2_000))),
        "Budgeted(Units(2000))"
    );
}

#[test]
fn a_handle_in_a_component_is_shown_once_it_is_registered() {
    #[derive(gc_core::Trace, TypePath)]
    struct Ship;
    let mut app = app(GcStrategy::default());
    app.register_type::<GcRef<Ship>>();
    let ship = heap(&mut app).alloc(Ship);
    let entity = app.world_mut().spawn(GcRef(ship)).id();
    let registry = app.world().resource::<AppTypeRegistry>().read();
    let shown = registry
        .get_type_data::<ReflectComponent>(TypeId::of::<GcRef<Ship>>())
        .unwrap();
    assert!(shown.reflect(app.world().entity(entity)).is_some());
}

fn variant(value: &dyn PartialReflect) -> &str {
    value.reflect_ref().as_enum().unwrap().variant_name()
}

#[test]
fn the_inspectors_settings_are_open_too() {
    let mut settings = GcInspectorSettings::default();
    let mut set = |path: &str, value: &dyn PartialReflect| {
        settings.reflect_path_mut(path).unwrap().apply(value);
    };
    set("window", &20usize);
    set("patience", &9usize);
    set("least_growth", &2.5f32);
    set("print", &true);
    assert_eq!(
        (settings.window, settings.patience, settings.least_growth),
        (20, 9, 2.5)
    );
    assert!(settings.print);
    let copy = settings.to_dynamic().unwrap();
    let mut other = GcInspectorSettings::default();
    other.apply(&*copy);
    assert_eq!(other, settings);
}
