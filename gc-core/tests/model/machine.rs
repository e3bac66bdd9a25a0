//! Runs a program on a heap and on the oracle, and compares the two after each operation.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind, set_hook, take_hook};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, LazyLock, Mutex, Once};

use gc_core::{
    AllocError, Budget, CollectionEvent, FinalizerPolicy, Gc, Generation, HandleError, Heap,
    HeapConfig, InfeasiblePolicy, Limits, Pacing, Policy, Thresholds,
};

use super::frames::Frames;
use super::objects::{
    Body, Bulk, Event, Filler, Fin, Habit, Id, Kind, Leaf, Mode, NOBODY, Plain, Planned, Ref, Tag,
    WeakRef, World, iter_bodies, lock,
};
use super::oracle::Oracle;
use super::program::{Op, Settings};

/// A full sliced collection of a dozen objects that takes more slices than this never ends.
const PATIENCE: usize = 20_000;

type Check = Result<(), String>;

/// Off, a defect shows only when the game could notice it, and is kept as such a program.
static VERIFY: LazyLock<bool> =
    LazyLock::new(|| std::env::var("GC_MODEL_VERIFY").map_or(true, |v| v != "0"));

struct WeakHeld {
    id: Id,
    stamp: u64,
    weak: WeakRef,
}

struct Machine {
    heap: Option<Heap>,
    world: Arc<World>,
    held: Vec<Ref>,
    weak: Vec<WeakHeld>,
    oracle: Oracle,
    settings: Settings,
    rounds: u32,
    filler: Option<Gc<Filler>>,
    /// From the first operation on that needs them.
    frames: Option<Frames>,
}

/// Runs `ops`; the error tells which operation showed what.
pub fn run(settings: Settings, ops: &[Op]) -> Check {
    run_with(settings, ops, &mut None)
}

/// The same once more, with all that happened.
pub fn history(settings: Settings, ops: &[Op]) -> Vec<String> {
    let mut history = Some(Vec::new());
    // The error is known.
    let _ = run_with(settings, ops, &mut history);
    history.unwrap_or_default()
}

fn run_with(settings: Settings, ops: &[Op], history: &mut Option<Vec<String>>) -> Check {
    let mut machine = Machine::new(settings);
    machine.oracle.history = history.take();
    let result = machine.play(ops);
    *history = machine.oracle.history.take();
    machine.world.disarm();
    // After a failure the heap may panic again; the first error is the one to read.
    let end = planned(|| drop(machine));
    result.and(end.map(|_| ()))
}

thread_local! {
    /// Is a panic something to report, rather than to print?
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// As `catch_unwind`, without a word: shrinking a program makes thousands of panics.
fn catch<R>(f: impl FnOnce() -> R) -> std::thread::Result<R> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let print = take_hook();
        set_hook(Box::new(move |info| {
            if !CAUGHT.get() {
                print(info);
            }
        }));
    });
    let before = CAUGHT.replace(true);
    let result = catch_unwind(AssertUnwindSafe(f));
    CAUGHT.set(before);
    result
}

/// Runs `f`; a panic that the program planned is part of the program.
fn planned<R>(f: impl FnOnce() -> R) -> Result<Option<R>, String> {
    match catch(f) {
        Ok(r) => Ok(Some(r)),
        Err(e) if e.is::<Planned>() => Ok(None),
        Err(e) => Err(
            match (e.downcast_ref::<String>(), e.downcast_ref::<&str>()) {
                (Some(s), _) => format!("panic: {s}"),
                (_, Some(s)) => format!("panic: {s}"),
                _ => "panic with an unknown payload".into(),
            },
        ),
    }
}

impl Machine {
    fn new(settings: Settings) -> Self {
        let mut config = HeapConfig::default();
        if settings.young > 0 {
            config.thresholds = thresholds(settings.young);
        }
        if settings.quarantine {
            config.finalizers = FinalizerPolicy::Quarantine;
        }
        if settings.paced {
            config.pacing = Pacing {
                max_age: 6,
                growth_percent: 1,
                slack_bytes: 64,
                young_bytes: 128,
                infeasible: InfeasiblePolicy::Exceed,
            };
        }
        config.policy = policy(settings.policy);
        let world = Arc::new(World::default());
        let mut heap = Heap::with_config(config);
        if settings.chaos > 0 {
            heap.set_chaos(Some(u64::from(settings.chaos)));
        }
        if settings.panics {
            let world = world.clone();
            heap.on_collection(move |_: &CollectionEvent| world.callback_fuse.burn());
        }
        if settings.sparse {
            scatter(&mut heap, &world);
        }
        let filler = (settings.bulk > 0).then(|| heap.alloc(Filler(7)));
        Machine {
            heap: Some(heap),
            world,
            held: Vec::new(),
            weak: Vec::new(),
            oracle: Oracle {
                quarantine: settings.quarantine,
                panics: settings.panics,
                ..Oracle::default()
            },
            settings,
            rounds: 0,
            filler,
            frames: None,
        }
    }

    fn play(&mut self, ops: &[Op]) -> Check {
        for (n, op) in ops.iter().enumerate() {
            let at = |e: String| format!("{e}\n  at operation {n}, {op:?}");
            if let Some(history) = &mut self.oracle.history {
                history.push(format!("{op:?}, held: {:?}", self.oracle.held));
            }
            self.perform(*op).map_err(at)?;
            self.settle().map_err(at)?;
            if self.heap.is_none() {
                break;
            }
        }
        let at_end = |e: String| format!("{e}\n  at the end of the program");
        match planned(|| self.finish()).map_err(at_end)? {
            Some(check) => check.map_err(at_end),
            None => Err(at_end("a planned panic after the plan".into())),
        }
    }

