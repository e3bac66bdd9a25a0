//! What `#[derive(Trace)]` promises: every handle in a value is seen, and only a type that can
//! hold one is tracked.

#![cfg(all(feature = "std", feature = "derive", not(loom)))]

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gc_core::{Finalize, Gc, Heap, Trace, Tracer, Weak};

/// Closes a cycle with the value under test. Traced by hand, so that only that value's derive
/// decides whether the cycle is found.
struct Anchor<S: Trace> {
    owner: Option<Gc<S>>,
}

impl<S: Trace> Trace for Anchor<S> {
    fn trace(&self, tracer: &mut Tracer<'_>) {
        self.owner.trace(tracer);
    }
}

type Edge<S> = Gc<Anchor<S>>;

/// Makes a cycle of an anchor and a value that holds it, drops the handles and collects. Gives
/// back how many objects are left: none when the value's edge is traced.
fn left_of_cycle<S: Trace>(make: impl FnOnce(Edge<S>) -> S) -> usize {
    let mut heap = Heap::new();
    let anchor = heap.alloc(Anchor { owner: None });
    let value = heap.alloc(make(anchor.clone()));
    heap[&anchor].owner = Some(value);
    drop(anchor);
    assert_eq!(heap.collect().collected + heap.len(), 2);
    heap.len()
}

mod structs {
    use super::*;

    #[derive(Trace, Default)]
    struct Named {
        first: Option<Edge<Named>>,
        _count: u32,
        middle: Vec<Edge<Named>>,
        last: Option<Edge<Named>>,
    }

    #[test]
    fn every_named_field_is_traced() {
        let with = |set: fn(&mut Named, Edge<Named>)| {
            left_of_cycle(|edge| {
                let mut named = Named::default();
                set(&mut named, edge);
                named
            })
        };
        assert_eq!(with(|named, edge| named.first = Some(edge)), 0);
        assert_eq!(with(|named, edge| named.middle.push(edge)), 0);
        assert_eq!(with(|named, edge| named.last = Some(edge)), 0);
    }

    #[derive(Trace)]
    struct Tuple(u8, Option<Edge<Tuple>>, Option<Edge<Tuple>>);

    #[test]
    fn every_tuple_field_is_traced() {
        assert_eq!(left_of_cycle(|edge| Tuple(0, Some(edge), None)), 0);
        assert_eq!(left_of_cycle(|edge| Tuple(0, None, Some(edge))), 0);
    }

    #[derive(Trace)]
    struct Containers {
        map: HashMap<u32, Edge<Containers>>,
        nested: BTreeMap<String, VecDeque<Option<Box<Edge<Containers>>>>>,
        array: [(u32, Option<Edge<Containers>>); 2],
        own: Inner,
    }

    #[derive(Trace, Default)]
    struct Inner {
        edge: Option<Edge<Containers>>,
    }

    #[test]
    fn an_edge_in_a_container_is_traced() {
        let with = |set: fn(&mut Containers, Edge<Containers>)| {
            left_of_cycle(|edge| {
                let mut containers = Containers {
                    map: HashMap::new(),
                    nested: BTreeMap::new(),
                    array: [(0, None), (1, None)],
                    own: Inner::default(),
                };
                set(&mut containers, edge);
                containers
            })
        };
        assert_eq!(with(|it, edge| drop(it.map.insert(7, edge))), 0);
        let nested = with(|it, edge| {
            it.nested
                .entry("seven".into())
                .or_default()
                .push_back(Some(Box::new(edge)));
        });
        assert_eq!(nested, 0);
        assert_eq!(with(|it, edge| it.array[1].1 = Some(edge)), 0);
        assert_eq!(with(|it, edge| it.own.edge = Some(edge)), 0);
    }

    #[derive(Trace)]
    struct Unit;
    #[derive(Trace)]
    struct NoFields {}
    #[derive(Trace)]
    struct EmptyTuple();

