//! Why is it alive? The shortest path from a handle outside the heap to an object.

use super::names;
use super::sites::{self, CallSite};
use super::snapshot::Snapshot;
use crate::arena::Tombstone;
use crate::{Heap, ObjectId};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};

/// Why an object is alive: what [`Heap::why_alive`] answers. `Display` tells it in a few lines; of a long path it shows the
/// ends.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct WhyAlive {
    /// The object in question.
    pub id: ObjectId,
    /// Is it held, and by whom?
    pub verdict: Verdict,
    /// From an object that is held from outside to the object in question, each with the field that leads to the next.
    /// For [`Verdict::Garbage`] the cycle, or what is known of it. Empty for a dead one.
    pub path: Vec<Hop>,
    /// Objects in the middle of the path that are left out: 0 unless [`Search::ends`](super::Search::ends) asks for it.
    pub left_out: usize,
    /// Handles to the object in question that are in other objects, or in itself.
    pub inside: usize,
    /// When and how it died, if it is dead and that is still known; see [`Heap::tombstone`].
    pub tombstone: Option<Tombstone>,
}

/// Is an object held, and by whom?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// A handle outside the heap leads to it: in a component, on the stack, in a queue.
    Held,
    /// No handle outside the heap leads to it: the next collection that examines it frees it, or the next safepoint if
    /// only dead objects hold it.
    Garbage,
    /// It is dead or condemned, or of another heap.
    Dead,
}

/// An object on a path.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Hop {
    /// Its identity.
    pub id: ObjectId,
    /// Its type, as the compiler writes it.
    pub type_name: &'static str,
    /// Handles to it outside the heap: its strong count less the handles found in objects.
    pub outside: usize,
    /// Where those were allocated, cloned or upgraded, most first. Empty without the feature `call_sites`.
    pub sites: Vec<CallSite>,
    /// The field that leads to the next one: `.members[3]`. Empty at the end, and where a hand-written `trace` names
    /// nothing.
    pub field: String,
}

impl WhyAlive {
    /// The path in one line, types and fields only: `Squad.members[3] → Ship.target → Bullet`.
    pub fn chain(&self) -> String {
        self.line(usize::MAX)
    }

    /// The chain, with only the first and the last `ends` of a long one.
    fn line(&self, ends: usize) -> String {
        let mut line = String::new();
        for (at, hop) in self.path.iter().enumerate() {
            match self.place(at, ends) {
                Place::Shown => {}
                Place::Gap(left_out) => {
                    let _ = write!(line, " → … {left_out} more …");
                    continue;
                }
                Place::LeftOut => continue,
            }
            if at > 0 {
                line.push_str(" → ");
            }
            line.push_str(&names::short(hop.type_name));
            line.push_str(&hop.field);
        }
        line
    }

    /// Is the hop shown when a path is cut to its ends?
    fn place(&self, at: usize, ends: usize) -> Place {
        let (len, mut ends) = (self.path.len(), ends);
        if self.left_out > 0 {
            // The gap takes the place of two hops or more.
            ends = ends.min((len - 1) / 2);
        } else if len <= ends.saturating_mul(2).saturating_add(1) {
            return Place::Shown;
        }
        if at < ends || at >= len - ends {
            Place::Shown
        } else if at == ends {
            Place::Gap(len - 2 * ends + self.left_out)
        } else {
            Place::LeftOut
        }
    }

    /// Handles outside the heap to the first object of the path.
    pub fn outside(&self) -> usize {
        match self.verdict {
            Verdict::Held => self.path.first().map_or(0, |hop| hop.outside),
            _ => 0,
        }
    }
}

/// What becomes of a hop when a long path is shown.
enum Place {
    Shown,
    /// The first of so many that are left out.
    Gap(usize),
    LeftOut,
}

/// Hops at each end of a long path that `Display` shows.
const ENDS: usize = 6;

impl fmt::Display for WhyAlive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.verdict {
            Verdict::Dead => {
                return match &self.tombstone {
                    Some(stone) => write!(f, "dead: {stone}"),
                    None => write!(f, "{:?} is dead", self.id),
                };
            }
            Verdict::Held => write!(f, "alive: {}", self.line(ENDS))?,
            Verdict::Garbage => write!(
                f,
                "garbage, not collected yet: no handle outside the heap leads to it: {}",
                self.line(ENDS)
            )?,
        }
        let last = self.path.len().saturating_sub(1);
        for (at, hop) in self.path.iter().enumerate() {
            match self.place(at, ENDS) {
                Place::Shown => {}
                Place::Gap(left_out) => {
                    write!(f, "\n  … {left_out} more …")?;
                    continue;
                }
                Place::LeftOut => continue,
            }
            let before = at.checked_sub(1).map(|before| &self.path[before].field);
            f.write_str("\n  ")?;
            match before {
                Some(field) if field.is_empty() => f.write_str("(unnamed field) → ")?,
                Some(field) => write!(f, "{field} → ")?,
                None => {}
            }
            write!(f, "{} {:?}", names::short(hop.type_name), hop.id)?;
            match hop.outside {
                0 if at == last => {}
                0 => f.write_str(", held by objects only")?,
                1 => f.write_str(", held by 1 handle outside the heap")?,
                more => write!(f, ", held by {more} handles outside the heap")?,
            }
            if at == last && self.inside > 0 {
                let s = if self.inside == 1 { "" } else { "s" };
                write!(f, ", by {} handle{s} in objects", self.inside)?;
            }
            sites::write_lines(f, &hop.sites)?;
        }
        Ok(())
    }
}