    fn heap(&mut self) -> &mut Heap {
        self.heap
            .as_mut()
            .expect("the program goes on only with a heap")
    }

    fn pick(&self, i: u8) -> Option<usize> {
        (!self.held.is_empty()).then(|| i as usize % self.held.len())
    }

    fn hold(&mut self, id: Id, r: Ref) {
        self.held.push(r);
        self.oracle.held.push(id);
    }

    fn let_go(&mut self, i: usize) -> (Id, Ref) {
        (self.oracle.held.remove(i), self.held.remove(i))
    }

    fn id_of(&self, r: &Ref) -> Result<Id, String> {
        let heap = self.heap.as_ref().expect("a heap");
        r.try_tag(heap)
            .map(|t| t.id)
            .map_err(|e| format!("{r:?} gives {e:?}"))
    }

    fn perform(&mut self, op: Op) -> Check {
        // The oracle keeps up inside `act`, step by step, so a panic in the middle leaves it right.
        match catch(|| self.act(op)) {
            Ok(r) => r,
            Err(e) => planned(|| resume_unwind(e)).map(|_: Option<()>| ()),
        }
    }

    fn act(&mut self, op: Op) -> Check {
        match op {
            Op::Plain { .. } | Op::Fin { .. } | Op::Leaf | Op::Cyclic { .. } => {
                if self.oracle.alive() >= self.settings.max_objects as usize {
                    return self.step(1);
                }
                return self.alloc(op);
            }
            Op::Clone(a) => {
                if let Some(i) = self.pick(a)
                    && self.held.len() < 10
                {
                    let (id, r) = (self.oracle.held[i], self.held[i].clone());
                    self.hold(id, r);
                }
            }
            Op::Drop(a) => {
                if let Some(i) = self.pick(a) {
                    drop(self.let_go(i));
                }
            }
            Op::DropElsewhere(a) => {
                if let Some(i) = self.pick(a) {
                    let (_, r) = self.let_go(i);
                    ELSEWHERE.discard(r, !self.settings.racing);
                }
            }
            Op::CloneElsewhere(a) => {
                if let Some(i) = self.pick(a) {
                    let (id, r) = self.let_go(i);
                    let r = ELSEWHERE.clone_and_drop(r);
                    self.hold(id, r);
                }
            }
            Op::ReadThrough { x, edge } => {
                if let Some(i) = self.pick(x) {
                    self.read_child(i, edge)?;
                }
            }
            Op::ReadThroughAndDrop { x, edge } => {
                if let Some(i) = self.pick(x) {
                    self.read_child(i, edge)?;
                    drop(self.let_go(i));
                }
            }
            Op::Push { to, from, moved } => {
                if let (Some(mut t), Some(f)) = (self.pick(to), self.pick(from)) {
                    let target_id = self.oracle.held[t];
                    // No clone of the target here or elsewhere: a touch would hide what is tested.
                    let (id, r) = if moved && f != t {
                        t -= usize::from(f < t);
                        self.let_go(f)
                    } else {
                        (self.oracle.held[f], self.held[f].clone())
                    };
                    let heap = self.heap.as_mut().expect("a heap");
                    if let Some(edges) = self.held[t].edges_mut(heap)
                        && edges.len() < 4
                    {
                        edges.push(r);
                        self.oracle.node_mut(target_id).edges.push(id);
                    }
                }
            }
            Op::Pop { x, keep } => {
                if let Some(i) = self.pick(x) {
                    self.take_edges(i, 1, keep);
                }
            }
            Op::Take { x, keep } => {
                if let Some(i) = self.pick(x) {
                    self.take_edges(i, usize::MAX, keep);
                }
            }
            Op::Replace {
                x,
                edge,
                with,
                keep,
            } => {
                if let (Some(i), Some(w)) = (self.pick(x), self.pick(with)) {
                    let xid = self.oracle.held[i];
                    let (id, r) = (self.oracle.held[w], self.held[w].clone());
                    let heap = self.heap.as_mut().expect("a heap");
                    if let Some(edges) = self.held[i].edges_mut(heap)
                        && !edges.is_empty()
                    {
                        let e = edge as usize % edges.len();
                        let old = std::mem::replace(&mut edges[e], r);
                        let old_id = std::mem::replace(&mut self.oracle.node_mut(xid).edges[e], id);
                        if keep {
                            self.hold(old_id, old);
                        }
                    }
                }
            }
            Op::Carry { from, to } => {
                if let (Some(f), Some(t)) = (self.pick(from), self.pick(to)) {
                    let (fid, tid) = (self.oracle.held[f], self.oracle.held[t]);
                    let heap = self.heap.as_mut().expect("a heap");
                    if self.held[t].kind() == Kind::Leaf {
                        return Ok(());
                    }
                    let Some(r) = self.held[f].edges_mut(heap).and_then(Vec::pop) else {
                        return Ok(());
                    };
                    let id = self
                        .oracle
                        .node_mut(fid)
                        .edges
                        .pop()
                        .expect("as in the heap");
                    if let Some(edges) = self.held[t].edges_mut(heap) {
                        edges.push(r);
                        self.oracle.node_mut(tid).edges.push(id);
                    }
                }
            }
            Op::Swap { a, b } => self.swap(a, b),
            Op::Anchor(a) => {
                if let Some(i) = self.pick(a)
                    && self.held[i].kind() == Kind::Plain
                {
                    *lock(&self.world.anchor) = Some(self.held[i].clone());
                    self.oracle.anchor = Some(self.oracle.held[i]);
                }
            }
            Op::Unanchor => {
                *lock(&self.world.anchor) = None;
                self.oracle.anchor = None;
            }
            Op::Adopt => {
                let adopted = lock(&self.world.outside).pop();
                if let Some(r) = adopted {
                    let id = self.oracle.outside.pop().expect("as in the world");
                    self.hold(id, r);
                }
            }
            Op::Release => {
                let released = lock(&self.world.outside).pop();
                if released.is_some() {
                    self.oracle.outside.pop();
                }
            }
            Op::HoldWeak(a) => {
                if let Some(i) = self.pick(a)
                    && self.weak.len() < 6
                {
                    self.weak.push(WeakHeld {
                        id: self.oracle.held[i],
                        stamp: self.oracle.clock,
                        weak: self.held[i].downgrade(),
                    });
                }
            }
            Op::StoreWeak { x, of } => {
                if let (Some(i), Some(o)) = (self.pick(x), self.pick(of)) {
                    let (id, weak) = (self.oracle.held[o], self.held[o].downgrade());
                    let heap = self.heap.as_mut().expect("a heap");
                    if let Some(weaks) = self.held[i].weaks_mut(heap)
                        && weaks.len() < 2
                    {
                        weaks.push((id, weak));
                    }
                }
            }
            Op::Upgrade(w) => {
                if let Some(w) = self.pick_weak(w) {
                    let (id, weak) = (self.weak[w].id, self.weak[w].weak);
                    let up = weak.upgrade(self.heap());
                    self.check_weak(w, up.is_some())?;
                    if let Some(r) = up {
                        self.brought_back(id, &r)?;
                        self.hold(id, r);
                    }
                }
            }
            Op::PeekWeak { w, edge } => {
                if let Some(w) = self.pick_weak(w) {
                    let weak = self.weak[w].weak;
                    let child = weak
                        .peek(self.heap())
                        .map(|(tag, edges)| (tag.id, pick_of(edges, edge).cloned()));
                    self.check_weak(w, child.is_some())?;
                    if let Some((id, child)) = child {
                        if id != self.weak[w].id {
                            return Err(format!(
                                "a weak handle of #{} reads #{id}",
                                self.weak[w].id
                            ));
                        }
                        if let Some(r) = child {
                            self.hold_unseen(r)?;
                        }
                    }
                }
            }
            Op::TakeThroughWeak { w } => {
                if let Some(w) = self.pick_weak(w) {
                    let weak = self.weak[w].weak;
                    let taken = weak
                        .peek_mut(self.heap())
                        .map(|(tag, edges)| (tag.id, edges.and_then(Vec::pop)));
                    self.check_weak(w, taken.is_some())?;
                    if let Some((id, Some(r))) = taken {
                        self.oracle.node_mut(id).edges.pop();
                        self.hold_unseen(r)?;
                    }
                }
            }
            Op::UpgradeStored { x, w } => {
                if let Some(i) = self.pick(x) {
                    let heap = self.heap.as_ref().expect("a heap");
                    let weaks = self.held[i].weaks(heap);
                    let stored = (!weaks.is_empty()).then(|| weaks[w as usize % weaks.len()]);
                    if let Some((id, weak)) = stored
                        && let Some(r) = weak.upgrade(heap)
                    {
                        self.brought_back(id, &r)?;
                        self.hold(id, r);
                    }
                }
            }
            Op::IterClone { fin, nth, edge } => {
                let kind = if fin { Kind::Fin } else { Kind::Plain };
                let found = iter_bodies(self.heap(), kind)
                    .nth(nth as usize)
                    .map(|n| (n.tag.id, pick_of(&n.edges, edge).cloned()));
                if let Some((id, child)) = found {
                    if self.oracle.node(id).dropped {
                        return Err(format!("iter gives the dropped #{id}"));
                    }
                    if let Some(r) = child {
                        self.hold_unseen(r)?;
                    }
                }
            }
            Op::IterAll => self.iter_all()?,
            Op::Erase(a) => {
                if let Some(i) = self.pick(a) {
                    let (id, r) = self.let_go(i);
                    self.hold(id, r.erased_and_back());
                }
            }
            Op::Foreign(a) => {
                if let Some(i) = self.pick(a) {
                    let other = Heap::new();
                    match self.held[i].try_tag(&other) {
                        Err(HandleError::ForeignHeap) => {}
                        Err(e) => return Err(format!("another heap says {e:?}")),
                        Ok(_) => return Err("another heap takes the handle".into()),
                    }
                }
            }
            Op::Step(n) => return self.step(n),
            Op::StepUntil(n) => {
                let mut left = n;
                self.heap().step(Budget::until(move || {
                    left = left.saturating_sub(1);
                    left == 0
                }));
            }
            Op::Limits(n) => {
                let bytes = self.heap().bytes();
                let none = Limits::default();
                self.heap().set_limits(match n {
                    0 => none,
                    1 => Limits {
                        soft: bytes,
                        ..none
                    },
                    2 => Limits {
                        soft: bytes + 300,
                        ..none
                    },
                    3 => Limits {
                        soft: bytes / 2,
                        hard: bytes + 200,
                    },
                    4 => Limits {
                        hard: bytes,
                        ..none
                    },
                    _ => Limits {
                        soft: bytes + 100,
                        hard: bytes + 400,
                    },
                });
            }
            Op::Finish => self.finish_job()?,
            Op::Collect => {
                self.heap().collect();
            }
            Op::CollectGeneration(g) => {
                self.heap().collect_generation(Generation::ALL[g as usize]);
            }
            Op::Reclaim => {
                self.heap().reclaim();
            }
            Op::Enable(true) => self.heap().enable(),
            Op::Enable(false) => self.heap().disable(),
            Op::Policy(p) => self.heap().set_policy(policy(p)),
            Op::Thresholds(n) => self.heap().set_thresholds(thresholds(n)),
            Op::BeginRound => {
                self.rounds += 1;
                self.heap().begin_round();
            }
            Op::EndRound => {
                if self.rounds > 0 {
                    self.rounds -= 1;
                    let outermost = self.rounds == 0;
                    if self.heap().end_round().is_some() != outermost {
                        return Err("a report belongs to the end of the outermost round".into());
                    }
                }
            }
            Op::Freeze => self.heap().freeze(),
            Op::Unfreeze => self.heap().unfreeze(),
            Op::TakeGarbage => drop(self.heap().take_garbage()),
            Op::Trim => {
                self.heap().trim();
            }
            Op::External { x, bytes } => {
                if let Some(i) = self.pick(x) {
                    let heap = self.heap.as_mut().expect("a heap");
                    self.held[i].set_external_bytes(heap, bytes.into());
                }
            }
            Op::Inspect(a) => {
                if let Some(i) = self.pick(a) {
                    self.inspect(i)?;
                }
            }
            Op::DrainReclaimed => {
                let all: Vec<_> = self.heap().drain_reclaimed().collect();
                let mut once = all.clone();
                once.sort_unstable();
                once.dedup();
                if once.len() < all.len() {
                    return Err(format!("an identity ended twice: {all:?}"));
                }
            }
            Op::ArmTrace(_) | Op::ArmDrop | Op::ArmCallback(_) if !self.settings.panics => {
                return self.step(1);
            }
            Op::ArmTrace(n) => self.world.trace_fuse.arm(i64::from(n)),
            Op::ArmDrop => self.world.drop_fuse.arm(1),
            Op::ArmCallback(n) => self.world.callback_fuse.arm(i64::from(n)),
            Op::FramePut { what, of } => {
                let weak = self.pick(of).map(|i| {
                    let weak = self.held[i].downgrade();
                    (self.oracle.held[i], self.oracle.clock, weak)
                });
                self.frames().put(what, weak)?;
            }
            Op::FrameWrite(pick) => self.frames().write(pick)?,
            Op::FrameWeak(pick) => {
                if let Some((id, stamp, weak)) = self.frames().weak(pick) {
                    let up = weak.upgrade(self.heap());
                    self.check_weak_of(id, stamp, up.is_some())?;
                    if let Some(r) = up {
                        self.brought_back(id, &r)?;
                        self.hold(id, r);
                    }
                }
            }
            Op::FrameSwap => self.frames().swap(),
            Op::FrameFill(many) => self.frames().fill(many)?,
            Op::FrameReset => self.frames().reset()?,
            Op::FrameRenew => {
                let heap = self.heap.as_ref().expect("a heap");
                if let Some(frames) = &mut self.frames {
                    frames.renew(heap);
                }
            }
            Op::DropHeap => self.end_heap(),
        }
        Ok(())
    }

