//! The cycle collector.
//!
//! One kind of job serves every collection. [`Heap::collect`](crate::Heap::collect) runs it to its end,
//! [`Heap::step`](crate::Heap::step) runs it a slice at a time. A job examines a set S: the tracked objects of its
//! generations at its start.
//!
//! ```text
//! Prepare ─ Count ─ Roots ─ Mark ─┬─ Quarantine ─ Mark ─┐
//!                            ↑    │                     │
//!                            └ Revive                Promote ─┬──────────────────────────── Take ─ Free ─ Release
//!                                                             └ Sever ─ Finalize ─ Recount ─ Count … Promote ─┘
//! ```
//!
//! * **Prepare** takes the pages of the generations into S and clears their side counts and bits.
//! * **Count** traces each object of S once and adds 1 to the side count of every target. *At every instant the side
//!   count of x is exactly the number of edges to x from counted objects*, so `strong − side` is exact.
//! * **Roots** tests each object: it is a root when `strong > side`, or a handle of it was dropped since it was counted.
//!   (What the game has written to meanwhile is not counted, and all that it refers to has `strong > side`.)
//! * **Mark** scans from the roots. When no candidate is left unmarked, the job ends early.
//! * **Promote** begins with everything unmarked being *condemned*, by the change of phase alone. Weak handles to it
//!   fail from here on. Survivors move to the next generation, and pages without condemned objects leave S.
//! * **Record**, after the first Promote, copies the condemned for the cycle report, when one is wanted.
//! * **Finalize** calls finalizers, **Recount** and what follows examine the condemned once more: what gained a
//!   reference from outside is resurrected, with all that it reaches.
//! * **Take** takes the condemned away from reference counting, **Free** drops the values, **Release** gives their slots
//!   back: the handles to them were in other condemned ones.
//!
//! The game runs between slices, so four things are watched (`watch.rs`, and the touch number of the count word):
//!
//! 1. a **write** (`get_mut`): a counted object is uncounted before it, an unscanned one is scanned before it;
//! 2. a **death** by reference count: the same, before its fields drop;
//! 3. a **drop** of a handle, on any thread: the touch number changes (a clone shows in `strong`);
//! 4. a **weak handle brought back**: all that is unmarked is looked at again, in one go, before it is condemned (`mark.rs`);
//!    where a slice is too short for that, the object is marked (**Revive**).
//!
//! Why it is exact: when Roots begins, every object that the game can reach is reachable from one with `strong > side`
//! (the argument is in `mark.rs`). Such a root loses that property only by a drop (it is touched) or by dying
//! (it is scanned first); everything else on a path is scanned before it is written. So what stays unmarked was
//! unreachable, and unreachable stays unreachable, but for weak handles and finalizers, which are dealt with. A set is
//! any subset of the objects: references from outside S only make its members look alive.
//!
//! That is why two jobs can be in progress at a time, in two *lanes*: a major one over the older generations, for many
//! frames, and minor ones over what was born since, so that young garbage does not wait for the old to be examined.
//! Their sets are disjoint, every bit and side count belongs to the one that has the object as its member.

mod finalize;
mod free;
mod job;
mod mark;
mod meter;
mod prepare;
mod reclaim;
mod run;
#[cfg(any(feature = "verify", test))]
mod verify;
mod watch;

pub(crate) use job::{Job, Phase};
pub(crate) use meter::{Meter, Stop};
pub(crate) use reclaim::AT_ALLOCATION;
pub(crate) use watch::Change;
