//! How a type tells the collector what it refers to.

/// For the `impl` of what is tracked when one of its parts is. Types that hold each other without a handle would ask
/// without end: below [`TRACKED_DEPTH`] the answer is yes, which costs the collector some work; a wrong no would leak.
macro_rules! tracked_by {
    ($($part:ty),+) => {
        #[inline]
        fn tracked() -> bool {
            Self::tracked_within($crate::trace::TRACKED_DEPTH)
        }
        #[inline]
        fn tracked_within(depth: u32) -> bool {
            depth == 0 $(|| <$part as $crate::Trace>::tracked_within(depth - 1))+
        }
    };
}
pub(crate) use tracked_by;

mod impls;
mod tracer;

pub use tracer::Tracer;
pub(crate) use tracer::{Greys, Mode, PIECE, Resume, mark};

use crate::{Gc, Heap};

/// How deep types may be nested in types for [`Trace::tracked`] to look at all of them.
#[doc(hidden)]
pub const TRACKED_DEPTH: u32 = 16;

/// A type whose objects can live on a [`Heap`]: it shows the collector every handle it owns.
///
/// Derive it: `#[derive(Trace)]`. By hand, call `self.field.trace(tracer)` for each field that can hold a handle, or
/// `tracer.field("field", &self.field)`, which also names it for [`Heap::why_alive`] and the other
/// tools of [`inspect`](crate::inspect).
///
/// The trait is safe, and no implementation can break memory. One that forgets a handle makes what lies behind it look
/// referred to from outside: cycles through it leak. One that shows a handle it does not own, or one twice, can end an
/// object that is still referred to: the next access through such a handle answers
/// [`HandleError::Reclaimed`](crate::HandleError::Reclaimed) or panics with the type's name. `trace` must show the same
/// handles until the object is next borrowed mutably, and where two machines must agree, in the same order: a
/// collection follows them in it. The maps and sets of `std` and `hashbrown` show theirs in the order of the table, which
/// a random hasher makes another in each run; take [`GcMap`](crate::containers::GcMap) or a `BTreeMap` there.
///
/// **What costs the collector nothing.** A type that cannot refer to others is *untracked*: it has no handles in its
/// fields, as far as the types tell. `Weak` and plain data have none, containers what their items have. `Box<T>` counts as
/// if it had one, since it may hold a `dyn Trait`: a leaf with a box in it is tracked, unless the field is
/// `#[trace(skip)]` or the type `#[trace(acyclic)]`. See [`Trace::tracked`], and
/// [`Heap::is_tracked`](crate::Heap::is_tracked) to ask.
///
/// Types are `Send + Sync`, because handles are, and because a heap may be read by many systems at a time. `Trace` is
/// not implemented for `Cell`, `RefCell`, `Mutex` or `Arc`: a handle in one of them could move without the heap being
/// borrowed mutably. Put it directly in the object, and change it through [`Heap::get_mut`].
///
/// ```
/// use gc_core::{Gc, Heap, Trace, Tracer};
///
/// struct Node { next: Option<Gc<Node>>, hp: u32 }
///
/// impl Trace for Node {
///     fn trace(&self, tracer: &mut Tracer<'_>) {
///         self.next.trace(tracer);
///     }
/// }
///
/// let mut heap = Heap::new();
/// let node = heap.alloc(Node { next: None, hp: 3 });
/// heap[&node].next = Some(node.clone());
/// drop(node);
/// assert_eq!(heap.collect().collected, 1);
/// ```
#[diagnostic::on_unimplemented(
    message = "the collector cannot trace `{Self}`",
    label = "`{Self}` does not implement `Trace`",
    note = "derive it for your own types: `#[derive(Trace)]`",
    note = "a field that holds no handles, such as another crate's `Vec3` or `Entity`, is left out with `#[trace(skip)]`",
    note = "a handle inside a `Cell`, `RefCell`, `Mutex`, `RwLock` or `Arc` could move unseen: store it directly in the object and change it through `Heap::get_mut`"
)]
pub trait Trace: Send + Sync + 'static {
    /// Shows every handle that `self` owns, always the same ones until `self` is changed.
    fn trace(&self, tracer: &mut Tracer<'_>);

    /// Can objects of this type refer to others? Those that cannot cost the collector nothing.
    ///
    /// `true` unless overridden. `Gc<T>` answers `true`, `Weak<T>` and plain data `false`, containers what their items
    /// answer; `Box<T>` answers `true`, since it may hold a `dyn Trait`, and so do types that hold each other without a
    /// handle, or are nested deeper than 16.
    fn tracked() -> bool
    where
        Self: Sized,
    {
        true
    }

    /// The same, asked by a type that holds this one, so many levels at most.
    #[doc(hidden)]
    fn tracked_within(_depth: u32) -> bool
    where
        Self: Sized,
    {
        Self::tracked()
    }

    /// The same as `trace`, with the names of fields for [`inspect`](crate::inspect): what the derive writes. By hand,
    /// [`Tracer::field`] in `trace` itself does it.
    #[doc(hidden)]
    fn trace_named(&self, tracer: &mut Tracer<'_>) {
        self.trace(tracer);
    }

    #[doc(hidden)]
    fn finalizer() -> Option<fn(&Gc<Self>, &mut Heap)>
    where
        Self: Sized,
    {
        None
    }
}

/// What a type does before its objects are reclaimed. Asked for with `#[derive(Trace)] #[trace(finalize)]`.
///
/// ```
/// use gc_core::{Finalize, Gc, Heap, Trace};
///
/// #[derive(Trace)]
/// #[trace(finalize)]
/// struct Boss { score: Gc<u32> }
///
/// impl Finalize for Boss {
///     fn finalize(this: &Gc<Self>, heap: &mut Heap) {
///         let score = heap[this].score.clone();
///         heap[&score] += 1000;
///     }
/// }
///
/// let mut heap = Heap::new();
/// let score = heap.alloc(0u32);
/// let boss = heap.alloc(Boss { score: score.clone() });
/// drop(boss);
/// heap.reclaim();
/// assert_eq!(heap[&score], 1000);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is marked `#[trace(finalize)]` but has no finalizer",
    label = "`Finalize` is not implemented for `{Self}`",
    note = "write `impl Finalize for {Self} {{ fn finalize(this: &Gc<Self>, heap: &mut Heap) {{ .. }} }}`"
)]
pub trait Finalize: Trace + Sized {
    /// Called at most once for an object, when it is dead or condemned, before anything that it can reach is cleared.
    ///
    /// It may do anything with the heap but collect: [`Heap::collect`] and [`Heap::step`] do nothing inside a
    /// collection's finalizers. If it stores `this`, the object lives on, with all that it reaches; when it dies again
    /// it is not finalized again. A panic goes on to whoever started the collection; the heap stays consistent.
    fn finalize(this: &Gc<Self>, heap: &mut Heap);
}
