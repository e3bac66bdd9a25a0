//! slotmap: keys instead of handles. Nothing is collected; who makes an object removes it.

use crate::{
    peers::{
        counted::Body,
        work::{self, Figures, Sizes, Work, each_handle},
    },
    random::Random,
};
use slotmap::{DefaultKey, SlotMap};
use std::hint::black_box;

struct Owner {
    hp: u64,
}

struct Bullet {
    owner: DefaultKey,
    body: Body,
}

pub fn run(what: Work, sizes: Sizes) -> Option<Figures> {
    Some(match what {
        Work::Churn => churn(sizes),
        Work::Access => access(sizes),
        Work::Memory => memory(sizes),
        _ => return None,
    })
}

fn churn(sizes: Sizes) -> Figures {
    let mut owners = SlotMap::new();
    let owner: DefaultKey = owners.insert(Owner { hp: 3 });
    let mut slots: SlotMap<DefaultKey, Bullet> = SlotMap::new();
    let mut bullets = Vec::with_capacity(sizes.bullets);
    work::churn(sizes, || {
        for shot in 0..sizes.bullets as u64 {
            bullets.push(slots.insert(Bullet {
                owner,
                body: [shot; 7],
            }));
        }
        let last = &slots[bullets[sizes.bullets - 1]];
        black_box(last.body[0] + owners[last.owner].hp);
        for bullet in bullets.drain(..) {
            slots.remove(bullet);
        }
    })
}

/// Copying a key costs nothing: only reading is measured.
fn access(sizes: Sizes) -> Figures {
    let mut slots: SlotMap<DefaultKey, [u64; 4]> = SlotMap::new();
    let mut keys: Vec<DefaultKey> = (0..sizes.live as u64)
        .map(|n| slots.insert([n; 4]))
        .collect();
    Random::new(7).shuffle(&mut keys);
    let read = each_handle(keys.len(), || {
        black_box(keys.iter().fold(0, |sum, &key| sum ^ slots[key][3]));
    });
    vec![("read", read)]
}

fn memory(sizes: Sizes) -> Figures {
    let mut slots: SlotMap<DefaultKey, [u64; 2]> = SlotMap::new();
    work::memory(
        &mut slots,
        sizes.million,
        |slots, all| all.extend((0..sizes.million as u64).map(|value| slots.insert([0, value]))),
        |slots, all| {
            for key in all {
                slots.remove(key);
            }
        },
    )
}
