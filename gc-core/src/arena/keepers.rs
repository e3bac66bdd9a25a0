//! Who keeps the shared part of a heap: the heap itself, storage handles, and the slots that outlive the heap.

use crate::sync::{AtomicU64, Ordering};

/// While the heap lives, the count is off by this: more than all its slots, so that slots that become orphans before
/// the heap has counted them do not bring it to 0.
const HEAP: u64 = 1 << 40;

/// A count of them. Whoever is told to be the last frees what is kept, and nobody reaches it any more.
pub(crate) struct Keepers(AtomicU64);

impl Keepers {
    /// The heap alone.
    pub(crate) fn new() -> Self {
        Keepers(AtomicU64::new(HEAP))
    }

    /// One more; the caller is one already.
    pub(crate) fn join(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// One less. True when it was the last.
    #[must_use]
    pub(crate) fn leave(&self) -> bool {
        self.0.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// The heap goes and leaves `orphans` slots, of which some may have left already. True when nobody is left.
    #[must_use]
    pub(crate) fn heap_leaves(&self, orphans: u64) -> bool {
        let steps = HEAP - orphans;
        self.0.fetch_sub(steps, Ordering::AcqRel) == steps
    }
}

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use loom::cell::UnsafeCell;
    use loom::sync::Arc;
    use loom::thread;

    /// The kept thing: written by whoever leaves, freed by the last.
    struct Kept {
        keepers: Keepers,
        freed: UnsafeCell<u32>,
    }

    impl Kept {
        fn new() -> Arc<Self> {
            Arc::new(Kept {
                keepers: Keepers::new(),
                freed: UnsafeCell::new(0),
            })
        }

        fn last(&self, last: bool) -> u32 {
            if last {
                // A race here is a free while somebody else still looks.
                // SAFETY: loom checks that nobody else is in the cell.
                self.freed.with_mut(|freed| unsafe { *freed += 1 });
            }
            u32::from(last)
        }

        fn look(&self) {
            // SAFETY: as above.
            self.freed.with(|freed| assert_eq!(unsafe { *freed }, 0));
        }
    }

    /// The heap ends while a storage is cloned and both are dropped on another thread, and an orphan is dropped on a
    /// third: exactly one of them is the last.
    #[test]
    fn loom_the_last_keeper_is_told_so_once() {
        loom::model(|| {
            let kept = Kept::new();
            kept.keepers.join(); // the storage
            let storage = {
                let kept = kept.clone();
                thread::spawn(move || {
                    kept.look();
                    kept.keepers.join();
                    let first = kept.last(kept.keepers.leave());
                    if first == 0 {
                        kept.look();
                    }
                    first + kept.last(kept.keepers.leave())
                })
            };
            let orphan = {
                let kept = kept.clone();
                thread::spawn(move || {
                    kept.look();
                    kept.last(kept.keepers.leave())
                })
            };
            kept.look();
            let heap = kept.last(kept.keepers.heap_leaves(1));
            assert_eq!(heap + storage.join().unwrap() + orphan.join().unwrap(), 1);
        });
    }
}
