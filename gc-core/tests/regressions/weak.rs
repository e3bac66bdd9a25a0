//! A weak handle leads to its object or to nothing, never to another object.

use std::sync::{Arc, Mutex};

use gc_core::{Gc, Heap, Trace, Weak};

use crate::util::{guarded, planned_panic};

#[test]
fn the_weak_handle_of_an_object_that_was_never_made_leads_nowhere() {
    // The closure panicked, the slot was given back as it was, and the next object answered.
    let mut heap = Heap::new();
    let mut weak = Weak::<u32>::dead();
    guarded(|| {
        heap.alloc_cyclic(|me| {
            weak = me;
            planned_panic()
        })
    });
    let next = heap.alloc(5u32);
    assert_eq!(heap.get_weak(weak), None);
    assert!(heap.upgrade(weak).is_none());
    assert_eq!(heap[&next], 5);
}

#[derive(Trace)]
struct Farewell {
    other: Option<Gc<Farewell>>,
    #[trace(skip)]
    made: Arc<Mutex<Vec<Weak<Farewell>>>>,
}

impl Drop for Farewell {
    fn drop(&mut self) {
        let weak = self.other.iter().map(Gc::downgrade);
        self.made.lock().unwrap().extend(weak);
    }
}

#[test]
fn a_weak_handle_made_in_the_drop_of_a_cycle_leads_nowhere() {
    // It was made of an object that was dropped already, and had the version of the next one in its slot.
    let mut heap = Heap::new();
    let made = Arc::default();
    let farewell = |heap: &mut Heap, other| {
        heap.alloc(Farewell {
            other,
            made: Arc::clone(&made),
        })
    };
    let a = farewell(&mut heap, None);
    let b = farewell(&mut heap, Some(a.clone()));
    heap[&a].other = Some(b);
    drop(a);
    assert_eq!(heap.collect().collected, 2);
    let weak = made.lock().unwrap().clone();
    assert_eq!(weak.len(), 2);
    let _next = [(); 4].map(|()| farewell(&mut heap, None));
    for weak in weak {
        assert!(heap.get_weak(weak).is_none(), "{weak:?}");
        assert!(heap.upgrade(weak).is_none(), "{weak:?}");
    }
}
