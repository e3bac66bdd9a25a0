//! Allocation on other threads.

use super::Heap;
use super::make::fail;
use crate::arena::NoSlot;
use crate::arena::context::{Held, Merged};
use crate::collect::{AT_ALLOCATION, Meter};
use crate::{AllocError, AllocErrorKind, Gc, Trace};
use core::fmt;

/// Allocates on a heap without it, on another thread.
///
/// [`Heap::alloc_context`] makes one; any number may be in use at a time. It allocates with slots that the heap has lent
/// to it, and makes pages of its own when those are used up; it never waits for the heap or another context.
/// **Handles of its objects work at once**: through them the heap reads and writes, they can be cloned, dropped,
/// downgraded and upgraded, on any thread.
///
/// [`Heap::merge_mut`], at a moment when nobody allocates, makes the objects the collector's: young, and counted by
/// [`Heap::len`], [`Heap::bytes`], thresholds, pacer and limits. Until then they are not collected, [`Heap::iter`] and
/// [`Heap::all_objects`] pass them by, and one whose last handle is dropped waits with its value. With the same sequence
/// of merges, whatever the threads do in between, identities and the order of iteration are the same, as long as a
/// context makes at most twice as many pages as between the two merges before (and 4 in any case).
///
/// Dropping a context merges it at one of the heap's next safepoints, whole, also when that is a step with a small budget:
/// O(its pages + slots of those / 64). When the heap has ended, the drop of its last
/// context drops the values that were not merged, on that thread; their finalizers do not run.
///
/// ```
/// use gc_core::{Gc, Heap, Trace};
///
/// #[derive(Trace)]
/// struct Spark { heat: f32 }
///
/// let mut heap = Heap::new();
/// let mut contexts: Vec<_> = (0..2).map(|_| heap.alloc_context()).collect();
/// let mut sparks: Vec<Gc<Spark>> = Vec::new();
/// for _frame in 0..3 {
///     std::thread::scope(|scope| {
///         let threads: Vec<_> = contexts
///             .iter_mut()
///             .map(|context| scope.spawn(|| context.alloc(Spark { heat: 1.0 })))
///             .collect();
///         sparks.extend(threads.into_iter().map(|thread| thread.join().unwrap()));
///     });
///     assert_eq!(heap[sparks.last().unwrap()].heat, 1.0); // not merged yet
///     for context in &mut contexts {
///         heap.merge_mut(context);
///     }
/// }
/// assert_eq!(heap.len(), 6);
/// ```
pub struct AllocContext(Held);

impl AllocContext {
    /// Puts a value on the heap. Cost: as [`Heap::alloc`], without its safepoint: nothing is reclaimed or collected.
    ///
    /// # Panics
    /// If there is no memory, or the heap's hard limit is reached; [`AllocContext::try_alloc`] gives the value back.
    #[inline]
    #[cfg_attr(feature = "call_sites", track_caller)]
    pub fn alloc<T: Trace>(&mut self, value: T) -> Gc<T> {
        match self.try_alloc(value) {
            Ok(handle) => handle,
            Err(error) => fail::<T>(error.kind),
        }
    }

    /// Puts a value on the heap, or gives it back.
    ///
    /// # Errors
    /// If there is no memory, or what the heap used at the last merge and what this context has allocated since exceed
    /// the hard limit of then. (Contexts do not know of each other: together they may exceed it until they merge.) If
    /// all contexts of a heap together have made 8,192 pages more than they were given numbers for, they are out of
    /// memory until the next merge.
    #[inline]
    #[cfg_attr(feature = "call_sites", track_caller)]
    pub fn try_alloc<T: Trace>(&mut self, value: T) -> Result<Gc<T>, AllocError<T>> {
        let core = self.0.core_mut();
        let bytes = crate::arena::Arena::slot_bytes::<T>();
        let used = core.used.saturating_add(core.bytes);
        if used.saturating_add(bytes) > core.limit {
            let limit = core.limit;
            let kind = AllocErrorKind::HardLimit { limit, used };
            return Err(AllocError::of_object::<T>(value, kind));
        }
        core.alloc(value).map_err(|(value, reason)| {
            let kind = match reason {
                NoSlot::TooLarge => AllocErrorKind::TooLarge,
                NoSlot::OutOfMemory => AllocErrorKind::OutOfMemory,
            };
            AllocError::of_object::<T>(value, kind)
        })
    }

    /// Objects that it has allocated since the last merge, also those that are dead already.
    pub fn unmerged(&self) -> usize {
        self.0.core().objects
    }

    /// Bytes of their slots.
    pub fn unmerged_bytes(&self) -> usize {
        self.0.core().bytes
    }
}

impl fmt::Debug for AllocContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AllocContext")
            .field("unmerged", &self.unmerged())
            .field("unmerged_bytes", &self.unmerged_bytes())
            .finish_non_exhaustive()
    }
}

impl Heap {
    /// Makes a context, with which another thread can allocate on this heap. Cost: O(1), a small allocation.
    ///
    /// # Panics
    /// If there is no memory for it; [`Heap::try_alloc_context`] answers an error instead.
    #[track_caller]
    pub fn alloc_context(&mut self) -> AllocContext {
        match self.try_alloc_context() {
            Ok(context) => context,
            Err(kind) => fail::<AllocContext>(kind),
        }
    }

