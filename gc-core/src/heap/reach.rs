//! Reaching objects: through strong handles, through weak ones, and all of a type.

use super::Heap;
use crate::arena::types::value_of;
use crate::arena::word::Word;
use crate::arena::{Arena, Bit, Lane, PageRef, Slot, place_of};
use crate::collect::{Change, Phase};
use crate::handle::Site;
use crate::{DisjointError, Gc, HandleError, ObjectId, Trace, Weak};
use core::fmt;
use core::ops::{Index, IndexMut};
use core::ptr::NonNull;
use core::sync::atomic::Ordering;

impl Heap {
    /// The object. Cost: a load and a comparison beyond the access itself.
    ///
    /// # Panics
    /// If the handle belongs to another heap, or its object was reclaimed (see [`HandleError`]).
    #[inline]
    #[track_caller]
    pub fn get<T: Trace>(&self, handle: &Gc<T>) -> &T {
        match self.try_get(handle) {
            Ok(value) => value,
            Err(error) => refuse::<T>(error),
        }
    }

    /// The object, to change it. Cost: as [`Heap::get`]; while a collection is in progress, an object that it has still
    /// to examine is traced first, once.
    ///
    /// # Panics
    /// As [`Heap::get`].
    #[inline]
    #[track_caller]
    pub fn get_mut<T: Trace>(&mut self, handle: &Gc<T>) -> &mut T {
        match self.try_get_mut(handle) {
            Ok(value) => value,
            Err(error) => refuse::<T>(error),
        }
    }

    /// The object.
    ///
    /// # Errors
    /// If the handle belongs to another heap, or its object was reclaimed.
    #[inline]
    pub fn try_get<T: Trace>(&self, handle: &Gc<T>) -> Result<&T, HandleError> {
        self.admit(handle)?;
        // SAFETY: the word carries this heap's tag, so the slot holds a live `T`; it stays so while the heap is
        // borrowed, since values are dropped and written only under `&mut Heap`.
        Ok(unsafe { value_of::<T>(handle.slot()).as_ref() })
    }

    /// The object, to change it.
    ///
    /// # Errors
    /// As [`Heap::try_get`].
    #[inline]
    pub fn try_get_mut<T: Trace>(&mut self, handle: &Gc<T>) -> Result<&mut T, HandleError> {
        self.admit(handle)?;
        self.before_write::<T>(handle.slot());
        // SAFETY: as in `try_get`; and the heap is borrowed mutably, so this is the only reference to any of its values.
        Ok(unsafe { value_of::<T>(handle.slot()).as_mut() })
    }

    /// Several objects of a type at once, to change them together. Cost: that of [`Heap::get_mut`] for each, and a
    /// comparison of each with each.
    ///
    /// # Panics
    /// As [`Heap::get`]; and if two handles lead to the same object.
    #[track_caller]
    pub fn get_disjoint_mut<T: Trace, const N: usize>(
        &mut self,
        handles: [&Gc<T>; N],
    ) -> [&mut T; N] {
        match self.try_get_disjoint_mut(handles) {
            Ok(values) => values,
            Err(error) => refuse::<T>(error),
        }
    }

    /// Several objects of a type at once, to change them together.
    ///
    /// ```
    /// use gc_core::{DisjointError, Heap};
    ///
    /// let mut heap = Heap::new();
    /// let (red, blue) = (heap.alloc(3u32), heap.alloc(5u32));
    /// if let Ok([red, blue]) = heap.try_get_disjoint_mut([&red, &blue]) {
    ///     std::mem::swap(red, blue);
    /// }
    /// assert_eq!((heap[&red], heap[&blue]), (5, 3));
    /// assert_eq!(heap.try_get_disjoint_mut([&red, &red]), Err(DisjointError::SameObject));
    /// ```
    ///
    /// # Errors
    /// If a handle belongs to another heap or its object was reclaimed, or if two handles lead to the same object.
    pub fn try_get_disjoint_mut<T: Trace, const N: usize>(
        &mut self,
        handles: [&Gc<T>; N],
    ) -> Result<[&mut T; N], DisjointError> {
        for (index, handle) in handles.iter().enumerate() {
            if handles[..index].contains(handle) {
                return Err(DisjointError::SameObject);
            }
            self.admit(handle)?;
        }
        for handle in handles {
            self.before_write::<T>(handle.slot());
        }
        // SAFETY: as in `try_get_mut`; the slots differ, checked above.
        Ok(handles.map(|handle| unsafe { value_of::<T>(handle.slot()).as_mut() }))
    }

