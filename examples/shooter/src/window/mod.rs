//! The game in a window: the same rules, drawn, heard from the keyboard, and with the collector's overlay.
//!
//! Nothing here touches the rules. [`pace`] says in which drawn frame a tick is due, [`player`] gives the blue flagship
//! orders as the bot does, and everything else only reads; [`inspect`] reads the heap itself. So a match that the bot flies has the same score and hash as
//! without a window.

mod brush;
mod effects;
mod hud;
pub mod inspect;
mod intermission;
mod pace;
mod player;
mod scene;
mod screen;
pub mod strategies;

pub use player::Pilot;
pub use screen::{SCREENSHOT_FRAMES, Size};

use crate::{
    entrant::Entrant,
    leak::short_rounds,
    options::{Choice, Options},
    play::GamePlugin,
    run::outcome,
    world::{Score, chronicle::ChroniclePlugin, state::Fingerprint},
};
use bevy::prelude::*;
use gc_bevy::overlay::GcOverlayPlugin;
use std::{error::Error, path::Path};

/// Opens the window, or draws to an image when a screenshot is wanted, and plays one match.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let options = &match options.plant_leak {
        true => short_rounds(options),
        false => options.clone(),
    };
    let mut app = App::new();
    screen::add(&mut app, options)?;
    app.add_plugins(GamePlugin {
        options: options.clone(),
        strategy: first(options).strategy(options),
    })
    .add_plugins(GcOverlayPlugin::default().frame_target(options.frame_time()))
    .insert_resource(strategies::Chosen::new(first(options), options))
    .init_resource::<Witness>();
    if options.plant_leak {
        app.add_plugins(ChroniclePlugin);
    }
    pace::add(&mut app, options);
    player::add(&mut app);
    strategies::add(&mut app);
    effects::add(&mut app);
    scene::add(&mut app);
    hud::add(&mut app);
    intermission::add(&mut app);
    inspect::add(&mut app, options.report_folder().unwrap_or(Path::new(".")));
    // Whoever ends the game does so before `Last`.
    app.add_systems(
        Last,
        (
            watch.run_if(crate::referee::tick_is_due),
            report.run_if(on_message::<AppExit>),
        )
            .chain(),
    );
    match app.run() {
        AppExit::Success => Ok(()),
        AppExit::Error(code) => Err(format!("the window ended with code {code}").into()),
    }
}

/// The strategy to begin with: the one asked for, or the plugin's default.
fn first(options: &Options) -> Entrant {
    match options.strategy {
        Choice::All => Entrant::Budgeted,
        choice => Entrant::chosen(choice)[0],
    }
}

/// Folds the match into a hash, as the game without a window does.
#[derive(Resource)]
struct Witness(Fingerprint);

impl FromWorld for Witness {
    fn from_world(world: &mut World) -> Self {
        Self(Fingerprint::new(world))
    }
}

fn watch(world: &mut World) {
    world.resource_scope(|world, mut witness: Mut<Witness>| witness.0.add_frame(world));
}

fn report(score: Res<Score>, witness: Res<Witness>) {
    crate::run::print(&format!("Final {}.\n", outcome(&score, witness.0.hash())))
        // There is nobody left to tell.
        .unwrap_or_default();
}
