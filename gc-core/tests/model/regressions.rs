//! Programs that failed once, shrunk. Those about the watches failed on a copy of the algorithm in
//! which that watch was left out.

use super::machine::run;
use super::objects::Mode;
use super::program::{Op, Settings};
use super::shrink::report;

fn quiet() -> Settings {
    Settings {
        max_objects: 8,
        ..Settings::default()
    }
}

fn check(settings: Settings, ops: &[Op]) {
    // The end decides what is noticed, and the layout how far a unit goes.
    for (finish, apart, bulk) in [(0, false, 0), (1, false, 0), (1, true, 0), (1, true, 2)] {
        let settings = Settings {
            finish,
            apart,
            bulk,
            ..settings
        };
        if let Err(error) = run(settings, ops) {
            panic!("{}", report(None, settings, ops, &error));
        }
    }
}

/// The old handle goes to the game, no count changes.
#[test]
fn watch_1_edge_replaced() {
    check(
        quiet(),
        &[
            Op::Plain {
                a: 5,
                b: 1,
                links: 4,
            },
            Op::Plain {
                a: 3,
                b: 7,
                links: 2,
            },
            Op::Step(1),
            Op::Step(1),
            Op::Replace {
                x: 8,
                edge: 13,
                with: 6,
                keep: true,
            },
        ],
    );
}

/// `mem::take` of all edges of a counted object.
#[test]
fn watch_1_edges_taken() {
    check(
        Settings {
            max_objects: 6,
            ..quiet()
        },
        &[
            Op::Plain {
                a: 0,
                b: 0,
                links: 0,
            },
            Op::Plain {
                a: 0,
                b: 0,
                links: 0,
            },
            Op::Plain {
                a: 9,
                b: 1,
                links: 13,
            },
            Op::Push {
                to: 14,
                from: 3,
                moved: true,
            },
            Op::Step(6),
            Op::Take { x: 11, keep: true },
        ],
    );
}

/// The parent dies before it is scanned.
#[test]
fn watch_2_parent_dies_after_a_read() {
    check(
        Settings {
            max_objects: 6,
            young: 2,
            ..quiet()
        },
        &[
            Op::Plain {
                a: 6,
                b: 13,
                links: 3,
            },
            Op::Plain {
                a: 0,
                b: 0,
                links: 0,
            },
            Op::Push {
                to: 15,
                from: 6,
                moved: true,
            },
            Op::Step(5),
            Op::ReadThroughAndDrop { x: 14, edge: 7 },
        ],
    );
}

/// The same where finalizers run.
#[test]
fn watch_2_among_finalizers() {
    check(
        Settings {
            max_objects: 7,
            young: 1,
            heap_first: true,
            ..quiet()
        },
        &[
            Op::Plain {
                a: 8,
                b: 14,
                links: 10,
            },
            Op::Fin {
                mode: Mode::HoldNeighbours,
                a: 11,
                links: 2,
            },
            Op::Fin {
                mode: Mode::Collect,
                a: 6,
                links: 14,
            },
            Op::Plain {
                a: 0,
                b: 0,
                links: 0,
            },
            Op::Plain {
                a: 1,
                b: 6,
                links: 13,
            },
            Op::Plain {
                a: 3,
                b: 5,
                links: 12,
            },
            Op::Clone(15),
            Op::Step(4),
            Op::Clone(9),
            Op::ReadThrough { x: 12, edge: 11 },
            Op::Step(1),
            Op::Step(3),
            Op::ReadThroughAndDrop { x: 6, edge: 7 },
            Op::Pop { x: 7, keep: false },
            Op::Step(1),
            Op::Step(1),
        ],
    );
}

/// The case of design §4, as the random programs found it.
#[test]
fn watch_3_child_read_and_parent_dropped() {
    check(
        Settings {
            max_objects: 4,
            ..quiet()
        },
        &[
            Op::Plain {
                a: 11,
                b: 13,
                links: 1,
            },
            Op::Plain {
                a: 13,
                b: 9,
                links: 4,
            },
            Op::Drop(4),
            Op::Step(3),
            Op::Step(1),
            Op::ReadThroughAndDrop { x: 1, edge: 14 },
        ],
    );
}

/// The same, noticed by a weak handle.
#[test]
fn watch_3_weak_handle_reads_dead() {
    check(
        Settings {
            max_objects: 6,
            ..quiet()
        },
        &[
            Op::Plain {
                a: 2,
                b: 1,
                links: 7,
            },
            Op::Plain {
                a: 10,
                b: 8,
                links: 4,
            },
            Op::Plain {
                a: 0,
                b: 0,
                links: 0,
            },
            Op::Plain {
                a: 1,
                b: 9,
                links: 12,
            },
            Op::Drop(8),
            Op::Fin {
                mode: Mode::HoldNeighbours,
                a: 9,
                links: 14,
            },
            Op::Step(2),
            Op::Step(6),
            Op::ReadThroughAndDrop { x: 2, edge: 10 },
            Op::HoldWeak(8),
        ],
    );
}

/// A dead object is brought back when it has been examined.
#[test]
fn watch_4_upgrade_in_mark() {
    check(
        Settings {
            max_objects: 5,
            heap_first: true,
            ..quiet()
        },
        &[
            Op::Plain {
                a: 9,
                b: 15,
                links: 10,
            },
            Op::HoldWeak(5),
            Op::Push {
                to: 7,
                from: 12,
                moved: false,
            },
            Op::Drop(10),
            Op::Plain {
                a: 0,
                b: 0,
                links: 0,
            },
            Op::Step(6),
            Op::Upgrade(14),
        ],
    );
}

/// A child is cloned out of a dead object that `iter` gave.
#[test]
fn watch_4_iter_in_mark() {
    check(
        Settings {
            heap_first: true,
            ..quiet()
        },
        &[
            Op::Fin {
                mode: Mode::AllocChild,
                a: 2,
                links: 14,
            },
            Op::Drop(2),
            Op::Step(6),
            Op::IterClone {
                fin: true,
                nth: 0,
                edge: 6,
            },
        ],
    );
}

/// A finalizer resurrects, and the tracing of what it brought back panics.
#[test]
fn panic_in_trace_while_a_batch_is_brought_back() {
    check(
        Settings {
            max_objects: 4,
            young: 4,
            probe_weak: true,
            panics: true,
            ..quiet()
        },
        &[
            Op::Leaf,
            Op::Plain {
                a: 0,
                b: 0,
                links: 0,
            },
            Op::Plain {
                a: 6,
                b: 12,
                links: 5,
            },
            Op::Fin {
                mode: Mode::HoldNeighbours,
                a: 2,
                links: 1,
            },
            Op::Push {
                to: 14,
                from: 15,
                moved: true,
            },
            Op::Push {
                to: 15,
                from: 5,
                moved: true,
            },
            Op::Plain {
                a: 5,
                b: 10,
                links: 12,
            },
            Op::Step(1),
            Op::Plain {
                a: 3,
                b: 3,
                links: 5,
            },
            Op::ArmTrace(4),
            Op::Finish,
        ],
    );
}
