//! `get_mut` beside `get` while no collection is in progress.

use crate::{
    clock,
    figure::median,
    graph::{Node, bare_nodes},
    random::Random,
};
use gc_core::{Gc, Heap, HeapConfig, Policy};
use std::hint::black_box;

const OBJECTS: usize = 100_000;
const ROUNDS: usize = 31;

/// Nanoseconds an access: the payload is read through the reference.
#[derive(Clone, Copy)]
pub struct WriteAccess {
    pub get_shuffled: f64,
    pub get_mut_shuffled: f64,
    pub get_hot: f64,
    pub get_mut_hot: f64,
}

pub fn measure() -> WriteAccess {
    let mut heap = Heap::with_config(HeapConfig {
        policy: Policy::Disabled,
        ..HeapConfig::default()
    });
    let mut handles = bare_nodes(&mut heap, OBJECTS);
    Random::new(7).shuffle(&mut handles);
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push([
            each(&handles, |handle| heap.get(handle).payload),
            each(&handles, |handle| heap.get_mut(handle).payload),
            again(&handles[0], |handle| heap.get(handle).payload),
            again(&handles[0], |handle| heap.get_mut(handle).payload),
        ]);
    }
    let [get_shuffled, get_mut_shuffled, get_hot, get_mut_hot] =
        [0, 1, 2, 3].map(|case| median(rounds.iter().map(|round| round[case])));
    WriteAccess {
        get_shuffled,
        get_mut_shuffled,
        get_hot,
        get_mut_hot,
    }
}

/// Nanoseconds an access to each object once.
fn each(handles: &[Gc<Node>], mut read: impl FnMut(&Gc<Node>) -> u64) -> f64 {
    let (sum, took) = clock::time(|| {
        let mut sum = 0u64;
        for handle in handles {
            sum = sum.wrapping_add(read(handle));
        }
        sum
    });
    black_box(sum);
    took.as_secs_f64() * 1e9 / handles.len() as f64
}

/// Nanoseconds an access to the same object again and again.
fn again(handle: &Gc<Node>, mut read: impl FnMut(&Gc<Node>) -> u64) -> f64 {
    let mut sum = 0u64;
    let nanos = clock::nanos_a_call(OBJECTS as u32, || {
        sum = sum.wrapping_add(read(black_box(handle)));
    });
    black_box(sum);
    nanos
}
