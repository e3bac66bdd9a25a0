//! `gc-core`'s types as the type registry sees them, and type paths for what carries a heap's marker.

use bevy_reflect::{
    TypePath, prelude::ReflectDefault, reflect_remote, utility::GenericTypePathCell,
};
use core::any::type_name;
use gc_core::{Budget, InfeasiblePolicy, Limits, Pacing, Thresholds};

use crate::{GcHeapId, GcSettings};

#[reflect_remote(Thresholds)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[reflect(Default, Clone, Debug, PartialEq)]
pub(crate) struct ThresholdsReflect {
    pub young: usize,
    pub middle: usize,
    pub old: usize,
}

/// One value that can be copied and compared, without fields.
#[reflect_remote(Budget)]
#[derive(Clone, Copy, Debug, PartialEq)]
#[reflect(opaque)]
#[reflect(Clone, Debug, PartialEq)]
pub(crate) struct BudgetReflect;

#[reflect_remote(Limits)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[reflect(Default, Clone, Debug, PartialEq)]
pub(crate) struct LimitsReflect {
    pub soft: usize,
    pub hard: usize,
}

#[reflect_remote(Pacing)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[reflect(Default, Clone, Debug, PartialEq)]
pub(crate) struct PacingReflect {
    pub max_age: u32,
    pub growth_percent: u32,
    pub slack_bytes: usize,
    pub young_bytes: usize,
    #[reflect(remote = InfeasiblePolicyReflect)]
    pub infeasible: InfeasiblePolicy,
}

#[reflect_remote(InfeasiblePolicy)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[reflect(Default, Clone, Debug, PartialEq)]
pub(crate) enum InfeasiblePolicyReflect {
    #[default]
    Grow,
    Exceed,
    Report,
}

/// By hand, so that a marker needs no type path of its own.
impl<M: Send + Sync + 'static> TypePath for GcSettings<M> {
    fn type_path() -> &'static str {
        static CELL: GenericTypePathCell = GenericTypePathCell::new();
        CELL.get_or_insert::<Self, _>(|| {
            alloc::format!("gc_bevy::settings::GcSettings<{}>", type_name::<M>())
        })
    }

    fn short_type_path() -> &'static str {
        static CELL: GenericTypePathCell = GenericTypePathCell::new();
        CELL.get_or_insert::<Self, _>(|| {
            alloc::format!("GcSettings<{}>", GcHeapId::of::<M>().name())
        })
    }

    fn type_ident() -> Option<&'static str> {
        Some("GcSettings")
    }

    fn crate_name() -> Option<&'static str> {
        Some("gc_bevy")
    }

    fn module_path() -> Option<&'static str> {
        Some("gc_bevy::settings")
    }
}
