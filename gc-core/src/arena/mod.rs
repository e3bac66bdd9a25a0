//! The arena: objects of one type in pages of slots.
//!
//! Allocation takes a slot from the type's page with room, O(1); a slot that is released goes back on its page's free
//! list, O(1). The arena knows nothing of collections; it keeps the bits and lists that they need.

mod account;
#[cfg(feature = "bumpalo")]
mod bump;
#[cfg(feature = "chaos")]
mod chaos;
pub(crate) mod context;
mod deaths;
mod external;
mod flags;
#[cfg(feature = "bumpalo")]
mod frames;
mod graves;
pub(crate) mod handed;
mod keepers;
pub(crate) mod leftovers;
mod numbers;
pub(crate) mod page;
pub(crate) mod published;
mod ring;
#[cfg(test)]
mod saturation;
pub(crate) mod shared;
mod source;
mod storage;
pub(crate) mod tags;
pub(crate) mod trim;
pub(crate) mod types;
#[cfg(any(feature = "verify", test))]
mod verify;
mod waiting;
#[cfg(test)]
mod wear;
pub(crate) mod word;

#[cfg(feature = "bumpalo")]
pub use bump::BumpAllocator;
pub(crate) use deaths::DeathLog;
#[cfg(feature = "bumpalo")]
pub(crate) use frames::FrameUse;
pub use graves::{Death, Tombstone};
use leftovers::Leftover;
pub(crate) use page::{Bit, Lane, List, PageList, PageRef, Slot};
pub(crate) use shared::Shared;
pub use source::HeapAllocator;
pub use storage::Storage;
pub(crate) use storage::Uncounted;

use crate::HeapError;
use crate::handle::{Gc, GcAny, ObjectId, Site};
use crate::trace::Trace;
use allocator_api2::boxed::Box;
use allocator_api2::collections::TryReserveError;
use allocator_api2::vec::Vec;
use core::any::TypeId;
use core::hash::{BuildHasherDefault, Hasher};
use core::mem::MaybeUninit;
use core::ptr::{self, NonNull};
use hashbrown::HashMap;
use page::{INDEX_BITS, Kind, LAST_FIRST_VERSION, MOST_PAGES, PAGE_ALIGN};
use published::END;
use types::{InfoOf, TypeInfo, value_of};
use word::{Word, tag};

/// Why there is no slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NoSlot {
    OutOfMemory,
    TooLarge,
}

/// A table of the heap's own.
pub(crate) type Table<T> = Vec<T, HeapAllocator>;

/// The number of a slot's page, and the slot's place there.
#[inline(always)]
pub(crate) fn place_of(id: u32) -> (u32, usize) {
    (id >> INDEX_BITS, (id & ((1 << INDEX_BITS) - 1)) as usize)
}

/// The pages of one type.
pub(crate) struct TypePages {
    pub(crate) info: &'static TypeInfo,
    pub(crate) tracked: bool,
    pub(crate) finalized: bool,
    available: PageList,
    /// Their numbers, since pages come and go.
    pub(crate) numbers: Table<u32>,
}

impl TypePages {
    /// One page more, for which there is room.
    fn push(&mut self, page: PageRef) {
        page.set_place(self.numbers.len());
        self.numbers.push(page.number());
    }
}

/// How large the next page of a type with so many is: a type with few objects gets a small one.
fn page_target(allocator: &HeapAllocator, pages: usize) -> usize {
    match pages {
        // In a bump that would save nothing: the next page begins at a multiple of the full size.
        _ if allocator.is_whole() => PAGE_ALIGN,
        0 => PAGE_ALIGN / 16,
        1 => PAGE_ALIGN / 4,
        _ => PAGE_ALIGN,
    }
}

#[derive(Clone, Copy)]
struct Numbered {
    page: Option<PageRef>,
    /// Where the versions of the next page with this number begin.
    first_version: u32,
}

impl Numbered {
    /// The page, unless it is one that a context made and that is not merged yet.
    fn adopted(&self) -> Option<PageRef> {
        self.page.filter(|page| page.is_adopted())
    }
}

/// Hashes a `TypeId` by taking its bits: they are a hash already.
#[derive(Default)]
struct TypeIdHasher(u64);

impl Hasher for TypeIdHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 ^= u64::from_le_bytes(word);
        }
    }
    fn write_u64(&mut self, word: u64) {
        self.0 ^= word;
    }
}

