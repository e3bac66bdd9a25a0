//! What the inspector does at the end of each frame.

use super::{GcInspect, GcInspection, GcInspectorSettings, GcLeakSuspected, Inspect};
#[cfg(feature = "std")]
use super::{file, thread};
use crate::{GcHeap, GcHeapId, GcRound, GcRoundEnded};
use alloc::{boxed::Box, string::String, string::ToString, vec::Vec};
use bevy_ecs::prelude::*;
use core::mem;
use gc_core::inspect::{Capture, Discard, Growth, Leak, LeakSentinel, Snapshot};

#[derive(Resource)]
pub(super) struct Inspector<M: Send + Sync + 'static> {
    sentinel: LeakSentinel,
    /// As they are in this frame.
    settings: GcInspectorSettings<M>,
    /// A round has ended; the sentinel looks when its garbage is collected.
    round_over: bool,
    growing: Vec<Growth>,
    asked: Vec<Inspect>,
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
            work: Work::Idle,
        }
    }
}

enum Work {
    Idle,
    Capture(Box<Capture>),
    #[cfg(feature = "std")]
    Ask(std::thread::JoinHandle<Found>),
    #[cfg(feature = "std")]
    Write(Box<file::Writing>),
    /// Gives the snapshot's memory back.
    Discard(Box<Discard>),
}

/// A snapshot, and what is asked of it.
pub(super) struct Questions {
    snapshot: Snapshot,
    growing: Vec<Growth>,
    asked: Vec<Inspect>,
}

/// What a snapshot has told.
pub(super) struct Found {
    leaks: Vec<Leak>,
    answers: Vec<(Inspect, String)>,
    /// It is to be written to the last of these.
    #[cfg(feature = "std")]
    files: Vec<std::path::PathBuf>,
    snapshot: Snapshot,
}

impl Questions {
    /// Cost: O(objects and handles in the snapshot).
    pub(super) fn answer(self: Box<Self>) -> Found {
        let Self {
            snapshot,
            growing,
            asked,
        } = *self;
        let leaks = match growing.is_empty() {
            true => Vec::new(),
            false => snapshot.explain(&growing),
        };
        #[cfg(feature = "std")]
        let mut files = Vec::new();
        let mut answers = Vec::new();
        for what in asked {
            let text = match &what {
                Inspect::WhyAlive(id) => snapshot.why_alive(*id).to_string(),
                Inspect::Retained => snapshot.retained().to_string(),
                #[cfg(feature = "std")]
                Inspect::Snapshot(path) => {
                    files.push(path.clone());
                    continue;
                }
                // Answered without a snapshot.
                Inspect::Types | Inspect::Cycles => continue,
            };
            answers.push((what, text));
        }
        Found {
            leaks,
            answers,
            #[cfg(feature = "std")]
            files,
            snapshot,
        }
    }
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
            Inspect::Cycles => {
                let report = heap.cycle_report();
                inspector.answer(&mut commands, Inspect::Cycles, report.to_string());
            }
            other => inspector.asked.push(other.clone()),
        }
    }
    inspector.work(&heap, &mut commands);
}

