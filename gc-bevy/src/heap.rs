//! The heap as a resource.

use crate::GcFrame;
use bevy_ecs::resource::Resource;
use core::{
    any::{TypeId, type_name},
    fmt,
    marker::PhantomData,
    ops::{Deref, DerefMut},
};
use gc_core::{Heap, HeapConfig};

/// The marker of the heap that is meant when none is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MainHeap;

/// The game's heap: a resource that dereferences to [`gc_core::Heap`].
///
/// Systems that only read objects take `Res<GcHeap>` and run in parallel; systems that write take `ResMut<GcHeap>`;
/// systems that only allocate take [`GcAlloc`](crate::GcAlloc) and run in parallel too. Handles live in components, in
/// [`GcRef`](crate::GcRef) or in your own: a despawned entity drops its handles, which costs one atomic operation each
/// and runs no game code; the objects themselves are freed in [`GcSystems`](crate::GcSystems).
///
/// An app may have several heaps, one a mod or a world, told apart by a marker type: `GcHeap<Mod>`. Handles never cross.
///
/// A `ResMut` borrows the whole heap at each use, so `heap.alloc(Shot { pos: heap[&ship].pos })` does not compile, though it
/// would with a `&mut Heap`. Take one first: `let heap: &mut Heap = &mut heap;`.
///
/// The collector writes to the heap in every frame, so Bevy's change detection says nothing about this resource.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use gc_bevy::{GcHeap, GcRef};
/// use gc_core::Trace;
///
/// #[derive(Trace)]
/// struct Ship { hull: u32 }
///
/// fn launch(mut heap: ResMut<GcHeap>, mut commands: Commands) {
///     commands.spawn(GcRef(heap.alloc(Ship { hull: 3 })));
/// }
///
/// fn total_hull(heap: Res<GcHeap>, ships: Query<&GcRef<Ship>>) -> u32 {
///     ships.iter().map(|ship| heap[ship].hull).sum()
/// }
///
/// let mut world = World::new();
/// world.init_resource::<GcHeap>();
/// world.run_system_cached(launch).unwrap();
/// assert_eq!(world.run_system_cached(total_hull).unwrap(), 3);
/// ```
#[derive(Resource)]
pub struct GcHeap<M: Send + Sync + 'static = MainHeap> {
    heap: Heap,
    pub(crate) frame: GcFrame,
    /// Bytes in use after the last full collection.
    pub(crate) proved: usize,
    marker: PhantomData<fn() -> M>,
}

impl GcHeap {
    /// The main heap, without limits.
    // Beside the trait's method, so that `GcHeap::default()` needs no marker named.
    #[expect(
        clippy::should_implement_trait,
        reason = "the trait is implemented too, for every marker"
    )]
    pub fn default() -> Self {
        <Self as Default>::default()
    }

    /// The main heap with its own configuration. [`GcPlugin::config`](crate::GcPlugin::config) is the usual way.
    pub fn with_config(config: HeapConfig) -> Self {
        Self::from(config)
    }
}

impl<M: Send + Sync + 'static> GcHeap<M> {
    /// What this heap's collector did in the frame that ended last. [`GcFrame`], the resource, adds all heaps together.
    pub fn last_frame(&self) -> GcFrame {
        self.frame
    }

    /// Bytes of floating garbage at the most: what the heap has grown by since the end of the frame in which the last
    /// full collection ended. Before the first it is everything.
    pub fn floating_bytes(&self) -> usize {
        self.heap.bytes().saturating_sub(self.proved)
    }
}

impl<M: Send + Sync + 'static> From<HeapConfig> for GcHeap<M> {
    fn from(config: HeapConfig) -> Self {
        Self {
            heap: Heap::with_config(config),
            frame: GcFrame::default(),
            proved: 0,
            marker: PhantomData,
        }
    }
}

impl<M: Send + Sync + 'static> Default for GcHeap<M> {
    fn default() -> Self {
        Self::from(HeapConfig::default())
    }
}

impl<M: Send + Sync + 'static> Deref for GcHeap<M> {
    type Target = Heap;

    fn deref(&self) -> &Heap {
        &self.heap
    }
}

impl<M: Send + Sync + 'static> DerefMut for GcHeap<M> {
    fn deref_mut(&mut self) -> &mut Heap {
        &mut self.heap
    }
}

/// Which of the app's heaps a message tells of.
///
/// ```
/// use gc_bevy::{GcHeapId, MainHeap};
///
/// struct Mod;
/// assert!(GcHeapId::of::<MainHeap>().is_main());
/// assert!(GcHeapId::of::<Mod>().is::<Mod>());
/// assert_eq!(GcHeapId::of::<Mod>().name(), "Mod");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "reflect",
    derive(bevy_reflect::Reflect),
    reflect(opaque, Clone, Debug, PartialEq, Hash)
)]
pub struct GcHeapId {
    marker: TypeId,
    name: &'static str,
}

impl GcHeapId {
    /// The heap with the marker `M`.
    pub fn of<M: 'static>() -> Self {
        Self {
            marker: TypeId::of::<M>(),
            name: type_name::<M>(),
        }
    }

    /// Is it the heap with the marker `M`?
    pub fn is<M: 'static>(self) -> bool {
        self.marker == TypeId::of::<M>()
    }

    /// Is it the heap that is meant when none is named?
    pub fn is_main(self) -> bool {
        self.is::<MainHeap>()
    }

    /// The marker's name, without its module.
    pub fn name(self) -> &'static str {
        let module = self.name.split('<').next().unwrap_or_default();
        let start = module.rfind("::").map_or(0, |at| at + 2);
        &self.name[start..]
    }
}

impl fmt::Debug for GcHeapId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
