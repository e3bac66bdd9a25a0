//! The systems and their order in the frame.

use crate::{
    GcCollected, GcFrame, GcHeap, GcInfeasible, GcMemoryWarning, GcRound, GcRoundEnded, GcStrategy,
    round::{end, follow},
    strategy::default_budget,
    watch::Watch,
};
use bevy_app::{App, Last};
use bevy_ecs::prelude::*;

/// The plugin's places in the frame.
///
/// `Reclaim`, `Step` and `Report` run in this order in [`Last`], when all commands of the frame have been applied: what
/// an entity held that was despawned in this frame is freed in this frame.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GcSystems {
    /// In [`Last`], first. A changed [`GcStrategy`] comes into force, then the objects are freed that reference
    /// counting has condemned. Budgeted strategies leave the second part to their slice.
    Reclaim,
    /// In [`Last`], second. The frame's slice, and what the end of a round asks for.
    Step,
    /// In [`Last`], third. [`GcFrame`], messages and diagnostics.
    Report,
    /// In `OnEnter` and `OnExit` of the state of a [`GcRoundPlugin`](crate::GcRoundPlugin): where a round begins, and
    /// where its end is marked. Order systems around it that build a level.
    Round,
}

pub(crate) fn add(app: &mut App) {
    app.configure_sets(
        Last,
        (GcSystems::Reclaim, GcSystems::Step, GcSystems::Report).chain(),
    )
    .add_systems(
        Last,
        (
            (
                change_strategy.run_if(resource_changed::<GcStrategy>),
                reclaim,
            )
                .chain()
                .in_set(GcSystems::Reclaim),
            step.in_set(GcSystems::Step),
            report.in_set(GcSystems::Report),
        ),
    );
}

fn change_strategy(
    mut heap: ResMut<GcHeap>,
    mut round: ResMut<GcRound>,
    strategy: Res<GcStrategy>,
) {
    follow(&mut heap, &mut round, *strategy);
}

fn reclaim(
    mut heap: ResMut<GcHeap>,
    round: Res<GcRound>,
    strategy: Res<GcStrategy>,
    watch: Res<Watch>,
) {
    watch.ledger().count_frame();
    if strategy.slice(round.stays_silent()).is_none() {
        watch.reclaim(&mut heap);
    }
}

fn step(
    mut heap: ResMut<GcHeap>,
    mut round: ResMut<GcRound>,
    strategy: Res<GcStrategy>,
    watch: Res<Watch>,
) {
    if round.is_ending() {
        end(&mut heap, &mut round, *strategy, &watch);
    }
    let budget = match strategy.slice(round.stays_silent()) {
        Some(budget) => budget,
        // A job that another strategy or a memory limit began: it goes on in slices.
        None if heap.is_collecting() => default_budget(),
        None => return,
    };
    watch.slice(&mut heap, |heap| heap.step(budget));
    round.look(&heap);
}

pub(crate) fn report(
    watch: Res<Watch>,
    heap: Res<GcHeap>,
    mut frame: ResMut<GcFrame>,
    mut collected: MessageWriter<GcCollected>,
    mut ended: MessageWriter<GcRoundEnded>,
    mut memory: MessageWriter<GcMemoryWarning>,
    mut infeasible: MessageWriter<GcInfeasible>,
) {
    let mut ledger = watch.ledger();
    ledger.compare(heap.pause_stats().total_time);
    *frame = core::mem::take(&mut ledger.frame);
    collected.write_batch(ledger.collected.drain(..));
    ended.write_batch(ledger.ended.drain(..));
    memory.write_batch(ledger.memory.drain(..));
    infeasible.write_batch(ledger.infeasible.drain(..));
}
