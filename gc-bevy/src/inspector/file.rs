//! Writing a snapshot, a slice a frame.

use alloc::string::String;
use gc_core::{
    Budget,
    inspect::{HeapSnapshotWriter, Snapshot},
};
use std::{fs::File, path::PathBuf};

pub(super) struct Writing {
    snapshot: Snapshot,
    writer: HeapSnapshotWriter,
    file: File,
    path: PathBuf,
}

impl Writing {
    pub(super) fn new(snapshot: Snapshot, file: File, path: PathBuf) -> Self {
        Self {
            snapshot,
            writer: HeapSnapshotWriter::new(),
            file,
            path,
        }
    }

    /// A slice; what there is to say when it was the last one.
    pub(super) fn go_on(&mut self, budget: Budget) -> Option<String> {
        let path = self.path.display();
        let done = self
            .writer
            .step_into(&self.snapshot, budget, &mut self.file);
        let (objects, bytes) = (self.snapshot.len(), self.writer.bytes());
        match done {
            Ok(false) => None,
            Ok(true) => Some(alloc::format!("{path}: {objects} objects, {bytes} bytes")),
            Err(error) => Some(alloc::format!("{path}: {error}")),
        }
    }

    /// Closes the file.
    pub(super) fn end(self) -> (Snapshot, PathBuf) {
        (self.snapshot, self.path)
    }
}
