use super::GcVec;
use super::store::fail;
use crate::trace::{Trace, Tracer};
use crate::{AllocError, AllocErrorKind, Storage};
use alloc::string::String;
use core::borrow::Borrow;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::mem;
use core::ops::{Add, AddAssign, Bound, Deref, DerefMut, RangeBounds};
use core::str;

/// A string whose bytes are counted in a heap's: `String` with a storage, and a `try_` method beside each that
/// allocates.
///
/// What it derefs to, `str`, brings the rest. It refers to nothing, so the collector leaves objects alone that hold
/// nothing else. `write!` into it answers an error when there is no memory.
///
/// ```
/// use core::fmt::Write;
/// use gc_core::{Heap, containers::GcString};
///
/// let heap = Heap::new();
/// let mut name = GcString::from_str_in("ship", &heap);
/// write!(name, " {}", 7).unwrap();
/// assert_eq!(name, "ship 7");
/// assert_eq!(heap.storage_bytes(), name.capacity());
/// ```
pub struct GcString {
    /// Invariant, kept by every method: UTF-8.
    bytes: GcVec<u8>,
}

impl GcString {
    /// An empty string of no heap: it stands on the global allocator and is not counted. Cost: none.
    pub fn new() -> Self {
        GcString::new_in(Storage::default())
    }

    /// An empty string in the storage of a heap. Cost: one atomic addition; no memory before the first character.
    pub fn new_in(storage: impl Into<Storage>) -> Self {
        GcString {
            bytes: GcVec::new_in(storage),
        }
    }

    /// With room for so many bytes.
    ///
    /// # Panics
    /// If there is no memory; [`GcString::try_with_capacity_in`] answers an error.
    #[track_caller]
    pub fn with_capacity_in(capacity: usize, storage: impl Into<Storage>) -> Self {
        GcString {
            bytes: GcVec::with_capacity_in(capacity, storage),
        }
    }

    /// With room for so many bytes.
    ///
    /// # Errors
    /// If there is no memory, or the heap would exceed its hard limit.
    pub fn try_with_capacity_in(
        capacity: usize,
        storage: impl Into<Storage>,
    ) -> Result<Self, AllocErrorKind> {
        Ok(GcString {
            bytes: GcVec::try_with_capacity_in(capacity, storage)?,
        })
    }

    /// A copy of a `str`.
    ///
    /// # Panics
    /// If there is no memory.
    #[track_caller]
    pub fn from_str_in(text: &str, storage: impl Into<Storage>) -> Self {
        GcString {
            bytes: GcVec::from_slice_in(text.as_bytes(), storage),
        }
    }

    /// A copy of a `str`.
    ///
    /// # Errors
    /// If there is no memory, or the heap would exceed its hard limit.
    pub fn try_from_str_in(
        text: &str,
        storage: impl Into<Storage>,
    ) -> Result<Self, AllocErrorKind> {
        Ok(GcString {
            bytes: GcVec::try_from_slice_in(text.as_bytes(), storage)?,
        })
    }

    /// Empty, in memory that has room.
    pub(super) fn with_room(mut room: GcVec<u8>) -> Self {
        room.clear();
        GcString { bytes: room }
    }

    /// Of bytes, if they are UTF-8. Cost: O(bytes), without a copy.
    ///
    /// # Errors
    /// The bytes back if they are not.
    pub fn from_utf8(bytes: GcVec<u8>) -> Result<Self, GcVec<u8>> {
        match str::from_utf8(&bytes) {
            Ok(_) => Ok(GcString { bytes }),
            Err(_) => Err(bytes),
        }
    }

    /// The bytes.
    pub fn into_bytes(self) -> GcVec<u8> {
        self.bytes
    }

    /// Where the bytes are.
    pub fn storage(&self) -> &Storage {
        self.bytes.storage()
    }

    /// How many bytes fit without allocating.
    pub fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// The string.
    #[inline]
    pub fn as_str(&self) -> &str {
        // SAFETY: the bytes are UTF-8, the invariant of the field.
        unsafe { str::from_utf8_unchecked(&self.bytes) }
    }

