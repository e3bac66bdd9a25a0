//! Games in small.

use super::Effort;
use crate::{
    graph::{Node, Root, knotted_nodes, random_nodes},
    pauses::frames::thousands,
    random::Random,
    rings::{PER_FRAME, RING, ring},
};
use gc_core::{Gc, Heap, Trace, containers::GcVec};
use std::{collections::VecDeque, fmt, mem};

/// What lives beside a game that does not bring its own.
const LIVE: usize = 100_000;

/// A game.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Bullets that die by count.
    Bullets,
    /// Rings left behind, each of which refers to a live object.
    Rings,
    /// A dead old graph of 1,000,000.
    Unload,
    /// A world that grows.
    Growth,
    /// An object that everything refers to.
    Hub,
    /// Long chains, some of which are closed to rings.
    Chains,
    /// Containers with many entries that refer back to them.
    Containers,
    /// Rings of `cycle` objects with `payload` bytes each, beside `live` objects.
    Grid {
        cycle: usize,
        payload: usize,
        live: usize,
    },
}

impl Kind {
    pub const GAMES: [Kind; 7] = [
        Kind::Bullets,
        Kind::Rings,
        Kind::Unload,
        Kind::Growth,
        Kind::Hub,
        Kind::Chains,
        Kind::Containers,
    ];

    /// Cycle size × payload × live size.
    pub fn grid() -> impl Iterator<Item = Kind> {
        [10_000, 100_000, 1_000_000].into_iter().flat_map(|live| {
            [16, 1_024].into_iter().flat_map(move |payload| {
                [2, 10, 100].map(|cycle| Kind::Grid {
                    cycle,
                    payload,
                    live,
                })
            })
        })
    }

    /// What a frame does.
    pub fn about(self) -> &'static str {
        match self {
            Kind::Bullets => {
                "500 bullets a frame with a handle of their ship; each dies by reference count after 10 to 59 frames. \
                 The ship lists them: nothing is left behind. 100,000 live objects beside them."
            }
            Kind::Rings => {
                "2,000 objects a frame in rings of 10, all left behind; one of each ring refers to one of 100,000 live \
                 objects."
            }
            Kind::Unload => {
                "A level of 1,000,000 objects, held by one root, loses its last handle after a tenth of the frames. \
                 Every object of it is in cycles. The game goes on and leaves 200 objects a frame behind in rings. The \
                 root's list is a `Vec` of 1,000,000 handles: dropping it is one unit of work, in the next allocation (a \
                 `GcVec` would go in pieces)."
            }
            Kind::Growth => {
                "1,000 objects a frame come to stay, each referring to three older ones, and 1,000 in rings of 10 are \
                 left behind."
            }
            Kind::Hub => {
                "2,000 objects a frame in rings of 10, all left behind; every one refers to one hub, which refers to the \
                 newest. 100,000 live objects refer to it too."
            }
            Kind::Chains => {
                "A chain of 2,000 a frame that dies by count; each 60 frames one of 100,000 does, built over 50 frames, \
                 and the next time it is closed to a ring and left behind."
            }
            Kind::Containers => {
                "2,000 entries a frame go into a container, and each refers back to it; with 100,000 entries it is left \
                 behind and the next one begins. Its list is a `GcVec`: traced and dropped in pieces."
            }
            Kind::Grid { .. } => "1,000 objects a frame, all left behind.",
        }
    }

    pub fn build(self, heap: &mut Heap, effort: Effort) -> Box<dyn Workload> {
        let live = LIVE / effort.divide;
        match self {
            Kind::Bullets => Box::new(Bullets::new(heap, live)),
            Kind::Rings => Box::new(Rings::new(heap, live)),
            Kind::Unload => {
                let level = 10 * live;
                Box::new(Unload::new(heap, level, effort.frames / 10))
            }
            Kind::Growth => Box::new(Growth::new(heap, effort.frames)),
            Kind::Hub => Box::new(Hub::new(heap, live)),
            Kind::Chains => Box::new(Chains::default()),
            Kind::Containers => Box::new(Containers::new(heap, live)),
            Kind::Grid {
                cycle,
                payload,
                live,
            } => Box::new(Grid::new(heap, cycle, payload, live / effort.divide)),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Bullets => f.write_str("bullets that die by count"),
            Kind::Rings => f.write_str("rings left behind"),
            Kind::Unload => f.write_str("a level is unloaded"),
            Kind::Growth => f.write_str("a growing world"),
            Kind::Hub => f.write_str("a hub that everything refers to"),
            Kind::Chains => f.write_str("long chains"),
            Kind::Containers => f.write_str("big containers"),
            Kind::Grid {
                cycle,
                payload,
                live,
            } => write!(
                f,
                "rings of {cycle}, {} bytes each, {} live",
                thousands(*payload),
                thousands(*live)
            ),
        }
    }
}

