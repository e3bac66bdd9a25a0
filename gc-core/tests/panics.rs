//! A panic in `trace`, `Drop`, `finalize` or a callback of any kind, at each n-th call, also while the game unwinds: the heap stays consistent,
//! nothing is dropped twice, nothing reachable is lost, and nothing unreachable stays.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gc_core::{
    Budget, Finalize, Gc, Generation, Heap, Limits, Pacing, Policy, Thresholds, Trace, Tracer,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Site {
    Trace,
    Drop,
    Finalize,
    Callback,
    Phase,
    Warning,
}

/// Those that every collection calls; warnings come near limits alone.
const SITES: [Site; 5] = [
    Site::Trace,
    Site::Drop,
    Site::Finalize,
    Site::Callback,
    Site::Phase,
];
const KINDS: usize = SITES.len() + 1;

struct Planned;

#[derive(Default)]
struct Plan {
    /// Panic at the call of this number, counted from 1.
    at: Option<(Site, usize)>,
    calls: [usize; KINDS],
    fired: bool,
    /// Also while another panic unwinds: whoever calls catches it.
    in_unwinding: bool,
    dropped: Vec<u32>,
    finalized: Vec<u32>,
}

type Shared = Arc<Mutex<Plan>>;

fn lock(plan: &Shared) -> MutexGuard<'_, Plan> {
    plan.lock().unwrap_or_else(PoisonError::into_inner)
}

fn call(plan: &Shared, site: Site) {
    let fire = {
        let mut plan = lock(plan);
        plan.calls[site as usize] += 1;
        let fire = plan.at == Some((site, plan.calls[site as usize]));
        plan.fired |= fire;
        fire && (plan.in_unwinding || !std::thread::panicking())
    };
    // A panic that leaves a `drop` while another one unwinds aborts, in any Rust program.
    if fire {
        resume_unwind(Box::new(Planned));
    }
}

/// Runs `f`; whether a planned panic comes out or is contained is not what is tested.
fn guarded<R>(f: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(r) => Some(r),
        Err(e) if e.is::<Planned>() => None,
        Err(e) => resume_unwind(e),
    }
}

struct Tripwire(Shared);

impl Trace for Tripwire {
    fn trace(&self, _: &mut Tracer<'_>) {
        call(&self.0, Site::Trace);
    }

    fn tracked() -> bool {
        false
    }
}

/// The tripwire between two edges: a panic comes when half of them are traced.
#[derive(Trace)]
struct Item {
    name: u32,
    first: Vec<Gc<Item>>,
    tripwire: Tripwire,
    second: Vec<Gc<Item>>,
    keepsakes: Vec<Gc<Keepsake>>,
}

#[derive(Trace)]
#[trace(finalize)]
struct Keepsake {
    name: u32,
    owner: Option<Gc<Item>>,
    me: Option<Gc<Keepsake>>,
    tripwire: Tripwire,
}

impl Finalize for Keepsake {
    fn finalize(this: &Gc<Self>, heap: &mut Heap) {
        let keepsake = &heap[this];
        lock(&keepsake.tripwire.0).finalized.push(keepsake.name);
        call(&keepsake.tripwire.0, Site::Finalize);
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        lock(&self.tripwire.0).dropped.push(self.name);
        call(&self.tripwire.0, Site::Drop);
    }
}

impl Drop for Keepsake {
    fn drop(&mut self) {
        lock(&self.tripwire.0).dropped.push(self.name);
        call(&self.tripwire.0, Site::Drop);
    }
}

/// Names: live below 100, dead from 100 on.
struct Scene {
    heap: Heap,
    plan: Shared,
    root: Gc<Item>,
    /// Not reachable from `root`; every test lets it go, some in mid-job.
    hand: Option<Gc<Item>>,
    live: Vec<u32>,
    all: Vec<u32>,
}

impl Scene {
    fn item(heap: &mut Heap, plan: &Shared, name: u32) -> Gc<Item> {
        heap.alloc(Item {
            name,
            first: Vec::new(),
            tripwire: Tripwire(plan.clone()),
            second: Vec::new(),
            keepsakes: Vec::new(),
        })
    }

