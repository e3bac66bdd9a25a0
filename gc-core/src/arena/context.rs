//! Allocation on other threads, without the heap: what an allocation context has, and how it comes back.
//!
//! The heap *lends* slots to a context, all the free ones of a page at a time. They count as used, so no page goes while
//! a context has slots in it, and the heap allocates elsewhere. The context fills them, and keeps a note of which. A
//! *merge* brings the notes to the heap: it sets the `Live` bits and counts the objects. When what was lent is used up,
//! the context makes a page itself, all of whose slots are lent to it from the start; it is *announced*, and becomes one
//! of its type's pages at the merge, which *adopts* it.
//!
//! Why no two threads meet in the same memory, but where it is atomic:
//!
//! * **The context writes** the words and values of its lent slots before it gives out a handle of them, its notes, and
//!   the header and arrays of a page that it makes, before it announces it. Nothing else: neither the numbers nor the
//!   bits of a page that the heap knows. A slot that is filled is not its business any more.
//! * **The heap touches**, of a lent slot that is not filled, nothing: it is not free, it is not `Live`, and no handle and
//!   no weak handle leads to it (its version fits none). A slot that is filled and not merged it reaches through handles
//!   only, which were given to it by a thread that had them from the context: so it sees what the context wrote. The
//!   bits, side counts and epochs of such an object say "in no set", and that is what they say of any new object.
//! * **A dead slot that is published before the merge** is the heap's, as every dead slot, and is not `Live`: that is how
//!   it is told from others. It waits in a list of its page, linked through the words, which a merge wakes (`waiting.rs`).
//! * **A slot id** leads to a page by the heap's table. A page that is announced and not yet in the table is found in the
//!   list of those announced: it was announced before any handle to it existed, so whoever has an id finds it there. Only
//!   the mutable borrower of the heap takes pages from that list, so those who look need not fear.
//!
//! Page numbers come from a stock that the heap gives to a context, so that they are the same for the same sequence of
//! merges, however the threads run. When the stock is used up, they come in the order in which threads ask.
//!
//! **The end.** A context that is dropped is *returned*, and the heap merges it at its next safepoint. The heap and its
//! contexts are *parties*. Whoever is the last ends the arena: the heap, as ever; or the last context, to which the heap
//! has left the arena, and which merges what others have returned, drops the values, and gives the pages back. So every
//! value is dropped once, by the heap or by one single thread after it, and never by a thread that only drops a handle.

use super::page::{Kind, NO_TYPE};
use super::published::END;
use super::types::{InfoOf, TypeInfo, value_of};
use super::word::{Word, tag};
use super::{Arena, Bit, HeapAllocator, List, NoSlot, PageRef, Shared, Table, page_target};
use crate::handle::{Gc, Site};
use crate::sync::{AtomicU32, Ordering};
use crate::trace::Trace;
use allocator_api2::boxed::Box;
use core::cell::UnsafeCell;
use core::mem;
use core::ptr::NonNull;

/// Page numbers that a context has at least, and at most.
const LEAST_NUMBERS: usize = 4;
const MOST_NUMBERS: usize = 1024;
/// Page numbers that all contexts of a heap can take beyond their own between two merges.
const SPARE_NUMBERS: usize = 8192;
/// Pages lent to a context at a merge, for a type.
const MOST_LENT: usize = 64;
/// Merges without an object of a type after which what is lent for it goes back.
const IDLE: u32 = 60;
const CACHED: usize = 8;

/// The parties of an arena, and what the heap leaves to them.
pub(crate) struct Contexts {
    parties: AtomicU32,
    /// Written by the heap before it leaves; read by the last party.
    estate: UnsafeCell<Option<Box<Arena, HeapAllocator>>>,
}

impl Contexts {
    /// The heap alone.
    pub(crate) fn new() -> Self {
        Contexts {
            parties: AtomicU32::new(1),
            estate: UnsafeCell::new(None),
        }
    }
}

/// Lent slots of one page.
struct Lent {
    page: PageRef,
    /// The first of the free slots, which are linked as those of the page are.
    free: u32,
    /// From here on the slots were never used.
    fresh: u32,
    capacity: u32,
    /// Slots left to fill.
    left: usize,
    /// Which were filled since the last merge.
    filled: Table<u64>,
}

impl Lent {
    /// Room for the notes about a page.
    fn notes(page: PageRef, allocator: &HeapAllocator) -> Option<Table<u64>> {
        let mut filled = Table::new_in(allocator.clone());
        filled.try_reserve_exact(page.groups()).ok()?;
        filled.resize(page.groups(), 0);
        Some(filled)
    }

