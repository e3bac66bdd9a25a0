//! Programs: what a game may do between two slices, as data that can be printed, shrunk and replayed.

use super::objects::Mode;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// No more objects than this at a time: bugs need few, and many only hide them.
    pub max_objects: u8,
    /// Young threshold for automatic collections; 0 for the default.
    pub young: u8,
    pub quarantine: bool,
    /// Objects are of several types, and so in several pages: a unit of some phases is a whole page, or 16
    /// places in it, and what lies together cannot be examined apart.
    pub apart: bool,
    /// Objects lie 16 places and more from each other.
    pub sparse: bool,
    /// Objects are larger than a unit of tracing: 1 in 2, or all.
    pub bulk: u8,
    /// 1 in 2 objects makes weak or strong handles of its edges in its `Drop`.
    pub habits: bool,
    /// The policy at the start, and bounds that keep the pacer busy with so small a heap.
    pub policy: u8,
    pub paced: bool,
    /// Read the weak handles after each operation. Off in most runs: reading marks, and so hides bugs.
    pub probe_weak: bool,
    /// `trace`, `Drop`, finalizers and callbacks may panic.
    pub panics: bool,
    /// The heap's seed in chaos mode; 0 for a heap without.
    pub chaos: u8,
    /// Handles sent away are dropped by the other thread when it likes.
    pub racing: bool,
    /// Much of what it does is with frame arenas.
    pub frames: bool,
    /// The end: slices of this many units, or 0 for `collect`.
    pub finish: u8,
    /// The heap ends before the handles do.
    pub heap_first: bool,
}

impl Settings {
    pub fn decode(bits: u64) -> Settings {
        let bit = |n: u32, of: u64| (bits >> n).is_multiple_of(of);
        Settings {
            max_objects: 3 + (bits % 6) as u8,
            young: if bit(8, 4) {
                1 + (bits >> 10) as u8 % 4
            } else {
                0
            },
            quarantine: bit(16, 8),
            apart: bit(44, 2),
            sparse: bit(46, 3),
            bulk: [0, 0, 0, 0, 0, 0, 1, 2][(bits >> 50) as usize % 8],
            habits: bit(53, 6),
            policy: [0, 0, 0, 2, 3, 4, 1, 0][(bits >> 56) as usize % 8],
            paced: bit(59, 2),
            probe_weak: bit(20, 8),
            panics: bit(24, 8),
            chaos: if bit(29, 6) {
                (bits >> 48) as u8 | 1
            } else {
                0
            },
            racing: bit(28, 32),
            frames: bit(61, 8),
            finish: [0, 1, 1, 3][(bits >> 34) as usize % 4],
            heap_first: bit(40, 2),
        }
    }

    /// The same for proptest, without what makes a program hard to shrink.
    pub fn deterministic(mut self) -> Settings {
        self.racing = false;
        self
    }
}

/// Small numbers pick among what there is, modulo its count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    Plain {
        a: u8,
        b: u8,
        links: u8,
    },
    Fin {
        mode: Mode,
        a: u8,
        links: u8,
    },
    Leaf,
    Cyclic {
        a: u8,
    },
    Clone(u8),
    Drop(u8),
    DropElsewhere(u8),
    CloneElsewhere(u8),
    ReadThrough {
        x: u8,
        edge: u8,
    },
    ReadThroughAndDrop {
        x: u8,
        edge: u8,
    },
    Push {
        to: u8,
        from: u8,
        moved: bool,
    },
    Pop {
        x: u8,
        keep: bool,
    },
    Take {
        x: u8,
        keep: bool,
    },
    Replace {
        x: u8,
        edge: u8,
        with: u8,
        keep: bool,
    },
    Carry {
        from: u8,
        to: u8,
    },
    Swap {
        a: u8,
        b: u8,
    },
    Anchor(u8),
    Unanchor,
    Adopt,
    Release,
    HoldWeak(u8),
    StoreWeak {
        x: u8,
        of: u8,
    },
    Upgrade(u8),
    PeekWeak {
        w: u8,
        edge: u8,
    },
    TakeThroughWeak {
        w: u8,
    },
    UpgradeStored {
        x: u8,
        w: u8,
    },
    IterClone {
        fin: bool,
        nth: u8,
        edge: u8,
    },
    IterAll,
    Erase(u8),
    Foreign(u8),
    Step(u64),
    StepUntil(u8),
    Limits(u8),
    Finish,
    Collect,
    CollectGeneration(u8),
    Reclaim,
    Enable(bool),
    Policy(u8),
    Thresholds(u8),
    BeginRound,
    EndRound,
    Freeze,
    Unfreeze,
    TakeGarbage,
    Trim,
    External {
        x: u8,
        bytes: u8,
    },
    Inspect(u8),
    DrainReclaimed,
    ArmTrace(u8),
    ArmDrop,
    ArmCallback(u8),
    FramePut {
        what: u8,
        of: u8,
    },
    FrameWrite(u8),
    FrameWeak(u8),
    FrameSwap,
    FrameFill(u8),
    FrameReset,
    FrameRenew,
    DropHeap,
}

