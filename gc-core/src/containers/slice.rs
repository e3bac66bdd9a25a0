use super::{GcString, GcVec};
use crate::trace::{Trace, Tracer};
use core::fmt;
use core::hash::{Hash, Hasher};
use core::ops::{Deref, DerefMut};

/// A slice as an object of its own: what [`Heap::alloc_slice`](crate::Heap::alloc_slice) puts on the heap.
///
/// It derefs to `[T]`, and cannot grow; a clone is in the same storage. The object is 32 bytes that own the elements, which are counted in the heap's
/// bytes and traced in pieces; a type that holds it directly, and not a handle of it, saves the object.
#[derive(Clone)]
pub struct GcSlice<T: Send + 'static>(GcVec<T>);

/// A string as an object of its own: what [`Heap::alloc_str`](crate::Heap::alloc_str) puts on the heap.
///
/// It derefs to `str`, and cannot grow.
#[derive(Clone)]
pub struct GcStr(GcString);

impl<T: Send + 'static> From<GcVec<T>> for GcSlice<T> {
    /// With the vector's memory, so that nothing is moved; `shrink_to_fit` first if there is much to spare.
    fn from(items: GcVec<T>) -> Self {
        GcSlice(items)
    }
}

impl<T: Send + 'static> From<GcSlice<T>> for GcVec<T> {
    fn from(slice: GcSlice<T>) -> Self {
        slice.0
    }
}

impl GcStr {
    /// In memory that has the room.
    pub(crate) fn new(text: &str, room: GcVec<u8>) -> Self {
        let mut string = GcString::with_room(room);
        string.push_str(text);
        GcStr(string)
    }
}

impl From<GcString> for GcStr {
    /// With the string's memory, so that nothing is moved.
    fn from(text: GcString) -> Self {
        GcStr(text)
    }
}

impl From<GcStr> for GcString {
    fn from(text: GcStr) -> Self {
        text.0
    }
}

impl<T: Trace> Trace for GcSlice<T> {
    #[inline]
    fn trace(&self, tracer: &mut Tracer<'_>) {
        self.0.trace(tracer);
    }
    fn trace_named(&self, tracer: &mut Tracer<'_>) {
        self.0.trace_named(tracer);
    }
    crate::trace::tracked_by!(T);
}

impl Trace for GcStr {
    fn trace(&self, _: &mut Tracer<'_>) {}
    fn tracked() -> bool {
        false
    }
}

impl<T: Send + 'static> Deref for GcSlice<T> {
    type Target = [T];
    #[inline]
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Send + 'static> DerefMut for GcSlice<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl Deref for GcStr {
    type Target = str;
    #[inline]
    fn deref(&self) -> &str {
        &self.0
    }
}

impl DerefMut for GcStr {
    #[inline]
    fn deref_mut(&mut self) -> &mut str {
        &mut self.0
    }
}

impl<T: fmt::Debug + Send + 'static> fmt::Debug for GcSlice<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for GcStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for GcStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: Send + 'static, U: ?Sized> PartialEq<U> for GcSlice<T>
where
    GcVec<T>: PartialEq<U>,
{
    fn eq(&self, other: &U) -> bool {
        self.0 == *other
    }
}

impl<T: PartialEq<U> + Send + 'static, U: Send + 'static> PartialEq<GcSlice<U>> for GcVec<T> {
    fn eq(&self, other: &GcSlice<U>) -> bool {
        *self == other.0
    }
}

impl<T: Eq + Send + 'static> Eq for GcSlice<T> {}

impl<T: Hash + Send + 'static> Hash for GcSlice<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<U: ?Sized> PartialEq<U> for GcStr
where
    GcString: PartialEq<U>,
{
    fn eq(&self, other: &U) -> bool {
        self.0 == *other
    }
}

impl PartialEq<GcStr> for GcString {
    fn eq(&self, other: &GcStr) -> bool {
        *self == other.0
    }
}

impl Eq for GcStr {}

impl Hash for GcStr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
