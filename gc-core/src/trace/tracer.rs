use super::Trace;
use crate::ObjectId;
use crate::arena::word::Word;
use crate::arena::{Bit, Lane, PageRef};
use crate::handle::id_of;
use alloc::vec::Vec;
use core::ptr::NonNull;

/// Slices longer than this are traced in pieces.
const LARGE: usize = 64;
/// A piece ends after this many elements and edges.
const PIECE: usize = 128;
/// Long slices nested deeper than this are traced whole.
const DEPTH: usize = 4;

/// What is done with an edge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// Adds 1 to the target's side count.
    Count,
    /// Takes it off again.
    Uncount,
    /// Marks the target and queues it for scanning.
    Mark,
    /// Lists the target.
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
    epoch: u32,
    greys: &'a mut Greys,
    list: Option<&'a mut Vec<ObjectId>>,
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
            epoch,
            greys,
            list: None,
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

    /// Lists the targets of all edges.
    pub(crate) fn listing(tag: u16, greys: &'a mut Greys, list: &'a mut Vec<ObjectId>) -> Self {
        let mut tracer = Tracer::new(Mode::List, Lane::Minor, tag, 0, greys);
        tracer.list = Some(list);
        tracer.whole = true;
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

    /// One handle.
    #[inline(always)]
    pub(crate) fn edge(&mut self, slot: NonNull<Word>) {
        if self.mode == Mode::Pass {
            return;
        }
        let page = PageRef::of(slot);
        self.work += 1;
        match self.mode {
            Mode::Count => {
                if page.tag() == self.tag && page.tracked() {
                    let index = page.index_of(slot);
                    let side = page.side(index);
                    // Saturates: what is in no set may be counted for ever, and the top bit must not change.
                    if side >> 31 == self.lane as u32 && side << 1 != !1 {
                        page.set_side(index, side + 1);
                    }
                }
            }
            Mode::Uncount => {
                if page.tag() == self.tag && page.tracked() {
                    let index = page.index_of(slot);
                    let side = page.side(index);
                    if side >> 31 == self.lane as u32 && side << 1 != 0 {
                        page.set_side(index, side - 1);
                    }
                }
            }
            Mode::Mark => {
                if page.tag() == self.tag && page.epoch(self.lane) == self.epoch {
                    mark(self.greys, self.lane, page, page.index_of(slot));
                }
            }
            Mode::List => {
                // The ids of another heap mean nothing in this one.
                if page.tag() == self.tag
                    && let Some(list) = &mut self.list
                {
                    list.push(id_of(slot));
                }
            }
            Mode::Pass => {}
        }
    }

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
            self.large(items);
        }
    }

    #[cold]
    fn large<T: Trace>(&mut self, items: &[T]) {
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
            items[index].trace(self);
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
