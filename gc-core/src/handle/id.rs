use core::fmt;

/// Which object: the same for all its handles, never given to another one in the same heap, and without an address, so
/// that it is the same on every machine that plays the same calls.
///
/// An object that a finalizer brings back from a collection begins a new life with a new identity: its weak handles of
/// before stay dead, and [`Heap::drain_reclaimed`](crate::Heap::drain_reclaimed) tells the old identity. `Gc`'s own
/// equality and hash do not change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    pub(crate) slot: u32,
    pub(crate) version: u32,
}

/// Which heap: never given twice in a process.
///
/// ```
/// use gc_core::Heap;
///
/// let mut heap = Heap::new();
/// let score = heap.alloc(0u32);
/// assert_eq!(score.downgrade().heap_id(), heap.id());
/// assert_ne!(Heap::new().id(), heap.id());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct HeapId(pub(crate) u32);

impl ObjectId {
    /// The identity as one number.
    pub fn to_bits(self) -> u64 {
        u64::from(self.version) << 32 | u64::from(self.slot)
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}v{}", self.slot, self.version)
    }
}
