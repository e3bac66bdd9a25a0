//! Looking at the pages of a heap.

use super::Heap;
use super::reach::live_slots;

/// One page: memory for objects of one type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct PageInfo {
    /// Its number in the heap. The page that comes after another one was given back may have its number.
    pub number: u32,
    /// The type of its objects, as the compiler writes it.
    pub type_name: &'static str,
    /// Can the objects be in a cycle?
    pub tracked: bool,
    /// Objects that it has room for.
    pub capacity: usize,
    /// Slots that are not free: alive, or waiting to be reclaimed, or kept for an object to come.
    pub used: usize,
    /// Objects that have not been reclaimed.
    pub live: usize,
    /// Bytes of one slot.
    pub slot_bytes: usize,
    /// Bytes that the page takes from the allocator.
    pub bytes: usize,
}

impl Heap {
    /// Every page, in the order of their numbers, which is the same for the same sequence of calls. The objects of a
    /// page lie beside each other in [`Heap::all_objects`], which goes through the pages in this order.
    ///
    /// With it a snapshot can tell where memory goes: `capacity − used` slots of a page are free, and a page that has
    /// one object left stays as it is, since objects never move. Cost: O(pages + their slots / 64).
    ///
    /// ```
    /// use gc_core::Heap;
    ///
    /// let mut heap = Heap::new();
    /// let numbers: Vec<_> = (0..10_000u32).map(|number| heap.alloc(number)).collect();
    /// let free: usize = heap.pages().map(|page| page.capacity - page.used).sum();
    /// assert!(free < 5_000);
    /// assert_eq!(heap.pages().map(|page| page.live).sum::<usize>(), 10_000);
    /// assert_eq!(heap.pages().map(|page| page.bytes).sum::<usize>(), heap.page_bytes());
    /// # drop(numbers);
    /// ```
    pub fn pages(&self) -> impl Iterator<Item = PageInfo> + '_ {
        self.arena.all_pages().map(|page| {
            let info = page.info();
            PageInfo {
                number: page.number(),
                type_name: (info.name)(),
                tracked: page.tracked(),
                capacity: page.capacity(),
                used: page.used() as usize,
                live: live_slots(page).count(),
                slot_bytes: info.layout.stride,
                bytes: page.size(),
            }
        })
    }
}
