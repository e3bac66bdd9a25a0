//! Spans for `tracing`, so that Tracy and Chrome traces show slices by phase.
//!
//! ```text
//! gc slice ├──────────────────────────────┤       a slice, or a collection in one go under the system it interrupts
//!             gc count ├───┤ gc mark ├────┤       what it works on; what is left between is reference counting's share
//! ```

use crate::GcHeapId;
use bevy_platform::sync::{Mutex, PoisonError};
use gc_core::{CollectionPhase, Heap, PhaseEvent};
use tracing::{Span, info_span};

/// The span of a slice; it lasts until the guard goes.
pub(crate) fn slice(heap: GcHeapId) -> impl Drop {
    info_span!("gc slice", heap = heap.name()).entered()
}

/// The span of reclaiming outside slices.
pub(crate) fn reclaim(heap: GcHeapId) -> impl Drop {
    info_span!("gc reclaim", heap = heap.name()).entered()
}

/// From now on every stretch of a phase's work on `heap` is a span.
pub(crate) fn attach(heap: &mut Heap, id: GcHeapId) {
    // The lock is never contended: the heap calls back one at a time. It makes the callback `Sync`.
    let open = Mutex::new(None::<Span>);
    heap.on_phase(move |event| {
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        match *event {
            PhaseEvent::Begin { generation, phase } => {
                let span = of_phase(phase, id, generation.index());
                // By hand, because what is entered here is left in another call.
                span.with_subscriber(|(id, subscriber)| subscriber.enter(id));
                *open = Some(span);
            }
            PhaseEvent::End => {
                if let Some(span) = open.take() {
                    span.with_subscriber(|(id, subscriber)| subscriber.exit(id));
                }
            }
        }
    });
}

/// A span's name is fixed where it is made, so there is one place for each phase.
fn of_phase(phase: CollectionPhase, heap: GcHeapId, generation: usize) -> Span {
    let heap = heap.name();
    match phase {
        CollectionPhase::Prepare => info_span!("gc prepare", heap, generation),
        CollectionPhase::Count => info_span!("gc count", heap, generation),
        CollectionPhase::Roots => info_span!("gc roots", heap, generation),
        CollectionPhase::Mark => info_span!("gc mark", heap, generation),
        CollectionPhase::Quarantine => info_span!("gc quarantine", heap, generation),
        CollectionPhase::Condemn => info_span!("gc condemn", heap, generation),
        CollectionPhase::Finalize => info_span!("gc finalize", heap, generation),
        CollectionPhase::Free => info_span!("gc free", heap, generation),
        _ => info_span!("gc collect", heap, generation),
    }
}