    #[test]
    fn structs_without_fields_are_leaves() {
        let mut heap = Heap::new();
        let handles = (
            heap.alloc(Unit),
            heap.alloc(NoFields {}),
            heap.alloc(EmptyTuple()),
        );
        assert_eq!(heap.len(), 3);
        drop(handles);
        heap.collect();
        assert_eq!(heap.len(), 0);
        assert!(!Unit::tracked() && !NoFields::tracked() && !EmptyTuple::tracked());
    }

    #[derive(Trace)]
    struct Leader {
        follower: Option<Gc<Leader>>,
        seen: Weak<Leader>,
    }

    #[test]
    fn a_weak_handle_is_no_edge() {
        let mut heap = Heap::new();
        let leader = heap.alloc(Leader {
            follower: None,
            seen: Weak::default(),
        });
        let follower = heap.alloc(Leader {
            follower: None,
            seen: leader.downgrade(),
        });
        heap[&leader].follower = Some(follower.clone());
        heap[&follower].follower = Some(leader.clone());
        let seen = heap[&follower].seen;
        assert!(heap.get_weak(seen).is_some());
        drop((leader, follower));
        assert_eq!(heap.collect().collected, 2);
        assert!(heap.get_weak(seen).is_none());
    }
}

mod enums {
    use super::*;

    /// Implements nothing.
    #[derive(Clone, Copy)]
    struct Foreign;

    #[derive(Trace)]
    enum Order {
        Wait,
        Follow(Edge<Order>),
        Attack {
            strength: u32,
            target: Edge<Order>,
            then: Option<Box<Order>>,
        },
        Trade(u8, Edge<Order>, #[trace(skip)] Foreign),
        Empty {},
    }

    #[test]
    fn every_variant_is_traced() {
        let attack = |target| Order::Attack {
            strength: 3,
            target,
            then: None,
        };
        assert_eq!(left_of_cycle(Order::Follow), 0);
        assert_eq!(left_of_cycle(attack), 0);
        assert_eq!(left_of_cycle(|edge| Order::Trade(1, edge, Foreign)), 0);
        let nested = left_of_cycle(|edge: Edge<Order>| Order::Attack {
            strength: 1,
            target: edge.clone(),
            then: Some(Box::new(Order::Follow(edge))),
        });
        assert_eq!(nested, 0);
    }

    #[test]
    fn a_variant_without_handles_has_no_edges() {
        let mut heap = Heap::new();
        let orders = [heap.alloc(Order::Wait), heap.alloc(Order::Empty {})];
        assert!(Order::tracked());
        drop(orders);
        heap.collect();
        assert_eq!(heap.len(), 0);
    }

    #[derive(Trace)]
    enum Never {}

    #[derive(Trace)]
    enum Weather {
        Sun,
        Rain { strength: f32 },
    }

    #[test]
    fn enums_without_handles_are_leaves() {
        assert!(!Never::tracked());
        assert!(!Weather::tracked());
        let mut heap = Heap::new();
        let weather = [
            heap.alloc(Weather::Sun),
            heap.alloc(Weather::Rain { strength: 0.5 }),
        ];
        let rain = weather
            .iter()
            .filter(|it| matches!(heap[*it], Weather::Rain { strength } if strength > 0.0));
        assert_eq!(rain.count(), 1);
    }
}

mod skip {
    use super::*;

    #[derive(Trace)]
    struct Skipping {
        #[trace(skip)]
        edge: Option<Edge<Skipping>>,
        seen: Option<Edge<Skipping>>,
    }

