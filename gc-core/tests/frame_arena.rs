//! Scratch memory for a frame, and for two.

#![cfg(feature = "bumpalo")]

use gc_core::{DoubleFrameArena, FrameArena, FrameRef, Gc, Heap, Trace, Weak};

#[derive(Trace)]
struct Ship {
    hp: u32,
    near: Vec<Gc<Ship>>,
}

fn ships(heap: &mut Heap, count: u32) -> Vec<Gc<Ship>> {
    (0..count)
        .map(|hp| heap.alloc(Ship { hp, near: vec![] }))
        .collect()
}

/// A system's frame: scratch of plain values, borrowed handles and weak ones, while the heap is changed.
#[test]
fn a_frame_is_filled_while_the_heap_is_written_to() {
    let mut heap = Heap::new();
    let all = ships(&mut heap, 100);
    let mut frame = heap.frame_arena();
    for _ in 0..3 {
        let weak: &mut [(u32, Weak<Ship>)] =
            frame.alloc_slice_fill_iter(all.iter().map(|ship| (heap[ship].hp, ship.downgrade())));
        weak.sort_unstable_by_key(|&(hp, _)| std::cmp::Reverse(hp));
        let strongest: &[&Gc<Ship>] = frame.alloc_slice_fill_iter(all.iter().rev().take(3));
        let name = frame.alloc_str("strongest");
        for ship in strongest {
            heap[*ship].hp += 1;
            let fresh = heap.alloc(Ship {
                hp: 0,
                near: vec![],
            });
            heap[*ship].near.push(fresh);
            heap.collect();
        }
        assert_eq!(
            heap.get_weak(weak[0].1).map(|ship| !ship.near.is_empty()),
            Some(true)
        );
        assert_eq!(name, "strongest");
        frame.reset();
        assert_eq!(frame.used_bytes(), 0);
    }
}

/// After a few frames there is one chunk, and the allocator is not asked any more.
#[test]
fn a_reset_keeps_one_chunk_that_is_large_enough() {
    let mut frame = FrameArena::new();
    assert_eq!(frame.allocated_bytes(), 0);
    let mut chunks = Vec::new();
    for _ in 0..6 {
        for value in 0..10_000u64 {
            assert_eq!(*frame.alloc(value), value);
        }
        chunks.push(frame.allocated_bytes());
        frame.reset();
    }
    assert_eq!(chunks[2..], [chunks[2]; 4]);
    assert!(frame.high_water() >= 80_000);
    assert_eq!(frame.allocated_bytes(), chunks[5]);
}

#[test]
fn values_of_any_alignment_and_size_lie_apart() {
    #[derive(Clone, Copy, PartialEq, Debug)]
    #[repr(align(256))]
    struct Wide(u8);
    let frame = FrameArena::new();
    let (one, other) = (frame.alloc(Wide(1)), frame.alloc(Wide(2)));
    let byte = frame.alloc(3u8);
    let many = frame.alloc_slice(&[Wide(4); 100]);
    frame.alloc(());
    *one = Wide(5);
    assert_eq!(
        (*one, *other, *byte, many[99]),
        (Wide(5), Wide(2), 3, Wide(4))
    );
    for place in [&raw const *one, &raw const *other, many.as_ptr()] {
        assert_eq!(place.addr() % 256, 0);
    }
    assert_eq!(frame.try_alloc(7u8), Ok(&mut 7));
    assert_eq!(frame.try_alloc_slice(&[1u8, 2]), Ok(&mut [1, 2][..]));
}

#[test]
fn the_heap_knows_what_its_frames_use() {
    let mut heap = Heap::new();
    assert_eq!(heap.frame_stats(), Default::default());
    let mut small = heap.frame_arena();
    let mut large = heap.frame_arena();
    small.alloc([0u8; 100]);
    large.alloc_slice(&[0u64; 1000]);
    let bytes = small.allocated_bytes() + large.allocated_bytes();
    assert_eq!(heap.frame_stats().bytes, bytes);
    assert_eq!(heap.frame_stats().high_water, 0, "the frame goes on");
    small.reset();
    large.reset();
    let high_water = heap.frame_stats().high_water;
    assert!((8000..10_000).contains(&high_water), "{high_water}");
    assert_eq!(high_water, large.high_water());
    drop(small);
    assert_eq!(heap.frame_stats().bytes, large.allocated_bytes());
    // No limit stops scratch, which no collection could free.
    assert_eq!(heap.bytes(), 0);
    let handle = std::thread::spawn(move || {
        large.alloc(1u8);
        large.reset();
        large
    });
    let mut large = handle.join().unwrap();
    heap.collect();
    drop(heap);
    large.alloc(2u8);
    large.reset();
}

#[test]
fn two_frames_are_readable_and_no_more() {
    let mut frames = DoubleFrameArena::new();
    let mut left: Vec<FrameRef<[u32]>> = Vec::new();
    for frame in 0..10u32 {
        left.push(frames.alloc_slice(&[frame, frame + 1]));
        let one = frames.alloc(frame);
        *frames.get_mut(one).unwrap() += 100;
        assert_eq!(frames.get(one), Some(&(frame + 100)));
        for (age, list) in left.iter().rev().enumerate() {
            let wanted = frame - age as u32;
            let there = frames.get(*list);
            if age < 2 {
                assert_eq!(there, Some(&[wanted, wanted + 1][..]));
            } else {
                assert_eq!(there, None, "from frame {wanted} in frame {frame}");
            }
        }
        frames.swap();
    }
}

#[test]
fn a_reference_fits_its_own_arena_only() {
    let heap = Heap::new();
    let (one, mut other) = (DoubleFrameArena::of(&heap), DoubleFrameArena::of(&heap));
    let value = one.alloc(7u64);
    assert_eq!(other.get(value), None);
    assert_eq!(other.get_mut(value), None);
    assert_eq!(one.get(value), Some(&7));
    let moved = std::thread::spawn(move || one.get(value).copied());
    assert_eq!(moved.join().unwrap(), Some(7));
    assert_eq!(other.get(value), None);
    other.swap();
    assert_eq!(other.arenas().map(FrameArena::used_bytes), [0, 0]);
}
