//! Things handed over to the heap, from any thread: a list that they are put in front of, and that the heap takes as a
//! whole, so that there is no ABA. The links lie in the things themselves: handing over never allocates.

use crate::sync::{AtomicPtr, Ordering};
use core::ptr::{self, NonNull};

pub(crate) struct Handed<N> {
    head: AtomicPtr<N>,
}

impl<N> Handed<N> {
    pub(crate) fn new() -> Self {
        Handed {
            head: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Hands `node` over, whose link `set_next` writes. What its thread did to it before is seen by whoever finds it
    /// here; afterwards it is the heap's.
    pub(crate) fn push(&self, node: NonNull<N>, set_next: impl Fn(Option<NonNull<N>>)) {
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            set_next(NonNull::new(head));
            match self.head.compare_exchange_weak(
                head,
                node.as_ptr(),
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    #[inline]
    #[cfg(not(loom))]
    pub(crate) fn is_empty(&self) -> bool {
        self.head.load(Ordering::Relaxed).is_null()
    }

    /// Takes all; the newest comes first.
    pub(crate) fn take(&self) -> Option<NonNull<N>> {
        NonNull::new(self.head.swap(ptr::null_mut(), Ordering::Acquire))
    }

    /// The newest, to look at them while nobody takes any.
    pub(crate) fn first(&self) -> Option<NonNull<N>> {
        NonNull::new(self.head.load(Ordering::Acquire))
    }
}

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use crate::arena::published::{END, Published};
    use crate::arena::word::{Word, tag};
    use crate::sync::AtomicU32;
    use alloc::vec::Vec;
    use loom::sync::Arc;
    use loom::thread;

    const HEAP: u16 = tag::FIRST_HEAP;

    /// A page that a context makes, with one slot.
    struct Page {
        next: AtomicPtr<Page>,
        /// Plain in the real one: 0 until the context has written it.
        number: AtomicU32,
        word: Word,
    }

    struct Shared {
        pages: [Page; 2],
        announced: Handed<Page>,
        published: Published,
    }

    impl Shared {
        fn new() -> Arc<Self> {
            let page = || Page {
                next: AtomicPtr::new(ptr::null_mut()),
                number: AtomicU32::new(0),
                word: Word::new(tag::FREE, 0),
            };
            Arc::new(Shared {
                pages: [page(), page()],
                announced: Handed::new(),
                published: Published::new(),
            })
        }

        /// What a context does: makes a page, announces it, fills its slot.
        fn make(&self, index: usize) {
            let page = &self.pages[index];
            page.number.store(index as u32 + 1, Ordering::Relaxed);
            self.announced.push(NonNull::from(page), |next| {
                let next = next.map_or(ptr::null_mut(), NonNull::as_ptr);
                page.next.store(next, Ordering::Relaxed);
            });
            page.word.set(HEAP, 1);
        }

        /// The handle is the last: the slot is published.
        fn drop_handle(&self, index: usize) {
            let word = &self.pages[index].word;
            if let Some(last) = word.release() {
                assert!(
                    self.published.push(index as u32, word, last).is_ok(),
                    "the heap lives"
                );
            }
        }

        /// The pages of a list, as the heap sees them.
        fn list(&self, mut next: Option<NonNull<Page>>) -> Vec<u32> {
            let mut found = Vec::new();
            while let Some(page) = next {
                let index = self.pages.iter().position(|at| ptr::eq(at, page.as_ptr()));
                let index = index.expect("a page of the model");
                let number = self.pages[index].number.load(Ordering::Relaxed);
                assert_eq!(number, index as u32 + 1, "a page before it was made");
                found.push(index as u32);
                assert!(found.len() <= 2, "a list that never ends: {found:?}");
                next = NonNull::new(self.pages[index].next.load(Ordering::Relaxed));
            }
            found
        }

        fn dead(&self, mut id: u32) -> Vec<u32> {
            let mut ids = Vec::new();
            while id != END {
                ids.push(id);
                id = self.pages[id as usize].word.load().link();
            }
            ids
        }
    }

    /// Two contexts announce while the heap takes: nothing is lost, nothing comes twice, and all is seen as it was made.
    #[test]
    fn loom_taking_races_with_two_contexts() {
        loom::model(|| {
            let shared = Shared::new();
            let threads: Vec<_> = (0..2)
                .map(|index| {
                    let shared = shared.clone();
                    thread::spawn(move || shared.make(index))
                })
                .collect();
            let mut seen = shared.list(shared.announced.take());
            for thread in threads {
                thread.join().unwrap();
            }
            seen.extend(shared.list(shared.announced.take()));
            seen.sort_unstable();
            assert_eq!(seen, [0, 1]);
        });
    }

    /// An object dies before its context is merged: the heap, which takes its id, finds the page among those announced,
    /// whether it takes them or looks; and the id comes once.
    #[test]
    fn loom_what_is_published_before_the_merge_is_found() {
        loom::model(|| {
            let shared = Shared::new();
            let threads = [0, 1].map(|index| {
                let shared = shared.clone();
                thread::spawn(move || {
                    shared.make(index);
                    // One object dies, the other lives.
                    if index == 0 {
                        shared.drop_handle(index);
                    }
                })
            });
            let mut waiting = shared.dead(shared.published.take());
            let looked = shared.list(shared.announced.first());
            let mut entered = shared.list(shared.announced.take());
            for id in &waiting {
                assert!(looked.contains(id), "{id} is not found by looking");
                assert!(entered.contains(id), "{id} is not found");
            }
            for thread in threads {
                thread.join().unwrap();
            }
            // The merge.
            entered.extend(shared.list(shared.announced.take()));
            waiting.extend(shared.dead(shared.published.take()));
            entered.sort_unstable();
            assert_eq!(entered, [0, 1]);
            assert_eq!(waiting, [0]);
        });
    }
}