    fn is_merged(&self) -> bool {
        self.filled.iter().all(|&bits| bits == 0)
    }

    /// A slot to fill.
    #[inline(always)]
    fn take(&mut self, stride: usize) -> Option<(NonNull<Word>, usize)> {
        let place = if self.free != END {
            let place = self.free as usize;
            let word = self.page.slot_with_stride(place, stride);
            // SAFETY: the slot was on the page's free list when it was lent, so its word is initialised, and nobody has
            // written it since.
            self.free = unsafe { word.as_ref() }.load().link();
            place
        } else if self.fresh < self.capacity {
            self.fresh += 1;
            self.fresh as usize - 1
        } else {
            return None;
        };
        self.left -= 1;
        Some((self.page.slot_with_stride(place, stride), place))
    }
}

/// What a context has of one type.
struct Share {
    info: &'static TypeInfo,
    lent: Table<Lent>,
    /// Those before are full.
    at: usize,
    /// Objects, and pages made, since the last merge.
    objects: usize,
    made: usize,
    /// Pages made ever.
    pages: usize,
    /// Merges since the last object.
    idle: u32,
}

/// What a context has. It lies in a box of its own, so that giving it to the heap never allocates.
pub(crate) struct Core {
    shared: NonNull<Shared>,
    next: Option<NonNull<Core>>,
    tag: u16,
    shares: Table<Share>,
    cache: [(*const TypeInfo, u32); CACHED],
    /// Page numbers, with the first version of each.
    numbers: Table<(u32, u32)>,
    /// Pages made since the last merge.
    made: usize,
    /// Bytes and objects since the last merge.
    pub(crate) bytes: usize,
    pub(crate) objects: usize,
    /// What the heap used at the last merge, and the limit that both together must keep.
    pub(crate) used: usize,
    pub(crate) limit: usize,
}

/// What a merge brought.
#[derive(Default)]
pub(crate) struct Merged {
    pub(crate) objects: usize,
    pub(crate) tracked: usize,
    pub(crate) tracked_bytes: usize,
    /// For want of memory, some pages could not be adopted: their objects stay as they are.
    pub(crate) incomplete: bool,
}

impl Core {
    pub(crate) fn is_of(&self, arena: &Arena) -> bool {
        self.shared == arena.shared
    }

    /// As `Heap::try_alloc`, with what is lent.
    #[inline]
    #[cfg_attr(feature = "call_sites", track_caller)]
    pub(crate) fn alloc<T: Trace>(&mut self, value: T) -> Result<Gc<T>, (T, NoSlot)> {
        let stride = InfoOf::<T>::LAYOUT.stride;
        let (slot, index) = match self.slot::<T>(stride) {
            Ok(slot) => slot,
            Err(reason) => return Err((value, reason)),
        };
        // SAFETY: the slot is lent to this context, is one of `T`, and nobody has a handle of it.
        unsafe {
            value_of::<T>(slot).write(value);
            slot.write(Word::new(self.tag, 1));
        }
        self.bytes += stride;
        self.objects += 1;
        let share = &mut self.shares[index];
        share.objects += 1;
        // SAFETY: the slot holds a `T`, and the one count it was given is this handle's.
        Ok(unsafe { Gc::from_slot(slot, Site::note(slot)) })
    }

    #[inline(always)]
    fn slot<T: Trace>(&mut self, stride: usize) -> Result<(NonNull<Word>, usize), NoSlot> {
        let info: *const TypeInfo = InfoOf::<T>::INFO;
        let line = (info.addr() >> 6) % CACHED;
        let index = match self.cache[line] {
            (cached, index) if cached == info => index as usize,
            _ => self.share(InfoOf::<T>::INFO, line)?,
        };
        let share = &mut self.shares[index];
        if let Some(lent) = share.lent.get_mut(share.at)
            && let Some((word, place)) = lent.take(stride)
        {
            lent.filled[place / 64] |= 1 << (place % 64);
            return Ok((word, index));
        }
        self.next_page(index).map(|word| (word, index))
    }

