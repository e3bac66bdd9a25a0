//! A million entries never make one unit, and the game may write while they are traced.

use gc_core::containers::{GcDeque, GcMap, GcSet, GcVec};
use gc_core::{Budget, Gc, Heap, Trace, Tracer, Weak};
use proptest::prelude::*;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// An edge that counts how often it is traced.
#[derive(Clone)]
struct Edge(Gc<Holder>, Arc<AtomicUsize>);

impl Trace for Edge {
    fn trace(&self, tracer: &mut Tracer<'_>) {
        self.1.fetch_add(1, Relaxed);
        self.0.trace(tracer);
    }
}
impl PartialEq for Edge {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl Eq for Edge {}
impl Hash for Edge {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

#[derive(Trace, Default)]
struct Holder {
    vec: GcVec<Edge>,
    deque: GcDeque<Edge>,
    keys: GcMap<Edge, u32>,
    values: GcMap<u32, Edge>,
    set: GcSet<Edge>,
    nested: GcVec<GcMap<u32, GcDeque<Edge>>>,
}

const KINDS: usize = 6;

fn fill(kind: usize, holder: &mut Holder, edges: Vec<Edge>) {
    match kind {
        0 => holder.vec.extend(edges),
        1 => edges
            .into_iter()
            .enumerate()
            .for_each(|(n, edge)| match n % 2 {
                0 => holder.deque.push_back(edge),
                _ => holder.deque.push_front(edge),
            }),
        2 => holder.keys.extend(edges.into_iter().zip(0..)),
        3 => holder.values.extend((0..).zip(edges)),
        4 => holder.set.extend(edges),
        _ => {
            for chunk in edges.chunks(1000) {
                let queues = chunk.chunks(200).map(|part| part.iter().cloned().collect());
                holder.nested.push((0..).zip(queues).collect());
            }
        }
    }
}

#[test]
fn no_unit_traces_more_than_a_piece() {
    const COUNT: usize = 5000;
    for kind in 0..KINDS {
        let mut heap = Heap::new();
        let traced = Arc::new(AtomicUsize::new(0));
        let holder = heap.alloc(Holder::default());
        let edges: Vec<Edge> = (0..COUNT)
            .map(|_| {
                let target = heap.alloc(Holder::default());
                heap[&target].vec.push(Edge(holder.clone(), traced.clone()));
                Edge(target, traced.clone())
            })
            .collect();
        fill(kind, &mut heap[&holder], edges);
        let mut outside = Some(holder);
        for _ in 0..2 {
            // First with a handle outside, so that all is marked; then without, so that all is condemned.
            let (mut most, mut all) = (0, 0);
            loop {
                traced.store(0, Relaxed);
                let progress = heap.step(Budget::units(1));
                assert_eq!(progress.overrun, 0);
                most = most.max(traced.load(Relaxed));
                all += traced.load(Relaxed);
                if progress.finished {
                    break;
                }
            }
            assert!(most <= 130, "kind {kind}: {most} edges in a unit");
            assert!(all >= 2 * COUNT, "kind {kind}: {all} edges in all");
            assert_eq!(heap.len(), if outside.is_some() { COUNT + 1 } else { 0 });
            outside = None;
        }
        assert_eq!(heap.bytes(), 0);
    }
}

#[test]
fn a_queue_that_is_nearly_empty_is_traced_by_its_elements() {
    let mut heap = Heap::new();
    let traced = Arc::new(AtomicUsize::new(0));
    let holder = heap.alloc(Holder::default());
    let edge = Edge(holder.clone(), traced.clone());
    let queue = &mut heap[&holder].deque;
    queue.reserve(1 << 20);
    queue.extend((0..3).map(|_| edge.clone()));
    drop((holder, edge));
    let mut units = 0;
    loop {
        let progress = heap.step(Budget::units(1));
        units += progress.units;
        if progress.finished {
            break;
        }
    }
    assert!(heap.is_empty() && units < 100, "{units} units");
}

/// What a holder is to be the owner of, by kind of container: pushes and takes out in any order.
fn put(holder: &mut Holder, kind: usize, place: u32, edge: Edge) {
    match kind {
        0 => holder.vec.push(edge),
        1 if place.is_multiple_of(2) => holder.deque.push_back(edge),
        1 => holder.deque.push_front(edge),
        2 => drop(holder.keys.insert(edge, place)),
        3 => drop(holder.values.insert(place, edge)),
        4 => drop(holder.set.insert(edge)),
        _ => {
            let last = holder.nested.len().checked_sub(1);
            let map = match last {
                Some(last) if !place.is_multiple_of(5) => &mut holder.nested[last],
                _ => {
                    holder.nested.push(GcMap::new());
                    holder.nested.last_mut().unwrap()
                }
            };
            map.entry(place % 7).or_default().push_back(edge);
        }
    }
}

fn take(holder: &mut Holder, kind: usize, place: u32) -> Option<Edge> {
    let index = |len: usize| (len > 0).then(|| place as usize % len.max(1));
    match kind {
        0 => index(holder.vec.len()).map(|at| holder.vec.swap_remove(at)),
        1 => index(holder.deque.len()).and_then(|at| holder.deque.remove(at)),
        2 => {
            let at = index(holder.keys.len())?;
            Some(holder.keys.swap_remove_index(at)?.0)
        }
        3 => {
            let at = index(holder.values.len())?;
            Some(holder.values.shift_remove_index(at)?.1)
        }
        4 => {
            let at = index(holder.set.len())?;
            let edge = holder.set.get_index(at)?.clone();
            holder.set.take(&edge)
        }
        _ => {
            let at = index(holder.nested.len())?;
            let map = &mut holder.nested[at];
            let key = index(map.len())
                .and_then(|at| map.get_index(at))
                .map(|(key, _)| *key);
            match key {
                Some(key) => {
                    let queue = map.get_mut(&key)?;
                    let edge = queue.pop_front();
                    if queue.is_empty() {
                        map.remove(&key);
                    }
                    edge
                }
                None => {
                    holder.nested.swap_remove(at);
                    None
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// The game moves, clones and drops handles between large containers while slices of one unit trace them: what it
    /// can still reach is there, and what it cannot is gone in the end.
    #[test]
    fn the_game_writes_while_pieces_are_traced(
        calls in prop::collection::vec((0..8u8, any::<u32>(), any::<u32>(), 0..12u64), 1..150),
        kinds in (0..KINDS, 0..KINDS),
        size in 0..400u32,
    ) {
        let mut heap = Heap::new();
        let traced = Arc::new(AtomicUsize::new(0));
        let edge = |handle: Gc<Holder>| Edge(handle, traced.clone());
        let roots = [heap.alloc(Holder::default()), heap.alloc(Holder::default())];
        let kinds = [kinds.0, kinds.1];
        // What is in the roots' containers, by identity.
        let mut seen: Vec<Weak<Holder>> = Vec::new();
        let mut make = |heap: &mut Heap, back: &Gc<Holder>| {
            let new = heap.alloc(Holder::default());
            // In a cycle with its root, and with itself.
            heap[&new].vec.push(edge(back.clone()));
            heap[&new].vec.push(edge(new.clone()));
            seen.push(new.downgrade());
            new
        };
        for place in 0..size {
            let which = place as usize % 2;
            let new = make(&mut heap, &roots[which]);
            put(&mut heap[&roots[which]], kinds[which], place, Edge(new, traced.clone()));
        }
        let mut pocket: Vec<Edge> = Vec::new();
        for (call, place, number, units) in calls {
            let which = number as usize % 2;
            let (from, to) = (&roots[which], &roots[1 - which]);
            match call {
                0 | 1 => {
                    let new = make(&mut heap, from);
                    put(&mut heap[to], kinds[1 - which], place, Edge(new, traced.clone()));
                }
                2 | 3 => {
                    if let Some(edge) = take(&mut heap[from], kinds[which], place) {
                        put(&mut heap[to], kinds[1 - which], number, edge);
                    }
                }
                4 => drop(take(&mut heap[from], kinds[which], place)),
                5 => pocket.extend(take(&mut heap[from], kinds[which], place)),
                6 => if let Some(edge) = pocket.pop() {
                    put(&mut heap[to], kinds[1 - which], place, edge);
                },
                _ => if let Some(edge) = pocket.last() {
                    let edge = edge.clone();
                    put(&mut heap[to], kinds[1 - which], place, edge);
                },
            }
            for _ in 0..units {
                heap.step(Budget::units(1));
            }
        }
        // Everything that the game can reach can be read.
        let mut reached = std::collections::HashSet::new();
        let mut queue: Vec<Gc<Holder>> = roots.to_vec();
        queue.extend(pocket.iter().map(|edge| edge.0.clone()));
        while let Some(handle) = queue.pop() {
            if reached.insert(handle.id()) {
                let holder = heap.get(&handle);
                queue.extend(edges(holder).map(|edge| edge.0.clone()));
            }
        }
        heap.collect();
        assert_eq!(heap.len(), reached.len());
        let alive = seen.iter().filter(|weak| heap.get_weak(**weak).is_some()).count();
        assert_eq!(alive + 2, reached.len());
        drop((roots, pocket));
        while !heap.step(Budget::units(1)).finished {}
        assert!(heap.is_empty());
    }
}

fn edges(holder: &Holder) -> impl Iterator<Item = &Edge> {
    let nested = holder.nested.iter().flat_map(GcMap::values).flatten();
    let first = holder
        .vec
        .iter()
        .chain(&holder.deque)
        .chain(holder.keys.keys());
    first
        .chain(holder.values.values())
        .chain(&holder.set)
        .chain(nested)
}