    #[test]
    fn a_cycle_through_a_skipped_field_leaks_and_nothing_breaks() {
        let mut heap = Heap::new();
        let anchor = heap.alloc(Anchor { owner: None });
        let value = heap.alloc(Skipping {
            edge: Some(anchor.clone()),
            seen: None,
        });
        heap[&anchor].owner = Some(value);
        let weak = anchor.downgrade();
        drop(anchor);
        assert_eq!(heap.collect().collected, 0);
        assert_eq!(heap.len(), 2);

        // The leak can be found and mended.
        let owner = heap
            .get_weak(weak)
            .and_then(|anchor| anchor.owner.clone())
            .unwrap();
        heap[&owner].edge = None;
        drop(owner);
        heap.collect();
        assert_eq!(heap.len(), 0);
    }

    #[test]
    fn its_neighbour_is_traced() {
        assert_eq!(
            left_of_cycle(|edge| Skipping {
                edge: None,
                seen: Some(edge)
            }),
            0
        );
    }

    /// Implements nothing.
    struct Foreign<T>(T);

    #[derive(Trace)]
    struct Device<T> {
        name: String,
        #[trace(skip)]
        driver: Foreign<T>,
    }

    #[test]
    fn a_skipped_type_needs_no_trace() {
        assert!(!Device::<AtomicUsize>::tracked());
        let mut heap = Heap::new();
        let driver = Foreign(AtomicUsize::new(5));
        let device = heap.alloc(Device {
            name: "radar".into(),
            driver,
        });
        heap.collect();
        assert_eq!(heap[&device].name, "radar");
        assert_eq!(heap[&device].driver.0.load(Ordering::Relaxed), 5);
    }
}

mod tracked {
    use super::*;

    #[derive(Trace)]
    struct Leaf {
        _position: [f32; 2],
        _name: String,
        _seen: Weak<Leaf>,
    }

    #[derive(Trace)]
    struct Outer {
        _leaf: Leaf,
        _leaves: Vec<Option<Leaf>>,
    }

    #[derive(Trace)]
    struct Holder {
        _outer: Outer,
        _maybe: Vec<Option<Gc<Leaf>>>,
    }

    #[test]
    fn a_type_is_tracked_when_it_can_hold_a_handle() {
        assert!(!Leaf::tracked());
        assert!(!Outer::tracked());
        assert!(Holder::tracked());
    }

    #[derive(Trace)]
    #[trace(acyclic)]
    struct Sprite {
        texture: Gc<Leaf>,
    }

    #[test]
    fn an_acyclic_type_is_not_tracked_and_still_holds_its_handles() {
        assert!(!Sprite::tracked());
        let mut heap = Heap::new();
        let leaf = Leaf {
            _position: [0.0; 2],
            _name: "grass".into(),
            _seen: Weak::default(),
        };
        let texture = heap.alloc(leaf);
        let sprite = heap.alloc(Sprite { texture });
        heap.collect();
        assert_eq!(heap[&heap[&sprite].texture]._name, "grass");
        drop(sprite);
        while heap.reclaim() > 0 {}
        assert_eq!(heap.len(), 0);
    }

    // Types that hold themselves: each of these would ask itself for ever.

    #[derive(Trace)]
    struct Tree {
        _value: u32,
        _kids: Vec<Tree>,
        _parent: Weak<Tree>,
    }

    #[derive(Trace)]
    struct Bush {
        kids: Vec<Bush>,
        edge: Option<Edge<Bush>>,
    }

    #[derive(Trace)]
    enum List<T> {
        End,
        Item(T, Option<Box<Self>>),
    }

    #[derive(Trace)]
    struct Grid<T, const N: usize> {
        _cells: [T; N],
        _parts: Option<Box<[Grid<T, N>; 4]>>,
    }

    #[test]
    fn a_type_that_holds_itself_is_decided_by_what_else_is_in_it() {
        assert!(!Tree::tracked());
        assert!(Bush::tracked());
        assert!(!List::<u32>::tracked());
        assert!(List::<Gc<Leaf>>::tracked());
        assert!(!Grid::<u8, 2>::tracked());
        assert!(Grid::<Option<Gc<Leaf>>, 2>::tracked());
    }

