//! The objects that random programs are made of, and the log that they write while the heap uses them.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gc_core::{
    Budget, Finalize, Gc, GcAny, HandleError, Heap, ObjectId, Policy, Trace, Tracer, Weak,
};

pub type Id = u32;

/// An object that only takes a place, and is in no oracle.
pub const NOBODY: Id = Id::MAX;

/// What happened, in the order in which it happened. The oracle replays it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Dropped(Id),
    FinalizeBegin(Id),
    FinalizeEnd(Id),
    /// A finalizer put a handle on the outside list.
    Held(Id),
    /// A finalizer took the newest handle from the outside list and dropped it.
    Released,
    /// A finalizer stored a handle in an object.
    Linked {
        from: Id,
        to: Id,
    },
    /// A finalizer took all handles out of an object.
    Unlinked(Id),
    /// A finalizer allocates.
    Born {
        id: Id,
        edges: Vec<Id>,
    },
    /// `try_alloc` hands the value back.
    Stillborn(Id),
    Fault(String),
}

/// The payload of a panic that the program asked for.
pub struct Planned;

/// A countdown that panics once. Disarmed below 1.
#[derive(Default)]
pub struct Fuse(AtomicI64);

impl Fuse {
    pub fn arm(&self, n: i64) {
        self.0.store(n, Ordering::Relaxed);
    }

    /// Disarms it; answers how long it was.
    pub fn take(&self) -> i64 {
        self.0.swap(0, Ordering::Relaxed)
    }

    pub fn burn(&self) {
        // A second panic during unwinding would abort the test.
        if self.0.load(Ordering::Relaxed) > 0
            && self.0.fetch_sub(1, Ordering::Relaxed) == 1
            && !std::thread::panicking()
        {
            // Not `panic!`: the hook would print each of the thousands of planned panics.
            resume_unwind(Box::new(Planned));
        }
    }
}

/// What objects, finalizers and the program share: everything that is outside the heap.
#[derive(Default)]
pub struct World {
    log: Mutex<Vec<Event>>,
    next: AtomicU32,
    /// Handles that finalizers saved.
    pub outside: Mutex<Vec<Ref>>,
    /// A live object that finalizers may attach something to.
    pub anchor: Mutex<Option<Ref>>,
    pub trace_fuse: Fuse,
    pub drop_fuse: Fuse,
    pub callback_fuse: Fuse,
    /// Weak and strong handles that a `Drop` made of the edges of the dying: owner, place, handle.
    pub woven: Mutex<Vec<(Id, usize, WeakRef)>>,
    pub stolen: Mutex<Vec<(Id, usize, Ref)>>,
    calm: AtomicBool,
}

/// A planned panic may poison a lock; the data behind it is whole.
pub fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    pub fn log(&self, event: Event) {
        lock(&self.log).push(event);
    }

    pub fn drain(&self) -> Vec<Event> {
        std::mem::take(&mut *lock(&self.log))
    }

    pub fn fresh_id(&self) -> Id {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// No planned panic from here on.
    pub fn disarm(&self) {
        self.calm.store(true, Ordering::Relaxed);
        self.trace_fuse.arm(0);
        self.drop_fuse.arm(0);
        self.callback_fuse.arm(0);
    }
}

