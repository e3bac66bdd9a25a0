//! gc-arena: objects are reached from the arena's root, handles live inside one call of `mutate`, and `collect_debt`
//! is called after each.

use crate::{
    peers::{
        counted::Body,
        work::{self, Figures, Sizes, Work, each_handle, random_edges},
    },
    random::Random,
    rings::{PER_FRAME, RING},
};
use gc_arena::{Arena, Collect, Gc, GcWeak, Mutation, RefLock, Rootable};
use std::hint::black_box;

#[derive(Collect)]
#[collect(no_drop)]
struct Node<'gc> {
    edges: [Option<NodePtr<'gc>>; 3],
    payload: u64,
}

type NodePtr<'gc> = Gc<'gc, RefLock<Node<'gc>>>;

#[derive(Collect)]
#[collect(no_drop)]
struct Owner<'gc> {
    hp: u64,
    last: Option<Gc<'gc, Bullet<'gc>>>,
}

#[derive(Collect)]
#[collect(no_drop)]
struct Bullet<'gc> {
    owner: Gc<'gc, Owner<'gc>>,
    body: Body,
}

#[derive(Collect)]
#[collect(no_drop)]
struct Small<'gc> {
    next: Option<Gc<'gc, Small<'gc>>>,
    value: u64,
}

#[derive(Collect)]
#[collect(no_drop)]
struct Root<'gc> {
    owner: Gc<'gc, Owner<'gc>>,
    bullets: Gc<'gc, RefLock<Vec<Gc<'gc, Bullet<'gc>>>>>,
    nodes: Gc<'gc, RefLock<Vec<NodePtr<'gc>>>>,
    small: Gc<'gc, RefLock<Vec<Gc<'gc, Small<'gc>>>>>,
}

type World = Arena<Rootable![Root<'_>]>;

pub fn run(what: Work, sizes: Sizes) -> Option<Figures> {
    Some(match what {
        Work::Churn => churn(sizes),
        Work::Access => access(sizes),
        Work::Weak => weak(sizes),
        Work::Live | Work::OneRoot => live(sizes, sizes.live),
        Work::LiveMillion | Work::OneRootMillion => live(sizes, sizes.million),
        Work::Rings => rings(sizes),
        Work::Frames => frames(sizes, false),
        Work::OwnedFrames => frames(sizes, true),
        Work::Memory => memory(sizes),
        Work::Push | Work::Insert | Work::Match => return None,
    })
}

fn world() -> World {
    World::new(|mc| Root {
        owner: Gc::new(mc, Owner { hp: 3, last: None }),
        bullets: Gc::new(mc, RefLock::new(Vec::new())),
        nodes: Gc::new(mc, RefLock::new(Vec::new())),
        small: Gc::new(mc, RefLock::new(Vec::new())),
    })
}

fn node<'gc>(mc: &Mutation<'gc>, payload: u64, edge: Option<NodePtr<'gc>>) -> NodePtr<'gc> {
    let edges = [edge, None, None];
    Gc::new(mc, RefLock::new(Node { edges, payload }))
}

/// A world with `objects` nodes in it, three random edges each. The root's list holds them one by one.
fn level(objects: usize) -> World {
    let mut world = world();
    world.mutate(|mc, root| {
        let nodes = &mut *root.nodes.borrow_mut(mc);
        nodes.extend((0..objects as u64).map(|payload| node(mc, payload, None)));
        for (node, edges) in nodes.iter().zip(random_edges(objects)) {
            node.borrow_mut(mc).edges = edges.map(|to| Some(nodes[to]));
        }
    });
    world.finish_cycle();
    world
}

fn churn(sizes: Sizes) -> Figures {
    let mut world = world();
    work::churn(sizes, || {
        world.mutate(|mc, root| {
            let bullets = &mut *root.bullets.borrow_mut(mc);
            for shot in 0..sizes.bullets as u64 {
                bullets.push(Gc::new(
                    mc,
                    Bullet {
                        owner: root.owner,
                        body: [shot; 7],
                    },
                ));
            }
            let last = bullets[sizes.bullets - 1];
            black_box(last.body[0] + last.owner.hp);
            bullets.clear();
        });
        world.collect_debt();
    })
}

/// Handles are copied: clone and drop are no work.
fn access(sizes: Sizes) -> Figures {
    level(sizes.live).mutate(|mc, root| {
        let mut nodes = root.nodes.borrow_mut(mc);
        Random::new(7).shuffle(&mut nodes);
        let hot = nodes[0];
        let copy = |node: NodePtr<'_>| {
            black_box(node);
        };
        vec![
            (
                "hot",
                each_handle(nodes.len(), || {
                    (0..nodes.len()).for_each(|_| copy(*black_box(&hot)))
                }),
            ),
            (
                "cold",
                each_handle(nodes.len(), || nodes.iter().for_each(|&node| copy(node))),
            ),
            (
                "read",
                each_handle(nodes.len(), || {
                    let read = |sum, node: &NodePtr<'_>| sum ^ node.borrow().payload;
                    black_box(nodes.iter().fold(0, read));
                }),
            ),
        ]
    })
}

