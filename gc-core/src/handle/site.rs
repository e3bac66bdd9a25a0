//! Where a handle was made: recorded with the feature `call_sites`, nothing without it.

use crate::arena::word::Word;
use core::panic::Location;
use core::ptr::NonNull;

/// Where a handle was made. Without the feature `call_sites` it knows nothing and takes no room.
///
/// Each handle carries its own, so that its drop takes away what its making has noted, and tracing an object tells where
/// the handles in it come from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Site(#[cfg(feature = "call_sites")] &'static Location<'static>);

impl Site {
    /// Is anything recorded?
    pub(crate) const RECORDED: bool = cfg!(feature = "call_sites");

    /// The caller's.
    #[inline(always)]
    #[cfg_attr(feature = "call_sites", track_caller)]
    pub(crate) fn caller() -> Site {
        Site(
            #[cfg(feature = "call_sites")]
            Location::caller(),
        )
    }

    /// Notes a new handle of the slot, made by the caller.
    #[inline(always)]
    #[cfg_attr(feature = "call_sites", track_caller)]
    pub(crate) fn note(slot: NonNull<Word>) -> Site {
        let site = Site::caller();
        site.add(slot);
        site
    }

    /// Notes a new handle of the slot, made here.
    #[inline(always)]
    pub(crate) fn add(self, slot: NonNull<Word>) {
        #[cfg(feature = "call_sites")]
        super::sites::add(slot, self);
        let _ = slot;
    }

    /// A handle of the slot that was made here goes.
    #[inline(always)]
    pub(crate) fn remove(self, slot: NonNull<Word>) {
        #[cfg(feature = "call_sites")]
        super::sites::remove(slot, self);
        let _ = slot;
    }

    /// Tells where the handles of the slot were made, and how many.
    pub(crate) fn each(slot: NonNull<Word>, tell: impl FnMut(Site, u32)) {
        #[cfg(feature = "call_sites")]
        super::sites::each(slot, tell);
        #[cfg(not(feature = "call_sites"))]
        let _ = (slot, tell);
    }

    /// The place in the source.
    #[inline]
    pub(crate) fn location(self) -> Option<&'static Location<'static>> {
        #[cfg(feature = "call_sites")]
        return Some(self.0);
        #[cfg(not(feature = "call_sites"))]
        None
    }
}
