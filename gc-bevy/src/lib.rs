//! The garbage collector [`gc-core`](gc_core) as a Bevy plugin: a heap for objects that refer to each other, with
//! handles in components, and a collector that works when the game lets it.
//!
//! ```text
//! one frame                                                                      the next
//! ├ First ─ PreUpdate ─ OnExit, OnEnter ─ Update ─ PostUpdate ─┬──────── Last ─────────┬ First
//! │                     ╎                 ╎                    │ Reclaim  Step  Report │
//! │                     ╎                 ╎                      ╎        ╎     ╎
//! │                     ╎                 ╎                      ╎        ╎     GcFrame, messages, diagnostics
//! │                     ╎                 ╎                      ╎        Budgeted, Adaptive: a slice, within its budget
//! │                     ╎                 ╎                      ╎        DisabledInRound: what a round's end asks for
//! │                     ╎                 ╎                      a changed strategy; what reference counting condemned
//! │                     ╎                 the game allocates; Automatic, RaisedThreshold: a collection may interrupt it
//! │                     a round begins, or its end is marked
//! ```
//!
//! - [`GcPlugin`] makes the resource [`GcHeap`] and runs the collector. Without settings: at most 0.5 ms a frame.
//! - [`GcStrategy`] says when the collector may work. It is a resource and may change in any frame.
//! - [`GcRoundPlugin`] makes a state a round, in which [`GcStrategy::DisabledInRound`] keeps the collector silent.
//! - [`GcCollected`], [`GcRoundEnded`] and [`GcFrame`] tell what happened, [`GcMemoryWarning`] and [`GcInfeasible`]
//!   what is about to; [`GcDiagnosticsPlugin`] feeds Bevy's diagnostics.
//!
//! ```
//! use bevy_app::{App, Startup, Update};
//! use bevy_ecs::prelude::*;
//! use gc_bevy::{GcHeap, GcPlugin};
//! use gc_core::{Gc, Trace};
//!
//! #[derive(Trace)]
//! struct Ship { bullets: Vec<Gc<Bullet>> }
//!
//! #[derive(Trace)]
//! struct Bullet { owner: Gc<Ship> }
//!
//! #[derive(Component)]
//! struct ShipRef(Gc<Ship>);
//!
//! fn launch(mut heap: ResMut<GcHeap>, mut commands: Commands) {
//!     commands.spawn(ShipRef(heap.alloc(Ship { bullets: Vec::new() })));
//! }
//!
//! fn fire(mut heap: ResMut<GcHeap>, ships: Query<&ShipRef>) {
//!     for ShipRef(ship) in &ships {
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
//! let ships: Vec<Entity> = app.world_mut().query_filtered::<Entity, With<ShipRef>>().iter(app.world()).collect();
//! ships.into_iter().for_each(|ship| { app.world_mut().despawn(ship); });
//! app.world_mut().resource_mut::<GcHeap>().collect();
//! assert_eq!(app.world().resource::<GcHeap>().len(), 0);
//! ```
//!
//! # Features
//!
//! `std` (default): budgets in time. With `default-features = false` the crate is `no_std`; budgets are in units of
//! work then, and the clock that times pauses is the one that `bevy_platform` was given.
//!
//! # Costs
//!
//! A frame in which nothing happens: three systems, no allocation. A collection: two readings of the clock and one
//! record of about 100 bytes. Dropping the handle in a despawned entity: one atomic operation; no object's `Drop` runs
//! inside a command.
#![no_std]
#![deny(missing_docs)]
#![forbid(unsafe_code)]

extern crate alloc;

mod diagnostics;
mod frame;
mod heap;
mod messages;
mod plugin;
mod round;
mod strategy;
mod systems;
mod watch;

pub use diagnostics::GcDiagnosticsPlugin;
pub use frame::GcFrame;
pub use heap::GcHeap;
pub use messages::{GcCollected, GcInfeasible, GcMemoryWarning, GcRoundEnded};
pub use plugin::GcPlugin;
pub use round::{GcRound, GcRoundPlugin};
pub use strategy::{GcStrategy, RoundEnd};
pub use systems::GcSystems;