fn weak(sizes: Sizes) -> Figures {
    level(sizes.live).mutate(|mc, root| {
        let mut nodes = root.nodes.borrow_mut(mc);
        Random::new(7).shuffle(&mut nodes);
        let weaks: Vec<GcWeak<'_, RefLock<Node<'_>>>> =
            nodes.iter().map(|&node| Gc::downgrade(node)).collect();
        let hot = weaks[0];
        vec![
            (
                "hot",
                each_handle(weaks.len(), || {
                    (0..weaks.len()).for_each(|_| _ = black_box(black_box(hot).upgrade(mc)))
                }),
            ),
            (
                "cold",
                each_handle(weaks.len(), || {
                    weaks
                        .iter()
                        .for_each(|weak| _ = black_box(weak.upgrade(mc)))
                }),
            ),
        ]
    })
}

/// The root is the only way in: held one by one and from one root are the same.
fn live(sizes: Sizes, objects: usize) -> Figures {
    let mut world = level(objects);
    work::collections(sizes, || (), || world.finish_cycle())
}

fn ring<'gc>(mc: &Mutation<'gc>, to: Option<NodePtr<'gc>>) {
    let first = node(mc, 0, None);
    let mut last = first;
    for payload in 1..RING as u64 {
        last = node(mc, payload, Some(last));
    }
    let mut first = first.borrow_mut(mc);
    first.edges[0] = Some(last);
    first.edges[1] = to;
}

fn rings(sizes: Sizes) -> Figures {
    let mut world = world();
    let kept = world.metrics().total_gc_count();
    let figures = work::rings(sizes, || {
        world.mutate(|mc, _| (0..sizes.live / RING).for_each(|_| ring(mc, None)));
        world.finish_cycle();
    });
    assert_eq!(world.metrics().total_gc_count(), kept, "garbage is left");
    figures
}

fn frames(sizes: Sizes, owned: bool) -> Figures {
    let mut world = level(sizes.live);
    let mut random = Random::new(1);
    work::frames(sizes, || {
        world.mutate(|mc, root| {
            let nodes = root.nodes.borrow();
            for _ in 0..PER_FRAME / RING {
                let to = owned.then(|| nodes[random.below(nodes.len())]);
                ring(mc, to);
            }
        });
        world.collect_debt();
    })
}

/// The handles are in a list of the root's: outside the arena there are none.
fn memory(sizes: Sizes) -> Figures {
    let mut world = world();
    work::memory(
        &mut world,
        sizes.million,
        |world, all| {
            world.mutate(|mc, root| {
                let mut small = root.small.borrow_mut(mc);
                small.extend(
                    (0..sizes.million as u64).map(|value| Gc::new(mc, Small { next: None, value })),
                );
            });
            all.resize(sizes.million, ());
        },
        |world, _| {
            world.mutate(|mc, root| *root.small.borrow_mut(mc) = Vec::new());
            world.finish_cycle();
        },
    )
}
