//! What every contender does, and how it is timed.

use crate::{clock, machine::status, random::Random};
use clap::ValueEnum;
use std::{fmt, time::Duration};

/// One kind of work.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, ValueEnum)]
pub enum Work {
    /// 2,000 bullets of 64 bytes with a strong handle of their owner: made, dropped, reclaimed.
    Churn,
    /// Clone and drop of a handle that is in the cache, of 100,000 shuffled ones, and reading through those.
    Access,
    /// Upgrade of a weak handle, and drop of what comes of it: of one that is in the cache, and of 100,000 shuffled ones.
    Weak,
    /// A full collection with 100,000 live objects, three random edges each, each held from outside.
    Live,
    /// The same, all held by one object.
    OneRoot,
    /// 100,000 objects in rings of 10: build them, leave them behind, collect.
    Rings,
    /// Frames of 2,000 allocations in rings of 10, all left behind, beside 100,000 live objects.
    Frames,
    /// The same, but one object of each ring refers to a live one: a bullet and its owner.
    OwnedFrames,
    /// [`Work::Live`] with 1,000,000.
    LiveMillion,
    /// [`Work::OneRoot`] with 1,000,000.
    OneRootMillion,
    /// 1,000,000 objects with 16 bytes of payload: resident bytes, and the time to make and to drop them.
    Memory,
    /// A vector is filled by pushing, and dropped.
    Push,
    /// A map is filled by inserting, and dropped.
    Insert,
    /// 600 frames of a bullet-hell: see [`game`](super::game).
    Match,
}

impl Work {
    pub const ALL: [Work; 14] = [
        Work::Churn,
        Work::Access,
        Work::Weak,
        Work::Live,
        Work::OneRoot,
        Work::Rings,
        Work::Frames,
        Work::OwnedFrames,
        Work::LiveMillion,
        Work::OneRootMillion,
        Work::Memory,
        Work::Push,
        Work::Insert,
        Work::Match,
    ];

    /// For the command line of a child.
    pub fn name(self) -> String {
        let value = self.to_possible_value().expect("no kind of work is hidden");
        value.get_name().to_owned()
    }

    /// What its figures are called, with their units.
    pub fn columns(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Work::Churn => &[("median", "ns an object"), ("mean", "ns an object")],
            Work::Access => &[
                ("hot", "ns, clone and drop"),
                ("cold", "ns, 100,000 shuffled"),
                ("read", "ns, 100,000 shuffled"),
            ],
            Work::Weak => &[
                ("hot", "ns, upgrade and drop"),
                ("cold", "ns, 100,000 shuffled"),
            ],
            Work::Live | Work::OneRoot | Work::LiveMillion | Work::OneRootMillion => {
                &[("collect", "ms")]
            }
            Work::Rings => &[("total", "ms")],
            Work::Frames | Work::OwnedFrames => &[
                ("p50", "µs"),
                ("p99", "µs"),
                ("longest", "µs"),
                ("mean", "µs"),
                ("peak", "MB resident"),
            ],
            Work::Memory => &[
                ("bytes", "resident bytes an object, handle included"),
                ("make", "ns"),
                ("drop", "ns"),
            ],
            Work::Push | Work::Insert => &[
                ("few", "ns an element, 1,000"),
                ("many", "ns an element, 100,000"),
            ],
            Work::Match => &[("total", "ms"), ("pause", "ms, longest pause")],
        }
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Work::Churn => "churn of 2,000 bullets",
            Work::Access => "clone, drop, read",
            Work::Weak => "weak handles",
            Work::Live => "full collection, 100,000 live, held one by one",
            Work::OneRoot => "full collection, 100,000 live, one root",
            Work::Rings => "100,000 objects in rings of 10, build and collect",
            Work::Frames => "frames of 2,000 in rings of 10, 100,000 live",
            Work::OwnedFrames => "the same frames, one of each ring refers to a live object",
            Work::LiveMillion => "full collection, 1,000,000 live, held one by one",
            Work::OneRootMillion => "full collection, 1,000,000 live, one root",
            Work::Memory => "1,000,000 objects of 16 bytes",
            Work::Push => "pushing into an empty vector",
            Work::Insert => "inserting into an empty map",
            Work::Match => "a match of 600 frames",
        })
    }
}