    #[test]
    fn an_edge_deep_in_a_type_that_holds_itself_is_traced() {
        let bush = |edge| Bush {
            kids: Vec::new(),
            edge,
        };
        let left = left_of_cycle(|edge| Bush {
            kids: vec![
                bush(None),
                Bush {
                    kids: vec![bush(Some(edge))],
                    edge: None,
                },
            ],
            edge: None,
        });
        assert_eq!(left, 0);
    }

    #[test]
    fn a_list_of_edges_is_traced_to_its_end() {
        #[derive(Trace)]
        struct Owner(List<Edge<Owner>>);

        let left = left_of_cycle(|edge: Edge<Owner>| {
            let last = List::Item(edge.clone(), Some(Box::new(List::End)));
            Owner(List::Item(edge, Some(Box::new(last))))
        });
        assert_eq!(left, 0);
    }

    // The handle stands beside the type itself, in one and the same field.

    #[derive(Trace)]
    struct Beside {
        _kids: Vec<(Gc<Leaf>, Beside)>,
    }

    #[derive(Trace)]
    struct Keyed {
        _kids: HashMap<Gc<Leaf>, Box<Keyed>>,
    }

    #[derive(Trace)]
    struct Hashed {
        _kids: HashMap<u32, Hashed, std::hash::BuildHasherDefault<std::hash::DefaultHasher>>,
    }

    #[derive(Trace)]
    struct Behind {
        _kids: Vec<Gc<Behind>>,
    }

    /// Holds a handle whatever its parameter is.
    #[derive(Trace)]
    struct Wrapper<T> {
        _value: Vec<T>,
        _leaf: Gc<Leaf>,
    }

    #[derive(Trace)]
    struct Wrapped {
        _kids: Wrapper<Wrapped>,
    }

    #[derive(Trace)]
    struct Regular<T> {
        _value: T,
        _other: Vec<Regular<Gc<Leaf>>>,
    }

    /// An alias with a handle behind it, under a name that the derive knows.
    type Result<T> = std::result::Result<T, Gc<Leaf>>;

    #[derive(Trace)]
    struct Aliased {
        _kids: Result<Vec<Aliased>>,
    }

    #[test]
    fn leaving_out_the_type_itself_leaves_out_no_handle() {
        assert!(Aliased::tracked());
        assert!(Beside::tracked());
        assert!(Keyed::tracked());
        assert!(!Hashed::tracked());
        assert!(Behind::tracked());
        assert!(Wrapped::tracked());
        assert!(Regular::<u32>::tracked());
    }

    /// A behaviour tree: two types that hold each other, and no handle.
    #[derive(Trace)]
    struct Sequence {
        children: Vec<Behaviour>,
    }

    #[derive(Trace)]
    enum Behaviour {
        Sequence(Sequence),
        Wait(f32),
    }

    /// The same with a handle in one of them.
    #[derive(Trace)]
    struct Script {
        lines: Vec<Line>,
    }

    #[derive(Trace)]
    enum Line {
        Block(Script),
        Say(Gc<String>),
    }

    #[test]
    fn types_that_hold_each_other_are_tracked_and_their_objects_made_and_collected() {
        assert!(Sequence::tracked() && Behaviour::tracked());
        assert!(Script::tracked() && Line::tracked());
        let mut heap = Heap::new();
        let tree = heap.alloc(Sequence {
            children: vec![
                Behaviour::Wait(0.5),
                Behaviour::Sequence(Sequence { children: vec![] }),
            ],
        });
        let text = heap.alloc("halt".to_string());
        let script = heap.alloc(Script {
            lines: vec![Line::Block(Script {
                lines: vec![Line::Say(text.clone())],
            })],
        });
        drop(text);
        assert_eq!(heap.collect().collected, 0);
        let Line::Block(block) = &heap[&script].lines[0] else {
            panic!("a block")
        };
        let Line::Say(text) = &block.lines[0] else {
            panic!("a text")
        };
        assert_eq!(heap[text], "halt");
        let Behaviour::Wait(seconds) = heap[&tree].children[0] else {
            panic!("a pause")
        };
        assert_eq!(seconds, 0.5);
    }