    #[cold]
    #[inline(never)]
    fn share(&mut self, info: &'static TypeInfo, line: usize) -> Result<usize, NoSlot> {
        let known = self
            .shares
            .iter()
            .position(|share| share.info.id == info.id);
        let index = match known {
            Some(index) => index,
            None => {
                let out = |_| NoSlot::OutOfMemory;
                self.shares.try_reserve(1).map_err(out)?;
                let lent = Table::new_in(self.shares.allocator().clone());
                self.shares.push(Share {
                    info,
                    lent,
                    at: 0,
                    objects: 0,
                    made: 0,
                    pages: 0,
                    idle: 0,
                });
                self.shares.len() - 1
            }
        };
        self.cache[line] = (info, index as u32);
        Ok(index)
    }

    /// A slot of the next page with room: one that is lent, or a new one.
    #[cold]
    #[inline(never)]
    fn next_page(&mut self, index: usize) -> Result<NonNull<Word>, NoSlot> {
        let stride = self.shares[index].info.layout.stride;
        loop {
            let share = &mut self.shares[index];
            match share.lent.get_mut(share.at) {
                Some(lent) => {
                    if let Some((word, place)) = lent.take(stride) {
                        lent.filled[place / 64] |= 1 << (place % 64);
                        return Ok(word);
                    }
                    share.at += 1;
                }
                None => self.make_page(index)?,
            }
        }
    }

    fn make_page(&mut self, index: usize) -> Result<(), NoSlot> {
        let share = &mut self.shares[index];
        let info = share.info;
        if info.is_too_large() {
            return Err(NoSlot::TooLarge);
        }
        let out = |_| NoSlot::OutOfMemory;
        share.lent.try_reserve(1).map_err(out)?;
        self.numbers.try_reserve(1).map_err(out)?;
        let kind = Kind {
            info,
            tracked: (info.tracked)(),
            finalizes: (info.has_finalizer)(),
            type_index: NO_TYPE,
        };
        // SAFETY: a context is one of the parties, so the shared part exists.
        let shared = unsafe { self.shared.as_ref() };
        let (number, first_version) = match self.numbers.pop() {
            Some(own) => own,
            None => (shared.numbers.take().ok_or(NoSlot::OutOfMemory)?, 1),
        };
        let target = page_target(&shared.allocator, share.pages);
        let Some(page) = PageRef::create(
            kind,
            target,
            &shared.allocator,
            self.shared,
            self.tag,
            number,
            first_version,
        ) else {
            self.numbers.push((number, first_version));
            return Err(NoSlot::OutOfMemory);
        };
        let Some(filled) = Lent::notes(page, &shared.allocator) else {
            self.numbers.push((number, first_version));
            // SAFETY: nobody knows the page yet.
            unsafe { page.destroy(&shared.allocator) };
            return Err(NoSlot::OutOfMemory);
        };
        page.lend_all();
        shared.announced.push(page);
        share.lent.push(Lent {
            page,
            free: END,
            fresh: 0,
            capacity: page.capacity() as u32,
            left: page.capacity(),
            filled,
        });
        share.made += 1;
        share.pages += 1;
        self.made += 1;
        Ok(())
    }
}

/// A context's hold of what it has: dropping it returns that to the heap.
pub(crate) struct Held(NonNull<Core>);

// SAFETY: it is the only way to its `Core`, whose pages and slots nobody else touches (see above); values are `Send`.
unsafe impl Send for Held {}
// SAFETY: `&Held` gives only `&Core`, which only reads plain numbers.
unsafe impl Sync for Held {}

impl Held {
    #[inline(always)]
    pub(crate) fn core(&self) -> &Core {
        // SAFETY: from a box, and this is the only way to it.
        unsafe { self.0.as_ref() }
    }

    #[inline(always)]
    pub(crate) fn core_mut(&mut self) -> &mut Core {
        // SAFETY: as in `core`, and it is borrowed mutably.
        unsafe { self.0.as_mut() }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let shared = self.core().shared;
        // SAFETY: a context is one of the parties until `leave` below, so the shared part exists.
        give_back(unsafe { shared.as_ref() }, self.0);
        leave(shared);
    }
}

/// Puts a core among those returned. It is the heap's from here on.
fn give_back(shared: &Shared, core: NonNull<Core>) {
    shared.returned.push(core, |next| {
        // SAFETY: until the push it is the caller's alone.
        unsafe { (*core.as_ptr()).next = next }
    });
}

