//! The garbage collector [`gc-core`](gc_core) as a Bevy plugin: a heap for objects that refer to each other, with
//! handles in components, and a collector that works when the game lets it.
//!
//! ```
//! use bevy_app::{App, Startup, Update};
//! use bevy_ecs::prelude::*;
//! use gc_bevy::{GcHeap, GcPlugin, GcRef};
//! use gc_core::{Gc, Trace};
//!
//! #[derive(Trace)]
//! struct Ship { bullets: Vec<Gc<Bullet>> }
//!
//! #[derive(Trace)]
//! struct Bullet { owner: Gc<Ship> }
//!
//! fn launch(mut heap: ResMut<GcHeap>, mut commands: Commands) {
//!     commands.spawn(GcRef(heap.alloc(Ship { bullets: Vec::new() })));
//! }
//!
//! fn fire(mut heap: ResMut<GcHeap>, ships: Query<&GcRef<Ship>>) {
//!     for GcRef(ship) in &ships {
//!         let bullet = heap.alloc(Bullet { owner: ship.clone() });
//!         heap[ship].bullets.push(bullet); // ship and bullet refer to each other: a cycle
//!     }
//! }
//!
//! let mut app = App::new();
//! app.add_plugins(GcPlugin::default()).add_systems(Startup, launch).add_systems(Update, fire);
//! app.update();
//! app.update();
//! assert_eq!(app.world().resource::<GcHeap>().len(), 3);
//!
//! // The entity goes, the cycle stays, the collector finds it.
//! let ships: Vec<Entity> = app.world_mut().query_filtered::<Entity, With<GcRef<Ship>>>().iter(app.world()).collect();
//! ships.into_iter().for_each(|ship| { app.world_mut().despawn(ship); });
//! app.world_mut().resource_mut::<GcHeap>().collect();
//! assert_eq!(app.world().resource::<GcHeap>().len(), 0);
//! ```
//!
//! # One frame
//!
//! ```text
//! ├ First ─ PreUpdate ─ OnExit, OnEnter ─ FixedMain (per tick) ─ Update ─ PostUpdate ─┬────────────── Last ──────────────┬ extract
//! │ ╎                   ╎                 ╎                      ╎                    │ Reclaim  Step  Despawn  Report   │ render
//! │ ╎                   ╎                 ╎                      ╎                      ╎        ╎     ╎        ╎
//! │ ╎                   ╎                 ╎                      ╎                      ╎        ╎     ╎        GcFrame, messages, observers,
//! │ ╎                   ╎                 ╎                      ╎                      ╎        ╎     ╎        diagnostics
//! │ ╎                   ╎                 ╎                      ╎                      ╎        ╎     entities bound to objects that died
//! │ ╎                   ╎                 ╎                      ╎                      ╎        the end of a round: what it asks for
//! │ ╎                   ╎                 ╎                      ╎                      ╎        Budgeted, Adaptive: one slice, within its budget
//! │ ╎                   ╎                 ╎                      ╎                      signals, changed settings; what reference counting condemned
//! │ ╎                   ╎                 ╎                      the game allocates; Automatic, RaisedThreshold: a collection may interrupt it
//! │ ╎                   ╎                 SliceAt::FixedTick: Reclaim and Step in FixedLast, once a tick, instead of in Last
//! │ ╎                   a round begins, or its end is marked
//! │ the clock is read, for IdleSlack
//! ```
//!
//! With the pipelined renderer the render world draws this frame while the next one begins; slices are the main thread's
//! time in `Last`, before the extraction. What was extracted may hold handles: they may be dropped on any thread, at any
//! time. A heap has one slice a frame, or one a tick; the end of a round under [`RoundEnd::AtOnce`] is the frame's only
//! collection. Slices of several heaps run in parallel where the executor has threads.
//!
//! # Contents
//!
//! | | |
//! |---|---|
//! | plugins | [`GcPlugin`], [`GcRoundPlugin`], [`GcDiagnosticsPlugin`], [`GcInspectorPlugin`] |
//! | resources | [`GcHeap`], [`GcSettings`], [`GcDeaths`], [`GcInspectorSettings`], one each a heap; [`GcStrategy`], [`GcRound`], [`GcFrame`], one each an app |
//! | system parameters | [`GcAlloc`]: allocates without the heap, in systems that run in parallel |
//! | components | [`GcRef`]: an entity keeps an object; [`GcBound`]: an entity goes with an object |
//! | schedules and sets | [`GcSystems`] in [`Last`](bevy_app::Last) and [`FixedLast`](bevy_app::FixedLast), and in `OnEnter`, `OnExit` of a round's states |
//! | messages and observer events | [`GcCollected`], [`GcRoundEnded`], [`GcMemoryWarning`], [`GcInfeasible`], [`GcLeakSuspected`], [`GcInspection`] |
//! | messages to write | [`GcRoundSignal`], [`GcInspect`] |
//!
//! Without settings a heap has at most 0.5 ms a frame. [`GcStrategy`] says when the collector may work and may change in
//! any frame, as all of [`GcSettings`] may. A round ([`GcRoundPlugin`], [`GcRoundSignal`]) is a stretch of play in which
//! [`GcStrategy::DisabledInRound`] keeps the collector silent.
//!
//! # Several heaps
//!
//! One a mod, a world or a server room: a marker type tells them apart, [`MainHeap`] is meant where none is named.
//!
//! ```
//! use bevy_app::App;
//! use bevy_ecs::prelude::*;
//! use gc_bevy::{GcHeap, GcPlugin};
//!
//! struct Mod;
//!
//! fn both(main: ResMut<GcHeap>, modded: ResMut<GcHeap<Mod>>) {
//!     println!("{} and {} objects", main.len(), modded.len());
//! }
//!
//! let mut app = App::new();
//! app.add_plugins((GcPlugin::default(), GcPlugin::<Mod>::default())).add_systems(bevy_app::Update, both);
//! app.update();
//! ```
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `std` | yes | budgets in time, [`IdleSlack`], times in the reports. Without it the crate is `no_std`, budgets are in units of work, and the clock that times pauses is the one that `bevy_platform` was given |
//! | `reflect` | yes | `Reflect` for the settings, [`GcStrategy`], [`GcFrame`], [`GcRound`], the messages, [`GcBound`] and [`GcRef`], and the registration of all but the last |
//! | `multi_threaded` | no | Bevy's executor on several threads, as the `bevy` crate has it by default |
//! | `trace` | no | spans for `tracing`: slices by phase, in Tracy or a Chrome trace |
//! | `call_sites` | no | the inspector tells where each handle outside the heap was allocated or cloned; for debugging |
//! | `overlay` | no | the module `overlay` with `GcOverlayPlugin`: a panel in Bevy UI that shows frame times, slices and the heap |
//!
//! # Costs
//!
//! A frame in which nothing happens: six systems a heap and two an app, no allocation. A collection: two readings of the
//! clock and one record of about 120 bytes. Dropping the handle in a despawned entity: one atomic operation, and one more
//! if it was the last; no object's `Drop` runs inside a command. An entity bound to an object: an entry of a table.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![no_std]
#![deny(missing_docs)]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod bound;
mod diagnostics;
mod frame;
mod heap;
mod inspector;
mod keeper;
mod messages;
#[cfg(feature = "overlay")]
pub mod overlay;
mod parallel;
mod plugin;
#[cfg(feature = "reflect")]
mod reflect;
mod refs;
mod round;
mod settings;
mod shared;
mod strategy;
mod systems;
#[cfg(feature = "trace")]
mod trace;
mod watch;