    mod other {
        #[derive(gc_core::Trace)]
        pub struct Namesake(pub u32);
        #[derive(gc_core::Trace)]
        pub struct Handles(pub gc_core::Gc<Namesake>);
    }

    #[derive(Trace)]
    struct Namesake {
        _inner: other::Namesake,
    }

    #[derive(Trace)]
    struct Handles {
        _inner: other::Handles,
        _more: Vec<other::Handles>,
    }

    #[test]
    fn another_type_of_the_same_name_is_asked() {
        assert!(!Namesake::tracked());
        assert!(Handles::tracked());
    }

    #[derive(Trace)]
    #[trace(acyclic)]
    struct Folder {
        _name: String,
        entries: Vec<Entry>,
    }

    #[derive(Trace)]
    enum Entry {
        File(String),
        Folder(Folder),
    }

    #[test]
    fn acyclic_ends_a_mutual_recursion() {
        assert!(!Entry::tracked());
        let mut heap = Heap::new();
        let inner = Folder {
            _name: "music".into(),
            entries: vec![Entry::File("theme".into())],
        };
        let outer = heap.alloc(Folder {
            _name: "data".into(),
            entries: vec![Entry::Folder(inner)],
        });
        heap.collect();
        let [Entry::Folder(inner)] = &heap[&outer].entries[..] else {
            panic!("one folder")
        };
        assert!(matches!(&inner.entries[..], [Entry::File(name)] if name == "theme"));
    }
}

mod generics {
    use super::*;

    #[derive(Trace)]
    struct Pair<A, B> {
        first: A,
        second: Option<B>,
    }

    #[derive(Trace)]
    struct Duo(Pair<Option<Edge<Duo>>, Edge<Duo>>);

    #[test]
    fn an_edge_in_a_parameter_is_traced() {
        let first = |edge| {
            Duo(Pair {
                first: Some(edge),
                second: None,
            })
        };
        let second = |edge| {
            Duo(Pair {
                first: None,
                second: Some(edge),
            })
        };
        assert_eq!(left_of_cycle(first), 0);
        assert_eq!(left_of_cycle(second), 0);
        assert!(!Pair::<u32, String>::tracked());
        assert!(Pair::<u32, Gc<u32>>::tracked());
    }

    #[derive(Trace)]
    struct Fixed<T, const N: usize = 3>
    where
        T: Clone,
    {
        slots: [T; N],
    }

    #[derive(Trace)]
    struct Board(Fixed<Option<Edge<Board>>>);

    #[test]
    fn const_parameters_defaults_and_where_clauses_are_kept() {
        for slot in 0..3 {
            let left = left_of_cycle(|edge| {
                let mut slots = [None, None, None];
                slots[slot] = Some(edge);
                Board(Fixed { slots })
            });
            assert_eq!(left, 0);
        }
        assert!(!Fixed::<u8, 200>::tracked());
    }

    #[derive(Trace)]
    struct Bounded<T: Clone + PartialEq, U: ?Sized = str>
    where
        Vec<T>: PartialEq,
    {
        value: T,
        handle: Option<Gc<T>>,
        _name: PhantomData<U>,
    }

    #[test]
    fn bounds_of_the_type_are_kept() {
        let mut heap = Heap::new();
        let handle = heap.alloc(4_u32);
        let bounded: Bounded<u32> = Bounded {
            value: 4,
            handle: Some(handle),
            _name: PhantomData,
        };
        let bounded = heap.alloc(bounded);
        heap.collect();
        let handle = heap[&bounded].handle.clone().unwrap();
        assert_eq!(heap[&handle], heap[&bounded].value);
    }

