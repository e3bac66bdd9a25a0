//! Objects with containers in them, against those of `std`: programs are bytes, three an operation, so that a fuzzer can
//! write them too.

use gc_core::containers::{GcDeque, GcMap, GcSet, GcVec};
use gc_core::{Budget, Gc, Generation, Heap, Trace};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

type Id = usize;

/// Which objects were dropped, a bit each.
#[derive(Clone, Default)]
struct Dropped(Arc<AtomicU64>);

struct Tag {
    id: Id,
    dropped: Dropped,
}

impl Drop for Tag {
    fn drop(&mut self) {
        let bit = 1 << self.id;
        let before = self.dropped.0.fetch_or(bit, Relaxed);
        assert_eq!(before & bit, 0, "#{} was dropped twice", self.id);
    }
}

#[derive(Trace)]
struct Pack {
    items: GcVec<Gc<Pack>>,
    queue: GcDeque<Gc<Pack>>,
    map: GcMap<u8, Gc<Pack>>,
    names: GcSet<u8>,
    #[trace(skip)]
    tag: Tag,
}

/// The same in plain Rust.
#[derive(Default)]
struct Mirror {
    items: Vec<Id>,
    queue: VecDeque<Id>,
    map: Vec<(u8, Id)>,
    names: Vec<u8>,
}

impl Mirror {
    fn edges(&self) -> impl Iterator<Item = Id> + '_ {
        let map = self.map.iter().map(|(_, id)| *id);
        self.items.iter().chain(&self.queue).copied().chain(map)
    }
}

/// Objects of one program: bits of [`Dropped`].
const MOST: usize = 64;
/// More elements than a unit traces.
const LONG: usize = 300;

struct Play {
    heap: Heap,
    dropped: Dropped,
    mirrors: Vec<Mirror>,
    held: Vec<(Id, Gc<Pack>)>,
}

/// Plays a program.
pub fn play(program: &[u8]) -> Result<(), String> {
    let (&first, rest) = program.split_first().unwrap_or((&0, &[]));
    let mut heap = if first % 4 == 3 {
        Heap::chaos(u64::from(first))
    } else {
        Heap::new()
    };
    if first % 8 == 1 {
        heap.set_thresholds(gc_core::Thresholds {
            young: 3,
            middle: 2,
            old: 2,
        });
    }
    let mut play = Play {
        heap,
        dropped: Dropped::default(),
        mirrors: Vec::new(),
        held: Vec::new(),
    };
    for (n, op) in rest.as_chunks().0.iter().take(100).enumerate() {
        play.act(*op);
        play.check()
            .map_err(|e| format!("{e}\n  at operation {n}, {op:?}"))?;
    }
    play.finish()
}

impl Play {
    fn act(&mut self, [op, a, b]: [u8; 3]) {
        let (x, y) = (self.pick(a), self.pick(b));
        match (op % 24, x, y) {
            (0..4, ..) => self.alloc(),
            (4 | 5, Some(x), _) => drop(self.held.swap_remove(x)),
            (6..19, Some(x), Some(y)) => self.change(op % 24, x, y, b),
            (19, Some(x), _) => {
                // Out of one object, without a count that changes.
                let (id, gc) = &self.held[x];
                let taken = self.heap[gc].items.pop();
                if let (Some(gc), Some(id)) = (taken, self.mirrors[*id].items.pop()) {
                    self.held.push((id, gc));
                }
            }
            (20 | 21, ..) => _ = self.heap.step(Budget::units(u64::from(a % 9))),
            (22, ..) => {
                self.heap
                    .collect_generation(Generation::ALL[usize::from(a) % 3]);
            }
            (23, ..) => {
                self.heap.reclaim();
                self.heap.trim();
            }
            _ => {}
        }
    }

    fn pick(&self, a: u8) -> Option<usize> {
        (!self.held.is_empty()).then(|| usize::from(a) % self.held.len())
    }

    fn alloc(&mut self) {
        let id = self.mirrors.len();
        if id == MOST {
            return;
        }
        let pack = Pack {
            items: GcVec::new_in(&self.heap),
            queue: GcDeque::new_in(&self.heap),
            map: GcMap::new_in(&self.heap),
            names: GcSet::new_in(&self.heap),
            tag: Tag {
                id,
                dropped: self.dropped.clone(),
            },
        };
        let gc = self.heap.alloc(pack);
        self.mirrors.push(Mirror::default());
        self.held.push((id, gc));
    }

