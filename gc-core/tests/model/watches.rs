//! The four watches of incremental collection, each by all interleavings of a small case: every order
//! in which the objects can be made, and every distribution of one job's units between the actions of
//! the game. A job walks its objects in some order, so a case that fails in one order hides in another;
//! and it may examine neighbours in one unit, so each case is tried in several layouts.
//!
//! Long cases are thinned out; `GC_MODEL_EXHAUSTIVE=1` tries everything.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex};

use gc_core::{Budget, Finalize, FinalizerPolicy, Gc, HandleError, Heap, HeapConfig, Trace, Weak};

use super::objects::{Filler, Planned, lock};
use super::program::SLICES;

type Name = char;

/// Types with different `K` live in different pages.
#[derive(Trace)]
struct Node<const K: usize> {
    body: Body,
}

#[derive(Trace)]
struct Body {
    name: Name,
    front: Vec<Gc<Filler>>,
    edges: Vec<Ref>,
    back: Vec<Gc<Filler>>,
    #[trace(skip)]
    dropped: Arc<Mutex<Vec<Name>>>,
}

impl Drop for Body {
    fn drop(&mut self) {
        lock(&self.dropped).push(self.name);
    }
}

#[derive(Trace, Clone, PartialEq)]
enum Ref {
    N0(Gc<Node<0>>),
    N1(Gc<Node<1>>),
    N2(Gc<Node<2>>),
    N3(Gc<Node<3>>),
}

#[derive(Clone, Copy)]
enum WeakRef {
    N0(Weak<Node<0>>),
    N1(Weak<Node<1>>),
    N2(Weak<Node<2>>),
    N3(Weak<Node<3>>),
}

macro_rules! each {
    ($kind:ident, $of:expr, $g:ident => $e:expr) => {
        match $of {
            $kind::N0($g) => $e,
            $kind::N1($g) => $e,
            $kind::N2($g) => $e,
            $kind::N3($g) => $e,
        }
    };
}

impl Ref {
    fn try_get<'h>(&self, heap: &'h Heap) -> Result<&'h Body, HandleError> {
        each!(Ref, self, g => heap.try_get(g).map(|n| &n.body))
    }

    fn get<'h>(&self, heap: &'h Heap) -> &'h Body {
        each!(Ref, self, g => &heap[g].body)
    }

    fn get_mut<'h>(&self, heap: &'h mut Heap) -> &'h mut Body {
        each!(Ref, self, g => &mut heap.get_mut(g).body)
    }

    fn downgrade(&self) -> WeakRef {
        match self {
            Ref::N0(g) => WeakRef::N0(g.downgrade()),
            Ref::N1(g) => WeakRef::N1(g.downgrade()),
            Ref::N2(g) => WeakRef::N2(g.downgrade()),
            Ref::N3(g) => WeakRef::N3(g.downgrade()),
        }
    }
}

impl WeakRef {
    fn upgrade(self, heap: &Heap) -> Option<Ref> {
        match self {
            WeakRef::N0(w) => heap.upgrade(w).map(Ref::N0),
            WeakRef::N1(w) => heap.upgrade(w).map(Ref::N1),
            WeakRef::N2(w) => heap.upgrade(w).map(Ref::N2),
            WeakRef::N3(w) => heap.upgrade(w).map(Ref::N3),
        }
    }

    fn get(self, heap: &Heap) -> Option<&Body> {
        each!(WeakRef, self, w => heap.get_weak(w).map(|n| &n.body))
    }

    fn get_mut(self, heap: &mut Heap) -> Option<&mut Body> {
        each!(WeakRef, self, w => heap.get_weak_mut(w).map(|n| &mut n.body))
    }
}

/// How far a unit of work goes depends on where objects lie, and on how large they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// One page, one beside the other.
    Together,
    /// One page, 16 places and more between them.
    Sparse,
    /// A page for each.
    Apart,
    /// A page for each, and tracing takes two units before or after the edges.
    Front,
    Back,
}

impl Layout {
    const ALL: [Layout; 5] = [
        Layout::Together,
        Layout::Sparse,
        Layout::Apart,
        Layout::Front,
        Layout::Back,
    ];
}

/// Tracing 128 edges is a unit, so this is more than one.
const LARGE: usize = 150;

/// The name of what only takes a place.
const PLACE: Name = '.';

/// A small case: what there is when the job begins.
struct Case {
    objects: &'static str,
    edges: &'static [&'static str],
    /// The game's handles; the others are dropped when all edges are there.
    held: &'static str,
    weak: &'static str,
}