/// How much is done: all of it, or just enough to see that it runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sizes {
    pub bullets: usize,
    pub rounds: usize,
    pub live: usize,
    pub million: usize,
    pub collections: usize,
    pub frames: usize,
    pub match_frames: usize,
}

impl Sizes {
    pub const FULL: Sizes = Sizes {
        bullets: 2_000,
        rounds: 600,
        live: 100_000,
        million: 1_000_000,
        collections: 9,
        frames: 1_000,
        match_frames: 600,
    };
    pub const QUICK: Sizes = Sizes {
        bullets: 2_000,
        rounds: 20,
        live: 2_000,
        million: 10_000,
        collections: 3,
        frames: 20,
        match_frames: 20,
    };
}

/// Before frames are counted: pages are touched, pacing settles.
pub const WARM_UP_FRAMES: usize = 60;
/// A contender that takes longer for its frames or its collections is cut short: its figures are those of what it did.
pub const AT_MOST: Duration = Duration::from_secs(1);

/// Elements of a small and of a large container.
const FEW: usize = 1_000;
const MANY: usize = 100_000;

/// Named figures of one run.
pub type Figures = Vec<(&'static str, f64)>;

/// The times of some calls, in nanoseconds.
pub struct Times(Vec<f64>);

impl Times {
    /// Of `count` calls after `warm_up` that are not counted.
    pub fn of(warm_up: usize, count: usize, mut call: impl FnMut()) -> Self {
        for _ in 0..warm_up {
            call();
        }
        Times::from((0..count).map(|_| clock::time(&mut call).1))
    }

    pub fn from(times: impl IntoIterator<Item = Duration>) -> Self {
        let mut times: Vec<f64> = times.into_iter().map(|it| it.as_secs_f64() * 1e9).collect();
        times.sort_by(f64::total_cmp);
        Times(times)
    }

    /// The time that this part of the calls does not exceed.
    pub fn quantile(&self, part: f64) -> f64 {
        self.0[((self.0.len() - 1) as f64 * part).round() as usize]
    }

    pub fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.0.len() as f64
    }
}

/// Churn: `round` makes, drops and reclaims the bullets.
pub fn churn(sizes: Sizes, round: impl FnMut()) -> Figures {
    let times = Times::of(sizes.rounds / 10, sizes.rounds, round);
    let bullets = sizes.bullets as f64;
    vec![
        ("median", times.quantile(0.5) / bullets),
        ("mean", times.mean() / bullets),
    ]
}

/// What `call` takes for each of `count` handles.
pub fn each_handle(count: usize, call: impl FnMut()) -> f64 {
    Times::of(1, 15, call).quantile(0.5) / count as f64
}

/// Collections; `before` is not timed.
pub fn collections(sizes: Sizes, mut before: impl FnMut(), mut collect: impl FnMut()) -> Figures {
    let mut spent = Duration::ZERO;
    let mut times = Vec::new();
    // The first finds what building the graph left to do, and does not count.
    while times.len() <= sizes.collections && (spent < AT_MOST || times.len() < 2) {
        before();
        let ((), took) = clock::time(&mut collect);
        spent += took;
        times.push(took);
    }
    let times = Times::from(times.split_off(1));
    vec![("collect", times.quantile(0.5) / 1e6)]
}

/// Rings: `round` builds and collects all of them.
pub fn rings(sizes: Sizes, round: impl FnMut()) -> Figures {
    let times = Times::of(1, sizes.collections, round);
    vec![("total", times.quantile(0.5) / 1e6)]
}

