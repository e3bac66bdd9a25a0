//! What the inspector does at the end of each frame.

use super::ask::{Asking, Found};
#[cfg(feature = "std")]
use super::file;
use super::{GcInspect, GcInspection, GcInspectorSettings, GcLeakSuspected, Inspect};
use crate::{GcHeap, GcHeapId, GcRound, GcRoundEnded};
use alloc::{boxed::Box, string::String, string::ToString, vec::Vec};
use bevy_ecs::prelude::*;
use core::mem;
use gc_core::inspect::{Capture, CycleSearch, Discard, Growth, Leak, LeakSentinel, Snapshot};

#[derive(Resource)]
pub(super) struct Inspector<M: Send + Sync + 'static> {
    sentinel: LeakSentinel,
    /// As they are in this frame.
    settings: GcInspectorSettings<M>,
    /// A round has ended; the sentinel looks when its garbage is collected.
    round_over: bool,
    growing: Vec<Growth>,
    /// Those that need a snapshot, and how many are about cycles.
    asked: Vec<Inspect>,
    cycles_asked: usize,
    work: Work,
}

impl<M: Send + Sync + 'static> Inspector<M> {
    pub(super) fn new(sentinel: LeakSentinel, settings: GcInspectorSettings<M>) -> Self {
        Self {
            sentinel,
            settings,
            round_over: false,
            growing: Vec::new(),
            asked: Vec::new(),
            cycles_asked: 0,
            work: Work::Idle,
        }
    }
}

/// What is done at the end of a frame: one slice of one of these.
enum Work {
    Idle,
    Cycles(CycleSearch),
    Capture(Box<Capture>),
    Ask(Box<Asking>),
    #[cfg(feature = "std")]
    Write(Box<file::Writing>),
    /// Gives the snapshot's memory back.
    Discard(Box<Discard>),
}

pub(super) fn inspect<M: Send + Sync + 'static>(
    heap: Res<GcHeap<M>>,
    round: Res<GcRound>,
    settings: Res<GcInspectorSettings<M>>,
    mut inspector: ResMut<Inspector<M>>,
    mut ended: MessageReader<GcRoundEnded>,
    mut questions: MessageReader<GcInspect>,
    mut commands: Commands,
) {
    let inspector = &mut *inspector;
    inspector.settings = *settings;
    inspector.round_over |= ended.read().any(|ended| ended.heap.is::<M>());
    if inspector.round_over && !round.is_collecting() {
        inspector.round_over = false;
        settings.apply_to(&mut inspector.sentinel);
        let growing = inspector.sentinel.end_round(&heap);
        inspector.growing.extend(growing);
    }
    for question in questions.read().filter(|question| question.heap.is::<M>()) {
        match &question.what {
            Inspect::Types => {
                inspector.answer(&mut commands, Inspect::Types, heap.types().to_string());
            }
            Inspect::Cycles => inspector.cycles_asked += 1,
            other => inspector.asked.push(other.clone()),
        }
    }
    inspector.work(&heap, &mut commands);
}

impl<M: Send + Sync + 'static> Inspector<M> {
    /// One slice.
    fn work(&mut self, heap: &GcHeap<M>, commands: &mut Commands) {
        let budget = self.settings.budget;
        let mut work = mem::replace(&mut self.work, Work::Idle);
        if matches!(work, Work::Idle) {
            work = self.begin(heap);
        }
        self.work = match work {
            Work::Idle => Work::Idle,
            Work::Cycles(mut search) => match search.step(budget) {
                true => {
                    let text = search.finish().to_string();
                    for _ in 0..mem::take(&mut self.cycles_asked) {
                        self.answer(commands, Inspect::Cycles, text.clone());
                    }
                    Work::Idle
                }
                false => Work::Cycles(search),
            },
            Work::Capture(mut capture) => match capture.step(heap, budget).finished {
                // All questions are answered with one snapshot.
                true => {
                    let growing = mem::take(&mut self.growing);
                    let asked = mem::take(&mut self.asked);
                    Work::Ask(Asking::new(capture.finish(), growing, asked).into())
                }
                false => Work::Capture(capture),
            },
            Work::Ask(mut asking) => match asking.go_on(budget) {
                Found::Nothing => Work::Ask(asking),
                Found::Leaks(leaks) => {
                    self.tell(leaks, commands);
                    Work::Ask(asking)
                }
                Found::Answer(what, text) => {
                    self.answer(commands, what, text);
                    Work::Ask(asking)
                }
                Found::All => self.write(*asking, commands),
            },
            #[cfg(feature = "std")]
            Work::Write(mut writing) => match writing.go_on(budget) {
                None => Work::Write(writing),
                Some(text) => {
                    let (snapshot, path) = writing.end();
                    self.answer(commands, Inspect::Snapshot(path), text);
                    discard(snapshot)
                }
            },
            Work::Discard(mut discard) => match discard.step(budget) {
                true => Work::Idle,
                false => Work::Discard(discard),
            },
        };
    }

    fn begin(&self, heap: &GcHeap<M>) -> Work {
        if self.cycles_asked > 0 {
            Work::Cycles(CycleSearch::new(heap.cycle_log()))
        } else if self.asked.is_empty() && self.growing.is_empty() {
            Work::Idle
        } else {
            Work::Capture(Snapshot::begin(heap).into())
        }
    }

    fn tell(&self, leaks: Vec<Leak>, commands: &mut Commands) {
        for leak in leaks {
            let heap = GcHeapId::of::<M>();
            self.print(&leak.to_string());
            let found = GcLeakSuspected { heap, leak };
            commands.write_message(found.clone());
            commands.trigger(found);
        }
    }

    /// All is answered; the snapshot is to be written, or goes.
    #[cfg(feature = "std")]
    fn write(&mut self, asking: Asking, commands: &mut Commands) -> Work {
        let (snapshot, mut files) = asking.end();
        let Some(path) = files.pop() else {
            return discard(snapshot);
        };
        // Each file is a snapshot of its own.
        self.asked.extend(files.into_iter().map(Inspect::Snapshot));
        match std::fs::File::create(&path) {
            Ok(file) => Work::Write(file::Writing::new(snapshot, file, path).into()),
            Err(error) => {
                let text = alloc::format!("{}: {error}", path.display());
                self.answer(commands, Inspect::Snapshot(path), text);
                discard(snapshot)
            }
        }
    }

    #[cfg(not(feature = "std"))]
    fn write(&mut self, asking: Asking, _: &mut Commands) -> Work {
        discard(asking.end())
    }

    fn answer(&self, commands: &mut Commands, what: Inspect, text: String) {
        self.print(&text);
        let answer = GcInspection {
            heap: GcHeapId::of::<M>(),
            what,
            text,
        };
        commands.write_message(answer.clone());
        commands.trigger(answer);
    }

    fn print(&self, text: &str) {
        #[cfg(feature = "std")]
        if self.settings.print {
            std::eprintln!("{text}");
        }
        let _ = text;
    }
}

fn discard(snapshot: Snapshot) -> Work {
    Work::Discard(snapshot.discard().into())
}
