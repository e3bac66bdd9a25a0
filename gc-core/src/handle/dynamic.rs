//! Handles of objects that are known by a trait: different types behind one handle.

use super::{Gc, GcAny, ObjectId, Weak};
use crate::trace::{Trace, Tracer};
use crate::{HandleError, Heap};
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};

/// How a `T` is seen as a `D`, which is mostly a `dyn Trait`. [`dyn_handle!`](crate::dyn_handle) writes it.
///
/// By hand it is two functions that give back what they get. Where the trait object is your own, a view of every type
/// that has the trait can be declared once:
///
/// ```
/// use gc_core::{GcDyn, Heap, Trace, View};
///
/// trait Shape { fn area(&self) -> f32; }
///
/// struct AsShape;
/// impl<T: Shape + Trace> View<T, dyn Shape> for AsShape {
///     fn view(value: &T) -> &(dyn Shape + 'static) { value }
///     fn view_mut(value: &mut T) -> &mut (dyn Shape + 'static) { value }
/// }
///
/// #[derive(Trace)]
/// struct Square(f32);
/// impl Shape for Square { fn area(&self) -> f32 { self.0 * self.0 } }
///
/// let mut heap = Heap::new();
/// let square = heap.alloc(Square(2.0));
/// let shape = GcDyn::new::<_, AsShape>(square);
/// assert_eq!(heap.get_dyn(&shape).area(), 4.0);
/// ```
pub trait View<T, D: ?Sized> {
    /// To read.
    fn view(value: &T) -> &D;
    /// To write.
    fn view_mut(value: &mut T) -> &mut D;
}

/// A strong handle of an object that is known by a trait: `GcDyn<dyn Shape>` leads to any type that is a `Shape`.
/// 16 bytes, `Option` of it too.
///
/// [`dyn_handle!`](crate::dyn_handle) makes one of a typed handle, for any trait. [`Heap::get_dyn`] and
/// [`Heap::get_dyn_mut`] reach the object, [`GcDyn::downcast`] finds its type again. It can be a field of traced types
/// and is an edge like any other handle; the collector always looks at it, since it cannot know by the trait whether the
/// object may refer to others. Equality and hash are by identity.
///
/// Cost of an access, beyond [`Heap::get`]: a call through a pointer, and two loads that check the type.
///
/// ```
/// use gc_core::{Gc, GcDyn, Heap, Trace, dyn_handle};
///
/// trait Enemy: Send + Sync {
///     fn hit(&mut self, damage: u32);
///     fn alive(&self) -> bool;
/// }
///
/// #[derive(Trace)]
/// struct Zombie { hp: u32 }
/// #[derive(Trace)]
/// struct Boss { hp: u32, minions: Vec<GcDyn<dyn Enemy>> }
///
/// impl Enemy for Zombie {
///     fn hit(&mut self, damage: u32) { self.hp = self.hp.saturating_sub(damage) }
///     fn alive(&self) -> bool { self.hp > 0 }
/// }
/// impl Enemy for Boss {
///     fn hit(&mut self, _: u32) { self.hp -= 1 }
///     fn alive(&self) -> bool { self.hp > 0 }
/// }
///
/// let mut heap = Heap::new();
/// let zombie = heap.alloc(Zombie { hp: 3 });
/// let boss = heap.alloc(Boss { hp: 9, minions: Vec::new() });
/// let enemies: [GcDyn<dyn Enemy>; 2] = [dyn_handle!(zombie => dyn Enemy), dyn_handle!(boss => dyn Enemy)];
///
/// for enemy in &enemies {
///     heap.get_dyn_mut(enemy).hit(5);
/// }
/// assert!(!heap.get_dyn(&enemies[0]).alive());
/// let boss: &Gc<Boss> = enemies[1].downcast_ref().unwrap();
/// assert_eq!(heap[boss].hp, 8);
/// ```
///
/// # Behaviour that needs the heap
/// `heap.get_dyn_mut(&goal).tick(&mut heap)` would borrow the heap twice. What only reads it may take `&Heap`, through
/// [`Heap::get_dyn`]. What changes it asks the object for a function first, which is no borrow, and calls that with the
/// handle; each type then has its own, with a typed handle, as [`Finalize`](crate::Finalize) has:
///
/// ```
/// use gc_core::{Gc, GcDyn, Heap, Trace, dyn_handle};
///
/// /// What a type of goals writes.
/// trait Tick: Trace + Sized {
///     fn tick(this: &Gc<Self>, heap: &mut Heap);
/// }
/// /// What a list of goals holds; written once.
/// trait Goal {
///     fn ticker(&self) -> fn(&GcDyn<dyn Goal>, &mut Heap);
/// }
/// impl<T: Tick> Goal for T {
///     fn ticker(&self) -> fn(&GcDyn<dyn Goal>, &mut Heap) {
///         |this, heap| T::tick(this.downcast_ref().unwrap(), heap)
///     }
/// }
///
/// #[derive(Trace)]
/// struct Door { open: bool }
/// #[derive(Trace)]
/// struct OpenDoor { door: Gc<Door> }
/// impl Tick for OpenDoor {
///     fn tick(this: &Gc<Self>, heap: &mut Heap) {
///         let door = heap[this].door.clone();
///         heap[&door].open = true;
///     }
/// }
///
/// let mut heap = Heap::new();
/// let door = heap.alloc(Door { open: false });
/// let goal = heap.alloc(OpenDoor { door: door.clone() });
/// let goals: Vec<GcDyn<dyn Goal>> = vec![dyn_handle!(goal => dyn Goal)];
/// for goal in &goals {
///     let tick = heap.get_dyn(goal).ticker();
///     tick(goal, &mut heap);
/// }
/// assert!(heap[&door].open);
/// ```
pub struct GcDyn<D: ?Sized + 'static> {
    handle: GcAny,
    access: &'static Access<D>,
}