/// What can be asked about: a handle of any kind, or an identity.
pub trait Subject: sealed::Sealed {}

pub(crate) mod sealed {
    use crate::handle::AnyHandle;
    use crate::{Gc, GcAny, Heap, ObjectId, Weak};

    pub trait Sealed {
        /// The identity, if it is one of this heap.
        fn id_in(&self, heap: &Heap) -> Result<ObjectId, ObjectId>;
    }

    fn strong(handle: &impl AnyHandle, heap: &Heap) -> Result<ObjectId, ObjectId> {
        let word = handle.slot_of().0;
        let id = crate::handle::id_of(word);
        if crate::arena::PageRef::of(word).tag() == heap.arena.tag {
            Ok(id)
        } else {
            Err(id)
        }
    }

    impl<T: ?Sized> Sealed for Gc<T> {
        fn id_in(&self, heap: &Heap) -> Result<ObjectId, ObjectId> {
            strong(self, heap)
        }
    }
    impl Sealed for GcAny {
        fn id_in(&self, heap: &Heap) -> Result<ObjectId, ObjectId> {
            strong(self, heap)
        }
    }
    impl<T: ?Sized> Sealed for Weak<T> {
        fn id_in(&self, heap: &Heap) -> Result<ObjectId, ObjectId> {
            if self.heap == heap.arena.heap_id {
                Ok(self.id)
            } else {
                Err(self.id)
            }
        }
    }
    impl Sealed for ObjectId {
        fn id_in(&self, _: &Heap) -> Result<ObjectId, ObjectId> {
            Ok(*self)
        }
    }
}

impl<T: ?Sized> Subject for crate::Gc<T> {}
impl Subject for crate::GcAny {}
impl<T: ?Sized> Subject for crate::Weak<T> {}
impl Subject for ObjectId {}

impl Heap {
    /// Why is the object alive? The shortest path from a handle outside the heap, with the fields on the way and how
    /// many handles outside the heap hold each object: a strong count less the handles found in objects, which is
    /// exact. A strong handle with which you ask counts as well; ask with a weak one.
    ///
    /// Cost: a [`Snapshot`] of the whole heap, 100 to 200 ns an object, in one go. In slices: [`Snapshot::begin`], then
    /// [`Search`](crate::inspect::Search).
    ///
    /// ```
    /// use gc_core::{Gc, Heap, Trace};
    ///
    /// #[derive(Trace)]
    /// struct Squad { members: Vec<Gc<Ship>> }
    /// #[derive(Trace)]
    /// struct Ship { target: Option<Gc<Bullet>> }
    /// #[derive(Trace)]
    /// struct Bullet;
    ///
    /// let mut heap = Heap::new();
    /// let bullet = heap.alloc(Bullet);
    /// let weak = bullet.downgrade();
    /// let ship = heap.alloc(Ship { target: Some(bullet) });
    /// let squad = heap.alloc(Squad { members: vec![ship] });
    ///
    /// let why = heap.why_alive(&weak);
    /// assert_eq!(why.chain(), "Squad.members[0] → Ship.target → Bullet");
    /// assert_eq!(why.outside(), 1); // `squad`
    /// println!("{why}");
    /// # drop(squad);
    /// ```
    pub fn why_alive(&self, of: &impl Subject) -> WhyAlive {
        match of.id_in(self) {
            Ok(id) if self.find_alive(id) => Snapshot::of(self).why_alive(id),
            Ok(id) => WhyAlive {
                tombstone: self.tombstone(&id),
                ..WhyAlive::dead(id)
            },
            Err(id) => WhyAlive::dead(id),
        }
    }
}

impl WhyAlive {
    pub(super) fn dead(id: ObjectId) -> Self {
        WhyAlive {
            id,
            verdict: Verdict::Dead,
            path: Vec::new(),
            left_out: 0,
            inside: 0,
            tombstone: None,
        }
    }
}