    /// A typed id: `T` names a type and is not held.
    #[derive(Trace)]
    struct Id<T> {
        number: u32,
        _of: PhantomData<T>,
        #[trace(skip)]
        _check: Option<fn(&T) -> bool>,
    }

    struct NotTrace;

    #[test]
    fn a_parameter_that_is_not_held_needs_no_trace() {
        assert!(!Id::<NotTrace>::tracked());
        let mut heap = Heap::new();
        let id = heap.alloc(Id::<NotTrace> {
            number: 8,
            _of: PhantomData,
            _check: None,
        });
        assert_eq!(heap[&id].number, 8);
    }

    trait Species: Send + Sync + 'static {
        type Brain;
        type Body;
    }

    #[derive(Trace)]
    struct Animal<S: Species> {
        brain: S::Brain,
        body: Vec<<S as Species>::Body>,
    }

    struct Wolf;

    impl Species for Wolf {
        type Brain = Option<Edge<Pack>>;
        type Body = Edge<Pack>;
    }

    #[derive(Trace)]
    struct Pack(Animal<Wolf>);

    #[test]
    fn an_edge_in_an_associated_type_is_traced() {
        let brain = |edge| {
            Pack(Animal {
                brain: Some(edge),
                body: Vec::new(),
            })
        };
        let body = |edge| {
            Pack(Animal {
                brain: None,
                body: vec![edge],
            })
        };
        assert_eq!(left_of_cycle(brain), 0);
        assert_eq!(left_of_cycle(body), 0);
    }

    #[derive(Trace)]
    struct Label<'a, 'b: 'a, T: 'b> {
        text: &'a str,
        _long: &'b str,
        value: T,
    }

    #[test]
    fn a_lifetime_is_static() {
        assert!(!Label::<u32>::tracked());
        let mut heap = Heap::new();
        let label = heap.alloc(Label {
            text: "score",
            _long: "points",
            value: 7_u32,
        });
        assert_eq!((heap[&label].text, heap[&label].value), ("score", 7));
    }

    trait Rule: Send + Sync + 'static {
        fn edge(self) -> Option<Edge<Game>>;
    }

    /// Without the attribute the map's hasher would have to be `Trace`.
    #[derive(Trace)]
    #[trace(bound = "K: Trace, H: Send + Sync + 'static")]
    struct Index<K, H> {
        keys: HashMap<u32, K, H>,
    }

    #[derive(Trace)]
    struct Game(Index<Edge<Game>, std::hash::RandomState>);

    impl Rule for Edge<Game> {
        fn edge(self) -> Option<Edge<Game>> {
            Some(self)
        }
    }

    #[test]
    fn bound_replaces_the_bounds() {
        let left = left_of_cycle(|edge: Edge<Game>| {
            let keys = edge.edge().map(|edge| (1, edge));
            Game(Index {
                keys: keys.into_iter().collect(),
            })
        });
        assert_eq!(left, 0);
    }
}

mod hygiene {
    use super::*;

    macro_rules! component {
        ($name:ident<$param:ident> { $($field:ident: $ty:ty),* }) => {
            #[derive(Trace)]
            struct $name<$param> {
                $($field: $ty,)*
                own: Option<Box<$name<$param>>>,
                extra: Vec<$param>,
            }
        };
    }

    component!(Component<P> { edge: Option<P>, tracer: u32 });

    #[derive(Trace)]
    struct Entity(Component<Edge<Entity>>);

    #[test]
    fn a_struct_written_by_a_macro_is_traced() {
        let component = |edge, extra| Component {
            edge,
            tracer: 0,
            own: None,
            extra,
        };
        let inside = |edge| {
            Entity(Component {
                own: Some(Box::new(component(Some(edge), vec![]))),
                ..component(None, vec![])
            })
        };
        assert_eq!(
            left_of_cycle(|edge| Entity(component(Some(edge), vec![]))),
            0
        );
        assert_eq!(left_of_cycle(|edge| Entity(component(None, vec![edge]))), 0);
        assert_eq!(left_of_cycle(inside), 0);
        assert!(!Component::<u32>::tracked());
    }

