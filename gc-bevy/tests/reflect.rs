//! The feature `reflect`: what an inspector or a settings file may touch.
#![cfg(feature = "reflect")]

mod common;

use bevy_app::App;
use bevy_ecs::reflect::AppTypeRegistry;
use bevy_reflect::{GetPath, PartialReflect, ReflectMut, TypePath};
use common::app;
use gc_bevy::{GcFrame, GcPlugin, GcSettings, GcStrategy, IdleSlack, RoundEnd, SliceAt};
use gc_core::{Budget, InfeasiblePolicy, Thresholds};
use std::any::TypeId;

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
    app.add_plugins((GcPlugin::default(), GcPlugin::<Mod>::default()));
    let registry = app.world().resource::<AppTypeRegistry>().read();
    assert!(registry.get(TypeId::of::<GcSettings<Mod>>()).is_some());
    assert_eq!(GcSettings::<Mod>::short_type_path(), "GcSettings<Mod>");
    assert_ne!(
        GcSettings::<Mod>::type_path(),
        <GcSettings as TypePath>::type_path()
    );
}
