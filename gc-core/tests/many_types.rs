//! Ten thousand types in one heap: each finds its own pages, is traced, examined, collected and dropped.

use gc_core::{Budget, GcAny, Heap, Trace};
use std::cell::RefCell;
use std::collections::HashSet;

const TYPES: usize = 10_000;

thread_local! {
    /// How often an object of each type was dropped.
    static DROPPED: RefCell<Vec<u32>> = RefCell::new(vec![0; TYPES]);
}

/// What all the types have: one generic line each is enough for the compiler, ten thousand times.
#[derive(Trace)]
struct Body {
    next: Option<GcAny>,
    number: usize,
}

impl Drop for Body {
    fn drop(&mut self) {
        DROPPED.with_borrow_mut(|dropped| dropped[self.number] += 1);
    }
}

#[derive(Trace)]
struct Of<const A: u8, const B: u8>(Body);

/// Calls the method with each number below a hundred after what is fixed.
macro_rules! each {
    ($chain:ident, $method:ident, $($fixed:ident,)?) => {
        each!(@ $chain, $method, ($($fixed,)?),
            0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33
            34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64
            65 66 67 68 69 70 71 72 73 74 75 76 77 78 79 80 81 82 83 84 85 86 87 88 89 90 91 92 93 94 95
            96 97 98 99)
    };
    (@ $chain:ident, $method:ident, $fixed:tt, $($number:literal)*) => {
        $( each!(# $chain, $method, $fixed, $number); )*
    };
    (# $chain:ident, $method:ident, ($($fixed:ident,)?), $number:literal) => {
        $chain.$method::<$($fixed,)? $number>()
    };
}
/// A chain of objects, each of another type: what refers to an object is of the type after it.
struct Chain {
    heap: Heap,
    last: Option<GcAny>,
}

impl Chain {
    fn add<const A: u8, const B: u8>(&mut self) {
        let body = Body {
            next: self.last.take(),
            number: A as usize * 100 + B as usize,
        };
        self.last = Some(self.heap.alloc(Of::<A, B>(body)).erase());
    }

    fn add_hundred<const A: u8>(&mut self) {
        each!(self, add, A,);
    }

    fn of_all_types() -> Chain {
        let mut chain = Chain {
            heap: Heap::new(),
            last: None,
        };
        chain.heap.disable();
        let all = &mut chain;
        each!(all, add_hundred,);
        chain
    }
}

#[test]
fn ten_thousand_types() {
    for sliced in [false, true] {
        DROPPED.with_borrow_mut(|dropped| dropped.fill(0));
        let Chain { mut heap, last } = Chain::of_all_types();
        let last = last
            .expect("the chain")
            .downcast::<Of<99, 99>>()
            .expect("its type");
        assert_eq!(heap.len(), TYPES);
        let names: HashSet<_> = heap.pages().map(|page| page.type_name).collect();
        assert_eq!((names.len(), heap.pages().count()), (TYPES, TYPES));
        assert!(heap.page_bytes() <= TYPES * 4096);
        assert!(heap.iter::<Of<31, 41>>().map(|of| of.0.number).eq([3141]));

        // All are alive as long as the last of them is.
        heap.enable();
        let first = heap.iter_weak::<Of<0, 0>>().next().map(|(first, _)| first);
        let first = first.and_then(|first| heap.upgrade(first));
        let first = first.expect("the first of the chain");
        heap[&first].0.next = Some(last.clone().erase());
        drop(first);
        assert_eq!(heap.collect().collected, 0);
        heap.verify();
        drop(last);
        if sliced {
            while !heap.step(Budget::units(50)).finished {}
        } else {
            assert_eq!(heap.collect().collected, TYPES);
        }
        assert_eq!(heap.len(), 0);
        DROPPED.with_borrow(|dropped| assert!(dropped.iter().all(|&times| times == 1)));
        heap.verify();
        heap.trim();
        assert_eq!(heap.page_bytes(), 0);
    }
}