    // Everything comes from outside, or everything from inside.
    macro_rules! whole {
        ($item:item) => {
            #[derive(Trace)]
            $item
        };
    }
    macro_rules! message {
        ($($variant:ident($ty:ty)),*) => {
            #[derive(Trace)]
            enum Message { $($variant($ty),)* Named { field_0: u32, edge: Option<Edge<Message>> } }
        };
    }
    macro_rules! nested {
        ($($tokens:tt)*) => { message! { $($tokens)* } };
    }

    whole!(
        struct Whole {
            edge: Edge<Self>,
        }
    );
    nested!(
        Direct(Edge<Message>),
        Boxed(Box<Option<Message>>),
        Count(u32)
    );

    #[test]
    fn an_enum_written_by_nested_macros_is_traced() {
        let named = |edge| Message::Named { field_0: 1, edge };
        assert_eq!(left_of_cycle(|edge| Whole { edge }), 0);
        assert_eq!(left_of_cycle(Message::Direct), 0);
        assert_eq!(
            left_of_cycle(|edge| Message::Boxed(Box::new(Some(Message::Direct(edge))))),
            0
        );
        assert_eq!(left_of_cycle(|edge| named(Some(edge))), 0);
        let mut heap = Heap::new();
        let empty = [heap.alloc(named(None)), heap.alloc(Message::Count(1))];
        assert_eq!(heap.collect().collected, 0);
        drop(empty);
    }

    /// The names that the derive might use itself.
    #[derive(Trace)]
    struct Names {
        tracer: Option<Edge<Names>>,
        self_: Option<Edge<Names>>,
        field_0: Option<Edge<Names>>,
        r#type: Option<Edge<Names>>,
        trace: u32,
        tracked: u32,
    }

    #[test]
    fn field_names_do_not_clash() {
        let names = || Names {
            tracer: None,
            self_: None,
            field_0: None,
            r#type: None,
            trace: 1,
            tracked: 2,
        };
        assert_eq!(
            left_of_cycle(|edge| Names {
                tracer: Some(edge),
                ..names()
            }),
            0
        );
        assert_eq!(
            left_of_cycle(|edge| Names {
                self_: Some(edge),
                ..names()
            }),
            0
        );
        assert_eq!(
            left_of_cycle(|edge| Names {
                field_0: Some(edge),
                ..names()
            }),
            0
        );
        assert_eq!(
            left_of_cycle(|edge| Names {
                r#type: Some(edge),
                ..names()
            }),
            0
        );
        assert_eq!(names().trace + names().tracked, 3);
    }

    mod shadowed {
        // Nothing of the prelude or of `gc_core` is in scope under its own name.
        #![allow(dead_code, non_camel_case_types, non_upper_case_globals)]
        enum Option {}
        enum Some {}
        enum Send {}
        enum Sync {}
        enum bool {}
        trait Trace {}
        struct Tracer;
        struct Heap;
        struct Finalize;
        struct tracer;
        const field_0: u32 = 0;
        mod gc_core {}
        mod core {}
        mod std {}

        #[derive(::gc_core::Trace)]
        #[trace(finalize)]
        pub struct Plain<T, U> {
            pub field: T,
            #[trace(skip)]
            pub skipped: U,
        }

        impl<T: ::gc_core::Trace, U: ::core::marker::Send + ::core::marker::Sync + 'static>
            ::gc_core::Finalize for Plain<T, U>
        {
            fn finalize(_: &::gc_core::Gc<Self>, _: &mut ::gc_core::Heap) {}
        }
    }