    fn frames(&mut self) -> &mut Frames {
        let heap = self.heap.as_ref().expect("a heap");
        self.frames.get_or_insert_with(|| Frames::new(heap))
    }

    fn alloc(&mut self, op: Op) -> Check {
        if matches!(op, Op::Cyclic { .. }) && self.heap().limits().hard != usize::MAX {
            // It has no `try_` twin to hand the value back.
            return Ok(());
        }
        let (a, b, links) = match op {
            Op::Plain { a, b, links } => (a, b, links),
            Op::Fin { a, links, .. } => (a, 0, links % 6),
            Op::Cyclic { a } => (a, 0, 1),
            _ => (0, 0, 0),
        };
        let mut ids = Vec::new();
        let mut edges = Vec::new();
        // Two bits a link: absent, cloned, moved, cloned.
        for (pick, how) in [(a, links & 3), (b, links >> 2 & 3)] {
            if how == 0 {
                continue;
            }
            if let Some(i) = self.pick(pick) {
                let (id, r) = if how == 2 {
                    self.let_go(i)
                } else {
                    (self.oracle.held[i], self.held[i].clone())
                };
                ids.push(id);
                edges.push(r);
            }
        }
        let id = self.world.fresh_id();
        let tag = Tag::new(&self.world, id);
        let (kind, mode) = match op {
            Op::Fin {
                mode: Mode::Panic, ..
            } if !self.settings.panics => (Kind::Fin, Mode::Nothing),
            Op::Fin { mode, .. } => (Kind::Fin, mode),
            Op::Leaf => (Kind::Leaf, Mode::Nothing),
            _ => (Kind::Plain, Mode::Nothing),
        };
        self.oracle.born(id, kind, ids);
        // Until `alloc` returns, the value holds the handles.
        self.oracle.in_flight.push(id);
        let heap = self.heap.as_mut().expect("a heap");
        let (world, oracle) = (&self.world, &mut self.oracle);
        let apart = if self.settings.apart { id } else { 0 };
        let bulk = match (self.settings.bulk, id % 4) {
            (0, _) | (1, 0 | 2) => Bulk::None,
            (1, 1) | (_, 0 | 2) => Bulk::Front,
            _ => Bulk::Back,
        };
        let habit = match id % 4 {
            1 if self.settings.habits => Habit::Weave,
            3 if self.settings.habits => Habit::Steal,
            _ => Habit::None,
        };
        let filler = &self.filler;
        let built = Cell::new(false);
        let make = |tag, edges| {
            built.set(true);
            let mut body = Body::new(tag, edges);
            body.habit = habit;
            match filler {
                Some(filler) => body.bulky(bulk, filler),
                None => body,
            }
        };
        // What comes back is dropped at once, and was never an object.
        fn back<T>(result: Result<Gc<T>, AllocError<T>>, world: &World, id: Id) -> Option<Gc<T>> {
            if result.is_err() {
                world.log(Event::Stillborn(id));
            }
            result.ok()
        }
        let made = planned(|| match op {
            Op::Leaf => {
                built.set(true);
                back(heap.try_alloc(Leaf { tag }), world, id).map(Ref::Leaf)
            }
            Op::Fin { .. } => {
                let body = make(tag, edges);
                match apart % 2 {
                    0 => back(heap.try_alloc(Fin { body, mode }), world, id).map(Ref::F0),
                    _ => back(heap.try_alloc(Fin { body, mode }), world, id).map(Ref::F1),
                }
            }
            Op::Cyclic { .. } => Some(Ref::P0(heap.alloc_cyclic(|me| {
                let mut body = make(tag, edges);
                body.weaks.push((id, WeakRef::P0(me)));
                Plain { body }
            }))),
            _ => {
                let body = make(tag, edges);
                match apart % 3 {
                    0 => back(heap.try_alloc(Plain { body }), world, id).map(Ref::P0),
                    1 => back(heap.try_alloc(Plain { body }), world, id).map(Ref::P1),
                    _ => back(heap.try_alloc(Plain { body }), world, id).map(Ref::P2),
                }
            }
        })?;
        for event in world.drain() {
            oracle.apply(event)?;
        }
        oracle.in_flight.clear();
        if !built.get() {
            // A panic before `alloc_cyclic` called its closure: there never was a value to drop.
            oracle.apply(Event::Dropped(id))?;
        }
        if let Some(Some(r)) = made {
            self.hold(id, r);
        }
        Ok(())
    }

