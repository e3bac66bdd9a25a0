//! The end of a heap.

use super::Heap;
use super::reach::live_slots;
use crate::arena::{Bit, Lane};
use crate::collect::Meter;

impl Drop for Heap {
    /// Finalizers first, while everything is still there; then all values that have something to drop, one by one; then
    /// the pages, but for those that handles still lead to. Cost beside the drops: O(pages).
    ///
    /// If user code panics, the rest is dropped all the same; a second panic aborts, as everywhere in Rust.
    fn drop(&mut self) {
        struct Rest<'a>(&'a mut Heap);
        impl Drop for Rest<'_> {
            fn drop(&mut self) {
                self.0.end_jobs();
                self.0.drop_all();
                self.0.arena.leave();
            }
        }
        self.ends();
        let rest = Rest(self);
        rest.0.end_jobs();
        rest.0.merge_returned();
        rest.0.reclaim_all();
        rest.0.finalize_all();
        rest.0.drop_all();
    }
}

impl Heap {
    /// Also when it is a finalizer of this very heap that ends it: nobody waits for that one's end. A finalizer may put
    /// another heap here at any time, one whose finalizer is running too, so this is said again and again.
    fn ends(&mut self) {
        self.arena.ending = true;
        self.arena.shared().set_finalizing(0);
    }

    /// A job that has condemned something is finished: it keeps counts of what it frees.
    fn end_jobs(&mut self) {
        for lane in Lane::ALL {
            self.settle(lane);
        }
    }

    fn finalize_all(&mut self) {
        for number in 0..self.arena.page_numbers() {
            let mut index = 0;
            // Asked for anew each time: a finalizer may do anything to the heap, even put another in its place.
            while let Some(page) = self.arena.page(number)
                && page.finalizes()
                && index < page.capacity()
            {
                let waits = page.has(Bit::Live, index) && !page.has(Bit::Finalized, index);
                if waits && let Some(held) = self.arena.hold(page.slot(index)) {
                    self.call_finalizer(page.slot(index), held);
                    self.ends();
                    // What that left without handles has its finalizer called before any value is dropped.
                    self.reclaim_all();
                }
                index += 1;
            }
        }
    }

    fn drop_all(&mut self) {
        self.garbage.clear();
        self.ends();
        self.end_jobs();
        while self.arena.live_to_drop() > 0 {
            self.ends();
            for number in 0..self.arena.page_numbers() {
                let Some(page) = self.arena.page(number) else {
                    continue;
                };
                // What has nothing to drop is not visited: its slots are free, or left to the handles.
                if page.info().drop.is_none() {
                    continue;
                }
                for slot in live_slots(page) {
                    self.arena.drop_last(slot);
                }
                self.reclaim_some(&mut Meter::unlimited());
                // A finalizer may have put another heap here, in which a collection is in progress.
                self.ends();
                self.end_jobs();
            }
            // If something is left, another thread is dropping the last handle right now: it will be on the dead list.
            core::hint::spin_loop();
        }
        self.reclaim_some(&mut Meter::unlimited());
    }
}