    /// The string, to change it in place.
    #[inline]
    pub fn as_mut_str(&mut self) -> &mut str {
        // SAFETY: the bytes are UTF-8, the invariant of the field; nothing safe can be done to a `str` that ends that.
        unsafe { str::from_utf8_unchecked_mut(&mut self.bytes) }
    }

    /// The string, leaving an empty one in the same storage, where `mem::take` would leave one of no heap.
    pub fn take(&mut self) -> Self {
        let empty = GcString::new_in(self.storage().clone());
        mem::replace(self, empty)
    }

    /// Makes room for so many more bytes.
    ///
    /// # Panics
    /// If there is no memory.
    #[track_caller]
    pub fn reserve(&mut self, additional: usize) {
        self.bytes.reserve(additional);
    }

    /// Makes room for so many more bytes.
    ///
    /// # Errors
    /// If there is no memory, or the heap would exceed its hard limit.
    pub fn try_reserve(&mut self, additional: usize) -> Result<(), AllocErrorKind> {
        self.bytes.try_reserve(additional)
    }

    /// Gives back the memory that is not used. Moves the bytes; does nothing when there is no memory to move to.
    pub fn shrink_to_fit(&mut self) {
        self.bytes.shrink_to_fit();
    }

    /// Adds a character.
    ///
    /// # Panics
    /// If there is no memory.
    #[track_caller]
    pub fn push(&mut self, character: char) {
        self.push_str(character.encode_utf8(&mut [0; 4]));
    }

    /// Adds a character, or gives it back.
    ///
    /// # Errors
    /// If there is no memory, or the heap would exceed its hard limit.
    pub fn try_push(&mut self, character: char) -> Result<(), AllocError<char>> {
        self.try_push_str(character.encode_utf8(&mut [0; 4]))
            .map_err(|kind| AllocError::of_container(character, kind))
    }

    /// Adds a string.
    ///
    /// # Panics
    /// If there is no memory.
    #[track_caller]
    pub fn push_str(&mut self, text: &str) {
        if let Err(kind) = self.try_push_str(text) {
            fail(kind);
        }
    }

    /// Adds a string, all of it or nothing.
    ///
    /// # Errors
    /// If there is no memory, or the heap would exceed its hard limit.
    pub fn try_push_str(&mut self, text: &str) -> Result<(), AllocErrorKind> {
        self.bytes.try_extend_from_slice(text.as_bytes())
    }

    /// Takes the last character.
    pub fn pop(&mut self) -> Option<char> {
        let last = self.chars().next_back()?;
        self.bytes.truncate(self.len() - last.len_utf8());
        Some(last)
    }

    /// Inserts a character at a place in bytes.
    ///
    /// # Panics
    /// If a character does not begin there, or if there is no memory.
    #[track_caller]
    pub fn insert(&mut self, index: usize, character: char) {
        if let Err(error) = self.try_insert(index, character) {
            fail(error.kind);
        }
    }

    /// Inserts a character at a place in bytes, or gives it back.
    ///
    /// # Errors
    /// If there is no memory, or the heap would exceed its hard limit.
    ///
    /// # Panics
    /// If a character does not begin there.
    #[track_caller]
    pub fn try_insert(&mut self, index: usize, character: char) -> Result<(), AllocError<char>> {
        self.try_insert_str(index, character.encode_utf8(&mut [0; 4]))
            .map_err(|kind| AllocError::of_container(character, kind))
    }

    /// Inserts a string at a place in bytes.
    ///
    /// # Panics
    /// If a character does not begin there, or if there is no memory.
    #[track_caller]
    pub fn insert_str(&mut self, index: usize, text: &str) {
        if let Err(kind) = self.try_insert_str(index, text) {
            fail(kind);
        }
    }

    /// Inserts a string at a place in bytes, all of it or nothing.
    ///
    /// # Errors
    /// If there is no memory, or the heap would exceed its hard limit.
    ///
    /// # Panics
    /// If a character does not begin there.
    #[track_caller]
    pub fn try_insert_str(&mut self, index: usize, text: &str) -> Result<(), AllocErrorKind> {
        self.check(index);
        self.bytes.try_extend_from_slice(text.as_bytes())?;
        self.bytes[index..].rotate_right(text.len());
        Ok(())
    }

