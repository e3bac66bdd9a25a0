//! `gc-core`'s types as the type registry sees them: here those of settings, in [`told`] those of messages. And type
//! paths for what carries a heap's marker.

mod budget;
mod paths;
mod told;

pub(crate) use told::{CollectionReflect, LeakReflect, MaybeRoundReportReflect, ObjectIdReflect};

use bevy_reflect::{ReflectDeserialize, ReflectSerialize, prelude::ReflectDefault, reflect_remote};
use gc_core::{Budget, InfeasiblePolicy, Limits, Pacing, Thresholds};

#[reflect_remote(Thresholds)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[reflect(Default, Clone, Debug, PartialEq)]
pub(crate) struct ThresholdsReflect {
    pub young: usize,
    pub middle: usize,
    pub old: usize,
}

/// One value that can be copied, compared and serialized, without fields.
#[reflect_remote(Budget)]
#[derive(Clone, Copy, Debug, PartialEq)]
#[reflect(opaque)]
#[reflect(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
