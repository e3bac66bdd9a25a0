use super::Trace;
use crate::arena::word::Word;
use crate::arena::{Bit, Lane, PageRef};
use crate::handle::{Site, id_of};
use crate::inspect::{Listener, Step};
use core::mem::needs_drop;
use core::ptr::NonNull;

/// Slices longer than this are traced in pieces.
const LARGE: usize = 64;
/// A piece ends after this many elements and edges.
pub(crate) const PIECE: usize = 128;
/// Long slices nested deeper than this are traced whole.
const DEPTH: usize = 4;

/// What is done with an edge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// Adds 1 to the target's side count. No other job has members, so nobody asks for the side counts of others.
    Count,
    /// The same beside another job: what is a member there is left alone.
    CountBeside,
    /// Takes it off again.
    Uncount,
    /// Marks the target and queues it for scanning.
    Mark,
    /// Asks the memory for the target's word: its count is about to change.
    Ask,
    /// Tells the listener of the target.
    List,
    /// Nothing: on the way to the place where an earlier piece ended, or after the end of this piece.
    Pass,
}

/// The pages with objects that are marked and not yet scanned, and how many candidates are left.
///
/// The list is linked through the page headers, so marking never needs memory and never overflows.
pub(crate) struct Greys {
    head: Option<PageRef>,
    tail: Option<PageRef>,
    /// Members of the set that are not marked.
    pub(crate) unmarked: usize,
}

impl Greys {
    pub(crate) const fn new() -> Self {
        Greys {
            head: None,
            tail: None,
            unmarked: 0,
        }
    }

    /// The page has an object to scan in `group`.
    #[inline]
    pub(crate) fn add(&mut self, lane: Lane, page: PageRef, group: usize) {
        if page.is_grey(lane) {
            if group < page.grey_from(lane) {
                page.set_grey_from(lane, group);
            }
            return;
        }
        page.set_grey(lane, true);
        page.set_grey_from(lane, group);
        page.set_grey_next(lane, None);
        match self.tail {
            Some(tail) => tail.set_grey_next(lane, Some(page)),
            None => self.head = Some(page),
        }
        self.tail = Some(page);
    }

    pub(crate) fn first(&self) -> Option<PageRef> {
        self.head
    }

    #[cfg(any(feature = "verify", test))]
    pub(crate) fn last(&self) -> Option<PageRef> {
        self.tail
    }

    pub(crate) fn remove_first(&mut self, lane: Lane) {
        if let Some(page) = self.head {
            page.set_grey(lane, false);
            self.head = page.grey_next(lane);
            if self.head.is_none() {
                self.tail = None;
            }
        }
    }
}

/// Where the tracing of a large object was interrupted: which long slice, by nesting, and which element of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Resume {
    path: [(u32, usize); DEPTH],
    len: usize,
}

/// What [`Trace::trace`] passes on to its fields.
pub struct Tracer<'a> {
    mode: Mode,
    /// What `mode` is outside of [`Mode::Pass`].
    real: Mode,
    lane: Lane,
    tag: u16,
    key: u32,
    epoch: u32,
    greys: &'a mut Greys,
    listener: Option<&'a mut dyn Listener>,
    work: usize,
    depth: usize,
    ordinals: [u32; DEPTH + 1],
    resume: Resume,
    resuming: bool,
    interrupted: bool,
    whole: bool,
}

impl<'a> Tracer<'a> {
    pub(crate) fn new(mode: Mode, lane: Lane, tag: u16, epoch: u32, greys: &'a mut Greys) -> Self {
        Tracer {
            mode,
            real: mode,
            lane,
            tag,
            key: PageRef::key_of(tag, true),
            epoch,
            greys,
            listener: None,
            work: 0,
            depth: 0,
            ordinals: [0; DEPTH + 1],
            resume: Resume {
                path: [(0, 0); DEPTH],
                len: 0,
            },
            resuming: false,
            interrupted: false,
            whole: false,
        }
    }

    /// Tells `listener` of all edges, also of those to leaf objects.
    pub(crate) fn listing(tag: u16, greys: &'a mut Greys, listener: &'a mut dyn Listener) -> Self {
        let mut tracer = Tracer::new(Mode::List, Lane::Minor, tag, 0, greys);
        tracer.listener = Some(listener);
        tracer
    }

    /// Traces large objects in one piece.
    pub(crate) fn never_interrupt(&mut self) {
        self.whole = true;
    }

