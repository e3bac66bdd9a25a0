use super::{HeapId, ObjectId};
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;

/// A weak handle: `Copy`, 12 bytes, does not keep its object alive, never dangles.
///
/// It answers through the heap: [`Heap::get_weak`](crate::Heap::get_weak) and [`Heap::upgrade`](crate::Heap::upgrade)
/// give `None` from the moment the object is dead or condemned, also when its memory holds another object by then, and
/// for every other heap. A slot has 2¹⁵ − 1 versions; one that has used them up is retired until its page is replaced,
/// so a weak handle never wraps into another object.
///
/// ```
/// use gc_core::{Heap, Weak};
///
/// let mut heap = Heap::new();
/// let hero = heap.alloc(String::from("hero"));
/// let weak: Weak<String> = hero.downgrade();
/// assert_eq!(heap.get_weak(weak).map(String::as_str), Some("hero"));
/// drop(hero);
/// assert_eq!(heap.get_weak(weak), None);
/// ```
pub struct Weak<T: ?Sized> {
    /// 0: of no heap.
    pub(crate) heap: u32,
    pub(crate) id: ObjectId,
    /// Invariant: `get_mut` writes through it, and types that are subtypes of each other can still be `'static`.
    marker: PhantomData<fn(*const T) -> *const T>,
}

impl<T: ?Sized> Weak<T> {
    pub(crate) fn new(heap: u32, id: ObjectId) -> Self {
        Weak {
            heap,
            id,
            marker: PhantomData,
        }
    }

    /// The same with another type. To be changed back before a heap is asked: it trusts the type.
    pub(crate) fn retype<U: ?Sized>(self) -> Weak<U> {
        Weak::new(self.heap, self.id)
    }

    /// A weak handle that never had an object; also the default.
    pub const fn dead() -> Self {
        Weak {
            heap: 0,
            id: ObjectId {
                slot: 0,
                version: 0,
            },
            marker: PhantomData,
        }
    }

    /// The heap of the object, also after its death.
    pub fn heap_id(self) -> HeapId {
        HeapId(self.heap)
    }

    /// The identity of the object, also after its death.
    pub fn id(self) -> ObjectId {
        self.id
    }
}

impl<T: ?Sized> Clone for Weak<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Weak<T> {}

impl<T: ?Sized> Default for Weak<T> {
    fn default() -> Self {
        Weak::dead()
    }
}

impl<T: ?Sized> PartialEq for Weak<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.heap, self.id) == (other.heap, other.id)
    }
}

impl<T: ?Sized> Eq for Weak<T> {}

impl<T: ?Sized> PartialOrd for Weak<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: ?Sized> Ord for Weak<T> {
    /// By heap, then by the identity of the object.
    fn cmp(&self, other: &Self) -> Ordering {
        (self.heap, self.id).cmp(&(other.heap, other.id))
    }
}

impl<T: ?Sized> Hash for Weak<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.heap, self.id).hash(state);
    }
}

impl<T: ?Sized> fmt::Debug for Weak<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.heap == 0 {
            f.write_str("Weak(dead)")
        } else {
            write!(f, "Weak({:?})", self.id)
        }
    }
}
