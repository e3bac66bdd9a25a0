//! What the game ought to know: a suspected leak, memory that runs out, a budget that is too small.

use super::{history::FRAMES, text};
use crate::{GcInfeasible, GcLeakSuspected, GcMemoryWarning};
use alloc::string::String;
use bevy_ecs::{
    message::{MessageCursor, Messages},
    prelude::*,
};

/// The last warnings of the main heap.
#[derive(Resource, Default)]
pub(super) struct Warnings {
    /// Stays: nobody mends a leak while the game runs.
    leak: Option<String>,
    /// The last of the others, and its age in frames.
    other: Option<(String, usize)>,
}

impl Warnings {
    /// All there is to say; empty when all is well.
    pub fn text(&self) -> String {
        let other = self.other.as_ref().map(|(text, _)| text.as_str());
        let lines = other.into_iter().chain(self.leak.as_deref());
        lines.collect::<alloc::vec::Vec<_>>().join("\n")
    }
}

/// Leaks are told by [`GcInspectorPlugin`](crate::GcInspectorPlugin), which an app need not have.
pub(super) fn listen(
    mut warnings: ResMut<Warnings>,
    mut infeasible: MessageReader<GcInfeasible>,
    mut memory: MessageReader<GcMemoryWarning>,
    leaks: Option<Res<Messages<GcLeakSuspected>>>,
    mut heard: Local<MessageCursor<GcLeakSuspected>>,
) {
    // What is no longer in the graphs is of the past.
    warnings.other = warnings
        .other
        .take()
        .map(|(text, age)| (text, age + 1))
        .filter(|(_, age)| *age < FRAMES);
    if let Some(it) = infeasible.read().filter(|it| it.heap.is_main()).last() {
        warnings.other = Some((text::infeasible(it), 0));
    }
    // Memory matters more.
    if let Some(it) = memory.read().filter(|it| it.heap.is_main()).last() {
        warnings.other = Some((text::memory(it), 0));
    }
    // Of the leaks of a round the first is the one that the others hang on.
    if let Some(leaks) = leaks {
        if let Some(it) = heard.read(&leaks).find(|it| it.heap.is_main()) {
            warnings.leak = Some(text::leak(&it.leak));
        }
        heard.clear(&leaks);
    }
}