    /// Two objects at once, of two types or of one, to change them together. Cost: that of [`Heap::get_mut`] for each.
    ///
    /// ```
    /// use gc_core::{Heap, Trace};
    ///
    /// #[derive(Trace)]
    /// struct Ship { hp: u32 }
    /// #[derive(Trace)]
    /// struct Bullet { damage: u32, spent: bool }
    ///
    /// let mut heap = Heap::new();
    /// let ship = heap.alloc(Ship { hp: 30 });
    /// let bullet = heap.alloc(Bullet { damage: 7, spent: false });
    /// let (hit, by) = heap.get_pair_mut(&ship, &bullet);
    /// hit.hp -= by.damage;
    /// by.spent = true;
    /// assert!(heap[&ship].hp == 23 && heap[&bullet].spent);
    /// ```
    ///
    /// # Panics
    /// As [`Heap::get`]; and if both handles lead to the same object.
    #[track_caller]
    pub fn get_pair_mut<A: Trace, B: Trace>(
        &mut self,
        first: &Gc<A>,
        second: &Gc<B>,
    ) -> (&mut A, &mut B) {
        self.check(first);
        match self.try_get_pair_mut(first, second) {
            Ok(values) => values,
            Err(error) => refuse::<B>(error),
        }
    }

    /// Two objects at once, of two types or of one, to change them together.
    ///
    /// # Errors
    /// As [`Heap::try_get_disjoint_mut`].
    pub fn try_get_pair_mut<A: Trace, B: Trace>(
        &mut self,
        first: &Gc<A>,
        second: &Gc<B>,
    ) -> Result<(&mut A, &mut B), DisjointError> {
        self.admit(first)?;
        self.admit(second)?;
        if first.slot() == second.slot() {
            return Err(DisjointError::SameObject);
        }
        self.before_write::<A>(first.slot());
        self.before_write::<B>(second.slot());
        // SAFETY: as in `try_get_mut`; the slots differ, checked above.
        let first = unsafe { value_of::<A>(first.slot()).as_mut() };
        // SAFETY: as above.
        let second = unsafe { value_of::<B>(second.slot()).as_mut() };
        Ok((first, second))
    }

    /// The object of a weak handle; `None` when it is dead or condemned, or lives on another heap.
    #[inline]
    pub fn get_weak<T: Trace>(&self, weak: Weak<T>) -> Option<&T> {
        let slot = self.find(weak)?;
        // SAFETY: `find` answers slots with a live value whose version is the handle's, so it is the same `T`;
        // as in `try_get`, it stays while the heap is borrowed.
        Some(unsafe { value_of::<T>(slot.word).as_ref() })
    }

    /// The object of a weak handle, to change it.
    #[inline]
    pub fn get_weak_mut<T: Trace>(&mut self, weak: Weak<T>) -> Option<&mut T> {
        let slot = self.find(weak)?;
        self.before_write::<T>(slot.word);
        // SAFETY: as in `get_weak` and `try_get_mut`.
        Some(unsafe { value_of::<T>(slot.word).as_mut() })
    }

    /// A strong handle out of a weak one; `None` as for [`Heap::get_weak`]. Cost: one atomic compare-and-swap.
    #[inline(always)]
    #[cfg_attr(feature = "call_sites", track_caller)]
    pub fn upgrade<T: Trace>(&self, weak: Weak<T>) -> Option<Gc<T>> {
        match self.usual_page(weak) {
            // The word is asked once, by the compare-and-swap.
            Some(page) => self.retain(self.find_in(page, weak)?),
            None => self.upgrade_slowly(weak),
        }
    }

    #[cold]
    #[inline(never)]
    #[cfg_attr(feature = "call_sites", track_caller)]
    fn upgrade_slowly<T: Trace>(&self, weak: Weak<T>) -> Option<Gc<T>> {
        self.retain(self.find_slowly(weak)?)
    }

    /// A handle of the `T` in the slot, if it is alive.
    #[inline(always)]
    #[cfg_attr(feature = "call_sites", track_caller)]
    fn retain<T: Trace>(&self, slot: Slot) -> Option<Gc<T>> {
        if !self.arena.word(slot).try_retain(self.arena.tag) {
            return None;
        }
        // SAFETY: the slot holds the weak handle's `T` (see `get_weak`), and the count was just taken.
        Some(unsafe { Gc::from_slot(slot.word, Site::note(slot.word)) })
    }

    /// Is the object with this identity alive? False once it is dead or condemned, and as long as the context that
    /// allocated it is not merged. An identity of another heap may name a stranger. Cost: as [`Heap::get_weak`], without
    /// bringing the object back.
    #[inline]
    pub fn contains(&self, id: ObjectId) -> bool {
        self.find_alive(id)
    }

