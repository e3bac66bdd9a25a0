//! D2, the finalization matrix: {no cycle, a cycle of one, chains of 2 to 6} × {plain, resurrecting,
//! suicidal, legacy} and the mixed chains, by `collect` and in slices of one unit.

use std::sync::{Arc, Mutex};

use gc_core::{Finalize, FinalizerPolicy, Gc, Heap, HeapConfig, Trace, Weak};

use crate::util::{lock, sliced};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// No finalizer in CPython's sense of work to do: it only reports.
    Plain,
    /// Puts itself on the list of survivors.
    Resurrecting,
    /// Breaks the cycle itself.
    Suicidal,
}

use Kind::{Plain, Resurrecting, Suicidal};

#[derive(Default)]
struct Book {
    finalized: Vec<usize>,
    dropped: Vec<usize>,
    survivors: Vec<Gc<Member>>,
}

#[derive(Trace)]
#[trace(finalize)]
struct Member {
    index: usize,
    left: Option<Gc<Member>>,
    right: Option<Gc<Member>>,
    weak: Weak<Member>,
    #[trace(skip)]
    kind: Kind,
    #[trace(skip)]
    book: Arc<Mutex<Book>>,
}

impl Finalize for Member {
    fn finalize(this: &Gc<Self>, heap: &mut Heap) {
        let member = &heap[this];
        let book = member.book.clone();
        lock(&book).finalized.push(member.index);
        // Nothing is cleared before all finalizers have run.
        for neighbour in [&member.left, &member.right].into_iter().flatten() {
            let neighbour = heap.try_get(neighbour).expect("a sane neighbour");
            let dropped = lock(&book).dropped.contains(&neighbour.index);
            assert!(!dropped, "a neighbour was dropped before the finalizer ran");
        }
        match member.kind {
            Plain => {}
            Resurrecting => lock(&book).survivors.push(this.clone()),
            Suicidal => {
                let (left, right) = (heap[this].left.take(), heap[this].right.take());
                if let Some(left) = left {
                    heap[&left].right = None;
                }
                if let Some(right) = right {
                    heap[&right].left = None;
                }
            }
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        lock(&self.book).dropped.push(self.index);
    }
}

fn sorted(mut v: Vec<usize>) -> Vec<usize> {
    v.sort_unstable();
    v
}

struct Chain {
    heap: Heap,
    book: Arc<Mutex<Book>>,
    weak: Vec<Weak<Member>>,
    kinds: Vec<Kind>,
}

impl Chain {
    /// A ring linked both ways; one member is linked to itself; nobody holds it.
    fn new(kinds: &[Kind], linked: bool, finalizers: FinalizerPolicy) -> Self {
        let mut heap = Heap::with_config(HeapConfig {
            finalizers,
            ..HeapConfig::default()
        });
        let book = Arc::new(Mutex::new(Book::default()));
        let members: Vec<Gc<Member>> = kinds
            .iter()
            .enumerate()
            .map(|(index, kind)| {
                heap.alloc_cyclic(|weak| Member {
                    index,
                    left: None,
                    right: None,
                    weak,
                    kind: *kind,
                    book: book.clone(),
                })
            })
            .collect();
        if linked {
            for (i, g) in members.iter().enumerate() {
                let right = &members[(i + 1) % members.len()];
                heap[g].right = Some(right.clone());
                heap[right].left = Some(g.clone());
            }
        }
        let weak = members.iter().map(Gc::downgrade).collect();
        for g in &members {
            assert!(heap.upgrade(heap[g].weak).as_ref() == Some(g));
        }
        Chain {
            heap,
            book,
            weak,
            kinds: kinds.to_vec(),
        }
    }

    fn collect(&mut self, slices: bool) {
        if slices {
            sliced(&mut self.heap);
        } else {
            self.heap.collect();
        }
        self.heap.reclaim();
    }

    fn finalized(&self) -> Vec<usize> {
        sorted(lock(&self.book).finalized.clone())
    }

    fn dropped(&self) -> Vec<usize> {
        sorted(lock(&self.book).dropped.clone())
    }