/// A party leaves. The last one ends the arena that the heap has left.
fn leave(shared: NonNull<Shared>) {
    // SAFETY: the caller is a party, so the shared part exists: it ends with the arena, which the last party ends.
    let contexts = unsafe { &shared.as_ref().contexts };
    if contexts.parties.fetch_sub(1, Ordering::AcqRel) == 1 {
        // SAFETY: the heap wrote it before it left, and all have left but this one.
        let estate = unsafe { (*contexts.estate.get()).take() };
        if let Some(mut arena) = estate {
            arena.finish();
        }
    }
}

impl Arena {
    /// A new context; `None` when there is no memory for it.
    pub(crate) fn lend_context(&mut self) -> Option<Held> {
        let allocator = self.allocator().clone();
        if self.estate.is_none() {
            self.estate = Some(Box::try_new_uninit_in(allocator.clone()).ok()?);
        }
        let room = Box::<Core, _>::try_new_uninit_in(allocator.clone()).ok()?;
        self.shared()
            .contexts
            .parties
            .fetch_add(1, Ordering::Relaxed);
        let core = Core {
            shared: self.shared,
            next: None,
            tag: self.tag,
            shares: Table::new_in(allocator.clone()),
            cache: [(core::ptr::null(), 0); CACHED],
            numbers: Table::new_in(allocator),
            made: 0,
            bytes: 0,
            objects: 0,
            used: 0,
            limit: usize::MAX,
        };
        let (core, _) = Box::into_raw_with_allocator(Box::write(room, core));
        // SAFETY: the pointer of a box is never null.
        let mut held = Held(unsafe { NonNull::new_unchecked(core) });
        self.lend_more(held.core_mut());
        Some(held)
    }

    /// Could an object be that no context has merged?
    #[inline(always)]
    pub(crate) fn has_contexts(&self) -> bool {
        self.estate.is_some()
    }

    /// Has a context been dropped that is not merged?
    #[inline(always)]
    pub(crate) fn has_returned(&self) -> bool {
        self.has_contexts() && !self.shared().returned.is_empty()
    }

    /// Enters announced pages into the table, for which there is room.
    pub(crate) fn enter_announced(&mut self) {
        let mut next = self.shared().announced.take();
        while let Some(page) = next {
            next = page.announced();
            self.enter_number(page.number());
            self.pages[page.number() as usize].page = Some(page);
        }
    }

    /// The page, if it is announced and not entered. Cost: O(such pages).
    #[cold]
    #[inline(never)]
    pub(crate) fn announced_page(&self, number: u32) -> Option<PageRef> {
        let mut next = self.shared().announced.first();
        while let Some(page) = next {
            if page.number() == number {
                return Some(page);
            }
            next = page.announced();
        }
        None
    }

