//! Generations, and when a collection of one is due.

/// How many collections an object has survived.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Generation {
    /// Survived none: generation 0.
    Young,
    /// Survived one: generation 1.
    Middle,
    /// Survived more: generation 2. Collecting it collects everything.
    Old,
}

impl Generation {
    /// From young to old.
    pub const ALL: [Generation; 3] = [Generation::Young, Generation::Middle, Generation::Old];

    /// 0, 1 or 2.
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// When collections begin by themselves, as CPython has them.
///
/// A young collection begins at the allocation that would bring the number of tracked objects allocated, less those
/// that reference counting freed, above `young`; it becomes a middle one after more than `middle` young ones, and a full
/// one after more than `old` middle ones, if the objects that have become old since the last full one are at least a
/// quarter of those it left.
///
/// The classic tuning of games: raise `young` above what a burst allocates, and bullets that die by reference count
/// never trigger a collection. `young: 0` switches automatic collection off.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Thresholds {
    /// Net tracked allocations.
    pub young: usize,
    /// Young collections.
    pub middle: usize,
    /// Middle collections.
    pub old: usize,
}

impl Default for Thresholds {
    fn default() -> Self {
        Thresholds {
            young: 2000,
            middle: 10,
            old: 10,
        }
    }
}
