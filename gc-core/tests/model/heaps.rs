//! Several heaps at a time: objects with handles of other heaps in them, heaps that end while others go on, and handles
//! lent to threads that clone and drop them as they like. Threads allocate too, with contexts, and some heaps stand on a
//! bump of their own.

use super::program::Rng;
use gc_core::containers::GcSlice;
use gc_core::{
    AllocContext, Budget, BumpAllocator, Gc, GcDyn, Generation, HandleError, Heap, HeapAllocator,
    HeapConfig, Trace, dyn_handle,
};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

type Id = usize;

const HEAPS: usize = 3;
const THREADS: usize = 2;

/// Which objects were dropped.
#[derive(Clone, Default)]
struct Dropped(Arc<Mutex<Vec<bool>>>);

struct Tag {
    id: Id,
    dropped: Dropped,
}

impl Drop for Tag {
    fn drop(&mut self) {
        let mut dropped = self.dropped.0.lock().expect("no panic in here");
        let before = std::mem::replace(&mut dropped[self.id], true);
        assert!(!before, "#{} was dropped twice", self.id);
    }
}

#[derive(Trace)]
struct Node {
    edges: Vec<Edge>,
    #[trace(skip)]
    tag: Tag,
}

trait Named: Send + Sync {
    fn id(&self) -> Id;
}

impl Named for Node {
    fn id(&self) -> Id {
        self.tag.id
    }
}

/// The ways in which a node refers to another one. Nobody else has a handle of the slice. It is never one that leads
/// abroad: condemned with its owner, it may be dropped some slices earlier, and with it what only it held.
#[derive(Trace)]
enum Edge {
    Plain(Gc<Node>),
    Dyn(GcDyn<dyn Named>),
    Slice(Gc<GcSlice<Gc<Node>>>),
}

impl Edge {
    fn new(gc: Gc<Node>, heap: &mut Heap, rng: &mut Rng) -> Edge {
        match rng.below(4) {
            0 => Edge::Dyn(dyn_handle!(gc => dyn Named)),
            1 if heap.try_get(&gc).is_ok() => Edge::Slice(heap.alloc_slice(&[gc.clone(), gc])),
            _ => Edge::Plain(gc),
        }
    }

    fn into_plain(self, heap: &Heap) -> Gc<Node> {
        match self {
            Edge::Plain(gc) => gc,
            Edge::Dyn(gc) => gc.downcast().expect("it was made of a node"),
            Edge::Slice(slice) => heap[&slice][1].clone(),
        }
    }

    /// What it says to lead to, if that is its heap's.
    fn leads_to(&self, heap: &Heap) -> Option<Id> {
        match self {
            Edge::Plain(gc) => heap.try_get(gc).ok().map(Named::id),
            Edge::Dyn(gc) => heap.try_get_dyn(gc).ok().map(Named::id),
            Edge::Slice(slice) => heap.try_get(&heap[slice][0]).ok().map(Named::id),
        }
    }
}

struct Truth {
    home: usize,
    edges: Vec<Id>,
}

/// What a thread is asked to do.
type Errand = Box<dyn FnOnce() + Send>;

/// A handle on its way through a thread, which sends a clone back if it is to be kept.
struct Loan {
    handle: Gc<Node>,
    clones: u64,
    back: Option<Sender<Gc<Node>>>,
}

struct Play {
    heaps: Vec<Heap>,
    dropped: Dropped,
    truth: Vec<Truth>,
    held: Vec<(Id, Gc<Node>)>,
    /// What threads keep until it is asked back.
    lent: Vec<(Id, Receiver<Gc<Node>>)>,
    threads: Vec<(Sender<Errand>, JoinHandle<()>)>,
    /// One a heap at the most, with what it has not merged yet.
    contexts: [Option<AllocContext>; HEAPS],
}