    fn keepsake(
        heap: &mut Heap,
        plan: &Shared,
        name: u32,
        owner: Option<Gc<Item>>,
    ) -> Gc<Keepsake> {
        heap.alloc(Keepsake {
            name,
            owner,
            me: None,
            tripwire: Tripwire(plan.clone()),
        })
    }

    /// A ring of three with a keepsake on each, linked both ways.
    fn ring(heap: &mut Heap, plan: &Shared, from: u32) -> Gc<Item> {
        let items: Vec<_> = (0..3).map(|n| Self::item(heap, plan, from + n)).collect();
        for (i, g) in items.iter().enumerate() {
            let (next, before) = (items[(i + 1) % 3].clone(), items[(i + 2) % 3].clone());
            let keepsake = Self::keepsake(heap, plan, from + 10 + i as u32, Some(g.clone()));
            let item = &mut heap[g];
            item.first.push(next);
            item.second.push(before);
            item.keepsakes.push(keepsake);
        }
        items[0].clone()
    }

    /// Live and dead structures, made in turn so that they lie among each other.
    fn new(plan: &Shared) -> Self {
        let mut heap = Heap::new();
        let root = Self::item(&mut heap, plan, 0);
        let mut all = vec![0];
        for n in 0..2 {
            let live = Self::ring(&mut heap, plan, 20 + 20 * n);
            heap[&root].second.push(live);
            drop(Self::ring(&mut heap, plan, 100 + 20 * n));
            // Dead by its count alone, with what hangs off it.
            let loose = Self::item(&mut heap, plan, 200 + 20 * n);
            let keepsake = Self::keepsake(&mut heap, plan, 201 + 20 * n, None);
            heap[&loose].keepsakes.push(keepsake);
            drop(loose);
            // Dead, in a cycle of one with a finalizer.
            let knot = Self::keepsake(&mut heap, plan, 202 + 20 * n, None);
            heap[&knot].me = Some(knot.clone());
            drop(knot);
            for from in [20 + 20 * n, 100 + 20 * n] {
                all.extend((0..3).flat_map(|i| [from + i, from + 10 + i]));
            }
            all.extend([200, 201, 202].map(|name| name + 20 * n));
        }
        // The same once more, untouched by the safepoints of the allocations above.
        let below = Self::item(&mut heap, plan, 252);
        let keepsake = Self::keepsake(&mut heap, plan, 251, Some(below));
        let loose = Self::item(&mut heap, plan, 250);
        heap[&loose].keepsakes.push(keepsake);
        drop(loose);
        let hand = Self::item(&mut heap, plan, 260);
        let keepsake = Self::keepsake(&mut heap, plan, 261, Some(root.clone()));
        heap[&hand].keepsakes.push(keepsake);
        all.extend([250, 251, 252, 260, 261]);
        all.sort_unstable();
        let live = all.iter().copied().filter(|n| *n < 100).collect();
        Scene {
            heap,
            plan: plan.clone(),
            root,
            hand: Some(hand),
            live,
            all,
        }
    }

    fn listen(&mut self) {
        let plan = self.plan.clone();
        self.heap
            .on_collection(move |_| call(&plan, Site::Callback));
        let plan = self.plan.clone();
        self.heap.on_phase(move |_| call(&plan, Site::Phase));
        let plan = self.plan.clone();
        self.heap.on_warning(move |_| call(&plan, Site::Warning));
    }

    /// Two sliced collections: the first may have only the dead of reference counting to free.
    fn finish(&mut self, units: u64) {
        for _ in 0..2 {
            let mut slices = 0;
            while !guarded(|| self.heap.step(Budget::units(units))).is_some_and(|p| p.finished) {
                slices += 1;
                assert!(slices < 5_000, "the sliced collection does not end");
            }
        }
    }

