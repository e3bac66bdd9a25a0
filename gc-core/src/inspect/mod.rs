//! Looking into a heap: why an object is alive, what retains what, where the memory goes, what leaks.
//!
//! | question | answer |
//! |---|---|
//! | Why is this object alive? | [`Heap::why_alive`]: the shortest path from a handle outside the heap, with the fields on it |
//! | Which types use the memory? | [`Heap::types`]: objects, bytes and generations, as a table |
//! | What leaks, from round to round? | [`LeakSentinel`]: the types that grow, and the field that holds them |
//! | What would be freed with this object? | [`Snapshot::retained`]: retained sizes, by object, by type, by owner |
//! | What has changed since? | [`Snapshot::diff`] |
//! | May I look around? | [`Snapshot::write_heapsnapshot`], for Chrome's memory tab; [`Snapshot::write_dot`], for Graphviz |
//!
//! Everything stands on a [`Snapshot`], a copy of the heap's graph that is taken in one go or in slices, while a
//! collection is in progress or not. Names of fields come from the derive; a hand-written `trace` names them with
//! [`Tracer::field`](crate::Tracer::field).
//!
//! **What it costs when it is not used:** nothing.

mod capture;
mod chunks;
mod diff;
mod dot;
mod heapsnapshot;
mod labels;
mod names;
mod paths;
mod retained;
mod sentinel;
mod snapshot;
mod types;

pub use capture::{Capture, CaptureProgress};
pub use diff::{Diff, TypeChange};
pub use heapsnapshot::HeapSnapshotWriter;
pub(crate) use labels::{Listener, Step};
pub use paths::{Hop, Subject, Verdict, WhyAlive};
pub use retained::{Retained, RetainedSize};
pub use sentinel::{Growth, Leak, LeakSentinel};
pub use snapshot::{Snapshot, SnapshotObject};
pub use types::{TypeSummary, TypeTable};

#[cfg(doc)]
use crate::Heap;
