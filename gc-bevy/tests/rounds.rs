//! Rounds: silent under `DisabledInRound`, marked under every strategy.

mod common;

use bevy_app::App;
use bevy_state::{app::StatesPlugin, prelude::*};
use common::{Match, Ship, ShipRef, YOUNG, app, collected, ended, go_to, heap, lose_pairs};
use gc_bevy::{GcFrame, GcPlugin, GcRound, GcRoundPlugin, GcSettings, GcStrategy, RoundEnd};
use gc_core::{Budget, Cause};

const AT_ONCE: GcStrategy = GcStrategy::DisabledInRound {
    round_end: RoundEnd::AtOnce,
};

fn round(app: &App) -> &GcRound {
    app.world().resource::<GcRound>()
}

#[test]
fn no_collection_in_the_round_and_one_after_it() {
    let mut app = app(AT_ONCE);
    go_to(&mut app, Match::Playing);
    assert!(round(&app).is_running());
    for _ in 0..10 {
        lose_pairs(&mut app, YOUNG);
        app.update();
    }
    assert_eq!(collected(&mut app), []);
    assert_eq!(ended(&mut app), []);

    go_to(&mut app, Match::Lobby);
    assert!(!round(&app).is_running());
    let collected = collected(&mut app);
    assert_eq!(collected.len(), 1);
    assert_eq!(collected[0].collection.collected, 20 * YOUNG);
    assert_eq!(collected[0].round, None);
    let ended = ended(&mut app);
    assert_eq!(ended.len(), 1);
    assert_eq!(
        (ended[0].round, ended[0].frames, ended[0].collections),
        (1, 12, 0)
    );
    assert!(ended[0].longest_pause.is_zero());
    assert_eq!(ended[0].report.unwrap().objects_gained, 20 * YOUNG as isize);
    assert!(
        ended[0]
            .end_pause
            .is_some_and(|pause| pause >= collected[0].pause && !pause.is_zero())
    );
}

#[test]
fn outside_rounds_the_thresholds_hold() {
    let mut app = app(AT_ONCE);
    lose_pairs(&mut app, YOUNG);
    app.update();
    assert!(!collected(&mut app).is_empty());
    go_to(&mut app, Match::Playing);
    go_to(&mut app, Match::Lobby);
    collected(&mut app);
    lose_pairs(&mut app, YOUNG);
    app.update();
    assert!(!collected(&mut app).is_empty());
}

#[test]
fn what_the_end_of_the_round_lets_go_of_is_collected_with_it() {
    let mut app = app(AT_ONCE);
    go_to(&mut app, Match::Playing);
    let ship = heap(&mut app).alloc(Ship::default());
    heap(&mut app)[&ship].wingman = Some(ship.clone());
    app.world_mut()
        .spawn((ShipRef(ship), DespawnOnExit(Match::Playing)));
    go_to(&mut app, Match::Lobby);
    assert_eq!(heap(&mut app).len(), 0);
}

#[test]
fn spread_collects_in_the_frames_that_follow() {
    let mut app = app(GcStrategy::DisabledInRound {
        round_end: RoundEnd::Spread(Budget::units(20)),
    });
    go_to(&mut app, Match::Playing);
    lose_pairs(&mut app, 100);
    go_to(&mut app, Match::Lobby);
    assert_eq!(ended(&mut app)[0].end_pause, None);
    assert!(round(&app).is_collecting());
    let mut frames = 0;
    let mut fraction = 0.0;
    while round(&app).is_collecting() {
        fraction = round(&app).collected_fraction().unwrap();
        assert!((0.0..=1.0).contains(&fraction));
        app.update();
        frames += 1;
        assert!(frames < 1000);
    }
    assert!(frames > 5 && fraction > 0.5);
    assert_eq!(heap(&mut app).len(), 0);
    assert_eq!(round(&app).collected_fraction(), None);
    let collected = collected(&mut app);
    let found: usize = collected.iter().map(|it| it.collection.collected).sum();
    assert_eq!(found, 200);
    assert!(
        collected
            .iter()
            .all(|it| it.collection.cause == Cause::RoundEnd && it.slices > 0)
    );
    assert!(collected.iter().any(|it| it.slices > 5));
}

