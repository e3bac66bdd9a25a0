//! What can go wrong, as types.

use core::fmt;

/// Why a handle gives no access.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum HandleError {
    /// The object lives on another heap. Ask that one.
    ForeignHeap,
    /// The object was reclaimed although this handle was left: the `trace` of some type shows a handle that it does not
    /// own, or shows one twice. Derive `Trace` for it.
    Reclaimed,
}

impl fmt::Display for HandleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            HandleError::ForeignHeap => {
                "the handle belongs to another heap; use the heap that allocated the object"
            }
            HandleError::Reclaimed => {
                "the object was reclaimed while a handle was left: a hand-written `Trace` shows a handle twice, or one \
                 that its object does not own"
            }
        })
    }
}

impl core::error::Error for HandleError {}

/// Why several handles give no access together.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum DisjointError {
    /// One of them gives none.
    Handle(HandleError),
    /// Two of them lead to the same object, which can be borrowed mutably only once.
    SameObject,
}

impl From<HandleError> for DisjointError {
    fn from(error: HandleError) -> Self {
        DisjointError::Handle(error)
    }
}

impl fmt::Display for DisjointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DisjointError::Handle(error) => error.fmt(f),
            DisjointError::SameObject => {
                f.write_str("two of the handles lead to the same object; borrow it once")
            }
        }
    }
}

impl core::error::Error for DisjointError {}

/// Why a heap could not be made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum HeapError {
    /// The allocator had no memory for it.
    OutOfMemory,
    /// Too many heaps exist at once, counting those that have ended but still have handles; or 2³² have existed.
    TooManyHeaps,
}

impl fmt::Display for HeapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HeapError::OutOfMemory => f.write_str("the allocator has no memory for it"),
            HeapError::TooManyHeaps => write!(
                f,
                "no more than {} heaps can exist at a time, with those that ended but still have handles",
                crate::arena::tags::MOST
            ),
        }
    }
}

impl core::error::Error for HeapError {}

/// Why there was no memory for an object.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum AllocErrorKind {
    /// The allocator had no more, also after a full collection.
    OutOfMemory,
    /// The object would bring the heap above its hard limit, also after a full collection; or the container would, which
    /// cannot begin one ([`Heap::make_room`](crate::Heap::make_room) can).
    HardLimit {
        /// The limit, in bytes.
        limit: usize,
        /// What the heap uses.
        used: usize,
    },
    /// No allocator could hold an object of this size.
    TooLarge,
}

impl core::error::Error for AllocErrorKind {}

impl fmt::Display for AllocErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AllocErrorKind::OutOfMemory => {
                f.write_str("the allocator has no more memory; free something or set a soft limit")
            }
            AllocErrorKind::HardLimit { limit, used } => write!(
                f,
                "the heap uses {used} bytes of its hard limit of {limit}; drop handles, collect, or raise the limit"
            ),
            AllocErrorKind::TooLarge => f.write_str("the object is too large for any allocator"),
        }
    }
}

/// An allocation that failed. The value is in it.
pub struct AllocError<T> {
    /// What was to be allocated, or what was to make it: a closure, or the rest of an iterator.
    pub value: T,
    /// Why it was not.
    pub kind: AllocErrorKind,
    asked: Asked,
}

/// What memory was asked for.
#[derive(Clone, Copy)]
enum Asked {
    /// An object of the type of this name.
    Object(fn() -> &'static str),
    Container,
    /// The note of an object's external bytes.
    Note,
}

impl<T> AllocError<T> {
    /// There was no memory for an `Object`.
    #[inline]
    pub(crate) fn of_object<Object>(value: T, kind: AllocErrorKind) -> Self {
        let asked = Asked::Object(core::any::type_name::<Object>);
        AllocError { value, kind, asked }
    }

    /// There was no memory for a container's growth.
    #[inline]
    pub(crate) fn of_container(value: T, kind: AllocErrorKind) -> Self {
        let asked = Asked::Container;
        AllocError { value, kind, asked }
    }

    /// There was no memory for the note of external bytes.
    pub(crate) fn of_note(value: T) -> Self {
        AllocError {
            value,
            kind: AllocErrorKind::OutOfMemory,
            asked: Asked::Note,
        }
    }

    /// The value back.
    pub fn into_value(self) -> T {
        self.value
    }

    /// The same with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> AllocError<U> {
        AllocError {
            value: change(self.value),
            kind: self.kind,
            asked: self.asked,
        }
    }
}

impl<T: Clone> Clone for AllocError<T> {
    fn clone(&self) -> Self {
        AllocError {
            value: self.value.clone(),
            ..*self
        }
    }
}

impl<T: PartialEq> PartialEq for AllocError<T> {
    /// The same value and reason.
    fn eq(&self, other: &Self) -> bool {
        (&self.value, self.kind) == (&other.value, other.kind)
    }
}

impl<T: Eq> Eq for AllocError<T> {}

impl<T> fmt::Debug for AllocError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AllocError")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Display for AllocError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.asked {
            Asked::Object(name) => write!(f, "cannot allocate a `{}`: {}", name(), self.kind),
            Asked::Container => write!(f, "a container cannot grow: {}", self.kind),
            Asked::Note => write!(f, "cannot note external bytes: {}", self.kind),
        }
    }
}

impl<T> core::error::Error for AllocError<T> {}