struct Scene {
    heap: Heap,
    layout: Layout,
    filler: Gc<Filler>,
    dropped: Arc<Mutex<Vec<Name>>>,
    hands: BTreeMap<Name, Ref>,
    /// Handles that an action brought up beside the named ones.
    extra: Vec<Ref>,
    weak: BTreeMap<Name, WeakRef>,
    /// Units in a slice.
    slice: u64,
}

impl Scene {
    fn new(case: &Case, order: &[Name], layout: Layout) -> Self {
        let mut scene = Scene::empty(layout);
        scene.build(case, order);
        scene
    }

    fn empty(layout: Layout) -> Self {
        Scene::with_heap(Heap::new(), layout)
    }

    fn with_heap(mut heap: Heap, layout: Layout) -> Self {
        let filler = heap.alloc(Filler(7));
        Scene {
            heap,
            layout,
            filler,
            dropped: Arc::default(),
            hands: BTreeMap::new(),
            extra: Vec::new(),
            weak: BTreeMap::new(),
            slice: 1,
        }
    }

    fn build(&mut self, case: &Case, order: &[Name]) {
        let mut places = Vec::new();
        for &name in order {
            let g = self.node(name, Vec::new());
            self.hands.insert(name, g);
            if self.layout == Layout::Sparse {
                places.extend((0..17).map(|_| self.node(PLACE, Vec::new())));
            }
        }
        drop(places);
        self.heap.reclaim();
        for edge in case.edges {
            let mut ends = edge.chars();
            let (from, to) = (ends.next().unwrap(), ends.next().unwrap());
            let g = self.hands[&to].clone();
            self.hands[&from].get_mut(&mut self.heap).edges.push(g);
        }
        for name in case.weak.chars() {
            self.weak.insert(name, self.hands[&name].downgrade());
        }
        self.hands.retain(|name, _| case.held.contains(*name));
        lock(&self.dropped).clear();
    }

    fn node(&mut self, name: Name, edges: Vec<Ref>) -> Ref {
        let filler = vec![self.filler.clone(); LARGE];
        let (front, back) = match self.layout {
            Layout::Front => (filler, Vec::new()),
            Layout::Back => (Vec::new(), filler),
            _ => (Vec::new(), Vec::new()),
        };
        let body = Body {
            name,
            front,
            edges,
            back,
            dropped: self.dropped.clone(),
        };
        let page = match self.layout {
            Layout::Together | Layout::Sparse => 0,
            _ => self.hands.len() % 4,
        };
        match page {
            0 => Ref::N0(self.heap.alloc(Node { body })),
            1 => Ref::N1(self.heap.alloc(Node { body })),
            2 => Ref::N2(self.heap.alloc(Node { body })),
            _ => Ref::N3(self.heap.alloc(Node { body })),
        }
    }

    fn edges(&mut self, name: Name) -> &mut Vec<Ref> {
        &mut self.hands[&name].get_mut(&mut self.heap).edges
    }

    /// Clones `to` out of `from`, which the game holds.
    fn read(&mut self, from: Name, to: Name) {
        let edges = &self.hands[&from].get(&self.heap).edges;
        let g = edges.iter().find(|g| g.get(&self.heap).name == to);
        self.extra.extend(g.cloned());
    }

    /// Moves the handle of `to` out of `from`.
    fn take(&mut self, from: Name, to: Name) -> Option<Ref> {
        let edges = &self.hands[&from].get(&self.heap).edges;
        let at = edges.iter().position(|g| g.get(&self.heap).name == to)?;
        Some(self.edges(from).remove(at))
    }

    fn put(&mut self, into: Name, g: Option<Ref>) {
        self.edges(into).extend(g);
    }

    fn carry(&mut self, from: Name, to: Name, what: Name) {
        let g = self.take(from, what);
        self.put(to, g);
    }

    fn drop(&mut self, name: Name) {
        self.hands.remove(&name);
    }

    fn upgrade(&mut self, name: Name) -> bool {
        let g = self.weak[&name].upgrade(&self.heap);
        let back = g.is_some();
        self.extra.extend(g);
        back
    }

    fn units(&mut self, n: usize) {
        let mut left = n as u64;
        while left > 0 {
            let slice = left.min(self.slice);
            let used = self.heap.step(Budget::units(slice)).units;
            assert!(used <= slice, "a slice of {slice} units used {used}");
            left -= slice;
        }
    }

    fn job(&mut self) {
        for _ in 0..10_000 {
            if self.heap.step(Budget::units(self.slice)).finished {
                return;
            }
        }
        panic!("the job does not end");
    }

