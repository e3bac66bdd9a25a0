//! A component that holds a handle.

use bevy_ecs::component::Component;
#[cfg(feature = "reflect")]
use bevy_ecs::reflect::ReflectComponent;
use core::{
    fmt,
    hash::{Hash, Hasher},
    ops::Deref,
};
use gc_core::{Gc, Trace};

/// A strong handle as a component: the entity keeps the object alive.
///
/// Despawning the entity, or removing the component, drops the handle: one atomic operation, and no game code runs inside
/// the command. If it was the last one, the object is freed at the end of the frame, within the budget. A cycle that it
/// led to is the collector's to find.
///
/// For the other direction, an entity that goes when an object dies, there is [`GcBound`](crate::GcBound).
///
/// With the feature `reflect`, inspectors show it once it is registered: `app.register_type::<GcRef<Ship>>()`, which asks
/// for `#[derive(TypePath)]` on `Ship`. A [`Gc`] in a component of your own is not `Reflect`: say `#[reflect(ignore)]`
/// there.
///
/// It dereferences to [`Gc<T>`], so a heap is indexed with it:
///
/// ```
/// use bevy_ecs::prelude::*;
/// use gc_bevy::{GcHeap, GcRef};
/// use gc_core::Trace;
///
/// #[derive(Trace)]
/// struct Ship { hull: u32 }
///
/// fn damage(mut heap: ResMut<GcHeap>, ships: Query<&GcRef<Ship>>) {
///     for ship in &ships {
///         heap[ship].hull -= 1;
///     }
/// }
///
/// let mut world = World::new();
/// let mut heap = GcHeap::default();
/// let ship = world.spawn(GcRef(heap.alloc(Ship { hull: 3 }))).id();
/// world.insert_resource(heap);
/// world.run_system_cached(damage).unwrap();
/// world.despawn(ship);
/// let mut heap = world.resource_mut::<GcHeap>();
/// heap.reclaim();
/// assert!(heap.is_empty());
/// ```
#[derive(Component)]
#[cfg_attr(
    feature = "reflect",
    derive(bevy_reflect::Reflect),
    reflect(opaque),
    reflect(Component, Clone, Debug, PartialEq, Hash)
)]
pub struct GcRef<T: Trace>(pub Gc<T>);

impl<T: Trace> From<Gc<T>> for GcRef<T> {
    fn from(handle: Gc<T>) -> Self {
        Self(handle)
    }
}

impl<T: Trace> Deref for GcRef<T> {
    type Target = Gc<T>;

    fn deref(&self) -> &Gc<T> {
        &self.0
    }
}

impl<T: Trace> Clone for GcRef<T> {
    #[cfg_attr(feature = "call_sites", track_caller)]
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// By identity, as [`Gc`].
impl<T: Trace> PartialEq for GcRef<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T: Trace> Eq for GcRef<T> {}

impl<T: Trace> Hash for GcRef<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<T: Trace> fmt::Debug for GcRef<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
