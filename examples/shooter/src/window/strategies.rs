//! Keys 1 to 5 switch the strategy while the game is played.

use crate::{entrant::Entrant, options::Options};
use bevy::prelude::*;
use gc_bevy::GcStrategy;

/// The keys with their strategies. The third key goes on to the second of its own when it is pressed again.
const KEYS: [(KeyCode, &[Entrant]); 5] = [
    (KeyCode::Digit1, &[Entrant::Automatic]),
    (KeyCode::Digit2, &[Entrant::Raised]),
    (KeyCode::Digit3, &[Entrant::Spread, Entrant::Disabled]),
    (KeyCode::Digit4, &[Entrant::Budgeted]),
    (KeyCode::Digit5, &[Entrant::Adaptive]),
];

/// The strategy that is played.
#[derive(Resource)]
pub struct Chosen {
    now: Entrant,
    options: Options,
}

impl Chosen {
    pub fn new(now: Entrant, options: &Options) -> Self {
        Self {
            now,
            options: options.clone(),
        }
    }

    /// What the keys do, as a line of text: (words, in force).
    pub fn menu(&self) -> impl Iterator<Item = (String, bool)> {
        KEYS.iter().enumerate().map(|(i, (_, entrants))| {
            let now = entrants.iter().find(|&&entrant| entrant == self.now);
            let name = now.unwrap_or(&entrants[0]).name();
            (format!("{} {name}", i + 1), now.is_some())
        })
    }
}

pub fn add(app: &mut App) {
    app.add_systems(PreUpdate, choose.after(bevy::input::InputSystems));
}

fn choose(
    keys: Res<ButtonInput<KeyCode>>,
    mut chosen: ResMut<Chosen>,
    mut strategy: ResMut<GcStrategy>,
) {
    let Some((_, entrants)) = KEYS.iter().find(|(key, _)| keys.just_pressed(*key)) else {
        return;
    };
    let at = entrants.iter().position(|&entrant| entrant == chosen.now);
    chosen.now = entrants[at.map_or(0, |at| (at + 1) % entrants.len())];
    *strategy = chosen.now.strategy(&chosen.options);
}
