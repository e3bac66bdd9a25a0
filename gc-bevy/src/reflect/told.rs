//! What messages carry of `gc-core`'s types.

use bevy_reflect::{FromReflect, PartialReflect, prelude::ReflectDefault, reflect_remote};
use gc_core::{Cause, Collection, Generation, ObjectId, RoundReport, inspect::Leak};

/// Only the collector makes one, so a dynamic value does not become one.
#[reflect_remote(Collection)]
#[derive(Clone, Copy, Debug, PartialEq)]
#[reflect(from_reflect = false)]
#[reflect(Clone, Debug, PartialEq)]
pub(crate) struct CollectionReflect {
    #[reflect(remote = GenerationReflect)]
    pub generation: Generation,
    pub candidates: usize,
    pub collected: usize,
    pub uncollectable: usize,
    pub resurrected: usize,
    pub units: u64,
    #[reflect(remote = CauseReflect)]
    pub cause: Cause,
    pub abandoned: bool,
}

impl FromReflect for CollectionReflect {
    fn from_reflect(value: &dyn PartialReflect) -> Option<Self> {
        value.try_downcast_ref::<Self>().copied()
    }
}

#[reflect_remote(Generation)]
#[derive(Clone, Copy, Debug, PartialEq)]
#[reflect(Clone, Debug, PartialEq)]
pub(crate) enum GenerationReflect {
    Young,
    Middle,
    Old,
}

#[reflect_remote(Cause)]
#[derive(Clone, Copy, Debug, PartialEq)]
#[reflect(Clone, Debug, PartialEq)]
pub(crate) enum CauseReflect {
    Explicit,
    Threshold,
    Step,
    SoftLimit,
    HardLimit,
    RoundEnd,
}

#[reflect_remote(RoundReport)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[reflect(Default, Clone, Debug, PartialEq)]
pub(crate) struct RoundReportReflect {
    pub objects_gained: isize,
    pub bytes_gained: isize,
    pub peak_bytes: usize,
    pub steps: u32,
    pub soft_limit: u32,
    pub hard_limit: u32,
    pub explicit: u32,
}

#[reflect_remote(Option<RoundReport>)]
#[derive(Clone, Copy, Debug, PartialEq)]
#[reflect(Clone, Debug, PartialEq)]
pub(crate) enum MaybeRoundReportReflect {
    None,
    Some(#[reflect(remote = RoundReportReflect)] RoundReport),
}

/// An identity without parts.
#[reflect_remote(ObjectId)]
#[derive(Clone, Copy, Debug, PartialEq, Hash)]
#[reflect(opaque)]
#[reflect(Clone, Debug, PartialEq, Hash)]
pub(crate) struct ObjectIdReflect;

/// A text, for whoever does not know the type: its `Debug`.
#[reflect_remote(Leak)]
#[derive(Clone, Debug, PartialEq)]
#[reflect(opaque)]
#[reflect(Clone, Debug, PartialEq)]
pub(crate) struct LeakReflect;