/// The weak form of [`GcDyn`]: `Copy`, does not keep the object alive. [`Heap::get_weak_dyn`] and [`Heap::upgrade_dyn`]
/// reach it.
pub struct WeakDyn<D: ?Sized + 'static> {
    weak: Weak<Unknown>,
    /// `None`: never had an object.
    access: Option<&'static Access<D>>,
}

/// Stands for the type of the object. What `access` holds knows it.
enum Unknown {}

/// What knows the type.
struct Access<D: ?Sized + 'static> {
    get: for<'a> fn(&'a Heap, &GcAny) -> Result<&'a D, HandleError>,
    get_mut: for<'a> fn(&'a mut Heap, &GcAny) -> Result<&'a mut D, HandleError>,
    downgrade: fn(&GcAny) -> Weak<Unknown>,
    get_weak: fn(&Heap, Weak<Unknown>) -> Option<&D>,
    get_weak_mut: fn(&mut Heap, Weak<Unknown>) -> Option<&mut D>,
    upgrade: fn(&Heap, Weak<Unknown>) -> Option<GcAny>,
}

/// Makes the [`Access`] of a type and a view a constant.
struct AccessOf<T, V>(core::marker::PhantomData<(T, V)>);

impl<T: Trace, V> AccessOf<T, V> {
    const fn access<D: ?Sized + 'static>() -> &'static Access<D>
    where
        V: View<T, D>,
    {
        const {
            &Access {
                get: |heap, handle| heap.try_get(typed::<T>(handle)).map(V::view),
                get_mut: |heap, handle| heap.try_get_mut(typed::<T>(handle)).map(V::view_mut),
                downgrade: |handle| typed::<T>(handle).downgrade().retype(),
                get_weak: |heap, weak| heap.get_weak(weak.retype::<T>()).map(V::view),
                get_weak_mut: |heap, weak| heap.get_weak_mut(weak.retype::<T>()).map(V::view_mut),
                upgrade: |heap, weak| heap.upgrade(weak.retype::<T>()).map(Gc::erase),
            }
        }
    }
}

fn typed<T: Trace>(handle: &GcAny) -> &Gc<T> {
    match handle.downcast_ref() {
        Some(typed) => typed,
        None => unreachable!("the handle was made of a `Gc` of this type"),
    }
}