pub use bound::{GcBound, GcDeaths};
pub use diagnostics::GcDiagnosticsPlugin;
pub use frame::GcFrame;
pub use heap::{GcHeap, GcHeapId, MainHeap};
pub use inspector::{
    GcInspect, GcInspection, GcInspectorPlugin, GcInspectorSettings, GcLeakSuspected, Inspect,
};
pub use messages::{GcCollected, GcInfeasible, GcMemoryWarning, GcRoundEnded};
pub use parallel::GcAlloc;
pub use plugin::GcPlugin;
pub use refs::GcRef;
pub use round::{GcRound, GcRoundPlugin, GcRoundSignal};
pub use settings::{GcSettings, IdleSlack, SliceAt};
pub use strategy::{GcStrategy, RoundEnd};
pub use systems::GcSystems;

/// The collector itself. Depend on `gc-core` beside gc-bevy, for `#[derive(Trace)]` names it; or write
/// `#[trace(crate = gc_bevy::gc_core)]` under the derive.
pub use gc_core;

/// What most systems need: `use gc_bevy::prelude::*;`
pub mod prelude {
    pub use crate::{
        GcAlloc, GcBound, GcCollected, GcDiagnosticsPlugin, GcFrame, GcHeap, GcInfeasible,
        GcInspect, GcInspection, GcInspectorPlugin, GcLeakSuspected, GcMemoryWarning, GcPlugin,
        GcRef, GcRound, GcRoundEnded, GcRoundPlugin, GcRoundSignal, GcSettings, GcStrategy,
        GcSystems, Inspect, RoundEnd,
    };
    pub use gc_core::{Budget, Gc, Heap, Limits, Trace, Weak, dyn_handle};
}
