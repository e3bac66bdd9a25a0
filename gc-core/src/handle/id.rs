use core::fmt;

/// Which object: the same for all its handles, never given to another one in the same heap, and without an address, so
/// that it is the same on every machine that plays the same calls.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    pub(crate) slot: u32,
    pub(crate) version: u32,
}

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
