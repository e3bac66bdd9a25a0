//! Containers whose memory a heap counts: [`GcVec`], [`GcDeque`], [`GcMap`], [`GcSet`], [`GcString`], and slices and
//! strings as objects of their own, [`GcSlice`] and [`GcStr`].
//!
//! They have most methods of those in `std` (see [below](#what-is-left-out)), and can be fields of traced types, elements of each other, or stand on their
//! own. What they add:
//!
//! * **Their memory is counted**, in [`Heap::bytes`](crate::Heap::bytes), [`Limits`](crate::Limits) and pacing. A
//!   container made by `new_in(&heap)` stays with that heap's [`Storage`](crate::Storage) wherever it moves, also beyond
//!   the heap's end. One made by `new`, `default`, `collect` or `clone` of such stands on the global allocator and is
//!   counted nowhere; so `mem::take` leaves one that is not counted, and `take` one that is.
//! * **No abort.** Each method that allocates has a `try_` twin, which gives back what it could not store. The others
//!   panic with a message. At a hard limit a container does not collect, since it has no heap at hand: ask
//!   [`Heap::make_room`](crate::Heap::make_room) first.
//! * **Bounded units.** A collection in slices traces each of them in pieces of 128 elements, however long it is and
//!   however it is nested (to a depth of four long ones). And **dropping one of more than 64 items leaves them to its
//!   heap**, which drops them at its safepoints, 64 for a unit, first to last; so a queue of a million handles is let go
//!   over many frames, and its memory with the last of them. [`Heap::reclaim`](crate::Heap::reclaim) does all at once.
//!   Items that need no drop cost nothing; `clear`, `truncate` and `drain` drop at once, and so does a container of no
//!   heap, or of one that has ended.
//! * **An order that determinism can rely on**: that of the index in vectors and queues, of insertion in maps and sets,
//!   on every machine. No hash, seed or address has a say.
//!
//! | | a place takes | order | traced |
//! |---|---|---|---|
//! | [`GcVec<T>`] | `T` | index | in pieces |
//! | [`GcDeque<T>`] | `Option<T>` | from the front | in pieces |
//! | [`GcMap<K, V>`] | `(K, V)` and 9 bytes in the table | insertion; `remove` moves the last entry | in pieces |
//! | [`GcSet<T>`] | `T` and 9 bytes in the table | insertion; `remove` moves the last item | in pieces |
//! | [`GcString`] | a byte | – | never |
//!
//! The capacity of all doubles when they grow, a table is at most 7/8 full. A container itself is 32 bytes ([`GcDeque`]
//! 48, [`GcMap`] and [`GcSet`] 80).
//!
//! Items need not be traced unless the container is: `T: Send + 'static` is enough to hold them.
//!
//! # What is left out
//! * What gives out raw parts or leaks, and what takes a hasher: it is fixed.
//! * `as_slices` and `make_contiguous` of a queue: each of its places holds an `Option<T>`.
//! * `splice`, and `extract_if` of a vector, whose iterators would have to allocate, or to leave holes, half way; there are
//!   `drain`, `retain_mut` and, of maps and sets, an `extract_if` that asks its closure of all first.
//! * `drain` of a range of a queue or a string; there are `split_off` and `replace_range`.
//!
//! # The standard containers
//! `Vec`, `VecDeque`, arrays and slices of `std` are traced in pieces too. `BTreeMap`, `BTreeSet`, `BinaryHeap`,
//! `LinkedList` and the hash maps and sets of `std` and `hashbrown` are traced too, but **each is one unit of work**,
//! however long: there is no way to go on in the middle of one. None is counted in the heap's bytes
//! ([`Heap::set_external_bytes`](crate::Heap::set_external_bytes) can do it by hand), and **dropping one is always one
//! unit**, those traced in pieces too. **The hash maps and sets show their handles in the order of their tables**: with a
//! random hasher, as is the rule in `std`, or one that differs between machines, units, the order of frees and so
//! [`Heap::state_hash`](crate::Heap::state_hash) differ too. They are outside the guarantee of determinism; [`GcMap`],
//! [`GcSet`], `BTreeMap` and `BTreeSet` are within.
//!
//! ```
//! use gc_core::{Gc, Heap, Limits, Trace, containers::{GcMap, GcString, GcVec}};
//!
//! #[derive(Trace)]
//! struct Squad { name: GcString, members: GcVec<Gc<Unit>>, orders: GcMap<u32, Gc<Unit>> }
//! #[derive(Trace)]
//! struct Unit { squad: Option<Gc<Squad>> }
//!
//! let mut heap = Heap::new();
//! let squad = Squad {
//!     name: GcString::from_str_in("red", &heap),
//!     members: GcVec::new_in(&heap),
//!     orders: GcMap::new_in(&heap),
//! };
//! let squad = heap.alloc(squad);
//! for order in 0..1000 {
//!     let unit = heap.alloc(Unit { squad: Some(squad.clone()) });
//!     heap[&squad].orders.insert(order, unit.clone());
//!     heap[&squad].members.push(unit);
//! }
//! assert!(heap.storage_bytes() >= 2 * 8 * 1000);
//!
//! heap.set_limits(Limits { hard: heap.bytes() + 100, ..Limits::default() });
//! let members = &mut heap[&squad].members;
//! let error = loop {
//!     let again = members[0].clone();
//!     if let Err(error) = members.try_push(again) { break error }
//! };
//! assert_eq!(error.value, heap[&squad].members[0]); // nothing is lost
//!
//! drop((squad, error));
//! heap.collect();
//! assert_eq!(heap.bytes(), 0);
//! ```

mod deque;
mod entry;
mod hasher;
mod index;
mod iterators;
mod map;
mod set;
mod slice;
mod store;
mod string;
mod table;
mod vec;

pub use deque::GcDeque;
pub use entry::{Entry, OccupiedEntry, VacantEntry};
pub use map::GcMap;
pub use set::GcSet;
pub use slice::{GcSlice, GcStr};
pub use string::GcString;
pub use vec::GcVec;

/// The iterators of the containers that have a name.
pub mod iter {
    pub use super::deque::{IntoIter as DequeIntoIter, Iter as DequeIter, IterMut as DequeIterMut};
    pub use super::map::{IntoIter as MapIntoIter, Iter as MapIter, IterMut as MapIterMut};
    pub use super::set::{IntoIter as SetIntoIter, Iter as SetIter};
    pub use super::vec::IntoIter as VecIntoIter;
}
