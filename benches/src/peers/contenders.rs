//! Who is compared, and what each can do.

use super::{
    counted::{run, run_with_weak},
    crates::{
        bacon_rajan::BaconRajan, boa::Boa, bump, containers, counting, dumpster, gc_arena,
        gc_core::GcCore, gcmodule::Gcmodule, rust_cc::RustCc, slots,
    },
    game,
    work::{Figures, Sizes, Work},
};

/// Where one comes from.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A crate of this name, or of the standard library when it has none.
    Rust {
        package: &'static str,
        run: fn(Work, Sizes) -> Option<Figures>,
    },
    Python {
        setting: &'static str,
    },
    Lua {
        setting: &'static str,
    },
}

/// What its users have.
pub struct Abilities {
    /// Does it free cycles?
    pub cycles: &'static str,
    pub weak: &'static str,
    /// May handles go to other threads?
    pub threads: &'static str,
    /// Can a collection be spread over frames?
    pub slices: &'static str,
    /// What happens to a list of 1,000,000.
    pub deep: &'static str,
}

pub struct Contender {
    pub name: &'static str,
    /// How it is set where there is a choice.
    pub setting: &'static str,
    pub kind: Kind,
    /// None for another setting of one that was there before, and for containers.
    pub abilities: Option<Abilities>,
    /// Why some of its figures are as they are.
    pub remark: &'static str,
}

impl Contender {
    const fn rust(
        name: &'static str,
        package: &'static str,
        run: fn(Work, Sizes) -> Option<Figures>,
        remark: &'static str,
        abilities: Abilities,
    ) -> Self {
        Contender {
            name,
            setting: "",
            kind: Kind::Rust { package, run },
            abilities: Some(abilities),
            remark,
        }
    }

    /// The same with another setting, which is of interest for some kinds of work only.
    const fn also(
        name: &'static str,
        setting: &'static str,
        run: fn(Work, Sizes) -> Option<Figures>,
    ) -> Self {
        Contender {
            name,
            setting,
            kind: Kind::Rust { package: "", run },
            abilities: None,
            remark: "",
        }
    }

    /// Not one for objects, but for what is beside `GcVec` and `GcMap`.
    const fn container(
        name: &'static str,
        package: &'static str,
        run: fn(Work, Sizes) -> Option<Figures>,
    ) -> Self {
        Contender {
            name,
            setting: "",
            kind: Kind::Rust { package, run },
            abilities: None,
            remark: "a container, for those of gc-core",
        }
    }

    /// For a table.
    pub fn title(&self) -> String {
        if self.setting.is_empty() {
            self.name.to_owned()
        } else {
            format!("{}, {}", self.name, self.setting)
        }
    }
}

fn only_frames(what: Work, run: impl Fn() -> Option<Figures>) -> Option<Figures> {
    match what {
        Work::Frames | Work::OwnedFrames => run(),
        _ => None,
    }
}

fn without_millions(what: Work, run: impl Fn() -> Option<Figures>) -> Option<Figures> {
    match what {
        Work::LiveMillion | Work::OneRootMillion => None,
        _ => run(),
    }
}

fn without_collections(what: Work, run: impl Fn() -> Option<Figures>) -> Option<Figures> {
    match what {
        Work::Live | Work::OneRoot | Work::LiveMillion | Work::OneRootMillion => None,
        _ => run(),
    }
}