impl<D: ?Sized + 'static> GcDyn<D> {
    /// The handle without its type, seen through `V`. Cost: none. [`dyn_handle!`](crate::dyn_handle) is shorter.
    pub fn new<T: Trace, V: View<T, D>>(handle: Gc<T>) -> Self {
        GcDyn {
            handle: handle.erase(),
            access: AccessOf::<T, V>::access(),
        }
    }

    /// The typed handle, or this one back when the object is of another type. Cost: two loads.
    pub fn downcast<T: Trace>(self) -> Result<Gc<T>, Self> {
        let access = self.access;
        self.handle
            .downcast()
            .map_err(|handle| GcDyn { handle, access })
    }

    /// The typed handle, when the object is a `T`. Cost: two loads.
    pub fn downcast_ref<T: Trace>(&self) -> Option<&Gc<T>> {
        self.handle.downcast_ref()
    }

    /// Is the object a `T`? Cost: two loads.
    pub fn is<T: Trace>(&self) -> bool {
        self.handle.is::<T>()
    }

    /// A weak handle of the same object. Cost: as [`Gc::downgrade`].
    pub fn downgrade(&self) -> WeakDyn<D> {
        WeakDyn {
            weak: (self.access.downgrade)(&self.handle),
            access: Some(self.access),
        }
    }

    /// The handle without the trait.
    pub fn erase(self) -> GcAny {
        self.handle
    }

    /// The same, borrowed.
    pub fn as_any(&self) -> &GcAny {
        &self.handle
    }

    /// The identity of the object.
    pub fn id(&self) -> ObjectId {
        self.handle.id()
    }

    /// Do both lead to the same object?
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.handle == other.handle
    }

    /// How many strong handles lead to the object.
    pub fn strong_count(&self) -> usize {
        self.handle.strong_count()
    }
}

impl<D: ?Sized + 'static> WeakDyn<D> {
    /// A weak handle that never had an object; also the default.
    pub const fn dead() -> Self {
        WeakDyn {
            weak: Weak::dead(),
            access: None,
        }
    }

    /// The identity of the object, also after its death.
    pub fn id(self) -> ObjectId {
        self.weak.id()
    }
}

impl Heap {
    /// The object of a handle to a trait. Cost: [`Heap::get`], a call through a pointer, and a check of the type.
    ///
    /// # Panics
    /// If the handle belongs to another heap, or its object was reclaimed (see [`HandleError`]).
    #[track_caller]
    pub fn get_dyn<D: ?Sized + 'static>(&self, handle: &GcDyn<D>) -> &D {
        match self.try_get_dyn(handle) {
            Ok(value) => value,
            Err(error) => refuse(handle, error),
        }
    }

    /// The object of a handle to a trait, to change it. Cost: [`Heap::get_mut`], a call through a pointer, and a check
    /// of the type.
    ///
    /// # Panics
    /// As [`Heap::get_dyn`].
    #[track_caller]
    pub fn get_dyn_mut<D: ?Sized + 'static>(&mut self, handle: &GcDyn<D>) -> &mut D {
        match self.try_get_dyn_mut(handle) {
            Ok(value) => value,
            Err(error) => refuse(handle, error),
        }
    }

    /// The object of a handle to a trait.
    ///
    /// # Errors
    /// If the handle belongs to another heap, or its object was reclaimed.
    pub fn try_get_dyn<D: ?Sized + 'static>(&self, handle: &GcDyn<D>) -> Result<&D, HandleError> {
        (handle.access.get)(self, &handle.handle)
    }

    /// The object of a handle to a trait, to change it.
    ///
    /// # Errors
    /// As [`Heap::try_get_dyn`].
    pub fn try_get_dyn_mut<D: ?Sized + 'static>(
        &mut self,
        handle: &GcDyn<D>,
    ) -> Result<&mut D, HandleError> {
        (handle.access.get_mut)(self, &handle.handle)
    }

    /// The object of a weak handle to a trait; `None` as for [`Heap::get_weak`].
    pub fn get_weak_dyn<D: ?Sized + 'static>(&self, weak: WeakDyn<D>) -> Option<&D> {
        (weak.access?.get_weak)(self, weak.weak)
    }

    /// The object of a weak handle to a trait, to change it.
    pub fn get_weak_dyn_mut<D: ?Sized + 'static>(&mut self, weak: WeakDyn<D>) -> Option<&mut D> {
        (weak.access?.get_weak_mut)(self, weak.weak)
    }

    /// A strong handle out of a weak one; `None` as for [`Heap::get_weak`].
    #[cfg_attr(feature = "call_sites", track_caller)]
    pub fn upgrade_dyn<D: ?Sized + 'static>(&self, weak: WeakDyn<D>) -> Option<GcDyn<D>> {
        let access = weak.access?;
        // By a pointer to a function, which does not know who called it.
        let handle = (access.upgrade)(self, weak.weak)?.made_here();
        Some(GcDyn { handle, access })
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn refuse<D: ?Sized>(handle: &GcDyn<D>, error: HandleError) -> ! {
    panic!("a handle of a `{}`: {error}", handle.handle.type_name())
}

