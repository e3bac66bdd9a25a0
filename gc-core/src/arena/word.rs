//! The count word: the 64 bits in front of every object.
//!
//! ```text
//!  63        48 47              16 15         0
//! +------------+------------------+------------+
//! |   touch    |  strong / link   |    tag     |
//! +------------+------------------+------------+
//! ```
//!
//! * **strong** counts the handles. A count that reaches [`IMMORTAL`] stays there: the object is never freed.
//! * **touch** changes with every clone and every drop of a handle, on any thread, by the same `fetch_add` that changes
//!   the count. A sliced job resets it when it counts the object and so learns whether anybody came by since. It is
//!   sticky: it is kept from wrapping round to "not touched".
//! * **tag** names the heap that may read the object, so that one load and one comparison answer "is it mine, and is
//!   it still there?". The first few values are states of a slot that nobody may read.
//! * **link** takes the place of the count in a free slot (next free one) and in a dead one (next dead one).

#[cfg(not(gc_tsan))]
use crate::sync::fence;
use crate::sync::{AtomicU64, Ordering};

const TAG_BITS: u32 = 16;
const TOUCH_SHIFT: u32 = 48;
const TAG_MASK: u64 = (1 << TAG_BITS) - 1;
const TOUCH_MASK: u64 = !0 << TOUCH_SHIFT;
const STRONG_MASK: u64 = !(TAG_MASK | TOUCH_MASK);
const STRONG_ONE: u64 = 1 << TAG_BITS;
const TOUCH_ONE: u64 = 1 << TOUCH_SHIFT;
/// Top bit of the touch number, and top bit of the count: either asks for the slow path.
const TOUCH_TOP: u64 = 1 << 63;
const STRONG_TOP: u64 = 1 << (TOUCH_SHIFT - 1);

/// Counts from here on are immortal. Half the range is left so that threads that race past it cannot overflow.
pub(crate) const IMMORTAL: u32 = 1 << 31;

/// What the low 16 bits of a word say about a slot that no heap may read.
pub(crate) mod tag {
    /// On a free list.
    pub(crate) const FREE: u16 = 0;
    /// The value was dropped while handles were left (a `trace` that invents edges): every access answers `Reclaimed`.
    pub(crate) const GONE: u16 = 1;
    /// No handle left; the value waits to be dropped.
    pub(crate) const DEAD: u16 = 2;
    /// No handle left, and the value is dropped already.
    pub(crate) const DEAD_GONE: u16 = 3;
    /// Given out, not yet filled.
    pub(crate) const RESERVED: u16 = 4;
    /// Heaps have tags from here on.
    pub(crate) const FIRST_HEAP: u16 = 16;
}

/// A decoded word.
#[derive(Clone, Copy)]
pub(crate) struct Bits(u64);

impl Bits {
    pub(crate) fn tag(self) -> u16 {
        (self.0 & TAG_MASK) as u16
    }
    pub(crate) fn strong(self) -> u32 {
        (self.0 >> TAG_BITS) as u32
    }
    pub(crate) fn touched(self) -> bool {
        self.0 & TOUCH_MASK != 0
    }
    pub(crate) fn link(self) -> u32 {
        self.strong()
    }
}

/// The last handle of a slot has just gone: the slot belongs to whoever holds this, who must publish it.
#[must_use = "a dead slot must be published, or it is never reclaimed"]
pub(crate) struct LastHandle {
    gone: bool,
}

#[repr(transparent)]
pub(crate) struct Word(AtomicU64);

impl Word {
    /// A word for a slot that nobody else can see.
    pub(crate) fn new(tag: u16, strong_or_link: u32) -> Self {
        Word(AtomicU64::new(pack(tag, strong_or_link)))
    }

    pub(crate) fn load(&self) -> Bits {
        Bits(self.0.load(Ordering::Relaxed))
    }

    /// Overwrites the word of a slot that has no handles.
    pub(crate) fn set(&self, tag: u16, strong_or_link: u32) {
        self.0.store(pack(tag, strong_or_link), Ordering::Relaxed);
    }

