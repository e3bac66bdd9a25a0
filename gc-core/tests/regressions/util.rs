//! Objects that do what a test says, and ways to let a heap work.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use gc_core::{Budget, Finalize, Gc, Heap, Policy, Trace, Tracer};

/// Does nothing but refer to others.
#[derive(Trace)]
pub struct Node {
    pub edges: Vec<Gc<Node>>,
}

pub fn node(heap: &mut Heap) -> Gc<Node> {
    heap.alloc(Node { edges: Vec::new() })
}

/// Refers to itself: when it is let go, only a collection frees it.
pub fn knot(heap: &mut Heap) -> Gc<Node> {
    let g = node(heap);
    heap[&g].edges.push(g.clone());
    g
}

pub type Act = Arc<dyn Fn(&Gc<Actor>, &mut Heap) + Send + Sync>;

/// Its finalizer does what the test says.
#[derive(Trace)]
#[trace(finalize)]
pub struct Actor {
    pub edges: Vec<Gc<Actor>>,
    pub nodes: Vec<Gc<Node>>,
    #[trace(skip)]
    act: Act,
}

impl Finalize for Actor {
    fn finalize(this: &Gc<Self>, heap: &mut Heap) {
        let act = heap[this].act.clone();
        act(this, heap);
    }
}

pub fn act(f: impl Fn(&Gc<Actor>, &mut Heap) + Send + Sync + 'static) -> Act {
    Arc::new(f)
}

pub fn actor(heap: &mut Heap, act: &Act) -> Gc<Actor> {
    heap.alloc(Actor {
        edges: Vec::new(),
        nodes: Vec::new(),
        act: act.clone(),
    })
}

pub fn actor_knot(heap: &mut Heap, act: &Act) -> Gc<Actor> {
    let g = actor(heap, act);
    heap[&g].edges.push(g.clone());
    g
}

/// Its `trace` and its `Drop` call the test.
pub struct Hooked {
    pub edges: Vec<Gc<Hooked>>,
    on_trace: Hook,
    on_drop: Hook,
}

pub type Hook = Arc<dyn Fn() + Send + Sync>;

impl Hooked {
    pub fn new(on_trace: &Hook, on_drop: &Hook) -> Self {
        Hooked {
            edges: Vec::new(),
            on_trace: on_trace.clone(),
            on_drop: on_drop.clone(),
        }
    }
}

impl Trace for Hooked {
    fn trace(&self, tracer: &mut Tracer<'_>) {
        self.edges.trace(tracer);
        (self.on_trace)();
    }
}

impl Drop for Hooked {
    fn drop(&mut self) {
        (self.on_drop)();
    }
}

pub fn hook(f: impl Fn() + Send + Sync + 'static) -> Hook {
    Arc::new(f)
}

struct Planned;

/// A panic that prints nothing.
pub fn planned_panic() -> ! {
    resume_unwind(Box::new(Planned))
}

/// The result, or nothing when a planned panic comes out.
pub fn guarded<R>(f: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(result) => Some(result),
        Err(e) if e.is::<Planned>() => None,
        Err(e) => resume_unwind(e),
    }
}

/// A heap that collects only when the test says so.
pub fn quiet_heap() -> Heap {
    let mut heap = Heap::new();
    heap.set_policy(Policy::Disabled);
    heap
}

/// Slices until a step says that all is done; the units of all of them.
pub fn finish(heap: &mut Heap, units: u64) -> u64 {
    let mut used = 0;
    for _ in 0..100_000 {
        let progress = heap.step(Budget::units(units));
        used += progress.units;
        if progress.finished {
            return used;
        }
    }
    panic!("slices of {units} units never finish");
}

pub fn slices(heap: &mut Heap, count: u64, units: u64) {
    for _ in 0..count {
        heap.step(Budget::units(units));
    }
}

pub fn verify(heap: &Heap) {
    heap.verify();
}
