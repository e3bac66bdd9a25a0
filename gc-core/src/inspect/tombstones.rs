//! What a dead weak handle can still tell.

use super::names;
use super::paths::Subject;
use crate::arena::{Death, Tombstone};
use crate::{Generation, Heap};
use core::fmt;

impl Heap {
    /// When and how the object of a dead handle died. `None` while it lives, when it died too long ago, and when
    /// tombstones are not kept.
    ///
    /// Only objects that had a weak handle leave a tombstone. Debug builds keep the last 4096;
    /// [`Heap::keep_tombstones`] changes that.
    ///
    /// ```
    /// use gc_core::inspect::Death;
    /// use gc_core::{Gc, Generation, Heap, Trace};
    ///
    /// #[derive(Trace)]
    /// struct Ship { wingman: Option<Gc<Ship>> }
    ///
    /// let mut heap = Heap::new();
    /// heap.keep_tombstones(100);
    /// let ship = heap.alloc(Ship { wingman: None });
    /// heap[&ship].wingman = Some(ship.clone());
    /// let weak = ship.downgrade();
    /// drop(ship);
    /// heap.collect();
    /// let stone = heap.tombstone(&weak).unwrap();
    /// assert_eq!(stone.death, Death::Collected(Generation::Old));
    /// assert_eq!(format!("{stone}"), format!("Ship {:?} died after step 0: a full collection found it in a dead cycle, or behind one", weak.id()));
    /// ```
    pub fn tombstone(&self, of: &impl Subject) -> Option<Tombstone> {
        self.arena.deaths.graves.find(of.id_in(self).ok()?)
    }

    /// How many tombstones are kept: 0 for none, which release builds begin with. Cost: 56 bytes each, and a copy when an
    /// object with weak handles dies.
    pub fn keep_tombstones(&mut self, most: usize) {
        self.arena.deaths.graves.keep(most);
    }
}

impl fmt::Display for Tombstone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = names::short(self.type_name);
        write!(f, "{name} {:?} died after step {}", self.id, self.step)?;
        if let Some(round) = self.round {
            write!(f, " in round {round}")?;
        }
        match self.death {
            Death::Counted => f.write_str(": its last handle was dropped"),
            Death::Collected(generation) => {
                let which = match generation {
                    Generation::Young => "young",
                    Generation::Middle => "middle",
                    Generation::Old => "full",
                };
                write!(
                    f,
                    ": a {which} collection found it in a dead cycle, or behind one"
                )
            }
        }
    }
}