    /// Makes the context's objects the heap's: young, tracked, counted. Cost: O(its pages + its slots / 64).
    pub(crate) fn merge(&mut self, core: &mut Core) -> Merged {
        /// Also when the allocator panics: a page in which the context has no slot may go at any time.
        struct Tidy<'a>(&'a mut Share);
        impl Drop for Tidy<'_> {
            fn drop(&mut self) {
                let keep = |lent: &Lent| lent.left > 0 || !lent.is_merged();
                self.0.lent.retain(keep);
                self.0.at = 0;
            }
        }
        self.enter_announced();
        let mut merged = Merged::default();
        for share in &mut core.shares {
            let info = share.info;
            let tidy = Tidy(share);
            for lent in &mut tidy.0.lent {
                if lent.is_merged() && lent.page.is_adopted() {
                    continue;
                }
                if !lent.page.is_adopted() && !self.adopt(lent.page, info) {
                    merged.incomplete = true;
                    continue;
                }
                self.merge_page(lent, &mut merged);
            }
            drop(tidy);
            share.idle = if share.objects == 0 {
                share.idle + 1
            } else {
                0
            };
        }
        core.objects -= merged.objects;
        if core.objects == 0 {
            core.bytes = 0;
        }
        self.note_peak();
        merged
    }

    fn merge_page(&mut self, lent: &mut Lent, merged: &mut Merged) {
        let page = lent.page;
        let mut count = 0;
        for (group, bits) in lent.filled.iter_mut().enumerate() {
            let bits = mem::take(bits);
            if bits != 0 {
                page.set_newborns(group, bits);
                count += bits.count_ones() as usize;
            }
        }
        page.set_lent(page.lent() - count as u32);
        self.wake(page);
        let bytes = count * page.info().layout.stride;
        let account = &self.shared().account;
        account.set_slots(account.slots() + bytes);
        merged.objects += count;
        if page.tracked() {
            if count > 0 {
                self.generations[0].add(page);
            }
            self.tracked += count;
            self.tracked_bytes += bytes;
            merged.tracked += count;
            merged.tracked_bytes += bytes;
        } else {
            self.leaves += count;
        }
    }

    /// Takes a page in that a context made. False when there is no memory for that.
    fn adopt(&mut self, page: PageRef, info: &'static TypeInfo) -> bool {
        let Ok(index) = self.index_of_type(info) else {
            return false;
        };
        let pages = &mut self.types[index as usize];
        if pages.numbers.try_reserve(1).is_err() {
            return false;
        }
        pages.push(page);
        page.set_type_index(index);
        self.page_bytes += page.size();
        self.peak_page_bytes = self.peak_page_bytes.max(self.page_bytes);
        true
    }

    /// After a merge: as many slots of each type as the context has just used, and a quarter more, if there are pages
    /// with room; and page numbers. What it has not used for long goes back.
    pub(crate) fn lend_more(&mut self, core: &mut Core) {
        for share in &mut core.shares {
            if share.idle > IDLE {
                self.take_lent(share);
            }
            let wanted = share.objects + share.objects / 4;
            let mut left: usize = share.lent.iter().map(|lent| lent.left).sum();
            if let Some(&index) = self.by_id.get(&share.info.id) {
                for _ in 0..MOST_LENT {
                    if left >= wanted || share.lent.try_reserve(1).is_err() {
                        break;
                    }
                    let first = self.types[index as usize].available.first();
                    let Some(lent) = first.and_then(|page| self.lend(page)) else {
                        break;
                    };
                    left += lent.left;
                    share.lent.push(lent);
                }
            }
            share.objects = 0;
            share.made = 0;
        }
        self.lend_numbers(core);
    }

    /// All free slots of a page that has some. O(1) beside the notes.
    fn lend(&mut self, page: PageRef) -> Option<Lent> {
        let filled = Lent::notes(page, self.allocator())?;
        let capacity = page.capacity() as u32;
        let left = capacity - page.used() - page.worn();
        let lent = Lent {
            page,
            free: page.free(),
            fresh: page.fresh(),
            capacity,
            left: left as usize,
            filled,
        };
        page.set_free(END);
        page.set_fresh(capacity);
        page.set_used(page.used() + left);
        page.set_lent(page.lent() + left);
        self.types[page.type_index()].available.remove(page);
        Some(lent)
    }

    fn lend_numbers(&mut self, core: &mut Core) {
        // For the contexts that need more than they have.
        let limit = (self.shared().numbers.next() as usize + SPARE_NUMBERS)
            .min(super::page::MOST_PAGES - 1);
        if self.reserve_numbers(limit).is_ok() {
            self.shared().numbers.allow(limit as u32);
        }
        let wanted = (core.made * 2).clamp(LEAST_NUMBERS, MOST_NUMBERS);
        core.made = 0;
        while core.numbers.len() < wanted {
            if core.numbers.try_reserve(1).is_err() {
                return;
            }
            let Ok(number) = self.free_number() else {
                return;
            };
            self.free_numbers.pop();
            let first_version = self.pages[number as usize].first_version;
            core.numbers.push((number, first_version));
        }
    }

    /// Takes back what is lent and not filled. Cost: O(slots that were free when they were lent).
    fn take_lent(&mut self, share: &mut Share) {
        for lent in &mut share.lent {
            let page = lent.page;
            if !page.is_adopted() || lent.left == 0 {
                continue;
            }
            let stride = page.info().layout.stride;
            if lent.free != END {
                let mut last = page.slot_with_stride(lent.free as usize, stride);
                loop {
                    #[cfg(feature = "chaos")]
                    if self.chaos.is_some() {
                        super::chaos::poison(page.slot(page.index_of(last)));
                    }
                    // SAFETY: the slots of the chain are free, so their words are initialised, and are back with the heap.
                    let word = unsafe { last.as_ref() };
                    let next = word.load().link();
                    if next == END {
                        word.set_link(tag::FREE, page.free());
                        break;
                    }
                    last = page.slot_with_stride(next as usize, stride);
                }
                page.set_free(lent.free);
            }
            if lent.fresh < lent.capacity {
                page.set_fresh(lent.fresh);
            }
            let left = mem::take(&mut lent.left) as u32;
            lent.free = END;
            lent.fresh = lent.capacity;
            page.set_used(page.used() - left);
            page.set_lent(page.lent() - left);
            if page.used() == 0 {
                self.emptied(page);
            }
            if !page.in_list(List::Available) {
                self.types[page.type_index()].available.add(page);
            }
        }
        share.lent.retain(|lent| !lent.is_merged());
        share.at = 0;
    }

    /// Ends a merged context.
    fn dissolve(&mut self, core: NonNull<Core>) {
        // SAFETY: from the box of `lend_context`, and whoever had it has given it to the arena.
        let mut core = unsafe { Box::from_raw_in(core.as_ptr(), self.allocator().clone()) };
        for share in &mut core.shares {
            self.take_lent(share);
        }
        // There is room for all: a number is given out only then. A spare one that found no memory has no place yet.
        for &(number, _) in &core.numbers {
            self.enter_number(number);
            self.free_numbers.push(number);
        }
    }

    /// Merges a context for good.
    pub(crate) fn merge_whole(&mut self, held: Held) -> Merged {
        let core = held.0;
        mem::forget(held);
        let merged = self.merge_core(core);
        // Never the last: the heap is a party.
        self.shared()
            .contexts
            .parties
            .fetch_sub(1, Ordering::AcqRel);
        merged
    }

    fn merge_core(&mut self, mut core: NonNull<Core>) -> Merged {
        // SAFETY: whoever had it has given it to the arena.
        let merged = self.merge(unsafe { core.as_mut() });
        if merged.incomplete {
            give_back(self.shared(), core);
        } else {
            self.dissolve(core);
        }
        merged
    }

    /// Merges the contexts that were dropped, the one that was dropped last first.
    pub(crate) fn merge_returned(&mut self) -> Merged {
        let mut sum = Merged::default();
        let mut next = self.shared().returned.take();
        while let Some(core) = next {
            // SAFETY: it was handed over, so it is the arena's; its link was written before.
            next = unsafe { core.as_ref() }.next;
            let merged = self.merge_core(core);
            sum.objects += merged.objects;
            sum.tracked += merged.tracked;
            sum.tracked_bytes += merged.tracked_bytes;
            sum.incomplete |= merged.incomplete;
        }
        sum
    }

    /// The heap's end: every value that it knows is dropped. Contexts that are left keep the rest.
    pub(crate) fn leave(&mut self) {
        let Some(place) = self.estate.take() else {
            self.end();
            return;
        };
        let shared = self.shared;
        let nothing = Arena::empty(self.allocator().clone(), shared, self.tag, self.heap_id);
        let arena = mem::replace(self, nothing);
        let estate = Box::write(place, arena);
        // SAFETY: the heap, which is a party until `leave`, is the only one who writes it.
        unsafe { *shared.as_ref().contexts.estate.get() = Some(estate) };
        leave(shared);
    }

    /// Ends the arena that the heap has left, when no context is left either: drops every value, and gives the pages
    /// back, but for those that handles still lead to. If user code panics, the rest goes on; a second panic aborts.
    fn finish(&mut self) {
        struct Rest<'a>(&'a mut Arena);
        impl Drop for Rest<'_> {
            fn drop(&mut self) {
                self.0.drop_rest();
                self.0.end();
            }
        }
        let rest = Rest(self);
        rest.0.merge_returned();
        rest.0.drop_rest();
    }

    /// As `Heap::drop_all`.
    fn drop_rest(&mut self) {
        while self.live_to_drop() > 0 {
            for number in 0..self.page_numbers() {
                let Some(page) = self.page(number) else {
                    continue;
                };
                if page.info().drop.is_none() {
                    continue;
                }
                for index in 0..page.capacity() {
                    if page.has(Bit::Live, index) {
                        self.drop_last(page.slot(index));
                    }
                }
                self.drop_dead_rest();
            }
            // If something is left, another thread is dropping the last handle right now: it will be on the dead list.
            core::hint::spin_loop();
        }
        self.drop_dead_rest();
    }

    /// Drops what has no handle left, and what large containers have left.
    fn drop_dead_rest(&mut self) {
        loop {
            if self.woken == END {
                self.woken = self.shared().published.take();
            }
            let Some(slot) = self.slot_of(self.woken) else {
                if self.take_leftovers() {
                    self.drop_leftovers();
                    continue;
                }
                return;
            };
            let word = self.word(slot).load();
            self.woken = word.link();
            if !slot.page.is_adopted() {
                // For want of memory: lost with its page.
            } else if word.tag() == tag::DEAD_GONE {
                self.release(slot);
            } else {
                self.drop_dead(slot);
            }
        }
    }
}
