//! The heap as a resource.

use bevy_ecs::resource::Resource;
use core::ops::{Deref, DerefMut};
use gc_core::{Heap, HeapConfig};

/// The game's heap: a resource that dereferences to [`gc_core::Heap`].
///
/// Systems that only read objects take `Res<GcHeap>` and run in parallel; systems that allocate or write take
/// `ResMut<GcHeap>`. Handles ([`Gc`](gc_core::Gc)) live in components: a despawned entity drops its handles, which
/// costs one atomic operation each and runs no game code; the objects themselves are freed in
/// [`GcSystems`](crate::GcSystems).
///
/// The collector writes to the heap in every frame, so Bevy's change detection says nothing about this resource.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use gc_bevy::GcHeap;
/// use gc_core::{Gc, Trace};
///
/// #[derive(Trace)]
/// struct Ship { hull: u32 }
///
/// #[derive(Component)]
/// struct ShipRef(Gc<Ship>);
///
/// fn launch(mut heap: ResMut<GcHeap>, mut commands: Commands) {
///     let ship = heap.alloc(Ship { hull: 3 });
///     commands.spawn(ShipRef(ship));
/// }
///
/// fn total_hull(heap: Res<GcHeap>, ships: Query<&ShipRef>) -> u32 {
///     ships.iter().map(|ship| heap[&ship.0].hull).sum()
/// }
///
/// let mut world = World::new();
/// world.init_resource::<GcHeap>();
/// world.run_system_cached(launch).unwrap();
/// assert_eq!(world.run_system_cached(total_hull).unwrap(), 3);
/// ```
#[derive(Resource)]
pub struct GcHeap(Heap);

impl GcHeap {
    /// A heap with its own configuration. [`GcPlugin::config`](crate::GcPlugin::config) is the usual way.
    pub fn with_config(config: HeapConfig) -> Self {
        Self(Heap::with_config(config))
    }
}

impl Default for GcHeap {
    fn default() -> Self {
        Self::with_config(HeapConfig::default())
    }
}

impl Deref for GcHeap {
    type Target = Heap;

    fn deref(&self) -> &Heap {
        &self.0
    }
}

impl DerefMut for GcHeap {
    fn deref_mut(&mut self) -> &mut Heap {
        &mut self.0
    }
}