    /// Takes what is from a place in bytes on into a string of its own, in the same storage.
    ///
    /// # Panics
    /// If a character does not begin there, or if there is no memory.
    #[track_caller]
    pub fn split_off(&mut self, at: usize) -> Self {
        match self.try_split_off(at) {
            Ok(rest) => rest,
            Err(kind) => fail(kind),
        }
    }

    /// Takes what is from a place in bytes on into a string of its own, or leaves it.
    ///
    /// # Errors
    /// If there is no memory, or the heap would exceed its hard limit.
    ///
    /// # Panics
    /// If a character does not begin there.
    #[track_caller]
    pub fn try_split_off(&mut self, at: usize) -> Result<Self, AllocErrorKind> {
        self.check(at);
        let bytes = self.bytes.try_split_off(at)?;
        Ok(GcString { bytes })
    }

    /// Puts a string in the place of a range of bytes. Cost: O(bytes).
    ///
    /// ```
    /// use gc_core::containers::GcString;
    ///
    /// let mut text = GcString::from("red squad");
    /// text.replace_range(..3, "blue");
    /// assert_eq!(text, "blue squad");
    /// ```
    ///
    /// # Panics
    /// If a character does not begin at each end of the range, or if there is no memory.
    #[track_caller]
    pub fn replace_range(&mut self, range: impl RangeBounds<usize>, text: &str) {
        if let Err(kind) = self.try_replace_range(range, text) {
            fail(kind);
        }
    }

    /// Puts a string in the place of a range of bytes, or leaves all as it is.
    ///
    /// # Errors
    /// If there is no memory, or the heap would exceed its hard limit.
    ///
    /// # Panics
    /// If a character does not begin at each end of the range.
    #[track_caller]
    pub fn try_replace_range(
        &mut self,
        range: impl RangeBounds<usize>,
        text: &str,
    ) -> Result<(), AllocErrorKind> {
        let (start, end) = (range.start_bound().cloned(), range.end_bound().cloned());
        // Panics unless it is a range of characters.
        let old = self[(start, end)].len();
        let start = match start {
            Bound::Included(at) => at,
            Bound::Excluded(at) => at + 1,
            Bound::Unbounded => 0,
        };
        self.bytes.try_extend_from_slice(text.as_bytes())?;
        self.bytes[start + old..].rotate_right(text.len());
        drop(self.bytes.drain(start..start + old));
        Ok(())
    }

    /// A copy in the same storage.
    ///
    /// # Errors
    /// If there is no memory, or the heap would exceed its hard limit.
    pub fn try_clone(&self) -> Result<Self, AllocErrorKind> {
        Ok(GcString {
            bytes: self.bytes.try_clone()?,
        })
    }

    /// Takes the character at a place in bytes.
    ///
    /// # Panics
    /// If none begins there.
    #[track_caller]
    pub fn remove(&mut self, index: usize) -> char {
        let Some(character) = self[index..].chars().next() else {
            panic!("no character begins at {index}");
        };
        drop(self.bytes.drain(index..index + character.len_utf8()));
        character
    }

    /// Keeps the first `len` bytes.
    ///
    /// # Panics
    /// If a character does not begin there.
    #[track_caller]
    pub fn truncate(&mut self, len: usize) {
        if len < self.len() {
            self.check(len);
            self.bytes.truncate(len);
        }
    }

