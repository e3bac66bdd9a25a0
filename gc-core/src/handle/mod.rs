//! The handles: strong ([`Gc`]), strong without its type ([`GcAny`]), weak ([`Weak`]), and the identity they share
//! ([`ObjectId`]).

mod any;
mod gc;
mod id;
mod weak;

pub use any::GcAny;
pub use gc::Gc;
pub(crate) use gc::id_of;
pub use id::ObjectId;
pub use weak::Weak;
