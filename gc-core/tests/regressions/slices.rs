//! Slices of different sizes: what one of them leaves, the next must see.

use gc_core::{Gc, Heap, Trace, Weak};

use crate::util::{quiet_heap, slices};

/// Few in a page, so that a phase that takes a page a unit takes several units.
#[derive(Trace)]
struct Wide {
    me: Option<Gc<Wide>>,
    #[trace(skip)]
    _pad: [u64; 100],
}

fn wide_knot(heap: &mut Heap) -> Weak<Wide> {
    let g = heap.alloc(Wide {
        me: None,
        _pad: [0; 100],
    });
    heap[&g].me = Some(g.clone());
    g.downgrade()
}

#[test]
fn an_object_upgraded_between_two_slices_stays_however_large_the_next_slice_is() {
    // A slice that began in the phase that looks for upgrades ran on into the next ones without looking.
    const COUNT: usize = 100;
    for (between, then) in [(1, 5), (2, 17), (1, u64::MAX)] {
        for units in 0.. {
            let mut heap = quiet_heap();
            let weak: Vec<_> = (0..COUNT).map(|_| wide_knot(&mut heap)).collect();
            slices(&mut heap, units, 1);
            // Reading marks as well, and so the heap looks for what came back while the next one does.
            if heap.get_weak(weak[COUNT - 1]).is_none() {
                break;
            }
            slices(&mut heap, between, 1);
            let Some(first) = heap.upgrade(weak[0]) else {
                continue;
            };
            for _ in 0..2 {
                slices(&mut heap, 1, then);
                assert!(
                    heap.try_get(&first).is_ok(),
                    "upgraded after {units} and {between} units, then slices of {then}"
                );
            }
        }
    }
}