    /// Walks all that is live.
    fn check_live(&self) {
        let mut seen = Vec::new();
        let mut stack = vec![&self.root];
        while let Some(g) = stack.pop() {
            let item = self.heap.try_get(g).expect("reachable");
            if seen.contains(&item.name) {
                continue;
            }
            seen.push(item.name);
            stack.extend(item.first.iter().chain(&item.second));
            for keepsake in &item.keepsakes {
                let keepsake = self.heap.try_get(keepsake).expect("reachable");
                seen.push(keepsake.name);
                assert!(
                    keepsake.owner.as_ref().is_none_or(|o| o == g),
                    "edges are whole"
                );
            }
        }
        seen.sort_unstable();
        assert_eq!(seen, self.live, "nothing reachable is lost");
        let plan = lock(&self.plan);
        assert!(
            plan.dropped.iter().all(|n| !self.live.contains(n)),
            "{:?}",
            plan.dropped
        );
        assert!(
            plan.finalized.iter().all(|n| !self.live.contains(n)),
            "{:?}",
            plan.finalized
        );
        Self::check_once(&plan);
    }

    fn check_once(plan: &Plan) {
        for list in [&plan.dropped, &plan.finalized] {
            let mut once = list.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!(once.len(), list.len(), "twice: {list:?}");
        }
    }

    /// After the panic: what is dead goes, what is live stays, and everything ends with the heap.
    fn aftermath(mut self) {
        {
            let mut plan = lock(&self.plan);
            plan.at = None;
            plan.in_unwinding = false;
        }
        self.heap.verify();
        self.heap.verify_trace();
        self.check_live();
        self.hand = None;
        for _ in 0..3 {
            self.heap.collect();
            self.heap.reclaim();
        }
        self.check_live();
        let dropped = |scene: &Scene| {
            let mut dropped = lock(&scene.plan).dropped.clone();
            dropped.sort_unstable();
            dropped
        };
        let dead: Vec<u32> = self.all.iter().copied().filter(|n| *n >= 100).collect();
        assert_eq!(dropped(&self), dead, "nothing unreachable stays");
        assert_eq!(self.heap.len(), self.live.len());
        // It works as before.
        let extra = Self::ring(&mut self.heap, &self.plan, 300);
        drop(extra);
        assert_eq!(self.heap.collect().collected, 6);
        lock(&self.plan).dropped.retain(|n| *n < 300);
        lock(&self.plan).finalized.retain(|n| *n < 300);
        let (plan, all) = (self.plan.clone(), self.all.clone());
        drop(self);
        let mut dropped = lock(&plan).dropped.clone();
        dropped.sort_unstable();
        assert_eq!(dropped, all);
        Self::check_once(&lock(&plan));
    }
}

/// Runs `act` once without a panic to count the calls, then once for each call with a panic in it.
fn at_each_call(act: impl Fn(&mut Scene)) {
    at_each_call_of(&SITES, act);
}

fn at_each_call_of(sites: &[Site], act: impl Fn(&mut Scene)) {
    for &site in sites {
        let mut n = 1;
        loop {
            let plan = Shared::default();
            let mut scene = Scene::new(&plan);
            scene.listen();
            {
                let mut plan = lock(&plan);
                plan.calls = [0; KINDS];
                plan.at = Some((site, n));
            }
            act(&mut scene);
            let fired = lock(&plan).fired;
            // A failure below is hard to place without this; it is shown only with a failure.
            println!("panic in {site:?}, call {n}");
            scene.aftermath();
            if !fired {
                assert!(n > 1, "{site:?} is never called: the test tests nothing");
                break;
            }
            n += 1;
        }
    }
}

#[test]
fn at_each_call_in_a_collection() {
    at_each_call(|scene| {
        guarded(|| scene.heap.collect());
    });
}

#[test]
fn at_each_call_in_a_collection_that_is_repeated() {
    at_each_call(|scene| {
        for _ in 0..3 {
            guarded(|| scene.heap.collect());
            scene.check_live();
        }
    });
}

#[test]
fn at_each_call_in_a_young_collection() {
    at_each_call(|scene| {
        guarded(|| scene.heap.collect_generation(Generation::Young));
    });
}

#[test]
fn at_each_call_in_slices_of_one_unit() {
    at_each_call(|scene| {
        scene.finish(1);
    });
}

#[test]
fn at_each_call_in_one_large_slice() {
    at_each_call(|scene| {
        scene.finish(u64::MAX);
    });
}

