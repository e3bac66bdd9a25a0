//! Looking into a heap: why an object is alive, what retains what, where the memory goes, what leaks.
//!
//! | question | answer |
//! |---|---|
//! | Why is this object alive? | [`Heap::why_alive`]: the shortest path from a handle outside the heap, with the fields on it |
//!
//! Everything stands on a [`Snapshot`], a copy of the heap's graph that is taken in one go or in slices, while a
//! collection is in progress or not. Names of fields come from the derive; a hand-written `trace` names them with
//! [`Tracer::field`](crate::Tracer::field).
//!
//! **What it costs when it is not used:** nothing.

mod capture;
mod chunks;
mod dot;
mod labels;
mod names;
mod paths;
mod snapshot;

pub use capture::{Capture, CaptureProgress};
pub(crate) use labels::{Listener, Step};
pub use paths::{Hop, Subject, Verdict, WhyAlive};
pub use snapshot::{Snapshot, SnapshotObject};

#[cfg(doc)]
use crate::Heap;