    /// The names that the game can reach; panics when one of them is gone.
    fn reachable(&self) -> String {
        let mut seen: BTreeMap<Name, &Ref> = BTreeMap::new();
        let mut stack: Vec<&Ref> = self.hands.values().chain(&self.extra).collect();
        while let Some(g) = stack.pop() {
            let node = match g.try_get(&self.heap) {
                Ok(node) => node,
                Err(e) => panic!("a reachable object gives {e:?}"),
            };
            assert!(
                !lock(&self.dropped).contains(&node.name),
                "{} is reachable and was dropped",
                node.name
            );
            if seen.insert(node.name, g).is_none() {
                stack.extend(&node.edges);
            }
        }
        seen.into_keys().collect()
    }

    fn alive(&self, all: &str) -> String {
        let dropped = lock(&self.dropped);
        let mut names: Vec<Name> = all.chars().filter(|c| !dropped.contains(c)).collect();
        names.sort_unstable();
        names.into_iter().collect()
    }
}

fn permutations(objects: &str) -> Vec<Vec<Name>> {
    let Some(first) = objects.chars().next() else {
        return vec![Vec::new()];
    };
    let mut all = Vec::new();
    for rest in permutations(&objects[first.len_utf8()..]) {
        for at in 0..=rest.len() {
            let mut order = rest.clone();
            order.insert(at, first);
            all.push(order);
        }
    }
    all
}

/// All ways to spend at most `units` before `actions` actions.
fn distributions(actions: usize, units: usize) -> Vec<Vec<usize>> {
    if actions == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for k in 0..=units {
        for mut rest in distributions(actions - 1, units - k) {
            rest.insert(0, k);
            all.push(rest);
        }
    }
    all
}

type Action = fn(&mut Scene);

/// Tries all interleavings of `actions` with the units of a job. `survivors` is what must be there at
/// the end, or nothing when it depends on the moment.
fn exhaust(case: &Case, actions: &[Action], survivors: Option<&str>) {
    for layout in Layout::ALL {
        let mut orders = permutations(case.objects);
        if matches!(layout, Layout::Front | Layout::Back) {
            // These jobs are long: each object comes first and last once, that is all.
            orders = (0..orders[0].len())
                .map(|n| {
                    let mut order = orders[0].clone();
                    order.rotate_left(n);
                    order
                })
                .collect();
        }
        let mut most = 0;
        for order in &orders {
            let mut plain = Scene::new(case, order, layout);
            let mut units = 0;
            while !plain.heap.step(Budget::units(1)).finished {
                units += 1;
                assert!(units < 10_000, "the job does not end");
            }
            most = most.max(units + 2);
        }
        let ways = distributions(actions.len(), most);
        // Too many for each run of the tests: another part of them for each order.
        let cap = match layout {
            _ if super::env("GC_MODEL_EXHAUSTIVE").is_some() => usize::MAX,
            Layout::Together | Layout::Apart => 4_000,
            _ => 1_200,
        };
        let every = (ways.len() * orders.len()).div_ceil(cap) | 1;
        let mut tried = 0;
        for (nth, order) in orders.iter().enumerate() {
            for way in ways.iter().skip(nth % every).step_by(every) {
                tried += 1;
                // Other sizes in turn, for one case in four.
                let other = (tried % 4 == 0).then(|| SLICES[1 + tried / 4 % (SLICES.len() - 1)]);
                for slice in [1].into_iter().chain(other) {
                    let run = || play(case, actions, survivors, order, layout, way, slice);
                    assert!(
                        catch_unwind(run).is_ok(),
                        "{layout:?}, made in the order {order:?}, units before each action: {way:?}, \
                         in slices of {slice}"
                    );
                }
            }
        }
    }
}

fn play(
    case: &Case,
    actions: &[Action],
    survivors: Option<&str>,
    order: &[Name],
    layout: Layout,
    way: &[usize],
    slice: u64,
) {
    let mut scene = Scene::new(case, order, layout);
    scene.slice = slice;
    go_on(scene, case, actions, survivors, way);
}

fn go_on(
    mut scene: Scene,
    case: &Case,
    actions: &[Action],
    survivors: Option<&str>,
    way: &[usize],
) {
    for (units, action) in way.iter().zip(actions) {
        scene.units(*units);
        action(&mut scene);
        scene.reachable();
    }
    // The job that may be in progress, and a full one.
    scene.job();
    scene.reachable();
    scene.job();
    let reachable = scene.reachable();
    assert_eq!(
        scene.alive(case.objects),
        reachable.replace('n', ""),
        "alive, and reachable"
    );
    if let Some(survivors) = survivors {
        assert_eq!(reachable, survivors, "reachable at the end");
    }
}

