use super::{HeapAllocator, Table};

/// A table of the last things that happened: it grows until it is as long as the caller wants it, then forgets the
/// oldest.
pub(super) struct Ring<T> {
    items: Table<T>,
    oldest: usize,
}

impl<T> Ring<T> {
    pub(super) fn new(allocator: HeapAllocator) -> Self {
        Ring {
            items: Table::new_in(allocator),
            oldest: 0,
        }
    }

    /// Notes one more, of at most `most`, which is not 0. False when one was lost for that: the oldest, or, for want of
    /// memory, this one.
    pub(super) fn add(&mut self, item: T, most: usize) -> bool {
        if self.items.len() >= most {
            self.items[self.oldest] = item;
            self.oldest = (self.oldest + 1) % self.items.len();
            return false;
        }
        self.straighten();
        let room = self.items.try_reserve(1).is_ok();
        if room {
            self.items.push(item);
        }
        room
    }

    /// Forgets the oldest until there are at most `most`, and gives their memory back.
    pub(super) fn keep(&mut self, most: usize) {
        self.straighten();
        let old = self.items.len().saturating_sub(most);
        self.items.drain(..old);
        self.items.shrink_to(most);
    }

    pub(super) fn newest_first(&self) -> impl Iterator<Item = &T> {
        let (newer, older) = self.items.split_at(self.oldest);
        newer.iter().rev().chain(older.iter().rev())
    }

    /// Oldest first.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = T> + '_ {
        self.straighten();
        self.items.drain(..)
    }

    /// The oldest to the front.
    fn straighten(&mut self) {
        self.items.rotate_left(self.oldest);
        self.oldest = 0;
    }
}