/// The last types that were allocated, by the address of what is known of them: comparing that is cheaper than
/// comparing a `TypeId`. A type may have several such addresses (one a unit of compilation), which only costs a line.
const CACHED_TYPES: usize = 16;

pub(crate) struct Arena {
    shared: NonNull<Shared>,
    pub(crate) tag: u16,
    pub(crate) heap_id: u32,
    pages: Table<Numbered>,
    free_numbers: Table<u32>,
    pub(crate) types: Table<TypePages>,
    by_id: HashMap<TypeId, u32, BuildHasherDefault<TypeIdHasher>, HeapAllocator>,
    cache: [(*const TypeInfo, u32); CACHED_TYPES],
    pub(crate) generations: [PageList; 3],
    /// The epoch of the job in progress in each lane; 0 for none.
    pub(crate) job_epochs: [u32; 2],
    /// The heap ends: no more user code than it must be.
    pub(crate) ending: bool,
    pub(crate) deaths: DeathLog,
    /// What large containers left behind, taken from the shared part. The last is the one that is being dropped.
    leftovers: alloc::vec::Vec<alloc::boxed::Box<dyn Leftover>>,
    external: external::External,
    #[cfg(feature = "chaos")]
    pub(crate) chaos: Option<chaos::Chaos>,
    /// Live objects that are leaves, and those that are tracked.
    leaves: usize,
    pub(crate) tracked: usize,
    pub(crate) tracked_bytes: usize,
    /// Bytes of pages; what is used of them, and beside them, is in the shared part's account.
    pub(crate) page_bytes: usize,
    pub(crate) peak_bytes: usize,
    pub(crate) peak_page_bytes: usize,
    /// Pages that have become empty; some may be in use again.
    empty: PageList,
    /// The most bytes of slots of late (see `trim.rs`).
    recent_bytes: usize,
    /// Dead slots whose contexts have been merged, linked, and the last of them.
    pub(crate) woken: u32,
    woken_last: u32,
    /// Where the arena waits for the last context, if there ever was one and the heap ends first.
    estate: Option<Box<MaybeUninit<Arena>, HeapAllocator>>,
}

// SAFETY: the arena owns its pages; values are `Send + Sync` by the supertraits of `Trace`; what other threads may do
// meanwhile is told at `PageRef`.
unsafe impl Send for Arena {}
// SAFETY: as above; `&Arena` gives nothing but reads.
unsafe impl Sync for Arena {}

impl Arena {
    pub(crate) fn new(allocator: HeapAllocator) -> Result<Self, HeapError> {
        let heap_id = tags::heap_id().ok_or(HeapError::TooManyHeaps)?;
        let tag = tags::take().ok_or(HeapError::TooManyHeaps)?;
        let Some(shared) = Shared::create(allocator.clone(), tag, heap_id) else {
            tags::give_back(tag);
            return Err(HeapError::OutOfMemory);
        };
        Ok(Arena::empty(allocator, shared, tag, heap_id))
    }

    fn empty(allocator: HeapAllocator, shared: NonNull<Shared>, tag: u16, heap_id: u32) -> Self {
        Arena {
            shared,
            tag,
            heap_id,
            pages: Table::new_in(allocator.clone()),
            free_numbers: Table::new_in(allocator.clone()),
            types: Table::new_in(allocator.clone()),
            by_id: HashMap::with_hasher_in(BuildHasherDefault::default(), allocator.clone()),
            cache: [(core::ptr::null(), 0); CACHED_TYPES],
            generations: [
                PageList::new(List::Young),
                PageList::new(List::Middle),
                PageList::new(List::Old),
            ],
            job_epochs: [0; 2],
            ending: false,
            deaths: DeathLog::new(allocator.clone()),
            leftovers: alloc::vec::Vec::new(),
            external: external::External::new(allocator),
            #[cfg(feature = "chaos")]
            chaos: None,
            leaves: 0,
            tracked: 0,
            tracked_bytes: 0,
            page_bytes: 0,
            peak_bytes: 0,
            peak_page_bytes: 0,
            empty: PageList::new(List::Empty),
            recent_bytes: 0,
            woken: END,
            woken_last: END,
            estate: None,
        }
    }