impl<M: Send + Sync + 'static> Inspector<M> {
    /// One slice of what needs a snapshot.
    fn work(&mut self, heap: &GcHeap<M>, commands: &mut Commands) {
        self.work = match mem::replace(&mut self.work, Work::Idle) {
            Work::Idle if self.asked.is_empty() && self.growing.is_empty() => return,
            Work::Idle => Work::Capture(Snapshot::begin(heap).into()),
            Work::Capture(mut capture) => {
                if capture.step(heap, self.settings.budget).finished {
                    self.ask(capture.finish(), commands)
                } else {
                    Work::Capture(capture)
                }
            }
            #[cfg(feature = "std")]
            Work::Ask(thread) if !thread.is_finished() => Work::Ask(thread),
            #[cfg(feature = "std")]
            Work::Ask(thread) => match thread.join() {
                Ok(found) => self.tell(found, commands),
                Err(panic) => std::panic::resume_unwind(panic),
            },
            #[cfg(feature = "std")]
            Work::Write(mut writing) => match writing.go_on(self.settings.budget) {
                None => Work::Write(writing),
                Some(text) => {
                    let (snapshot, path) = writing.end();
                    self.answer(commands, Inspect::Snapshot(path), text);
                    discard(snapshot)
                }
            },
            Work::Discard(mut discard) => match discard.step(self.settings.budget) {
                true => Work::Idle,
                false => Work::Discard(discard),
            },
        };
    }

    /// Answers all questions with one snapshot.
    fn ask(&mut self, snapshot: Snapshot, commands: &mut Commands) -> Work {
        let questions = Box::new(Questions {
            snapshot,
            growing: mem::take(&mut self.growing),
            asked: mem::take(&mut self.asked),
        });
        #[cfg(feature = "std")]
        let questions = match thread::ask(questions) {
            Ok(thread) => return Work::Ask(thread),
            Err(questions) => questions,
        };
        self.tell(questions.answer(), commands)
    }

    fn tell(&mut self, mut found: Found, commands: &mut Commands) -> Work {
        for leak in mem::take(&mut found.leaks) {
            let heap = GcHeapId::of::<M>();
            self.print(&leak.to_string());
            let found = GcLeakSuspected { heap, leak };
            commands.write_message(found.clone());
            commands.trigger(found);
        }
        for (what, text) in mem::take(&mut found.answers) {
            self.answer(commands, what, text);
        }
        #[cfg(feature = "std")]
        if let Some(path) = found.files.pop() {
            // Each file is a snapshot of its own.
            self.asked
                .extend(found.files.into_iter().map(Inspect::Snapshot));
            match std::fs::File::create(&path) {
                Ok(file) => {
                    return Work::Write(file::Writing::new(found.snapshot, file, path).into());
                }
                Err(error) => {
                    let text = alloc::format!("{}: {error}", path.display());
                    self.answer(commands, Inspect::Snapshot(path), text);
                }
            }
        }
        discard(found.snapshot)
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

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::{GcInspectorPlugin, GcPlugin, MainHeap};
    use bevy_app::App;
    use bevy_ecs::message::Messages;
    use std::{sync::mpsc::channel, thread};

    /// An app whose inspector waits for a thread that waits for what is sent.
    fn waiting() -> (App, std::sync::mpsc::Sender<&'static str>) {
        let mut app = App::new();
        app.add_plugins((GcPlugin::default(), GcInspectorPlugin::default()));
        app.finish();
        app.cleanup();
        let snapshot = Snapshot::of(app.world().resource::<GcHeap>());
        let (sender, receiver) = channel::<&str>();
        let slow = move || {
            // It fails when the app's owner has gone.
            let text = receiver.recv().unwrap_or_default();
            Found {
                leaks: Vec::new(),
                answers: alloc::vec![(Inspect::Retained, text.to_string())],
                files: Vec::new(),
                snapshot,
            }
        };
        app.world_mut().resource_mut::<Inspector<MainHeap>>().work = Work::Ask(thread::spawn(slow));
        (app, sender)
    }

    fn answers(app: &mut App) -> Vec<GcInspection> {
        let mut messages = app.world_mut().resource_mut::<Messages<GcInspection>>();
        messages.drain().collect()
    }

    #[test]
    fn frames_go_on_while_a_thread_looks_for_answers() {
        let (mut app, sender) = waiting();
        for _ in 0..100 {
            app.update();
            assert!(answers(&mut app).is_empty());
        }
        // What needs no snapshot need not wait for the thread either.
        app.world_mut()
            .write_message(GcInspect::main(Inspect::Types));
        app.update();
        assert_eq!(answers(&mut app)[0].what, Inspect::Types);
        sender.send("found").unwrap();
        let found = loop {
            app.update();
            if let Some(found) = answers(&mut app).pop() {
                break found;
            }
            thread::yield_now();
        };
        assert_eq!((found.what, &*found.text), (Inspect::Retained, "found"));
    }

    #[test]
    fn an_app_goes_without_waiting_for_the_thread() {
        let (app, sender) = waiting();
        drop(app);
        sender.send("the thread is still there").unwrap();
    }
}
