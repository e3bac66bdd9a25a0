//! Different types behind one handle.

use gc_core::{
    Budget, Gc, GcAny, GcDyn, HandleError, Heap, Trace, Tracer, View, WeakDyn, dyn_handle,
};
use std::collections::HashSet;

trait Shape: Send + Sync {
    fn area(&self) -> f32;
    fn grow(&mut self, by: f32);
    fn link(&mut self, _: GcDyn<dyn Shape>) {}
}

#[derive(Trace)]
struct Square(f32);

#[derive(Trace)]
struct Group {
    factor: f32,
    parts: Vec<GcDyn<dyn Shape>>,
    seen: WeakDyn<dyn Shape>,
}

impl Shape for Square {
    fn area(&self) -> f32 {
        self.0 * self.0
    }
    fn grow(&mut self, by: f32) {
        self.0 += by;
    }
}

impl Shape for Group {
    fn area(&self) -> f32 {
        self.factor
    }
    fn grow(&mut self, by: f32) {
        self.factor *= by;
    }
    fn link(&mut self, part: GcDyn<dyn Shape>) {
        self.parts.push(part);
    }
}

fn group(heap: &mut Heap) -> GcDyn<dyn Shape> {
    let group = heap.alloc(Group {
        factor: 10.0,
        parts: Vec::new(),
        seen: WeakDyn::default(),
    });
    dyn_handle!(group => dyn Shape)
}

fn square(heap: &mut Heap, side: f32) -> GcDyn<dyn Shape> {
    let square = heap.alloc(Square(side));
    dyn_handle!(square => dyn Shape)
}

#[test]
fn each_object_answers_with_its_own_type() {
    let mut heap = Heap::new();
    let shapes = [
        square(&mut heap, 2.0),
        group(&mut heap),
        square(&mut heap, 3.0),
    ];
    for shape in &shapes {
        heap.get_dyn_mut(shape).grow(1.0);
    }
    let areas: Vec<f32> = shapes
        .iter()
        .map(|shape| heap.get_dyn(shape).area())
        .collect();
    assert_eq!(areas, [9.0, 10.0, 16.0]);
}

#[test]
fn the_type_is_found_again() {
    let mut heap = Heap::new();
    let shape = square(&mut heap, 2.0);
    assert!(shape.is::<Square>() && !shape.is::<Group>());
    assert!(shape.downcast_ref::<Group>().is_none());
    assert_eq!(heap[shape.downcast_ref::<Square>().unwrap()].0, 2.0);
    let shape = shape.downcast::<Group>().unwrap_err();
    let any: GcAny = shape.clone().erase();
    assert!(any.is::<Square>() && any.downcast_ref::<Group>().is_none());
    let square: Gc<Square> = shape.downcast().unwrap();
    assert_eq!(Gc::strong_count(&square), 2);
    drop(any);
    assert_eq!(Gc::strong_count(&square), 1);
}

#[test]
fn cycles_through_it_are_collected_whole_and_in_slices() {
    for sliced in [false, true] {
        let mut heap = Heap::new();
        let (first, second) = (group(&mut heap), group(&mut heap));
        let leaf = square(&mut heap, 1.0);
        heap.get_dyn_mut(&first).link(second.clone());
        heap.get_dyn_mut(&second).link(first.clone());
        heap.get_dyn_mut(&second).link(leaf.clone());
        let seen = second.downgrade();
        drop((second, leaf));
        // One handle outside: all of it lives.
        assert_eq!(heap.collect().collected, 0);
        assert_eq!(heap.len(), 3);
        assert_eq!(
            heap.get_weak_dyn(seen).map(|shape| shape.area()),
            Some(10.0)
        );
        drop(first);
        if sliced {
            while !heap.step(Budget::units(1)).finished {}
        } else {
            assert_eq!(heap.collect().collected, 2);
        }
        assert!(heap.is_empty());
        assert!(heap.get_weak_dyn(seen).is_none());
    }
}

#[test]
fn a_write_through_it_is_seen_by_a_collection_in_progress() {
    // The only handle of `prize` moves from object to object between slices of one unit.
    for pause in 0..60 {
        let mut heap = Heap::new();
        let (first, second) = (group(&mut heap), group(&mut heap));
        let prize = group(&mut heap);
        let seen = prize.downgrade();
        heap.get_dyn_mut(&first).link(prize);
        for _ in 0..pause {
            heap.step(Budget::units(1));
        }
        let typed: &Gc<Group> = first.downcast_ref().unwrap();
        let prize = heap.get_mut(typed).parts.pop().unwrap();
        heap.get_dyn_mut(&second).link(prize);
        while !heap.step(Budget::units(1)).finished {}
        assert!(heap.get_weak_dyn(seen).is_some(), "after {pause} units");
    }
}

