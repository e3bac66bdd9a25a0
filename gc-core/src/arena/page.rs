//! A page: slots of one type, with the bits and numbers of all its objects beside each other.
//!
//! ```text
//! | header | 64-slot groups of bits | colder bits | side counts | versions | slots … |
//! ```
//!
//! An object takes, beside its value: its count word, 8 bytes; its version, 2; its side count, 4, and 10 bits if its
//! type is tracked, 1 bit if not, and 1 bit more if it has a finalizer. A page's header and colours take 400 bytes.
//!
//! A *version* tells the objects apart that use a slot one after the other, so that a weak handle fits one of them only.
//! It is the page's first version plus what the slot's 15 bits count. A slot that has counted to the end is *worn out*:
//! it is not used again while the page lives, and the next page with this number begins with a higher first version.
//!
//! Pages are aligned to [`PAGE_ALIGN`], so that masking a pointer to a slot finds the page. The bits of 64 objects that
//! a collection asks for lie in one cache line, and counting an edge touches 4 bytes of its target, never the object.
//!
//! The header does not lie at the very start: pages share their low address bits, so headers at the start would all
//! fall into one set of the cache. A *colour* from the page's own address moves it by a few lines.

use super::flags::{LAST_VERSION, Revived, Version};
use super::handed::Handed;
use super::published::END;
use super::types::TypeInfo;
use super::word::Word;
use super::{HeapAllocator, Shared};
use allocator_api2::alloc::Allocator;
use core::alloc::Layout;
use core::mem::size_of;
use core::ptr::{self, NonNull};

const SHIFT: u32 = if usize::BITS >= 64 { 16 } else { 12 };
/// Pages begin at multiples of this, and those with more than one slot are not larger.
pub(crate) const PAGE_ALIGN: usize = 1 << SHIFT;
/// A slot's place in its page takes this many bits of a slot id.
pub(crate) const INDEX_BITS: u32 = 12;
const MOST_SLOTS: usize = 1 << INDEX_BITS;
/// Pages of a heap: 2^20, so 64 GiB of small objects, or 2^20 objects that are larger than 32 KiB and have a page each.
/// Few in unit tests, which use them up.
pub(crate) const MOST_PAGES: usize = 1 << if cfg!(test) { 10 } else { 32 - INDEX_BITS };
/// Where the word of a slot lies whose alignment is huge.
pub(crate) const SLOT_RESERVE: usize = 2048;
/// A page's first version is never higher: its slots count on from there.
pub(crate) const LAST_FIRST_VERSION: u32 = u32::MAX - LAST_VERSION;
const LINE: usize = 64;
const COLOURS: usize = if usize::BITS >= 64 { 4 } else { 1 };
/// What allocators may keep beside an allocation: pages that leave it free lie next to each other.
const ALLOCATOR_ROOM: usize = 64;
/// The `type_index` of a page that a context made and the heap has not taken in.
pub(crate) const NO_TYPE: u32 = u32::MAX;
/// The largest page with more than one slot.
const LARGEST_SHARED: usize = PAGE_ALIGN - ALLOCATOR_ROOM;

/// The two jobs that can be in progress at a time: over the young, and over the older ones. Their sets are disjoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Lane {
    Minor = 0,
    Major = 1,
}

/// One word of a group: 64 objects.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bit {
    /// The slot holds a value. Pages of leaf types have this one, and `Finalized` if the type has a finalizer.
    Live = 0,
    /// The generation: young 00, middle 01, old 10, frozen 11.
    Low = 1,
    High = 2,
    /// Members of the minor job's set, and of the major's.
    Minor = 3,
    Major = 4,
    /// Counted, marked, scanned by the job that the object is a member of.
    Counted = 5,
    Marked = 6,
    Scanned = 7,
    // From here on in the cold part. Too large to be examined in slices while the game writes to it.
    Excluded = 8,
    /// The finalizer has run. Only pages of types that have one have this bit.
    Finalized = 10,
}
const HOT_WORDS: usize = 8;
/// The cold word between those of `Excluded` and `Finalized` is atomic: readers of the heap set it.
const REVIVED: usize = 1;

impl Lane {
    pub(crate) const ALL: [Lane; 2] = [Lane::Minor, Lane::Major];
    pub(crate) fn member(self) -> Bit {
        match self {
            Lane::Minor => Bit::Minor,
            Lane::Major => Bit::Major,
        }
    }
    pub(crate) fn other(self) -> Lane {
        match self {
            Lane::Minor => Lane::Major,
            Lane::Major => Lane::Minor,
        }
    }
}

/// The lists that a page can be in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    /// Pages with objects of a generation. An empty page may linger until the next job over it.
    Young = 0,
    Middle = 1,
    Old = 2,
    /// Pages of a type with a free slot.
    Available = 3,
    /// Pages that have become empty.
    Empty = 4,
}
const LISTS: usize = 5;
/// In the same byte as the lists: the page has, or had, an excluded object.
const HAS_EXCLUDED: u8 = 1 << 7;