pub fn play(seed: u64, operations: usize) -> Result<(), String> {
    let mut rng = Rng::new(seed);
    let threads = (0..THREADS).map(|_| lender()).collect();
    let mut play = Play {
        heaps: (0..HEAPS).map(|_| heap(&mut rng)).collect(),
        dropped: Dropped::default(),
        truth: Vec::new(),
        held: Vec::new(),
        lent: Vec::new(),
        threads,
        contexts: Default::default(),
    };
    for n in 0..operations {
        play.act(&mut rng)?;
        play.check()
            .map_err(|e| format!("{e}\n  after operation {n}"))?;
    }
    play.finish()
}

fn heap(rng: &mut Rng) -> Heap {
    let allocator = match rng.below(4) {
        0 => BumpAllocator::new().into(),
        _ => HeapAllocator::default(),
    };
    let mut heap = Heap::with_config(HeapConfig {
        allocator,
        ..HeapConfig::default()
    });
    if rng.below(3) == 0 {
        heap.set_chaos(Some(rng.next()));
    }
    heap
}

fn lender() -> (Sender<Errand>, JoinHandle<()>) {
    let (send, receive) = channel::<Errand>();
    let thread = std::thread::spawn(move || receive.into_iter().for_each(|errand| errand()));
    (send, thread)
}

impl Loan {
    fn run(self) {
        let mut clones = vec![self.handle];
        for n in 0..self.clones {
            let next = clones[n as usize / 2].clone();
            clones.push(next);
            if n % 3 == 0 {
                clones.swap_remove(0);
            }
        }
        if let (Some(back), Some(kept)) = (self.back, clones.pop()) {
            // Nobody asks for it when the program has failed.
            let _ = back.send(kept);
        }
    }
}

impl Play {
    fn act(&mut self, rng: &mut Rng) -> Result<(), String> {
        let h = rng.below(HEAPS as u64) as usize;
        match rng.below(45) {
            0..9 => self.alloc(h),
            9..17 => {
                if let (Some(x), Some(y)) = (self.pick(rng), self.pick(rng)) {
                    let (id, gc) = self.held[y].clone();
                    self.link(x, id, gc, rng);
                }
            }
            17..20 => {
                // Out of its object and into the hand: no count changes.
                if let Some(x) = self.pick(rng)
                    && let Some(heap) = self.heaps.get_mut(self.truth[self.held[x].0].home)
                    && let Some(edge) = heap[&self.held[x].1].edges.pop()
                {
                    let gc = edge.into_plain(heap);
                    let id = self.truth[self.held[x].0]
                        .edges
                        .pop()
                        .expect("as in the heap");
                    self.held.push((id, gc));
                }
            }
            20..25 => {
                if let Some(x) = self.pick(rng) {
                    self.held.swap_remove(x);
                }
            }
            25..34 => _ = self.heaps[h].step(Budget::units(1 + rng.below(9))),
            34 => {
                let generation = Generation::ALL[rng.below(3) as usize];
                self.heaps[h].collect_generation(generation);
            }
            35..38 => {
                if let Some(x) = self.pick(rng) {
                    self.lend(x, rng);
                }
            }
            38 => self.take_back(),
            39..42 => self.alloc_elsewhere(h, rng),
            42..44 => self.merge(h, rng),
            _ if rng.below(4) == 0 => {
                let context = self.contexts[h].take();
                self.heaps[h] = heap(rng);
                // What it has not merged goes with it, when nobody can allocate any more.
                drop(context);
                let dropped = self.dropped.0.lock().expect("no panic in here");
                for (id, truth) in self.truth.iter_mut().enumerate() {
                    if truth.home == h {
                        if !dropped[id] {
                            return Err(format!("#{id} outlived its heap"));
                        }
                        // Its handles lead nowhere from here on.
                        truth.home = HEAPS;
                    }
                }
            }
            _ => _ = self.heaps[h].trim(),
        }
        Ok(())
    }

    fn pick(&self, rng: &mut Rng) -> Option<usize> {
        (!self.held.is_empty()).then(|| rng.below(self.held.len() as u64) as usize)
    }

