//! Where in the frame the collector works, and what may change while it does.

mod common;

use bevy_app::{App, FixedUpdate, Last, Startup, Update};
use bevy_ecs::prelude::*;
use bevy_time::{Fixed, Time, TimePlugin, TimeUpdateStrategy};
use common::{Ship, YOUNG, collected, ended, heap, lose_pair, lose_pairs};
use gc_bevy::{
    GcCollected, GcFrame, GcHeap, GcInfeasible, GcMemoryWarning, GcPlugin, GcRound, GcRoundEnded,
    GcRoundSignal, GcSettings, GcStrategy, GcSystems, IdleSlack, RoundEnd, SliceAt,
};
use gc_core::{Budget, Cause, Limits, Pacing};
use std::time::Duration;

const TICK: Duration = Duration::from_millis(10);

const AT_ONCE: GcStrategy = GcStrategy::DisabledInRound {
    round_end: RoundEnd::AtOnce,
};

/// An app whose frames last as long as the test says.
fn ticking(plugin: GcPlugin) -> App {
    let mut app = App::new();
    app.add_plugins((TimePlugin, plugin))
        .insert_resource(Time::<Fixed>::from_duration(TICK))
        .insert_resource(TimeUpdateStrategy::ManualDuration(Duration::ZERO));
    common::finish(&mut app);
    app
}

fn frame_of(app: &mut App, ticks: u32) {
    app.insert_resource(TimeUpdateStrategy::ManualDuration(TICK * ticks));
    app.update();
}

fn frame(app: &App) -> GcFrame {
    *app.world().resource::<GcFrame>()
}

fn signal(app: &mut App, signal: GcRoundSignal) {
    app.world_mut().write_message(signal);
    app.update();
}

/// An eager collector: a slice works whenever it may.
fn eager(budget: Budget) -> GcPlugin {
    GcPlugin::default().budget(budget).pacing(Pacing {
        max_age: 2,
        slack_bytes: 0,
        young_bytes: 1,
        ..Pacing::default()
    })
}

#[test]
fn a_frame_has_one_slice_however_many_ticks() {
    let mut app = ticking(eager(Budget::units(50)));
    for ticks in [0, 1, 5] {
        lose_pairs(&mut app, 500);
        frame_of(&mut app, ticks);
        assert!((1..=51).contains(&frame(&app).units), "{:?}", frame(&app));
    }
}

#[test]
fn slices_in_ticks_come_once_a_tick() {
    let mut app = ticking(eager(Budget::units(50)).slices(SliceAt::FixedTick));
    lose_pairs(&mut app, 500);
    frame_of(&mut app, 0);
    assert_eq!(frame(&app).units, 0);
    frame_of(&mut app, 1);
    assert!((1..=51).contains(&frame(&app).units));
    frame_of(&mut app, 4);
    assert!(
        (150..=204).contains(&frame(&app).units),
        "{:?}",
        frame(&app)
    );
}

#[test]
fn ticks_are_the_same_whatever_the_frames_are() {
    fn tick(
        mut heap: ResMut<GcHeap>,
        mut hashes: ResMut<Hashes>,
        mut held: Local<Vec<gc_core::Gc<Ship>>>,
    ) {
        for _ in 0..7 {
            lose_pair(&mut heap);
        }
        let ship = heap.alloc(Ship::default());
        held.push(ship);
        if held.len() > 20 {
            held.remove(0);
        }
        hashes.0.push(heap.state_hash());
    }
    #[derive(Resource, Default)]
    struct Hashes(Vec<u64>);

    let play = |frames: &[u32]| {
        let mut app = ticking(eager(Budget::units(60)).slices(SliceAt::FixedTick));
        app.init_resource::<Hashes>().add_systems(FixedUpdate, tick);
        frames.iter().for_each(|ticks| frame_of(&mut app, *ticks));
        app.world_mut().remove_resource::<Hashes>().unwrap().0
    };
    let steady = play(&[1; 60]);
    let uneven = play(&[0, 3, 1, 0, 0, 6, 5, 15, 0, 20, 10]);
    assert_eq!(steady.len(), 60);
    assert_eq!(steady, uneven);
}

#[test]
fn the_place_may_change_at_run_time() {
    let mut app = ticking(eager(Budget::units(50)));
    lose_pairs(&mut app, 500);
    app.world_mut().resource_mut::<GcSettings>().slices = SliceAt::FixedTick;
    frame_of(&mut app, 0);
    assert_eq!(frame(&app).units, 0);
    app.world_mut().resource_mut::<GcSettings>().slices = SliceAt::FrameEnd;
    frame_of(&mut app, 0);
    assert!(frame(&app).units > 0);
}