    fn read_child(&mut self, i: usize, edge: u8) -> Check {
        if self.held.len() >= 12 {
            return Ok(());
        }
        let heap = self.heap.as_ref().expect("a heap");
        if let Some(r) = pick_of(self.held[i].edges(heap), edge).cloned() {
            let id = self.id_of(&r)?;
            self.hold(id, r);
        }
        Ok(())
    }

    fn take_edges(&mut self, i: usize, most: usize, keep: bool) {
        let xid = self.oracle.held[i];
        let heap = self.heap.as_mut().expect("a heap");
        let Some(edges) = self.held[i].edges_mut(heap) else {
            return;
        };
        let taken = if most >= edges.len() {
            std::mem::take(edges)
        } else {
            edges.split_off(edges.len() - most)
        };
        let mirror = &mut self.oracle.node_mut(xid).edges;
        let ids = mirror.split_off(mirror.len() - taken.len());
        if keep {
            for (id, r) in ids.into_iter().zip(taken) {
                self.hold(id, r);
            }
        }
    }

    fn swap(&mut self, a: u8, b: u8) {
        let (Some(i), Some(j)) = (self.pick(a), self.pick(b)) else {
            return;
        };
        let (x, y) = (self.oracle.held[i], self.oracle.held[j]);
        if x == y {
            return;
        }
        let heap = self.heap.as_mut().expect("a heap");
        macro_rules! swap {
            ($g:ident, $h:ident) => {{
                let [p, q] = heap.get_disjoint_mut([$g, $h]);
                std::mem::swap(&mut p.body.edges, &mut q.body.edges);
            }};
        }
        match (&self.held[i], &self.held[j]) {
            (Ref::P0(g), Ref::P0(h)) => swap!(g, h),
            (Ref::P1(g), Ref::P1(h)) => swap!(g, h),
            (Ref::P2(g), Ref::P2(h)) => swap!(g, h),
            (Ref::F0(g), Ref::F0(h)) => swap!(g, h),
            (Ref::F1(g), Ref::F1(h)) => swap!(g, h),
            _ => return,
        }
        let edges = std::mem::take(&mut self.oracle.node_mut(x).edges);
        let edges = std::mem::replace(&mut self.oracle.node_mut(y).edges, edges);
        self.oracle.node_mut(x).edges = edges;
    }

