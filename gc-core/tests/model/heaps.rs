//! Several heaps at a time: objects with handles of other heaps in them, heaps that end while others go on, and handles
//! lent to threads that clone and drop them as they like.

use super::program::Rng;
use gc_core::{Budget, Gc, Generation, HandleError, Heap, Trace};
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
    edges: Vec<Gc<Node>>,
    #[trace(skip)]
    tag: Tag,
}

struct Truth {
    home: usize,
    edges: Vec<Id>,
}

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
    threads: Vec<(Sender<Loan>, JoinHandle<()>)>,
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
    };
    for n in 0..operations {
        play.act(&mut rng)?;
        play.check()
            .map_err(|e| format!("{e}\n  after operation {n}"))?;
    }
    play.finish()
}

fn heap(rng: &mut Rng) -> Heap {
    match rng.below(3) {
        0 => Heap::chaos(rng.next()),
        _ => Heap::new(),
    }
}

fn lender() -> (Sender<Loan>, JoinHandle<()>) {
    let (send, receive) = channel::<Loan>();
    let thread = std::thread::spawn(move || {
        for loan in receive {
            let mut clones = vec![loan.handle];
            for n in 0..loan.clones {
                let next = clones[n as usize / 2].clone();
                clones.push(next);
                if n % 3 == 0 {
                    clones.swap_remove(0);
                }
            }
            if let (Some(back), Some(kept)) = (loan.back, clones.pop()) {
                // Nobody asks for it when the program has failed.
                let _ = back.send(kept);
            }
        }
    });
    (send, thread)
}

impl Play {
    fn act(&mut self, rng: &mut Rng) -> Result<(), String> {
        let h = rng.below(HEAPS as u64) as usize;
        match rng.below(40) {
            0..9 => self.alloc(h),
            9..17 => {
                if let (Some(x), Some(y)) = (self.pick(rng), self.pick(rng)) {
                    let (id, gc) = self.held[y].clone();
                    if let Some(edges) = self.edges_mut(x) {
                        edges.push(gc);
                        self.truth[self.held[x].0].edges.push(id);
                    }
                }
            }
            17..20 => {
                // Out of its object and into the hand: no count changes.
                if let Some(x) = self.pick(rng)
                    && let Some(Some(gc)) = self.edges_mut(x).map(Vec::pop)
                {
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
            _ if rng.below(4) == 0 => {
                self.heaps[h] = heap(rng);
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

    fn edges_mut(&mut self, x: usize) -> Option<&mut Vec<Gc<Node>>> {
        let (id, gc) = &self.held[x];
        let heap = self.heaps.get_mut(self.truth[*id].home)?;
        Some(&mut heap[gc].edges)
    }

    fn alloc(&mut self, h: usize) {
        let id = self.truth.len();
        self.dropped.0.lock().expect("no panic in here").push(false);
        let tag = Tag {
            id,
            dropped: self.dropped.clone(),
        };
        let gc = self.heaps[h].alloc(Node {
            edges: Vec::new(),
            tag,
        });
        self.truth.push(Truth {
            home: h,
            edges: Vec::new(),
        });
        self.held.push((id, gc));
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
        let thread = &self.threads[rng.below(THREADS as u64) as usize];
        thread.0.send(loan).expect("the thread waits for more");
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