/// All of them. The first is the one that has goals.
pub const CONTENDERS: &[Contender] = &[
    Contender::rust(
        "gc-core",
        "gc-core",
        |what, sizes| match what {
            Work::Match => Some(game::play(sizes).0),
            Work::Push | Work::Insert => containers::gc_core(what, sizes),
            _ => run_with_weak::<GcCore<true>>(what, sizes),
        },
        "frames: paced, one step of at most 500 µs each",
        Abilities {
            cycles: "yes",
            weak: "yes",
            threads: "yes",
            slices: "by time or units",
            deep: "ok",
        },
    ),
    Contender::also("gc-core", "automatic", |what, sizes| {
        only_frames(what, || run::<GcCore<false>>(what, sizes))
    }),
    Contender::rust(
        "gc-arena",
        "gc-arena",
        gc_arena::run,
        "handles live inside one closure; what is held is in a list of the root's",
        Abilities {
            cycles: "yes",
            weak: "yes",
            threads: "no",
            slices: "by allocation debt",
            deep: "ok",
        },
    ),
    Contender::rust(
        "dumpster, unsync",
        "dumpster",
        |what, sizes| without_millions(what, || run::<dumpster::unsync::Dumpster>(what, sizes)),
        "collects inside drops; left out at 1,000,000, where a collection takes seconds",
        Abilities {
            cycles: "yes",
            weak: "no",
            threads: "no",
            slices: "no",
            deep: "stack overflow",
        },
    ),
    Contender::rust(
        "dumpster, sync",
        "dumpster",
        |what, sizes| without_millions(what, || run::<dumpster::sync::Dumpster>(what, sizes)),
        "the same; handles of 16 bytes",
        Abilities {
            cycles: "yes",
            weak: "no",
            threads: "yes",
            slices: "no",
            deep: "stack overflow",
        },
    ),
    Contender::rust(
        "rust-cc",
        "rust-cc",
        run::<RustCc>,
        "collects when an object is made",
        Abilities {
            cycles: "yes",
            weak: "by a feature",
            threads: "no",
            slices: "no",
            deep: "stack overflow",
        },
    ),
    Contender::rust(
        "jrsonnet-gcmodule",
        "jrsonnet-gcmodule",
        run_with_weak::<Gcmodule<60>>,
        "collects when asked: each 60 frames",
        Abilities {
            cycles: "yes",
            weak: "yes",
            threads: "by a feature",
            slices: "no",
            deep: "stack overflow",
        },
    ),
    Contender::also("jrsonnet-gcmodule", "each frame", |what, sizes| {
        only_frames(what, || run::<Gcmodule<1>>(what, sizes))
    }),
    Contender::rust(
        "boa_gc",
        "boa_gc",
        run_with_weak::<Boa>,
        "collects when an object is made; cannot be switched off",
        Abilities {
            cycles: "yes",
            weak: "yes",
            threads: "no",
            slices: "no",
            deep: "ok",
        },
    ),
    Contender::rust(
        "bacon_rajan_cc",
        "bacon_rajan_cc",
        run_with_weak::<BaconRajan<1>>,
        "collects when asked: each frame",
        Abilities {
            cycles: "yes",
            weak: "yes",
            threads: "no",
            slices: "no",
            deep: "stack overflow",
        },
    ),
    Contender::also("bacon_rajan_cc", "each 60 frames", |what, sizes| {
        only_frames(what, || run::<BaconRajan<60>>(what, sizes))
    }),
    Contender::rust(
        "Rc",
        "",
        |what, sizes| {
            without_collections(what, || {
                run_with_weak::<counting::rc::Counting>(what, sizes)
            })
        },
        "leaks cycles: rings and frames are never freed",
        Abilities {
            cycles: "leaks them",
            weak: "yes",
            threads: "no",
            slices: "",
            deep: "stack overflow",
        },
    ),
    Contender::rust(
        "Arc",
        "",
        |what, sizes| {
            without_collections(what, || {
                run_with_weak::<counting::sync::Counting>(what, sizes)
            })
        },
        "leaks cycles: rings and frames are never freed",
        Abilities {
            cycles: "leaks them",
            weak: "yes",
            threads: "yes",
            slices: "",
            deep: "stack overflow",
        },
    ),
    Contender::rust(
        "slotmap",
        "slotmap",
        slots::run,
        "keys, not handles: objects are removed by hand",
        Abilities {
            cycles: "by hand",
            weak: "keys are",
            threads: "yes",
            slices: "",
            deep: "ok",
        },
    ),
    Contender::rust(
        "bumpalo",
        "bumpalo",
        bump::run,
        "all objects go at once; no `Drop`",
        Abilities {
            cycles: "all at once",
            weak: "no",
            threads: "no",
            slices: "",
            deep: "ok",
        },
    ),
    Contender::container("Vec", "", containers::vec),
    Contender::container("hashbrown", "hashbrown", containers::hashbrown),
    Contender {
        name: "CPython",
        setting: "default",
        kind: Kind::Python { setting: "default" },
        abilities: Some(Abilities {
            cycles: "yes",
            weak: "yes",
            threads: "one at a time",
            slices: "no",
            deep: "ok",
        }),
        remark: "",
    },
    Contender {
        name: "CPython",
        setting: "raised",
        kind: Kind::Python { setting: "raised" },
        abilities: None,
        remark: "thresholds of 100,000, 50, 100",
    },
    Contender {
        name: "CPython",
        setting: "off in the round",
        kind: Kind::Python { setting: "off" },
        abilities: None,
        remark: "frames keep all garbage; the match ends with a collection",
    },
    Contender {
        name: "Lua",
        setting: "incremental",
        kind: Kind::Lua {
            setting: "incremental",
        },
        abilities: Some(Abilities {
            cycles: "yes",
            weak: "tables",
            threads: "no",
            slices: "by allocation debt",
            deep: "ok",
        }),
        remark: "its default; does not tell its pauses",
    },
    Contender {
        name: "Lua",
        setting: "generational",
        kind: Kind::Lua {
            setting: "generational",
        },
        abilities: None,
        remark: "",
    },
];

/// The place of the one that goals compare with.
pub fn place_of(title: &str) -> usize {
    CONTENDERS
        .iter()
        .position(|it| it.title() == title)
        .expect("goals name contenders")
}

/// The version of a crate that this was built with.
pub fn version(package: &str) -> Option<&'static str> {
    let lock = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock"));
    // Where there are several, the one that this package names with its version.
    let (_, ours) = lock.split_once("name = \"benches\"\n")?;
    let (ours, _) = ours.split_once("\n]\n")?;
    let (_, rest) = ours
        .split_once(&format!("\"{package} "))
        .or_else(|| lock.split_once(&format!("name = \"{package}\"\nversion = \"")))?;
    rest.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_crate_has_a_version() {
        for contender in CONTENDERS {
            if let Kind::Rust { package, .. } = contender.kind
                && !package.is_empty()
            {
                assert!(version(package).is_some(), "{package}");
            }
        }
        // There are two of them.
        assert!(version("hashbrown").is_some_and(|it| it.starts_with("0.17.")));
    }

    #[test]
    fn every_crate_does_some_work_and_names_its_figures() {
        // Not the frames of a collector that stops this thread's stack: those run in children.
        for contender in CONTENDERS {
            let Kind::Rust { run, .. } = contender.kind else {
                continue;
            };
            for work in [
                Work::Churn,
                Work::Weak,
                Work::Rings,
                Work::Memory,
                Work::Push,
                Work::Insert,
                Work::Match,
            ] {
                for (name, value) in run(work, Sizes::QUICK).into_iter().flatten() {
                    assert!(work.columns().iter().any(|&(column, _)| column == name));
                    assert!(value >= 0.0);
                }
            }
        }
    }
}
