//! When each strategy lets the collector work.

mod common;

use bevy_app::{App, Update};
use bevy_ecs::prelude::*;
use common::{Match, Ship, ShipRef, YOUNG, app, collected, go_to, heap, lose_pairs};
use gc_bevy::{GcFrame, GcHeap, GcPlugin, GcStrategy, RoundEnd};
use gc_core::{Budget, Cause, Thresholds};

#[test]
fn automatic_collects_at_an_allocation() {
    let mut app = app(GcStrategy::Automatic);
    lose_pairs(&mut app, YOUNG);
    app.update();
    let collected = collected(&mut app);
    assert!(!collected.is_empty());
    assert!(
        collected
            .iter()
            .all(|it| it.collection.cause == Cause::Threshold && it.slices == 0)
    );
    assert!(collected.iter().any(|it| !it.freed_nothing()));
    assert!(
        collected.iter().all(|it| !it.pause.is_zero()),
        "a collection inside an allocation is timed too"
    );
}

#[test]
fn a_raised_threshold_is_not_met() {
    let raised = Thresholds {
        young: 1000,
        ..Thresholds::default()
    };
    let mut app = app(GcStrategy::RaisedThreshold(raised));
    lose_pairs(&mut app, YOUNG);
    app.update();
    assert_eq!(collected(&mut app), []);
    lose_pairs(&mut app, 500);
    app.update();
    assert_eq!(collected(&mut app).len(), 1);
}

#[test]
fn budgeted_works_in_slices_at_the_end_of_frames() {
    let mut app = app(GcStrategy::Budgeted(Budget::units(50)));
    lose_pairs(&mut app, 200);
    assert_eq!(collected(&mut app), [], "not at an allocation");
    let mut all = Vec::new();
    for _ in 0..1000 {
        lose_pairs(&mut app, 1);
        app.update();
        assert!(app.world().resource::<GcFrame>().units <= 51);
        all.extend(collected(&mut app));
    }
    assert!(all.iter().map(|it| it.collection.collected).sum::<usize>() >= 400);
    assert!(all.iter().all(|it| it.slices > 0));
    assert!(
        all.iter().any(|it| it.slices > 1),
        "one slice is not enough for 400 ships"
    );
}

#[test]
fn adaptive_finds_garbage_by_itself() {
    let mut app = app(GcStrategy::Adaptive);
    for _ in 0..1000 {
        lose_pairs(&mut app, 20);
        app.update();
    }
    let found: usize = collected(&mut app)
        .iter()
        .map(|it| it.collection.collected)
        .sum();
    assert!(found > 0 || heap(&mut app).len() < 40_000);
    assert!(
        heap(&mut app)
            .stats()
            .iter()
            .map(|it| it.collected)
            .sum::<u64>()
            > 0
    );
}

#[test]
fn the_default_is_budgeted() {
    assert!(matches!(GcStrategy::default(), GcStrategy::Budgeted(_)));
    let mut app = App::new();
    app.add_plugins(GcPlugin::default());
    common::finish(&mut app);
    assert_eq!(*app.world().resource::<GcStrategy>(), GcStrategy::default());
}

#[test]
fn a_strategy_can_change_in_any_frame() {
    let mut app = app(GcStrategy::RaisedThreshold(Thresholds {
        young: 100_000,
        ..Thresholds::default()
    }));
    lose_pairs(&mut app, YOUNG);
    app.update();
    assert_eq!(collected(&mut app), []);

    app.insert_resource(GcStrategy::Automatic);
    app.update();
    lose_pairs(&mut app, 1);
    app.update();
    assert_eq!(collected(&mut app).len(), 1);
}

#[test]
fn a_strategy_can_change_in_the_middle_of_a_round() {
    let mut app = app(GcStrategy::Automatic);
    go_to(&mut app, Match::Playing);
    assert!(!heap(&mut app).in_round());

    app.insert_resource(GcStrategy::DisabledInRound {
        round_end: RoundEnd::AtOnce,
    });
    app.update();
    assert!(heap(&mut app).in_round());
    lose_pairs(&mut app, 100);
    app.update();
    assert_eq!(collected(&mut app), []);

    app.insert_resource(GcStrategy::Automatic);
    app.update();
    assert!(!heap(&mut app).in_round());
    lose_pairs(&mut app, 1);
    app.update();
    assert_eq!(collected(&mut app).len(), 1);
    go_to(&mut app, Match::Lobby);
}

#[test]
fn a_job_that_another_strategy_began_comes_to_its_end() {
    let mut app = app(GcStrategy::DisabledInRound {
        round_end: RoundEnd::Spread(Budget::units(5)),
    });
    go_to(&mut app, Match::Playing);
    lose_pairs(&mut app, 100);
    go_to(&mut app, Match::Lobby);
    assert!(heap(&mut app).is_collecting());
    app.insert_resource(GcStrategy::Automatic);
    for _ in 0..10 {
        app.update();
    }
    assert!(!heap(&mut app).is_collecting());
}

#[test]
fn despawning_frees_in_the_same_frame() {
    let mut app = app(GcStrategy::Automatic);
    let ship = heap(&mut app).alloc(Ship::default());
    let entity = app.world_mut().spawn(ShipRef(ship)).id();
    app.update();
    assert_eq!(heap(&mut app).len(), 1);
    app.add_systems(Update, move |mut commands: Commands| {
        commands.entity(entity).try_despawn();
    });
    app.update();
    assert_eq!(heap(&mut app).len(), 0);
    assert_eq!(app.world().resource::<GcFrame>().reclaimed, 1);
}

#[test]
fn reading_and_writing_through_the_resource() {
    fn pair_up(mut heap: ResMut<GcHeap>, ships: Query<&ShipRef>) {
        let handles: Vec<_> = ships.iter().map(|ship| ship.0.clone()).collect();
        heap[&handles[0]].wingman = Some(handles[1].clone());
    }
    fn paired(heap: Res<GcHeap>, ships: Query<&ShipRef>) -> usize {
        ships
            .iter()
            .filter(|ship| heap[&ship.0].wingman.is_some())
            .count()
    }
    let mut app = app(GcStrategy::Automatic);
    for _ in 0..2 {
        let ship = heap(&mut app).alloc(Ship::default());
        app.world_mut().spawn(ShipRef(ship));
    }
    app.world_mut().run_system_cached(pair_up).unwrap();
    assert_eq!(app.world_mut().run_system_cached(paired).unwrap(), 1);
}