    fn pick_weak(&self, i: u8) -> Option<usize> {
        (!self.weak.is_empty()).then(|| i as usize % self.weak.len())
    }

    fn check_weak(&self, w: usize, alive: bool) -> Check {
        let WeakHeld { id, stamp, .. } = self.weak[w];
        self.check_weak_of(id, stamp, alive)
    }

    fn check_weak_of(&self, id: Id, stamp: u64, alive: bool) -> Check {
        if alive && self.oracle.node(id).dropped {
            return Err(format!("a weak handle reads the dropped #{id}"));
        }
        if !alive && self.oracle.reachable()[id as usize] && self.oracle.weak_must_live(id, stamp) {
            return Err(format!("a weak handle of the reachable #{id} reads dead"));
        }
        Ok(())
    }

    fn brought_back(&self, id: Id, r: &Ref) -> Check {
        let got = self.id_of(r)?;
        if got != id {
            return Err(format!("a weak handle of #{id} brought #{got}"));
        }
        if self.oracle.node(id).dropped {
            return Err(format!("the dropped #{id} was brought back"));
        }
        Ok(())
    }

    /// Holds a handle that was read from an object which the game may not have been able to reach.
    fn hold_unseen(&mut self, r: Ref) -> Check {
        let id = self.id_of(&r)?;
        self.hold(id, r);
        Ok(())
    }