// Watch 3, the case of design §4: `c` is examined and has no external reference, the game clones it
// out of `x` and lets `x` go, and `x` is examined afterwards.

const READ_AND_DROP: Case = Case {
    objects: "xcde",
    edges: &["xc", "de", "ed", "dx"],
    held: "x",
    weak: "",
};

#[test]
fn watch_3_child_read_through_a_dropped_parent_survives() {
    exhaust(
        &READ_AND_DROP,
        &[|s| s.read('x', 'c'), |s| s.drop('x')],
        Some("c"),
    );
}

#[test]
fn watch_3_with_the_cycle_dying_in_mid_job() {
    let case = Case {
        held: "xd",
        ..READ_AND_DROP
    };
    exhaust(
        &case,
        &[|s| s.drop('d'), |s| s.read('x', 'c'), |s| s.drop('x')],
        Some("c"),
    );
    exhaust(
        &case,
        &[|s| s.read('x', 'c'), |s| s.drop('d'), |s| s.drop('x')],
        Some("c"),
    );
    exhaust(
        &case,
        &[|s| s.read('x', 'c'), |s| s.drop('x'), |s| s.drop('d')],
        Some("c"),
    );
}

#[test]
fn watch_3_through_four_actions() {
    exhaust(
        &Case {
            objects: "xcd",
            edges: &["xc", "dd", "dx"],
            held: "x",
            weak: "",
        },
        &[
            |s| s.read('x', 'c'),
            |s| s.drop('x'),
            // The handle changes hands once more: the count is back where it was.
            |s| {
                let g = s.extra[0].clone();
                s.extra.push(g);
            },
            |s| drop(s.extra.remove(0)),
        ],
        Some("c"),
    );
}

#[test]
fn watch_3_drop_on_another_thread() {
    exhaust(
        &READ_AND_DROP,
        &[
            |s| s.read('x', 'c'),
            |s| {
                let x = s.hands.remove(&'x').expect("held");
                std::thread::scope(|t| t.spawn(move || drop(x)).join().expect("no panic"));
            },
        ],
        Some("c"),
    );
}

#[test]
fn watch_3_along_a_path() {
    exhaust(
        &Case {
            objects: "xycd",
            edges: &["xy", "yc", "dd", "dx", "dy"],
            held: "x",
            weak: "",
        },
        &[
            |s| s.read('x', 'y'),
            |s| {
                s.drop('x');
                let y = s.extra[0].clone();
                s.hands.insert('y', y);
                s.extra.clear();
                s.read('y', 'c');
            },
            |s| s.drop('y'),
        ],
        Some("c"),
    );
}

// Watch 1: a handle moves from object to object, and no count changes.

const TWO_SHELVES: Case = Case {
    objects: "abc",
    edges: &["ac"],
    held: "ab",
    weak: "",
};

#[test]
fn watch_1_handle_moved_between_objects() {
    exhaust(&TWO_SHELVES, &[|s| s.carry('a', 'b', 'c')], Some("abc"));
    exhaust(
        &TWO_SHELVES,
        &[|s| s.carry('a', 'b', 'c'), |s| s.drop('a')],
        Some("bc"),
    );
}

#[test]
fn watch_1_handle_moved_there_and_back() {
    exhaust(
        &TWO_SHELVES,
        &[
            |s| s.carry('a', 'b', 'c'),
            |s| s.carry('b', 'a', 'c'),
            |s| s.drop('b'),
        ],
        Some("ac"),
    );
}

#[test]
fn watch_1_handle_moved_into_the_hand() {
    exhaust(
        &TWO_SHELVES,
        &[
            |s| {
                let g = s.take('a', 'c');
                s.extra.extend(g);
            },
            |s| s.drop('a'),
        ],
        Some("bc"),
    );
}

#[test]
fn watch_1_handle_moved_through_the_hand() {
    exhaust(
        &TWO_SHELVES,
        &[
            |s| {
                let g = s.take('a', 'c');
                s.extra.extend(g);
            },
            |s| {
                let g = s.extra.pop();
                s.put('b', g);
            },
            |s| s.drop('a'),
        ],
        Some("bc"),
    );
}

#[test]
fn watch_1_handle_moved_into_a_new_object() {
    exhaust(
        &TWO_SHELVES,
        &[
            |s| {
                let g = s.take('a', 'c').expect("there");
                let n = s.node('n', vec![g]);
                s.hands.insert('n', n);
            },
            |s| s.drop('a'),
        ],
        Some("bcn"),
    );
}

