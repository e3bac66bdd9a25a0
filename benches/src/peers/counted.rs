//! The work of those that have counted handles: everything but gc-arena, slotmap and bumpalo.

use super::work::{self, Figures, Sizes, Work, each_handle, random_edges};
use crate::{
    random::Random,
    rings::{PER_FRAME, RING},
};
// The process is left without taking a whole level apart: some would need a deep stack for it, or minutes.
use std::{hint::black_box, mem::forget};

/// The body of a bullet. With the handle of its owner, 64 bytes.
pub type Body = [u64; 7];

/// When a collector works.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// As it comes out of the box.
    Default,
    /// Only when it is asked to, if that can be set.
    Asked,
    /// As its documentation advises for a loop of frames.
    Frames,
}

/// A collector, or a counter, with handles that are cloned and dropped.
pub trait Counted {
    /// A handle of an object with three edges and a payload of 8 bytes. The edges can be written to.
    type Node: Clone;
    /// A handle of an object that holds many others.
    type Root: Clone;
    /// A handle of an object with some value that can refer to a bullet, so that a bullet can be in a cycle.
    type Owner: Clone;
    /// A handle of an object with a [`Body`] and a handle of its owner.
    type Bullet;
    /// A handle of an object of 16 bytes: a value and an edge.
    type Small;

    fn new(when: When) -> Self;

    fn node(&mut self, payload: u64, edge: Option<Self::Node>) -> Self::Node;
    fn link(&mut self, node: &Self::Node, edge: usize, to: Option<Self::Node>);
    fn payload(&self, node: &Self::Node) -> u64;
    fn root(&mut self, nodes: Vec<Self::Node>) -> Self::Root;

    fn owner(&mut self) -> Self::Owner;
    fn bullet(&mut self, owner: &Self::Owner, body: Body) -> Self::Bullet;
    /// Something of the bullet and something of its owner.
    fn hit(&self, bullet: &Self::Bullet) -> u64;

    fn small(&mut self, value: u64) -> Self::Small;

    /// After handles were dropped.
    fn reclaim(&mut self) {}
    /// Everything.
    fn collect(&mut self);
    /// The level is built, the frames begin.
    fn begin_frames(&mut self) {}
    fn end_frame(&mut self) {}
}

/// One whose handles have weak ones beside them.
pub trait WithWeak: Counted {
    type Weak;

    fn downgrade(node: &Self::Node) -> Self::Weak;
    fn upgrade(&self, weak: &Self::Weak) -> Option<Self::Node>;
}

/// Does `what`, unless it is a kind of work that does not apply.
pub fn run<C: Counted>(what: Work, sizes: Sizes) -> Option<Figures> {
    Some(match what {
        Work::Churn => churn::<C>(sizes),
        Work::Access => access::<C>(sizes),
        Work::Live => live::<C>(sizes, sizes.live),
        Work::OneRoot => one_root::<C>(sizes, sizes.live),
        Work::LiveMillion => live::<C>(sizes, sizes.million),
        Work::OneRootMillion => one_root::<C>(sizes, sizes.million),
        Work::Rings => rings::<C>(sizes),
        Work::Frames => frames::<C>(sizes, false),
        Work::OwnedFrames => frames::<C>(sizes, true),
        Work::Memory => memory::<C>(sizes),
        Work::Weak | Work::Push | Work::Insert | Work::Match => return None,
    })
}

/// The same with [`Work::Weak`].
pub fn run_with_weak<C: WithWeak>(what: Work, sizes: Sizes) -> Option<Figures> {
    match what {
        Work::Weak => Some(weak::<C>(sizes)),
        _ => run::<C>(what, sizes),
    }
}

fn churn<C: Counted>(sizes: Sizes) -> Figures {
    let mut heap = C::new(When::Default);
    let owner = heap.owner();
    let mut bullets = Vec::with_capacity(sizes.bullets);
    work::churn(sizes, || {
        for shot in 0..sizes.bullets as u64 {
            bullets.push(heap.bullet(&owner, [shot; 7]));
        }
        black_box(heap.hit(&bullets[sizes.bullets - 1]));
        bullets.clear();
        heap.reclaim();
    })
}

/// Nodes without edges, out of order.
fn shuffled<C: Counted>(heap: &mut C, objects: usize) -> Vec<C::Node> {
    let mut nodes: Vec<C::Node> = (0..objects as u64).map(|n| heap.node(n, None)).collect();
    Random::new(7).shuffle(&mut nodes);
    nodes
}