    #[inline(always)]
    pub(crate) fn shared(&self) -> &Shared {
        // SAFETY: alive at least as long as the arena, which takes part in its count.
        unsafe { self.shared.as_ref() }
    }

    /// An allocator that counts its bytes here.
    pub(crate) fn storage(&self) -> Storage {
        Storage::of(self.shared)
    }

    pub(crate) fn external_of(&self, slot: u32) -> usize {
        self.external.of(slot)
    }

    /// All of these bytes, by slot, in no order.
    pub(crate) fn external_entries(&self) -> impl Iterator<Item = (u32, usize)> + '_ {
        self.external.entries()
    }

    pub(crate) fn allocator(&self) -> &HeapAllocator {
        &self.shared().allocator
    }

    /// Bytes that the object of the slot holds elsewhere. Answers what was noted before; `None`, and nothing is changed,
    /// when there is no memory for the note. There always is for 0.
    pub(crate) fn set_external(&mut self, slot: u32, bytes: usize) -> Option<usize> {
        let before = self.external.set(slot, bytes);
        self.shared().account.set_external(self.external.total);
        before
    }

    /// What the pacer paces: tracked objects, and what objects hold beside their slots.
    #[inline]
    pub(crate) fn paced_bytes(&self) -> usize {
        self.tracked_bytes
            .saturating_add(self.external.total)
            .saturating_add(self.shared().account.storage())
    }

    // --- types ------------------------------------------------------------------------------------------------------

    /// The number of `T`'s pages, if any `T` was ever allocated here.
    pub(crate) fn find_type<T: Trace>(&self) -> Option<usize> {
        self.by_id
            .get(&TypeId::of::<T>())
            .map(|&index| index as usize)
    }

    #[inline(always)]
    fn type_index<T: Trace>(&mut self) -> Result<usize, NoSlot> {
        let info = InfoOf::<T>::INFO;
        let line = (ptr::from_ref(info).addr() >> 6) % CACHED_TYPES;
        match self.cache[line] {
            (cached, index) if ptr::eq(cached, info) => Ok(index as usize),
            _ => self.type_index_slow(info, line),
        }
    }

    // The caller's `info`: a constant may have another address here, in another unit of code, and would never be found.
    #[cold]
    #[inline(never)]
    fn type_index_slow(&mut self, info: &'static TypeInfo, line: usize) -> Result<usize, NoSlot> {
        let index = self.index_of_type(info)?;
        self.cache[line] = (info, index);
        Ok(index as usize)
    }

    /// The number of the type's pages, also if it is new here.
    fn index_of_type(&mut self, info: &'static TypeInfo) -> Result<u32, NoSlot> {
        match self.by_id.get(&info.id) {
            Some(&index) => Ok(index),
            None => {
                self.types.try_reserve(1).map_err(|_| NoSlot::OutOfMemory)?;
                self.by_id.try_reserve(1).map_err(|_| NoSlot::OutOfMemory)?;
                let index = self.types.len() as u32;
                let numbers = Table::new_in(self.allocator().clone());
                self.types.push(TypePages {
                    info,
                    tracked: (info.tracked)(),
                    finalized: (info.has_finalizer)(),
                    available: PageList::new(List::Available),
                    numbers,
                });
                self.by_id.insert(info.id, index);
                Ok(index)
            }
        }
    }

    /// Live objects.
    pub(crate) fn live(&self) -> usize {
        self.tracked + self.leaves
    }

    // --- slots ------------------------------------------------------------------------------------------------------

    /// Bytes that one more `T` takes.
    pub(crate) const fn slot_bytes<T: Trace>() -> usize {
        InfoOf::<T>::LAYOUT.stride
    }

    /// A slot for a `T`, with a word that says nothing yet: it must be filled, or [reserved](Arena::mark_reserved) before
    /// anything else happens to the heap. Cost: O(1), and a page when the others are full.
    #[inline(always)]
    pub(crate) fn reserve<T: Trace>(&mut self) -> Result<Slot, NoSlot> {
        let index = self.type_index::<T>()?;
        let page = match self.types[index].available.first() {
            Some(page) => page,
            None => self.add_page(index)?,
        };
        let free = page.free();
        #[cfg(feature = "chaos")]
        let (page, free) = self.choose_free(index, page, free);
        let place = if free == END {
            let fresh = page.fresh();
            page.set_fresh(fresh + 1);
            fresh as usize
        } else {
            free as usize
        };
        let slot = Slot {
            word: page.slot_with_stride(place, InfoOf::<T>::LAYOUT.stride),
            page,
            index: place,
        };
        if free != END {
            // SAFETY: a slot on the free list has an initialised word, the list's link.
            page.set_free(unsafe { slot.word.as_ref() }.load().link());
        }
        page.set_used(page.used() + 1);
        if page.free() == END && page.fresh() as usize == page.capacity() {
            self.types[index].available.remove(page);
        }
        let account = &self.shared().account;
        account.set_slots(account.slots() + InfoOf::<T>::LAYOUT.stride);
        Ok(slot)
    }

    /// Makes sense of the word of a slot that is not filled at once.
    pub(crate) fn mark_reserved(&mut self, slot: Slot) {
        // SAFETY: the slot is in the page and nobody else's; a fresh one is initialised here.
        unsafe { slot.word.write(Word::new(tag::RESERVED, 0)) };
    }

    /// To be called before anything is given back, so that allocation need not look at the peak.
    pub(crate) fn note_peak(&mut self) {
        self.peak_bytes = self.peak_bytes.max(self.shared().account.used());
        self.recent_bytes = self.recent_bytes.max(self.shared().account.slots());
    }

    /// Fills a reserved slot: the object is alive, young, with one handle, which is the caller's.
    #[inline(always)]
    #[cfg_attr(feature = "call_sites", track_caller)]
    pub(crate) fn fill<T: Trace>(&mut self, slot: Slot, value: T) -> Gc<T> {
        // SAFETY: the slot was reserved for a `T` by `reserve::<T>` and holds no value.
        unsafe {
            value_of::<T>(slot.word).write(value);
            slot.word.write(Word::new(self.tag, 1));
        }
        let Slot { page, index, .. } = slot;
        if page.finalizes() {
            page.put(Bit::Finalized, index, false);
        }
        if !page.tracked() {
            page.put(Bit::Live, index, true);
            self.leaves += 1;
        } else {
            page.set_newborn(index);
            self.generations[0].add(page);
            self.tracked += 1;
            self.tracked_bytes += InfoOf::<T>::LAYOUT.stride;
        }
        // SAFETY: the slot holds a `T`, and the one count it was given is this handle's.
        unsafe { Gc::from_slot(slot.word, Site::note(slot.word)) }
    }

    /// The object ends: weak handles fail from here on, and it is in no generation. The value is untouched.
    #[inline(always)]
    fn bury(&mut self, slot: Slot) {
        let Slot { page, index, .. } = slot;
        debug_assert!(page.has(Bit::Live, index));
        page.put(Bit::Live, index, false);
        if page.tracked() {
            self.tracked -= 1;
            self.tracked_bytes -= page.info().layout.stride;
            if page.has_excluded() {
                page.put(Bit::Excluded, index, false);
            }
        } else {
            self.leaves -= 1;
        }
        if self.external.total != 0 {
            self.set_external(page.number() << INDEX_BITS | index as u32, 0);
        }
        self.sever(page, index);
    }

    /// Ends every weak handle of the object.
    #[inline(always)]
    pub(crate) fn sever(&mut self, page: PageRef, index: usize) {
        let version = page.version(index);
        if page.end_version(index) {
            let id = ObjectId {
                slot: page.number() << INDEX_BITS | index as u32,
                version,
            };
            self.deaths.add(id, page.info());
        }
    }

    /// Takes a condemned object away from reference counting: nobody reaches the value any more, and the slot is kept
    /// until [`Arena::release_condemned`]. False when reference counting was faster: the slot is on the dead list, value
    /// and all.
    #[inline]
    pub(crate) fn take_condemned(&mut self, slot: Slot) -> bool {
        self.word(slot).make_gone(self.tag)
    }

    /// Drops the value of an object that was taken by [`Arena::take_condemned`].
    #[inline]
    pub(crate) fn drop_taken(&mut self, slot: Slot) {
        debug_assert_eq!(self.word(slot).load().tag(), tag::GONE);
        self.bury(slot);
        if let Some(drop) = slot.page.info().drop {
            // SAFETY: the object was live until `bury`, and from `make_gone` on nobody can reach the value.
            unsafe { drop(slot.word) }
        }
    }

    /// Gives up the count that `take_condemned` kept. The others were in condemned objects and have gone with them; if
    /// there are more all the same (a `trace` that invents edges), the slot comes back with the last of them.
    pub(crate) fn release_condemned(&mut self, slot: Slot) {
        if self.word(slot).load().strong() == 1 {
            // Ours is the only one, so nobody can clone it. What other threads did through theirs is over.
            self.word(slot).see_others();
            self.release(slot);
        } else if let Some(last) = self.word(slot).release() {
            shared::publish(slot.word, last);
        }
    }

    /// At the heap's end: drops the value of a live object, whoever has handles of it.
    pub(crate) fn drop_last(&mut self, slot: Slot) {
        /// The count is given up also if `Drop` panics: the slot must not be kept for ever.
        struct GiveUp(Slot);
        impl Drop for GiveUp {
            fn drop(&mut self) {
                // SAFETY: the slot is in a page that exists, and the count of `take_condemned` is ours.
                let last = unsafe { self.0.word.as_ref() }.release();
                if let Some(last) = last {
                    shared::publish(self.0.word, last);
                }
            }
        }
        if self.take_condemned(slot) {
            let _give_up = GiveUp(slot);
            self.leave_sets(slot);
            self.drop_taken(slot);
        }
    }

    /// Drops the value of an object that is on the dead list no more, and takes the slot back, also if `Drop` panics.
    #[inline]
    pub(crate) fn drop_dead(&mut self, slot: Slot) {
        struct Release<'a>(&'a mut Arena, Slot);
        impl Drop for Release<'_> {
            fn drop(&mut self) {
                self.0.release(self.1);
            }
        }
        self.bury(slot);
        self.leave_sets(slot);
        let release = Release(self, slot);
        if let Some(drop) = release.1.page.info().drop {
            // SAFETY: the object was live until `bury`, and has no handle.
            unsafe { drop(slot.word) }
        }
    }

    /// A job must not look at what has no value.
    #[inline(always)]
    fn leave_sets(&self, slot: Slot) {
        if self.job_epochs != [0; 2] && slot.page.tracked() {
            slot.page.put(Bit::Minor, slot.index, false);
            slot.page.put(Bit::Major, slot.index, false);
        }
    }

    /// A handle of our own; `None` when the last handle of the object has gone.
    pub(crate) fn hold(&self, slot: Slot) -> Option<GcAny> {
        self.word(slot).try_retain(self.tag).then(|| {
            // SAFETY: the count was just taken, and `GcAny` reads no value.
            GcAny::new(unsafe { Gc::<()>::from_slot(slot.word, Site::note(slot.word)) })
        })
    }

    /// Brings an object back that is on the dead list no more, value and all: the handle is its only one.
    pub(crate) fn bring_back(&self, slot: Slot) -> GcAny {
        self.word(slot).set(self.tag, 1);
        // SAFETY: the word has the one count that is this handle's, and `GcAny` reads no value.
        GcAny::new(unsafe { Gc::<()>::from_slot(slot.word, Site::note(slot.word)) })
    }

    /// Is the page in the set of the lane's job?
    pub(crate) fn is_job_page(&self, lane: Lane, page: PageRef) -> bool {
        let epoch = self.job_epochs[lane as usize];
        epoch != 0 && page.epoch(lane) == epoch
    }

    /// Is the object a member of the set of a job in progress?
    #[cfg(any(feature = "verify", test))]
    pub(super) fn is_member(&self, page: PageRef, index: usize) -> bool {
        page.tracked()
            && Lane::ALL
                .iter()
                .any(|lane| self.is_job_page(*lane, page) && page.has(lane.member(), index))
    }

    /// Takes a slot without value and without handles back.
    #[inline]
    pub(crate) fn release(&mut self, slot: Slot) {
        let Slot { page, index, word } = slot;
        debug_assert!(!page.has(Bit::Live, index));
        let account = &self.shared().account;
        account.set_slots(account.slots() - page.info().layout.stride);
        let used = page.used() - 1;
        page.set_used(used);
        // Also those that were made of an object that was never there, or was gone.
        page.end_weak_version(index);
        // SAFETY: the slot is in a page that exists, and its word is initialised.
        let word = unsafe { word.as_ref() };
        if page.is_worn_out(index) {
            // Its versions are used up: a weak handle of old must never fit a new object.
            page.set_worn(page.worn() + 1);
            word.set(tag::GONE, 0);
            if used == 0 {
                self.emptied(page);
            }
            return;
        }
        if used == 0 {
            self.emptied(page);
        }
        #[cfg(feature = "chaos")]
        if self.chaos.is_some() {
            return self.free_at_random(slot);
        }
        word.set_link(tag::FREE, page.free());
        page.set_free(index as u32);
        if !page.in_list(List::Available) {
            self.types[page.type_index()].available.add(page);
        }
    }

    /// The slot of a published id.
    pub(crate) fn slot_of(&self, id: u32) -> Option<Slot> {
        let (number, index) = place_of(id);
        let page = self.any_page(number)?;
        (index < page.capacity()).then(|| page.slot(index))
    }

    /// The slot of a published id, also in a page that a context has made.
    pub(crate) fn slot_of_any(&mut self, id: u32) -> Option<Slot> {
        self.slot_of(id).or_else(|| {
            self.enter_announced();
            self.slot_of(id)
        })
    }

    /// As [`Arena::slot_of_any`], while others may look too.
    #[cfg(any(feature = "verify", test))]
    pub(crate) fn find_announced(&self, id: u32) -> Option<Slot> {
        let (number, index) = place_of(id);
        let page = self.announced_page(number)?;
        (index < page.capacity()).then(|| page.slot(index))
    }

    /// The word of a slot.
    #[inline(always)]
    pub(crate) fn word(&self, slot: Slot) -> &Word {
        // SAFETY: a `Slot` lies in a page that exists, and the arena never hands out one whose word was not written.
        unsafe { slot.word.as_ref() }
    }

    // --- pages ------------------------------------------------------------------------------------------------------

    #[inline(always)]
    pub(crate) fn page(&self, number: u32) -> Option<PageRef> {
        self.pages.get(number as usize)?.adopted()
    }

    /// The same, also if a context made it and it is not merged yet.
    #[inline(always)]
    pub(crate) fn any_page(&self, number: u32) -> Option<PageRef> {
        self.pages.get(number as usize)?.page
    }

    /// Page numbers given out so far.
    pub(crate) fn page_numbers(&self) -> u32 {
        self.pages.len() as u32
    }

    /// Every page, in the order of their numbers.
    pub(crate) fn all_pages(&self) -> impl Iterator<Item = PageRef> + '_ {
        self.pages.iter().filter_map(Numbered::adopted)
    }

    #[cold]
    #[inline(never)]
    fn add_page(&mut self, type_index: usize) -> Result<PageRef, NoSlot> {
        let info = self.types[type_index].info;
        if info.is_too_large() {
            return Err(NoSlot::TooLarge);
        }
        let out = |_| NoSlot::OutOfMemory;
        self.types[type_index].numbers.try_reserve(1).map_err(out)?;
        let number = self.free_number()?;
        let target = page_target(self.allocator(), self.types[type_index].numbers.len());
        let numbered = self.pages[number as usize];
        let page = PageRef::create(
            Kind {
                info,
                tracked: self.types[type_index].tracked,
                finalizes: self.types[type_index].finalized,
                type_index: type_index as u32,
            },
            target,
            self.allocator(),
            self.shared,
            self.tag,
            number,
            numbered.first_version,
        )
        .ok_or(NoSlot::OutOfMemory)?;
        self.free_numbers.pop();
        self.pages[number as usize].page = Some(page);
        self.types[type_index].push(page);
        self.types[type_index].available.add(page);
        self.page_bytes += page.size();
        self.peak_page_bytes = self.peak_page_bytes.max(self.page_bytes);
        Ok(page)
    }

    /// A number for a page to come. It stays the last of `free_numbers` until it is taken from there.
    fn free_number(&mut self) -> Result<u32, NoSlot> {
        if let Some(&number) = self.free_numbers.last() {
            return Ok(number);
        }
        loop {
            let number = self.shared().numbers.next();
            if number as usize >= MOST_PAGES - 1 {
                return Err(NoSlot::OutOfMemory);
            }
            self.reserve_numbers(number as usize + 1)
                .map_err(|_| NoSlot::OutOfMemory)?;
            // Unless a context was faster.
            if self.shared().numbers.take_this(number) {
                self.enter_number(number);
                self.free_numbers.push(number);
                return Ok(number);
            }
        }
    }

    /// Makes a number's place in the table, for which there is room.
    fn enter_number(&mut self, number: u32) {
        while self.pages.len() <= number as usize {
            self.pages.push(Numbered {
                page: None,
                first_version: 1,
            });
        }
    }

    /// Room in the tables for the numbers below `count`, so that entering one, and giving a page back, never allocates.
    fn reserve_numbers(&mut self, count: usize) -> Result<(), TryReserveError> {
        let missing = count.saturating_sub(self.pages.len());
        self.pages.try_reserve(missing)?;
        let missing = count.saturating_sub(self.free_numbers.len());
        self.free_numbers.try_reserve(missing)
    }

    fn remove_page(&mut self, page: PageRef) {
        for list in &mut self.generations {
            list.remove(page);
        }
        let number = page.number();
        let pages = &mut self.types[page.type_index()];
        pages.available.remove(page);
        // The last one takes its place.
        pages.numbers.swap_remove(page.place());
        if let Some(&moved) = pages.numbers.get(page.place())
            && let Some(moved) = self.pages[moved as usize].page
        {
            moved.set_place(page.place());
        }
        self.empty.remove(page);
        self.page_bytes -= page.size();
        let newest = (0..page.fresh() as usize)
            .map(|index| page.version(index))
            .max()
            .unwrap_or(0);
        let numbered = &mut self.pages[number as usize];
        numbered.page = None;
        numbered.first_version = numbered.first_version.max(newest.saturating_add(1));
        if numbered.first_version <= LAST_FIRST_VERSION {
            self.free_numbers.push(number);
        }
        // SAFETY: no slot is used, so no handle leads here; it has just left every list and table, and the caller's
        // `keep` holds back the pages of a job in progress.
        unsafe { page.destroy(self.allocator()) }
    }

    /// Did large containers leave elements behind?
    #[inline(always)]
    pub(crate) fn has_leftovers(&self) -> bool {
        !self.shared().leftovers.is_empty()
    }

    /// Takes over what large containers left behind. False when there is nothing, or another thread is adding to it.
    #[cold]
    pub(crate) fn take_leftovers(&mut self) -> bool {
        if self.leftovers.is_empty() {
            self.leftovers = self.shared().leftovers.take();
        }
        !self.leftovers.is_empty()
    }

    /// Drops a piece of what was taken over. If a `Drop` panics, the rest is still there.
    pub(crate) fn drop_leftovers(&mut self) {
        if let Some(last) = self.leftovers.last_mut()
            && !last.drop_some(leftovers::PIECE)
        {
            self.leftovers.pop();
            self.take_leftovers();
        }
    }

    /// Live objects of types that have something to drop. Cost: O(pages).
    pub(crate) fn live_to_drop(&self) -> usize {
        self.all_pages()
            .filter(|page| page.info().drop.is_some())
            .flat_map(|page| (0..page.groups()).map(move |group| page.bits(Bit::Live, group)))
            .map(|live| live.count_ones() as usize)
            .sum()
    }

    /// The end: every value with something to drop is dropped already, so each slot that is used still has handles.
    /// Pages with such slots are left to those. Cost: O(pages).
    pub(crate) fn end(&mut self) {
        // Left by another thread since, or by a panic.
        self.leftovers.clear();
        drop(self.shared().leftovers.close());
        let mut id = self.shared().published.close();
        while id != END {
            let Some(slot) = self.slot_of(id) else { break };
            id = self.word(slot).load().link();
            if !slot.page.is_adopted() {
                // For want of memory its context was never merged: the slot is lost with its page.
                continue;
            }
            // Its last handle went just now; it has nothing to drop.
            slot.page.put(Bit::Live, slot.index, false);
            self.release(slot);
        }
        let whole = self.allocator().is_whole();
        let mut left = None;
        let mut orphans = 0;
        for number in 0..self.pages.len() {
            let Some(page) = self.pages[number].page else {
                continue;
            };
            if whole {
                orphans += u64::from(page.used());
            } else if page.used() == 0 {
                self.remove_page(page);
            } else {
                orphans += u64::from(page.used());
                page.set_job_next(Lane::Minor, left.replace(page));
            }
        }
        shared::leave_to_orphans(self.shared, left, orphans);
    }
}