    /// What the heap tells of an object that the game holds, and of those that it refers to.
    fn inspect(&mut self, i: usize) -> Check {
        let heap = self.heap.as_ref().expect("a heap");
        let fuse = self.world.trace_fuse.take();
        let (r, id) = (&self.held[i], self.oracle.held[i]);
        let (own, strong, referents) = r.seen(heap);
        // The filler of bulky objects comes before or after the edges.
        let edges: Vec<_> = r.edges(heap).iter().map(|e| e.seen(heap).0).collect();
        let shown = referents.iter().filter(|e| edges.contains(e)).count();
        if shown != edges.len() {
            return Err(format!(
                "#{id} refers to {edges:?}, and shows {referents:?}"
            ));
        }
        let handles = self.oracle.held.iter().filter(|h| **h == id).count();
        if strong < handles {
            return Err(format!(
                "{handles} handles of #{id}, and its count is {strong}"
            ));
        }
        for child in r.edges(heap) {
            if !child.referrers(heap).contains(&own) {
                return Err(format!("#{id} is no referrer of what it refers to"));
            }
        }
        let listed = heap.all_objects().filter(|o| o.id == own).count();
        let mut generations = 0;
        for generation in Generation::ALL {
            generations += heap.objects(generation).filter(|o| o.id == own).count();
        }
        // A finalizer may have saved it: then it is condemned until the job ends.
        let settled = !heap.is_collecting();
        if listed > 1 || generations > listed || settled && listed == 0 {
            return Err(format!("#{id} is listed {listed} and {generations} times"));
        }
        // While another thread drops handles, counts change between the two.
        let hash = heap.state_hash();
        if hash != heap.state_hash() && !self.settings.racing {
            return Err("two hashes of one state".into());
        }
        self.world.trace_fuse.arm(fuse);
        Ok(())
    }

    fn iter_all(&mut self) -> Check {
        let heap = self.heap.as_ref().expect("a heap");
        let mut seen = vec![0u32; self.oracle.nodes.len()];
        for kind in [Kind::Plain, Kind::Fin] {
            for n in iter_bodies(heap, kind) {
                seen[n.tag.id as usize] += 1;
            }
        }
        for (_, n) in heap.iter_weak::<Leaf>() {
            seen[n.tag.id as usize] += 1;
        }
        let reachable = self.oracle.reachable();
        for (i, n) in self.oracle.nodes.iter().enumerate() {
            if seen[i] > 1 || (n.dropped && seen[i] > 0) {
                return Err(format!(
                    "iter gives #{i} {} times; dropped: {}",
                    seen[i], n.dropped
                ));
            }
            if reachable[i] && !n.revived && seen[i] == 0 {
                return Err(format!("iter leaves out the reachable #{i}"));
            }
        }
        Ok(())
    }

    fn step(&mut self, units: u64) -> Check {
        let progress = self.heap().step(Budget::units(units));
        // Told to exceed, the pacer may.
        if progress.units > units && !self.settings.paced {
            return Err(format!("step({units}) used {} units", progress.units));
        }
        if progress.finished && self.heap().is_collecting() {
            return Err("step says finished, and a job is in progress".into());
        }
        Ok(())
    }

    /// One-unit slices until no job is in progress.
    fn finish_job(&mut self) -> Check {
        let slice = u64::from(self.settings.finish.max(1));
        // Paced policies may leave work for later frames, and so may a round.
        let paced = self.rounds > 0
            // Over the soft limit, each step may begin the next collection.
            || self.heap().limits() != Limits::default()
            || matches!(self.heap().policy(), Policy::Budgeted(_) | Policy::Adaptive);
        for _ in 0..if paced { 200 } else { PATIENCE } {
            if self.heap().step(Budget::units(slice)).finished {
                return Ok(());
            }
        }
        if paced {
            return Ok(());
        }
        Err("the sliced collection does not end".into())
    }

    fn end_heap(&mut self) {
        self.world.disarm();
        self.oracle.heap_ended = true;
        drop(self.heap.take());
    }