type Make = fn(u8, u8, u8) -> Op;

/// Most slices are of one unit, so that what happens between two units is seen. But a slice may also begin in
/// one phase and end in another, and that must not differ.
pub const SLICES: [u64; 8] = [1, 2, 3, 5, 17, 64, 1000, u64::MAX];

/// What a program is likely to do. Simple operations first: shrinking goes to the front.
const PLAY: &[(u32, Make)] = &[
    (126, |_, _, _| Op::Step(1)),
    (34, |a, b, c| {
        choose(FRAMES, u16::from(a) << 4 | u16::from(b), [c, a, b])
    }),
    (60, |a, _, _| Op::Drop(a)),
    (40, |a, _, _| Op::Clone(a)),
    (60, |a, b, _| Op::ReadThrough { x: a, edge: b }),
    (50, |a, b, _| Op::ReadThroughAndDrop { x: a, edge: b }),
    (50, |a, b, c| Op::Push {
        to: a,
        from: b,
        moved: c % 2 == 0,
    }),
    (40, |a, b, _| Op::Pop {
        x: a,
        keep: b % 4 != 0,
    }),
    (20, |a, b, _| Op::Take {
        x: a,
        keep: b % 4 != 0,
    }),
    (30, |a, b, c| Op::Replace {
        x: a,
        edge: b,
        with: c,
        keep: c % 2 == 0,
    }),
    (40, |a, b, _| Op::Carry { from: a, to: b }),
    (15, |a, b, _| Op::Swap { a, b }),
    (25, |a, b, c| Op::Plain { a, b, links: c }),
    (25, |a, b, c| Op::Fin {
        mode: mode(a),
        a: b,
        links: c,
    }),
    (8, |_, _, _| Op::Leaf),
    (6, |a, _, _| Op::Cyclic { a }),
    (20, |a, _, _| Op::HoldWeak(a)),
    (15, |a, b, _| Op::StoreWeak { x: a, of: b }),
    (30, |a, _, _| Op::Upgrade(a)),
    (25, |a, b, _| Op::PeekWeak { w: a, edge: b }),
    (12, |a, _, _| Op::TakeThroughWeak { w: a }),
    (12, |a, b, _| Op::UpgradeStored { x: a, w: b }),
    (16, |a, b, c| Op::IterClone {
        fin: a % 2 == 0,
        nth: b % 4,
        edge: c,
    }),
    (4, |_, _, _| Op::IterAll),
    (10, |a, _, _| Op::Anchor(a)),
    (4, |_, _, _| Op::Unanchor),
    (12, |_, _, _| Op::Adopt),
    (10, |_, _, _| Op::Release),
    (4, |a, _, _| Op::Erase(a)),
    (2, |a, _, _| Op::Foreign(a)),
    (3, |a, _, _| Op::DropElsewhere(a)),
    (2, |a, _, _| Op::CloneElsewhere(a)),
    (40, |a, _, _| Op::Step(SLICES[a as usize % SLICES.len()])),
    (6, |a, _, _| Op::StepUntil(a % 5)),
    (4, |_, _, _| Op::Finish),
    (4, |_, _, _| Op::Collect),
    (3, |a, _, _| Op::Limits(a % 6)),
    (6, |a, _, _| Op::CollectGeneration(a % 3)),
    (10, |_, _, _| Op::Reclaim),
    (2, |a, _, _| Op::Enable(a % 3 != 0)),
    (3, |a, _, _| Op::Policy(a % 5)),
    (2, |a, _, _| Op::Thresholds(1 + a % 8)),
    (2, |_, _, _| Op::BeginRound),
    (6, |_, _, _| Op::EndRound),
    (2, |_, _, _| Op::Freeze),
    (5, |_, _, _| Op::Unfreeze),
    (4, |_, _, _| Op::TakeGarbage),
    (2, |_, _, _| Op::Trim),
    (4, |a, b, _| Op::External {
        x: a,
        bytes: b % 5 * 50,
    }),
    (6, |a, _, _| Op::Inspect(a)),
    (2, |_, _, _| Op::DrainReclaimed),
    (8, |a, _, _| Op::ArmTrace(1 + a % 12)),
    (6, |_, _, _| Op::ArmDrop),
    (3, |a, _, _| Op::ArmCallback(1 + a % 3)),
    (2, |_, _, _| Op::DropHeap),
];

