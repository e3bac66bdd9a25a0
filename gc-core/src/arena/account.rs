//! The bytes that a heap uses, where the storage of its containers can see and change them, on any thread.

use crate::sync::{AtomicUsize, Ordering};

/// Objects and their external bytes are counted by the heap alone, so a load and a store do; storage is counted by
/// whoever grows it.
pub(crate) struct Account {
    slots: AtomicUsize,
    external: AtomicUsize,
    storage: AtomicUsize,
    /// The most bytes in use when storage was given back.
    peak: AtomicUsize,
    /// What storage must not exceed, with all the rest.
    hard: AtomicUsize,
    /// Bytes of frame arenas, which count towards nothing else, and the most that a frame has used.
    #[cfg(feature = "bumpalo")]
    frames: AtomicUsize,
    #[cfg(feature = "bumpalo")]
    frame_high_water: AtomicUsize,
}

impl Account {
    pub(crate) fn new() -> Self {
        Account {
            slots: AtomicUsize::new(0),
            external: AtomicUsize::new(0),
            storage: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            hard: AtomicUsize::new(usize::MAX),
            #[cfg(feature = "bumpalo")]
            frames: AtomicUsize::new(0),
            #[cfg(feature = "bumpalo")]
            frame_high_water: AtomicUsize::new(0),
        }
    }

    /// All that counts towards the limits.
    #[inline(always)]
    pub(crate) fn used(&self) -> usize {
        self.slots()
            .saturating_add(self.external.load(Ordering::Relaxed))
            .saturating_add(self.storage())
    }

    /// Bytes of used slots.
    #[inline(always)]
    pub(crate) fn slots(&self) -> usize {
        self.slots.load(Ordering::Relaxed)
    }

    /// By the heap only.
    #[inline(always)]
    pub(crate) fn set_slots(&self, bytes: usize) {
        self.slots.store(bytes, Ordering::Relaxed);
    }

    /// By the heap only.
    pub(crate) fn set_external(&self, bytes: usize) {
        self.external.store(bytes, Ordering::Relaxed);
    }

    /// Bytes that containers hold.
    #[inline(always)]
    pub(crate) fn storage(&self) -> usize {
        self.storage.load(Ordering::Relaxed)
    }

    pub(crate) fn hard(&self) -> usize {
        self.hard.load(Ordering::Relaxed)
    }

    pub(crate) fn set_hard(&self, limit: usize) {
        self.hard.store(limit, Ordering::Relaxed);
    }

    pub(crate) fn peak(&self) -> usize {
        self.peak.load(Ordering::Relaxed)
    }

    pub(crate) fn reset_peak(&self) {
        self.peak.store(0, Ordering::Relaxed);
    }

    /// `bytes` more of storage; false, and nothing is changed, when that would exceed the hard limit.
    pub(crate) fn grow(&self, bytes: usize) -> bool {
        let objects = self
            .slots()
            .saturating_add(self.external.load(Ordering::Relaxed));
        let hard = self.hard.load(Ordering::Relaxed);
        let mut storage = self.storage();
        loop {
            let Some(more) = storage.checked_add(bytes) else {
                return false;
            };
            if objects.saturating_add(more) > hard {
                return false;
            }
            match self.storage.compare_exchange_weak(
                storage,
                more,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(now) => storage = now,
            }
        }
    }

    /// `bytes` less of storage. The peak is noted before, as the heap does before it gives something back.
    pub(crate) fn shrink(&self, bytes: usize) {
        let used = self.used();
        if used > self.peak() {
            self.peak.fetch_max(used, Ordering::Relaxed);
        }
        self.take_back(bytes);
    }

    /// `bytes` that storage grew by were not to be had.
    pub(crate) fn take_back(&self, bytes: usize) {
        self.storage.fetch_sub(bytes, Ordering::Relaxed);
    }
}

#[cfg(feature = "bumpalo")]
impl Account {
    pub(crate) fn frames_changed(&self, before: usize, now: usize) {
        // Wraps to the difference when it is negative.
        self.frames
            .fetch_add(now.wrapping_sub(before), Ordering::Relaxed);
    }

    pub(crate) fn frame_ended(&self, used: usize) {
        self.frame_high_water.fetch_max(used, Ordering::Relaxed);
    }

    pub(crate) fn frames(&self) -> (usize, usize) {
        (
            self.frames.load(Ordering::Relaxed),
            self.frame_high_water.load(Ordering::Relaxed),
        )
    }
}