    fn link(&mut self, x: usize, id: Id, gc: Gc<Node>, rng: &mut Rng) {
        let (from, owner) = &self.held[x];
        if let Some(heap) = self.heaps.get_mut(self.truth[*from].home) {
            let edge = Edge::new(gc, heap, rng);
            heap[owner].edges.push(edge);
            self.truth[*from].edges.push(id);
        }
    }

    fn born(&mut self, h: usize, edges: Vec<Id>) -> Tag {
        self.dropped.0.lock().expect("no panic in here").push(false);
        self.truth.push(Truth { home: h, edges });
        Tag {
            id: self.truth.len() - 1,
            dropped: self.dropped.clone(),
        }
    }

    fn alloc(&mut self, h: usize) {
        let tag = self.born(h, Vec::new());
        let id = tag.id;
        let gc = self.heaps[h].alloc(Node {
            edges: Vec::new(),
            tag,
        });
        self.held.push((id, gc));
    }

    /// A thread allocates: most refer to the one before, the first to an object that was there already. Some are dropped
    /// at once, and some linked into cycles, before they are merged.
    fn alloc_elsewhere(&mut self, h: usize, rng: &mut Rng) {
        let context = self.contexts[h].take();
        let mut context = context.unwrap_or_else(|| self.heaps[h].alloc_context());
        let mut last = self.pick(rng).map(|x| self.held[x].0);
        let first = last.map(|id| {
            let held = self.held.iter().find(|(other, _)| *other == id);
            held.expect("it was picked").1.clone()
        });
        let mut plan = Vec::new();
        for _ in 0..1 + rng.below(6) {
            let edges: Vec<Id> = last.filter(|_| rng.below(3) > 0).into_iter().collect();
            let (linked, keep) = (!edges.is_empty(), rng.below(3) > 0);
            let tag = self.born(h, edges);
            last = Some(tag.id);
            plan.push((tag, linked, keep));
        }
        let (send, receive) = channel();
        self.errand(rng, move || {
            let mut last = first;
            let mut kept = Vec::new();
            for (tag, linked, keep) in plan {
                let id = tag.id;
                let edges = last.take().filter(|_| linked).map(Edge::Plain);
                let edges = edges.into_iter().collect();
                let gc = context.alloc(Node { edges, tag });
                if keep {
                    kept.push((id, gc.clone()));
                }
                last = Some(gc);
            }
            // The last one may die here, on this thread, before anybody has merged it.
            drop(last);
            let _ = send.send((kept, context));
        });
        let (kept, context) = receive.recv().expect("what was allocated");
        let new = self.held.len()..self.held.len() + kept.len();
        self.held.extend(kept);
        self.contexts[h] = Some(context);
        for x in new.clone() {
            if rng.below(2) == 0 {
                let y = new.start + rng.below(new.len() as u64) as usize;
                let (id, gc) = self.held[y].clone();
                self.link(x, id, gc, rng);
            }
        }
        if rng.below(2) == 0 {
            self.held.truncate(new.start + new.len() / 2);
        }
        if rng.below(2) == 0 {
            self.merge(h, rng);
        }
    }

    /// In each of the ways, of which one is to drop the context elsewhere.
    fn merge(&mut self, h: usize, rng: &mut Rng) {
        let Some(mut context) = self.contexts[h].take() else {
            return;
        };
        match rng.below(4) {
            0 => self.heaps[h].merge(context),
            1 => {
                let (send, receive) = channel();
                self.errand(rng, move || {
                    drop(context);
                    let _ = send.send(());
                });
                receive.recv().expect("it was dropped");
            }
            _ => {
                self.heaps[h].merge_mut(&mut context);
                self.contexts[h] = Some(context);
            }
        }
    }

    fn errand(&self, rng: &mut Rng, errand: impl FnOnce() + Send + 'static) {
        let thread = &self.threads[rng.below(THREADS as u64) as usize];
        let sent = thread.0.send(Box::new(errand));
        sent.expect("the thread waits for more");
    }

