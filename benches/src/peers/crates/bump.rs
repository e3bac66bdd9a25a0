//! bumpalo: objects live until all of them go at once. No count, no collector, no `Drop`.

use crate::peers::{
    counted::Body,
    work::{self, Figures, Sizes, Work},
};
use bumpalo::Bump;
use std::hint::black_box;

struct Owner {
    hp: u64,
}

struct Bullet<'a> {
    owner: &'a Owner,
    body: Body,
}

pub fn run(what: Work, sizes: Sizes) -> Option<Figures> {
    Some(match what {
        Work::Churn => churn(sizes),
        Work::Memory => memory(sizes),
        _ => return None,
    })
}

fn churn(sizes: Sizes) -> Figures {
    let owner = Owner { hp: 3 };
    let mut bump = Bump::new();
    work::churn(sizes, || {
        let mut last = None;
        for shot in 0..sizes.bullets as u64 {
            last = Some(&*black_box(bump.alloc(Bullet {
                owner: &owner,
                body: [shot; 7],
            })));
        }
        black_box(last.map(|last| last.body[0] + last.owner.hp));
        bump.reset();
    })
}

fn memory(sizes: Sizes) -> Figures {
    let bump = Bump::new();
    work::memory(
        &mut &bump,
        sizes.million,
        |bump, all: &mut Vec<&[u64; 2]>| {
            for value in 0..sizes.million as u64 {
                all.push(bump.alloc([0, value]));
            }
        },
        |_, all| drop(all),
    )
}
