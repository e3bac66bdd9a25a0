//! A bullet-hell shooter that plays itself without a window, to see what a garbage collector does to frame times.
//!
//! The binary plays the same match under each [strategy](entrant::Entrant); this library is its parts, so that tests
//! can play too. [`world`] is the game, [`bot`] flies the flagships,
//! [`referee`] counts the rounds, [`play`] runs a match and [`classic`] the classic
//! case, [`measure`], [`table`] and [`report`] tell what came of it.
#![forbid(unsafe_code)]

pub mod bot;
pub mod classic;
pub mod entrant;
pub mod leak;
pub mod measure;
pub mod options;
pub mod play;
pub mod progress;
pub mod referee;
pub mod report;
pub mod run;
pub mod table;
#[cfg(feature = "window")]
pub mod window;
pub mod world;
