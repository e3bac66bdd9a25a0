//! Page numbers that were never given out. The heap takes them, and contexts that have used up their own.

use crate::sync::{AtomicU32, Ordering};

pub(crate) struct Numbers {
    next: AtomicU32,
    /// The heap has room in its tables for the numbers below: what contexts may take.
    limit: AtomicU32,
}

impl Numbers {
    pub(crate) fn new() -> Self {
        Numbers {
            next: AtomicU32::new(0),
            limit: AtomicU32::new(0),
        }
    }

    pub(crate) fn next(&self) -> u32 {
        self.next.load(Ordering::Relaxed)
    }

    /// By the heap: takes the number, if it is still the next.
    pub(crate) fn take_this(&self, number: u32) -> bool {
        self.next
            .compare_exchange(number, number + 1, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }

    /// By the heap: contexts may take the numbers below `limit`.
    pub(crate) fn allow(&self, limit: u32) {
        self.limit.fetch_max(limit, Ordering::Relaxed);
    }

    /// By a context.
    pub(crate) fn take(&self) -> Option<u32> {
        let limit = self.limit.load(Ordering::Relaxed);
        self.next
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| {
                (next < limit).then_some(next + 1)
            })
            .ok()
    }
}
