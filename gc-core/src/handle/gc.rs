use super::site::Site;
use super::{GcAny, ObjectId, Weak};
use crate::arena::PageRef;
use crate::arena::shared::publish;
use crate::arena::word::Word;
use crate::trace::Trace;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;
use core::panic::Location;
use core::ptr::NonNull;

/// A strong handle: 8 bytes (`Option<Gc<T>>` too), counted, keeps its object alive, can be sent to any thread and
/// dropped there, also after its heap has ended.
///
/// The heap is the key: [`Heap::get`](crate::Heap::get) reads, [`Heap::get_mut`](crate::Heap::get_mut) writes. Equality,
/// order and hash are by identity and by no address: within a heap the order is that of the objects' places, the same for
/// the same sequence of calls, so that handles can be keys of a `BTreeMap`. It is not the order in which they were made.
///
/// Cost: `clone` and a `drop` that is not the last are one atomic addition; the last drop adds one compare-and-swap and
/// never runs user code. The object's own `Drop` runs at one of the heap's next safepoints. A count that would overflow
/// saturates at 2³¹: the object is then never freed.
///
/// With the feature `call_sites`, for debugging, it is 16 bytes, and a clone and a drop also look into a table.
#[cfg_attr(not(feature = "call_sites"), repr(transparent))]
#[cfg_attr(feature = "call_sites", repr(C))]
pub struct Gc<T: ?Sized> {
    slot: NonNull<Word>,
    /// Nothing without the feature `call_sites`.
    site: Site,
    /// Invariant: `get_mut` writes through it, and types that are subtypes of each other can still be `'static`.
    marker: PhantomData<fn(*const T) -> *const T>,
}

// SAFETY: a handle gives access to the count word only, which is atomic; the value is reached through a borrow of the
// heap, and is `Send + Sync` by the supertraits of `Trace`.
unsafe impl<T: ?Sized> Send for Gc<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized> Sync for Gc<T> {}

impl<T: ?Sized> Gc<T> {
    /// Makes a handle out of one count of the slot, whose making is noted at `site`.
    ///
    /// # Safety
    /// The slot holds, or held, a `T`, and the caller owns one of its counts and gives it up.
    #[inline(always)]
    pub(crate) unsafe fn from_slot(slot: NonNull<Word>, site: Site) -> Self {
        Gc {
            slot,
            site,
            marker: PhantomData,
        }
    }

    #[inline(always)]
    pub(crate) fn slot(&self) -> NonNull<Word> {
        self.slot
    }

    #[inline(always)]
    pub(crate) fn site(&self) -> Site {
        self.site
    }

    #[inline(always)]
    pub(crate) fn word(&self) -> &Word {
        // SAFETY: the slot and its page exist as long as a handle does.
        unsafe { self.slot.as_ref() }
    }

    /// A weak handle of the same object. Cost: a few loads; the first one of an object also sets a bit.
    pub fn downgrade(&self) -> Weak<T> {
        let page = PageRef::of(self.slot);
        let index = page.index_of(self.slot);
        let version = page.version_for_weak(index);
        // SAFETY: the shared part of a heap outlives every handle.
        let heap = unsafe { page.shared().as_ref() }.heap_id;
        let slot = page.id_at(index);
        Weak::new(heap, ObjectId { slot, version })
    }

    /// The identity of the object.
    pub fn id(&self) -> ObjectId {
        id_of(self.slot)
    }

    /// Do both lead to the same object?
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.slot == other.slot
    }

    /// Where this handle was allocated, cloned or upgraded, with the feature `call_sites`; `None` without it.
    pub fn call_site(&self) -> Option<&'static Location<'static>> {
        self.site.location()
    }

    /// The same handle; with the feature `call_sites` it is told as one that was made at this call. For a handle that was
    /// made by the standard library (`option.cloned()`, `vec.clone()`) or by a function of the game that all use. To be
    /// called by name: passed on as a function, `map(Gc::made_here)`, it is told as a place in the standard library.
    ///
    /// ```
    /// use gc_core::{Gc, Heap};
    ///
    /// let mut heap = Heap::new();
    /// let boss = Some(heap.alloc(100u32));
    /// let seen_by_the_camera: Option<Gc<u32>> = boss.as_ref().cloned().map(|handle| handle.made_here());
    /// # assert_eq!(boss, seen_by_the_camera);
    /// ```
    #[inline]
    #[cfg_attr(feature = "call_sites", track_caller)]
    pub fn made_here(mut self) -> Self {
        self.site.remove(self.slot);
        self.site = Site::note(self.slot);
        self
    }

    /// How many strong handles lead to the object, wherever they are. Other threads may change it at any time.
    pub fn strong_count(&self) -> usize {
        self.word().load().strong() as usize
    }
}

impl<T: Trace> Gc<T> {
    /// The handle without its type; [`GcAny::downcast`] brings it back. Cost: none.
    pub fn erase(self) -> GcAny {
        GcAny::new(self)
    }
}

pub(crate) fn id_of(slot: NonNull<Word>) -> ObjectId {
    let page = PageRef::of(slot);
    let index = page.index_of(slot);
    ObjectId {
        slot: page.id_at(index),
        version: page.version(index),
    }
}

impl<T: ?Sized> Clone for Gc<T> {
    #[inline]
    #[cfg_attr(feature = "call_sites", track_caller)]
    fn clone(&self) -> Self {
        self.word().retain();
        Gc {
            slot: self.slot,
            site: Site::note(self.slot),
            marker: PhantomData,
        }
    }
}

impl<T: ?Sized> Drop for Gc<T> {
    #[inline]
    fn drop(&mut self) {
        self.site.remove(self.slot);
        if let Some(last) = self.word().release() {
            publish(self.slot, last);
        }
    }
}

impl<T: ?Sized> PartialEq for Gc<T> {
    fn eq(&self, other: &Self) -> bool {
        Gc::ptr_eq(self, other)
    }
}

impl<T: ?Sized> Eq for Gc<T> {}

impl<T: ?Sized> PartialOrd for Gc<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: ?Sized> Ord for Gc<T> {
    /// By place, those of different heaps by heap. Cost: a few loads of both.
    fn cmp(&self, other: &Self) -> Ordering {
        // Not by version: it changes when a finalizer resurrects the object.
        let place = |handle: &Self| {
            let page = PageRef::of(handle.slot);
            // SAFETY: the shared part of a heap outlives every handle.
            let heap = unsafe { page.shared().as_ref() }.heap_id;
            (heap, page.id_of(handle.slot))
        };
        place(self).cmp(&place(other))
    }
}

impl<T: Trace> TryFrom<GcAny> for Gc<T> {
    type Error = GcAny;

    /// As [`GcAny::downcast`].
    fn try_from(any: GcAny) -> Result<Self, GcAny> {
        any.downcast()
    }
}

impl<T: ?Sized> Hash for Gc<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Not the version: it changes when a finalizer resurrects the object.
        PageRef::of(self.slot).id_of(self.slot).hash(state);
    }
}

impl<T: ?Sized> fmt::Debug for Gc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gc({:?})", self.id())
    }
}