#[test]
fn watch_1_handle_moved_out_of_a_new_object() {
    exhaust(
        &TWO_SHELVES,
        &[
            |s| {
                let g = s.take('a', 'c').expect("there");
                let n = s.node('n', vec![g]);
                s.hands.insert('n', n);
            },
            |s| s.carry('n', 'b', 'c'),
            |s| s.drop('n'),
        ],
        Some("abc"),
    );
}

#[test]
fn watch_1_edges_swapped() {
    exhaust(
        &Case {
            objects: "abcd",
            edges: &["ac", "bd", "cd"],
            held: "ab",
            weak: "",
        },
        &[
            |s| {
                if let (Ref::N0(a), Ref::N0(b)) = (&s.hands[&'a'], &s.hands[&'b']) {
                    let [a, b] = s.heap.get_disjoint_mut([a, b]);
                    std::mem::swap(&mut a.body.edges, &mut b.body.edges);
                    return;
                }
                let edges = std::mem::take(s.edges('a'));
                let edges = std::mem::replace(s.edges('b'), edges);
                *s.edges('a') = edges;
            },
            |s| s.drop('a'),
        ],
        Some("bcd"),
    );
}

#[test]
fn watch_1_handle_replaced() {
    exhaust(
        &Case {
            objects: "abcd",
            edges: &["ac", "bd"],
            held: "ab",
            weak: "",
        },
        &[
            |s| {
                let c = s.take('a', 'c').expect("there");
                let d = std::mem::replace(&mut s.edges('b')[0], c);
                s.extra.push(d);
            },
            |s| {
                let d = s.extra.pop();
                s.put('a', d);
            },
        ],
        Some("abcd"),
    );
}

#[test]
fn watch_1_subtree_moved() {
    exhaust(
        &Case {
            objects: "abcd",
            edges: &["ac", "cd", "dc"],
            held: "ab",
            weak: "",
        },
        &[|s| s.carry('a', 'b', 'c'), |s| s.drop('a')],
        Some("bcd"),
    );
}

#[test]
fn watch_1_write_through_a_weak_handle() {
    exhaust(
        &Case {
            objects: "abc",
            edges: &["ac", "ba"],
            held: "b",
            weak: "a",
        },
        &[
            |s| {
                let weak = s.weak[&'a'];
                let g = weak.get_mut(&mut s.heap).expect("reachable").edges.pop();
                s.put('b', g);
            },
            |s| drop(s.take('b', 'a')),
        ],
        Some("bc"),
    );
}

// Watch 2: reference counting frees an object in mid-job.

#[test]
fn watch_2_death_of_a_counted_parent() {
    let case = Case {
        objects: "xcd",
        edges: &["xc", "cd"],
        held: "xc",
        weak: "",
    };
    exhaust(&case, &[|s| s.drop('x')], Some("cd"));
    exhaust(
        &case,
        &[
            |s| s.drop('x'),
            |s| {
                s.heap.reclaim();
            },
        ],
        Some("cd"),
    );
}

#[test]
fn watch_2_death_at_an_allocation() {
    exhaust(
        &Case {
            objects: "xcd",
            edges: &["xc", "cd"],
            held: "xc",
            weak: "",
        },
        &[
            |s| s.drop('x'),
            |s| {
                let n = s.node('n', Vec::new());
                s.hands.insert('n', n);
            },
        ],
        Some("cdn"),
    );
}

#[test]
fn watch_2_death_of_an_unscanned_parent_after_a_read() {
    exhaust(
        &Case {
            objects: "xcd",
            edges: &["xc", "cd", "dc"],
            held: "x",
            weak: "",
        },
        &[
            |s| s.read('x', 'c'),
            |s| s.drop('x'),
            |s| {
                s.heap.reclaim();
            },
        ],
        Some("cd"),
    );
}

#[test]
fn watch_2_death_of_a_chain() {
    exhaust(
        &Case {
            objects: "xyc",
            edges: &["xy", "yc"],
            held: "xc",
            weak: "",
        },
        &[
            |s| s.drop('x'),
            |s| {
                s.heap.reclaim();
            },
        ],
        Some("c"),
    );
    exhaust(
        &Case {
            objects: "xycd",
            edges: &["xy", "yc", "cd", "dc"],
            held: "xy",
            weak: "",
        },
        &[
            |s| s.read('y', 'c'),
            |s| s.drop('y'),
            |s| s.drop('x'),
            |s| {
                s.heap.reclaim();
            },
        ],
        Some("cd"),
    );
}