/// Frames: `frame` plays one and returns when the collector has had its turn.
pub fn frames(sizes: Sizes, mut frame: impl FnMut()) -> Figures {
    let mut spent = Duration::ZERO;
    for _ in 0..WARM_UP_FRAMES.min(sizes.frames) {
        spent += clock::time(&mut frame).1;
        if spent > AT_MOST / 2 {
            break;
        }
    }
    spent = Duration::ZERO;
    let mut times = Vec::new();
    while times.len() < sizes.frames && spent < AT_MOST {
        let ((), took) = clock::time(&mut frame);
        spent += took;
        times.push(took);
    }
    let times = Times::from(times);
    vec![
        ("p50", times.quantile(0.5) / 1e3),
        ("p99", times.quantile(0.99) / 1e3),
        ("longest", times.quantile(1.0) / 1e3),
        ("mean", times.mean() / 1e3),
        ("peak", status("VmHWM") as f64 / 1e6),
    ]
}

/// Memory: `make` fills the vector with `count` handles of objects in `heap`; dropping it is timed too.
pub fn memory<C, H>(
    heap: &mut C,
    count: usize,
    make: impl FnOnce(&mut C, &mut Vec<H>),
    drop_all: impl FnOnce(&mut C, Vec<H>),
) -> Figures {
    let before = status("VmRSS");
    let mut handles = Vec::with_capacity(count);
    let ((), made) = clock::time(|| make(heap, &mut handles));
    assert_eq!(handles.len(), count);
    let after = status("VmRSS");
    let ((), dropped) = clock::time(|| drop_all(heap, handles));
    let each = |nanos: Duration| nanos.as_secs_f64() * 1e9 / count as f64;
    vec![
        ("bytes", after.saturating_sub(before) as f64 / count as f64),
        ("make", each(made)),
        ("drop", each(dropped)),
    ]
}

/// Containers: `fill` makes one of so many elements and drops it.
pub fn containers(sizes: Sizes, mut fill: impl FnMut(usize)) -> Figures {
    // Few are filled so often that the clock hardly counts.
    let mut each_element = |elements: usize| {
        let times = Times::of(3, sizes.rounds / 6, || {
            (0..MANY / elements).for_each(|_| fill(elements));
        });
        times.quantile(0.5) / MANY as f64
    };
    vec![("few", each_element(FEW)), ("many", each_element(MANY))]
}

/// The edges of a graph of `objects`: where each of the three of an object leads to.
pub fn random_edges(objects: usize) -> impl Iterator<Item = [usize; 3]> {
    let mut random = Random::new(objects as u64);
    (0..objects).map(move |_| std::array::from_fn(|_| random.below(objects)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_the_sorted_times() {
        let times = Times::from([3, 1, 2].map(Duration::from_nanos));
        assert_eq!(times.quantile(0.0).round(), 1.0);
        assert_eq!(times.quantile(0.5).round(), 2.0);
        assert_eq!(times.quantile(1.0).round(), 3.0);
    }

    #[test]
    fn each_work_names_its_figures_as_it_measures_them() {
        let sizes = Sizes::QUICK;
        let names = |figures: Figures| figures.into_iter().map(|(name, _)| name);
        let of = |work: Work| work.columns().iter().map(|&(name, _)| name);
        assert!(names(churn(sizes, || ())).eq(of(Work::Churn)));
        assert!(names(rings(sizes, || ())).eq(of(Work::Rings)));
        assert!(names(frames(sizes, || ())).eq(of(Work::Frames)));
        assert!(names(collections(sizes, || (), || ())).eq(of(Work::Live)));
        assert!(names(containers(sizes, |_| ())).eq(of(Work::Push)));
        assert!(names(containers(sizes, |_| ())).eq(of(Work::Insert)));
        assert!(
            names(memory(
                &mut (),
                1,
                |_, all| all.push(()),
                |_, all| drop(all)
            ))
            .eq(of(Work::Memory))
        );
    }
}
