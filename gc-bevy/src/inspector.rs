//! Looking into a heap while the game runs: the leak sentinel, and answers to questions that are sent as messages.

use crate::{
    GcHeap, GcHeapId, GcRound, GcRoundEnded, MainHeap, shared::NeedsGcPlugin,
    systems::ReportSystems,
};
use alloc::{boxed::Box, string::String, string::ToString, vec::Vec};
use bevy_app::{App, Last, Plugin};
use bevy_ecs::{event::Event, message::Message, prelude::*};
use core::{marker::PhantomData, mem};
use gc_core::inspect::{Capture, Growth, Leak, LeakSentinel, Snapshot};
use gc_core::{Budget, ObjectId};

/// Watches for leaks from round to round, and answers [`GcInspect`].
///
/// At the end of each round, when its garbage is collected, a [`LeakSentinel`] looks at the live objects of each type.
/// When one grows, [`GcLeakSuspected`] tells which, the field that holds its objects, and why one of them is alive. What
/// needs a snapshot of the heap takes it in slices of at most [`GcInspectorPlugin::budget`], at the end of each frame in
/// [`GcSystems::Report`](crate::GcSystems::Report). With the feature `std` a thread of its own then looks for the answers in
/// the snapshot, and the game goes on; without threads they are found in one frame, in about 1 µs an object.
///
/// Cost between questions and at rounds without a leak: one system a frame, which does nothing.
///
/// ```
/// use bevy_app::App;
/// use bevy_ecs::prelude::*;
/// use gc_bevy::{GcInspect, GcInspection, GcInspectorPlugin, GcLeakSuspected, GcPlugin, Inspect};
///
/// let mut app = App::new();
/// app.add_plugins((GcPlugin::default(), GcInspectorPlugin::default()))
///     .add_observer(|found: On<GcLeakSuspected>| println!("{}", found.leak))
///     .add_observer(|answer: On<GcInspection>| println!("{}", answer.text));
/// app.world_mut().write_message(GcInspect::main(Inspect::Types));
/// app.update();
/// ```
#[derive(Clone, Debug)]
pub struct GcInspectorPlugin<M: Send + Sync + 'static = MainHeap> {
    sentinel: LeakSentinel,
    budget: Budget,
    #[cfg(feature = "std")]
    print: bool,
    marker: PhantomData<fn() -> M>,
}

impl GcInspectorPlugin {
    /// For the main heap.
    // Beside the trait's method, so that no marker needs naming.
    #[expect(
        clippy::should_implement_trait,
        reason = "the trait is implemented too, for every marker"
    )]
    pub fn default() -> Self {
        <Self as Default>::default()
    }
}

impl<M: Send + Sync + 'static> Default for GcInspectorPlugin<M> {
    fn default() -> Self {
        Self {
            sentinel: LeakSentinel::new(),
            #[cfg(feature = "std")]
            budget: Budget::time(core::time::Duration::from_micros(500)),
            #[cfg(not(feature = "std"))]
            budget: Budget::units(10_000),
            #[cfg(feature = "std")]
            print: false,
            marker: PhantomData,
        }
    }
}

impl<M: Send + Sync + 'static> GcInspectorPlugin<M> {
    /// How much of a frame a snapshot may take: 0.5 ms unless set (10,000 units without the feature `std`).
    #[must_use]
    pub fn budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    /// When the sentinel speaks.
    #[must_use]
    pub fn sentinel(mut self, sentinel: LeakSentinel) -> Self {
        self.sentinel = sentinel;
        self
    }

    /// Prints leaks and answers to standard error as well: for servers without a window.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn print(mut self) -> Self {
        self.print = true;
        self
    }
}

impl<M: Send + Sync + 'static> Plugin for GcInspectorPlugin<M> {
    fn build(&self, app: &mut App) {
        app.add_message::<GcInspect>()
            .add_message::<GcInspection>()
            .add_message::<GcLeakSuspected>()
            .insert_resource(Inspector::<M> {
                sentinel: self.sentinel.clone(),
                budget: self.budget,
                #[cfg(feature = "std")]
                print: self.print,
                round_over: false,
                growing: Vec::new(),
                asked: Vec::new(),
                work: Work::Idle,
                marker: PhantomData,
            })
            .add_systems(Last, inspect::<M>.in_set(ReportSystems::Diagnostics));
    }

    fn finish(&self, app: &mut App) {
        app.needs_gc_plugin("GcInspectorPlugin");
    }
}

/// A question about a heap, to be written as a message; [`GcInspection`] is the answer.
#[derive(Message, Clone, Debug, PartialEq, Eq)]
pub struct GcInspect {
    /// The heap.
    pub heap: GcHeapId,
    /// The question.
    pub what: Inspect,
}

impl GcInspect {
    /// A question about the main heap.
    pub fn main(what: Inspect) -> Self {
        Self::of::<MainHeap>(what)
    }

    /// A question about the heap with the marker `M`.
    pub fn of<M: 'static>(what: Inspect) -> Self {
        Self {
            heap: GcHeapId::of::<M>(),
            what,
        }
    }
}

/// What to tell of a heap.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Inspect {
    /// Its types: objects, bytes, generations. Answered in the same frame.
    Types,
    /// The cycles that were found, since `heap.record_cycles(true)`. Answered in the same frame.
    Cycles,
    /// Why an object is alive. Answered when a snapshot is taken.
    WhyAlive(ObjectId),
    /// What the types and the largest owners retain. Answered when a snapshot is taken.
    Retained,
    /// Write a snapshot for Chrome's memory tab into this file, in slices too. Answered when it is written.
    #[cfg(feature = "std")]
    Snapshot(std::path::PathBuf),
}