    #[test]
    fn names_in_scope_do_not_matter() {
        assert!(shadowed::Plain::<Gc<u32>, NotTrace>::tracked());
        let plain = shadowed::Plain {
            field: 1_u32,
            skipped: NotTrace,
        };
        assert!(plain.field == 1 && matches!(plain.skipped, NotTrace));
    }

    struct NotTrace;

    mod engine {
        pub mod memory {
            pub use gc_core as gc;
        }
    }

    #[derive(Trace)]
    #[trace(crate = engine::memory::gc)]
    #[trace(finalize, bound = "T: Trace")]
    struct Elsewhere<T> {
        edge: T,
    }

    impl<T: Trace> Finalize for Elsewhere<T> {
        fn finalize(_: &Gc<Self>, _: &mut Heap) {}
    }

    #[test]
    fn gc_core_can_be_elsewhere() {
        #[derive(Trace)]
        struct Owner(Elsewhere<Edge<Owner>>);
        assert_eq!(left_of_cycle(|edge| Owner(Elsewhere { edge })), 0);
    }

    /// A derive that warns is a derive that breaks a game's `-D warnings`.
    #[deny(warnings, unused, clippy::all, clippy::pedantic, clippy::nursery)]
    #[deny(
        unused_qualifications,
        single_use_lifetimes,
        unused_lifetimes,
        missing_docs
    )]
    #[deny(
        explicit_outlives_requirements,
        unreachable_pub,
        elided_lifetimes_in_paths
    )]
    #[deny(trivial_bounds, unsafe_code)]
    mod strict {
        use gc_core::{Gc, Trace};

        #[derive(Trace)]
        pub(super) enum Infallible {}

        #[derive(Trace)]
        pub(super) struct Old<'a, T> {
            #[deprecated]
            pub(super) before: Option<Gc<T>>,
            pub(super) name: &'a str,
            pub(super) never: Option<Infallible>,
        }

        #[derive(Trace)]
        pub(super) enum Kind<T> {
            #[deprecated]
            Gone(u32, T),
            Here,
            #[allow(dead_code, reason = "nobody can")]
            Never(Infallible, T),
        }
    }

    #[test]
    #[expect(deprecated)]
    fn no_warnings() {
        let old = strict::Old::<u32> {
            before: None,
            name: "old",
            never: None,
        };
        assert!(old.before.is_none() && old.name == "old" && old.never.is_none());
        let kinds = [strict::Kind::<u32>::Here, strict::Kind::Gone(1, 2)];
        let gone = kinds
            .iter()
            .filter(|kind| matches!(kind, strict::Kind::Gone(1, _)));
        assert_eq!(gone.count(), 1);
        assert!(
            !kinds
                .iter()
                .any(|kind| matches!(kind, strict::Kind::Never(..)))
        );
    }
}

mod finalize {
    use super::*;

    #[derive(Trace)]
    #[trace(finalize)]
    struct Squad<T> {
        friend: Option<Gc<Squad<T>>>,
        _banner: T,
        #[trace(skip)]
        gone: Arc<AtomicUsize>,
    }

    impl<T: Trace> Finalize for Squad<T> {
        fn finalize(this: &Gc<Self>, heap: &mut Heap) {
            heap.get(this).gone.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn the_finalizer_runs_once_for_each_object_of_a_cycle() {
        let count = Arc::new(AtomicUsize::new(0));
        let gone = || count.load(Ordering::Relaxed);
        let mut heap = Heap::new();
        let squad = |banner: &str, friend| Squad {
            friend,
            _banner: banner.to_owned(),
            gone: count.clone(),
        };
        let first = heap.alloc(squad("red", None));
        let second = heap.alloc(squad("blue", Some(first.clone())));
        heap[&first].friend = Some(second.clone());
        heap.collect();
        assert_eq!(gone(), 0);
        drop((first, second));
        heap.collect();
        assert_eq!(gone(), 2);
        heap.collect();
        assert_eq!((gone(), heap.len()), (2, 0));
    }
}
