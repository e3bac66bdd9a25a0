//! The strategies that take part.

use crate::options::{Choice, Options};
use gc_bevy::{GcStrategy, RoundEnd};
use gc_core::{Budget, HeapConfig, Limits, Thresholds};
use std::time::Duration;

/// A strategy under which the match is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entrant {
    Automatic,
    Raised,
    Disabled,
    Spread,
    Budgeted,
    Adaptive,
}

impl Entrant {
    pub const ALL: [Self; 6] = [
        Self::Automatic,
        Self::Raised,
        Self::Disabled,
        Self::Spread,
        Self::Budgeted,
        Self::Adaptive,
    ];

    /// Those that the options ask for.
    pub fn chosen(choice: Choice) -> Vec<Self> {
        match choice {
            Choice::All => Self::ALL.to_vec(),
            Choice::Automatic => vec![Self::Automatic],
            Choice::Raised => vec![Self::Raised],
            Choice::Disabled => vec![Self::Disabled],
            Choice::Spread => vec![Self::Spread],
            Choice::Budgeted => vec![Self::Budgeted],
            Choice::Adaptive => vec![Self::Adaptive],
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Raised => "raised threshold",
            Self::Disabled => "disabled in round",
            Self::Spread => "disabled, spread",
            Self::Budgeted => "budgeted",
            Self::Adaptive => "adaptive",
        }
    }

    /// The strategy with its numbers from the options.
    pub fn strategy(self, options: &Options) -> GcStrategy {
        let budget = Budget::time(Duration::from_micros(options.budget.into()));
        match self {
            Self::Automatic => GcStrategy::Automatic,
            Self::Raised => GcStrategy::RaisedThreshold(thresholds(options.raised_threshold)),
            Self::Disabled => GcStrategy::DisabledInRound {
                round_end: RoundEnd::AtOnce,
            },
            Self::Spread => GcStrategy::DisabledInRound {
                round_end: RoundEnd::Spread(budget),
            },
            Self::Budgeted => GcStrategy::Budgeted(budget),
            Self::Adaptive => GcStrategy::Adaptive,
        }
    }
}

/// The heap of a match.
pub fn heap_config(options: &Options) -> HeapConfig {
    HeapConfig {
        thresholds: thresholds(options.threshold),
        limits: options
            .memory_limit
            .map_or(Limits::default(), |hard| Limits {
                soft: hard / 8 * 7,
                hard,
            }),
        ..HeapConfig::default()
    }
}

fn thresholds(young: u32) -> Thresholds {
    Thresholds {
        young: young as usize,
        ..Thresholds::default()
    }
}