#[derive(Clone, Copy)]
struct Link {
    prev: Option<PageRef>,
    next: Option<PageRef>,
}

#[repr(C)]
struct Header {
    // What an edge to an object of this page asks for: one cache line.
    tag: u16,
    tracked: bool,
    finalizes: bool,
    lists: u8,
    /// See [`PageRef::rank_of`].
    first_rank: u16,
    /// See [`PageRef::key_of`].
    key: u32,
    epochs: [u32; 2],
    reciprocal: u64,
    /// Where the side count of rank 0 would be.
    sides: *mut u32,
    groups: NonNull<u64>,
    slots: NonNull<u8>,
    shared: NonNull<Shared>,
    info: &'static TypeInfo,
    // The rest.
    cold: NonNull<u64>,
    versions: NonNull<Version>,
    first_version: u32,
    number: u32,
    type_index: u32,
    capacity: u32,
    /// Slots never used yet begin here.
    fresh: u32,
    free: u32,
    /// The last of the dead slots that wait for the merge of their context (see `waiting.rs`).
    waiting: u32,
    /// Slots that are not free: alive, dying, gone but still referred to, reserved, or lent.
    used: u32,
    /// Of those, the ones that allocation contexts have: to fill, or filled since their last merge.
    lent: u32,
    /// Slots that are neither used nor will be: their versions are used up.
    worn: u32,
    /// Where the type keeps the page's number.
    place: u32,
    /// The next page in the list of those that contexts made (see `context.rs`).
    announced: Option<PageRef>,
    /// The first group that may have objects to scan, by job.
    grey_from: [u32; 2],
    grey: [bool; 2],
    job_next: [Option<PageRef>; 2],
    grey_next: [Option<PageRef>; 2],
    links: [Link; LISTS],
    size: usize,
}

/// A page that exists.
///
/// Invariant, on which every `unsafe` block of this file stands: a `PageRef` is made by [`PageRef::create`], or by
/// masking a pointer to a slot of a page that exists; whoever calls [`PageRef::destroy`] has removed it from every list
/// and table. The mutable parts of the header and the plain bit words are touched only by the thread that has the heap
/// borrowed mutably, or read by those that have it borrowed; what other threads reach through a handle is constant
/// (`shared`, `number`, `slots`, `reciprocal`, `first_rank`) or atomic (words, versions, `revived`). An allocation context may write
/// the words and values of the slots that were lent to it, which nobody else touches meanwhile (see `context.rs`).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageRef(NonNull<Header>);

// SAFETY: see the invariant of `PageRef`: what is shared between threads is constant or atomic, all else follows the
// borrow of the heap.
unsafe impl Send for PageRef {}
// SAFETY: as above.
unsafe impl Sync for PageRef {}

/// A place for an object: the word in front of it, its page, and its place there.
#[derive(Clone, Copy)]
pub(crate) struct Slot {
    pub(crate) word: NonNull<Word>,
    pub(crate) page: PageRef,
    pub(crate) index: usize,
}

/// What the pages of a type have in common.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) info: &'static TypeInfo,
    pub(crate) tracked: bool,
    pub(crate) finalizes: bool,
    pub(crate) type_index: u32,
}

impl Kind {
    /// Hot words of a group.
    fn width(self) -> usize {
        match (self.tracked, self.finalizes) {
            (true, _) => HOT_WORDS,
            (false, true) => 2,
            (false, false) => 1,
        }
    }

    /// Cold words of a group.
    fn cold_width(self) -> usize {
        match (self.tracked, self.finalizes) {
            (true, true) => 3,
            (true, false) => 2,
            (false, _) => 0,
        }
    }
}

/// How a page of `capacity` slots is laid out.
struct Plan {
    capacity: usize,
    groups: usize,
    cold: usize,
    versions: usize,
    sides: usize,
    slots: usize,
    size: usize,
}

impl Plan {
    fn new(kind: Kind, header: usize, capacity: usize) -> Option<Plan> {
        let Kind { info, tracked, .. } = kind;
        let count = capacity.div_ceil(64);
        let groups = (header + size_of::<Header>()).next_multiple_of(LINE);
        let cold = groups + count * 8 * kind.width();
        let sides = cold + count * 8 * kind.cold_width();
        let versions = sides + if tracked { capacity * 4 } else { 0 };
        let end = versions + capacity * 2;
        let slots = if info.layout.alone {
            debug_assert!(end <= SLOT_RESERVE);
            SLOT_RESERVE
        } else {
            end.next_multiple_of(info.layout.align)
        };
        let size = slots.checked_add(capacity.checked_mul(info.layout.stride)?)?;
        Some(Plan {
            capacity,
            groups,
            cold,
            versions,
            sides,
            slots,
            size,
        })
    }