fn payload(id: Id) -> u64 {
    (u64::from(id) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// What an object's `Drop` does besides reporting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    None,
    /// Makes weak handles of its edges.
    Weave,
    /// Clones its edges out. What is condemned with it is freed all the same.
    Steal,
}

/// Identity of an object, and a payload that shows when its memory was given to somebody else.
pub struct Tag {
    pub id: Id,
    payload: u64,
    pub world: Arc<World>,
}

impl Tag {
    pub fn new(world: &Arc<World>, id: Id) -> Self {
        Tag {
            id,
            payload: payload(id),
            world: world.clone(),
        }
    }

    pub fn intact(&self) -> bool {
        self.payload == payload(self.id)
    }

    fn dying(&self) {
        if self.id == NOBODY {
            return;
        }
        if !self.intact() {
            self.world.log(Event::Fault(format!(
                "#{} dropped with a foreign payload",
                self.id
            )));
        }
        self.world.log(Event::Dropped(self.id));
        self.world.drop_fuse.burn();
    }
}

/// Panics in `trace` when the program says so.
pub struct Tripwire(Arc<World>);

impl Trace for Tripwire {
    fn trace(&self, _: &mut Tracer<'_>) {
        self.0.trace_fuse.burn();
    }

    fn tracked() -> bool {
        false
    }
}

/// Untracked, and shared by all: what makes an object large.
#[derive(Trace)]
pub struct Filler(pub u32);

/// Tracing 128 edges is a unit, so this is more than one.
const LARGE: usize = 150;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bulk {
    None,
    Front,
    Back,
}

/// What all objects with edges are made of.
#[derive(Trace)]
pub struct Body {
    front: Vec<Gc<Filler>>,
    tripwire: Tripwire,
    pub edges: Vec<Ref>,
    pub weaks: Vec<(Id, WeakRef)>,
    back: Vec<Gc<Filler>>,
    #[trace(skip)]
    pub habit: Habit,
    #[trace(skip)]
    pub tag: Tag,
}

impl Body {
    pub fn new(tag: Tag, edges: Vec<Ref>) -> Self {
        Body {
            habit: Habit::None,
            front: Vec::new(),
            tripwire: Tripwire(tag.world.clone()),
            edges,
            weaks: Vec::new(),
            back: Vec::new(),
            tag,
        }
    }

    /// Larger than one unit of tracing, before or after its edges.
    pub fn bulky(mut self, bulk: Bulk, filler: &Gc<Filler>) -> Self {
        match bulk {
            Bulk::None => {}
            Bulk::Front => self.front = vec![filler.clone(); LARGE],
            Bulk::Back => self.back = vec![filler.clone(); LARGE],
        }
        self
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        let (world, id) = (&self.tag.world, self.tag.id);
        for (i, edge) in self.edges.iter().enumerate() {
            match self.habit {
                Habit::None => {}
                Habit::Weave => lock(&world.woven).push((id, i, edge.downgrade())),
                Habit::Steal => lock(&world.stolen).push((id, i, edge.clone())),
            }
        }
        self.tag.dying();
    }
}

/// Types with different `K` live in different pages.
#[derive(Trace)]
pub struct Plain<const K: usize> {
    pub body: Body,
}

#[derive(Trace)]
#[trace(finalize)]
pub struct Fin<const K: usize> {
    pub body: Body,
    #[trace(skip)]
    pub mode: Mode,
}

#[derive(Trace)]
pub struct Leaf {
    #[trace(skip)]
    pub tag: Tag,
}

impl Drop for Leaf {
    fn drop(&mut self) {
        self.tag.dying();
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Plain,
    Fin,
    Leaf,
}

#[derive(Trace, Clone, Debug, PartialEq, Eq)]
pub enum Ref {
    P0(Gc<Plain<0>>),
    P1(Gc<Plain<1>>),
    P2(Gc<Plain<2>>),
    F0(Gc<Fin<0>>),
    F1(Gc<Fin<1>>),
    Leaf(Gc<Leaf>),
}

#[derive(Trace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeakRef {
    P0(Weak<Plain<0>>),
    P1(Weak<Plain<1>>),
    P2(Weak<Plain<2>>),
    F0(Weak<Fin<0>>),
    F1(Weak<Fin<1>>),
    Leaf(Weak<Leaf>),
}

/// One expression for all objects with a body, another for leaves.
macro_rules! each {
    ($kind:ident, $of:expr, $g:ident => $body:expr, $l:ident => $leaf:expr) => {
        match $of {
            $kind::P0($g) => $body,
            $kind::P1($g) => $body,
            $kind::P2($g) => $body,
            $kind::F0($g) => $body,
            $kind::F1($g) => $body,
            $kind::Leaf($l) => $leaf,
        }
    };
}

impl Ref {
    pub fn kind(&self) -> Kind {
        match self {
            Ref::P0(_) | Ref::P1(_) | Ref::P2(_) => Kind::Plain,
            Ref::F0(_) | Ref::F1(_) => Kind::Fin,
            Ref::Leaf(_) => Kind::Leaf,
        }
    }

    pub fn from_any(any: GcAny) -> Option<Ref> {
        let any = match any.downcast() {
            Ok(g) => return Some(Ref::P0(g)),
            Err(any) => any,
        };
        let any = match any.downcast() {
            Ok(g) => return Some(Ref::P1(g)),
            Err(any) => any,
        };
        let any = match any.downcast() {
            Ok(g) => return Some(Ref::P2(g)),
            Err(any) => any,
        };
        let any = match any.downcast() {
            Ok(g) => return Some(Ref::F0(g)),
            Err(any) => any,
        };
        let any = match any.downcast() {
            Ok(g) => return Some(Ref::F1(g)),
            Err(any) => any,
        };
        any.downcast().ok().map(Ref::Leaf)
    }

    /// Through the type-erased handle and back.
    pub fn erased_and_back(self) -> Ref {
        let any = each!(Ref, self, g => g.erase(), l => l.erase());
        Ref::from_any(any).expect("one of the types")
    }

    pub fn try_tag<'h>(&self, heap: &'h Heap) -> Result<&'h Tag, HandleError> {
        each!(Ref, self, g => heap.try_get(g).map(|n| &n.body.tag), l => heap.try_get(l).map(|n| &n.tag))
    }

    pub fn edges<'h>(&self, heap: &'h Heap) -> &'h [Ref] {
        each!(Ref, self, g => &heap.get(g).body.edges, _l => &[])
    }

    pub fn edges_mut<'h>(&self, heap: &'h mut Heap) -> Option<&'h mut Vec<Ref>> {
        each!(Ref, self, g => Some(&mut heap.get_mut(g).body.edges), _l => None)
    }

    pub fn weaks<'h>(&self, heap: &'h Heap) -> &'h [(Id, WeakRef)] {
        each!(Ref, self, g => &heap[g].body.weaks, _l => &[])
    }

    pub fn weaks_mut<'h>(&self, heap: &'h mut Heap) -> Option<&'h mut Vec<(Id, WeakRef)>> {
        each!(Ref, self, g => Some(&mut heap[g].body.weaks), _l => None)
    }

    pub fn set_external_bytes(&self, heap: &mut Heap, bytes: usize) {
        each!(Ref, self, g => heap.set_external_bytes(g, bytes), l => heap.set_external_bytes(l, bytes))
    }

    /// Its id, its strong count, and how many tracked objects it refers to, as the heap says.
    pub fn seen(&self, heap: &Heap) -> (ObjectId, usize, Vec<ObjectId>) {
        each!(
            Ref,
            self,
            g => (g.id(), Gc::strong_count(g), heap.referents(g)),
            l => (l.id(), Gc::strong_count(l), heap.referents(l))
        )
    }

    pub fn referrers(&self, heap: &Heap) -> Vec<ObjectId> {
        each!(Ref, self, g => heap.referrers(g), l => heap.referrers(l))
    }

    pub fn mode(&self, heap: &Heap) -> Mode {
        match self {
            Ref::F0(g) => heap.get(g).mode,
            Ref::F1(g) => heap.get(g).mode,
            _ => Mode::Nothing,
        }
    }

    pub fn downgrade(&self) -> WeakRef {
        match self {
            Ref::P0(g) => WeakRef::P0(g.downgrade()),
            Ref::P1(g) => WeakRef::P1(g.downgrade()),
            Ref::P2(g) => WeakRef::P2(g.downgrade()),
            Ref::F0(g) => WeakRef::F0(g.downgrade()),
            Ref::F1(g) => WeakRef::F1(g.downgrade()),
            Ref::Leaf(g) => WeakRef::Leaf(g.downgrade()),
        }
    }
}

