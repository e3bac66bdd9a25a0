//! What there is to say about the cycles.

use super::super::types::grouped;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

/// Which cycles collections have found. `Display` tells it, a kind of cycle a line.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CycleReport {
    /// The kinds of cycles, by types and fields; those with the most bytes first.
    pub cycles: Vec<CycleKind>,
    /// Fields that break all of them when they are made weak: [`Weak`](crate::Weak) instead of [`Gc`](crate::Gc).
    pub make_weak: Vec<String>,
    /// Condemned objects that were looked into; what is beyond 65,536, or 262,144 handles, is not.
    pub recorded: usize,
    /// Objects that collections have condemned.
    pub condemned: usize,
    /// Collections that have condemned something.
    pub collections: u64,
    /// How long was recorded. `None` without the feature `std`.
    pub elapsed: Option<Duration>,
}

/// A kind of cycle.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CycleKind {
    /// `Bullet.owner → Ship.bullets[] → Bullet`
    pub path: String,
    /// How many: handles in that one of the fields that has the fewest.
    pub cycles: usize,
    /// Objects that are in such a cycle, or in others together with it.
    pub objects: usize,
    /// Their bytes.
    pub bytes: usize,
    /// The field to make weak: `Bullet.owner`.
    pub field: String,
    /// Does that alone break all cycles that these objects are in?
    pub breaks_all: bool,
}

impl fmt::Display for CycleReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.cycles.is_empty() {
            return f.write_str("no cycles were found");
        }
        for kind in &self.cycles {
            let s = if kind.cycles == 1 { "" } else { "s" };
            write!(f, "{}: {} cycle{s}, ", kind.path, grouped(kind.cycles))?;
            write_bytes(f, kind.bytes)?;
            if let Some(elapsed) = self.elapsed {
                write!(f, " in the last {:.1} s", elapsed.as_secs_f64())?;
            }
            let breaks = if kind.breaks_all {
                "breaks all"
            } else {
                "breaks these"
            };
            writeln!(f, "; making {} weak {breaks}", kind.field)?;
        }
        if self.make_weak.len() > 1 {
            writeln!(
                f,
                "making {} weak breaks every cycle",
                self.make_weak.join(", ")
            )?;
        }
        write!(
            f,
            "{} of {} condemned objects looked into, of {} collections",
            grouped(self.recorded),
            grouped(self.condemned),
            self.collections
        )
    }
}

fn write_bytes(f: &mut fmt::Formatter<'_>, bytes: usize) -> fmt::Result {
    match bytes {
        0..1_000 => write!(f, "{bytes} bytes"),
        1_000..1_000_000 => write!(f, "{:.1} KB", bytes as f64 / 1e3),
        _ => write!(f, "{:.1} MB", bytes as f64 / 1e6),
    }
}