/// A game in progress.
pub trait Workload {
    fn frame(&mut self, heap: &mut Heap, number: usize);
    /// Objects that the game can still reach.
    fn live(&self) -> usize;
}

#[derive(Trace)]
struct Ship {
    bullets: VecDeque<Gc<Bullet>>,
}

#[derive(Trace)]
struct Bullet {
    owner: Gc<Ship>,
    x: u64,
    last_frame: usize,
}

struct Bullets {
    level: Vec<Gc<Node>>,
    ship: Gc<Ship>,
    flying: usize,
}

impl Bullets {
    fn new(heap: &mut Heap, live: usize) -> Self {
        Bullets {
            level: random_nodes(heap, live),
            ship: heap.alloc(Ship {
                bullets: VecDeque::new(),
            }),
            flying: 0,
        }
    }
}

impl Workload for Bullets {
    fn frame(&mut self, heap: &mut Heap, number: usize) {
        for shot in 0..500 {
            let bullet = heap.alloc(Bullet {
                owner: self.ship.clone(),
                x: shot,
                last_frame: number + 10 + shot as usize % 50,
            });
            heap.get_mut(&self.ship).bullets.push_back(bullet);
        }
        let mut bullets = mem::take(&mut heap.get_mut(&self.ship).bullets);
        bullets.retain(|bullet| {
            let bullet = heap.get_mut(bullet);
            bullet.x += 3;
            bullet.last_frame > number
        });
        debug_assert!(
            bullets
                .iter()
                .all(|it| Gc::ptr_eq(&heap.get(it).owner, &self.ship))
        );
        self.flying = bullets.len();
        heap.get_mut(&self.ship).bullets = bullets;
    }

    fn live(&self) -> usize {
        self.level.len() + 1 + self.flying
    }
}

struct Rings {
    level: Vec<Gc<Node>>,
    random: Random,
}

impl Rings {
    fn new(heap: &mut Heap, live: usize) -> Self {
        Rings {
            level: random_nodes(heap, live),
            random: Random::new(1),
        }
    }
}

impl Workload for Rings {
    fn frame(&mut self, heap: &mut Heap, _: usize) {
        for _ in 0..PER_FRAME / RING {
            let owner = self.level[self.random.below(self.level.len())].clone();
            let ring = ring(heap);
            heap.get_mut(&ring).edges[1] = Some(owner);
        }
    }

    fn live(&self) -> usize {
        self.level.len()
    }
}

struct Unload {
    level: Option<Gc<Root>>,
    objects: usize,
    at: usize,
}

impl Unload {
    fn new(heap: &mut Heap, objects: usize, at: usize) -> Self {
        let nodes = knotted_nodes(heap, objects);
        Unload {
            level: Some(heap.alloc(Root { nodes })),
            objects: objects + 1,
            at,
        }
    }
}

impl Workload for Unload {
    fn frame(&mut self, heap: &mut Heap, number: usize) {
        if number == self.at {
            self.level = None;
            self.objects = 0;
        }
        for _ in 0..20 {
            drop(ring(heap));
        }
    }

    fn live(&self) -> usize {
        self.objects
    }
}

struct Growth {
    world: Vec<Gc<Node>>,
    random: Random,
}

impl Growth {
    fn new(heap: &mut Heap, frames: usize) -> Self {
        // The game's own list does not grow in a frame: that would be a spike of its own.
        let mut world = Vec::with_capacity(1 + 1_000 * frames);
        world.push(heap.alloc(Node::default()));
        Growth {
            world,
            random: Random::new(1),
        }
    }
}

impl Workload for Growth {
    fn frame(&mut self, heap: &mut Heap, _: usize) {
        for payload in 0..1_000 {
            let mut older = || Some(self.world[self.random.below(self.world.len())].clone());
            let edges = [older(), older(), older()];
            self.world.push(heap.alloc(Node { edges, payload }));
        }
        for _ in 0..100 {
            drop(ring(heap));
        }
    }

    fn live(&self) -> usize {
        self.world.len()
    }
}

struct Hub {
    hub: Gc<Node>,
    level: Vec<Gc<Node>>,
}

impl Hub {
    fn new(heap: &mut Heap, live: usize) -> Self {
        let hub = heap.alloc(Node::default());
        let level = random_nodes(heap, live);
        for node in &level {
            heap.get_mut(node).edges[2] = Some(hub.clone());
        }
        Hub { hub, level }
    }