    /// Makes a context, with which another thread can allocate on this heap.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn try_alloc_context(&mut self) -> Result<AllocContext, AllocErrorKind> {
        self.merge_returned();
        let held = self
            .arena
            .lend_context()
            .ok_or(AllocErrorKind::OutOfMemory)?;
        let mut context = AllocContext(held);
        self.set_room(&mut context);
        Ok(context)
    }

    /// Merges what the context has allocated, and ends it. [`Heap::merge_mut`] keeps it for the next frame.
    ///
    /// A safepoint, as an allocation is: some of what reference counting has condemned is reclaimed, and an automatic
    /// collection may run. Cost: O(pages that the context has + slots of those / 64).
    ///
    /// # Panics
    /// If the context belongs to another heap.
    #[track_caller]
    pub fn merge(&mut self, context: AllocContext) {
        self.check_context(&context);
        let merged = self.arena.merge_whole(context.0);
        self.merged(merged);
    }

    /// Merges what the context has allocated, and lends it what it may need until the next merge: as many slots of each
    /// type as it has used since the last. Meant for one context a system or thread, merged once a frame.
    ///
    /// A safepoint, with costs as [`Heap::merge`].
    ///
    /// # Panics
    /// If the context belongs to another heap.
    #[track_caller]
    pub fn merge_mut(&mut self, context: &mut AllocContext) {
        self.check_context(context);
        let merged = self.arena.merge(context.0.core_mut());
        self.arena.lend_more(context.0.core_mut());
        self.set_room(context);
        // Last: it runs finalizers, and one may put another heap in the place of this one.
        self.merged(merged);
    }

    /// Merges the contexts that were dropped.
    #[inline]
    pub(crate) fn merge_returned(&mut self) {
        if self.arena.has_returned() {
            let merged = self.arena.merge_returned();
            self.counted(&merged);
        }
    }

    #[track_caller]
    fn check_context(&self, context: &AllocContext) {
        assert!(
            context.0.core().is_of(&self.arena),
            "the context belongs to another heap; merge it with the heap that made it"
        );
    }

    fn set_room(&self, context: &mut AllocContext) {
        let core = context.0.core_mut();
        core.used = self.bytes();
        core.limit = self.limits().hard;
    }

    fn counted(&mut self, merged: &Merged) {
        self.counts[0] += merged.tracked;
        self.pacer.allocated(merged.tracked_bytes);
        self.dead = self.arena.take_woken(self.dead);
        if merged.objects > 0 {
            self.merge_is_allowed(merged.objects);
        }
    }

    /// A safepoint's duties, as those of so many allocations.
    fn merged(&mut self, merged: Merged) {
        self.counted(&merged);
        if self.has_dead() {
            let units = AT_ALLOCATION.saturating_mul(merged.objects as u64);
            self.reclaim_some(&mut Meter::units(units));
        }
        self.after_merge();
    }

    /// The first on the dead list, which no context has merged, waits for that.
    // It finds the slot anew: passed on, it would have to lie in memory for each object that is reclaimed.
    #[cold]
    #[inline(never)]
    pub(crate) fn wait(&mut self) {
        if let Some(slot) = self.arena.slot_of(self.dead) {
            self.dead = self.arena.word(slot).load().link();
            self.arena.wait(slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Heap, Trace, Tracer};
    use alloc::sync::Arc;
    use alloc::vec::Vec;
    use core::mem::ManuallyDrop;

    /// Its count tells whether it was dropped.
    struct Shot(#[allow(dead_code)] Arc<()>);

    impl Trace for Shot {
        fn trace(&self, _: &mut Tracer<'_>) {}
    }

    /// Here, and not among the tests of contexts: when this fails, those wait for the heap's end for ever.
    #[test]
    fn what_died_before_its_merge_is_reclaimed_after_it() {
        let dropped = Arc::new(());
        // Not dropped should this fail: the end of a heap waits for what is neither alive nor on a list.
        let mut heap = ManuallyDrop::new(Heap::new());
        let mut context = heap.alloc_context();
        for objects in 1..4 {
            for _ in 0..objects {
                drop(context.alloc(Shot(dropped.clone())));
            }
            assert_eq!(heap.reclaim(), 0, "they wait for their merge");
            assert_eq!(Arc::strong_count(&dropped), 1 + objects);
            heap.merge_mut(&mut context);
            heap.reclaim();
            assert_eq!((heap.len(), Arc::strong_count(&dropped)), (0, 1));
        }
        drop(context);
        drop(ManuallyDrop::into_inner(heap));
    }

    /// What waits for one context costs the merge of another nothing: not one word of it is read or written anew.
    #[test]
    fn a_merge_looks_at_its_own_dead_only() {
        let dropped = Arc::new(());
        // As above.
        let mut heap = ManuallyDrop::new(Heap::new());
        let mut context = heap.alloc_context();
        let mut other = heap.alloc_context();
        let mut ids = Vec::new();
        for _ in 0..1000 {
            let shot = context.alloc(Shot(dropped.clone()));
            ids.push(shot.id().slot);
        }
        heap.reclaim();
        let words = |heap: &Heap| -> Vec<u32> {
            let slots = ids.iter().filter_map(|&id| heap.arena.slot_of(id));
            slots
                .map(|slot| heap.arena.word(slot).load().link())
                .collect()
        };
        let before = words(&heap);
        assert_eq!(before.len(), 1000);
        for _ in 0..3 {
            drop(other.alloc(7u32));
            heap.merge_mut(&mut other);
            drop(heap.alloc_context());
            heap.step(crate::Budget::units(1));
            assert_eq!(before, words(&heap));
        }
        assert_eq!(Arc::strong_count(&dropped), 1001);
        heap.merge(context);
        heap.reclaim();
        assert_eq!(Arc::strong_count(&dropped), 1);
        drop(other);
        drop(ManuallyDrop::into_inner(heap));
    }
}
