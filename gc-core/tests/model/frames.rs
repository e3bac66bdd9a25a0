//! Scratch memory of frames in the model: what was put into it, as plain data, and what must be readable when.

use super::objects::{Id, WeakRef};
use gc_core::{DoubleFrameArena, FrameArena, FrameRef, Heap};

/// A weak handle of the game, with what the oracle needs to judge it.
pub type Noted = (Id, u64, WeakRef);

type Check = Result<(), String>;

#[derive(Clone, Copy, PartialEq, Debug)]
#[repr(align(64))]
struct Wide(u64);

/// A value in a frame, and what was written to it last.
#[derive(Clone, Copy)]
enum Put {
    Byte(FrameRef<u8>, u8),
    Wide(FrameRef<Wide>, u64),
    /// So many numbers, from one on.
    Slice(FrameRef<[u32]>, usize, u32),
    Nothing(FrameRef<()>),
    Weak(FrameRef<Noted>, Noted),
}

struct Entry {
    frame: u64,
    put: Put,
}

/// Two frames that report to the heap, and one more arena that does.
pub struct Frames {
    double: DoubleFrameArena,
    single: FrameArena,
    /// The number of the frame, and all that was put into this one, the one before, and the last that is over.
    frame: u64,
    entries: Vec<Entry>,
    /// The most that a frame had used when it was reset, of any arena of the heap.
    high_water: usize,
    next: u32,
}

impl Frames {
    pub fn new(heap: &Heap) -> Self {
        Frames {
            double: DoubleFrameArena::of(heap),
            single: heap.frame_arena(),
            frame: 0,
            entries: Vec::new(),
            high_water: 0,
            next: 1,
        }
    }

    /// Puts a value into the frame; `weak` if there is one to put.
    pub fn put(&mut self, what: u8, weak: Option<Noted>) -> Check {
        self.next += 1;
        let next = self.next;
        let put = match what % 5 {
            0 => Put::Byte(self.double.alloc(next as u8), next as u8),
            1 => Put::Wide(self.double.alloc(Wide(next.into())), next.into()),
            2 => {
                // Now and then longer than a chunk.
                let length = if next.is_multiple_of(7) {
                    300
                } else {
                    next as usize % 6
                };
                let items: Vec<u32> = (next..).take(length).collect();
                match self.double.try_alloc_slice(&items) {
                    Ok(place) => Put::Slice(place, length, next),
                    Err(full) => return Err(format!("a frame says {full}")),
                }
            }
            3 => Put::Nothing(self.double.alloc(())),
            _ => match weak {
                Some(noted) => match self.double.try_alloc(noted) {
                    Ok(place) => Put::Weak(place, noted),
                    Err(full) => return Err(format!("a frame says {full}")),
                },
                None => return Ok(()),
            },
        };
        self.entries.push(Entry {
            frame: self.frame,
            put,
        });
        Ok(())
    }

    /// Changes a value that is still to be read.
    pub fn write(&mut self, pick: u8) -> Check {
        let frame = self.frame;
        let readable = self.entries.iter_mut().filter(|e| e.frame + 1 >= frame);
        let mut readable: Vec<_> = readable.collect();
        if readable.is_empty() {
            return Ok(());
        }
        let at = pick as usize % readable.len();
        self.next += 1;
        let next = self.next;
        let gone = || String::from("a value of this frame or the last cannot be written");
        match &mut readable[at].put {
            Put::Byte(place, value) => {
                *value = next as u8;
                *self.double.get_mut(*place).ok_or_else(gone)? = *value;
            }
            Put::Wide(place, value) => {
                *value = next.into();
                *self.double.get_mut(*place).ok_or_else(gone)? = Wide(*value);
            }
            Put::Slice(place, _, first) => {
                *first = next;
                let items = self.double.get_mut(*place).ok_or_else(gone)?;
                items.iter_mut().zip(next..).for_each(|(item, n)| *item = n);
            }
            Put::Nothing(_) | Put::Weak(..) => {}
        }
        Ok(())
    }

