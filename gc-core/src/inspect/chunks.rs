//! A vector that never moves what it holds: growing it costs one small allocation, however long it is.

use alloc::vec::Vec;
use core::ops::{Index, IndexMut};

const CHUNK: usize = 1 << 12;

pub(crate) struct Chunks<T> {
    chunks: Vec<Vec<T>>,
    len: usize,
}

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Chunks {
            chunks: Vec::new(),
            len: 0,
        }
    }
}

impl<T: Copy> Chunks<T> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn push(&mut self, value: T) {
        if self.len.is_multiple_of(CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        if let Some(last) = self.chunks.last_mut() {
            last.push(value);
            self.len += 1;
        }
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        let value = self.chunks.last_mut()?.pop();
        self.truncate(self.len.saturating_sub(1));
        value
    }

    /// Forgets what is behind the first `len`.
    pub(crate) fn truncate(&mut self, len: usize) {
        if len < self.len {
            self.len = len;
            self.chunks.truncate(len.div_ceil(CHUNK));
            if !len.is_multiple_of(CHUNK)
                && let Some(last) = self.chunks.last_mut()
            {
                last.truncate(len % CHUNK);
            }
        }
    }

    /// Nothing more will be pushed for now: gives back what room is left.
    pub(crate) fn shrink(&mut self) {
        if let Some(last) = self.chunks.last_mut() {
            last.shrink_to_fit();
        }
    }

    /// Gives the memory of the last chunk back. False when there is none left.
    pub(crate) fn free_some(&mut self) -> bool {
        let last = self.chunks.pop();
        self.len = self.chunks.len() * CHUNK;
        last.is_some()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = T> + '_ {
        self.chunks.iter().flatten().copied()
    }
}

impl<T> Index<usize> for Chunks<T> {
    type Output = T;
    fn index(&self, index: usize) -> &T {
        &self.chunks[index / CHUNK][index % CHUNK]
    }
}

impl<T> IndexMut<usize> for Chunks<T> {
    fn index_mut(&mut self, index: usize) -> &mut T {
        &mut self.chunks[index / CHUNK][index % CHUNK]
    }
}
