//! Everything that was measured.

use super::{
    child::{Allocator, Outcome, Programs},
    contenders::{CONTENDERS, Kind},
    work::Work,
};
use crate::figure::median;
use std::collections::BTreeMap;

/// Who does the long work in every round. The others do it once: the run is to take minutes, not hours.
const REPEATED: [&str; 2] = ["gc-core", "gc-arena"];

pub struct Results {
    pub repeat: usize,
    pub quick: bool,
    pub works: Vec<Work>,
    pub python: Option<String>,
    pub lua: Option<String>,
    /// What was skipped, and why.
    pub skipped: Vec<String>,
    /// In the order of the rounds. The key's number is the contender's place.
    outcomes: BTreeMap<(Allocator, Work, usize), Vec<Outcome>>,
}

impl Results {
    /// Runs everything in turn, `repeat` times; `say` hears how far it is.
    pub fn measure(
        works: &[Work],
        repeat: usize,
        quick: bool,
        only: &str,
        say: &mut dyn FnMut(&str),
    ) -> Self {
        let mut skipped = Vec::new();
        let programs = Programs::find(&mut |about| {
            say(about);
            skipped.push(about.to_owned());
        });
        let mut outcomes: BTreeMap<_, Vec<Outcome>> = BTreeMap::new();
        for round in 1..=repeat {
            for &work in works {
                say(&format!("{round}/{repeat}  {work}"));
                for (place, contender) in CONTENDERS.iter().enumerate() {
                    let once = matches!(work, Work::LiveMillion | Work::OneRootMillion)
                        && !REPEATED.contains(&contender.name);
                    if !contender.title().contains(only) || once && round > 1 {
                        continue;
                    }
                    for allocator in [Allocator::System, Allocator::Mimalloc] {
                        let ran = outcomes.entry((allocator, work, place)).or_default();
                        // What does not apply, or took a minute, will not be otherwise the next time.
                        if matches!(ran.last(), Some(Outcome::Nothing | Outcome::TooLong)) {
                            continue;
                        }
                        ran.extend(programs.run(place, work, allocator, quick));
                    }
                }
            }
        }
        Results {
            repeat,
            quick,
            works: works.to_vec(),
            python: programs.python.map(|(_, version)| version),
            lua: programs.lua.map(|(_, version)| version),
            skipped,
            outcomes,
        }
    }

    /// The runs of one contender, in the order of the rounds.
    pub fn runs(&self, allocator: Allocator, work: Work, place: usize) -> &[Outcome] {
        // The interpreters have their own allocator: they ran once for both.
        let allocator = match CONTENDERS[place].kind {
            Kind::Rust { .. } => allocator,
            _ => Allocator::System,
        };
        self.outcomes
            .get(&(allocator, work, place))
            .map_or(&[], Vec::as_slice)
    }

    fn values(
        &self,
        allocator: Allocator,
        work: Work,
        place: usize,
        name: &str,
    ) -> impl Iterator<Item = f64> {
        self.runs(allocator, work, place)
            .iter()
            .filter_map(move |run| match run {
                Outcome::Figures(figures) => figures.get(name).copied(),
                _ => None,
            })
    }

    /// The median of a figure over the rounds.
    pub fn median(
        &self,
        allocator: Allocator,
        work: Work,
        place: usize,
        name: &str,
    ) -> Option<f64> {
        let values: Vec<f64> = self.values(allocator, work, place, name).collect();
        (!values.is_empty()).then(|| median(values))
    }

    /// Its smallest and its largest value.
    pub fn extremes(
        &self,
        allocator: Allocator,
        work: Work,
        place: usize,
        name: &str,
    ) -> Option<(f64, f64)> {
        self.values(allocator, work, place, name)
            .map(|value| (value, value))
            .reduce(|one, two| (one.0.min(two.0), one.1.max(two.1)))
    }

    /// The median over the rounds of the ratio of two figures of the same round: what disturbs a round disturbs both.
    pub fn ratio(
        &self,
        allocator: Allocator,
        over: (Work, usize),
        under: (Work, usize),
        name: &str,
    ) -> Option<f64> {
        let ratios: Vec<f64> = self
            .values(allocator, over.0, over.1, name)
            .zip(self.values(allocator, under.0, under.1, name))
            .map(|(over, under)| over / under)
            .collect();
        (!ratios.is_empty()).then(|| median(ratios))
    }
}
