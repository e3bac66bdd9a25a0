//! The handles: strong ([`Gc`]), strong without its type ([`GcAny`]), weak ([`Weak`]), both for objects of different
//! types behind a trait ([`GcDyn`], [`WeakDyn`]), and the identities they share ([`ObjectId`], [`HeapId`]).

mod any;
mod dynamic;
mod gc;
mod id;
mod site;
#[cfg(feature = "call_sites")]
mod sites;
mod weak;

pub use any::GcAny;
pub use dynamic::{GcDyn, View, WeakDyn};
pub use gc::Gc;
pub(crate) use gc::id_of;
pub use id::{HeapId, ObjectId};
pub(crate) use site::Site;
pub use weak::Weak;

/// A strong handle, typed or not: what the heap can be asked about.
pub trait AnyHandle: sealed::Sealed {}

impl<T: ?Sized> AnyHandle for Gc<T> {}
impl AnyHandle for GcAny {}
impl<D: ?Sized + 'static> AnyHandle for GcDyn<D> {}

pub(crate) mod sealed {
    use super::{Gc, GcAny, GcDyn};
    use crate::arena::word::Word;
    use core::ptr::NonNull;

    pub trait Sealed {
        fn slot_of(&self) -> SlotOf;
    }

    /// Keeps the slot's type out of the public interface.
    pub struct SlotOf(pub(crate) NonNull<Word>);

    impl<T: ?Sized> Sealed for Gc<T> {
        fn slot_of(&self) -> SlotOf {
            SlotOf(self.slot())
        }
    }

    impl Sealed for GcAny {
        fn slot_of(&self) -> SlotOf {
            SlotOf(self.slot())
        }
    }

    impl<D: ?Sized + 'static> Sealed for GcDyn<D> {
        fn slot_of(&self) -> SlotOf {
            SlotOf(self.as_any().slot())
        }
    }
}