#[test]
fn a_round_ends_even_if_no_tick_comes_by() {
    let mut app = ticking(
        GcPlugin::default()
            .strategy(AT_ONCE)
            .slices(SliceAt::FixedTick),
    );
    signal(&mut app, GcRoundSignal::Begin);
    assert!(heap(&mut app).in_round());
    lose_pairs(&mut app, 10);
    signal(&mut app, GcRoundSignal::End);
    assert!(heap(&mut app).is_empty());
    assert_eq!(ended(&mut app).len(), 1);
}

#[test]
fn an_idle_frame_gives_its_rest_to_the_slice() {
    let idle = IdleSlack::at_hz(10.0); // 90 ms: more than the garbage needs
    let budget = Budget::units(20);
    let mut busy = ticking(eager(budget));
    let mut spare = ticking(eager(budget).idle(idle));
    for app in [&mut busy, &mut spare] {
        lose_pairs(app, 500);
        for _ in 0..3 {
            app.update();
        }
    }
    assert!(heap(&mut busy).len() > 900);
    assert!(heap(&mut spare).is_empty());

    // A frame that is over before it begins: the strategy's budget is still there.
    spare.world_mut().resource_mut::<GcSettings>().idle =
        Some(idle.reserve(Duration::from_secs(1)));
    lose_pairs(&mut spare, 500);
    spare.update();
    assert!((1..=21).contains(&frame(&spare).units));
}

#[test]
fn two_collections_never_meet_in_a_frame_by_accident() {
    // The end of a round collects at once; nothing else does in that frame, though thresholds are exceeded and a slice
    // would be due.
    for strategy in [AT_ONCE, GcStrategy::default()] {
        let mut app = common::app(strategy);
        app.insert_resource(AT_ONCE);
        common::go_to(&mut app, common::Match::Playing);
        lose_pairs(&mut app, 10 * YOUNG);
        app.update();
        collected(&mut app);
        common::go_to(&mut app, common::Match::Lobby);
        assert_eq!(collected(&mut app).len(), 1);
        assert_eq!(frame(&app).units, 0);
    }
}

#[test]
fn signals_make_rounds_without_states() {
    let mut app = App::new();
    app.add_plugins(GcPlugin::default().strategy(AT_ONCE));
    common::finish(&mut app);
    let running = |app: &App| app.world().resource::<GcRound>().is_running();

    signal(&mut app, GcRoundSignal::End);
    assert!(!running(&app));
    signal(&mut app, GcRoundSignal::Begin);
    signal(&mut app, GcRoundSignal::Begin);
    assert!(running(&app));
    assert_eq!(app.world().resource::<GcRound>().number(), 1);
    lose_pairs(&mut app, 5_000);
    app.update();
    assert_eq!(collected(&mut app), []);
    signal(&mut app, GcRoundSignal::End);
    assert!(!running(&app));
    assert_eq!(collected(&mut app).len(), 1);
    let rounds = ended(&mut app);
    assert_eq!((rounds[0].round, rounds[0].frames), (1, 4));

    // Both in one frame: one round ends, the next begins.
    signal(&mut app, GcRoundSignal::Begin);
    lose_pairs(&mut app, 10);
    app.world_mut().write_message(GcRoundSignal::End);
    signal(&mut app, GcRoundSignal::Begin);
    assert_eq!(app.world().resource::<GcRound>().number(), 3);
    assert!(heap(&mut app).in_round() && heap(&mut app).is_empty());
    assert_eq!(ended(&mut app)[0].round, 2);
}

#[test]
fn a_state_and_a_signal_make_one_round() {
    let mut app = common::app(AT_ONCE);
    signal(&mut app, GcRoundSignal::Begin);
    common::go_to(&mut app, common::Match::Playing);
    signal(&mut app, GcRoundSignal::End);
    assert!(heap(&mut app).in_round());
    assert_eq!(ended(&mut app), []);
    common::go_to(&mut app, common::Match::Lobby);
    assert!(!heap(&mut app).in_round());
    assert_eq!(ended(&mut app).len(), 1);
}