    /// Every live object of a type, in the order of their places in memory's pages, which is the same for the same
    /// sequence of calls. Cost: O(pages of the type + objects).
    pub fn iter<T: Trace>(&self) -> impl Iterator<Item = &T> + '_ {
        self.iter_weak::<T>().map(|(_, value)| value)
    }

    /// The same with a weak handle of each.
    pub fn iter_weak<T: Trace>(&self) -> impl Iterator<Item = (Weak<T>, &T)> + '_ {
        self.slots_of::<T>().map(|slot| {
            self.bring_back(slot);
            let id = ObjectId {
                slot: slot.page.id_of(slot.word),
                version: slot.page.version_for_weak(slot.index),
            };
            // SAFETY: the page holds slots of `T`, and this one is live and not condemned.
            let value = unsafe { value_of::<T>(slot.word).as_ref() };
            (Weak::new(self.arena.heap_id, id), value)
        })
    }

    /// Changes every live object of a type, in the order of [`Heap::iter`]. Each counts as written, as by
    /// [`Heap::get_mut`]: outside collections that costs nothing.
    ///
    /// ```
    /// use gc_core::{Heap, Trace};
    ///
    /// #[derive(Trace)]
    /// struct Bullet { pos: f32, speed: f32 }
    ///
    /// let mut heap = Heap::new();
    /// let bullets: Vec<_> = (0..3).map(|n| heap.alloc(Bullet { pos: 0.0, speed: n as f32 })).collect();
    /// heap.for_each_mut(|bullet: &mut Bullet| bullet.pos += bullet.speed);
    /// assert_eq!(heap[&bullets[2]].pos, 2.0);
    /// ```
    pub fn for_each_mut<T: Trace>(&mut self, mut change: impl FnMut(&mut T)) {
        let Some(of_type) = self.arena.find_type::<T>() else {
            return;
        };
        let mut next = 0;
        while let Some(&number) = self.arena.types[of_type].numbers.get(next) {
            next += 1;
            let slots = self.arena.page(number).into_iter().flat_map(live_slots);
            for slot in slots {
                if !self.is_alive(slot) {
                    continue;
                }
                self.bring_back(slot);
                self.before_write::<T>(slot.word);
                // SAFETY: the page holds slots of `T`, and this one is live and not condemned; as in `try_get_mut`, no
                // other reference to a value exists, for the closure has no way to the heap.
                change(unsafe { value_of::<T>(slot.word).as_mut() });
            }
        }
    }

    fn slots_of<T: Trace>(&self) -> impl Iterator<Item = Slot> + '_ {
        let numbers: &[u32] = match self.arena.find_type::<T>() {
            Some(index) => &self.arena.types[index].numbers,
            None => &[],
        };
        numbers
            .iter()
            .filter_map(|&number| self.arena.page(number))
            .flat_map(live_slots)
            .filter(|&slot| self.is_alive(slot))
    }

    /// Alive: it has handles, and is not condemned.
    pub(crate) fn is_alive(&self, slot: Slot) -> bool {
        self.has_handles(slot) && !self.is_condemned(slot)
    }

    #[inline(always)]
    fn has_handles(&self, slot: Slot) -> bool {
        let word = self.arena.word(slot).load();
        word.tag() == self.arena.tag && word.strong() > 0
    }

    fn is_condemned(&self, slot: Slot) -> bool {
        self.jobs_in_progress
            && slot.page.tracked()
            && self
                .jobs
                .iter()
                .flatten()
                .any(|job| job.is_condemned(slot.page, slot.index))
    }

    /// Does the handle open this heap?
    #[inline(always)]
    pub(crate) fn admit<T: Trace>(&self, handle: &Gc<T>) -> Result<(), HandleError> {
        if handle.word().load().tag() == self.arena.tag {
            return Ok(());
        }
        Err(self.reason(handle.slot()))
    }

    #[track_caller]
    pub(crate) fn check<T: Trace>(&self, handle: &Gc<T>) {
        if let Err(error) = self.admit(handle) {
            refuse::<T>(error);
        }
    }

    #[cold]
    #[track_caller]
    pub(super) fn refuse_any(&self, slot: Slot) -> ! {
        let name = (slot.page.info().name)();
        panic!("a handle of a `{name}`: {}", self.reason(slot.word))
    }

    #[cold]
    #[inline(never)]
    fn reason(&self, slot: NonNull<Word>) -> HandleError {
        if PageRef::of(slot).tag() == self.arena.tag {
            HandleError::Reclaimed
        } else {
            HandleError::ForeignHeap
        }
    }

    /// The page that a weak handle's object would lie in, while no collection is in progress; `None` also if it is new.
    #[inline(always)]
    fn usual_page<T: Trace>(&self, weak: Weak<T>) -> Option<PageRef> {
        if self.jobs_in_progress {
            return None;
        }
        self.arena.any_page(place_of(weak.id.slot).0)
    }

    /// The slot of a weak handle's object, also when that is dying or condemned.
    #[inline(always)]
    fn find_in<T: Trace>(&self, page: PageRef, weak: Weak<T>) -> Option<Slot> {
        let (_, index) = place_of(weak.id.slot);
        let fits = weak.heap == self.arena.heap_id
            && index < page.capacity()
            && page.fits(index, weak.id.version);
        // The version before the word's address: it fits the pages of `T` only, whose stride is a constant.
        fits.then(|| Slot {
            word: page.slot_with_stride(index, Arena::slot_bytes::<T>()),
            page,
            index,
        })
    }

    /// The same if the object is alive: a weak handle leads to it.
    #[inline(always)]
    fn find<T: Trace>(&self, weak: Weak<T>) -> Option<Slot> {
        match self.usual_page(weak) {
            Some(page) => self
                .find_in(page, weak)
                .filter(|&slot| self.has_handles(slot)),
            None => self.find_slowly(weak),
        }
    }

    #[cold]
    #[inline(never)]
    fn find_slowly<T: Trace>(&self, weak: Weak<T>) -> Option<Slot> {
        let (number, _) = place_of(weak.id.slot);
        let page = match self.arena.any_page(number) {
            Some(page) => page,
            None => self.arena.announced_page(number)?,
        };
        let slot = self.find_in(page, weak)?;
        let alive = self.is_alive(slot);
        if alive {
            self.bring_back(slot);
        }
        alive.then_some(slot)
    }

    /// Is there a living object of this identity?
    pub(crate) fn find_alive(&self, id: ObjectId) -> bool {
        // Anybody may bring an identity of another heap: it may name a slot that was never used, or that is lent, whose
        // word nobody may look at.
        self.arena.slot_of(id.slot).is_some_and(|slot| {
            slot.page.has(Bit::Live, slot.index)
                && slot.page.fits(slot.index, id.version)
                && self.is_alive(slot)
        })
    }

    /// The fourth watch: a weak handle has led to the object.
    #[inline]
    fn bring_back(&self, slot: Slot) {
        if self.jobs_in_progress {
            self.bring_back_slow(slot);
        }
    }

    #[cold]
    fn bring_back_slow(&self, slot: Slot) {
        if !slot.page.tracked() {
            return;
        }
        for lane in Lane::ALL {
            if let Some(job) = &self.jobs[lane as usize]
                && matches!(
                    job.phase,
                    Phase::Roots | Phase::Mark | Phase::Revive | Phase::Quarantine
                )
                && job.has(slot.page, slot.index)
                && !slot.page.has(Bit::Marked, slot.index)
            {
                slot.page.revive(slot.index);
                self.revived[lane as usize].store(true, Ordering::Relaxed);
            }
        }
    }

    #[inline(always)]
    fn before_write<T: Trace>(&mut self, slot: NonNull<Word>) {
        if self.jobs_in_progress && T::tracked() {
            let page = PageRef::of(slot);
            self.watch(page, page.index_of(slot), Change::Write);
        }
    }
}

/// The slots of a page that hold a value.
pub(crate) fn live_slots(page: PageRef) -> impl Iterator<Item = Slot> {
    (0..page.groups()).flat_map(move |group| {
        let mut bits = page.bits(Bit::Live, group);
        core::iter::from_fn(move || {
            if bits == 0 {
                return None;
            }
            let index = group * 64 + bits.trailing_zeros() as usize;
            bits &= bits - 1;
            Some(page.slot(index))
        })
    })
}

impl<T: Trace> Index<&Gc<T>> for Heap {
    type Output = T;

    /// As [`Heap::get`].
    #[inline]
    #[track_caller]
    fn index(&self, handle: &Gc<T>) -> &T {
        self.get(handle)
    }
}

impl<T: Trace> IndexMut<&Gc<T>> for Heap {
    /// As [`Heap::get_mut`].
    #[inline]
    #[track_caller]
    fn index_mut(&mut self, handle: &Gc<T>) -> &mut T {
        self.get_mut(handle)
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn refuse<T>(error: impl fmt::Display) -> ! {
    panic!("a handle of a `{}`: {error}", core::any::type_name::<T>())
}
