//! Gates: what a game's own tests hold its code to.

use super::Heap;
use crate::{Cause, Generation};
use alloc::collections::BTreeMap;
use alloc::string::String;
use core::fmt::Write;

/// Rounds may differ by what the first collection of one leaves to the second: finalizers run in between.
const COLLECTIONS: usize = 2;

/// How a round left the heap.
struct Left {
    objects: usize,
    bytes: usize,
    of_type: BTreeMap<&'static str, usize>,
}

/// Gates, for a game's own tests: each runs some play, and panics when that was not as the game relies on. They may be
/// nested.
///
/// They see what the heap sees: what an [`AllocContext`](crate::AllocContext) allocates, when it is merged.
impl Heap {
    /// Runs `play` and panics if a collection worked meanwhile: one began, or one in progress went on. What reference
    /// counting frees is no collection. Cost: that of `play`.
    ///
    /// ```
    /// use gc_core::{Gc, Heap, Trace};
    ///
    /// #[derive(Trace)]
    /// struct Bullet { owner: Option<Gc<Bullet>> }
    ///
    /// let mut heap = Heap::new();
    /// // 5,000 bullets, of which few live at a time: they die by their counts, and the threshold is 2,000.
    /// heap.assert_no_collection_in(|heap| {
    ///     for _ in 0..5000 {
    ///         heap.alloc(Bullet { owner: None });
    ///     }
    /// });
    /// ```
    ///
    /// # Panics
    /// After `play`, with the generation and the cause of the collection that began first.
    #[track_caller]
    pub fn assert_no_collection_in<R>(&mut self, play: impl FnOnce(&mut Heap) -> R) -> R {
        let outer = self.first_collection.take();
        let ended = |heap: &Heap| heap.stats().iter().map(|s| s.collections).sum::<u64>();
        let work = |heap: &Heap| heap.jobs.each_ref().map(|j| j.as_ref().map(|j| j.units));
        let before = (ended(self), work(self));
        let result = play(self);
        let began = self.first_collection;
        self.first_collection = outer.or(began);
        if let Some((generation, cause)) = began {
            panic!(
                "assert_no_collection_in: a collection of generation {} began, cause: {cause:?}",
                generation.index()
            );
        }
        // No other one has begun, so the jobs are those of before.
        let goes_on = before.1.iter().zip(work(self)).any(|(old, new)| new > *old);
        if ended(self) > before.0 || goes_on {
            panic!("assert_no_collection_in: a collection that was in progress went on");
        }
        result
    }

    /// Runs `play` and panics if a pause for collection took more than `most` units: a slice in [`Heap::step`] or at an
    /// allocation above the soft limit, or a collection in one go. What the game reclaims by [`Heap::reclaim`] itself is
    /// no slice. Cost: that of `play`.
    ///
    /// ```
    /// use gc_core::{Budget, Heap};
    ///
    /// let mut heap = Heap::new();
    /// heap.assert_max_slice_units(64, |heap| {
    ///     for frame in 0..100u32 {
    ///         heap.alloc(frame);
    ///         heap.step(Budget::units(64));
    ///     }
    /// });
    /// ```
    ///
    /// # Panics
    /// After `play`, with the units of the longest pause.
    #[track_caller]
    pub fn assert_max_slice_units<R>(&mut self, most: u64, play: impl FnOnce(&mut Heap) -> R) -> R {
        let before = self.pause;
        self.pause.longest_units = 0;
        self.pause.longest_whole_units = 0;
        let result = play(self);
        let (slice, whole) = (self.pause.longest_units, self.pause.longest_whole_units);
        self.pause.longest_units = slice.max(before.longest_units);
        self.pause.longest_whole_units = whole.max(before.longest_whole_units);
        if whole > most {
            panic!("assert_max_slice_units: a collection in one go took {whole} units, not {most}");
        }
        if slice > most {
            panic!("assert_max_slice_units: a slice took {slice} units, not {most}");
        }
        result
    }

