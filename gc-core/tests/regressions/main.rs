//! What once went wrong. Each test is named after what users rely on.

mod finalizers;
mod large;
mod left_half_done;
mod limits_and_rounds;
mod numbers;
mod panics;
mod replaced_heap;
mod slices;
mod untruthful;
mod util;
mod weak;
