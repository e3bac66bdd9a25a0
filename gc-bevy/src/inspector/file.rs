//! Writing a snapshot, a slice a frame.

use alloc::string::String;
use gc_core::{
    Budget,
    inspect::{HeapSnapshotWriter, Snapshot},
};
use std::{fs::File, io, io::Write, path::PathBuf};

pub(super) struct Writing {
    snapshot: Snapshot,
    writer: HeapSnapshotWriter,
    file: File,
    bytes: u64,
    pub(super) path: PathBuf,
}

impl Writing {
    pub(super) fn new(snapshot: Snapshot, path: PathBuf) -> io::Result<Self> {
        Ok(Self {
            snapshot,
            writer: HeapSnapshotWriter::new(),
            file: File::create(&path)?,
            bytes: 0,
            path,
        })
    }

    /// A slice; what there is to say when it was the last one.
    pub(super) fn go_on(&mut self, budget: Budget) -> Option<String> {
        let mut text = String::new();
        // Writing into memory does not fail.
        let done = self
            .writer
            .step(&self.snapshot, budget, &mut text)
            .unwrap_or(true);
        let path = self.path.display();
        if let Err(error) = self.file.write_all(text.as_bytes()) {
            return Some(alloc::format!("{path}: {error}"));
        }
        self.bytes += text.len() as u64;
        let (objects, bytes) = (self.snapshot.len(), self.bytes);
        done.then(|| alloc::format!("{path}: {objects} objects, {bytes} bytes"))
    }
}
