//! Dead slots that no context has merged yet.
//!
//! They wait in a list of their page, so that a merge wakes those of its own pages and looks at no others. The list is a
//! ring through the words, and the page knows its last: so one more, and all at once, cost O(1).

use super::published::END;
use super::word::tag;
use super::{Arena, PageRef, Slot};
use core::mem;

impl Arena {
    /// The slot, which is on no list, waits for its merge.
    pub(crate) fn wait(&self, slot: Slot) {
        let id = slot.page.id_at(slot.index);
        let first = match self.slot_of(slot.page.waiting()) {
            Some(last) => {
                let first = self.word(last).load().link();
                self.word(last).set_link(tag::DEAD, id);
                first
            }
            None => id,
        };
        self.word(slot).set_link(tag::DEAD, first);
        slot.page.set_waiting(id);
    }

    /// A context has merged what it had in the page: all that wait there are reclaimed as any other. Those of another
    /// context come back to the page then.
    pub(super) fn wake(&mut self, page: PageRef) {
        let id = page.waiting();
        if let Some(last) = self.slot_of(id) {
            if self.woken == END {
                self.woken_last = id;
            }
            let first = self.word(last).load().link();
            self.word(last).set_link(tag::DEAD, self.woken);
            self.woken = first;
            page.set_waiting(END);
        }
    }

    /// Puts those woken before the `dead`.
    pub(crate) fn take_woken(&mut self, dead: u32) -> u32 {
        match self.slot_of(self.woken_last) {
            Some(last) if self.woken != END => {
                self.word(last).set_link(tag::DEAD, dead);
                mem::replace(&mut self.woken, END)
            }
            _ => dead,
        }
    }
}
