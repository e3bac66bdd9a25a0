//! The names of edges: which field, which element.
//!
//! A name such as `.slots[].weapon` exists once, whatever number of edges has it; the element's number is kept with the
//! edge. Names are found by what the tracer passes on its way from the object to the handle.

use crate::ObjectId;
use crate::handle::Site;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use core::hash::{BuildHasherDefault, Hasher};
use hashbrown::HashMap;

/// One step on the way from an object to a handle in it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    Field(&'static str),
    /// An element of a sequence; the number is told by [`Listener::at`].
    Item,
    /// A key of a map.
    Key,
    /// A value of a map, or an element of a set.
    Entry,
}

/// Who is told of edges while an object is traced.
pub(crate) trait Listener {
    fn edge(&mut self, target: ObjectId, site: Site);
    fn enter(&mut self, _: Step) {}
    fn leave(&mut self) {}
    /// Which element of the sequence follows.
    fn at(&mut self, _: usize) {}
}

impl Listener for Vec<ObjectId> {
    fn edge(&mut self, target: ObjectId, _: Site) {
        self.push(target);
    }
}

/// The number of an edge that is no element of a sequence.
pub(crate) const NO_INDEX: u32 = u32::MAX;

/// The names found so far.
#[derive(Default)]
pub(crate) struct Labels {
    texts: Vec<String>,
    by_steps: HashMap<Vec<Step>, u32, BuildHasherDefault<Mixer>>,
}

impl Labels {
    fn find(&mut self, steps: &[Step]) -> u32 {
        if let Some(&label) = self.by_steps.get(steps) {
            return label;
        }
        let mut text = String::new();
        for step in steps {
            let _ = match step {
                Step::Field(name) => write!(text, ".{name}"),
                Step::Item => text.write_str("[]"),
                Step::Key => text.write_str("{key}"),
                Step::Entry => text.write_str("{}"),
            };
        }
        let label = self.texts.len() as u32;
        self.texts.push(text);
        self.by_steps.insert(steps.to_vec(), label);
        label
    }

    pub(crate) fn len(&self) -> usize {
        self.texts.len()
    }

    /// The name without the element's number: `.members[]`. Empty for an edge without a name.
    pub(crate) fn text(&self, label: u32) -> &str {
        &self.texts[label as usize]
    }

    /// The name with it: `.members[3]`.
    pub(crate) fn with_index(&self, label: u32, index: u32) -> String {
        let text = self.text(label);
        match text.rfind("[]") {
            Some(at) if index != NO_INDEX => {
                let mut full = String::from(&text[..=at]);
                let _ = write!(full, "{index}");
                full.push_str(&text[at + 1..]);
                full
            }
            _ => text.into(),
        }
    }
}

/// A handle that was found in an object.
#[derive(Clone, Copy)]
pub(crate) struct Found {
    pub(crate) target: ObjectId,
    pub(crate) site: Site,
    pub(crate) label: u32,
    pub(crate) index: u32,
}

/// Listens, and passes each handle on with its name.
pub(crate) struct Namer<'a, F> {
    labels: &'a mut Labels,
    steps: Vec<Step>,
    indices: Vec<u32>,
    /// The label of the present steps, once it was asked for.
    label: Option<u32>,
    found: F,
}

impl<'a, F: FnMut(Found)> Namer<'a, F> {
    pub(crate) fn new(labels: &'a mut Labels, found: F) -> Self {
        Namer {
            labels,
            steps: Vec::new(),
            indices: Vec::new(),
            label: None,
            found,
        }
    }
}

impl<F: FnMut(Found)> Listener for Namer<'_, F> {
    fn edge(&mut self, target: ObjectId, site: Site) {
        let label = match self.label {
            Some(label) => label,
            None => *self.label.insert(self.labels.find(&self.steps)),
        };
        let innermost = self.steps.iter().rposition(|step| *step == Step::Item);
        (self.found)(Found {
            target,
            site,
            label,
            index: innermost.map_or(NO_INDEX, |at| self.indices[at]),
        });
    }

    fn enter(&mut self, step: Step) {
        self.steps.push(step);
        self.indices.push(0);
        self.label = None;
    }

    fn leave(&mut self) {
        self.steps.pop();
        self.indices.pop();
        self.label = None;
    }

    fn at(&mut self, index: usize) {
        if let Some(last) = self.indices.last_mut() {
            *last = index.min(NO_INDEX as usize - 1) as u32;
        }
    }
}

/// A short hash of short keys, the same on every machine.
#[derive(Default)]
pub(crate) struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }
    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }
    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }
}
