use super::site::Site;
use super::{Gc, ObjectId};
use crate::arena::PageRef;
use crate::trace::{Trace, Tracer};
use core::any::TypeId;
use core::fmt;
use core::mem;

/// Stands for the unknown type of a [`GcAny`].
enum Unknown {}

/// A strong handle whose type is known only at run time.
///
/// ```
/// use gc_core::{Gc, GcAny, Heap};
///
/// let mut heap = Heap::new();
/// let any: GcAny = heap.alloc(7u32).erase();
/// let any = any.downcast::<String>().unwrap_err();
/// let seven: Gc<u32> = any.downcast().unwrap();
/// assert_eq!(heap[&seven], 7);
/// ```
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct GcAny(Gc<Unknown>);

impl GcAny {
    /// `handle` has had its type changed to the unknown one.
    pub(crate) fn new<T: ?Sized>(handle: Gc<T>) -> Self {
        let (slot, site) = (handle.slot(), handle.site());
        mem::forget(handle);
        // SAFETY: the count moves from one handle to the other; nothing reads a value through `Gc<Unknown>`.
        GcAny(unsafe { Gc::from_slot(slot, site) })
    }

    pub(crate) fn slot(&self) -> core::ptr::NonNull<crate::arena::word::Word> {
        self.0.slot()
    }

    #[cfg_attr(feature = "call_sites", track_caller)]
    pub(crate) fn made_here(self) -> Self {
        GcAny(self.0.made_here())
    }

    pub(crate) fn site(&self) -> Site {
        self.0.site()
    }

    /// What is left of its heap, at least.
    pub(crate) fn shared(&self) -> &crate::arena::Shared {
        // SAFETY: the shared part of a heap outlives every handle.
        unsafe { PageRef::of(self.0.slot()).shared().as_ref() }
    }

    /// Is the object a `T`? Cost: two loads.
    pub fn is<T: Trace>(&self) -> bool {
        PageRef::of(self.0.slot()).info().id == TypeId::of::<T>()
    }

    /// The typed handle, when the object is a `T`. Cost: two loads.
    pub fn downcast_ref<T: Trace>(&self) -> Option<&Gc<T>> {
        if !self.is::<T>() {
            return None;
        }
        // SAFETY: the page holds slots of `T` only, checked above; a `Gc` of any type and a `GcAny` are the same in
        // memory (`repr(transparent)` or `repr(C)`, and no field of the type), and the count stays this handle's.
        Some(unsafe { &*(&raw const *self).cast::<Gc<T>>() })
    }

    /// The typed handle, or this one back when the object is of another type. Cost: two loads.
    pub fn downcast<T: Trace>(self) -> Result<Gc<T>, GcAny> {
        if !self.is::<T>() {
            return Err(self);
        }
        let (slot, site) = (self.0.slot(), self.0.site());
        mem::forget(self);
        // SAFETY: the page holds slots of `T` only, checked above; the count moves to the new handle.
        Ok(unsafe { Gc::from_slot(slot, site) })
    }

    /// The name of the object's type, as the compiler writes it.
    pub fn type_name(&self) -> &'static str {
        (PageRef::of(self.0.slot()).info().name)()
    }

    /// The identity of the object.
    pub fn id(&self) -> ObjectId {
        self.0.id()
    }

    /// Do both lead to the same object?
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.0.ptr_eq(&other.0)
    }

    /// How many strong handles lead to the object.
    pub fn strong_count(&self) -> usize {
        Gc::strong_count(&self.0)
    }
}

impl Clone for GcAny {
    #[inline]
    #[cfg_attr(feature = "call_sites", track_caller)]
    fn clone(&self) -> Self {
        GcAny(self.0.clone())
    }
}

impl<T: Trace> From<Gc<T>> for GcAny {
    fn from(handle: Gc<T>) -> Self {
        handle.erase()
    }
}

impl Trace for GcAny {
    fn trace(&self, tracer: &mut Tracer<'_>) {
        tracer.edge(self.0.slot(), self.site());
    }
}

impl fmt::Debug for GcAny {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GcAny({:?} {})", self.id(), self.type_name())
    }
}
