//! Answering questions with one snapshot, a slice a frame.

use super::Inspect;
use alloc::{string::String, string::ToString, vec::Vec};
use core::mem;
use gc_core::{
    Budget,
    inspect::{Discard, Growth, Leak, LeakSearch, RetainedSearch, Search, Snapshot},
};

/// Objects that are shown at each end of a long path. The whole of it may be the whole heap.
const ENDS: usize = 32;

/// A snapshot, and what is asked of it.
pub(super) struct Asking {
    snapshot: Snapshot,
    work: Work,
    /// Questions that are not begun, the next one last.
    asked: Vec<Inspect>,
    /// It is to be written to the last of these.
    #[cfg(feature = "std")]
    files: Vec<std::path::PathBuf>,
}

enum Work {
    Idle,
    Leaks(LeakSearch),
    WhyAlive(Inspect, Search),
    Retained(RetainedSearch),
    Discard(Discard),
}

/// What a slice has found.
pub(super) enum Found {
    Nothing,
    Leaks(Vec<Leak>),
    Answer(Inspect, String),
    /// All is answered.
    All,
}

impl Asking {
    pub(super) fn new(snapshot: Snapshot, growing: Vec<Growth>, mut asked: Vec<Inspect>) -> Self {
        asked.reverse();
        Self {
            snapshot,
            work: match growing.is_empty() {
                true => Work::Idle,
                false => Work::Leaks(LeakSearch::new(growing).ends(ENDS)),
            },
            asked,
            #[cfg(feature = "std")]
            files: Vec::new(),
        }
    }

    /// A slice.
    pub(super) fn go_on(&mut self, budget: Budget) -> Found {
        if matches!(self.work, Work::Idle) {
            self.begin_next();
        }
        let snapshot = &self.snapshot;
        let done = match &mut self.work {
            Work::Idle => return Found::All,
            Work::Leaks(search) => search.step(snapshot, budget),
            Work::WhyAlive(_, search) => search.step(snapshot, budget),
            Work::Retained(search) => search.step(snapshot, budget),
            Work::Discard(discard) => discard.step(budget),
        };
        if !done {
            return Found::Nothing;
        }
        match mem::replace(&mut self.work, Work::Idle) {
            Work::Leaks(search) => Found::Leaks(search.finish()),
            Work::WhyAlive(what, search) => {
                Found::Answer(what, search.finish(snapshot).to_string())
            }
            Work::Retained(search) => {
                let retained = search.finish(snapshot);
                let text = retained.to_string();
                self.work = Work::Discard(retained.discard());
                Found::Answer(Inspect::Retained, text)
            }
            Work::Idle | Work::Discard(_) => Found::Nothing,
        }
    }

    fn begin_next(&mut self) {
        while let Some(what) = self.asked.pop() {
            self.work = match what {
                Inspect::WhyAlive(id) => Work::WhyAlive(what, Search::new(id).ends(ENDS)),
                Inspect::Retained => Work::Retained(RetainedSearch::new()),
                #[cfg(feature = "std")]
                Inspect::Snapshot(path) => {
                    self.files.push(path);
                    continue;
                }
                // Answered without a snapshot.
                Inspect::Types | Inspect::Cycles => continue,
            };
            return;
        }
    }

    /// The snapshot, and where it is to be written.
    #[cfg(feature = "std")]
    pub(super) fn end(self) -> (Snapshot, Vec<std::path::PathBuf>) {
        (self.snapshot, self.files)
    }

    /// The snapshot.
    #[cfg(not(feature = "std"))]
    pub(super) fn end(self) -> Snapshot {
        self.snapshot
    }
}