    /// A weak handle that lies in a frame still to be read.
    pub fn weak(&self, pick: u8) -> Option<Noted> {
        let weak: Vec<_> = self
            .entries
            .iter()
            .filter_map(|entry| match entry.put {
                Put::Weak(place, _) => self.double.get(place).copied(),
                _ => None,
            })
            .collect();
        (!weak.is_empty()).then(|| weak[pick as usize % weak.len()])
    }

    /// The frame ends.
    pub fn swap(&mut self) {
        // Reset is the arena of the frame before: it becomes that of the next one.
        let used = self.double.arenas()[1].used_bytes();
        self.high_water = self.high_water.max(used);
        self.double.swap();
        self.frame += 1;
        let oldest = self.frame.saturating_sub(2);
        self.entries.retain(|entry| entry.frame >= oldest);
    }

    /// A frame of the other arena, from its first value to its reset: of different sizes, all readable to the end.
    pub fn fill(&mut self, many: u8) -> Check {
        let many = many as usize * if many.is_multiple_of(5) { 40 } else { 1 };
        let frame = &self.single;
        let before = frame.used_bytes();
        let mut numbers = Vec::new();
        let mut wides = Vec::new();
        for n in 0..many as u64 {
            numbers.push((n, frame.alloc(n)));
            wides.push((n + 1, frame.alloc(Wide(n + 1))));
        }
        let listed = frame.alloc_slice_fill_iter(0..many as u16);
        let name = frame.alloc_str("scratch");
        for (n, place) in &mut numbers {
            *n += 7;
            **place += 7;
        }
        if numbers.iter().any(|(n, place)| n != *place)
            || wides.iter().any(|(n, place)| Wide(*n) != **place)
            || !listed.iter().copied().eq(0..many as u16)
            || name != "scratch"
        {
            return Err("a value in a frame has changed".into());
        }
        let least = many * (8 + size_of::<Wide>() + 2) + "scratch".len();
        let used = frame.used_bytes() - before;
        if used < least {
            return Err(format!("{least} bytes lie in a frame that uses {used}"));
        }
        Ok(())
    }

    pub fn reset(&mut self) -> Check {
        self.high_water = self.high_water.max(self.single.used_bytes());
        self.single.reset();
        match self.single.used_bytes() {
            0 => Ok(()),
            used => Err(format!("after its reset a frame uses {used} bytes")),
        }
    }

    /// Another arena in the place of the one: its chunks no longer count.
    pub fn renew(&mut self, heap: &Heap) {
        self.single = heap.frame_arena();
    }

    /// Everything reads as it was written, in its frame and the next, and not longer; and the heap knows what is used.
    pub fn check(&self, heap: Option<&Heap>) -> Check {
        for Entry { frame, put } in &self.entries {
            let there = match *put {
                Put::Byte(place, value) => self.double.get(place).map(|read| *read == value),
                Put::Wide(place, value) => self.double.get(place).map(|read| read.0 == value),
                Put::Slice(place, length, first) => (self.double.get(place)).map(|read| {
                    read.len() == length && read.iter().copied().eq((first..).take(length))
                }),
                Put::Nothing(place) => self.double.get(place).map(|()| true),
                Put::Weak(place, noted) => self.double.get(place).map(|read| *read == noted),
            };
            let wanted = (frame + 1 >= self.frame).then_some(true);
            if there != wanted {
                return Err(format!(
                    "in frame {}, a value of frame {frame} reads {there:?}",
                    self.frame
                ));
            }
        }
        let Some(heap) = heap else {
            return Ok(());
        };
        let stats = heap.frame_stats();
        let [now, before] = self.double.arenas();
        let bytes: usize = [now, before, &self.single]
            .map(FrameArena::allocated_bytes)
            .iter()
            .sum();
        if (stats.bytes, stats.high_water) != (bytes, self.high_water) {
            return Err(format!(
                "{stats:?}, and the frames have {bytes} bytes and used {}",
                self.high_water
            ));
        }
        Ok(())
    }
}
