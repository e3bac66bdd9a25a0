//! What single operations cost, beside those that a game would use instead. `GC_BENCH_QUICK=1` runs fast.

mod access;
mod alloc;
mod collect;
mod containers;
mod cpu_time;
mod frames;

use cpu_time::CpuTime;
use criterion::{Criterion, criterion_main};
use std::{env, time::Duration};

/// Is it only to see whether it runs?
fn is_quick() -> bool {
    env::var_os("GC_BENCH_QUICK").is_some_and(|value| value != "0")
        || env::args().any(|argument| argument == "--test")
}

fn criterion() -> Criterion<CpuTime> {
    let criterion = Criterion::default().with_measurement(CpuTime);
    let criterion = if is_quick() {
        criterion
            .sample_size(10)
            .warm_up_time(Duration::from_millis(50))
            .measurement_time(Duration::from_millis(100))
    } else {
        criterion
            .sample_size(30)
            .warm_up_time(Duration::from_millis(500))
            .measurement_time(Duration::from_secs(3))
    };
    criterion.configure_from_args()
}

fn core() {
    let mut criterion = criterion();
    alloc::churn(&mut criterion);
    alloc::bullets(&mut criterion);
    alloc::million(&mut criterion);
    access::clone_and_drop(&mut criterion);
    access::clone_or_drop(&mut criterion);
    access::write(&mut criterion);
    access::read(&mut criterion);
    access::read_weak(&mut criterion);
    access::upgrade(&mut criterion);
    collect::live(&mut criterion);
    collect::shapes(&mut criterion);
    collect::rings(&mut criterion);
    collect::one_ring(&mut criterion);
    frames::rings(&mut criterion);
    containers::push(&mut criterion);
    containers::queue(&mut criterion);
    containers::insert(&mut criterion);
    containers::look_up(&mut criterion);
    containers::remove(&mut criterion);
    criterion.final_summary();
}

criterion_main!(core);
