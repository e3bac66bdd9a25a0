//! Entities that go when an object dies.

use crate::{GcHeap, GcHeapId, MainHeap};
use alloc::vec::Vec;
#[cfg(feature = "reflect")]
use bevy_ecs::reflect::{ReflectComponent, ReflectResource};
use bevy_ecs::{
    component::{Component, Immutable, StorageType},
    entity::EntityIndexSet,
    lifecycle::{ComponentHook, HookContext},
    prelude::*,
    world::DeferredWorld,
};
use bevy_platform::collections::{HashMap, hash_map::Entry};
#[cfg(feature = "reflect")]
use bevy_reflect::prelude::ReflectDefault;
use core::{fmt, marker::PhantomData};
use gc_core::{Gc, HeapId, ObjectId, Weak};

/// Binds an entity to an object's life: the entity is despawned when the object has died.
///
/// It does not keep the object alive. The entity goes at the end of the frame in which the object dies or is condemned, in
/// [`GcSystems::Despawn`](crate::GcSystems::Despawn); when the object is dead already, with the next commands. Several
/// entities may be bound to one object; an entity is bound to at most one object of a heap, and to another one by
/// inserting another `GcBound`. Removing the component unbinds.
///
/// For the other direction, an object that lives as long as an entity, there is [`GcRef`](crate::GcRef).
///
/// Cost: an entry of a table while it is bound, nothing in a frame in which nothing dies. The plugin asks each heap once a
/// frame who has died ([`Heap::drain_reclaimed`](gc_core::Heap::drain_reclaimed)), so ask the plugin instead:
/// [`GcDeaths`].
///
/// ```
/// use bevy_app::App;
/// use bevy_ecs::prelude::*;
/// use gc_bevy::{GcBound, GcHeap, GcPlugin};
/// use gc_core::Trace;
///
/// #[derive(Trace)]
/// struct Ship { hull: u32 }
///
/// let mut app = App::new();
/// app.add_plugins(GcPlugin::default());
/// let ship = app.world_mut().resource_mut::<GcHeap>().alloc(Ship { hull: 3 });
/// let label = app.world_mut().spawn(GcBound::to(&ship)).id();
/// app.update();
/// assert!(app.world().get_entity(label).is_ok());
/// drop(ship); // shot down
/// app.update();
/// assert!(app.world().get_entity(label).is_err());
/// ```
#[cfg_attr(
    feature = "reflect",
    derive(bevy_reflect::Reflect),
    reflect(opaque),
    reflect(Component, Clone, Debug, type_path = false, where)
)]
pub struct GcBound<M: Send + Sync + 'static = MainHeap> {
    heap: HeapId,
    object: ObjectId,
    marker: PhantomData<fn() -> M>,
}

impl GcBound {
    /// Binds to an object of the main heap.
    pub fn to<T>(object: &Gc<T>) -> Self {
        Self::to_weak(object.downgrade())
    }

    /// Binds to the object of a weak handle, on the main heap.
    pub fn to_weak<T>(object: Weak<T>) -> Self {
        Self {
            heap: object.heap_id(),
            object: object.id(),
            marker: PhantomData,
        }
    }

    /// The same for an object of the heap with the marker `M`.
    ///
    /// # Panics
    /// When it is inserted and the object is of another heap.
    pub fn on<M: Send + Sync + 'static>(self) -> GcBound<M> {
        GcBound {
            heap: self.heap,
            object: self.object,
            marker: PhantomData,
        }
    }
}

impl<M: Send + Sync + 'static> GcBound<M> {
    /// The object's identity.
    pub fn object(&self) -> ObjectId {
        self.object
    }
}

impl<M: Send + Sync + 'static> Clone for GcBound<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Send + Sync + 'static> Copy for GcBound<M> {}

impl<M: Send + Sync + 'static> fmt::Debug for GcBound<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GcBound({:?})", self.object)
    }
}

impl<M: Send + Sync + 'static> Component for GcBound<M> {
    const STORAGE_TYPE: StorageType = StorageType::Table;
    type Mutability = Immutable;

    fn on_insert() -> Option<ComponentHook> {
        Some(bind::<M>)
    }

    fn on_discard() -> Option<ComponentHook> {
        Some(unbind::<M>)
    }
}

/// The objects of a heap that had a weak handle and have died or been condemned since the frame before: a resource, new in
/// [`GcSystems::Despawn`](crate::GcSystems::Despawn) of each frame. For what the game keeps beside the heap.
#[derive(Resource)]
#[cfg_attr(
    feature = "reflect",
    derive(bevy_reflect::Reflect),
    reflect(opaque),
    reflect(Resource, Default, Clone, Debug, type_path = false, where)
)]
pub struct GcDeaths<M: Send + Sync + 'static = MainHeap> {
    objects: Vec<ObjectId>,
    marker: PhantomData<fn() -> M>,
}

