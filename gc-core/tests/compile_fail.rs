//! The programs in `tests/ui` must not compile, and the compiler has to say why in words that
//! help. After a change: `TRYBUILD=overwrite cargo test -p gc-core --test compile_fail`, then read
//! what has become of the `.stderr` files.

#![cfg(all(feature = "std", feature = "derive", not(miri), not(loom)))]

#[test]
fn ui() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