#[test]
fn watch_2_child_moved_out_before_the_death() {
    exhaust(
        &Case {
            objects: "xbc",
            edges: &["xc", "xb"],
            held: "xb",
            weak: "",
        },
        &[
            |s| s.carry('x', 'b', 'c'),
            |s| s.drop('x'),
            |s| {
                s.heap.reclaim();
            },
        ],
        Some("bc"),
    );
}

// Watch 4: the game comes back to an object without a strong handle.

const DEAD_RING: Case = Case {
    objects: "cde",
    edges: &["cd", "de", "ec"],
    held: "",
    weak: "cd",
};

#[test]
fn watch_4_upgrade_of_a_dead_ring() {
    exhaust(
        &DEAD_RING,
        &[|s| {
            s.upgrade('c');
        }],
        None,
    );
    // In one slice nothing is condemned yet: bringing back must work.
    let mut scene = Scene::new(&DEAD_RING, &['c', 'd', 'e'], Layout::Together);
    assert!(scene.upgrade('c'));
    scene.job();
    scene.job();
    assert_eq!(scene.reachable(), "cde");
}

#[test]
fn watch_4_upgrade_let_go_and_upgrade_again() {
    exhaust(
        &DEAD_RING,
        &[
            |s| {
                s.upgrade('c');
            },
            |s| s.extra.clear(),
            |s| {
                s.upgrade('d');
            },
        ],
        None,
    );
}

#[test]
fn watch_4_child_cloned_through_a_weak_handle() {
    exhaust(
        &DEAD_RING,
        &[
            |s| {
                let g = s.weak[&'c'].get(&s.heap).map(|n| n.edges[0].clone());
                s.extra.extend(g);
            },
            |s| {
                // What was read is `d`; the ring is opened behind it.
                if let Some(d) = s.extra.first() {
                    let e = d.get_mut(&mut s.heap).edges.pop();
                    s.extra.extend(e);
                    s.extra.remove(0);
                }
            },
        ],
        None,
    );
}

#[test]
fn watch_4_child_taken_through_a_weak_handle() {
    exhaust(
        &DEAD_RING,
        &[|s| {
            let weak = s.weak[&'c'];
            let g = weak.get_mut(&mut s.heap).and_then(|n| n.edges.pop());
            s.extra.extend(g);
        }],
        None,
    );
}

#[test]
fn watch_4_child_cloned_through_iter() {
    for nth in 0..3 {
        let action: Action = match nth {
            0 => |s| iter_clone(s, 0),
            1 => |s| iter_clone(s, 1),
            _ => |s| iter_clone(s, 2),
        };
        exhaust(&DEAD_RING, &[action, |s| s.units(1), action], None);
    }
}

fn iter_clone(s: &mut Scene, nth: usize) {
    fn bodies<const K: usize>(heap: &Heap) -> impl Iterator<Item = &Body> {
        heap.iter::<Node<K>>().map(|n| &n.body)
    }
    let mut all = bodies::<0>(&s.heap)
        .chain(bodies::<1>(&s.heap))
        .chain(bodies::<2>(&s.heap))
        .chain(bodies::<3>(&s.heap));
    let g = all.nth(nth).map(|n| n.edges[0].clone());
    drop(all);
    s.extra.extend(g);
}

#[test]
fn watch_4_upgrade_and_cut_the_strong_path() {
    exhaust(
        &Case {
            objects: "xcd",
            edges: &["xc", "cd", "dc"],
            held: "x",
            weak: "c",
        },
        &[
            |s| assert!(s.upgrade('c'), "reachable all the time"),
            |s| drop(s.take('x', 'c')),
            |s| s.drop('x'),
        ],
        Some("cd"),
    );
}

#[test]
fn weak_handles_never_come_back_from_the_dead() {
    exhaust(
        &DEAD_RING,
        &[
            |s| {
                if !s.upgrade('c') {
                    s.weak.remove(&'c');
                }
            },
            |s| {
                // Both weak handles belong to one ring: it is condemned as a whole or not at all.
                if !s.weak.contains_key(&'c') {
                    assert!(!s.upgrade('d'), "a weak handle came back");
                }
            },
        ],
        None,
    );
}

// A fifth way back, by a finalizer that reference counting runs in mid-job: like an upgrade, it brings
// back an object that may have been examined without an external reference.

#[derive(Trace)]
#[trace(finalize)]
struct Saver {
    child: Option<Ref>,
    me: Option<Gc<Saver>>,
    whole: bool,
    panics: bool,
    #[trace(skip)]
    saved: Arc<Mutex<Saved>>,
}

#[derive(Default)]
struct Saved {
    savers: Vec<Gc<Saver>>,
    children: Vec<Ref>,
}