    /// Plays `rounds` rounds, collects everything after each, and panics if one left more objects or bytes alive than the
    /// first: something that should have ended with its round is still referred to. Begin it with what a level keeps
    /// already there, or let the first round make it. Merge a round's contexts before it ends.
    ///
    /// Cost: that of the rounds, and two full collections after each.
    ///
    /// ```
    /// use gc_core::{Gc, Heap, Trace};
    ///
    /// #[derive(Trace)]
    /// struct Level { enemies: Vec<Gc<u32>> }
    ///
    /// let mut heap = Heap::new();
    /// let level = heap.alloc(Level { enemies: Vec::new() });
    /// heap.assert_no_growth(5, |heap, round| {
    ///     for hp in 0..100 {
    ///         let enemy = heap.alloc(hp + round as u32);
    ///         heap[&level].enemies.push(enemy);
    ///     }
    ///     heap[&level].enemies.clear();
    /// });
    /// ```
    ///
    /// # Panics
    /// After the first round that left more than round 0, with the types whose objects became more.
    #[track_caller]
    pub fn assert_no_growth(&mut self, rounds: usize, mut play: impl FnMut(&mut Heap, usize)) {
        let mut first = None;
        for round in 0..rounds {
            play(self, round);
            for _ in 0..COLLECTIONS {
                self.collect();
            }
            let now = self.left();
            let first = first.get_or_insert_with(|| self.left());
            if now.objects > first.objects || now.bytes > first.bytes {
                panic!("assert_no_growth: {}", growth(first, &now, round));
            }
        }
    }

    fn left(&self) -> Left {
        let mut of_type = BTreeMap::new();
        for page in self.pages() {
            *of_type.entry(page.type_name).or_insert(0) += page.live;
        }
        Left {
            objects: self.len(),
            bytes: self.bytes(),
            of_type,
        }
    }

    /// Runs `play` and panics at the first allocation on this heap: an object, or room for a container of it. The
    /// backtrace leads to it. For frames that must not allocate. What an [`AllocContext`](crate::AllocContext) has
    /// allocated counts at its merge, or, if it was dropped, at the step that merges it.
    ///
    /// ```
    /// use gc_core::Heap;
    ///
    /// let mut heap = Heap::new();
    /// let score = heap.alloc(0u32);
    /// heap.assert_no_alloc(|heap| heap[&score] += 100);
    /// ```
    ///
    /// # Panics
    /// Inside `play`, at the allocation; also at one that says `try_`, and in a finalizer.
    pub fn assert_no_alloc<R>(&mut self, play: impl FnOnce(&mut Heap) -> R) -> R {
        /// Allocation is allowed again also if `play` panics.
        struct Forbidden<'a>(&'a mut Heap, bool);
        impl Drop for Forbidden<'_> {
            fn drop(&mut self) {
                self.0.forbid_alloc(self.1);
            }
        }
        let before = self.forbid_alloc(true);
        let forbidden = Forbidden(self, before);
        play(forbidden.0)
    }

    /// The first collection that begins from now on is the one that a gate tells of.
    pub(crate) fn note_collection(&mut self, generation: Generation, cause: Cause) {
        self.first_collection.get_or_insert((generation, cause));
    }
}

/// What became more, in words.
fn growth(first: &Left, now: &Left, round: usize) -> String {
    let mut text = String::new();
    // Writing to a `String` does not fail.
    let _ = write!(
        text,
        "round {round} left {} objects of {} bytes, round 0 left {} of {}",
        now.objects, now.bytes, first.objects, first.bytes
    );
    let more = now.of_type.iter().filter_map(|(name, &count)| {
        let before = first.of_type.get(name).copied().unwrap_or(0);
        (count > before).then(|| (name, count - before))
    });
    for (index, (name, more)) in more.enumerate() {
        let _ = write!(text, "{} {more} more `{name}`", [":", ","][index.min(1)]);
    }
    text
}
