//! What the arena and the collector know of a type: its layout and the functions that know it.

use super::page::{PageRef, SLOT_RESERVE};
use super::word::Word;
use crate::handle::Site;
use crate::trace::{Trace, Tracer};
use crate::{Gc, GcAny, Heap};
use core::any::TypeId;
use core::mem::{ManuallyDrop, align_of, needs_drop, size_of};
use core::ptr::NonNull;

/// Where the value lies in a slot, and how large the slot is.
#[derive(Clone, Copy)]
pub(crate) struct SlotLayout {
    /// From the count word to the value.
    pub(crate) value_offset: usize,
    /// From one slot to the next.
    pub(crate) stride: usize,
    /// Of the first slot's value, within the page.
    pub(crate) align: usize,
    /// A page of this type holds one slot only: the alignment is too large to share.
    pub(crate) alone: bool,
}

impl SlotLayout {
    pub(crate) const fn of<T>() -> Self {
        let (size, align) = (size_of::<T>(), align_of::<T>());
        if align >= 2 * SLOT_RESERVE {
            // The word lies near the start of the page, where masking a pointer to it finds the header.
            let value_offset = align - SLOT_RESERVE;
            return SlotLayout {
                value_offset,
                stride: value_offset + size,
                align,
                alone: true,
            };
        }
        let slot_align = if align > size_of::<Word>() {
            align
        } else {
            size_of::<Word>()
        };
        SlotLayout {
            value_offset: slot_align,
            stride: (slot_align + size).next_multiple_of(slot_align),
            align: slot_align,
            alone: false,
        }
    }
}

/// One of these exists for each type that is allocated.
pub(crate) struct TypeInfo {
    pub(crate) id: TypeId,
    pub(crate) name: fn() -> &'static str,
    pub(crate) layout: SlotLayout,
    /// Must the collector know the object?
    pub(crate) tracked: fn() -> bool,
    /// Traces the objects `bits` of a group of 64 slots, lowest first; answers the bits that are not done, the lowest
    /// of them perhaps begun.
    pub(crate) trace: fn(PageRef, usize, u64, &mut Tracer<'_>) -> u64,
    /// The same for inspection, with the names of fields: to a tracer that lists.
    pub(crate) trace_named: fn(PageRef, usize, u64, &mut Tracer<'_>) -> u64,
    /// Drops the value of a slot; `None` when there is nothing to drop.
    pub(crate) drop: Option<unsafe fn(NonNull<Word>)>,
    /// Does the type have a finalizer?
    pub(crate) has_finalizer: fn() -> bool,
    /// Calls it.
    finalize: unsafe fn(NonNull<Word>, &mut Heap),
}

impl TypeInfo {
    /// Is a page for it beyond what any allocator can do?
    pub(crate) fn is_too_large(&self) -> bool {
        self.layout.stride > isize::MAX as usize / 2
    }
}

/// Makes the [`TypeInfo`] of `T` a constant.
pub(crate) struct InfoOf<T>(core::marker::PhantomData<T>);

impl<T: Trace> InfoOf<T> {
    pub(crate) const LAYOUT: SlotLayout = SlotLayout::of::<T>();
    pub(crate) const INFO: &'static TypeInfo = &TypeInfo {
        id: TypeId::of::<T>(),
        name: core::any::type_name::<T>,
        layout: Self::LAYOUT,
        tracked: T::tracked,
        trace: trace_group::<T>,
        trace_named: trace_group_named::<T>,
        drop: if needs_drop::<T>() {
            Some(drop_value::<T>)
        } else {
            None
        },
        has_finalizer: || T::finalizer().is_some(),
        finalize: finalize_value::<T>,
    };
}

/// The value of a slot of type `T`.
#[inline(always)]
pub(crate) fn value_of<T>(slot: NonNull<Word>) -> NonNull<T> {
    // SAFETY: every slot pointer points into a page whose slots are `SlotLayout::stride` long, which covers the value
    // at `value_offset`; a handle's type is that of its page (kept by `Arena::reserve`).
    unsafe { slot.byte_add(SlotLayout::of::<T>().value_offset).cast() }
}

fn trace_group<T: Trace>(
    page: PageRef,
    group: usize,
    mut bits: u64,
    tracer: &mut Tracer<'_>,
) -> u64 {
    while bits != 0 {
        let index = group * 64 + bits.trailing_zeros() as usize;
        let slot = page.slot_with_stride(index, InfoOf::<T>::LAYOUT.stride);
        tracer.begin_object();
        // SAFETY: each bit is of a slot that holds a `T`: a "live" one (kept by `Arena`), or that of a handle which the
        // caller has, merged or not. Nobody writes it: the heap is borrowed, by the collector or by an inspection.
        unsafe { value_of::<T>(slot).as_ref() }.trace(tracer);
        if tracer.is_interrupted() {
            return bits;
        }
        bits &= bits - 1;
    }
    0
}

fn trace_group_named<T: Trace>(
    page: PageRef,
    group: usize,
    mut bits: u64,
    tracer: &mut Tracer<'_>,
) -> u64 {
    while bits != 0 {
        let index = group * 64 + bits.trailing_zeros() as usize;
        let slot = page.slot_with_stride(index, InfoOf::<T>::LAYOUT.stride);
        tracer.begin_object();
        // SAFETY: as in `trace_group`; inspection borrows the heap.
        unsafe { value_of::<T>(slot).as_ref() }.trace_named(tracer);
        if tracer.is_interrupted() {
            return bits;
        }
        bits &= bits - 1;
    }
    0
}

/// # Safety
/// The slot holds a live `T` that nobody refers to, and whoever calls has made sure that this is the only call.
unsafe fn drop_value<T>(slot: NonNull<Word>) {
    // SAFETY: the caller's duty, above.
    unsafe { value_of::<T>(slot).drop_in_place() }
}

/// # Safety
/// The slot is one of `T`, and the caller owns one of its counts.
unsafe fn finalize_value<T: Trace>(slot: NonNull<Word>, heap: &mut Heap) {
    if let Some(finalize) = T::finalizer() {
        // SAFETY: the caller lends us its count; the handle is not dropped here, so the count stays the caller's,
        // and nothing is noted of it.
        let this = ManuallyDrop::new(unsafe { Gc::<T>::from_slot(slot, Site::caller()) });
        finalize(&this, heap);
    }
}

/// Calls the finalizer of the object, if its type has one.
pub(crate) fn finalize(object: &GcAny, heap: &mut Heap) {
    let finalize = PageRef::of(object.slot()).info().finalize;
    // SAFETY: the function is that of the slot's type, and `object` owns a count.
    unsafe { finalize(object.slot(), heap) }
}