#[test]
fn a_round_that_begins_before_the_last_is_cleaned_up_stays_silent() {
    let mut app = app(GcStrategy::DisabledInRound {
        round_end: RoundEnd::Spread(Budget::units(5)),
    });
    go_to(&mut app, Match::Playing);
    lose_pairs(&mut app, 100);
    go_to(&mut app, Match::Lobby);
    go_to(&mut app, Match::Playing);
    assert!(!round(&app).is_collecting());
    lose_pairs(&mut app, 100);
    collected(&mut app);
    for _ in 0..100 {
        app.update();
    }
    assert_eq!(collected(&mut app), []);
    go_to(&mut app, Match::Lobby);
    while round(&app).is_collecting() {
        app.update();
    }
    assert_eq!(heap(&mut app).len(), 0);
}

#[test]
fn other_strategies_only_mark_rounds() {
    let mut app = app(GcStrategy::Automatic);
    go_to(&mut app, Match::Playing);
    assert!(!heap(&mut app).in_round());
    lose_pairs(&mut app, YOUNG);
    app.update();
    let during = collected(&mut app);
    assert!(during.iter().all(|it| it.round == Some(1)));
    go_to(&mut app, Match::Lobby);
    let ended = ended(&mut app);
    assert_eq!(ended[0].collections as usize, during.len());
    assert!(ended[0].collections > 0 && !ended[0].longest_pause.is_zero());
    assert_eq!(ended[0].end_pause, None);
    assert_eq!(collected(&mut app), []);
}

#[test]
fn a_silent_round_that_would_run_out_of_memory_goes_on_in_slices() {
    let mut app = app(GcStrategy::DisabledInRound {
        round_end: RoundEnd::Spread(Budget::units(500)),
    });
    let soft = 64 << 10;
    app.world_mut().resource_mut::<GcSettings>().limits.soft = soft;
    go_to(&mut app, Match::Playing);
    for _ in 0..200 {
        lose_pairs(&mut app, 50);
        app.update();
        assert!(app.world().resource::<GcFrame>().units <= 501);
    }
    // 200 frames lost five times as much.
    assert!(heap(&mut app).peak_bytes() < 2 * soft);
    go_to(&mut app, Match::Lobby);
    let report = ended(&mut app)[0].report.unwrap();
    assert!(report.soft_limit > 0);
    assert_eq!(report.steps, 201);
}

#[test]
fn several_states_can_make_one_round() {
    let mut app = App::new();
    app.add_plugins(StatesPlugin)
        .init_state::<Match>()
        .add_plugins(GcPlugin::default().strategy(AT_ONCE))
        .add_plugins((
            GcRoundPlugin::during(Match::Playing),
            GcRoundPlugin::during(Match::Overtime),
        ));
    common::finish(&mut app);
    go_to(&mut app, Match::Playing);
    go_to(&mut app, Match::Lobby);
    go_to(&mut app, Match::Overtime);
    assert_eq!(round(&app).number(), 2);
    assert!(heap(&mut app).in_round());
    go_to(&mut app, Match::Lobby);
    assert!(!heap(&mut app).in_round());
    assert_eq!(
        ended(&mut app).len(),
        1,
        "messages of earlier frames are gone, this one is new"
    );
}

#[test]
fn a_round_left_and_entered_in_one_frame_ends_before_the_next_begins() {
    let mut app = App::new();
    app.add_plugins(StatesPlugin)
        .init_state::<Match>()
        .add_plugins(GcPlugin::default().strategy(AT_ONCE))
        .add_plugins((
            GcRoundPlugin::during(Match::Playing),
            GcRoundPlugin::during(Match::Overtime),
        ));
    common::finish(&mut app);
    go_to(&mut app, Match::Playing);
    lose_pairs(&mut app, 50);
    go_to(&mut app, Match::Overtime);
    assert_eq!(round(&app).number(), 2);
    assert!(heap(&mut app).in_round());
    assert_eq!(ended(&mut app)[0].round, 1);
    assert_eq!(heap(&mut app).len(), 0);
    go_to(&mut app, Match::Lobby);
    assert_eq!(ended(&mut app)[0].round, 2);
}

#[test]
#[should_panic(expected = "GcRoundPlugin needs GcPlugin")]
fn the_round_plugin_says_what_it_needs() {
    let mut app = App::new();
    app.add_plugins(StatesPlugin)
        .init_state::<Match>()
        .add_plugins(GcRoundPlugin::during(Match::Playing));
    app.finish();
}