impl<M: Send + Sync + 'static> GcDeaths<M> {
    /// Their identities, in the order of their deaths. At most the last 65,536.
    pub fn objects(&self) -> &[ObjectId] {
        &self.objects
    }
}

impl<M: Send + Sync + 'static> Clone for GcDeaths<M> {
    fn clone(&self) -> Self {
        Self {
            objects: self.objects.clone(),
            marker: PhantomData,
        }
    }
}

impl<M: Send + Sync + 'static> fmt::Debug for GcDeaths<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GcDeaths").field(&self.objects).finish()
    }
}

impl<M: Send + Sync + 'static> Default for GcDeaths<M> {
    fn default() -> Self {
        Self {
            objects: Vec::new(),
            marker: PhantomData,
        }
    }
}

/// Who is bound to which object.
#[derive(Resource)]
pub(crate) struct Bindings<M: Send + Sync + 'static> {
    of: HashMap<ObjectId, Bound>,
    marker: PhantomData<fn() -> M>,
}

/// The entities of one object. Nearly always there is one; where there are thousands, each comes and goes in O(1).
enum Bound {
    One(Entity),
    Many(EntityIndexSet),
}

impl<M: Send + Sync + 'static> Default for Bindings<M> {
    fn default() -> Self {
        Self {
            of: HashMap::default(),
            marker: PhantomData,
        }
    }
}

impl<M: Send + Sync + 'static> Bindings<M> {
    fn add(&mut self, object: ObjectId, entity: Entity) {
        match self.of.entry(object) {
            Entry::Vacant(place) => {
                place.insert(Bound::One(entity));
            }
            Entry::Occupied(mut place) => match place.get_mut() {
                Bound::One(first) => {
                    let both = [*first, entity].into_iter().collect();
                    place.insert(Bound::Many(both));
                }
                Bound::Many(all) => {
                    all.insert(entity);
                }
            },
        }
    }

    fn remove(&mut self, object: ObjectId, entity: Entity) {
        let Entry::Occupied(mut place) = self.of.entry(object) else {
            return;
        };
        let empty = match place.get_mut() {
            Bound::One(only) => *only == entity,
            Bound::Many(all) => {
                all.swap_remove(&entity);
                all.is_empty()
            }
        };
        if empty {
            place.remove();
        }
    }
}

fn bind<M: Send + Sync + 'static>(mut world: DeferredWorld, context: HookContext) {
    let Some(&GcBound { heap, object, .. }) = world.get::<GcBound<M>>(context.entity) else {
        return;
    };
    let Some(mut bindings) = world.get_resource_mut::<Bindings<M>>() else {
        panic!(
            "an entity was bound to the heap {:?}, which the app does not have: add its GcPlugin",
            GcHeapId::of::<M>()
        );
    };
    bindings.add(object, context.entity);
    let ours = world.resource::<GcHeap<M>>();
    assert!(
        heap == ours.id() || heap == Weak::<()>::dead().heap_id(),
        "an entity was bound on the heap {:?} to an object of another heap: say which with `GcBound::to(..).on::<Marker>()`",
        GcHeapId::of::<M>()
    );
    if !ours.contains(object) {
        // It died before: its death has been told already.
        world.commands().entity(context.entity).try_despawn();
    }
}

fn unbind<M: Send + Sync + 'static>(mut world: DeferredWorld, context: HookContext) {
    let Some(&GcBound { object, .. }) = world.get::<GcBound<M>>(context.entity) else {
        return;
    };
    if let Some(mut bindings) = world.get_resource_mut::<Bindings<M>>() {
        bindings.remove(object, context.entity);
    }
}

/// Despawns the entities whose objects have died.
pub(crate) fn despawn<M: Send + Sync + 'static>(
    mut heap: ResMut<GcHeap<M>>,
    mut deaths: ResMut<GcDeaths<M>>,
    bindings: Res<Bindings<M>>,
    mut commands: Commands,
) {
    let lost = heap.lost_reclaimed();
    deaths.objects.clear();
    deaths.objects.extend(heap.drain_reclaimed());
    let mut despawn = |bound: &Bound| match bound {
        Bound::One(entity) => commands.entity(*entity).try_despawn(),
        Bound::Many(all) => all
            .iter()
            .for_each(|entity| commands.entity(*entity).try_despawn()),
    };
    if lost > 0 {
        // More deaths than the heap remembers: ask for each object that an entity is bound to.
        let dead = bindings
            .of
            .iter()
            .filter(|(object, _)| !heap.contains(**object));
        dead.for_each(|(_, bound)| despawn(bound));
    } else if !bindings.of.is_empty() {
        let dead = deaths
            .objects
            .iter()
            .filter_map(|object| bindings.of.get(object));
        dead.for_each(despawn);
    }
}
