//! D1, basic reclamation: every shape of cycle is found, and counted exactly.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::Mutex;

use gc_core::{Finalize, Gc, Heap, Trace, Tracer, Weak};

use crate::util::{Actor, Log, actors, both_ways, lock};

#[derive(Trace, Default)]
struct List {
    items: Vec<Gc<List>>,
}

#[test]
fn list_a_container_holding_itself_is_collected() {
    let mut heap = Heap::new();
    let list = heap.alloc(List::default());
    heap[&list].items.push(list.clone());
    assert_eq!(heap.collect().collected, 0, "it is held");
    drop(list);
    assert_eq!(heap.collect().collected, 1);
    assert_eq!(heap.len(), 0);
}

#[derive(Trace, Default)]
struct Dict {
    ordered: BTreeMap<u32, Gc<Dict>>,
    hashed: HashMap<String, Gc<Dict>>,
}

#[test]
fn dict_a_keyed_container_holding_itself_is_collected() {
    let mut heap = Heap::new();
    let dict = heap.alloc(Dict::default());
    heap[&dict].ordered.insert(1, dict.clone());
    drop(dict);
    assert_eq!(heap.collect().collected, 1);

    let dict = heap.alloc(Dict::default());
    heap[&dict].hashed.insert("me".into(), dict.clone());
    drop(dict);
    assert_eq!(heap.collect().collected, 1);
    assert_eq!(heap.len(), 0);
}

/// Written once, when it is made.
#[derive(Trace)]
struct Tuple(Gc<Items>, u32);

#[derive(Trace, Default)]
struct Items {
    tuples: Vec<Gc<Tuple>>,
}

#[test]
fn tuple_a_cycle_through_an_immutable_and_a_mutable_container_reports_2() {
    let mut heap = Heap::new();
    let items = heap.alloc(Items::default());
    let tuple = heap.alloc(Tuple(items.clone(), 7));
    assert_eq!(heap[&tuple].1, 7);
    heap[&items].tuples.push(tuple);
    drop(items);
    assert_eq!(heap.collect().collected, 2);
}

/// A type of a scripting language: its own machinery refers back to it.
#[derive(Trace)]
struct Class {
    order: Vec<Gc<Class>>,
    methods: BTreeMap<&'static str, Gc<Method>>,
    members: Vec<Gc<Instance>>,
}

#[derive(Trace)]
struct Method {
    of: Gc<Class>,
}

#[derive(Trace)]
struct Instance {
    class: Gc<Class>,
}

fn class(heap: &mut Heap, base: Option<&Gc<Class>>) -> Gc<Class> {
    let class = heap.alloc(Class {
        order: Vec::new(),
        methods: BTreeMap::new(),
        members: Vec::new(),
    });
    let method = heap.alloc(Method { of: class.clone() });
    let this = &mut heap[&class];
    this.order.push(class.clone());
    this.order.extend(base.cloned());
    this.methods.insert("update", method);
    class
}

#[test]
fn class_a_type_object_that_refers_to_itself_is_collected() {
    let mut heap = Heap::new();
    let class = class(&mut heap, None);
    let method = &heap[&class].methods["update"];
    assert!(heap[method].of == class);
    assert_eq!(heap.collect().collected, 0);
    drop(class);
    assert_eq!(heap.collect().collected, 2);
}

#[test]
fn newstyleclass_a_derived_type_goes_before_its_base() {
    let mut heap = Heap::new();
    let base = class(&mut heap, None);
    let derived = class(&mut heap, Some(&base));
    drop(derived);
    assert_eq!(heap.collect().collected, 2);
    let derived = class(&mut heap, Some(&base));
    drop(base);
    assert_eq!(
        heap.collect().collected,
        0,
        "the derived type keeps its base"
    );
    drop(derived);
    assert_eq!(heap.collect().collected, 4);
}

#[derive(Trace, Default)]
struct Thing {
    me: Option<Gc<Thing>>,
}

