//! What large containers leave behind when they are dropped: their elements, to be dropped in pieces at the heap's
//! safepoints.
//!
//! A container may be dropped on any thread, and must never wait there: whoever finds the list in use, or closed, or
//! no memory for it, drops the elements at once.

use crate::sync::{AtomicBool, Ordering};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::UnsafeCell;
use core::mem;

/// Elements dropped for a unit of work. A container with fewer drops them itself.
pub(crate) const PIECE: usize = 64;

/// The elements of one container.
pub(crate) trait Leftover: Send {
    /// Drops some, and says whether any are left.
    fn drop_some(&mut self, most: usize) -> bool;
}

/// The list, in the part of a heap that storage leads to.
pub(crate) struct Leftovers {
    locked: AtomicBool,
    /// Has the heap to look? Asked without the lock; set until it has found nothing.
    some: AtomicBool,
    list: UnsafeCell<List>,
}

struct List {
    items: Vec<Box<dyn Leftover>>,
    /// The heap has ended.
    closed: bool,
}

// SAFETY: the list is reached through `with` alone, by one thread at a time; what is in it is `Send`.
unsafe impl Sync for Leftovers {}

impl Leftovers {
    pub(crate) fn new() -> Self {
        Leftovers {
            locked: AtomicBool::new(false),
            some: AtomicBool::new(false),
            list: UnsafeCell::new(List {
                items: Vec::new(),
                closed: false,
            }),
        }
    }

    /// `None` when another thread has the list. The closure must not call user code.
    fn with<R>(&self, work: impl FnOnce(&mut List) -> R) -> Option<R> {
        if self.locked.swap(true, Ordering::Acquire) {
            return None;
        }
        // SAFETY: whoever has seen `locked` change from false to true is alone here until it sets it back.
        let result = work(unsafe { &mut *self.list.get() });
        self.locked.store(false, Ordering::Release);
        Some(result)
    }

    /// Leaves the elements to the heap, or gives them back.
    pub(crate) fn leave(&self, leftover: Box<dyn Leftover>) -> Result<(), Box<dyn Leftover>> {
        let mut leftover = Some(leftover);
        self.with(|list| {
            if !list.closed && list.items.try_reserve(1).is_ok() {
                list.items.extend(leftover.take());
                self.some.store(true, Ordering::Relaxed);
            }
        });
        leftover.map_or(Ok(()), Err)
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        !self.some.load(Ordering::Relaxed)
    }

    /// All that was left since the last time; nothing when another thread is leaving something right now.
    pub(crate) fn take(&self) -> Vec<Box<dyn Leftover>> {
        self.with(|list| {
            self.some.store(!list.items.is_empty(), Ordering::Relaxed);
            mem::take(&mut list.items)
        })
        .unwrap_or_default()
    }

    /// All that is left, and nothing comes in any more.
    pub(crate) fn close(&self) -> Vec<Box<dyn Leftover>> {
        loop {
            let items = self.with(|list| {
                list.closed = true;
                mem::take(&mut list.items)
            });
            match items {
                Some(items) => return items,
                None => core::hint::spin_loop(),
            }
        }
    }
}
