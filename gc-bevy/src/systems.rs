//! The systems and their order in the frame.

use crate::{
    GcCollected, GcFrame, GcHeap, GcInfeasible, GcMemoryWarning, GcRound, GcRoundEnded, GcSettings,
    GcStrategy, SliceAt, bound, keeper::KeeperOf, round,
};
use bevy_app::{App, First, FixedLast, Last};
use bevy_ecs::{message::MessageUpdateSystems, prelude::*, schedule::ScheduleLabel};
use bevy_platform::time::Instant;
use gc_core::Generation;

/// The plugin's places in the frame. Order your own systems around them.
///
/// `Reclaim`, `Step`, `Despawn` and `Report` run in this order in [`Last`], when all commands of the frame have been
/// applied: what an entity held that was despawned in this frame is freed in this frame. For a heap whose slices run at
/// [`SliceAt::FixedTick`], `Reclaim` and `Step` run in [`FixedLast`] instead, once a tick.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GcSystems {
    /// First. [`GcRoundSignal`](crate::GcRoundSignal)s are heard, changed settings come into force, then the objects are
    /// freed that reference counting has condemned. Budgeted strategies leave the last part to their slice.
    Reclaim,
    /// Second. What the end of a round asks for, then the slice.
    Step,
    /// Third, in [`Last`] only. The entities go whose objects have died: [`GcBound`](crate::GcBound).
    Despawn,
    /// Fourth, in [`Last`] only. [`GcFrame`], messages, observers and diagnostics.
    Report,
    /// In `OnEnter` and `OnExit` of the state of a [`GcRoundPlugin`](crate::GcRoundPlugin): where a round begins, and
    /// where its end is marked. Order systems around it that build a level.
    Round,
}

/// The order within [`GcSystems::Report`].
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ReportSystems {
    Begin,
    Heap,
    Diagnostics,
}

/// The report of the heap with this place among the app's heaps. They come in that order.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct ReportOf(usize);

/// When the frame began.
#[derive(Resource)]
pub(crate) struct FrameStart(Instant);

/// What runs once, however many heaps there are.
pub(crate) fn add_shared(app: &mut App) {
    app.insert_resource(FrameStart(Instant::now()))
        .configure_sets(
            Last,
            (
                GcSystems::Reclaim,
                GcSystems::Step,
                GcSystems::Despawn,
                GcSystems::Report,
            )
                .chain(),
        )
        .configure_sets(FixedLast, (GcSystems::Reclaim, GcSystems::Step).chain())
        .configure_sets(
            Last,
            (
                ReportSystems::Begin,
                ReportSystems::Heap,
                ReportSystems::Diagnostics,
            )
                .chain()
                .in_set(GcSystems::Report),
        )
        .add_systems(First, begin_frame.before(MessageUpdateSystems))
        .add_systems(Last, begin_report.in_set(ReportSystems::Begin));
    for schedule in [Last.intern(), FixedLast.intern()] {
        app.add_systems(
            schedule,
            // Exclusive, but of the world it changes only what is the plugin's.
            round::hear
                .run_if(round::signalled)
                .in_set(GcSystems::Reclaim)
                .ambiguous_with_all(),
        );
    }
}

/// What runs for each heap. Those of two heaps share nothing but the report, so they run in parallel.
pub(crate) fn add<M: Send + Sync + 'static>(app: &mut App, index: usize) {
    for (schedule, place) in [
        (Last.intern(), SliceAt::FrameEnd),
        (FixedLast.intern(), SliceAt::FixedTick),
    ] {
        app.add_systems(
            schedule,
            (
                (apply::<M>.after(round::hear), reclaim::<M>)
                    .chain()
                    .in_set(GcSystems::Reclaim),
                step::<M>.in_set(GcSystems::Step),
            )
                .distributive_run_if(move |settings: Res<GcSettings<M>>| settings.slices == place),
        );
    }
    app.add_systems(
        Last,
        (
            // Where no tick has come by, a round ends here all the same.
            end_round::<M>.before(step::<M>).in_set(GcSystems::Step),
            bound::despawn::<M>.in_set(GcSystems::Despawn),
            report::<M>
                .in_set(ReportSystems::Heap)
                .in_set(ReportOf(index)),
        ),
    );
    if let Some(before) = index.checked_sub(1) {
        app.configure_sets(Last, ReportOf(index).after(ReportOf(before)));
    }
}

fn begin_frame(mut start: ResMut<FrameStart>) {
    start.0 = Instant::now();
}

fn apply<M: Send + Sync + 'static>(
    mut heap: ResMut<GcHeap<M>>,
    mut keeper: ResMut<KeeperOf<M>>,
    settings: Res<GcSettings<M>>,
    strategy: Res<GcStrategy>,
) {
    keeper.apply(
        &mut heap,
        &settings.of_any(),
        settings.strategy_or(*strategy),
    );
}

fn reclaim<M: Send + Sync + 'static>(
    mut heap: ResMut<GcHeap<M>>,
    keeper: Res<KeeperOf<M>>,
    round: Res<GcRound>,
) {
    keeper.reclaim(&mut heap, round.current());
}

fn step<M: Send + Sync + 'static>(
    mut heap: ResMut<GcHeap<M>>,
    mut keeper: ResMut<KeeperOf<M>>,
    round: Res<GcRound>,
    start: Res<FrameStart>,
) {
    keeper.turn(&mut heap, round.current());
    keeper.slice(&mut heap, start.0);
}

fn end_round<M: Send + Sync + 'static>(
    mut heap: ResMut<GcHeap<M>>,
    mut keeper: ResMut<KeeperOf<M>>,
    round: Res<GcRound>,
) {
    keeper.watch.ledger().count_frame();
    keeper.turn(&mut heap, round.current());
}

fn begin_report(mut frame: ResMut<GcFrame>, mut round: ResMut<GcRound>) {
    *frame = GcFrame::default();
    round.frame_ends();
}

#[expect(
    clippy::too_many_arguments,
    reason = "a report goes to all who want to know"
)]
fn report<M: Send + Sync + 'static>(
    keeper: Res<KeeperOf<M>>,
    mut heap: ResMut<GcHeap<M>>,
    mut round: ResMut<GcRound>,
    mut frame: ResMut<GcFrame>,
    mut collected: MessageWriter<GcCollected>,
    mut ended: MessageWriter<GcRoundEnded>,
    mut memory: MessageWriter<GcMemoryWarning>,
    mut infeasible: MessageWriter<GcInfeasible>,
    mut commands: Commands,
) {
    round.note(keeper.index, keeper.cleaning());
    let mut ledger = keeper.watch.ledger();
    ledger.compare(heap.pause_stats().total_time);
    heap.frame = core::mem::take(&mut ledger.frame);
    if ledger
        .collected
        .iter()
        .any(|it| it.collection.generation == Generation::Old)
    {
        heap.proved = heap.bytes();
    }
    frame.add(&heap.frame);
    // Observers run when the world is free, so a heap's callbacks and slices are never inside one.
    tell(&mut ledger.collected, &mut collected, &mut commands);
    tell(&mut ledger.ended, &mut ended, &mut commands);
    tell(&mut ledger.memory, &mut memory, &mut commands);
    tell(&mut ledger.infeasible, &mut infeasible, &mut commands);
}

fn tell<N>(news: &mut alloc::vec::Vec<N>, messages: &mut MessageWriter<N>, commands: &mut Commands)
where
    N: Message + Copy + for<'a> Event<Trigger<'a>: Default>,
{
    for &it in news.iter() {
        commands.trigger(it);
    }
    messages.write_batch(news.drain(..));
}
