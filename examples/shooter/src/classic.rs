//! The classic case: one burst of bullets, most games' first meeting with a collector.
//!
//! With a threshold below the burst, the burst triggers a collection that frees nothing: every bullet is still flying.
//! With one above it none is triggered, and the bullets go by reference count as they always would have. With
//! collection disabled in the round there is no pause in it and one after it, which finds the squad that was left
//! behind.

use crate::{
    entrant::{Entrant, heap_config},
    options::Options,
    play::go_to,
    table::{Table, grouped, ms, ms_or_dash},
    world::{
        ARENA, Luck, Match, Score, Serials,
        bullets::{self, BulletRef},
        grid::Grid,
        math::Dice,
        ships::{self, Class, ShipRef, Team},
        squads::{self, SquadRef},
    },
};
use bevy_app::{App, Update};
use bevy_ecs::{message::Messages, prelude::*};
use bevy_state::prelude::*;
use gc_bevy::{GcHeap, GcPlugin, GcRoundEnded, GcRoundPlugin};
use std::time::Duration;

/// The strategies that the case compares.
const SETTINGS: [Entrant; 3] = [Entrant::Automatic, Entrant::Raised, Entrant::Disabled];

/// What happened, as the heap's statistics tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    pub entrant: Entrant,
    pub bullets: u32,
    /// Collections while the burst was fired, and the objects that they freed.
    pub at_burst: Tally,
    /// Bullets that were gone before the round ended and that no collection had freed.
    pub by_count: u64,
    pub pause_in_round: Duration,
    /// Collections after the round, and the objects that they freed.
    pub after_round: Tally,
    pub pause_after: Option<Duration>,
}

/// Collections, and the objects that they freed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub collections: u64,
    pub freed: u64,
}

/// Plays the case under each of its settings.
pub fn play(options: &Options) -> [Case; 3] {
    SETTINGS.map(|entrant| Scene::new(options, entrant).play())
}

/// The cases as a table.
pub fn table(options: &Options, cases: &[Case]) -> Table {
    let mut table = Table::new([
        "setting",
        "collections\nat the burst",
        "objects\nthey freed",
        "bullets gone by\nreference count",
        "longest pause\nin the round, ms",
        "collections\nafter it",
        "objects\nthey freed",
        "pause after\nit, ms",
    ]);
    for case in cases {
        let setting = match case.entrant {
            Entrant::Raised => format!("threshold {}", grouped(options.raised_threshold.into())),
            Entrant::Disabled => "disabled in round".to_owned(),
            _ => format!("threshold {}", grouped(options.threshold.into())),
        };
        table.row([
            setting,
            grouped(case.at_burst.collections),
            grouped(case.at_burst.freed),
            grouped(case.by_count),
            ms(case.pause_in_round),
            grouped(case.after_round.collections),
            grouped(case.after_round.freed),
            ms_or_dash(case.pause_after),
        ]);
    }
    table
}

/// A flagship, a squad, and nobody to hit.
struct Scene {
    app: App,
    entrant: Entrant,
    bullets: u32,
}

/// The bullets to fire in this frame.
#[derive(Resource)]
struct Order(u32);

impl Scene {
    fn new(options: &Options, entrant: Entrant) -> Self {
        let mut app = App::new();
        app.add_plugins(bevy_state::app::StatesPlugin)
            .init_state::<Match>()
            .add_plugins(
                GcPlugin::default()
                    .strategy(entrant.strategy(options))
                    .config(heap_config(options)),
            )
            .add_plugins(GcRoundPlugin::during(Match::Playing))
            .insert_resource(Luck(Dice::new(options.seed)))
            .insert_resource(Order(0))
            .init_resource::<Serials>()
            .init_resource::<Score>()
            .init_resource::<Grid>()
            .add_systems(
                Update,
                (fire, bullets::fly)
                    .chain()
                    .run_if(in_state(Match::Playing)),
            )
            .add_systems(OnExit(Match::Playing), leave_behind);
        app.finish();
        app.cleanup();
        let mut scene = Self {
            app,
            entrant,
            bullets: options.burst,
        };
        scene
            .app
            .world_mut()
            .run_system_cached(set_up)
            .expect("the scene has what its set-up needs");
        scene.app.update();
        // The thresholds count from here.
        scene.app.world_mut().resource_mut::<GcHeap>().collect();
        scene.app.update();
        scene
    }

    fn play(mut self) -> Case {
        go_to(&mut self.app, Match::Playing);
        self.app.update();

        let before = self.tally();
        self.app.world_mut().insert_resource(Order(self.bullets));
        self.app.update();
        let at_burst = self.tally().since(before);
        let (live, before_flight) = (self.live(), self.tally());
        while self.flying() > 0 {
            self.app.update();
        }
        let by_count = (live - self.live()) as u64 - self.tally().since(before_flight).freed;

        self.app
            .world_mut()
            .resource_mut::<Messages<GcRoundEnded>>()
            .clear();
        let in_round = self.tally();
        go_to(&mut self.app, Match::Pause);
        self.app.update();
        let after_round = self.tally().since(in_round);
        let mut ended = self
            .app
            .world_mut()
            .resource_mut::<Messages<GcRoundEnded>>();
        let ended = ended.drain().next().expect("the round has ended");
        Case {
            entrant: self.entrant,
            bullets: self.bullets,
            at_burst,
            by_count,
            pause_in_round: ended.longest_pause,
            after_round,
            pause_after: ended.end_pause,
        }
    }

    fn tally(&self) -> Tally {
        let stats = self.app.world().resource::<GcHeap>().stats();
        Tally {
            collections: stats.iter().map(|generation| generation.collections).sum(),
            freed: stats.iter().map(|generation| generation.collected).sum(),
        }
    }

    fn live(&self) -> usize {
        self.app.world().resource::<GcHeap>().len()
    }

    fn flying(&mut self) -> usize {
        let world = self.app.world_mut();
        world.query::<&BulletRef>().iter(world).len()
    }
}

impl Tally {
    fn since(self, earlier: Self) -> Self {
        Self {
            collections: self.collections - earlier.collections,
            freed: self.freed - earlier.freed,
        }
    }
}

fn set_up(
    mut heap: ResMut<GcHeap>,
    mut serials: ResMut<Serials>,
    mut luck: ResMut<Luck>,
    mut commands: Commands,
) {
    squads::arrive(
        &mut heap,
        &mut serials,
        &mut luck.0,
        &mut commands,
        Team::Blue,
    );
    commands.spawn(ships::launch(
        &mut heap,
        &mut serials,
        Team::Blue,
        Class::Flagship,
        ARENA * 0.5,
    ));
}

fn fire(
    mut heap: ResMut<GcHeap>,
    mut luck: ResMut<Luck>,
    mut order: ResMut<Order>,
    mut commands: Commands,
    ships: Query<&ShipRef>,
) {
    let count = std::mem::take(&mut order.0);
    let flagship = ships
        .iter()
        .find(|ship| heap[&ship.0].class == Class::Flagship);
    if count > 0
        && let Some(ShipRef(flagship)) = flagship
    {
        commands.spawn_batch(bullets::burst(&mut heap, &mut luck.0, flagship, count));
    }
}

type Piece = Or<(With<SquadRef>, With<ShipRef>)>;

/// The squad and its ships leave the arena without being taken apart: a cycle for the collector.
fn leave_behind(mut commands: Commands, pieces: Query<Entity, Piece>) {
    for piece in &pieces {
        commands.entity(piece).despawn();
    }
}