    /// The plan with the most slots in `target` bytes, or with a single one.
    fn fit(kind: Kind, header: usize, target: usize) -> Option<Plan> {
        let info = kind.info;
        let single = Plan::new(kind, header, 1)?;
        if info.layout.alone || single.size + info.layout.stride > target {
            return Some(single);
        }
        // Too many, then fewer until it fits: the arrays are rounded up to whole groups.
        let mut capacity = (target / info.layout.stride).min(MOST_SLOTS);
        loop {
            let plan = Plan::new(kind, header, capacity)?;
            if plan.size <= target {
                return Some(plan);
            }
            let over = (plan.size - target) / (info.layout.stride + 8);
            capacity -= over.clamp(1, capacity - 1);
        }
    }
}

fn layout_of(info: &TypeInfo, size: usize) -> Option<Layout> {
    Layout::from_size_align(size, PAGE_ALIGN.max(info.layout.align)).ok()
}

/// How many strides lie before a place in a page.
#[inline(always)]
fn rank(offset: usize, reciprocal: u64) -> usize {
    ((offset as u64 * reciprocal) >> 32) as usize
}

/// Where in its page the header lies.
fn colour(base: usize) -> usize {
    (base >> SHIFT) % COLOURS * LINE
}

impl PageRef {
    /// Asks for a page of about `target` bytes. Cost: O(its slots).
    pub(crate) fn create(
        kind: Kind,
        target: usize,
        allocator: &HeapAllocator,
        shared: NonNull<Shared>,
        tag: u16,
        number: u32,
        first_version: u32,
    ) -> Option<PageRef> {
        let Kind { info, tracked, .. } = kind;
        // The colour is known only with the address, so the plan leaves room for the largest.
        let plan = Plan::fit(kind, (COLOURS - 1) * LINE, target.min(LARGEST_SHARED))?;
        let layout = layout_of(info, plan.size)?;
        let base = allocator.allocate(layout).ok()?.cast::<u8>();
        let at = |offset: usize| {
            // SAFETY: every offset of the plan lies within `plan.size` bytes, the length of the allocation.
            unsafe { base.add(offset) }
        };
        let header = at(colour(base.as_ptr() as usize)).cast::<Header>();
        let link = Link {
            prev: None,
            next: None,
        };
        let reciprocal = if plan.capacity == 1 {
            0
        } else {
            // Exact for dividends and divisors below 2^16, which a page's are.
            (1u64 << 32).div_ceil(info.layout.stride as u64)
        };
        let first_rank = rank(plan.slots, reciprocal);
        // SAFETY: the allocation is ours alone and large enough for the plan; header, words, sides and versions lie at
        // places aligned for them (the plan begins them at multiples of 64, 8, 4 and 2 from an aligned base).
        unsafe {
            header.write(Header {
                tag,
                tracked,
                finalizes: kind.finalizes,
                lists: 0,
                first_rank: first_rank as u16,
                key: PageRef::key_of(tag, tracked),
                epochs: [0; 2],
                reciprocal,
                sides: at(plan.sides)
                    .cast::<u32>()
                    .as_ptr()
                    .wrapping_sub(first_rank),
                groups: at(plan.groups).cast(),
                slots: at(plan.slots),
                shared,
                info,
                cold: at(plan.cold).cast(),
                versions: at(plan.versions).cast(),
                first_version,
                number,
                type_index: kind.type_index,
                capacity: plan.capacity as u32,
                fresh: 0,
                free: END,
                waiting: END,
                used: 0,
                lent: 0,
                worn: 0,
                place: 0,
                announced: None,
                grey_from: [0; 2],
                grey: [false; 2],
                job_next: [None; 2],
                grey_next: [None; 2],
                links: [link; LISTS],
                size: plan.size,
            });
            // Zero is a valid bit word, side count, and version.
            let arrays = plan.versions + plan.capacity * 2 - plan.groups;
            ptr::write_bytes(at(plan.groups).as_ptr(), 0, arrays);
        }
        Some(PageRef(header))
    }

    /// Gives the page's memory back.
    ///
    /// # Safety
    /// `allocator` is the one that it came from. No slot of it is used, and no list, table or handle leads to it.
    pub(crate) unsafe fn destroy(self, allocator: &HeapAllocator) {
        let Some(layout) = layout_of(self.info(), self.size()) else {
            unreachable!("the page was allocated with this layout");
        };
        let base = self.0.cast::<u8>().as_ptr();
        let base = base.map_addr(|header| header & !(PAGE_ALIGN - 1));
        // SAFETY: `create` put the header into the first `PAGE_ALIGN` bytes of the allocation, which begins at a
        // multiple of that, and the layout is the same; that nobody uses it is the caller's duty.
        unsafe { allocator.deallocate(NonNull::new_unchecked(base), layout) }
    }