/// The first operations of a program: some objects.
const MAKE: &[(u32, Make)] = &[
    (12, |a, b, c| Op::Plain { a, b, links: c }),
    (4, |a, b, c| Op::Fin {
        mode: mode(a),
        a: b,
        links: c,
    }),
    (1, |_, _, _| Op::Leaf),
    (1, |a, _, _| Op::Cyclic { a }),
];

/// Then edges between them, and some handles go.
const LINK: &[(u32, Make)] = &[
    (12, |a, b, c| Op::Push {
        to: a,
        from: b,
        moved: c % 3 == 0,
    }),
    (3, |a, _, _| Op::HoldWeak(a)),
    (2, |a, b, _| Op::StoreWeak { x: a, of: b }),
    (4, |a, _, _| Op::Drop(a)),
    (1, |a, _, _| Op::Anchor(a)),
    (2, |a, _, _| Op::Clone(a)),
];

/// Scratch memory. Some programs have much of it: what it must show takes several of these.
const FRAMES: &[(u32, Make)] = &[
    (12, |a, b, _| Op::FramePut { what: a, of: b }),
    (4, |a, _, _| Op::FrameWrite(a)),
    (5, |a, _, _| Op::FrameWeak(a)),
    (6, |_, _, _| Op::FrameSwap),
    (3, |a, _, _| Op::FrameFill(a)),
    (3, |_, _, _| Op::FrameReset),
    (1, |_, _, _| Op::FrameRenew),
];

fn mode(n: u8) -> Mode {
    Mode::ALL[n as usize % Mode::ALL.len()]
}

fn choose(table: &[(u32, Make)], pick: u16, [a, b, c]: [u8; 3]) -> Op {
    let total: u32 = table.iter().map(|e| e.0).sum();
    // Nobody holds more handles than this: small numbers are easier to read.
    let [a, b, c] = [a % 16, b % 16, c % 16];
    let mut at = u32::from(pick) % total;
    for (weight, make) in table {
        if at < *weight {
            return make(a, b, c);
        }
        at -= weight;
    }
    unreachable!("the weights add up")
}

#[derive(Clone, Copy, Debug)]
pub enum Part {
    Make,
    Link,
    Play,
    Frames,
}

pub fn decode(part: Part, pick: u16, args: [u8; 3]) -> Op {
    choose(
        match part {
            Part::Make => MAKE,
            Part::Link => LINK,
            Part::Play => PLAY,
            Part::Frames => FRAMES,
        },
        pick,
        args,
    )
}

/// SplitMix64: short, fixed, the same on every machine.
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Rng(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

pub fn random(seed: u64) -> (Settings, Vec<Op>) {
    let mut rng = Rng::new(seed);
    let settings = Settings::decode(rng.next());
    let makes = 2 + rng.below(5);
    let links = rng.below(10);
    let plays = 6 + rng.below(34);
    // In one program of eight, every other operation.
    let frames = settings.frames;
    let mut op = |part| {
        let bits = rng.next();
        decode(
            part,
            bits as u16,
            [(bits >> 16) as u8, (bits >> 24) as u8, (bits >> 32) as u8],
        )
    };
    let mut ops = Vec::new();
    ops.extend((0..makes).map(|_| op(Part::Make)));
    ops.extend((0..links).map(|_| op(Part::Link)));
    ops.extend((0..plays).map(|n| {
        op(if frames && n % 2 == 0 {
            Part::Frames
        } else {
            Part::Play
        })
    }));
    (settings, ops)
}