impl WeakRef {
    pub fn upgrade(self, heap: &Heap) -> Option<Ref> {
        match self {
            WeakRef::P0(w) => heap.upgrade(w).map(Ref::P0),
            WeakRef::P1(w) => heap.upgrade(w).map(Ref::P1),
            WeakRef::P2(w) => heap.upgrade(w).map(Ref::P2),
            WeakRef::F0(w) => heap.upgrade(w).map(Ref::F0),
            WeakRef::F1(w) => heap.upgrade(w).map(Ref::F1),
            WeakRef::Leaf(w) => heap.upgrade(w).map(Ref::Leaf),
        }
    }

    pub fn peek(self, heap: &Heap) -> Option<(&Tag, &[Ref])> {
        each!(
            WeakRef,
            self,
            w => heap.get_weak(w).map(|n| (&n.body.tag, &n.body.edges[..])),
            w => heap.get_weak(w).map(|n| (&n.tag, &[][..]))
        )
    }

    pub fn peek_mut(self, heap: &mut Heap) -> Option<(&Tag, Option<&mut Vec<Ref>>)> {
        each!(
            WeakRef,
            self,
            w => heap.get_weak_mut(w).map(|n| (&n.body.tag, Some(&mut n.body.edges))),
            w => heap.get_weak_mut(w).map(|n| (&n.tag, None))
        )
    }
}