    /// One handle more. Cost: one atomic addition.
    #[inline(always)]
    pub(crate) fn retain(&self) {
        let old = self.0.fetch_add(TOUCH_ONE + STRONG_ONE, Ordering::Relaxed);
        if old & (TOUCH_TOP | STRONG_TOP) != 0 {
            self.calm(old);
        }
    }

    /// One handle less. Cost: one atomic addition.
    #[inline(always)]
    pub(crate) fn release(&self) -> Option<LastHandle> {
        // While the count is still held: afterwards the slot may be another's.
        if self.0.load(Ordering::Relaxed) & TOUCH_TOP != 0 {
            self.calm_touch();
        }
        let old = self
            .0
            .fetch_add(TOUCH_ONE.wrapping_sub(STRONG_ONE), Ordering::Release);
        if old & STRONG_MASK == STRONG_ONE {
            // Everything that other threads did through their handles happened before the value is dropped.
            self.see_others();
            return Some(LastHandle {
                gone: Bits(old).tag() == tag::GONE,
            });
        }
        if old & STRONG_TOP != 0 {
            // Immortal: the count does not move, and the slot stays for ever.
            self.0.fetch_add(STRONG_ONE, Ordering::Relaxed);
        }
        None
    }

    /// What other threads did before they dropped their handles is seen from here on, when this is the last one.
    #[inline(always)]
    pub(crate) fn see_others(&self) {
        #[cfg(not(gc_tsan))]
        fence(Ordering::Acquire);
        // ThreadSanitizer knows no fences; for it, what `std`'s `Arc` does there.
        #[cfg(gc_tsan)]
        let _ = self.0.load(Ordering::Acquire);
    }

    /// Brings back a count that entered the immortal range, or a touch number about to wrap.
    #[cold]
    fn calm(&self, old: u64) {
        if old & STRONG_TOP != 0 {
            // First far away from the edge: from here on not every handle is counted.
            self.0.fetch_or(STRONG_TOP >> 1, Ordering::Relaxed);
            self.0.fetch_sub(STRONG_ONE, Ordering::Relaxed);
        }
        if old & TOUCH_TOP != 0 {
            self.calm_touch();
        }
    }

    #[cold]
    fn calm_touch(&self) {
        // First a bit that keeps it "touched", then the top bit away: it never reads as untouched in between.
        self.0.fetch_or(TOUCH_TOP >> 1, Ordering::Relaxed);
        self.0.fetch_and(!TOUCH_TOP, Ordering::Relaxed);
    }

    /// One handle more, if the object is alive and of the heap `tag`.
    pub(crate) fn try_retain(&self, tag: u16) -> bool {
        let mut old = self.0.load(Ordering::Relaxed);
        loop {
            let bits = Bits(old);
            if bits.tag() != tag || bits.strong() == 0 {
                return false;
            }
            let new = if old & (TOUCH_TOP | STRONG_TOP) == 0 {
                old + (TOUCH_ONE + STRONG_ONE)
            } else {
                retained_at_the_top(old)
            };
            match self
                .0
                .compare_exchange_weak(old, new, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => return true,
                Err(now) => old = now,
            }
        }
    }

    /// Forgets the touches so far, unless the object is dying: then the word is its owner's to write.
    pub(crate) fn reset_touch(&self) {
        let mut old = self.0.load(Ordering::Relaxed);
        while Bits(old).touched() && Bits(old).tag() >= tag::FIRST_HEAP && Bits(old).strong() > 0 {
            match self.0.compare_exchange_weak(
                old,
                old & !TOUCH_MASK,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(now) => old = now,
            }
        }
    }