fn access<C: Counted>(sizes: Sizes) -> Figures {
    let mut heap = C::new(When::Asked);
    let nodes = shuffled(&mut heap, sizes.live);
    let hot = &nodes[0];
    vec![
        (
            "hot",
            each_handle(nodes.len(), || {
                (0..nodes.len()).for_each(|_| drop(black_box(black_box(hot).clone())))
            }),
        ),
        (
            "cold",
            each_handle(nodes.len(), || {
                nodes.iter().for_each(|node| drop(black_box(node.clone())))
            }),
        ),
        (
            "read",
            each_handle(nodes.len(), || {
                black_box(nodes.iter().fold(0, |sum, node| sum ^ heap.payload(node)));
            }),
        ),
    ]
}

fn weak<C: WithWeak>(sizes: Sizes) -> Figures {
    let mut heap = C::new(When::Asked);
    let nodes = shuffled(&mut heap, sizes.live);
    let weaks: Vec<C::Weak> = nodes.iter().map(C::downgrade).collect();
    let hot = &weaks[0];
    assert!(heap.upgrade(hot).is_some());
    vec![
        (
            "hot",
            each_handle(weaks.len(), || {
                (0..weaks.len()).for_each(|_| drop(black_box(heap.upgrade(black_box(hot)))))
            }),
        ),
        (
            "cold",
            each_handle(weaks.len(), || {
                weaks
                    .iter()
                    .for_each(|weak| drop(black_box(heap.upgrade(weak))))
            }),
        ),
    ]
}

/// `objects` nodes with three random edges each.
fn level<C: Counted>(heap: &mut C, objects: usize) -> Vec<C::Node> {
    let nodes: Vec<C::Node> = (0..objects as u64).map(|n| heap.node(n, None)).collect();
    for (node, edges) in nodes.iter().zip(random_edges(objects)) {
        for (edge, to) in edges.into_iter().enumerate() {
            heap.link(node, edge, Some(nodes[to].clone()));
        }
    }
    nodes
}

// Collectors that only look at what was touched would have nothing to do: every handle is cloned and dropped before.
fn live<C: Counted>(sizes: Sizes, objects: usize) -> Figures {
    let mut heap = C::new(When::Asked);
    let nodes = level(&mut heap, objects);
    let figures = work::collections(
        sizes,
        || nodes.iter().for_each(|node| drop(black_box(node.clone()))),
        || heap.collect(),
    );
    forget((heap, nodes));
    figures
}

fn one_root<C: Counted>(sizes: Sizes, objects: usize) -> Figures {
    let mut heap = C::new(When::Asked);
    let nodes = level(&mut heap, objects);
    let root = heap.root(nodes);
    let figures = work::collections(sizes, || drop(black_box(root.clone())), || heap.collect());
    forget((heap, root));
    figures
}

/// A ring, which is garbage as soon as the handle is dropped; `to` is what its first object refers to besides.
fn ring<C: Counted>(heap: &mut C, to: Option<&C::Node>) {
    let first = heap.node(0, None);
    let mut last = first.clone();
    for payload in 1..RING as u64 {
        last = heap.node(payload, Some(last));
    }
    heap.link(&first, 0, Some(last));
    if let Some(to) = to {
        heap.link(&first, 1, Some(to.clone()));
    }
}

fn rings<C: Counted>(sizes: Sizes) -> Figures {
    let mut heap = C::new(When::Default);
    work::rings(sizes, || {
        for _ in 0..sizes.live / RING {
            ring(&mut heap, None);
        }
        heap.collect();
    })
}

fn frames<C: Counted>(sizes: Sizes, owned: bool) -> Figures {
    let mut heap = C::new(When::Frames);
    let nodes = level(&mut heap, sizes.live);
    heap.begin_frames();
    let mut random = Random::new(1);
    let figures = work::frames(sizes, || {
        for _ in 0..PER_FRAME / RING {
            let owner = owned.then(|| &nodes[random.below(nodes.len())]);
            ring(&mut heap, owner);
        }
        heap.end_frame();
    });
    forget((heap, nodes));
    figures
}

fn memory<C: Counted>(sizes: Sizes) -> Figures {
    let mut heap = C::new(When::Asked);
    // The first page, the first list: not of the objects.
    drop(heap.small(0));
    heap.reclaim();
    work::memory(
        &mut heap,
        sizes.million,
        |heap, all| all.extend((0..sizes.million as u64).map(|value| heap.small(value))),
        |heap, all| {
            drop(all);
            heap.reclaim();
        },
    )
}
