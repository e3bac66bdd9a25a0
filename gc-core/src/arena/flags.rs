//! What other threads may change of a page beside the count words, and how: the version of a slot, when a thread that
//! has a handle makes a weak one of it, and which objects weak handles brought back, by all who read the heap.

use crate::sync::{AtomicU16, AtomicU64, Ordering};

/// What a slot has counted that is worn out. Few in unit tests, which wear slots out.
pub(crate) const LAST_VERSION: u32 = if cfg!(test) {
    15
} else {
    (u16::MAX >> 1) as u32
};

/// What a slot has counted of its objects, above one bit: does a weak handle carry this count?
#[repr(transparent)]
pub(crate) struct Version(AtomicU16);

impl Version {
    #[cfg(all(test, loom))]
    fn new() -> Self {
        Version(AtomicU16::new(0))
    }

    #[inline(always)]
    pub(crate) fn counted(&self) -> u32 {
        u32::from(self.0.load(Ordering::Relaxed) >> 1)
    }

    #[cfg_attr(loom, allow(dead_code))]
    #[inline(always)]
    pub(crate) fn has_weak(&self) -> bool {
        self.0.load(Ordering::Relaxed) & 1 != 0
    }

    /// Notes that a weak handle exists, and answers what it carries. On any thread that has a handle of the object.
    pub(crate) fn for_weak(&self) -> u32 {
        let now = self.0.load(Ordering::Relaxed);
        if now & 1 == 0 {
            self.0.fetch_or(1, Ordering::Relaxed);
        }
        u32::from(now >> 1)
    }

    /// Ends every weak handle of the slot. True when there were any. By the heap alone; what a thread notes meanwhile
    /// stands for the count before, which has ended, or for the next, which is then ended once more at the release.
    pub(crate) fn end(&self) -> bool {
        let now = self.0.load(Ordering::Relaxed);
        // Never wraps into an earlier version. No weak handle fits the last one, and the arena retires its slot.
        if u32::from(now >> 1) < LAST_VERSION {
            self.0.store((now | 1) + 1, Ordering::Relaxed);
        }
        now & 1 != 0
    }
}

/// Which objects of a group weak handles have brought back.
#[repr(transparent)]
pub(crate) struct Revived(AtomicU64);

impl Revived {
    #[cfg(all(test, loom))]
    fn new() -> Self {
        Revived(AtomicU64::new(0))
    }

    /// By any number of readers of the heap at a time.
    pub(crate) fn note(&self, place: usize) {
        self.0.fetch_or(1 << place, Ordering::Relaxed);
    }

    /// Takes back which of `members` are noted. By the mutable borrower of the heap.
    pub(crate) fn take(&self, members: u64) -> u64 {
        let revived = self.0.load(Ordering::Relaxed) & members;
        if revived != 0 {
            self.0.fetch_and(!revived, Ordering::Relaxed);
        }
        revived
    }
}

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use crate::sync::AtomicBool;
    use loom::sync::Arc;
    use loom::thread;

    /// Two threads that have handles of an object make weak ones: both carry the object's version, which is ended with
    /// it, and is never that of the next object.
    #[test]
    fn loom_weak_handles_made_on_two_threads_end_with_the_object() {
        loom::model(|| {
            let version = Arc::new(Version::new());
            let other = {
                let version = version.clone();
                thread::spawn(move || version.for_weak())
            };
            let one = version.for_weak();
            let other = other.join().unwrap();
            assert_eq!((one, other), (0, 0));
            assert!(version.has_weak());
            assert!(version.end(), "the game is told of this death");
            assert_ne!(version.counted(), 0);
        });
    }

    /// Under a `trace` that lies, the heap may condemn what another thread has a handle of, and makes a weak one of. That
    /// one fits no object that comes after; and it is of no use once the condemned is released.
    #[test]
    fn loom_a_weak_handle_made_while_its_object_is_condemned_fits_nothing_later() {
        loom::model(|| {
            let version = Arc::new(Version::new());
            let other = {
                let version = version.clone();
                thread::spawn(move || [version.for_weak(), version.for_weak()])
            };
            version.end();
            // The slot is released when the last handle has gone, and so after its thread was done with it.
            let weak = other.join().unwrap();
            if version.has_weak() {
                version.end();
            }
            assert!(!version.has_weak(), "the next object begins without");
            for carried in weak {
                assert!(carried < version.counted(), "{carried} fits the next");
            }
        });
    }

    /// Threads that read the heap bring objects of one group back, and no note is lost: when the job asks, all are
    /// there, and the job knows that it has to ask.
    #[test]
    fn loom_readers_bring_back_and_the_job_finds_all() {
        loom::model(|| {
            let group = Arc::new((Revived::new(), AtomicBool::new(false)));
            let bring_back = |place| {
                let group = group.clone();
                thread::spawn(move || {
                    group.0.note(place);
                    group.1.store(true, Ordering::Relaxed);
                })
            };
            let readers = [bring_back(3), bring_back(5)];
            group.0.note(3);
            group.1.store(true, Ordering::Relaxed);
            // The job goes on when all that borrow the heap are done.
            for reader in readers {
                reader.join().unwrap();
            }
            assert!(group.1.swap(false, Ordering::Relaxed));
            // Of the other job's members it takes nothing.
            assert_eq!(group.0.take(1 << 5), 1 << 5);
            assert_eq!(group.0.take(!0), 1 << 3);
            assert_eq!(group.0.take(!0), 0);
        });
    }
}
