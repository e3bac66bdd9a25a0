use super::Storage;
use core::cell::Cell;

/// What a frame arena uses, and the heap that it tells.
#[derive(Default)]
pub(crate) struct FrameUse {
    heap: Storage,
    noted: Cell<usize>,
    high_water: Cell<usize>,
}

impl FrameUse {
    pub(crate) fn of(heap: Storage) -> Self {
        FrameUse {
            heap,
            noted: Cell::new(0),
            high_water: Cell::new(0),
        }
    }

    /// Bytes of chunks that were noted last.
    #[inline]
    pub(crate) fn noted(&self) -> usize {
        self.noted.get()
    }

    #[cold]
    pub(crate) fn note(&self, bytes: usize) {
        let before = self.noted.replace(bytes);
        if let Some(shared) = self.heap.shared() {
            shared.account.frames_changed(before, bytes);
        }
    }

    pub(crate) fn frame_ended(&self, used: usize) {
        if used > self.high_water.get() {
            self.high_water.set(used);
            if let Some(shared) = self.heap.shared() {
                shared.account.frame_ended(used);
            }
        }
    }

    pub(crate) fn high_water(&self) -> usize {
        self.high_water.get()
    }
}

impl Drop for FrameUse {
    fn drop(&mut self) {
        self.note(0);
    }
}