    /// Replays the log, then walks everything that the game can reach.
    fn settle(&mut self) -> Check {
        for event in self.world.drain() {
            self.oracle.apply(event)?;
        }
        self.oracle.in_flight.clear();
        if let Some(frames) = &self.frames {
            frames.check(self.heap.as_ref())?;
        }
        let Some(heap) = &self.heap else {
            return Ok(());
        };
        let fuse = self.world.trace_fuse.take();
        if *VERIFY {
            planned(|| {
                heap.verify();
                heap.verify_trace();
            })?;
        }
        self.world.trace_fuse.arm(fuse);
        if !heap.is_collecting() {
            self.oracle.settled();
        }
        for (owner, place, weak) in lock(&self.world.woven).drain(..) {
            let owner = self.oracle.node(owner);
            let (id, stamp) = (owner.last_edges[place], owner.dropped_at);
            if self.weak.len() < 8 {
                self.weak.push(WeakHeld { id, stamp, weak });
            }
        }
        let reachable = self.oracle.reachable();
        for (owner, place, stolen) in lock(&self.world.stolen).iter() {
            let id = self.oracle.node(*owner).last_edges[*place];
            match stolen.try_tag(heap) {
                Ok(tag) if tag.id == id && tag.intact() => {}
                Ok(tag) => return Err(format!("the stolen handle of #{id} reads #{}", tag.id)),
                Err(HandleError::Reclaimed) if self.oracle.node(id).dropped => {}
                // Condemned with the one that it was stolen from: it opens no more before its value drops.
                Err(HandleError::Reclaimed) if heap.is_collecting() && !reachable[id as usize] => {}
                Err(e) => return Err(format!("the stolen handle of #{id} gives {e:?}")),
            }
        }
        let mut seen = vec![false; self.oracle.nodes.len()];
        for (id, r) in self.oracle.held.iter().zip(&self.held) {
            self.walk(heap, *id, r, &mut seen)?;
        }
        for (id, r) in self
            .oracle
            .outside
            .iter()
            .zip(lock(&self.world.outside).iter())
        {
            self.walk(heap, *id, r, &mut seen)?;
        }
        if let (Some(id), Some(r)) = (self.oracle.anchor, lock(&self.world.anchor).as_ref()) {
            self.walk(heap, id, r, &mut seen)?;
        }
        let len = heap.len() - usize::from(self.filler.is_some());
        let alive = self.oracle.alive();
        let reachable = seen.iter().filter(|s| **s).count();
        if len > alive || len < reachable {
            return Err(format!(
                "len() is {len}: {reachable} are reachable, {alive} were not dropped"
            ));
        }
        if self.settings.probe_weak {
            for w in 0..self.weak.len() {
                let tag = self.weak[w].weak.peek(heap).map(|(tag, _)| tag.id);
                if tag.is_some_and(|id| id != self.weak[w].id) {
                    return Err(format!(
                        "a weak handle of #{} reads {tag:?}",
                        self.weak[w].id
                    ));
                }
                self.check_weak(w, tag.is_some())?;
            }
        }
        Ok(())
    }

