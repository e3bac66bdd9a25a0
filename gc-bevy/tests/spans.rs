//! The feature `trace`: what a profiler sees.
#![cfg(feature = "trace")]

mod common;

use common::{app, heap, lose_pairs};
use gc_bevy::GcStrategy;
use gc_core::Budget;
use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock,
    atomic::{AtomicU64, Ordering},
};
use tracing::{
    Event, Metadata, Subscriber,
    span::{Attributes, Id, Record},
};

/// Writes down what is entered and left, by name.
#[derive(Clone, Default)]
struct Profiler(Arc<Log>);

#[derive(Default)]
struct Log {
    last: AtomicU64,
    names: Mutex<Vec<&'static str>>,
    lines: Mutex<Vec<String>>,
}

impl Profiler {
    fn note(&self, sign: char, span: &Id) {
        let name = self.0.names.lock().unwrap()[span.into_u64() as usize - 1];
        if name.starts_with("gc ") {
            self.0.lines.lock().unwrap().push(format!("{sign}{name}"));
        }
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lines.lock().unwrap())
    }
}

impl Subscriber for Profiler {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut names = self.0.names.lock().unwrap();
        names.push(span.metadata().name());
        Id::from_u64(self.0.last.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, span: &Id) {
        self.note('+', span);
    }

    fn exit(&self, span: &Id) {
        self.note('-', span);
    }
}

/// The one of this program: systems may run on any thread. Tests that read it come one after the other.
fn profiler() -> (Profiler, MutexGuard<'static, ()>) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    static PROFILER: OnceLock<Profiler> = OnceLock::new();
    let guard = ONE_AT_A_TIME.lock().unwrap();
    let profiler = PROFILER.get_or_init(|| {
        let profiler = Profiler::default();
        tracing::subscriber::set_global_default(profiler.clone()).unwrap();
        profiler
    });
    profiler.take();
    (profiler.clone(), guard)
}

/// Every span that is entered is left, and phases lie inside what holds them.
fn check_nesting(lines: &[String]) {
    let mut open = Vec::new();
    for line in lines {
        match line.split_at(1) {
            ("+", name) => open.push(name),
            (_, name) => assert_eq!(open.pop(), Some(name), "{lines:?}"),
        }
    }
    assert!(open.is_empty(), "{lines:?}");
}

#[test]
fn slices_show_their_phases() {
    let (profiler, _guard) = profiler();
    let mut app = app(GcStrategy::DisabledInRound {
        round_end: gc_bevy::RoundEnd::Spread(Budget::units(100)),
    });
    common::go_to(&mut app, common::Match::Playing);
    lose_pairs(&mut app, 100);
    profiler.take();
    common::go_to(&mut app, common::Match::Lobby);
    for _ in 0..100 {
        app.update();
    }
    assert!(heap(&mut app).is_empty());
    let lines = profiler.take();
    check_nesting(&lines);
    assert_eq!(lines[0], "+gc slice");
    for phase in ["prepare", "count", "roots", "mark", "condemn", "free"] {
        assert!(
            lines.contains(&format!("+gc {phase}")),
            "{phase}: {lines:?}"
        );
    }
    assert!(lines.iter().filter(|line| *line == "+gc slice").count() > 5);
}

#[test]
fn a_collection_in_one_go_shows_them_too() {
    let (profiler, _guard) = profiler();
    let mut app = app(GcStrategy::Automatic);
    profiler.take();
    lose_pairs(&mut app, common::YOUNG);
    let lines = profiler.take();
    check_nesting(&lines);
    assert_eq!(lines[0], "+gc prepare");
    assert!(lines.contains(&"+gc count".to_owned()));
}
