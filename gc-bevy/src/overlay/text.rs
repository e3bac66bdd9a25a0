//! The panel's words.

use super::history::{History, Sample};
use crate::{GcHeap, GcInfeasible, GcMemoryWarning, GcRound, GcStrategy, RoundEnd};
use alloc::{
    format,
    string::{String, ToString},
};
use core::time::Duration;
use gc_core::{Budget, Limits, inspect::Leak};

/// The strategy with its numbers, and what the collector is at.
pub(super) fn headline(strategy: GcStrategy, round: &GcRound, collecting: bool) -> String {
    let state = match round.collected_fraction() {
        Some(done) => format!("\ntidying up, {:.0} % done", done * 100.0),
        None if round.is_running() && strategy.silences_rounds() && !collecting => {
            format!("\nround {}: silent", round.number())
        }
        None if collecting => "\ncollecting".to_string(),
        None => "\nat rest".to_string(),
    };
    describe(strategy) + &state
}

/// The strategy with its numbers.
fn describe(strategy: GcStrategy) -> String {
    match strategy {
        GcStrategy::Automatic => "automatic, by thresholds".to_string(),
        GcStrategy::RaisedThreshold(thresholds) => {
            format!("raised threshold, {}", thresholds.young)
        }
        GcStrategy::DisabledInRound { round_end } => match round_end {
            RoundEnd::AtOnce => "disabled in round, then at once".to_string(),
            RoundEnd::Spread(budget) => format!("disabled in round, then {}", each(budget)),
        },
        GcStrategy::Budgeted(budget) => format!("budgeted, {}", each(budget)),
        GcStrategy::Adaptive => "adaptive".to_string(),
    }
}

fn each(budget: Budget) -> String {
    match (budget.as_time(), budget.as_units()) {
        (Some(time), _) => format!("{} ms a frame", number(time)),
        (None, Some(u64::MAX)) => "no bound".to_string(),
        (None, Some(units)) => format!("{units} units a frame"),
        (None, None) => "until a deadline".to_string(),
    }
}

/// The budget of a frame's slice, for strategies that have one in time.
pub(super) fn budget(strategy: GcStrategy) -> Option<Duration> {
    strategy.slice(false).and_then(Budget::as_time)
}

pub(super) fn frames(history: &History, scale: Duration) -> String {
    let Sample { frame, .. } = history.latest();
    let worst = history.longest(|it| it.frame);
    format!(
        "frame {} ms, worst {}, top {}",
        number(frame),
        number(worst),
        number(scale)
    )
}

pub(super) fn pauses(history: &History, scale: Duration) -> String {
    let Sample { pause, .. } = history.latest();
    let worst = history.longest(|it| it.pause);
    format!(
        "pause {} ms, worst {}, top {}",
        number(pause),
        number(worst),
        number(scale)
    )
}

pub(super) fn heap(heap: &GcHeap) -> String {
    let Limits { soft, hard } = heap.limits();
    let limits = match (soft, hard) {
        (usize::MAX, usize::MAX) => "no limit".to_string(),
        (usize::MAX, hard) => format!("limit {}", megabytes(hard)),
        (soft, usize::MAX) => format!("soft limit {}", megabytes(soft)),
        (soft, hard) => format!("limits {} / {}", megabytes(soft), megabytes(hard)),
    };
    format!(
        "heap {} MB, peak {}, floating {}\n{} objects, {limits}",
        megabytes(heap.bytes()),
        megabytes(heap.peak_bytes()),
        megabytes(heap.floating_bytes()),
        grouped(heap.len()),
    )
}

/// The type, how it grows, and its holder.
pub(super) fn leak(leak: &Leak) -> String {
    let growth = leak.growth.to_string();
    // The counts of the rounds are after the colon.
    let growth = growth
        .rsplit_once(": ")
        .map_or(&*growth, |(words, _)| words);
    match &*leak.holder {
        "" => format!("leak? {growth}, held from outside the heap"),
        holder => format!("leak? {growth}, held by {holder}"),
    }
}

pub(super) fn infeasible(it: &GcInfeasible) -> String {
    format!(
        "budget too small: needs {} units a frame, has {}",
        it.need, it.have
    )
}

pub(super) fn memory(it: &GcMemoryWarning) -> String {
    let (used, limit) = (megabytes(it.used), megabytes(it.limit));
    match it.percent {
        Some(percent) => format!("memory: {used} MB, above {percent} % of {limit} MB"),
        None => format!("memory: {used} MB, above the soft limit of {limit} MB"),
    }
}

/// Milliseconds with three digits.
fn number(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    let decimals = match ms {
        100.0.. => 0,
        10.0.. => 1,
        _ => 2,
    };
    format!("{ms:.decimals$}")
}

/// With a comma between thousands.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// With a decimal while that tells something.
fn megabytes(bytes: usize) -> String {
    let decimals = usize::from(bytes < 100_000_000);
    format!("{:.decimals$}", bytes as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gc_core::Thresholds;

    #[test]
    fn strategies_tell_their_numbers() {
        let ms = Budget::time(Duration::from_micros(500));
        let spread = GcStrategy::DisabledInRound {
            round_end: RoundEnd::Spread(Budget::units(700)),
        };
        let raised = GcStrategy::RaisedThreshold(Thresholds {
            young: 9_000,
            ..Thresholds::default()
        });
        assert_eq!(
            describe(GcStrategy::Budgeted(ms)),
            "budgeted, 0.50 ms a frame"
        );
        assert_eq!(
            describe(spread),
            "disabled in round, then 700 units a frame"
        );
        assert_eq!(describe(raised), "raised threshold, 9000");
    }

    #[test]
    fn thousands_are_grouped() {
        let groups = [0, 999, 1_000, 45_678, 1_234_567].map(grouped);
        assert_eq!(groups, ["0", "999", "1,000", "45,678", "1,234,567"]);
    }

    #[test]
    fn limits_that_do_not_exist_are_not_shown() {
        let mut it = GcHeap::default();
        assert!(heap(&it).ends_with("\n0 objects, no limit"));
        it.set_limits(Limits {
            soft: 64_000_000,
            hard: 96_000_000,
        });
        assert!(heap(&it).ends_with("\n0 objects, limits 64.0 / 96.0"));
    }
}
