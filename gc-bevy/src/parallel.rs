//! Allocation in parallel systems.

use crate::{GcHeap, GcHeapId, MainHeap};
use bevy_ecs::{
    prelude::*,
    system::{Deferred, SystemBuffer, SystemMeta, SystemParam},
    world::DeferredWorld,
};
use core::marker::PhantomData;
use gc_core::{AllocContext, AllocError, Gc, Trace};

/// Allocates without the heap: a system parameter for systems that run in parallel with others that read or allocate.
///
/// What it allocates is there at once: its handles can be put into components, cloned and dropped, and a system that has
/// `Res<GcHeap>` reads through them. At the next sync point, where [`Commands`] are applied too, the objects become the
/// collector's; until then [`len`](gc_core::Heap::len), limits and thresholds do not count them, and none of them is freed. Sync
/// points come in the order of the schedule, so the order of allocations is the same however the threads ran.
///
/// A system that has `ResMut<GcHeap>` allocates there, and has no need of this.
///
/// Cost of an object: as with the heap. A sync point costs a look at the pages that the system has filled.
///
/// # Panics
/// When a system is first run in a world without a [`GcHeap<M>`]: add its [`GcPlugin`](crate::GcPlugin).
///
/// ```
/// use bevy_app::{App, Update};
/// use bevy_ecs::prelude::*;
/// use gc_bevy::{GcAlloc, GcHeap, GcPlugin, GcRef};
/// use gc_core::{Gc, Trace};
///
/// #[derive(Trace)]
/// struct Ship { hull: u32 }
///
/// #[derive(Trace)]
/// struct Bullet { owner: Gc<Ship> }
///
/// // These two run at the same time.
/// fn shoot(mut gc: GcAlloc, heap: Res<GcHeap>, ships: Query<&GcRef<Ship>>, mut commands: Commands) {
///     for GcRef(ship) in &ships {
///         if heap[ship].hull > 0 {
///             commands.spawn(GcRef(gc.alloc(Bullet { owner: ship.clone() })));
///         }
///     }
/// }
/// fn reinforce(mut gc: GcAlloc, mut commands: Commands) {
///     commands.spawn(GcRef(gc.alloc(Ship { hull: 3 })));
/// }
///
/// let mut app = App::new();
/// app.add_plugins(GcPlugin::default()).add_systems(Update, (shoot, reinforce));
/// app.update();
/// app.update();
/// assert_eq!(app.world().resource::<GcHeap>().len(), 3);
/// ```
#[derive(SystemParam)]
pub struct GcAlloc<'s, M: Send + Sync + 'static = MainHeap> {
    buffer: Deferred<'s, Allocated<M>>,
}

impl<M: Send + Sync + 'static> GcAlloc<'_, M> {
    /// Puts a value on the heap. As [`Heap::alloc`](gc_core::Heap::alloc), but nothing is reclaimed or collected.
    ///
    /// # Panics
    /// If there is no memory, or the heap's hard limit is reached; [`try_alloc`](Self::try_alloc) gives the value back.
    #[cfg_attr(feature = "call_sites", track_caller)]
    pub fn alloc<T: Trace>(&mut self, value: T) -> Gc<T> {
        self.buffer.context.alloc(value)
    }

    /// Puts a value on the heap, or gives it back.
    ///
    /// # Errors
    /// As [`AllocContext::try_alloc`].
    #[cfg_attr(feature = "call_sites", track_caller)]
    pub fn try_alloc<T: Trace>(&mut self, value: T) -> Result<Gc<T>, AllocError<T>> {
        self.buffer.context.try_alloc(value)
    }
}

/// What a system has allocated since the last sync point.
pub struct Allocated<M> {
    context: AllocContext,
    marker: PhantomData<fn() -> M>,
}

impl<M: Send + Sync + 'static> FromWorld for Allocated<M> {
    fn from_world(world: &mut World) -> Self {
        let Some(mut heap) = world.get_resource_mut::<GcHeap<M>>() else {
            panic!(
                "a system allocates on the heap {:?}, which the app does not have: add its GcPlugin",
                GcHeapId::of::<M>()
            );
        };
        Self {
            context: heap.alloc_context(),
            marker: PhantomData,
        }
    }
}

impl<M: Send + Sync + 'static> SystemBuffer for Allocated<M> {
    fn queue(&mut self, _: &SystemMeta, mut world: DeferredWorld) {
        world
            .resource_mut::<GcHeap<M>>()
            .merge_mut(&mut self.context);
    }
}
