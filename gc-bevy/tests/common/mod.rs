//! What the tests share: a match with a lobby, and objects that refer to each other.
#![allow(dead_code, reason = "each test program uses its part")]

use bevy_app::App;
use bevy_ecs::{message::Messages, prelude::*};
use bevy_state::{app::StatesPlugin, prelude::*};
use gc_bevy::{GcCollected, GcHeap, GcPlugin, GcRoundEnded, GcRoundPlugin, GcStrategy};
use gc_core::{Gc, Heap, HeapConfig, Thresholds, Trace};

#[derive(States, Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Match {
    #[default]
    Lobby,
    Playing,
    Overtime,
}

#[derive(Trace, Default)]
pub struct Ship {
    pub wingman: Option<Gc<Ship>>,
}

#[derive(Component)]
pub struct ShipRef(pub Gc<Ship>);

/// A young threshold that two dozen ships exceed.
pub const YOUNG: usize = 20;

pub fn app(strategy: GcStrategy) -> App {
    let mut app = App::new();
    let thresholds = Thresholds {
        young: YOUNG,
        ..Thresholds::default()
    };
    app.add_plugins(StatesPlugin)
        .init_state::<Match>()
        .add_plugins(GcPlugin::default().strategy(strategy).config(HeapConfig {
            thresholds,
            ..HeapConfig::default()
        }))
        .add_plugins(GcRoundPlugin::during(Match::Playing));
    finish(&mut app);
    app
}

pub fn finish(app: &mut App) {
    app.finish();
    app.cleanup();
    app.update();
}

pub fn heap(app: &mut App) -> Mut<'_, GcHeap> {
    app.world_mut().resource_mut::<GcHeap>()
}

pub fn go_to(app: &mut App, state: Match) {
    app.world_mut()
        .resource_mut::<NextState<Match>>()
        .set(state);
    app.update();
}

/// Two ships that refer to each other and to which nothing else refers.
pub fn lose_pair(heap: &mut Heap) {
    let one = heap.alloc(Ship::default());
    let two = heap.alloc(Ship {
        wingman: Some(one.clone()),
    });
    heap[&one].wingman = Some(two);
}

pub fn lose_pairs(app: &mut App, pairs: usize) {
    let heap = &mut **heap(app);
    (0..pairs).for_each(|_| lose_pair(heap));
}

pub fn collected(app: &mut App) -> Vec<GcCollected> {
    app.world_mut()
        .resource_mut::<Messages<GcCollected>>()
        .drain()
        .collect()
}

pub fn ended(app: &mut App) -> Vec<GcRoundEnded> {
    app.world_mut()
        .resource_mut::<Messages<GcRoundEnded>>()
        .drain()
        .collect()
}

/// The seed of a randomized test, printed, so that a failure can be repeated.
pub fn seed(test: &str) -> u64 {
    let seed = std::env::var("GC_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(0x9e37_79b9_7f4a_7c15);
    println!("{test}: GC_SEED={seed}");
    seed
}

/// xorshift64*: enough to mix things up.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound
    }
}