    /// Goes on with the next object where an earlier piece of it ended.
    pub(crate) fn resume_at(&mut self, resume: Resume) {
        self.resume = resume;
        self.resuming = true;
        self.mode = Mode::Pass;
    }

    /// Did a piece end within the last object?
    #[inline(always)]
    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupted
    }

    /// Where to go on, if a piece ended.
    pub(crate) fn take_resume(&mut self) -> Option<Resume> {
        if !self.interrupted {
            return None;
        }
        self.interrupted = false;
        self.mode = self.real;
        Some(self.resume)
    }

    #[inline(always)]
    pub(crate) fn begin_object(&mut self) {
        self.work = 0;
        self.ordinals[0] = 0;
    }

    /// Are edges to leaf objects of interest?
    #[inline(always)]
    pub(crate) fn wants_leaves(&self) -> bool {
        self.mode == Mode::List
    }

    /// One handle. Counting and marking are most of a collection's work: those are in each type's loop.
    #[inline(always)]
    pub(crate) fn edge(&mut self, slot: NonNull<Word>, site: Site) {
        if self.mode == Mode::Count {
            self.work += 1;
            let page = PageRef::of(slot);
            if page.key() == self.key {
                // Of a member there are fewer edges than handles. What is in no set may be counted for ever.
                page.count_edge(slot);
            }
        } else if self.mode == Mode::Mark {
            self.work += 1;
            let page = PageRef::of(slot);
            if page.tag() == self.tag && page.epoch(self.lane) == self.epoch {
                mark(self.greys, self.lane, page, page.index_of(slot));
            }
        } else {
            self.rarer_edge(slot, site);
        }
    }

    #[inline(never)]
    fn rarer_edge(&mut self, slot: NonNull<Word>, site: Site) {
        if self.mode == Mode::Pass {
            return;
        }
        self.work += 1;
        match self.mode {
            Mode::CountBeside | Mode::Uncount => self.count_beside(slot),
            Mode::Ask => PageRef::prefetch(slot),
            Mode::List => self.tell(slot, site),
            Mode::Count | Mode::Mark | Mode::Pass => {}
        }
    }

    /// The lane in the top bit says whose member it is. What is in no set is counted too: once its count enters the top
    /// bit it is taken for the other lane's, which sets it anew before it asks.
    #[inline]
    fn count_beside(&mut self, slot: NonNull<Word>) {
        let page = PageRef::of(slot);
        if page.key() != self.key {
            return;
        }
        let index = page.index_of(slot);
        let side = page.side(index);
        if side >> 31 != self.lane as u32 {
            return;
        }
        if self.mode == Mode::CountBeside {
            page.set_side(index, side.wrapping_add(1));
        } else if side << 1 != 0 {
            page.set_side(index, side - 1);
        }
    }

    #[cold]
    fn tell(&mut self, slot: NonNull<Word>, site: Site) {
        // A handle of another heap is no edge of this one.
        if PageRef::of(slot).tag() != self.tag {
            return;
        }
        if let Some(listener) = &mut self.listener {
            listener.edge(id_of(slot), site);
        }
    }

    // --- names ------------------------------------------------------------------------------------------------------

    /// Traces a field under a name, in a hand-written [`trace`](Trace::trace): [`inspect`](crate::inspect) shows the name.
    /// Does what `value.trace(tracer)` does, and costs one comparison more.
    ///
    /// ```
    /// use gc_core::{Gc, Heap, Trace, Tracer};
    ///
    /// struct Node { next: Option<Gc<Node>> }
    ///
    /// impl Trace for Node {
    ///     fn trace(&self, tracer: &mut Tracer<'_>) {
    ///         tracer.field("next", &self.next);
    ///     }
    /// }
    ///
    /// let mut heap = Heap::new();
    /// let last = heap.alloc(Node { next: None });
    /// let weak = last.downgrade();
    /// let first = heap.alloc(Node { next: Some(last) });
    /// assert_eq!(heap.why_alive(&weak).chain(), "Node.next → Node");
    /// # drop(first);
    /// ```
    #[inline]
    pub fn field<T: Trace + ?Sized>(&mut self, name: &'static str, value: &T) {
        if self.is_listing() {
            self.enter(name);
            value.trace_named(self);
            self.leave();
        } else {
            value.trace(self);
        }
    }

    /// Traces an element of a container under its place, in a hand-written [`trace`](Trace::trace). Otherwise as
    /// [`Tracer::field`].
    #[inline]
    pub fn item<T: Trace + ?Sized>(&mut self, index: usize, value: &T) {
        if self.is_listing() {
            self.go_in(Step::Item);
            self.at(index);
            value.trace_named(self);
            self.leave();
        } else {
            value.trace(self);
        }
    }

    /// Is this inspection, not collection?
    #[inline(always)]
    fn is_listing(&self) -> bool {
        self.real == Mode::List
    }

    /// What follows is in the field `name`, until [`Tracer::leave`]. For the derive.
    #[doc(hidden)]
    pub fn enter(&mut self, name: &'static str) {
        self.go_in(Step::Field(name));
    }

    #[doc(hidden)]
    pub fn leave(&mut self) {
        if let Some(listener) = &mut self.listener {
            listener.leave();
        }
    }

    pub(crate) fn go_in(&mut self, step: Step) {
        if let Some(listener) = &mut self.listener {
            listener.enter(step);
        }
    }

    /// Which element follows.
    pub(crate) fn at(&mut self, index: usize) {
        if let Some(listener) = &mut self.listener {
            listener.at(index);
        }
    }

    /// The elements of a slice, for `trace_named`.
    pub(crate) fn slice_named<T: Trace>(&mut self, items: &[T], first: usize) {
        // Also where `tracked` promises that there is no cycle, there may be handles; nothing to drop is no handle.
        if !needs_drop::<T>() {
            return;
        }
        self.go_in(Step::Item);
        if items.len() <= LARGE || self.depth == DEPTH || self.whole {
            for (index, item) in items.iter().enumerate() {
                self.at(first + index);
                item.trace_named(self);
            }
        } else {
            self.large::<T, true>(items, first);
        }
        self.leave();
    }

    /// The entries of a map or a set, for `trace_named`.
    pub(crate) fn entry<T: Trace + ?Sized>(&mut self, step: Step, value: &T) {
        self.go_in(step);
        value.trace_named(self);
        self.leave();
    }

    // --- slices -----------------------------------------------------------------------------------------------------

    /// The elements of a slice: in pieces when it is long.
    #[inline]
    pub(crate) fn slice<T: Trace>(&mut self, items: &[T]) {
        if !T::tracked() {
            return;
        }
        if items.len() <= LARGE || self.depth == DEPTH || self.whole {
            for item in items {
                item.trace(self);
            }
        } else {
            self.large::<T, false>(items, 0);
        }
    }

    #[cold]
    fn large<T: Trace, const NAMED: bool>(&mut self, items: &[T], first: usize) {
        let depth = self.depth;
        let ordinal = self.ordinals[depth];
        self.ordinals[depth] += 1;
        if self.interrupted {
            return;
        }
        let mut index = 0;
        let mut inside = false;
        if self.resuming {
            let (wanted, element) = if depth < self.resume.len {
                self.resume.path[depth]
            } else {
                (0, 0)
            };
            if ordinal < wanted {
                return;
            }
            if ordinal == wanted {
                index = element;
            }
            inside = ordinal == wanted && depth + 1 < self.resume.len;
            if !inside {
                self.resuming = false;
                self.mode = self.real;
            }
        }
        self.depth += 1;
        while index < items.len() {
            self.ordinals[depth + 1] = 0;
            if NAMED {
                self.at(first + index);
                items[index].trace_named(self);
            } else {
                items[index].trace(self);
            }
            if self.interrupted {
                self.resume.path[depth] = (ordinal, index);
                break;
            }
            if inside {
                // The place was within this element; if it is not there any more, go on from here.
                inside = false;
                self.resuming = false;
                self.mode = self.real;
            }
            index += 1;
            self.work += 1;
            if self.work >= PIECE && index < items.len() {
                self.interrupted = true;
                self.mode = Mode::Pass;
                self.resume.len = depth + 1;
                self.resume.path[depth] = (ordinal, index);
                break;
            }
        }
        self.depth -= 1;
    }
}

/// Marks a member of the job's set.
#[inline]
pub(crate) fn mark(greys: &mut Greys, lane: Lane, page: PageRef, index: usize) {
    let (group, bit) = (index / 64, 1u64 << (index % 64));
    let marked = page.bits(Bit::Marked, group);
    if page.bits(lane.member(), group) & !marked & bit != 0 {
        page.set_bits(Bit::Marked, group, marked | bit);
        greys.unmarked -= 1;
        greys.add(lane, page, group);
    }
}