    fn walk(&self, heap: &Heap, id: Id, r: &Ref, seen: &mut [bool]) -> Check {
        let tag = r
            .try_tag(heap)
            .map_err(|e| format!("the reachable #{id} gives {e:?}"))?;
        if tag.id != id || !tag.intact() {
            return Err(format!(
                "the handle of #{id} reads #{}, intact: {}",
                tag.id,
                tag.intact()
            ));
        }
        if self.oracle.node(id).dropped {
            return Err(format!("the reachable #{id} was dropped"));
        }
        if std::mem::replace(&mut seen[id as usize], true) {
            return Ok(());
        }
        let (edges, truth) = (r.edges(heap), &self.oracle.node(id).edges);
        if edges.len() != truth.len() {
            return Err(format!(
                "#{id} has {} edges instead of {truth:?}",
                edges.len()
            ));
        }
        for (child, child_id) in edges.iter().zip(truth) {
            self.walk(heap, *child_id, child, seen)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Check {
        self.world.disarm();
        if self.settings.racing {
            ELSEWHERE.wait();
        }
        if self.heap.is_some() {
            while self.rounds > 0 {
                self.rounds -= 1;
                self.heap().end_round();
            }
            self.heap().enable();
            self.heap().set_policy(Policy::Automatic);
            self.heap().set_limits(Limits::default());
            self.heap().unfreeze();
            self.settle()?;
            self.exhaust()?;
            self.complete()?;
        }
        if self.settings.heap_first {
            self.end_heap();
            self.settle()?;
            self.all_gone()?;
            self.held.clear();
            lock(&self.world.outside).clear();
            *lock(&self.world.anchor) = None;
        } else {
            self.held.clear();
            self.oracle.held.clear();
            lock(&self.world.outside).clear();
            self.oracle.outside.clear();
            *lock(&self.world.anchor) = None;
            self.oracle.anchor = None;
            if self.heap.is_some() {
                self.exhaust()?;
                self.complete()?;
            }
            self.end_heap();
            self.settle()?;
            self.all_gone()?;
        }
        // A second drop would be in the log.
        self.settle()
    }

    /// Collects until nothing moves any more.
    fn exhaust(&mut self) -> Check {
        for _ in 0..60 {
            let (finalizers, alive) = (self.oracle.finalizers, self.oracle.alive());
            lock(&self.world.stolen).clear();
            let mut broken = false;
            if self.settings.quarantine {
                broken = self.break_garbage();
            }
            if self.settings.finish == 0 {
                let collection = self.heap().collect();
                self.settle()?;
                if collection.collected == 0
                    && !broken
                    && self.heap().garbage().is_empty()
                    && lock(&self.world.stolen).is_empty()
                    && self.oracle.alive() == alive
                    && self.oracle.finalizers == finalizers
                {
                    return Ok(());
                }
            } else {
                // The rest of a job that began earlier, then the two of the guarantee.
                let jobs = 2 + usize::from(self.heap().is_collecting());
                for _ in 0..jobs {
                    self.finish_job()?;
                    self.settle()?;
                }
                // `complete` checks that nothing is left, when no finalizer made new garbage.
                if self.oracle.finalizers == finalizers
                    && !broken
                    && self.heap().garbage().is_empty()
                    && lock(&self.world.stolen).is_empty()
                {
                    return Ok(());
                }
            }
        }
        Err("collecting does not come to an end".into())
    }

    /// What the game has to do with quarantined cycles.
    fn break_garbage(&mut self) -> bool {
        let heap = self.heap.as_mut().expect("a heap");
        let mut broken = false;
        for any in heap.take_garbage() {
            let Some(r) = Ref::from_any(any) else {
                continue;
            };
            let Ok(id) = r.try_tag(heap).map(|t| t.id) else {
                continue;
            };
            if let Some(edges) = r.edges_mut(heap) {
                broken |= !edges.is_empty();
                edges.clear();
                self.oracle.node_mut(id).edges.clear();
            }
        }
        broken
    }

    /// Exactly what is reachable is there.
    fn complete(&mut self) -> Check {
        let reachable = self.oracle.reachable();
        for (i, n) in self.oracle.nodes.iter().enumerate() {
            if n.dropped == reachable[i] {
                return Err(format!(
                    "#{i} is reachable: {}, dropped: {}",
                    reachable[i], n.dropped
                ));
            }
        }
        let alive = self.oracle.alive();
        let len = self.heap().len() - usize::from(self.filler.is_some());
        if len != alive {
            return Err(format!("len() is {len} and {alive} are alive"));
        }
        for w in 0..self.weak.len() {
            let alive = self.weak[w].weak.upgrade(self.heap()).is_some();
            self.check_weak(w, alive)?;
        }
        Ok(())
    }

    fn all_gone(&self) -> Check {
        match self.oracle.nodes.iter().position(|n| !n.dropped) {
            Some(i) => Err(format!("#{i} outlived its heap")),
            None => Ok(()),
        }
    }
}

fn policy(n: u8) -> Policy {
    match n {
        0 => Policy::Automatic,
        1 => Policy::Raised(thresholds(6)),
        2 => Policy::Disabled,
        3 => Policy::Budgeted(Budget::units(3)),
        _ => Policy::Adaptive,
    }
}

/// Leaves free places far from each other at the front of the free lists, in a page of full size: there a page has
/// several groups of 64 places, and several windows in each.
fn scatter(heap: &mut Heap, world: &Arc<World>) {
    const FIRST_PAGES: usize = 520;
    const CROWD: usize = 900;
    let body = || Body::new(Tag::new(world, NOBODY), Vec::new());
    let mut crowd: Vec<_> = (0..CROWD)
        .map(|_| Some(heap.alloc(Plain::<0> { body: body() })))
        .collect();
    let strides = || (0..CROWD).map(|i| i * 37 % CROWD);
    let large = strides().filter(|i| *i >= FIRST_PAGES);
    for i in large.chain(strides().filter(|i| *i < FIRST_PAGES)) {
        crowd[i] = None;
        heap.reclaim();
    }
}

fn thresholds(young: u8) -> Thresholds {
    Thresholds {
        young: young as usize,
        middle: 2,
        old: 2,
    }
}

fn pick_of(edges: &[Ref], i: u8) -> Option<&Ref> {
    (!edges.is_empty()).then(|| &edges[i as usize % edges.len()])
}

enum Errand {
    Drop(Ref, Option<Sender<()>>),
    Clone(Ref, Sender<Ref>),
    Wait(Sender<()>),
}

/// A second thread for all tests: a thread for each handle would take most of the time.
struct Elsewhere(Mutex<Sender<Errand>>);

static ELSEWHERE: LazyLock<Elsewhere> = LazyLock::new(|| {
    let (send, receive): (_, Receiver<Errand>) = channel();
    std::thread::spawn(move || {
        for errand in receive {
            // The answers may have nobody to go to when a test has failed.
            match errand {
                Errand::Drop(r, done) => {
                    drop(r);
                    if let Some(done) = done {
                        let _ = done.send(());
                    }
                }
                Errand::Clone(r, back) => {
                    let clone = r.clone();
                    drop(r);
                    let _ = back.send(clone);
                }
                Errand::Wait(done) => {
                    let _ = done.send(());
                }
            }
        }
    });
    Elsewhere(Mutex::new(send))
});

impl Elsewhere {
    fn send(&self, errand: Errand) {
        lock(&self.0)
            .send(errand)
            .expect("the thread lives as long as the tests");
    }

    fn discard(&self, r: Ref, wait: bool) {
        if wait {
            let (done, wait) = channel();
            self.send(Errand::Drop(r, Some(done)));
            wait.recv().expect("an answer");
        } else {
            self.send(Errand::Drop(r, None));
        }
    }

    fn clone_and_drop(&self, r: Ref) -> Ref {
        let (back, wait) = channel();
        self.send(Errand::Clone(r, back));
        wait.recv().expect("an answer")
    }

    fn wait(&self) {
        let (done, wait) = channel();
        self.send(Errand::Wait(done));
        wait.recv().expect("an answer");
    }
}