#[test]
fn settings_change_what_they_say_and_nothing_else() {
    let mut app = App::new();
    let limits = Limits {
        soft: 1 << 30,
        hard: 1 << 31,
    };
    app.add_plugins(GcPlugin::default().limits(limits));
    common::finish(&mut app);
    let pacing = Pacing {
        max_age: 77,
        ..Pacing::default()
    };
    heap(&mut app).set_pacing(pacing);
    app.world_mut().resource_mut::<GcSettings>().limits.soft = 1 << 20;
    app.world_mut()
        .resource_mut::<GcSettings>()
        .thresholds
        .young = 7;
    app.update();
    assert_eq!(heap(&mut app).limits().soft, 1 << 20);
    assert_eq!(heap(&mut app).limits().hard, 1 << 31);
    assert_eq!(heap(&mut app).thresholds().young, 7);
    assert_eq!(
        heap(&mut app).pacing(),
        pacing,
        "set by hand, and not by the settings"
    );
    app.world_mut().resource_mut::<GcSettings>().strategy = Some(GcStrategy::Automatic);
    app.update();
    lose_pairs(&mut app, 10);
    app.update();
    assert!(!collected(&mut app).is_empty());
}

#[derive(Resource, Default)]
struct Seen {
    collected: Vec<GcCollected>,
    ended: Vec<GcRoundEnded>,
    memory: Vec<GcMemoryWarning>,
    infeasible: Vec<GcInfeasible>,
}

#[test]
fn observers_hear_what_messages_tell() {
    let mut app = common::app(AT_ONCE);
    app.init_resource::<Seen>()
        .add_observer(
            |on: On<GcCollected>, mut seen: ResMut<Seen>, heap: Res<GcHeap>| {
                assert!(!heap.is_collecting());
                seen.collected.push(*on.event());
            },
        )
        .add_observer(|on: On<GcRoundEnded>, mut seen: ResMut<Seen>| seen.ended.push(*on.event()))
        .add_observer(|on: On<GcMemoryWarning>, mut seen: ResMut<Seen>| {
            seen.memory.push(*on.event());
        })
        .add_observer(|on: On<GcInfeasible>, mut seen: ResMut<Seen>| {
            seen.infeasible.push(*on.event());
        });
    common::go_to(&mut app, common::Match::Playing);
    app.world_mut().resource_mut::<GcSettings>().limits = Limits {
        soft: usize::MAX,
        hard: 1 << 20,
    };
    app.update();
    let mut fleet = Vec::new();
    while heap(&mut app).bytes() < 3 << 18 {
        fleet.push(heap(&mut app).alloc(Ship::default()));
    }
    app.update();
    let memory: Vec<_> = read(&mut app);
    assert_eq!(
        memory
            .iter()
            .map(|it: &GcMemoryWarning| it.percent)
            .collect::<Vec<_>>(),
        [Some(50), Some(75)]
    );
    common::go_to(&mut app, common::Match::Lobby);
    let (collected, ended) = (collected(&mut app), ended(&mut app));
    assert_eq!((collected.len(), ended.len()), (1, 1));
    assert_eq!(collected[0].collection.cause, Cause::Explicit);

    // A budget that cannot keep its bounds.
    app.insert_resource(GcStrategy::Budgeted(Budget::units(1)));
    app.world_mut().resource_mut::<GcSettings>().pacing.max_age = 2;
    let mut infeasible: Vec<GcInfeasible> = Vec::new();
    for _ in 0..100 {
        lose_pairs(&mut app, 10);
        app.update();
        infeasible.extend(read::<GcInfeasible>(&mut app));
    }
    assert!(!infeasible.is_empty());
    let seen = app.world().resource::<Seen>();
    assert_eq!(seen.collected, collected);
    assert_eq!(seen.ended, ended);
    assert_eq!(seen.memory, memory);
    assert_eq!(seen.infeasible, infeasible);
}

fn read<M: Message>(app: &mut App) -> Vec<M> {
    app.world_mut()
        .resource_mut::<bevy_ecs::message::Messages<M>>()
        .drain()
        .collect()
}

#[test]
fn systems_find_their_place_around_the_collector() {
    #[derive(Resource, Default)]
    struct Order(Vec<&'static str>);
    let note = |what: &'static str| move |mut order: ResMut<Order>| order.0.push(what);
    let mut app = App::new();
    app.add_plugins(GcPlugin::default())
        .init_resource::<Order>()
        .add_systems(Startup, note("startup"))
        .add_systems(Update, note("update"))
        .add_systems(
            Last,
            (
                note("report").after(GcSystems::Report),
                note("despawn").in_set(GcSystems::Despawn),
                note("step").in_set(GcSystems::Step),
                note("reclaim").in_set(GcSystems::Reclaim),
                note("before").before(GcSystems::Reclaim),
            ),
        );
    common::finish(&mut app);
    assert_eq!(
        app.world().resource::<Order>().0,
        [
            "startup", "update", "before", "reclaim", "step", "despawn", "report"
        ]
    );
}