/// The answer to a [`GcInspect`]: a message, and an event for observers.
#[derive(Message, Event, Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GcInspection {
    /// The heap.
    pub heap: GcHeapId,
    /// The question.
    pub what: Inspect,
    /// The answer.
    pub text: String,
}

/// The live objects of a type grow from round to round: a message, and an event for observers.
///
/// Written some frames after the end of a round, when the snapshot is taken that tells who holds them.
#[derive(Message, Event, Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct GcLeakSuspected {
    /// The heap.
    pub heap: GcHeapId,
    /// The type, how it grows, which field holds its objects, and why one of them is alive. `Display` tells it all.
    pub leak: Leak,
}

#[derive(Resource)]
struct Inspector<M> {
    sentinel: LeakSentinel,
    budget: Budget,
    #[cfg(feature = "std")]
    print: bool,
    /// A round has ended; the sentinel looks when its garbage is collected.
    round_over: bool,
    growing: Vec<Growth>,
    asked: Vec<Inspect>,
    work: Work,
    marker: PhantomData<fn() -> M>,
}

enum Work {
    Idle,
    Capture(Box<Capture>),
    #[cfg(feature = "std")]
    Ask(std::thread::JoinHandle<Found>),
    #[cfg(feature = "std")]
    Write(Box<file::Writing>),
}

/// A snapshot, and what is asked of it.
struct Questions {
    snapshot: Snapshot,
    growing: Vec<Growth>,
    asked: Vec<Inspect>,
}

/// What a snapshot has told.
struct Found {
    leaks: Vec<Leak>,
    answers: Vec<(Inspect, String)>,
    /// It is to be written to the last of these.
    #[cfg(feature = "std")]
    files: Vec<std::path::PathBuf>,
    #[cfg(feature = "std")]
    snapshot: Snapshot,
}

impl Questions {
    /// Cost: O(objects and handles in the snapshot).
    fn answer(self: Box<Self>) -> Found {
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
            #[cfg(feature = "std")]
            snapshot,
        }
    }
}

fn inspect<M: Send + Sync + 'static>(
    heap: Res<GcHeap<M>>,
    round: Res<GcRound>,
    mut inspector: ResMut<Inspector<M>>,
    mut ended: MessageReader<GcRoundEnded>,
    mut questions: MessageReader<GcInspect>,
    mut commands: Commands,
) {
    let inspector = &mut *inspector;
    inspector.round_over |= ended.read().any(|ended| ended.heap.is::<M>());
    if inspector.round_over && !round.is_collecting() {
        inspector.round_over = false;
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
                if capture.step(heap, self.budget).finished {
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
            Work::Write(mut writing) => match writing.go_on(self.budget) {
                None => Work::Write(writing),
                Some(text) => {
                    self.answer(commands, Inspect::Snapshot(writing.path), text);
                    Work::Idle
                }
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
            return match file::Writing::new(found.snapshot, path.clone()) {
                Ok(writing) => Work::Write(writing.into()),
                Err(error) => {
                    let text = alloc::format!("{}: {error}", path.display());
                    self.answer(commands, Inspect::Snapshot(path), text);
                    Work::Idle
                }
            };
        }
        Work::Idle
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
        if self.print {
            std::eprintln!("{text}");
        }
        let _ = text;
    }
}

/// Looking for answers while the game goes on.
#[cfg(feature = "std")]
mod thread {
    use super::{Box, Found, Questions};
    use std::{
        sync::mpsc::channel,
        thread::{Builder, JoinHandle},
    };

    /// A thread that answers, or the questions where there are no threads. It has nothing of the heap or the app: when
    /// the app goes, it comes to its end by itself.
    pub(super) fn ask(questions: Box<Questions>) -> Result<JoinHandle<Found>, Box<Questions>> {
        // Sent when the thread is there: a thread that could not start would take them with it.
        let (sender, receiver) = channel::<Box<Questions>>();
        let answer = move || receiver.recv().expect("they are sent").answer();
        match Builder::new().name("gc inspector".into()).spawn(answer) {
            Ok(thread) => sender.send(questions).map(|()| thread).map_err(|it| it.0),
            Err(_) => Err(questions),
        }
    }
}

/// Writing a snapshot, a slice a frame.
#[cfg(feature = "std")]
mod file {
    use super::{Budget, Snapshot, String};
    use gc_core::inspect::HeapSnapshotWriter;
    use std::{fs::File, io, io::Write, path::PathBuf};

    pub(super) struct Writing {
        snapshot: Snapshot,
        writer: HeapSnapshotWriter,
        file: File,
        bytes: u64,
        pub(super) path: PathBuf,
    }

    impl Writing {
        pub(super) fn new(snapshot: Snapshot, path: PathBuf) -> io::Result<Self> {
            Ok(Self {
                snapshot,
                writer: HeapSnapshotWriter::new(),
                file: File::create(&path)?,
                bytes: 0,
                path,
            })
        }

        /// A slice; what there is to say when it was the last one.
        pub(super) fn go_on(&mut self, budget: Budget) -> Option<String> {
            let mut text = String::new();
            // Writing into memory does not fail.
            let done = self
                .writer
                .step(&self.snapshot, budget, &mut text)
                .unwrap_or(true);
            let path = self.path.display();
            if let Err(error) = self.file.write_all(text.as_bytes()) {
                return Some(alloc::format!("{path}: {error}"));
            }
            self.bytes += text.len() as u64;
            let (objects, bytes) = (self.snapshot.len(), self.bytes);
            done.then(|| alloc::format!("{path}: {objects} objects, {bytes} bytes"))
        }
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::GcPlugin;
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