    /// The page that a slot lies in.
    #[inline(always)]
    pub(crate) fn of(word: NonNull<Word>) -> PageRef {
        let base = word.as_ptr() as usize & !(PAGE_ALIGN - 1);
        let header = word
            .as_ptr()
            .map_addr(|_| base + colour(base))
            .cast::<Header>();
        // SAFETY: a slot's word lies in the first `PAGE_ALIGN` bytes of its page, so `base` is the page's start and
        // the header is where `create` put it: not null.
        PageRef(unsafe { NonNull::new_unchecked(header) })
    }

    /// Asks the memory for a word that will be changed soon. Nothing on machines without such an instruction here.
    #[inline(always)]
    pub(crate) fn prefetch(word: NonNull<Word>) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a hint: it reads nothing, and may be given any address; SSE is part of every x86-64.
        unsafe {
            use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            _mm_prefetch::<_MM_HINT_T0>(word.as_ptr().cast());
        }
        let _ = word;
    }

    /// A place in the header. Never a reference to the whole of it: its parts have different owners.
    #[inline(always)]
    fn field<V>(self, place: impl FnOnce(*mut Header) -> *mut V) -> *mut V {
        place(self.0.as_ptr())
    }
}

macro_rules! header_cells {
    ($($(#[$doc:meta])* $get:ident, $set:ident: $field:ident as $type:ty;)*) => {$(
        $(#[$doc])*
        #[inline]
        pub(crate) fn $get(self) -> $type {
            // SAFETY: the page exists, and the field is read by whoever has the heap borrowed.
            unsafe { *self.field(|header| &raw mut (*header).$field) }
        }
        #[inline]
        pub(crate) fn $set(self, value: $type) {
            // SAFETY: the page exists, and only the mutable borrower of the heap writes the field.
            unsafe { *self.field(|header| &raw mut (*header).$field) = value }
        }
    )*};
}

impl PageRef {
    header_cells! {
        /// The first slot that was never used.
        fresh, set_fresh: fresh as u32;
        /// The first free slot, or [`END`].
        free, set_free: free as u32;
        used, set_used: used as u32;
        waiting, set_waiting: waiting as u32;
        lent, set_lent: lent as u32;
        worn, set_worn: worn as u32;
    }

    pub(crate) fn place(self) -> usize {
        // SAFETY: read by the borrower of the heap.
        unsafe { *self.field(|header| &raw mut (*header).place) as usize }
    }
    pub(crate) fn set_place(self, place: usize) {
        // SAFETY: written by the mutable borrower of the heap.
        unsafe { *self.field(|header| &raw mut (*header).place) = place as u32 }
    }
    /// Are half of its slots, or more, of no use any more?
    pub(crate) fn is_mostly_worn(self) -> bool {
        self.worn() as usize * 2 >= self.capacity()
    }

    pub(crate) fn tag(self) -> u16 {
        // SAFETY: constant for the page's life.
        unsafe { *self.field(|header| &raw mut (*header).tag) }
    }
    /// Of which heap, and tracked: what an edge must ask, in one comparison.
    pub(crate) fn key_of(tag: u16, tracked: bool) -> u32 {
        u32::from(tag) | u32::from(tracked) << 16
    }
    #[inline(always)]
    pub(crate) fn key(self) -> u32 {
        // SAFETY: constant for the page's life.
        unsafe { *self.field(|header| &raw mut (*header).key) }
    }
    pub(crate) fn tracked(self) -> bool {
        // SAFETY: constant for the page's life.
        unsafe { *self.field(|header| &raw mut (*header).tracked) }
    }
    /// Does the type have a finalizer?
    pub(crate) fn finalizes(self) -> bool {
        // SAFETY: constant for the page's life.
        unsafe { *self.field(|header| &raw mut (*header).finalizes) }
    }
    pub(crate) fn shared(self) -> NonNull<Shared> {
        // SAFETY: constant for the page's life.
        unsafe { *self.field(|header| &raw mut (*header).shared) }
    }
    pub(crate) fn info(self) -> &'static TypeInfo {
        // SAFETY: constant for the page's life.
        unsafe { *self.field(|header| &raw mut (*header).info) }
    }
    pub(crate) fn number(self) -> u32 {
        // SAFETY: constant for the page's life.
        unsafe { *self.field(|header| &raw mut (*header).number) }
    }
    pub(crate) fn type_index(self) -> usize {
        // SAFETY: read by the borrower of the heap.
        unsafe { *self.field(|header| &raw mut (*header).type_index) as usize }
    }
    /// Has the heap taken the page in among those of its type?
    pub(crate) fn is_adopted(self) -> bool {
        self.type_index() != NO_TYPE as usize
    }
    /// Takes it in.
    pub(crate) fn set_type_index(self, index: u32) {
        // SAFETY: written by the mutable borrower of the heap, which alone asks for it; once.
        unsafe { *self.field(|header| &raw mut (*header).type_index) = index }
    }
    /// Gives all slots of a page that nobody else knows to the context that made it.
    pub(super) fn lend_all(self) {
        let all = self.capacity() as u32;
        self.set_fresh(all);
        self.set_used(all);
        self.set_lent(all);
    }
    /// The next page in a list of announced ones.
    pub(super) fn announced(self) -> Option<PageRef> {
        // SAFETY: written before the page was announced, and then by the mutable borrower of the heap.
        unsafe { *self.field(|header| &raw mut (*header).announced) }
    }
    fn set_announced(self, next: Option<PageRef>) {
        // SAFETY: the page is not announced yet, and its maker's alone; or taken by the mutable borrower of the heap.
        unsafe { *self.field(|header| &raw mut (*header).announced) = next }
    }
    pub(crate) fn capacity(self) -> usize {
        // SAFETY: constant for the page's life.
        unsafe { *self.field(|header| &raw mut (*header).capacity) as usize }
    }
    pub(crate) fn groups(self) -> usize {
        self.capacity().div_ceil(64)
    }
    /// Bytes that the page takes from the allocator.
    pub(crate) fn size(self) -> usize {
        // SAFETY: constant for the page's life.
        unsafe { *self.field(|header| &raw mut (*header).size) }
    }

    /// The slot at `index`, when the caller knows the stride.
    #[inline(always)]
    pub(crate) fn slot_with_stride(self, index: usize, stride: usize) -> NonNull<Word> {
        debug_assert!(index < self.capacity());
        // SAFETY: `slots` is constant; `index < capacity`, so the slot lies in the page.
        unsafe {
            let slots = *self.field(|header| &raw mut (*header).slots);
            slots.add(index * stride).cast()
        }
    }

    pub(crate) fn slot(self, index: usize) -> Slot {
        Slot {
            word: self.slot_with_stride(index, self.info().layout.stride),
            page: self,
            index,
        }
    }

    /// The place of a slot in this page.
    #[inline(always)]
    pub(crate) fn index_of(self, word: NonNull<Word>) -> usize {
        // SAFETY: constant for the page's life.
        let first = unsafe { *self.field(|header| &raw mut (*header).first_rank) };
        self.rank_of(word) - usize::from(first)
    }

    /// The place of a slot if the page's slots began with the page: needs nothing but the slot's own address.
    #[inline(always)]
    fn rank_of(self, word: NonNull<Word>) -> usize {
        // SAFETY: constant for the page's life.
        let reciprocal = unsafe { *self.field(|header| &raw mut (*header).reciprocal) };
        rank(word.as_ptr() as usize & (PAGE_ALIGN - 1), reciprocal)
    }

    /// A slot's number in its heap.
    pub(crate) fn id_of(self, word: NonNull<Word>) -> u32 {
        self.id_at(self.index_of(word))
    }

    /// The number in its heap of the slot at `index`.
    #[inline(always)]
    pub(crate) fn id_at(self, index: usize) -> u32 {
        self.number() << INDEX_BITS | index as u32
    }

    // --- versions ---------------------------------------------------------------------------------------------------

    fn version_cell(&self, index: usize) -> &Version {
        debug_assert!(index < self.capacity());
        // SAFETY: `versions` is constant and has `capacity` entries.
        unsafe {
            let versions = *self.field(|header| &raw mut (*header).versions);
            versions.add(index).as_ref()
        }
    }

    pub(crate) fn first_version(self) -> u32 {
        // SAFETY: constant for the page's life.
        unsafe { *self.field(|header| &raw mut (*header).first_version) }
    }

    /// The version that weak handles of the slot must carry.
    #[inline]
    pub(crate) fn version(self, index: usize) -> u32 {
        self.first_version() + self.version_cell(index).counted()
    }

    /// Is it the version of a weak handle that may lead to the slot?
    #[inline]
    pub(crate) fn fits(self, index: usize, version: u32) -> bool {
        let counted = self.version_cell(index).counted();
        self.first_version() + counted == version && counted != LAST_VERSION
    }

    /// Notes that a weak handle exists, and answers the version.
    pub(crate) fn version_for_weak(self, index: usize) -> u32 {
        self.first_version() + self.version_cell(index).for_weak()
    }

    /// Ends every weak handle of the slot. True when there were any.
    pub(crate) fn end_version(self, index: usize) -> bool {
        self.version_cell(index).end()
    }

    /// Ends the slot's version if a weak handle carries it.
    #[inline]
    pub(crate) fn end_weak_version(self, index: usize) {
        let version = self.version_cell(index);
        if version.has_weak() {
            version.end();
        }
    }

    /// Does a weak handle carry the slot's version?
    #[cfg(any(feature = "verify", test))]
    pub(crate) fn has_weak(self, index: usize) -> bool {
        self.version_cell(index).has_weak()
    }

    pub(crate) fn is_worn_out(self, index: usize) -> bool {
        self.version_cell(index).counted() == LAST_VERSION
    }

    // --- side counts ------------------------------------------------------------------------------------------------

    #[inline(always)]
    fn side_at(self, rank: usize) -> *mut u32 {
        // SAFETY: constant for the page's life.
        unsafe { *self.field(|header| &raw mut (*header).sides) }.wrapping_add(rank)
    }

    #[inline(always)]
    fn side_cell(self, index: usize) -> *mut u32 {
        debug_assert!(self.tracked() && index < self.capacity());
        // SAFETY: constant for the page's life.
        let first = unsafe { *self.field(|header| &raw mut (*header).first_rank) };
        self.side_at(usize::from(first) + index)
    }

    /// One edge more to the object.
    #[inline(always)]
    pub(crate) fn count_edge(self, word: NonNull<Word>) {
        debug_assert!(self.tracked());
        let side = self.side_at(self.rank_of(word));
        // SAFETY: there are side counts from the first slot's rank to the last one's on a page of a tracked type, and
        // `word` is one of its slots; written by the mutable borrower of the heap.
        unsafe { *side = (*side).wrapping_add(1) }
    }

    /// Edges found to the object, with the job that counts them in the top bit.
    #[inline(always)]
    pub(crate) fn side(self, index: usize) -> u32 {
        // SAFETY: in the page; read by the borrower of the heap.
        unsafe { *self.side_cell(index) }
    }

    #[inline(always)]
    pub(crate) fn set_side(self, index: usize, value: u32) {
        // SAFETY: in the page; written by the mutable borrower of the heap.
        unsafe { *self.side_cell(index) = value }
    }

    /// All those of a group.
    pub(crate) fn set_sides(self, group: usize, value: u32) {
        let first = group * 64;
        let count = (self.capacity() - first).min(64);
        // SAFETY: `count` entries from `first` lie within the page's `capacity`; written by the mutable borrower of the
        // heap.
        unsafe { core::slice::from_raw_parts_mut(self.side_cell(first), count) }.fill(value);
    }

    // --- bits -------------------------------------------------------------------------------------------------------

    /// Cold words of a group on a page of a tracked type.
    #[inline(always)]
    fn cold_width(self) -> usize {
        2 + usize::from(self.finalizes())
    }

    #[inline(always)]
    fn bit_cell(self, bit: Bit, group: usize) -> *mut u64 {
        debug_assert!(group < self.groups());
        debug_assert!(
            bit == Bit::Live
                || if bit == Bit::Finalized {
                    self.finalizes()
                } else {
                    self.tracked()
                }
        );
        // SAFETY: the offsets stay within the arrays that `create` laid out: `groups` groups of 8, 2 or 1 words, and as
        // many of 3 or 2 cold words on a page of a tracked type. No other bit is asked for on a page that does not have
        // it (debug-checked above, and kept by every caller: leaf pages are in no generation list).
        unsafe {
            let bit = bit as usize;
            if !self.tracked() {
                let words = *self.field(|header| &raw mut (*header).groups);
                let width = 1 + usize::from(self.finalizes());
                words
                    .add(group * width + usize::from(bit != Bit::Live as usize))
                    .as_ptr()
            } else if bit < HOT_WORDS {
                let words = *self.field(|header| &raw mut (*header).groups);
                words.add(group * HOT_WORDS + bit).as_ptr()
            } else {
                let words = *self.field(|header| &raw mut (*header).cold);
                words
                    .add(group * self.cold_width() + bit - HOT_WORDS)
                    .as_ptr()
            }
        }
    }

    /// 64 bits at once.
    #[inline(always)]
    pub(crate) fn bits(self, bit: Bit, group: usize) -> u64 {
        // SAFETY: in the page; read by the borrower of the heap.
        unsafe { *self.bit_cell(bit, group) }
    }

    #[inline(always)]
    pub(crate) fn set_bits(self, bit: Bit, group: usize, value: u64) {
        // SAFETY: in the page; written by the mutable borrower of the heap.
        unsafe { *self.bit_cell(bit, group) = value }
    }

    #[inline(always)]
    pub(crate) fn has(self, bit: Bit, index: usize) -> bool {
        self.bits(bit, index / 64) & 1 << (index % 64) != 0
    }

    #[inline(always)]
    pub(crate) fn put(self, bit: Bit, index: usize, value: bool) {
        let (group, mask) = (index / 64, 1 << (index % 64));
        let old = self.bits(bit, group);
        self.set_bits(bit, group, if value { old | mask } else { old & !mask });
    }

    /// The slot of a page of a tracked type holds a young object that no job knows.
    #[inline(always)]
    pub(crate) fn set_newborn(self, index: usize) {
        debug_assert!(self.tracked() && index < self.capacity());
        let bit = 1 << (index % 64);
        // SAFETY: `groups` has 8 words for each 64 slots of a page of a tracked type, `Live`, `Low` and `High` first;
        // written by the mutable borrower of the heap. One computation of the place for the three: allocation is hot.
        unsafe {
            let words = *self.field(|header| &raw mut (*header).groups);
            let words = words.add(index / 64 * HOT_WORDS).as_ptr();
            *words.add(Bit::Live as usize) |= bit;
            *words.add(Bit::Low as usize) &= !bit;
            *words.add(Bit::High as usize) &= !bit;
        }
    }

    /// As [`PageRef::set_newborn`], for the slots `bits` of a group, of any type; their finalizers have not run.
    pub(crate) fn set_newborns(self, group: usize, bits: u64) {
        self.set_bits(Bit::Live, group, self.bits(Bit::Live, group) | bits);
        if self.tracked() {
            self.set_bits(Bit::Low, group, self.bits(Bit::Low, group) & !bits);
            self.set_bits(Bit::High, group, self.bits(Bit::High, group) & !bits);
        }
        if self.finalizes() {
            let old = self.bits(Bit::Finalized, group);
            self.set_bits(Bit::Finalized, group, old & !bits);
        }
    }

    /// Keeps an object out of the sets to come (see `collect/watch.rs`).
    pub(crate) fn exclude(self, index: usize) {
        self.put(Bit::Excluded, index, true);
        // SAFETY: written by the mutable borrower of the heap.
        unsafe { *self.field(|header| &raw mut (*header).lists) |= HAS_EXCLUDED }
    }

    #[inline(always)]
    pub(crate) fn has_excluded(self) -> bool {
        // SAFETY: read by the borrower of the heap.
        unsafe { *self.field(|header| &raw mut (*header).lists) & HAS_EXCLUDED != 0 }
    }

    fn revived_cell(&self, group: usize) -> &Revived {
        debug_assert!(self.tracked() && group < self.groups());
        // SAFETY: the second cold word of a group that exists; it is only ever accessed as this atomic (created as zero
        // bytes, a valid one).
        unsafe {
            let words = *self.field(|header| &raw mut (*header).cold);
            words
                .add(group * self.cold_width() + REVIVED)
                .cast::<Revived>()
                .as_ref()
        }
    }

    /// Notes that a weak handle brought the object back; callable with the heap borrowed by many threads.
    pub(crate) fn revive(self, index: usize) {
        self.revived_cell(index / 64).note(index % 64);
    }

    /// Takes back which of `members` were revived.
    pub(crate) fn take_revived(self, group: usize, members: u64) -> u64 {
        self.revived_cell(group).take(members)
    }

    // --- a job's view -----------------------------------------------------------------------------------------------

    /// The job that last took the page into its set.
    #[inline(always)]
    pub(crate) fn epoch(self, lane: Lane) -> u32 {
        // SAFETY: read by the borrower of the heap.
        unsafe { (*self.field(|header| &raw mut (*header).epochs))[lane as usize] }
    }
    pub(crate) fn set_epoch(self, lane: Lane, epoch: u32) {
        // SAFETY: written by the mutable borrower of the heap.
        unsafe { (*self.field(|header| &raw mut (*header).epochs))[lane as usize] = epoch }
    }
    pub(crate) fn job_next(self, lane: Lane) -> Option<PageRef> {
        // SAFETY: read by the borrower of the heap.
        unsafe { (*self.field(|header| &raw mut (*header).job_next))[lane as usize] }
    }
    pub(crate) fn set_job_next(self, lane: Lane, next: Option<PageRef>) {
        // SAFETY: written by the mutable borrower of the heap.
        unsafe { (*self.field(|header| &raw mut (*header).job_next))[lane as usize] = next }
    }
    pub(crate) fn grey_next(self, lane: Lane) -> Option<PageRef> {
        // SAFETY: read by the borrower of the heap.
        unsafe { (*self.field(|header| &raw mut (*header).grey_next))[lane as usize] }
    }
    pub(crate) fn set_grey_next(self, lane: Lane, next: Option<PageRef>) {
        // SAFETY: written by the mutable borrower of the heap.
        unsafe { (*self.field(|header| &raw mut (*header).grey_next))[lane as usize] = next }
    }
    pub(crate) fn is_grey(self, lane: Lane) -> bool {
        // SAFETY: read by the borrower of the heap.
        unsafe { (*self.field(|header| &raw mut (*header).grey))[lane as usize] }
    }
    pub(crate) fn set_grey(self, lane: Lane, grey: bool) {
        // SAFETY: written by the mutable borrower of the heap.
        unsafe { (*self.field(|header| &raw mut (*header).grey))[lane as usize] = grey }
    }
    pub(crate) fn grey_from(self, lane: Lane) -> usize {
        // SAFETY: read by the borrower of the heap.
        unsafe { (*self.field(|header| &raw mut (*header).grey_from))[lane as usize] as usize }
    }
    pub(crate) fn set_grey_from(self, lane: Lane, group: usize) {
        // SAFETY: written by the mutable borrower of the heap.
        unsafe {
            (*self.field(|header| &raw mut (*header).grey_from))[lane as usize] = group as u32;
        }
    }

    // --- lists ------------------------------------------------------------------------------------------------------

    pub(crate) fn in_list(self, list: List) -> bool {
        // SAFETY: read by the borrower of the heap.
        unsafe { *self.field(|header| &raw mut (*header).lists) & 1 << list as u8 != 0 }
    }
    fn set_in_list(self, list: List, value: bool) {
        // SAFETY: written by the mutable borrower of the heap.
        unsafe {
            let lists = self.field(|header| &raw mut (*header).lists);
            let bit = 1 << list as u8;
            *lists = if value { *lists | bit } else { *lists & !bit };
        }
    }
    fn link(self, list: List) -> *mut Link {
        self.field(|header| {
            // SAFETY: the page exists; the field is one of `LISTS`.
            unsafe { (&raw mut (*header).links).cast::<Link>().add(list as usize) }
        })
    }
    pub(crate) fn next_in(self, list: List) -> Option<PageRef> {
        // SAFETY: read by the borrower of the heap.
        unsafe { (*self.link(list)).next }
    }
    #[cfg(any(feature = "verify", test))]
    pub(crate) fn prev_in(self, list: List) -> Option<PageRef> {
        // SAFETY: read by the borrower of the heap.
        unsafe { (*self.link(list)).prev }
    }
}

/// Pages that contexts have made, until the heap enters them into its table.
pub(super) struct Announced(Handed<Header>);

impl Announced {
    pub(super) fn new() -> Self {
        Announced(Handed::new())
    }
    pub(super) fn push(&self, page: PageRef) {
        self.0
            .push(page.0, |next| page.set_announced(next.map(PageRef)));
    }
    pub(super) fn take(&self) -> Option<PageRef> {
        self.0.take().map(PageRef)
    }
    pub(super) fn first(&self) -> Option<PageRef> {
        self.0.first().map(PageRef)
    }
}

/// A list of pages, linked through their headers: joining and leaving are O(1) and never allocate.
pub(crate) struct PageList {
    list: List,
    head: Option<PageRef>,
    tail: Option<PageRef>,
}

impl PageList {
    pub(crate) const fn new(list: List) -> Self {
        PageList {
            list,
            head: None,
            tail: None,
        }
    }

    pub(crate) fn first(&self) -> Option<PageRef> {
        self.head
    }

    /// The pages, from the first to the last; each link is checked on the way.
    #[cfg(any(feature = "verify", test))]
    pub(crate) fn verified(&self) -> impl Iterator<Item = PageRef> + '_ {
        let mut before = None;
        let mut next = self.head;
        core::iter::from_fn(move || {
            let Some(page) = next else {
                assert!(before == self.tail, "a list of pages ends before its last");
                return None;
            };
            assert!(
                page.in_list(self.list),
                "a page is in a list that it does not know of"
            );
            assert!(
                page.prev_in(self.list) == before,
                "page {} does not lead back in its list",
                page.number()
            );
            before = next;
            next = page.next_in(self.list);
            Some(page)
        })
    }

    /// Adds the page at the end, if it is not in the list yet.
    pub(crate) fn add(&mut self, page: PageRef) {
        if page.in_list(self.list) {
            return;
        }
        page.set_in_list(self.list, true);
        // SAFETY: pages in the list exist, and only the mutable borrower of the heap gets here.
        unsafe {
            *page.link(self.list) = Link {
                prev: self.tail,
                next: None,
            };
            match self.tail {
                Some(tail) => (*tail.link(self.list)).next = Some(page),
                None => self.head = Some(page),
            }
        }
        self.tail = Some(page);
    }

    /// Adds the page, which is not in the list, at the front.
    pub(crate) fn add_first(&mut self, page: PageRef) {
        page.set_in_list(self.list, true);
        // SAFETY: as in `add`.
        unsafe {
            *page.link(self.list) = Link {
                prev: None,
                next: self.head,
            };
            match self.head {
                Some(head) => (*head.link(self.list)).prev = Some(page),
                None => self.tail = Some(page),
            }
        }
        self.head = Some(page);
    }

    /// Takes the page out, if it is in the list.
    pub(crate) fn remove(&mut self, page: PageRef) {
        if !page.in_list(self.list) {
            return;
        }
        page.set_in_list(self.list, false);
        // SAFETY: as in `add`.
        unsafe {
            let Link { prev, next } = *page.link(self.list);
            match prev {
                Some(prev) => (*prev.link(self.list)).next = next,
                None => self.head = next,
            }
            match next {
                Some(next) => (*next.link(self.list)).prev = prev,
                None => self.tail = prev,
            }
        }
    }
}
