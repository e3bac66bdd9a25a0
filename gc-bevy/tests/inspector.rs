//! The inspector tells of leaks at the ends of rounds, and answers questions, some frames later.

mod common;

use bevy_app::App;
use bevy_ecs::{
    message::{Message, Messages},
    prelude::*,
};
use bevy_state::{app::StatesPlugin, prelude::*};
use common::{Match, Ship, go_to, heap, lose_pairs};
use gc_bevy::{
    GcInspect, GcInspection, GcInspectorPlugin, GcInspectorSettings, GcLeakSuspected, GcPlugin,
    GcRoundPlugin, GcStrategy, Inspect, RoundEnd,
};
use gc_core::{Budget, Gc, Trace};

#[derive(Trace)]
struct Chronicle {
    fallen: Vec<Gc<Ship>>,
}

#[derive(Resource, Default)]
struct Said(Vec<GcLeakSuspected>);

fn app(round_end: RoundEnd) -> App {
    let mut app = App::new();
    app.add_plugins(StatesPlugin)
        .init_state::<Match>()
        .add_plugins((
            GcPlugin::default().strategy(GcStrategy::DisabledInRound { round_end }),
            GcRoundPlugin::during(Match::Playing),
            GcInspectorPlugin::default().budget(Budget::units(100)),
        ))
        .init_resource::<Said>()
        .add_observer(|leak: On<GcLeakSuspected>, mut said: ResMut<Said>| {
            said.0.push(leak.clone());
        });
    common::finish(&mut app);
    app
}

fn drain<M: Message>(app: &mut App) -> Vec<M> {
    app.world_mut()
        .resource_mut::<Messages<M>>()
        .drain()
        .collect()
}

/// Plays frames until so many answers have come.
fn answers(app: &mut App, many: usize) -> Vec<GcInspection> {
    let mut answers = vec![];
    while answers.len() < many {
        app.update();
        answers.extend(drain::<GcInspection>(app));
    }
    answers
}

/// Rounds with garbage, and `lost` ships that the chronicle keeps. Answers what was said in them.
fn rounds(app: &mut App, rounds: usize, lost: usize) -> Vec<GcLeakSuspected> {
    let chronicle = heap(app).alloc(Chronicle { fallen: vec![] });
    for _ in 0..rounds {
        go_to(app, Match::Playing);
        lose_pairs(app, 200);
        for _ in 0..lost {
            let mut heap = heap(app);
            let ship = heap.alloc(Ship::default());
            heap[&chronicle].fallen.push(ship);
        }
        app.update();
        go_to(app, Match::Lobby);
        for _ in 0..100 {
            app.update();
        }
    }
    // Leaks that were noticed by now are told no later than what is asked now.
    app.world_mut()
        .write_message(GcInspect::main(Inspect::Retained));
    answers(app, 1);
    app.world_mut().remove_resource::<Said>().unwrap().0
}

#[test]
fn a_leak_is_told_with_its_holder() {
    for round_end in [RoundEnd::AtOnce, RoundEnd::Spread(Budget::units(300))] {
        let mut app = app(round_end);
        let said = rounds(&mut app, 7, 10);
        assert_eq!(said.len(), 1);
        let leak = &said[0].leak;
        assert!(said[0].heap.is_main());
        assert_eq!(leak.holder, "Chronicle.fallen[]");
        assert_eq!(leak.growth.per_round, 10.0);
        assert_eq!((leak.held, leak.objects), (60, 60));
        assert_eq!(leak.why.chain(), "Chronicle.fallen[0] → Ship");
    }
}

#[test]
fn rounds_that_leave_nothing_behind_are_silent() {
    let mut app = app(RoundEnd::AtOnce);
    assert_eq!(rounds(&mut app, 15, 0), []);
}

#[test]
fn settings_change_while_the_game_runs() {
    let mut app = app(RoundEnd::AtOnce);
    let settings = &mut *app.world_mut().resource_mut::<GcInspectorSettings>();
    assert_eq!(settings.budget, Budget::units(100));
    settings.patience = 3;
    assert_eq!(rounds(&mut app, 3, 10).len(), 1);
}

#[test]
fn questions_are_answered() {
    let mut app = app(RoundEnd::AtOnce);
    let ship = heap(&mut app).alloc(Ship::default());
    let wingman = heap(&mut app).alloc(Ship {
        wingman: Some(ship.clone()),
    });
    let id = ship.id();
    drop(ship);
    let questions = [
        Inspect::Types,
        Inspect::Cycles,
        Inspect::WhyAlive(id),
        Inspect::Retained,
    ];
    for question in &questions {
        app.world_mut()
            .write_message(GcInspect::main(question.clone()));
    }
    // Not of this heap.
    app.world_mut()
        .write_message(GcInspect::of::<u8>(Inspect::Types));
    let mut answers = answers(&mut app, questions.len());
    app.update();
    answers.extend(drain::<GcInspection>(&mut app));
    assert_eq!(answers.len(), questions.len());
    let text = |what: &Inspect| &answers.iter().find(|it| it.what == *what).unwrap().text;
    assert!(text(&questions[0]).starts_with("type  objects"));
    assert_eq!(text(&questions[1]), "no cycles were found");
    assert!(text(&questions[2]).starts_with("alive: Ship.wingman → Ship"));
    assert!(text(&questions[3]).contains("largest owners"));
    drop(wingman);
}

