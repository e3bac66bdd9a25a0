//! gc-core without Rust's `std`: sixty frames of a game whose squads leave cycles behind, collected in slices.
//!
//! `cargo run --release` in this folder. The program starts in C's `main` and takes memory from C's allocator,
//! as a console's or an engine's SDK would have it; of Rust it links only `core`, `alloc` and gc-core.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::{alloc::GlobalAlloc, alloc::Layout, format, string::String, vec::Vec};
use core::ffi::{c_int, c_void};
use gc_core::{Budget, Gc, Heap, HeapConfig, Policy, Trace, Weak};

#[derive(Trace)]
struct Squad {
    leader: Option<Gc<Ship>>,
    members: Vec<Gc<Ship>>,
}

#[derive(Trace)]
struct Ship {
    squad: Gc<Squad>,
    target: Weak<Ship>,
}

const FRAMES: usize = 60;
const SHIPS: usize = 10;

fn play() -> Result<String, String> {
    let mut heap = Heap::with_config(HeapConfig {
        policy: Policy::Disabled,
        ..HeapConfig::default()
    });
    let mut rival: Option<Gc<Ship>> = None;
    for _ in 0..FRAMES {
        let squad = heap.alloc(Squad {
            leader: None,
            members: Vec::new(),
        });
        let target = rival.as_ref().map(Gc::downgrade).unwrap_or_default();
        for _ in 0..SHIPS {
            let ship = heap.alloc(Ship {
                squad: squad.clone(),
                target,
            });
            heap[&squad].members.push(ship);
        }
        let leader = heap[&squad].members[0].clone();
        heap[&squad].leader = Some(leader.clone());
        rival = Some(leader); // the squad before this one is now a dead cycle
        heap.step(Budget::units(64)); // what a frame can spare
    }

    let last = rival.ok_or("no squad was made")?;
    let before = heap.len();
    while !heap.step(Budget::units(64)).finished {}
    if heap.len() != 1 + SHIPS {
        return Err(format!("{} objects left, not one squad", heap.len()));
    }
    if heap.get_weak(heap[&last].target).is_some() {
        return Err(String::from(
            "the rival was collected, but its weak handle still answers",
        ));
    }
    let members = heap[&heap[&last].squad].members.len();
    Ok(format!(
        "{FRAMES} squads made, {before} objects at the last frame, the last squad's {members} ships left\n"
    ))
}

// SAFETY: the one `main` of the program, with the signature that C's start-up code calls.
#[unsafe(no_mangle)]
extern "C" fn main(_argc: c_int, _argv: *const *const u8) -> c_int {
    match play() {
        Ok(line) => print(&line),
        Err(why) => {
            print(&why);
            return 1;
        }
    }
    0
}

// SAFETY: the declarations are those of the C standard library and of POSIX.
#[link(name = "c")]
unsafe extern "C" {
    fn aligned_alloc(align: usize, size: usize) -> *mut c_void;
    fn free(ptr: *mut c_void);
    fn write(file: c_int, bytes: *const u8, len: usize) -> isize;
    safe fn abort() -> !;
}

fn print(text: &str) {
    // SAFETY: the pointer and the length are those of one slice; 1 is the standard output.
    unsafe { write(1, text.as_ptr(), text.len()) };
}

struct CAlloc;

// SAFETY: `aligned_alloc` gives memory of the size and alignment asked for, or null, and `free` takes it back.
unsafe impl GlobalAlloc for CAlloc {
    // SAFETY: nothing is asked of the caller beyond the trait's contract.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let layout = layout.pad_to_align(); // C wants the size to be a multiple of the alignment
        // SAFETY: the alignment is a power of two, and `size` a multiple of it.
        unsafe { aligned_alloc(layout.align(), layout.size()).cast() }
    }
    // SAFETY: nothing is asked of the caller beyond the trait's contract.
    unsafe fn dealloc(&self, ptr: *mut u8, _layout: Layout) {
        // SAFETY: the caller says that `ptr` came from `alloc`, so from `aligned_alloc`.
        unsafe { free(ptr.cast()) }
    }
}

#[global_allocator]
static ALLOC: CAlloc = CAlloc;

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    print(&format!("{info}\n"));
    abort()
}

// The toolchain's `alloc` is compiled for unwinding and names these two. With `panic = "abort"` nothing calls them.

// SAFETY: std, which has the function of this name, is not linked.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() -> ! {
    abort()
}

// SAFETY: the unwinder's library, which has the function of this name, is not linked.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    abort()
}