#[test]
fn at_each_call_in_allocations_that_collect() {
    at_each_call(|scene| {
        scene.heap.set_thresholds(Thresholds {
            young: 1,
            middle: 1,
            old: 1,
        });
        let plan = Shared::default();
        for n in 0..20 {
            // Its own plan: what it does is no part of the scene.
            guarded(|| drop(Scene::item(&mut scene.heap, &plan, n)));
        }
        scene.heap.set_thresholds(Thresholds::default());
        for _ in 0..3 {
            guarded(|| scene.heap.reclaim());
        }
        Scene::check_once(&lock(&plan));
    });
}

#[test]
fn at_each_call_in_reclaim() {
    at_each_call_of(&[Site::Drop, Site::Finalize], |scene| {
        scene.hand = None;
        for _ in 0..3 {
            guarded(|| scene.heap.reclaim());
            scene.check_live();
        }
    });
}

/// Writes and deaths in mid-job trace an object too.
#[test]
fn at_each_call_in_a_job_with_writes_and_deaths_between() {
    for start in [0, 10, 20, 30, 50] {
        at_each_call_of(&[Site::Trace, Site::Drop, Site::Finalize], |scene| {
            for _ in 0..start {
                guarded(|| scene.heap.step(Budget::units(1)));
            }
            let at = scene.root.clone();
            guarded(|| {
                // Out and in again: a panic comes before anything has moved.
                let first = scene.heap.get_mut(&at).second.pop();
                scene.heap.get_mut(&at).second.extend(first);
            });
            let _ = guarded(|| scene.heap.get_mut(&at).second.len());
            let child = scene.heap[&at].second[0].clone();
            let _ = guarded(|| scene.heap.get_mut(&child).first.len());
            let plan = Shared::default();
            let loose = guarded(|| Scene::item(&mut scene.heap, &plan, 1));
            drop((loose, child));
            scene.hand = None;
            guarded(|| scene.heap.reclaim());
            scene.finish(1);
        });
    }
}

/// The game unwinds, and what it drops on the way collects: a panic in the middle of that is caught there.
#[test]
fn at_each_call_while_the_game_unwinds() {
    struct Last<'a>(&'a mut Scene, Option<u64>);
    impl Drop for Last<'_> {
        fn drop(&mut self) {
            assert!(std::thread::panicking());
            match self.1 {
                Some(units) => self.0.finish(units),
                None => drop(guarded(|| self.0.heap.collect())),
            }
            self.0.check_live();
        }
    }
    for units in [None, Some(1), Some(1000)] {
        at_each_call(|scene| {
            lock(&scene.plan).in_unwinding = true;
            guarded(|| {
                let _last = Last(scene, units);
                resume_unwind(Box::new(Planned));
            });
        });
    }
}

#[test]
fn at_each_call_in_warnings_of_memory() {
    at_each_call_of(&[Site::Warning, Site::Callback, Site::Phase], |scene| {
        let used = scene.heap.bytes();
        scene.heap.set_limits(Limits {
            soft: used + used / 4,
            hard: used * 2,
        });
        let plan = Shared::default();
        let mut kept = Vec::new();
        for n in 0..80 {
            // Its own plan: what it does is no part of the scene.
            kept.extend(guarded(|| Scene::item(&mut scene.heap, &plan, n)));
            if n == 40 {
                kept.clear();
                guarded(|| scene.heap.collect());
            }
            if scene.heap.bytes() > used * 2 - 300 {
                break;
            }
        }
        // Steps warn too, of what came without an allocation.
        kept.clear();
        let root = scene.root.clone();
        for bytes in [used, 0, used, used * 3] {
            scene.heap.set_external_bytes(&root, bytes);
            guarded(|| scene.heap.step(Budget::units(3)));
        }
        scene.heap.set_external_bytes(&root, 0);
        scene.heap.set_limits(Limits::default());
        scene.finish(7);
        Scene::check_once(&lock(&plan));
    });
}