    fn all(&self) -> Vec<usize> {
        (0..self.kinds.len()).collect()
    }

    /// The resurrecting ones, and what they reach past the links that suicides broke.
    fn expected_survivors(&self) -> Vec<usize> {
        let n = self.kinds.len();
        let broken = |i: usize, j: usize| self.kinds[i] == Suicidal || self.kinds[j] == Suicidal;
        let mut alive = vec![false; n];
        let mut stack: Vec<usize> = (0..n).filter(|i| self.kinds[*i] == Resurrecting).collect();
        while let Some(i) = stack.pop() {
            if !std::mem::replace(&mut alive[i], true) {
                let neighbours = [(i + 1) % n, (i + n - 1) % n];
                stack.extend(neighbours.into_iter().filter(|j| !broken(i, *j)));
            }
        }
        (0..n).filter(|i| alive[*i]).collect()
    }
}

/// One cell of the matrix.
fn chain(kinds: &[Kind]) {
    for slices in [false, true] {
        let mut chain = Chain::new(kinds, true, FinalizerPolicy::Run);
        let why = format!("{kinds:?}, in slices: {slices}");
        chain.collect(slices);
        assert_eq!(chain.finalized(), chain.all(), "each once, {why}");
        let survivors = chain.expected_survivors();
        let gone: Vec<usize> = chain
            .all()
            .into_iter()
            .filter(|i| !survivors.contains(i))
            .collect();
        assert_eq!(chain.dropped(), gone, "{why}");
        for weak in &chain.weak {
            assert!(
                chain.heap.upgrade(*weak).is_none(),
                "a cyclic resurrection clears weak handles, {why}"
            );
        }
        // The survivors are whole.
        for g in &lock(&chain.book).survivors {
            let member = &chain.heap[g];
            for neighbour in [&member.left, &member.right].into_iter().flatten() {
                assert!(survivors.contains(&chain.heap[neighbour].index), "{why}");
            }
            let again = g.downgrade();
            assert!(
                chain.heap.upgrade(again).as_ref() == Some(g),
                "new weak handles work, {why}"
            );
        }
        // A second collection finalizes nothing again.
        chain.collect(slices);
        assert_eq!(chain.finalized(), chain.all(), "{why}");
        assert_eq!(chain.dropped(), gone, "{why}");
        // Let go, the survivors die like anything else.
        let survivors = std::mem::take(&mut lock(&chain.book).survivors);
        drop(survivors);
        chain.collect(slices);
        chain.collect(slices);
        assert_eq!(chain.finalized(), chain.all(), "{why}");
        assert_eq!(chain.dropped(), chain.all(), "{why}");
        assert_eq!(chain.heap.len(), 0, "{why}");
    }
}

fn alone(kind: Kind) {
    for slices in [false, true] {
        let mut chain = Chain::new(&[kind], false, FinalizerPolicy::Run);
        if slices {
            chain.collect(true);
        } else {
            chain.heap.reclaim();
        }
        assert_eq!(chain.finalized(), [0]);
        if kind == Resurrecting {
            assert_eq!(chain.dropped(), [0; 0]);
            let back = lock(&chain.book).survivors.pop().expect("resurrected");
            assert!(
                chain.heap.upgrade(chain.weak[0]).as_ref() == Some(&back),
                "an acyclic resurrection keeps weak handles"
            );
            drop(back);
            chain.heap.reclaim();
            assert_eq!(chain.finalized(), [0], "not again");
        }
        assert_eq!(chain.dropped(), [0]);
        assert!(chain.heap.upgrade(chain.weak[0]).is_none());
        assert_eq!(chain.heap.len(), 0);
    }
}

#[test]
fn no_cycle_plain() {
    alone(Plain);
}

#[test]
fn no_cycle_resurrecting() {
    alone(Resurrecting);
}

#[test]
fn no_cycle_suicidal() {
    alone(Suicidal);
}

#[test]
fn self_cycle_plain() {
    chain(&[Plain]);
}

#[test]
fn self_cycle_resurrecting() {
    chain(&[Resurrecting]);
}

#[test]
fn self_cycle_suicidal() {
    chain(&[Suicidal]);
}

#[test]
fn chains_of_one_kind() {
    for n in 2..=6 {
        for kind in [Plain, Resurrecting, Suicidal] {
            chain(&vec![kind; n]);
        }
    }
}

#[test]
fn mixed_chain_suicidal_plain_twice() {
    chain(&[Suicidal, Plain, Suicidal, Plain]);
}

#[test]
fn mixed_chain_two_suicidal_two_plain() {
    chain(&[Suicidal, Suicidal, Plain, Plain]);
}

#[test]
fn mixed_chain_resurrecting_plain_twice() {
    chain(&[Resurrecting, Plain, Resurrecting, Plain]);
}

#[test]
fn mixed_chain_two_resurrecting_two_plain() {
    chain(&[Resurrecting, Resurrecting, Plain, Plain]);
}

#[test]
fn mixed_chain_resurrecting_plain_suicidal_twice() {
    chain(&[Resurrecting, Plain, Suicidal, Resurrecting, Plain, Suicidal]);
}

#[test]
fn mixed_chain_two_two_two() {
    chain(&[Resurrecting, Resurrecting, Plain, Plain, Suicidal, Suicidal]);
}

#[test]
fn all_chains_of_up_to_five() {
    const KINDS: [Kind; 3] = [Plain, Resurrecting, Suicidal];
    for n in 1..=5u32 {
        for code in 0..3usize.pow(n) {
            let kinds: Vec<Kind> = (0..n).map(|i| KINDS[code / 3usize.pow(i) % 3]).collect();
            chain(&kinds);
        }
    }
}

/// Legacy: the whole heap quarantines. Nothing is finalized until the game breaks the cycle.
#[test]
fn legacy_chains_are_kept_until_they_are_broken() {
    for slices in [false, true] {
        for n in 1..=6 {
            let mut chain = Chain::new(&vec![Plain; n], true, FinalizerPolicy::Quarantine);
            chain.collect(slices);
            chain.collect(slices);
            assert_eq!(chain.finalized(), [0; 0]);
            assert_eq!(chain.dropped(), [0; 0]);
            let garbage = chain.heap.take_garbage();
            assert_eq!(garbage.len(), n, "each is listed, once");
            for any in garbage {
                let g = any.downcast::<Member>().expect("a member");
                let member = &mut chain.heap[&g];
                drop((member.left.take(), member.right.take()));
            }
            chain.collect(slices);
            assert_eq!(chain.finalized(), chain.all());
            assert_eq!(chain.dropped(), chain.all());
        }
    }
}

#[test]
fn legacy_no_cycle_is_finalized_and_freed() {
    let mut chain = Chain::new(&[Plain], false, FinalizerPolicy::Quarantine);
    chain.heap.reclaim();
    assert_eq!((chain.finalized(), chain.dropped()), (vec![0], vec![0]));
    assert!(chain.heap.garbage().is_empty());
}

/// A leaf with a finalizer.
#[derive(Trace)]
#[trace(finalize, acyclic)]
struct Phoenix {
    #[trace(skip)]
    calls: Arc<Mutex<(u32, Vec<Gc<Phoenix>>)>>,
}

impl Finalize for Phoenix {
    fn finalize(this: &Gc<Self>, heap: &mut Heap) {
        let mut calls = lock(&heap[this].calls);
        calls.0 += 1;
        calls.1.push(this.clone());
    }
}

#[test]
fn untracked_objects_are_finalized_once_too() {
    let mut heap = Heap::new();
    let calls = Arc::new(Mutex::new((0, Vec::new())));
    let phoenix = heap.alloc(Phoenix {
        calls: calls.clone(),
    });
    assert!(!heap.is_tracked(&phoenix));
    drop(phoenix);
    heap.reclaim();
    assert_eq!(lock(&calls).0, 1);
    let back = lock(&calls).1.pop().expect("resurrected");
    drop(back);
    heap.reclaim();
    assert_eq!(
        (lock(&calls).0, heap.len()),
        (1, 0),
        "at most once per object"
    );
}