impl Finalize for Saver {
    fn finalize(this: &Gc<Self>, heap: &mut Heap) {
        let me = &heap[this];
        let mut saved = lock(&me.saved);
        if me.whole {
            saved.savers.push(this.clone());
        } else {
            saved.children.extend(me.child.clone());
        }
        if me.panics {
            resume_unwind(Box::new(Planned));
        }
    }
}

fn finalizer_in_mid_job(whole: bool) {
    for saver_first in [true, false] {
        for way in distributions(3, 24) {
            let saved = Arc::new(Mutex::new(Saved::default()));
            let outcome = catch_unwind(|| {
                let mut heap = Heap::new();
                let dropped = Arc::new(Mutex::new(Vec::new()));
                let node = |name| Node {
                    body: Body {
                        name,
                        front: Vec::new(),
                        edges: Vec::new(),
                        back: Vec::new(),
                        dropped: dropped.clone(),
                    },
                };
                let saver = |child| Saver {
                    child,
                    me: None,
                    whole,
                    panics: false,
                    saved: saved.clone(),
                };
                let (c, d, x);
                if saver_first {
                    x = heap.alloc(saver(None));
                    d = heap.alloc(node('d'));
                    c = heap.alloc(node('c'));
                    heap[&x].child = Some(Ref::N0(c.clone()));
                } else {
                    c = heap.alloc(node('c'));
                    d = heap.alloc(node('d'));
                    x = heap.alloc(saver(Some(Ref::N0(c.clone()))));
                }
                heap[&c].body.edges.push(Ref::N0(d.clone()));
                heap[&d].body.edges.push(Ref::N0(c.clone()));
                drop((c, d));
                let units = |heap: &mut Heap, n: usize| {
                    for _ in 0..n {
                        heap.step(Budget::units(1));
                    }
                };
                units(&mut heap, way[0]);
                drop(x);
                units(&mut heap, way[1]);
                heap.reclaim();
                units(&mut heap, way[2]);
                for _ in 0..2 {
                    for _ in 0..10_000 {
                        if heap.step(Budget::units(1)).finished {
                            break;
                        }
                    }
                }
                assert_eq!(
                    *lock(&dropped),
                    [],
                    "dropped while the finalizer's handle reaches it"
                );
                let saved = lock(&saved);
                let mut children: Vec<&Ref> = saved.children.iter().collect();
                children.extend(saved.savers.iter().filter_map(|s| heap[s].child.as_ref()));
                assert_eq!(children.len(), 1, "one finalizer call");
                let child = children[0].get(&heap);
                assert_eq!((child.name, child.edges[0].get(&heap).name), ('c', 'd'));
            });
            assert!(
                outcome.is_ok(),
                "saver first: {saver_first}, units before the drop, before reclaim and after: {way:?}"
            );
        }
    }
}

#[test]
fn watch_4_upgrade_while_others_are_quarantined() {
    for layout in Layout::ALL {
        for order in permutations(DEAD_RING.objects) {
            for way in distributions(2, 40) {
                let outcome = catch_unwind(|| {
                    let heap = Heap::with_config(HeapConfig {
                        finalizers: FinalizerPolicy::Quarantine,
                        ..HeapConfig::default()
                    });
                    let mut scene = Scene::with_heap(heap, layout);
                    // Kept for its finalizer, so that there is a quarantine to come between.
                    let kept = scene.heap.alloc(Saver {
                        child: None,
                        me: None,
                        whole: true,
                        panics: false,
                        saved: Arc::default(),
                    });
                    scene.heap[&kept].me = Some(kept.clone());
                    drop(kept);
                    scene.build(&DEAD_RING, &order);
                    scene.units(way[0]);
                    scene.upgrade('c');
                    scene.units(way[1]);
                    scene.job();
                    scene.job();
                    assert_eq!(scene.alive(DEAD_RING.objects), scene.reachable());
                    assert_eq!(scene.heap.garbage().len(), 1);
                });
                assert!(
                    outcome.is_ok(),
                    "{layout:?}, made in the order {order:?}, units before and after: {way:?}"
                );
            }
        }
    }
}

#[test]
fn finalizer_in_mid_job_saves_its_child() {
    finalizer_in_mid_job(false);
}

#[test]
fn finalizer_in_mid_job_saves_itself() {
    finalizer_in_mid_job(true);
}

// Once more all four, among the condemned: a finalizer has saved `x`, and while the job examines the batch again
// the game works with it.