#[test]
fn instance_with_a_field_to_itself_is_collected() {
    let mut heap = Heap::new();
    let thing = heap.alloc(Thing::default());
    heap[&thing].me = Some(thing.clone());
    drop(thing);
    assert_ne!(heap.collect().collected, 0);
    assert_eq!(heap.len(), 0);
}

/// Inheritance from containers is a field of that container here.
#[derive(Trace, Default)]
struct Derived {
    list: Vec<Gc<Derived>>,
    dict: BTreeMap<u32, Gc<Derived>>,
    own: Option<Box<Gc<Derived>>>,
    class: Option<Gc<Class>>,
}

#[test]
fn newinstance_with_several_bases_is_collected_at_each_release() {
    let mut heap = Heap::new();
    let holders: [fn(&mut Derived, Gc<Derived>); 3] = [
        |d, g| d.list.push(g),
        |d, g| drop(d.dict.insert(0, g)),
        |d, g| d.own = Some(Box::new(g)),
    ];
    for hold in holders {
        let class = class(&mut heap, None);
        let g = heap.alloc(Derived {
            class: Some(class.clone()),
            ..Derived::default()
        });
        let me = g.clone();
        hold(&mut heap[&g], me);
        drop(g);
        assert_eq!(heap.collect().collected, 1);
        let instance = heap.alloc(Instance {
            class: class.clone(),
        });
        heap[&class].members.push(instance.clone());
        assert!(heap[&instance].class == class);
        drop((class, instance));
        assert_ne!(heap.collect().collected, 0);
    }
    assert_eq!(heap.collect().collected, 0);
    assert_eq!(heap.len(), 0);
}

/// What a closure that captures its owner is.
trait Callback: Trace {
    fn call(&self, heap: &Heap) -> u32;
}

#[derive(Trace)]
struct Bound {
    owner: Gc<Button>,
}

impl Callback for Bound {
    fn call(&self, heap: &Heap) -> u32 {
        heap[&self.owner].clicks
    }
}

struct Button {
    clicks: u32,
    on_click: Option<Box<dyn Callback>>,
}

impl Trace for Button {
    fn trace(&self, tracer: &mut Tracer<'_>) {
        if let Some(callback) = &self.on_click {
            callback.as_ref().trace(tracer);
        }
    }
}

#[test]
fn method_a_bound_callback_stored_on_its_own_owner_is_collected() {
    let mut heap = Heap::new();
    let button = heap.alloc(Button {
        clicks: 5,
        on_click: None,
    });
    heap[&button].on_click = Some(Box::new(Bound {
        owner: button.clone(),
    }));
    let callback = heap[&button].on_click.as_ref().expect("just set");
    assert_eq!(callback.call(&heap), 5);
    drop(button);
    assert_eq!(heap.collect().collected, 1);
    assert_eq!(heap.len(), 0);
}

#[derive(Trace)]
struct Function {
    globals: Gc<Globals>,
}

#[derive(Trace, Default)]
struct Globals {
    names: BTreeMap<String, Gc<Function>>,
}

#[test]
fn function_and_its_table_of_globals_report_2() {
    let mut heap = Heap::new();
    let globals = heap.alloc(Globals::default());
    let function = heap.alloc(Function {
        globals: globals.clone(),
    });
    assert!(heap[&function].globals == globals);
    heap[&globals].names.insert("f".into(), function);
    drop(globals);
    assert_eq!(heap.collect().collected, 2);
}

/// A script that waits for its next frame, with its local variables.
#[derive(Trace)]
enum Script {
    Waiting {
        frames: u32,
        locals: Vec<Gc<Script>>,
    },
    Done,
}