    fn change(&mut self, op: u8, x: usize, y: usize, b: u8) {
        let (xid, yid) = (self.held[x].0, self.held[y].0);
        let gc = self.held[y].1.clone();
        let pack = &mut self.heap[&self.held[x].1];
        let mirror = &mut self.mirrors[xid];
        let place = |len: usize| usize::from(b) % len.max(1);
        match op {
            6 => {
                pack.items.push(gc);
                mirror.items.push(yid);
            }
            7 => {
                pack.queue.push_back(gc);
                mirror.queue.push_back(yid);
            }
            8 => {
                pack.queue.push_front(gc);
                mirror.queue.push_front(yid);
            }
            9 => {
                drop(pack.queue.pop_front());
                mirror.queue.pop_front();
            }
            10 => {
                pack.map.insert(b % 8, gc);
                match mirror.map.iter_mut().find(|(key, _)| *key == b % 8) {
                    Some(entry) => entry.1 = yid,
                    None => mirror.map.push((b % 8, yid)),
                }
            }
            11 => {
                drop(pack.map.remove(&(b % 8)));
                if let Some(at) = mirror.map.iter().position(|(key, _)| *key == b % 8) {
                    mirror.map.swap_remove(at);
                }
            }
            12 => {
                drop(pack.map.shift_remove(&(b % 8)));
                mirror.map.retain(|(key, _)| *key != b % 8);
            }
            13 => {
                let new = pack.names.insert(b);
                assert_eq!(new, !mirror.names.contains(&b));
                if new {
                    mirror.names.push(b);
                }
            }
            14 if !mirror.items.is_empty() => {
                let at = place(mirror.items.len());
                drop(pack.items.remove(at));
                mirror.items.remove(at);
            }
            15 => {
                let at = place(mirror.items.len() + 1);
                let tail = pack.items.split_off(at.min(mirror.items.len()));
                let rest = mirror.items.split_off(at.min(mirror.items.len()));
                // Moved as a whole into another object.
                if x == y || xid == yid {
                    pack.items.extend(tail);
                    mirror.items.extend(rest);
                } else {
                    self.heap[&gc].items.extend(tail);
                    self.mirrors[yid].items.extend(rest);
                }
            }
            16 if mirror.items.len() + LONG < 4 * LONG => {
                pack.items.extend(std::iter::repeat_n(gc, LONG));
                mirror.items.extend(std::iter::repeat_n(yid, LONG));
            }
            17 => {
                pack.items.truncate(usize::from(b));
                mirror.items.truncate(usize::from(b));
                pack.items.shrink_to_fit();
                pack.queue.shrink_to_fit();
                pack.map.shrink_to_fit();
            }
            18 => {
                drop(pack.queue.pop_back());
                mirror.queue.pop_back();
                pack.map.retain(|key, _| key % 2 == b % 2);
                mirror.map.retain(|(key, _)| key % 2 == b % 2);
            }
            _ => {}
        }
    }

    fn is_dropped(&self, id: Id) -> bool {
        self.dropped.0.load(Relaxed) & 1 << id != 0
    }

    fn reachable(&self) -> Vec<bool> {
        let mut seen = vec![false; self.mirrors.len()];
        let mut stack: Vec<Id> = self.held.iter().map(|(id, _)| *id).collect();
        while let Some(id) = stack.pop() {
            if !std::mem::replace(&mut seen[id], true) {
                stack.extend(self.mirrors[id].edges());
            }
        }
        seen
    }

    fn check(&self) -> Result<(), String> {
        self.heap.verify();
        self.heap.verify_trace();
        for (id, reachable) in self.reachable().into_iter().enumerate() {
            if reachable && self.is_dropped(id) {
                return Err(format!("#{id} was dropped while reachable"));
            }
        }
        let heap = &self.heap;
        let id = |gc: &Gc<Pack>| heap[gc].tag.id;
        for (held, gc) in &self.held {
            let (pack, mirror) = (&heap[gc], &self.mirrors[*held]);
            let map = pack.map.iter().map(|(key, gc)| (*key, id(gc)));
            let same = pack.tag.id == *held
                && pack.items.iter().map(id).eq(mirror.items.iter().copied())
                && pack.queue.iter().map(id).eq(mirror.queue.iter().copied())
                && map.eq(mirror.map.iter().copied())
                && pack.names.iter().eq(&mirror.names);
            if !same {
                return Err(format!(
                    "the containers of #{held} differ from those of std"
                ));
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), String> {
        while !self.heap.step(Budget::units(1)).finished {}
        self.heap.collect();
        for (id, reachable) in self.reachable().into_iter().enumerate() {
            if reachable == self.is_dropped(id) {
                return Err(format!("#{id}, reachable: {reachable}, is dropped or not"));
            }
        }
        self.held.clear();
        self.heap.collect();
        self.check()?;
        match self.heap.bytes() {
            0 => Ok(()),
            bytes => Err(format!("{bytes} bytes are left in an empty heap")),
        }
    }
}
