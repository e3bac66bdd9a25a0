//! A general object for the tests: it refers to others, and tells when it is dropped and finalized.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gc_core::{Budget, Collection, Finalize, Gc, Heap, Trace};

/// What happened to named objects, in order, and what finalizers put outside the heap.
#[derive(Default)]
pub struct Book {
    pub events: Vec<Event>,
    pub saved: Vec<Gc<Actor>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Finalized(u32),
    Dropped(u32),
}

pub type Log = Arc<Mutex<Book>>;

pub fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Book {
    pub fn dropped(&self) -> Vec<u32> {
        let mut names: Vec<u32> = self
            .events
            .iter()
            .filter_map(|e| match e {
                Event::Dropped(n) => Some(*n),
                Event::Finalized(_) => None,
            })
            .collect();
        names.sort_unstable();
        names
    }

    pub fn finalized(&self) -> Vec<u32> {
        let mut names: Vec<u32> = self
            .events
            .iter()
            .filter_map(|e| match e {
                Event::Finalized(n) => Some(*n),
                Event::Dropped(_) => None,
            })
            .collect();
        names.sort_unstable();
        names
    }
}

/// An object without a finalizer.
#[derive(Trace)]
pub struct Node {
    pub name: u32,
    pub edges: Vec<Gc<Node>>,
    #[trace(skip)]
    log: Log,
}

impl Node {
    pub fn new(log: &Log, name: u32) -> Self {
        Node {
            name,
            edges: Vec::new(),
            log: log.clone(),
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        lock(&self.log).events.push(Event::Dropped(self.name));
    }
}

/// An object whose finalizer does what the test says.
#[derive(Trace)]
#[trace(finalize)]
pub struct Actor {
    pub name: u32,
    pub edges: Vec<Gc<Actor>>,
    pub nodes: Vec<Gc<Node>>,
    #[trace(skip)]
    pub act: Act,
    #[trace(skip)]
    pub log: Log,
}

pub type Act = Box<dyn Fn(&Gc<Actor>, &mut Heap) + Send + Sync>;

impl Actor {
    pub fn new(
        log: &Log,
        name: u32,
        act: impl Fn(&Gc<Actor>, &mut Heap) + Send + Sync + 'static,
    ) -> Self {
        Actor {
            name,
            edges: Vec::new(),
            nodes: Vec::new(),
            act: Box::new(act),
            log: log.clone(),
        }
    }

    /// Its finalizer only reports.
    pub fn quiet(log: &Log, name: u32) -> Self {
        Self::new(log, name, |_, _| {})
    }

    /// Its finalizer saves it.
    pub fn resurrecting(log: &Log, name: u32) -> Self {
        Self::new(log, name, |this, heap| {
            lock(&heap[this].log).saved.push(this.clone());
        })
    }
}

impl Finalize for Actor {
    fn finalize(this: &Gc<Self>, heap: &mut Heap) {
        let name = heap[this].name;
        lock(&heap[this].log).events.push(Event::Finalized(name));
        // Out of the object, because it needs the heap that the object is in.
        let act = std::mem::replace(&mut heap[this].act, Box::new(|_, _| {}));
        act(this, heap);
        heap[this].act = act;
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        lock(&self.log).events.push(Event::Dropped(self.name));
    }
}

/// A ring of nodes; nobody holds it afterwards.
pub fn ring(heap: &mut Heap, log: &Log, names: &[u32]) -> Gc<Node> {
    let nodes: Vec<Gc<Node>> = names
        .iter()
        .map(|n| heap.alloc(Node::new(log, *n)))
        .collect();
    for (i, g) in nodes.iter().enumerate() {
        let next = nodes[(i + 1) % nodes.len()].clone();
        heap[g].edges.push(next);
    }
    nodes[0].clone()
}

/// The same of objects with finalizers.
pub fn actors(heap: &mut Heap, members: Vec<Actor>) -> Vec<Gc<Actor>> {
    let all: Vec<Gc<Actor>> = members.into_iter().map(|a| heap.alloc(a)).collect();
    for (i, g) in all.iter().enumerate() {
        let next = all[(i + 1) % all.len()].clone();
        heap[g].edges.push(next);
    }
    all
}

/// One full collection in slices of one unit.
pub fn sliced(heap: &mut Heap) {
    // Otherwise the first slices may have only the dead of reference counting to free.
    heap.reclaim();
    for _ in 0..1_000_000 {
        let finished = heap.step(Budget::units(1)).finished;
        heap.verify();
        if finished {
            return;
        }
    }
    panic!("the sliced collection does not end");
}

/// Both ways to collect must show the same behaviour.
pub fn both_ways(test: impl Fn(fn(&mut Heap))) {
    test(|heap| {
        heap.collect();
    });
    test(sliced);
}

pub fn collected(collection: Collection) -> (usize, usize) {
    (collection.collected, collection.uncollectable)
}
