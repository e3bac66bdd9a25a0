//! Looking into a heap: why an object is alive, what retains what, where the memory goes, what leaks.
//!
//! | question | answer |
//! |---|---|
//! | Why is this object alive? | [`Heap::why_alive`]: the shortest path from a handle outside the heap, with the fields on it |
//! | Which types use the memory? | [`Heap::types`]: objects, bytes and generations, as a table |
//! | What leaks, from round to round? | [`LeakSentinel`]: the types that grow, and the field that holds them |
//! | Which cycles does the collector find, and which field should be weak? | [`Heap::record_cycles`], [`Heap::cycle_report`] |
//! | When and how did the object of this dead handle die? | [`Heap::tombstone`] |
//! | What would be freed with this object? | [`Snapshot::retained`]: retained sizes, by object, by type, by owner |
//! | What has changed since? | [`Snapshot::diff`] |
//! | May I look around? | [`Snapshot::write_heapsnapshot`], for Chrome's memory tab; [`Snapshot::write_dot`], for Graphviz |
//!
//! Each of these does its work in one go. For large heaps there is the same in slices, with a budget as
//! [`Heap::step`] takes it:
//!
//! | in one go | in slices |
//! |---|---|
//! | [`Snapshot::of`] | [`Snapshot::begin`], a [`Capture`] |
//! | [`Snapshot::why_alive`] | [`Search`] |
//! | [`Snapshot::retained`] | [`RetainedSearch`] |
//! | [`Snapshot::explain`] | [`LeakSearch`] |
//! | [`Snapshot::diff`] | [`Comparison`] |
//! | [`Snapshot::write_heapsnapshot`] | [`HeapSnapshotWriter`] |
//! | [`Heap::cycle_report`] | [`CycleSearch`] |
//! | dropping a [`Snapshot`], or what it [`Retained`] | [`Snapshot::discard`], [`Retained::discard`] |
//!
//! What they need on the way grows and is given back in slices too. The rest is small, however large the heap is:
//! [`Heap::types`] and [`LeakSentinel::end_round`] look at pages and not at objects, [`Snapshot::types`] is counted while the
//! snapshot is taken, [`Heap::tombstone`] looks through the stones that are kept, and [`Snapshot::write_dot`] is bounded.
//!
//! Everything stands on a [`Snapshot`], a copy of the heap's graph that is taken in one go or in slices, while a
//! collection is in progress or not. Names of fields come from the derive; a hand-written `trace` names them with
//! [`Tracer::field`](crate::Tracer::field).
//!
//! With the feature `call_sites`, [`Heap::why_alive`], [`LeakSentinel`] and [`Snapshot::call_sites`] also tell where each
//! handle outside the heap was allocated, cloned or upgraded. Each handle then carries the place of its making, 8 bytes,
//! and a clone or drop notes it in a table by object, behind one of 61 locks: about 30 ns
//! more for an object that is in the cache, 150 for one that is not, and about 60 bytes an object.
//!
//! **What it costs when it is not used:** a branch a collection for the cycle report, another at the death of an object
//! with weak handles for the tombstones; else nothing.

mod capture;
mod chunks;
mod cycles;
mod diff;
mod discard;
mod dominators;
mod dot;
mod heapsnapshot;
mod labels;
mod leaks;
mod names;
mod paths;
mod retained;
mod search;
mod sentinel;
mod sites;
mod snapshot;
mod spread;
mod tombstones;
mod types;

pub use crate::arena::{Death, Tombstone};
pub use capture::{Capture, CaptureProgress};
pub(crate) use cycles::Recording;
pub use cycles::{CycleKind, CycleLog, CycleReport, CycleSearch};
pub use diff::{Comparison, Diff, TypeChange};
pub use discard::Discard;
pub use heapsnapshot::HeapSnapshotWriter;
pub(crate) use labels::{Listener, Step};
pub use leaks::{Leak, LeakSearch};
pub use paths::{Hop, Subject, Verdict, WhyAlive};
pub use retained::{Retained, RetainedSearch, RetainedSize};
pub use search::Search;
pub use sentinel::{Growth, LeakSentinel};
pub use sites::CallSite;
pub use snapshot::{Snapshot, SnapshotObject};
pub use types::{TypeSummary, TypeTable};

#[cfg(doc)]
use crate::Heap;
