//! Thread CPU time.

use cpu_time::ThreadTime;
use std::time::Duration;

/// How long `work` keeps this thread's core busy.
pub fn time<R>(work: impl FnOnce() -> R) -> (R, Duration) {
    let start = ThreadTime::now();
    let result = work();
    (result, start.elapsed())
}

/// Nanoseconds that one of `times` calls takes.
pub fn nanos_a_call(times: u32, mut call: impl FnMut()) -> f64 {
    let ((), took) = time(|| {
        for _ in 0..times {
            call();
        }
    });
    took.as_secs_f64() * 1e9 / f64::from(times)
}