#[test]
fn a_weak_one_does_not_keep_alive_and_comes_back_strong() {
    let mut heap = Heap::new();
    let shape = square(&mut heap, 2.0);
    let weak = shape.downgrade();
    assert_eq!(weak.id(), shape.id());
    heap.get_weak_dyn_mut(weak).unwrap().grow(1.0);
    let again = heap.upgrade_dyn(weak).unwrap();
    assert_eq!(again, shape);
    assert_eq!(heap.get_dyn(&again).area(), 9.0);
    drop((shape, again));
    heap.reclaim();
    assert!(heap.get_weak_dyn(weak).is_none());
    assert!(heap.get_weak_dyn_mut(weak).is_none());
    assert!(heap.upgrade_dyn(weak).is_none());
    // The slot's next object is another one.
    let _next = square(&mut heap, 5.0);
    assert!(heap.get_weak_dyn(weak).is_none());
    let dead: WeakDyn<dyn Shape> = WeakDyn::default();
    assert!(heap.get_weak_dyn(dead).is_none() && heap.upgrade_dyn(dead).is_none());
    assert_eq!(format!("{dead:?}"), "WeakDyn(dead)");
}

#[test]
fn other_heaps_refuse_it() {
    let (mut heap, mut other) = (Heap::new(), Heap::new());
    let shape = square(&mut heap, 2.0);
    assert!(matches!(
        other.try_get_dyn(&shape),
        Err(HandleError::ForeignHeap)
    ));
    assert!(matches!(
        other.try_get_dyn_mut(&shape),
        Err(HandleError::ForeignHeap)
    ));
    assert!(other.get_weak_dyn(shape.downgrade()).is_none());
}

#[test]
#[should_panic(expected = "Square")]
fn the_panic_names_the_type() {
    let mut heap = Heap::new();
    let shape = square(&mut heap, 2.0);
    let _ = Heap::new().get_dyn(&shape);
}

#[test]
fn an_object_reclaimed_by_a_lying_trace_is_refused() {
    struct Liar(GcDyn<dyn Shape>, Option<Gc<Liar>>);
    impl Trace for Liar {
        fn trace(&self, tracer: &mut Tracer<'_>) {
            self.0.trace(tracer);
            self.0.trace(tracer);
            self.1.trace(tracer);
        }
    }
    let mut heap = Heap::new();
    let shape = group(&mut heap);
    let liar = heap.alloc(Liar(shape.clone(), None));
    heap[&liar].1 = Some(liar.clone());
    drop(liar);
    heap.collect();
    assert!(matches!(
        heap.try_get_dyn(&shape),
        Err(HandleError::Reclaimed)
    ));
}

#[test]
fn it_is_small_and_a_key() {
    let bytes = if cfg!(feature = "call_sites") { 24 } else { 16 };
    assert_eq!(size_of::<Option<GcDyn<dyn Shape>>>(), bytes);
    let mut heap = Heap::new();
    let (first, second) = (square(&mut heap, 1.0), square(&mut heap, 1.0));
    let mut set = HashSet::new();
    assert!(set.insert(first.clone()) && set.insert(second.clone()) && !set.insert(first.clone()));
    assert!(GcDyn::ptr_eq(&first, &first.clone()) && first != second);
    assert!(format!("{first:?}").contains("Square"));
    let ids: HashSet<_> = heap.referrers(&first).into_iter().collect();
    assert!(ids.is_empty());
}

#[test]
fn foreign_traits_bounds_and_parameters() {
    trait Handler<E>: Send + Sync {
        fn on(&mut self, event: E);
    }
    #[derive(Trace)]
    struct Count(u32);
    impl Handler<u32> for Count {
        fn on(&mut self, event: u32) {
            self.0 += event;
        }
    }
    let mut heap = Heap::new();
    let count = heap.alloc(Count(0));
    let handler: GcDyn<dyn Handler<u32>> = dyn_handle!(count.clone() => dyn Handler<u32>);
    heap.get_dyn_mut(&handler).on(4);
    assert_eq!(heap[&count].0, 4);
    let text = heap.alloc(String::from("text"));
    let shown: GcDyn<dyn std::fmt::Display + Send + Sync> =
        dyn_handle!(text => dyn std::fmt::Display + Send + Sync);
    std::thread::scope(|scope| {
        let shown = heap.get_dyn(&shown);
        scope.spawn(move || assert_eq!(shown.to_string(), "text"));
    });
}

#[test]
fn a_view_may_be_of_a_part() {
    #[derive(Trace)]
    struct Ship {
        hull: Vec<u8>,
    }
    struct Hull;
    impl View<Ship, [u8]> for Hull {
        fn view(ship: &Ship) -> &[u8] {
            &ship.hull
        }
        fn view_mut(ship: &mut Ship) -> &mut [u8] {
            &mut ship.hull
        }
    }
    let mut heap = Heap::new();
    let ship = heap.alloc(Ship {
        hull: vec![1, 2, 3],
    });
    let hull: GcDyn<[u8]> = GcDyn::new::<_, Hull>(ship.clone());
    heap.get_dyn_mut(&hull)[1] = 9;
    assert_eq!(heap[&ship].hull, [1, 9, 3]);
}

#[test]
fn dropping_it_elsewhere_ends_the_object_at_the_next_safepoint() {
    let mut heap = Heap::new();
    let shape = square(&mut heap, 1.0);
    std::thread::spawn(move || drop(shape)).join().unwrap();
    assert_eq!(heap.reclaim(), 1);
    let shape = square(&mut heap, 1.0);
    drop(heap);
    drop(shape);
}