/// All objects with a body, of one kind, in the order of `iter`.
pub fn iter_bodies(heap: &Heap, kind: Kind) -> Box<dyn Iterator<Item = &Body> + '_> {
    match kind {
        Kind::Plain => Box::new(
            heap.iter::<Plain<0>>()
                .map(|n| &n.body)
                .chain(heap.iter::<Plain<1>>().map(|n| &n.body))
                .chain(heap.iter_weak::<Plain<2>>().map(|(_, n)| &n.body)),
        ),
        _ => Box::new(
            heap.iter::<Fin<0>>()
                .map(|n| &n.body)
                .chain(heap.iter_weak::<Fin<1>>().map(|(_, n)| &n.body)),
        ),
    }
}

/// What a finalizer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Mode {
    Nothing,
    HoldSelf,
    HoldNeighbours,
    IntoAnchor,
    BreakCycle,
    BreakNeighbours,
    /// Moves its own handles into the anchor: no count changes.
    MoveToAnchor,
    AllocHolder,
    AllocChild,
    ReleaseOutside,
    Collect,
    ReviveWeak,
    Freeze,
    Round,
    Policies,
    Panic,
}

impl Mode {
    pub const ALL: [Mode; 16] = [
        Mode::Nothing,
        Mode::HoldSelf,
        Mode::BreakCycle,
        Mode::HoldNeighbours,
        Mode::IntoAnchor,
        Mode::BreakNeighbours,
        Mode::MoveToAnchor,
        Mode::AllocHolder,
        Mode::AllocChild,
        Mode::ReleaseOutside,
        Mode::Collect,
        Mode::ReviveWeak,
        Mode::Freeze,
        Mode::Round,
        Mode::Policies,
        Mode::Panic,
    ];
}

/// Reports the end of a finalizer, also when it panics.
struct End<'a>(&'a World, Id);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.log(Event::FinalizeEnd(self.1));
    }
}

impl<const K: usize> Finalize for Fin<K> {
    fn finalize(this: &Gc<Self>, heap: &mut Heap) {
        let tag = &heap.get(this).body.tag;
        let (world, id) = (tag.world.clone(), tag.id);
        world.log(Event::FinalizeBegin(id));
        let _end = End(&world, id);
        let me = Ref::from_any(this.clone().erase()).expect("one of the types");
        check_neighbourhood(&me, heap, &world);
        finalize(me, id, heap, &world);
    }
}