    fn lend(&mut self, x: usize, rng: &mut Rng) {
        let (id, handle) = self.held.swap_remove(x);
        let (send, receive) = channel();
        let back = (rng.below(2) == 0).then_some(send);
        if back.is_some() {
            self.lent.push((id, receive));
        }
        let loan = Loan {
            handle,
            clones: rng.below(12),
            back,
        };
        self.errand(rng, move || loan.run());
    }

    fn take_back(&mut self) {
        for (id, receive) in self.lent.drain(..) {
            self.held
                .push((id, receive.recv().expect("a clone was promised")));
        }
    }

    /// What must be alive: held, lent, or referred to from an object of another heap that still exists; and what that
    /// reaches in its own heap. A heap does not see through another one.
    fn reachable(&self, dropped: &[bool]) -> Vec<bool> {
        let hands = self.held.iter().map(|(id, _)| *id);
        let mut stack: Vec<Id> = hands.chain(self.lent.iter().map(|(id, _)| *id)).collect();
        for (id, truth) in self.truth.iter().enumerate() {
            if !dropped[id] {
                let abroad = |to: &&Id| self.truth[**to].home != truth.home;
                stack.extend(truth.edges.iter().filter(abroad));
            }
        }
        let mut seen = vec![false; self.truth.len()];
        while let Some(id) = stack.pop() {
            if self.truth[id].home < HEAPS && !std::mem::replace(&mut seen[id], true) {
                let home = |to: &&Id| self.truth[**to].home == self.truth[id].home;
                stack.extend(self.truth[id].edges.iter().filter(home));
            }
        }
        seen
    }

    fn check(&self) -> Result<(), String> {
        for heap in &self.heaps {
            heap.verify();
            heap.verify_trace();
        }
        let dropped = self.dropped.0.lock().expect("no panic in here").clone();
        let reachable = self.reachable(&dropped);
        if let Some(id) = (0..dropped.len()).find(|&id| reachable[id] && dropped[id]) {
            return Err(format!("#{id} was dropped while reachable"));
        }
        for (id, gc) in &self.held {
            let truth = &self.truth[*id];
            for (h, heap) in self.heaps.iter().enumerate() {
                match heap.try_get(gc) {
                    Ok(node) => {
                        let edges = node.edges.len();
                        if h != truth.home || node.tag.id != *id || edges != truth.edges.len() {
                            return Err(format!("heap {h} reads #{} for #{id}", node.tag.id));
                        }
                        for (edge, to) in node.edges.iter().zip(&truth.edges) {
                            let expected = (self.truth[*to].home == h).then_some(*to);
                            let found = edge.leads_to(heap);
                            if found != expected {
                                return Err(format!("#{id} leads to {found:?}, not to #{to}"));
                            }
                        }
                    }
                    Err(HandleError::ForeignHeap) if h != truth.home => {}
                    Err(e) => return Err(format!("heap {h} says {e:?} of #{id}")),
                }
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), String> {
        self.take_back();
        for (send, thread) in self.threads.drain(..) {
            drop(send);
            thread.join().map_err(|_| "a thread panicked")?;
        }
        for (heap, context) in self.heaps.iter_mut().zip(&mut self.contexts) {
            if let Some(context) = context.take() {
                heap.merge(context);
            }
        }
        let mut before = usize::MAX;
        loop {
            for heap in &mut self.heaps {
                while !heap.step(Budget::units(2)).finished {}
                heap.collect();
            }
            let left = self.heaps.iter().map(Heap::len).sum();
            if left == before {
                break;
            }
            before = left;
        }
        self.check()?;
        let dropped = self.dropped.0.lock().expect("no panic in here").clone();
        let reachable = self.reachable(&dropped);
        if let Some(id) = (0..dropped.len()).find(|&id| !reachable[id] && !dropped[id]) {
            return Err(format!("#{id} is unreachable and was left"));
        }
        // The heaps end before the handles do, and take cycles across heaps with them.
        self.heaps.clear();
        let dropped = self.dropped.0.lock().expect("no panic in here").clone();
        match dropped.iter().position(|dropped| !dropped) {
            Some(id) => Err(format!("#{id} outlived all heaps")),
            None => Ok(()),
        }
    }
}