#[test]
fn at_each_call_in_warnings_of_budgets_that_are_too_small() {
    let sites = [Site::Warning, Site::Callback, Site::Phase];
    at_each_call_of(&sites, |scene| {
        let before = (scene.heap.policy(), scene.heap.pacing());
        scene.heap.set_pacing(Pacing {
            max_age: 2,
            slack_bytes: 64,
            young_bytes: 128,
            ..Pacing::default()
        });
        scene.heap.set_policy(Policy::Budgeted(Budget::units(1)));
        let plan = Shared::default();
        for n in 0..12 {
            guarded(|| {
                let knot = Scene::item(&mut scene.heap, &plan, n);
                let me = knot.clone();
                scene.heap[&knot].first.push(me);
            });
            guarded(|| scene.heap.step(Budget::UNLIMITED));
        }
        scene.heap.set_policy(before.0);
        scene.heap.set_pacing(before.1);
        scene.finish(9);
        Scene::check_once(&lock(&plan));
    });
}

#[test]
fn at_each_call_at_the_end_of_the_heap() {
    for site in [Site::Drop, Site::Finalize] {
        for in_mid_job in [0, 7, 40] {
            let mut n = 1;
            loop {
                let plan = Shared::default();
                let mut scene = Scene::new(&plan);
                for _ in 0..in_mid_job {
                    scene.heap.step(Budget::units(1));
                }
                {
                    let mut plan = lock(&plan);
                    plan.calls = [0; KINDS];
                    plan.at = Some((site, n));
                }
                let Scene {
                    heap, root, all, ..
                } = scene;
                guarded(|| drop(heap));
                drop(root);
                let plan = lock(&plan);
                let mut dropped = plan.dropped.clone();
                dropped.sort_unstable();
                assert_eq!(
                    dropped, all,
                    "{site:?}, call {n}: everything is dropped, once"
                );
                Scene::check_once(&plan);
                if !plan.fired {
                    break;
                }
                n += 1;
            }
        }
    }
}

#[test]
fn the_heap_may_end_while_the_game_unwinds() {
    for units in 0..60 {
        let plan = Shared::default();
        let mut all = Vec::new();
        guarded(|| {
            let mut scene = Scene::new(&plan);
            all.clone_from(&scene.all);
            for _ in 0..units {
                scene.heap.step(Budget::units(1));
            }
            resume_unwind(Box::new(Planned));
        });
        let plan = lock(&plan);
        let mut dropped = plan.dropped.clone();
        dropped.sort_unstable();
        assert_eq!(dropped, all, "after {units} units");
        Scene::check_once(&plan);
    }
}

#[test]
fn in_the_closure_of_alloc_cyclic() {
    let plan = Shared::default();
    let mut scene = Scene::new(&plan);
    let before = scene.heap.len();
    let mut weak = gc_core::Weak::dead();
    let made = guarded(|| {
        scene.heap.alloc_cyclic::<Item>(|me| {
            weak = me;
            resume_unwind(Box::new(Planned));
        })
    });
    assert!(made.is_none());
    assert!(scene.heap.len() <= before);
    assert!(scene.heap.get_weak(weak).is_none() && scene.heap.upgrade(weak).is_none());
    assert_eq!(
        scene.heap.iter::<Item>().filter(|i| i.name > 1000).count(),
        0
    );
    scene.aftermath();
}

#[test]
fn in_the_closure_of_a_budget() {
    for n in 0..40 {
        let plan = Shared::default();
        let mut scene = Scene::new(&plan);
        let mut asked = 0;
        guarded(|| {
            scene.heap.step(Budget::until(|| {
                asked += 1;
                if asked > n {
                    resume_unwind(Box::new(Planned));
                }
                false
            }))
        });
        scene.aftermath();
    }
}

#[test]
fn a_wrong_call_leaves_the_heap_as_it_was() {
    let plan = Shared::default();
    let mut scene = Scene::new(&plan);
    let mut other = Heap::new();
    let root = scene.root.clone();
    for units in 0..30 {
        let quiet = |f: &mut dyn FnMut()| {
            catch_unwind(AssertUnwindSafe(f)).expect_err("it must panic");
        };
        quiet(&mut || {
            let _ = scene.heap.get_disjoint_mut([&root, &root]);
        });
        quiet(&mut || {
            let _ = other.get(&root);
        });
        quiet(&mut || {
            let _ = other.get_mut(&root);
        });
        scene.heap.step(Budget::units(units % 3));
    }
    assert_eq!(other.len(), 0);
    drop(root);
    scene.aftermath();
}