fn finalize(me: Ref, id: Id, heap: &mut Heap, world: &Arc<World>) {
    let hold = |r: Ref, heap: &Heap| {
        let Ok(tag) = r.try_tag(heap) else { return };
        world.log(Event::Held(tag.id));
        lock(&world.outside).push(r);
    };
    let anchor = lock(&world.anchor).clone();
    let edges_of = |r: &Ref, heap: &mut Heap| -> Vec<Ref> {
        let taken = r.edges_mut(heap).map(std::mem::take);
        if let (Some(_), Ok(tag)) = (&taken, r.try_tag(heap)) {
            world.log(Event::Unlinked(tag.id));
        }
        taken.unwrap_or_default()
    };
    let link = |from: &Ref, to: Vec<Ref>, heap: &mut Heap| {
        let ids = |r: &Ref, heap: &Heap| r.try_tag(heap).ok().map(|t| t.id);
        let Some(from_id) = ids(from, heap) else {
            return;
        };
        let to_ids: Vec<Id> = to.iter().filter_map(|r| ids(r, heap)).collect();
        if let Some(edges) = from.edges_mut(heap) {
            edges.extend(to);
            for to in to_ids {
                world.log(Event::Linked { from: from_id, to });
            }
        }
    };
    let born = |edges: Vec<Id>| {
        let id = world.fresh_id();
        world.log(Event::Born { id, edges });
        Tag::new(world, id)
    };
    match me.mode(heap) {
        Mode::Nothing => {}
        Mode::HoldSelf => hold(me, heap),
        Mode::HoldNeighbours => {
            for r in me.edges(heap).to_vec() {
                hold(r, heap);
            }
        }
        Mode::IntoAnchor => {
            if let Some(a) = anchor {
                link(&a, vec![me], heap);
            }
        }
        Mode::BreakCycle => drop(edges_of(&me, heap)),
        Mode::BreakNeighbours => {
            for r in me.edges(heap).to_vec() {
                drop(edges_of(&r, heap));
            }
        }
        Mode::MoveToAnchor => {
            if let Some(a) = anchor {
                let moved = edges_of(&me, heap);
                link(&a, moved, heap);
            }
        }
        Mode::AllocHolder => {
            let tag = born(vec![id]);
            let new = tag.id;
            let body = Body::new(tag, vec![me]);
            match heap.try_alloc(Plain::<0> { body }) {
                Ok(holder) => hold(Ref::P0(holder), heap),
                Err(_value) => world.log(Event::Stillborn(new)),
            }
        }
        Mode::AllocChild => {
            let tag = born(vec![id]);
            let new = tag.id;
            let body = Body::new(tag, vec![me.clone()]);
            match heap.try_alloc(Plain::<1> { body }) {
                Ok(child) => link(&me, vec![Ref::P1(child)], heap),
                Err(_value) => world.log(Event::Stillborn(new)),
            }
        }
        Mode::ReleaseOutside => {
            let released = lock(&world.outside).pop();
            if released.is_some() {
                world.log(Event::Released);
            }
        }
        Mode::Collect => {
            heap.step(Budget::units(2));
            heap.collect();
            heap.reclaim();
        }
        Mode::ReviveWeak => {
            for (_, w) in me.weaks(heap).to_vec() {
                if let Some(r) = w.upgrade(heap) {
                    hold(r, heap);
                }
            }
        }
        Mode::Freeze => {
            heap.freeze();
            heap.unfreeze();
        }
        Mode::Round => {
            heap.begin_round();
            heap.step(Budget::UNLIMITED);
            heap.end_round();
        }
        Mode::Policies => {
            let before = heap.policy();
            heap.set_policy(Policy::Budgeted(Budget::units(1)));
            heap.step(Budget::UNLIMITED);
            heap.set_policy(before);
            heap.trim();
        }
        Mode::Panic => {
            if !world.calm.load(Ordering::Relaxed) {
                resume_unwind(Box::new(Planned));
            }
        }
    }
}

/// Everything that a finalizer can reach must still be there, whole.
fn check_neighbourhood(start: &Ref, heap: &Heap, world: &World) {
    let mut seen: Vec<&Ref> = vec![start];
    let mut next = 0;
    while next < seen.len() {
        let r = seen[next];
        next += 1;
        match r.try_tag(heap) {
            Ok(tag) if tag.intact() => {}
            Ok(tag) => world.log(Event::Fault(format!(
                "a finalizer sees #{} damaged",
                tag.id
            ))),
            Err(e) => {
                world.log(Event::Fault(format!(
                    "a finalizer sees a neighbour gone: {e:?}"
                )));
                continue;
            }
        }
        for child in r.edges(heap) {
            if !seen.contains(&child) {
                seen.push(child);
            }
        }
    }
}
