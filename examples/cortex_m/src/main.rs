//! gc-core on a microcontroller: the squads of `examples/no_std`, a frame at a time, on an ARM Cortex-M4 without an
//! operating system. `bash .ci/run qemu` builds it and runs it in QEMU; the same source builds for a Cortex-M0
//! (`thumbv6m-none-eabi`), which has no atomic compare-and-swap.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use core::ptr::addr_of_mut;
use cortex_m_rt::entry;
use cortex_m_semihosting::{debug, hprintln};
use embedded_alloc::LlffHeap;
use gc_core::{Budget, Gc, Heap, HeapConfig, Limits, Policy, Trace, Weak};
use panic_semihosting as _;

#[global_allocator]
static ALLOCATOR: LlffHeap = LlffHeap::empty();

const MEMORY: usize = 256 << 10;

#[derive(Trace)]
struct Squad {
    members: Vec<Gc<Ship>>,
}

#[derive(Trace)]
struct Ship {
    squad: Gc<Squad>,
    rival: Weak<Squad>,
}

const FRAMES: usize = 300;
const SHIPS: usize = 10;

/// Every frame leaves a squad behind whose ships refer to it: many times what the memory holds.
fn play() -> Result<(), &'static str> {
    let mut heap = Heap::with_config(HeapConfig {
        policy: Policy::Budgeted(Budget::units(200)),
        limits: Limits {
            soft: 48 << 10,
            hard: 96 << 10,
        },
        ..HeapConfig::default()
    });
    let mut last: Option<Gc<Squad>> = None;
    for _ in 0..FRAMES {
        let rival = last.as_ref().map(Gc::downgrade).unwrap_or_default();
        let squad = heap.alloc(Squad {
            members: Vec::new(),
        });
        for _ in 0..SHIPS {
            let ship = heap.alloc(Ship {
                squad: squad.clone(),
                rival,
            });
            heap[&squad].members.push(ship);
        }
        last = Some(squad);
        let progress = heap.step(Budget::units(200));
        if progress.units > 200 {
            return Err("a slice exceeded its budget");
        }
    }
    heap.collect();
    if heap.len() != 1 + SHIPS {
        return Err("something dead was left, or something living was not");
    }
    let last = last.ok_or("no squad was made")?;
    let first = &heap[&last].members[0];
    if heap.get_weak(heap[first].rival).is_some() || heap[first].squad != last {
        return Err("a weak handle outlived its object");
    }
    drop(last);
    heap.collect();
    if !heap.is_empty() {
        return Err("the last squad was left");
    }
    hprintln!(
        "{} squads of {} ships, {} bytes at the most",
        FRAMES,
        SHIPS,
        heap.peak_bytes()
    );
    Ok(())
}

#[entry]
fn main() -> ! {
    static mut RAM: [u8; MEMORY] = [0; MEMORY];
    let start = addr_of_mut!(*RAM) as usize;
    // SAFETY: called once, before anything is allocated, with memory that nothing else uses: `entry` hands the static to
    // `main` alone.
    unsafe { ALLOCATOR.init(start, MEMORY) }
    let status = match play() {
        Ok(()) => debug::EXIT_SUCCESS,
        Err(why) => {
            hprintln!("{}", why);
            debug::EXIT_FAILURE
        }
    };
    loop {
        debug::exit(status);
    }
}