    /// A ring whose objects all refer to the hub.
    fn ring(&self, heap: &mut Heap) -> Gc<Node> {
        let object = |edge| Node {
            edges: [edge, Some(self.hub.clone()), None],
            payload: 0,
        };
        let first = heap.alloc(object(None));
        let mut last = first.clone();
        for _ in 1..RING {
            last = heap.alloc(object(Some(last)));
        }
        heap.get_mut(&first).edges[0] = Some(last);
        first
    }
}

impl Workload for Hub {
    fn frame(&mut self, heap: &mut Heap, _: usize) {
        let mut newest = None;
        for _ in 0..PER_FRAME / RING {
            newest = Some(self.ring(heap));
        }
        heap.get_mut(&self.hub).edges[0] = newest;
    }

    fn live(&self) -> usize {
        // The hub's newest ring is.
        self.level.len() + 1 + RING
    }
}

#[derive(Default)]
struct Chains {
    first: Option<Gc<Node>>,
    last: Option<Gc<Node>>,
    length: usize,
}

impl Workload for Chains {
    fn frame(&mut self, heap: &mut Heap, number: usize) {
        let mut short: Option<Gc<Node>> = None;
        for payload in 0..2_000 {
            let edges = [short.take(), None, None];
            short = Some(heap.alloc(Node { edges, payload }));
        }
        drop(short);
        match number % 60 {
            0..50 => {
                for payload in 0..2_000 {
                    let edges = [self.last.take(), None, None];
                    let node = heap.alloc(Node { edges, payload });
                    self.first.get_or_insert_with(|| node.clone());
                    self.last = Some(node);
                }
                self.length += 2_000;
            }
            50 => {
                let (first, last) = (self.first.take(), self.last.take());
                if number / 60 % 2 == 1
                    && let Some(first) = first
                {
                    heap.get_mut(&first).edges[0] = last;
                }
                self.length = 0;
            }
            _ => {}
        }
    }

    fn live(&self) -> usize {
        self.length
    }
}

#[derive(Trace)]
struct Bag {
    entries: GcVec<Gc<Entry>>,
}

#[derive(Trace)]
struct Entry {
    bag: Gc<Bag>,
    value: u64,
}

struct Containers {
    bag: Gc<Bag>,
    entries: usize,
    full: usize,
}

impl Containers {
    fn new(heap: &mut Heap, full: usize) -> Self {
        Containers {
            bag: Self::bag(heap),
            entries: 0,
            full,
        }
    }

    fn bag(heap: &mut Heap) -> Gc<Bag> {
        let entries = GcVec::new_in(&*heap);
        heap.alloc(Bag { entries })
    }
}

impl Workload for Containers {
    fn frame(&mut self, heap: &mut Heap, _: usize) {
        if self.entries >= self.full {
            let bag = heap.get(&self.bag);
            let own = |it: &Gc<Entry>| {
                heap.get(it).value < 2_000 && Gc::ptr_eq(&heap.get(it).bag, &self.bag)
            };
            debug_assert!(bag.entries.iter().all(own));
            self.bag = Self::bag(heap);
            self.entries = 0;
        }
        for value in 0..2_000 {
            let entry = heap.alloc(Entry {
                bag: self.bag.clone(),
                value,
            });
            heap.get_mut(&self.bag).entries.push(entry);
        }
        self.entries += 2_000;
    }

    fn live(&self) -> usize {
        1 + self.entries
    }
}

#[derive(Trace)]
struct Loaded {
    next: Option<Gc<Loaded>>,
    body: Box<[u8]>,
}

struct Grid {
    level: Vec<Gc<Node>>,
    cycle: usize,
    payload: usize,
}

impl Grid {
    fn new(heap: &mut Heap, cycle: usize, payload: usize, live: usize) -> Self {
        Grid {
            level: random_nodes(heap, live),
            cycle,
            payload,
        }
    }

    fn object(&self, heap: &mut Heap, next: Option<Gc<Loaded>>) -> Gc<Loaded> {
        let object = heap.alloc(Loaded {
            next,
            body: vec![0; self.payload].into(),
        });
        let bytes = heap.get(&object).body.len();
        heap.set_external_bytes(&object, bytes);
        object
    }
}

impl Workload for Grid {
    fn frame(&mut self, heap: &mut Heap, _: usize) {
        for _ in 0..1_000 / self.cycle {
            let first = self.object(heap, None);
            let mut last = first.clone();
            for _ in 1..self.cycle {
                last = self.object(heap, Some(last));
            }
            heap.get_mut(&first).next = Some(last);
        }
    }

    fn live(&self) -> usize {
        self.level.len()
    }
}
