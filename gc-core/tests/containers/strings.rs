//! A string stays UTF-8, whatever happens.

use gc_core::Heap;
use gc_core::containers::{GcMap, GcString, GcVec};
use std::panic::{AssertUnwindSafe, catch_unwind};

#[test]
fn a_panic_in_retain_leaves_characters() {
    for stop in 0..8 {
        let mut text = GcString::from("a€b😀cßde");
        let mut count = 0;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            text.retain(|character| {
                count += 1;
                assert!(count <= stop, "as asked");
                character.is_ascii()
            });
        }));
        assert!(outcome.is_err());
        let expected: String = "a€b😀cßde"
            .chars()
            .enumerate()
            .filter(|(n, character)| *n >= stop || character.is_ascii())
            .map(|(_, character)| character)
            .collect();
        assert!(std::str::from_utf8(text.as_bytes()).is_ok());
        assert_eq!(text, expected.as_str());
    }
}

#[test]
fn bytes_that_are_not_utf8_come_back() {
    let bytes = GcVec::from([0xC3u8, 0x28]);
    assert_eq!(GcString::from_utf8(bytes).unwrap_err(), [0xC3, 0x28]);
    for at in [1, 2] {
        let mut text = GcString::from("€");
        assert!(catch_unwind(AssertUnwindSafe(|| text.truncate(at))).is_err());
        assert!(catch_unwind(AssertUnwindSafe(|| text.insert(at, 'x'))).is_err());
        assert!(catch_unwind(AssertUnwindSafe(|| text.remove(at))).is_err());
        assert_eq!(text, "€");
    }
}

#[test]
fn a_key_is_found_by_its_str() {
    let heap = Heap::new();
    let mut map = GcMap::new_in(&heap);
    map.insert(GcString::from_str_in("door", &heap), 1);
    assert_eq!(map.get("door"), Some(&1));
    let mut names: Vec<GcString> = ["b", "a"].map(GcString::from).into();
    names.sort();
    assert_eq!(names, ["a", "b"]);
}