#[test]
fn frame_a_suspended_activation_that_refers_to_itself_reports_1() {
    let mut heap = Heap::new();
    let script = heap.alloc(Script::Done);
    heap[&script] = Script::Waiting {
        frames: 3,
        locals: vec![script.clone()],
    };
    assert!(matches!(&heap[&script], Script::Waiting { frames: 3, locals } if locals.len() == 1));
    drop(script);
    assert_eq!(heap.collect().collected, 1);
}

/// Outside the trash of a cycle collection, because it is a leaf: it dies by its count, in the middle
/// of the clearing.
#[derive(Trace)]
#[trace(finalize, acyclic)]
struct Bystander {
    #[trace(skip)]
    weak: Arc<Mutex<Vec<Weak<Owner>>>>,
    #[trace(skip)]
    seen: Arc<Mutex<Vec<bool>>>,
}

impl Finalize for Bystander {
    fn finalize(this: &Gc<Self>, heap: &mut Heap) {
        let weak = lock(&heap[this].weak).clone();
        for w in weak {
            let alive = heap.get_weak(w).is_some() || heap.upgrade(w).is_some();
            lock(&heap[this].seen).push(alive);
        }
    }
}

#[derive(Trace)]
#[trace(finalize)]
struct Owner {
    next: Option<Gc<Owner>>,
    bystander: Gc<Bystander>,
    #[trace(skip)]
    weak: Arc<Mutex<Vec<Weak<Owner>>>>,
}

impl Finalize for Owner {
    fn finalize(this: &Gc<Self>, heap: &mut Heap) {
        let owner = &heap[this];
        lock(&owner.weak).push(this.downgrade());
        lock(&owner.weak).extend(owner.next.as_ref().map(Gc::downgrade));
    }
}

#[test]
fn function_tp_clear_a_weak_handle_made_in_finalization_is_dead_while_its_target_is_cleared() {
    both_ways(|collect| {
        let mut heap = Heap::new();
        let (weak, seen) = (Arc::default(), Arc::default());
        let bystander = heap.alloc(Bystander {
            weak: Arc::clone(&weak),
            seen: Arc::clone(&seen),
        });
        let first = heap.alloc(Owner {
            next: None,
            bystander: bystander.clone(),
            weak: Arc::clone(&weak),
        });
        let second = heap.alloc(Owner {
            next: Some(first.clone()),
            bystander,
            weak: Arc::clone(&weak),
        });
        heap[&first].next = Some(second);
        drop(first);
        collect(&mut heap);
        heap.reclaim();
        assert_eq!(
            lock(&weak).len(),
            4,
            "both finalizers made two weak handles"
        );
        assert_eq!(*lock(&seen), [false; 4], "and all read dead");
        assert_eq!(heap.len(), 0);
    });
}

#[test]
fn reclaim_pipeline_condemns_then_finalizes_all_then_frees() {
    both_ways(|collect| {
        use crate::util::Event::{Dropped, Finalized};
        let mut heap = Heap::new();
        let log = Log::default();
        let weak: Arc<Mutex<Vec<Weak<Actor>>>> = Arc::default();
        let members = (0..5)
            .map(|n| {
                let weak = weak.clone();
                Actor::new(&log, n, move |_, heap| {
                    for w in lock(&weak).iter() {
                        assert!(heap.get_weak(*w).is_none(), "condemned as one step");
                    }
                })
            })
            .collect();
        let ring = actors(&mut heap, members);
        lock(&weak).extend(ring.iter().map(Gc::downgrade));
        drop(ring);
        collect(&mut heap);
        heap.reclaim();
        let events = lock(&log).events.clone();
        let (finalizers, drops) = events.split_at(5);
        assert!(
            finalizers.iter().all(|e| matches!(e, Finalized(_))),
            "{events:?}"
        );
        assert!(drops.iter().all(|e| matches!(e, Dropped(_))), "{events:?}");
        assert_eq!(lock(&log).finalized(), [0, 1, 2, 3, 4]);
        assert_eq!(lock(&log).dropped(), [0, 1, 2, 3, 4]);
    });
}
