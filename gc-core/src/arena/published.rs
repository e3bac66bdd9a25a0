//! How a slot whose last handle has gone comes back to its heap, from any thread.
//!
//! An intrusive lock-free stack: the link lies in the dead slot itself, a push is one compare-and-swap, and the heap
//! takes the whole stack with one swap, so there is no ABA. **The push is the dropping thread's last access to the
//! slot**: from then on the heap may reuse it and give its page back.

use super::word::{LastHandle, Word};
use crate::sync::{AtomicU32, Ordering};

/// The end of a list of slots.
pub(crate) const END: u32 = u32::MAX;
const CLOSED: u32 = u32::MAX - 1;

/// The stack was closed: the heap has ended, and the slot is an orphan.
pub(crate) struct Closed;

pub(crate) struct Published {
    head: AtomicU32,
}

impl Published {
    pub(crate) fn new() -> Self {
        Published {
            head: AtomicU32::new(END),
        }
    }

    /// Publishes the slot `id`, whose word is `word`.
    pub(crate) fn push(&self, id: u32, word: &Word, last: LastHandle) -> Result<(), Closed> {
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            if head == CLOSED {
                return Err(Closed);
            }
            word.link_dead(&last, head);
            match self
                .head
                .compare_exchange_weak(head, id, Ordering::Release, Ordering::Relaxed)
            {
                Ok(_) => return Ok(()),
                Err(now) => head = now,
            }
        }
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.head.load(Ordering::Relaxed) == END
    }

    /// Takes the whole list; the newest comes first.
    pub(crate) fn take(&self) -> u32 {
        self.head.swap(END, Ordering::Acquire)
    }

    /// Takes the whole list and lets nothing more in.
    pub(crate) fn close(&self) -> u32 {
        self.head.swap(CLOSED, Ordering::Acquire)
    }
}

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use crate::arena::word::tag;
    use alloc::vec::Vec;
    use loom::sync::Arc;
    use loom::thread;

    const HEAP: u16 = tag::FIRST_HEAP;

    struct Slots {
        published: Published,
        words: [Word; 2],
    }

    impl Slots {
        fn new(strong: u32) -> Arc<Self> {
            Arc::new(Slots {
                published: Published::new(),
                words: [Word::new(HEAP, strong), Word::new(HEAP, strong)],
            })
        }

        /// What `Gc::drop` does. True when the slot came too late and is an orphan.
        fn drop_handle(&self, id: usize) -> bool {
            match self.words[id].release() {
                Some(last) => self
                    .published
                    .push(id as u32, &self.words[id], last)
                    .is_err(),
                None => false,
            }
        }

        fn list(&self, mut head: u32) -> Vec<u32> {
            let mut ids = Vec::new();
            while head != END {
                ids.push(head);
                assert!(
                    ids.len() <= self.words.len(),
                    "a list that never ends: {ids:?}"
                );
                head = self.words[head as usize].load().link();
            }
            ids
        }
    }

    /// Two handles of one object dropped on two threads: exactly one of them publishes it.
    #[test]
    fn loom_the_last_of_two_handles_publishes_once() {
        loom::model(|| {
            let slots = Slots::new(2);
            let other = {
                let slots = slots.clone();
                thread::spawn(move || slots.drop_handle(0))
            };
            slots.drop_handle(0);
            other.join().unwrap();
            assert_eq!(slots.list(slots.published.take()), [0]);
        });
    }

    /// The heap takes while two threads publish: nothing is lost, nothing comes twice.
    #[test]
    fn loom_taking_races_with_two_pushes() {
        loom::model(|| {
            let slots = Slots::new(1);
            let threads: Vec<_> = (0..2)
                .map(|id| {
                    let slots = slots.clone();
                    thread::spawn(move || slots.drop_handle(id))
                })
                .collect();
            let mut seen = slots.list(slots.published.take());
            for thread in threads {
                thread.join().unwrap();
            }
            seen.extend(slots.list(slots.published.take()));
            seen.sort_unstable();
            assert_eq!(seen, [0, 1]);
        });
    }

    /// The heap ends while a handle is dropped: the slot is either in the last list or an orphan, never both.
    #[test]
    fn loom_closing_races_with_a_push() {
        loom::model(|| {
            let slots = Slots::new(1);
            let other = {
                let slots = slots.clone();
                thread::spawn(move || slots.drop_handle(0))
            };
            let listed = slots.list(slots.published.close()) == [0];
            let orphan = other.join().unwrap();
            assert!(listed ^ orphan);
        });
    }

    /// `upgrade` against the drop of the last handle: either it gets a handle, and then the object is not dead, or it
    /// gets none.
    #[test]
    fn loom_upgrade_races_with_the_last_drop() {
        loom::model(|| {
            let slots = Slots::new(1);
            let other = {
                let slots = slots.clone();
                thread::spawn(move || slots.words[0].try_retain(HEAP))
            };
            slots.drop_handle(0);
            let upgraded = other.join().unwrap();
            let dead = slots.list(slots.published.take()) == [0];
            assert!(upgraded ^ dead);
            if upgraded {
                slots.drop_handle(0);
                assert_eq!(slots.list(slots.published.take()), [0]);
            }
        });
    }

    /// The collector condemns while another thread drops the last handle: the value is dropped by exactly one of them.
    #[test]
    fn loom_making_gone_races_with_the_last_drop() {
        loom::model(|| {
            let slots = Slots::new(1);
            let other = {
                let slots = slots.clone();
                thread::spawn(move || slots.drop_handle(0))
            };
            let gone = slots.words[0].make_gone(HEAP);
            if gone {
                // The collector gives its count up once the value is dropped.
                slots.drop_handle(0);
            }
            other.join().unwrap();
            assert_eq!(slots.list(slots.published.take()), [0]);
            let value_waits = slots.words[0].load().tag() == tag::DEAD;
            assert!(gone ^ value_waits);
        });
    }

    /// A reset of the touch number never damages the link of a slot that dies meanwhile.
    #[test]
    fn loom_reset_touch_races_with_the_last_drop() {
        loom::model(|| {
            let slots = Slots::new(1);
            slots.drop_handle(1);
            let other = {
                let slots = slots.clone();
                thread::spawn(move || slots.drop_handle(0))
            };
            slots.words[0].reset_touch();
            other.join().unwrap();
            assert_eq!(slots.list(slots.published.take()), [0, 1]);
        });
    }
}