    /// From alive to [`tag::GONE`], with one count more, which is the caller's: the slot does not come by the dead list
    /// while that is kept. `false` when the last handle went first (the slot is on the dead list, value and all).
    pub(crate) fn make_gone(&self, tag: u16) -> bool {
        let mut old = self.0.load(Ordering::Relaxed);
        loop {
            let bits = Bits(old);
            if bits.tag() != tag || bits.strong() == 0 {
                return false;
            }
            // An immortal count does not move.
            let kept = if old & STRONG_TOP == 0 { STRONG_ONE } else { 0 };
            let new = ((old & !TAG_MASK | u64::from(tag::GONE)) + kept) | far_from_the_edge(old);
            match self
                .0
                .compare_exchange_weak(old, new, Ordering::Acquire, Ordering::Relaxed)
            {
                Ok(_) => return true,
                Err(now) => old = now,
            }
        }
    }

    /// Makes the slot of the last handle a link of the dead list. Its owner's last write but the push.
    pub(crate) fn link_dead(&self, last: &LastHandle, next: u32) {
        let tag = if last.gone { tag::DEAD_GONE } else { tag::DEAD };
        self.set(tag, next);
    }

    /// Puts the count next to saturation, so that a test need not clone two thousand million handles.
    #[cfg(test)]
    pub(crate) fn set_strong_for_test(&self, strong: u32) {
        let old = self.0.load(Ordering::Relaxed);
        self.0.store(
            old & !(u64::from(u32::MAX) << TAG_BITS) | u64::from(strong) << TAG_BITS,
            Ordering::Relaxed,
        );
    }
}

/// One handle more of a word whose count is immortal, or whose touch number is about to wrap.
#[cold]
fn retained_at_the_top(old: u64) -> u64 {
    // Stay put: it is touched already.
    let touch = if old & TOUCH_TOP == 0 { TOUCH_ONE } else { 0 };
    let strong = if old & STRONG_TOP == 0 { STRONG_ONE } else { 0 };
    (old + touch + strong) | far_from_the_edge(old)
}

/// What to set with a handle that is not counted, since the count is immortal: drops that race must not bring it back.
fn far_from_the_edge(old: u64) -> u64 {
    if old & STRONG_TOP == 0 {
        0
    } else {
        STRONG_TOP >> 1
    }
}

fn pack(tag: u16, strong_or_link: u32) -> u64 {
    u64::from(strong_or_link) << TAG_BITS | u64::from(tag)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const HEAP: u16 = tag::FIRST_HEAP;

    #[test]
    fn the_touch_number_never_returns_to_untouched() {
        let word = Word::new(HEAP, 1);
        for _ in 0..200_000 {
            word.retain();
            assert!(word.load().touched());
            assert!(word.release().is_none());
            assert!(word.load().touched());
        }
        assert_eq!(word.load().strong(), 1);
        assert_eq!(word.load().tag(), HEAP);
        word.reset_touch();
        assert!(!word.load().touched());
        assert!(word.release().is_some());
    }

    #[test]
    fn a_saturated_count_is_immortal() {
        let word = Word::new(HEAP, 1);
        word.set_strong_for_test(IMMORTAL - 1);
        for _ in 0..10 {
            word.retain();
        }
        // Where drops that race cannot bring it back.
        let far = IMMORTAL + IMMORTAL / 2;
        assert_eq!(word.load().strong(), far, "it does not move");
        for _ in 0..1000 {
            assert!(word.release().is_none());
        }
        assert_eq!(word.load().strong(), far, "it does not move");
        assert!(word.try_retain(HEAP));
        assert_eq!(word.load().strong(), far, "it does not move");
        assert_eq!(word.load().tag(), HEAP);
    }

    #[test]
    fn only_the_living_can_be_retained_or_made_gone() {
        let word = Word::new(HEAP, 1);
        assert!(!word.try_retain(HEAP + 1));
        assert!(word.try_retain(HEAP));
        assert!(word.release().is_none());
        let last = word.release().expect("the last handle");
        assert!(!word.try_retain(HEAP));
        assert!(!word.make_gone(HEAP));
        word.link_dead(&last, 77);
        assert_eq!(word.load().tag(), tag::DEAD);
        assert_eq!(word.load().link(), 77);
        assert!(!word.try_retain(HEAP));
    }
}