    /// Takes all out, and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Keeps the characters of which the closure says so. Cost: O(bytes).
    pub fn retain(&mut self, mut keep: impl FnMut(char) -> bool) {
        /// What lies between `kept` and `read` goes, also if the closure panics: before and behind are characters.
        struct Gap<'a> {
            bytes: &'a mut GcVec<u8>,
            kept: usize,
            read: usize,
        }
        impl Drop for Gap<'_> {
            fn drop(&mut self) {
                drop(self.bytes.drain(self.kept..self.read));
            }
        }
        let mut gap = Gap {
            bytes: &mut self.bytes,
            kept: 0,
            read: 0,
        };
        // Never more than one character's bytes at a time: what lies behind is looked at when it is reached.
        while let next = &gap.bytes[gap.read..][..4.min(gap.bytes.len() - gap.read)]
            && let Some(next) = next.utf8_chunks().next()
            && let Some(character) = next.valid().chars().next()
        {
            let next = gap.read..gap.read + character.len_utf8();
            if keep(character) {
                gap.bytes.copy_within(next.clone(), gap.kept);
                gap.kept += next.len();
            }
            gap.read = next.end;
        }
    }

    #[track_caller]
    fn check(&self, index: usize) {
        assert!(
            self.is_char_boundary(index),
            "no character begins at {index}"
        );
    }
}

impl Trace for GcString {
    fn trace(&self, _: &mut Tracer<'_>) {}
    fn tracked() -> bool {
        false
    }
}

impl Default for GcString {
    fn default() -> Self {
        GcString::new()
    }
}

impl Clone for GcString {
    /// In the same storage.
    fn clone(&self) -> Self {
        GcString {
            bytes: self.bytes.clone(),
        }
    }
}

impl Deref for GcString {
    type Target = str;
    #[inline]
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl DerefMut for GcString {
    #[inline]
    fn deref_mut(&mut self) -> &mut str {
        self.as_mut_str()
    }
}

impl fmt::Write for GcString {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.try_push_str(text).map_err(|_| fmt::Error)
    }
}

impl AddAssign<&str> for GcString {
    #[track_caller]
    fn add_assign(&mut self, text: &str) {
        self.push_str(text);
    }
}

impl Add<&str> for GcString {
    type Output = GcString;
    #[track_caller]
    fn add(mut self, text: &str) -> GcString {
        self.push_str(text);
        self
    }
}

impl Extend<char> for GcString {
    #[track_caller]
    fn extend<I: IntoIterator<Item = char>>(&mut self, characters: I) {
        for character in characters {
            self.push(character);
        }
    }
}

impl<'a> Extend<&'a str> for GcString {
    #[track_caller]
    fn extend<I: IntoIterator<Item = &'a str>>(&mut self, parts: I) {
        for part in parts {
            self.push_str(part);
        }
    }
}

impl FromIterator<char> for GcString {
    /// In the storage of no heap.
    fn from_iter<I: IntoIterator<Item = char>>(characters: I) -> Self {
        let mut text = GcString::new();
        text.extend(characters);
        text
    }
}

impl<'a> FromIterator<&'a str> for GcString {
    /// In the storage of no heap.
    fn from_iter<I: IntoIterator<Item = &'a str>>(parts: I) -> Self {
        let mut text = GcString::new();
        text.extend(parts);
        text
    }
}

impl From<&str> for GcString {
    /// In the storage of no heap; [`GcString::from_str_in`] names one.
    fn from(text: &str) -> Self {
        GcString::from_str_in(text, Storage::default())
    }
}

impl From<String> for GcString {
    /// In the storage of no heap.
    fn from(text: String) -> Self {
        GcString::from(text.as_str())
    }
}

impl From<GcString> for String {
    fn from(text: GcString) -> Self {
        String::from(text.as_str())
    }
}

impl AsRef<str> for GcString {
    fn as_ref(&self) -> &str {
        self
    }
}

impl AsRef<[u8]> for GcString {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl Borrow<str> for GcString {
    fn borrow(&self) -> &str {
        self
    }
}

impl fmt::Display for GcString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl fmt::Debug for GcString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl PartialEq for GcString {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl PartialEq<str> for GcString {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for GcString {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialEq<String> for GcString {
    fn eq(&self, other: &String) -> bool {
        self.as_str() == other
    }
}

macro_rules! equal_to_ours {
    ($($other:ty),*) => {$(
        impl PartialEq<GcString> for $other {
            fn eq(&self, other: &GcString) -> bool {
                *other == *self
            }
        }
    )*};
}

equal_to_ours!(str, &str, String);

impl Eq for GcString {}

impl PartialOrd for GcString {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for GcString {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for GcString {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}
