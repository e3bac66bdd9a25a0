//! `Trace` for handles, plain data and the standard containers.
//!
//! Arrays, slices, `Vec` and `VecDeque` are traced in pieces when they are long; maps, sets and lists of the standard
//! library are one unit each, however long they are.

use super::{Trace, Tracer};
use crate::inspect::Step;
use crate::{Gc, ObjectId, Weak};
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet, BinaryHeap, LinkedList, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use core::marker::PhantomData;
use core::mem::needs_drop;

impl<T: Trace> Trace for Gc<T> {
    // Edges are most of a collection's work: inlined into each type's loop they save a sixth of its instructions.
    #[inline(always)]
    fn trace(&self, tracer: &mut Tracer<'_>) {
        // An edge to a leaf cannot be part of a cycle, and leaves have no side counts.
        if T::tracked() || tracer.wants_leaves() {
            tracer.edge(self.slot(), self.site());
        }
    }
}

macro_rules! leaves {
    ($($(#[$meta:meta])* [$($generics:tt)*] $type:ty),* $(,)?) => {$(
        $(#[$meta])*
        impl<$($generics)*> Trace for $type {
            #[inline]
            fn trace(&self, _: &mut Tracer<'_>) {}
            fn tracked() -> bool {
                false
            }
        }
    )*};
}

leaves! {
    [] bool, [] char, [] (), [] String, [] Box<str>, [] &'static str, [] ObjectId,
    [] u8, [] u16, [] u32, [] u64, [] u128, [] usize, [] i8, [] i16, [] i32, [] i64, [] i128, [] isize, [] f32, [] f64,
    [] core::num::NonZeroU8, [] core::num::NonZeroU16, [] core::num::NonZeroU32, [] core::num::NonZeroU64,
    [] core::num::NonZeroU128, [] core::num::NonZeroUsize, [] core::num::NonZeroI8, [] core::num::NonZeroI16,
    [] core::num::NonZeroI32, [] core::num::NonZeroI64, [] core::num::NonZeroI128, [] core::num::NonZeroIsize,
    [] core::sync::atomic::AtomicBool, [] core::sync::atomic::AtomicU8, [] core::sync::atomic::AtomicI8,
    [] core::sync::atomic::AtomicU16, [] core::sync::atomic::AtomicI16, [] core::sync::atomic::AtomicU32,
    [] core::sync::atomic::AtomicUsize, [] core::sync::atomic::AtomicI32, [] core::sync::atomic::AtomicIsize,
    [] core::time::Duration, [] core::any::TypeId, [] core::cmp::Ordering, [] core::convert::Infallible,
    [] alloc::ffi::CString, [] crate::Storage,
    [T: ?Sized + 'static] Weak<T>,
    [T: ?Sized + Send + Sync + 'static] PhantomData<T>,
    #[cfg(target_has_atomic = "64")] [] core::sync::atomic::AtomicU64,
    #[cfg(target_has_atomic = "64")] [] core::sync::atomic::AtomicI64,
    #[cfg(feature = "std")] [] std::time::Instant, #[cfg(feature = "std")] [] std::time::SystemTime,
    #[cfg(feature = "std")] [] std::path::PathBuf, #[cfg(feature = "std")] [] std::ffi::OsString,
}

macro_rules! pointers {
    ($([$($generics:tt)*] $type:ty),* $(,)?) => {$(
        impl<$($generics)*> Trace for $type {
            #[inline]
            fn trace(&self, tracer: &mut Tracer<'_>) {
                self.0.trace(tracer);
            }
            fn trace_named(&self, tracer: &mut Tracer<'_>) {
                self.0.trace_named(tracer);
            }
            tracked_by!(T);
        }
    )*};
}

pointers! {
    [T: Trace] core::num::Wrapping<T>,
    [T: Trace] core::num::Saturating<T>,
    [T: Trace] core::cmp::Reverse<T>,
}

impl<T: Trace + ?Sized> Trace for Box<T> {
    fn trace(&self, tracer: &mut Tracer<'_>) {
        (**self).trace(tracer);
    }
    fn trace_named(&self, tracer: &mut Tracer<'_>) {
        (**self).trace_named(tracer);
    }
}

impl<T: Trace> Trace for Option<T> {
    #[inline]
    fn trace(&self, tracer: &mut Tracer<'_>) {
        if let Some(value) = self {
            value.trace(tracer);
        }
    }
    fn trace_named(&self, tracer: &mut Tracer<'_>) {
        if let Some(value) = self {
            value.trace_named(tracer);
        }
    }
    tracked_by!(T);
}

impl<T: Trace, E: Trace> Trace for Result<T, E> {
    fn trace(&self, tracer: &mut Tracer<'_>) {
        match self {
            Ok(value) => value.trace(tracer),
            Err(error) => error.trace(tracer),
        }
    }
    fn trace_named(&self, tracer: &mut Tracer<'_>) {
        match self {
            Ok(value) => value.trace_named(tracer),
            Err(error) => error.trace_named(tracer),
        }
    }
    tracked_by!(T, E);
}

impl<B> Trace for Cow<'static, B>
where
    B: ?Sized + alloc::borrow::ToOwned + Send + Sync + 'static,
    B::Owned: Trace,
{
    fn trace(&self, tracer: &mut Tracer<'_>) {
        if let Cow::Owned(owned) = self {
            owned.trace(tracer);
        }
    }
    fn trace_named(&self, tracer: &mut Tracer<'_>) {
        if let Cow::Owned(owned) = self {
            owned.trace_named(tracer);
        }
    }
    tracked_by!(B::Owned);
}

impl<T: Trace> Trace for [T] {
    fn trace(&self, tracer: &mut Tracer<'_>) {
        tracer.slice(self);
    }
    fn trace_named(&self, tracer: &mut Tracer<'_>) {
        tracer.slice_named(self, 0);
    }
}

impl<T: Trace, const N: usize> Trace for [T; N] {
    fn trace(&self, tracer: &mut Tracer<'_>) {
        tracer.slice(self);
    }
    fn trace_named(&self, tracer: &mut Tracer<'_>) {
        tracer.slice_named(self, 0);
    }
    tracked_by!(T);
}

impl<T: Trace> Trace for Vec<T> {
    #[inline]
    fn trace(&self, tracer: &mut Tracer<'_>) {
        tracer.slice(self);
    }
    fn trace_named(&self, tracer: &mut Tracer<'_>) {
        tracer.slice_named(self, 0);
    }
    tracked_by!(T);
}

impl<T: Trace> Trace for VecDeque<T> {
    fn trace(&self, tracer: &mut Tracer<'_>) {
        let (front, back) = self.as_slices();
        tracer.slice(front);
        tracer.slice(back);
    }
    fn trace_named(&self, tracer: &mut Tracer<'_>) {
        let (front, back) = self.as_slices();
        tracer.slice_named(front, 0);
        tracer.slice_named(back, front.len());
    }
    tracked_by!(T);
}

macro_rules! iterated {
    ($([$($generics:tt)*] $type:ty),* $(,)?) => {$(
        impl<$($generics)*> Trace for $type {
            fn trace(&self, tracer: &mut Tracer<'_>) {
                if Self::tracked() {
                    for item in self {
                        item.trace(tracer);
                    }
                }
            }
            fn trace_named(&self, tracer: &mut Tracer<'_>) {
                if needs_drop::<T>() {
                    for item in self {
                        tracer.entry(Step::Entry, item);
                    }
                }
            }
            tracked_by!(T);
        }
    )*};
}

iterated! {
    [T: Trace] LinkedList<T>,
    [T: Trace] BTreeSet<T>,
    [T: Trace] BinaryHeap<T>,
    [T: Trace, S: Send + Sync + 'static] hashbrown::HashSet<T, S>,
}

#[cfg(feature = "std")]
iterated! {
    [T: Trace, S: Send + Sync + 'static] std::collections::HashSet<T, S>,
}

macro_rules! maps {
    ($([$($generics:tt)*] $type:ty),* $(,)?) => {$(
        impl<$($generics)*> Trace for $type {
            fn trace(&self, tracer: &mut Tracer<'_>) {
                if Self::tracked() {
                    for (key, value) in self {
                        key.trace(tracer);
                        value.trace(tracer);
                    }
                }
            }
            fn trace_named(&self, tracer: &mut Tracer<'_>) {
                if needs_drop::<(K, V)>() {
                    for (key, value) in self {
                        tracer.entry(Step::Key, key);
                        tracer.entry(Step::Entry, value);
                    }
                }
            }
            tracked_by!(K, V);
        }
    )*};
}

maps! {
    [K: Trace, V: Trace] BTreeMap<K, V>,
    [K: Trace, V: Trace, S: Send + Sync + 'static] hashbrown::HashMap<K, V, S>,
}

#[cfg(feature = "std")]
maps! {
    [K: Trace, V: Trace, S: Send + Sync + 'static] std::collections::HashMap<K, V, S>,
}

const TUPLE_FIELDS: [&str; 12] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"];

macro_rules! tuples {
    ($($name:ident)*) => {
        impl<$($name: Trace),*> Trace for ($($name,)*) {
            #[allow(non_snake_case)]
            fn trace(&self, tracer: &mut Tracer<'_>) {
                let ($($name,)*) = self;
                $($name.trace(tracer);)*
            }
            #[allow(non_snake_case, unused_assignments)]
            fn trace_named(&self, tracer: &mut Tracer<'_>) {
                let ($($name,)*) = self;
                let mut names = TUPLE_FIELDS.iter();
                $(
                    tracer.enter(names.next().copied().unwrap_or_default());
                    $name.trace_named(tracer);
                    tracer.leave();
                )*
            }
            tracked_by!($($name),*);
        }
    };
}

tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);
tuples!(A B C D E F G H I);
tuples!(A B C D E F G H I J);
tuples!(A B C D E F G H I J K);
tuples!(A B C D E F G H I J K L);

macro_rules! function_pointers {
    ($($($argument:ident)*;)*) => {$(
        impl<R: 'static $(, $argument: 'static)*> Trace for fn($($argument),*) -> R {
            fn trace(&self, _: &mut Tracer<'_>) {}
            fn tracked() -> bool {
                false
            }
        }
    )*};
}

function_pointers! {
    ;
    A;
    A B;
    A B C;
    A B C D;
}

impl<T: Trace> Trace for core::ops::RangeInclusive<T> {
    fn trace(&self, tracer: &mut Tracer<'_>) {
        self.start().trace(tracer);
        self.end().trace(tracer);
    }
    fn trace_named(&self, tracer: &mut Tracer<'_>) {
        tracer.field("start", self.start());
        tracer.field("end", self.end());
    }
    tracked_by!(T);
}

impl<T: Trace> Trace for core::ops::Range<T> {
    fn trace(&self, tracer: &mut Tracer<'_>) {
        self.start.trace(tracer);
        self.end.trace(tracer);
    }
    fn trace_named(&self, tracer: &mut Tracer<'_>) {
        tracer.field("start", &self.start);
        tracer.field("end", &self.end);
    }
    tracked_by!(T);
}