fn exhaust_saved(case: &Case, actions: &[Action], survivors: Option<&str>) {
    let begin = |order: &[Name], layout, saver_first: bool, panics: bool| {
        let saved = Arc::new(Mutex::new(Saved::default()));
        let saver = |scene: &mut Scene, child| {
            let g = scene.heap.alloc(Saver {
                child,
                me: None,
                whole: false,
                panics,
                saved: saved.clone(),
            });
            scene.heap[&g].me = Some(g.clone());
            g
        };
        // Everything is held until the saver refers to `x`.
        let all = Case {
            held: case.objects,
            ..*case
        };
        let mut scene = Scene::empty(layout);
        let first = saver_first.then(|| saver(&mut scene, None));
        scene.build(&all, order);
        let x = scene.hands[&'x'].clone();
        match first {
            Some(g) => scene.heap[&g].child = Some(x),
            None => drop(saver(&mut scene, Some(x))),
        }
        scene.hands.retain(|name, _| case.held.contains(*name));
        (scene, saved)
    };
    // Up to the moment at which the finalizer has run. If it panics, a collection in one go stops there, and what
    // is left of it goes on in slices.
    let save = |scene: &mut Scene, saved: &Mutex<Saved>, panics: bool| {
        if panics {
            let collection = catch_unwind(AssertUnwindSafe(|| scene.heap.collect()));
            drop(collection);
        }
        for _ in 0..10_000 {
            if let Some(x) = lock(saved).children.pop() {
                scene.hands.insert('x', x);
                return;
            }
            scene.heap.step(Budget::units(1));
        }
        panic!("the finalizer does not run");
    };
    for layout in [Layout::Together, Layout::Apart, Layout::Back] {
        for (saver_first, panics) in [(false, false), (true, false), (false, true), (true, true)] {
            let orders = permutations(case.objects);
            let (mut scene, saved) = begin(&orders[0], layout, saver_first, panics);
            save(&mut scene, &saved, panics);
            let mut most = 2;
            while !scene.heap.step(Budget::units(1)).finished {
                most += 1;
                assert!(most < 10_000, "the job does not end");
            }
            let ways = distributions(actions.len(), most);
            let cap = if super::env("GC_MODEL_EXHAUSTIVE").is_some() {
                usize::MAX
            } else {
                800
            };
            let every = (ways.len() * orders.len()).div_ceil(cap) | 1;
            for (nth, order) in orders.iter().enumerate() {
                for way in ways.iter().skip(nth % every).step_by(every) {
                    let run = || {
                        let (mut scene, saved) = begin(order, layout, saver_first, panics);
                        save(&mut scene, &saved, panics);
                        go_on(scene, case, actions, survivors, way);
                    };
                    assert!(
                        catch_unwind(run).is_ok(),
                        "{layout:?}, saver first: {saver_first}, it panics: {panics}, made in the order {order:?}, \
                         units before each action: {way:?}"
                    );
                }
            }
        }
    }
}

const SAVED: Case = Case {
    objects: "xcb",
    edges: &["xc"],
    held: "b",
    weak: "",
};

#[test]
fn saved_watch_1_handle_moved_out() {
    exhaust_saved(&SAVED, &[|s| s.carry('x', 'b', 'c')], Some("bcx"));
    exhaust_saved(
        &SAVED,
        &[|s| s.carry('x', 'b', 'c'), |s| s.drop('x')],
        Some("bc"),
    );
    exhaust_saved(
        &SAVED,
        &[
            |s| {
                let g = s.take('x', 'c');
                s.extra.extend(g);
            },
            |s| s.drop('x'),
        ],
        Some("bc"),
    );
}

#[test]
fn saved_watch_2_death_of_the_saved() {
    exhaust_saved(
        &SAVED,
        &[
            |s| s.read('x', 'c'),
            |s| s.drop('x'),
            |s| {
                s.heap.reclaim();
            },
        ],
        Some("bc"),
    );
}

#[test]
fn saved_watch_3_child_read_and_parent_dropped() {
    exhaust_saved(
        &Case {
            objects: "xcbd",
            edges: &["xc", "dd", "dx"],
            held: "b",
            weak: "",
        },
        &[|s| s.read('x', 'c'), |s| s.drop('x')],
        Some("bc"),
    );
}

#[test]
fn saved_watch_4_new_weak_handle_brings_it_back() {
    exhaust_saved(
        &Case {
            objects: "xcbd",
            edges: &["xc", "cd", "dx"],
            held: "b",
            weak: "",
        },
        &[
            |s| {
                let weak = s.hands[&'x'].downgrade();
                s.weak.insert('x', weak);
            },
            |s| s.drop('x'),
            |s| {
                s.upgrade('x');
            },
        ],
        None,
    );
}