#[cfg(feature = "std")]
#[test]
fn snapshots_are_written() {
    let mut app = app(RoundEnd::AtOnce);
    let ships = [(); 2].map(|()| heap(&mut app).alloc(Ship::default()));
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("inspector.heapsnapshot");
    let _ = std::fs::remove_file(&file);
    for path in [file.clone(), file.join("no/such/folder")] {
        app.world_mut()
            .write_message(GcInspect::main(Inspect::Snapshot(path)));
    }
    let answers = answers(&mut app, 2);
    let text = |path| {
        let what = Inspect::Snapshot(path);
        &answers.iter().find(|it| it.what == what).unwrap().text
    };
    assert!(text(file.clone()).contains("2 objects"));
    assert!(!text(file.join("no/such/folder")).contains("objects"));
    let written = std::fs::read_to_string(file).unwrap();
    assert!(written.starts_with("{\"snapshot\"") && written.ends_with("]}\n"));
    drop(ships);
}

/// Frames until the answer, each with a budget of so many units.
fn frames(app: &mut App, budget: u64, what: &Inspect) -> (u64, String) {
    let settings = &mut *app.world_mut().resource_mut::<GcInspectorSettings>();
    settings.budget = Budget::units(budget);
    app.world_mut().write_message(GcInspect::main(what.clone()));
    let mut frames = 0;
    loop {
        frames += 1;
        app.update();
        if let Some(answer) = drain::<GcInspection>(app).pop() {
            // What there is to give back.
            (0..1000).for_each(|_| app.update());
            return (frames, answer.text);
        }
    }
}

/// Nothing is left for one frame: with budgets of one unit each question takes as many frames as it has units, with larger
/// ones as many times fewer.
#[test]
fn no_frame_does_more_than_its_budget() {
    let mut app = app(RoundEnd::AtOnce);
    heap(&mut app).record_cycles(true);
    lose_pairs(&mut app, 300);
    heap(&mut app).collect();
    let mut list = None;
    let mut last = None;
    for _ in 0..500 {
        let ship = heap(&mut app).alloc(Ship { wingman: list });
        last.get_or_insert(ship.id());
        list = Some(ship);
    }
    let objects = heap(&mut app).len() as u64;
    for (what, least) in [
        (Inspect::Cycles, 600 / 16),
        (Inspect::WhyAlive(last.unwrap()), objects + objects / 16),
        (Inspect::Retained, objects + objects / 4),
    ] {
        let (units, text) = frames(&mut app, 1, &what);
        assert!(units >= least, "{units} frames: {what:?}");
        for budget in [2, 7, 50] {
            let (frames, same) = frames(&mut app, budget, &what);
            assert!(frames >= units / budget, "{frames} of {units}: {what:?}");
            if !matches!(what, Inspect::Cycles) {
                assert_eq!(same, text);
            }
        }
    }
    drop(list);
}

/// A path through the whole heap is no reason for a long answer.
#[test]
fn of_a_long_path_the_ends_are_told() {
    let mut app = app(RoundEnd::AtOnce);
    let first = heap(&mut app).alloc(Ship::default());
    let id = first.id();
    let mut list = first;
    for _ in 0..1000 {
        let wingman = Some(list);
        list = heap(&mut app).alloc(Ship { wingman });
    }
    let (_, text) = frames(&mut app, 100, &Inspect::WhyAlive(id));
    assert!(text.contains("… 989 more …"), "{text}");
    drop(list);
}

/// A component's handle is told with the line that made it.
#[cfg(feature = "call_sites")]
#[test]
fn answers_name_the_places_of_handles_in_components() {
    let mut app = app(RoundEnd::AtOnce);
    let ship = heap(&mut app).alloc(Ship::default());
    let (component, line) = (gc_bevy::GcRef(ship.clone()), line!());
    let why = Inspect::WhyAlive(ship.id());
    drop(ship);
    app.world_mut().spawn(component.clone());
    app.world_mut().spawn(component);
    app.world_mut().write_message(GcInspect::main(why));
    let answer = answers(&mut app, 1).remove(0).text;
    for line in [line, line + 3] {
        let place = format!("    1 from {}:{line}:", file!());
        assert!(answer.contains(&place), "{answer}");
    }
}