/// Makes a [`GcDyn`] of a typed handle: `dyn_handle!(handle => dyn Trait)`.
///
/// The object's type must have the trait. The trait may be anybody's, with auto traits and with parameters:
/// `dyn_handle!(handle => dyn core::fmt::Display + Send)`. Parameters of a generic function around it cannot be named in
/// it; there write a [`View`].
///
/// ```
/// use core::fmt::Display;
/// use gc_core::{GcDyn, Heap, dyn_handle};
///
/// let mut heap = Heap::new();
/// let number = heap.alloc(7u32);
/// let text = heap.alloc(String::from("seven"));
/// let shown: Vec<GcDyn<dyn Display>> = vec![dyn_handle!(number => dyn Display), dyn_handle!(text => dyn Display)];
/// let all: Vec<String> = shown.iter().map(|item| heap.get_dyn(item).to_string()).collect();
/// assert_eq!(all, ["7", "seven"]);
/// ```
#[macro_export]
macro_rules! dyn_handle {
    ($handle:expr => dyn $($bounds:tt)+) => {{
        enum Seen {}
        impl<T: $crate::Trace + $($bounds)+> $crate::View<T, dyn $($bounds)+> for Seen {
            fn view(value: &T) -> &(dyn $($bounds)+ + 'static) {
                value
            }
            fn view_mut(value: &mut T) -> &mut (dyn $($bounds)+ + 'static) {
                value
            }
        }
        $crate::GcDyn::<dyn $($bounds)+>::new::<_, Seen>($handle)
    }};
}

impl<D: ?Sized + 'static> Trace for GcDyn<D> {
    fn trace(&self, tracer: &mut Tracer<'_>) {
        self.handle.trace(tracer);
    }
}

impl<D: ?Sized + 'static> Trace for WeakDyn<D> {
    fn trace(&self, _: &mut Tracer<'_>) {}
    fn tracked() -> bool {
        false
    }
}

impl<D: ?Sized + 'static> Clone for GcDyn<D> {
    #[inline]
    #[cfg_attr(feature = "call_sites", track_caller)]
    fn clone(&self) -> Self {
        GcDyn {
            handle: self.handle.clone(),
            access: self.access,
        }
    }
}

impl<D: ?Sized + 'static> PartialEq for GcDyn<D> {
    fn eq(&self, other: &Self) -> bool {
        self.handle == other.handle
    }
}

impl<D: ?Sized + 'static> Eq for GcDyn<D> {}

impl<D: ?Sized + 'static> PartialOrd for GcDyn<D> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<D: ?Sized + 'static> Ord for GcDyn<D> {
    /// As [`Gc`]'s.
    fn cmp(&self, other: &Self) -> Ordering {
        self.handle.cmp(&other.handle)
    }
}

impl<D: ?Sized + 'static> Hash for GcDyn<D> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.handle.hash(state);
    }
}

impl<D: ?Sized + 'static> fmt::Debug for GcDyn<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GcDyn({:?} {})", self.id(), self.handle.type_name())
    }
}

impl<D: ?Sized + 'static> Clone for WeakDyn<D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D: ?Sized + 'static> Copy for WeakDyn<D> {}

impl<D: ?Sized + 'static> Default for WeakDyn<D> {
    fn default() -> Self {
        WeakDyn::dead()
    }
}

impl<D: ?Sized + 'static> PartialEq for WeakDyn<D> {
    fn eq(&self, other: &Self) -> bool {
        self.weak == other.weak
    }
}

impl<D: ?Sized + 'static> Eq for WeakDyn<D> {}

impl<D: ?Sized + 'static> Hash for WeakDyn<D> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.weak.hash(state);
    }
}

impl<D: ?Sized + 'static> fmt::Debug for WeakDyn<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.access.is_some() {
            write!(f, "WeakDyn({:?})", self.id())
        } else {
            f.write_str("WeakDyn(dead)")
        }
    }
}
