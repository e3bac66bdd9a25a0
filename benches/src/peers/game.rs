//! The match: a bullet-hell for gc-core and, in `scripts/`, for the interpreters. Both count the same score.
//!
//! Eight ships stand in a level of 100,000 live objects and fire 25 bullets each a frame. A bullet knows its ship, the
//! ship lists its bullets, and each tenth bullet has a spark that knows the bullet: what only a cycle collector frees.
//! Bullets move each frame and leave the list after 10 to 59 frames.

use super::work::{Figures, Sizes};
use crate::{clock, graph::random_nodes};
use gc_core::{Budget, Gc, Heap, HeapConfig, Policy, Trace};
use std::{hint::black_box, mem, time::Duration};

const SHIPS: u64 = 8;
const SHOTS: u64 = 25;
/// What a frame's step may take.
const BUDGET: Duration = Duration::from_micros(500);

#[derive(Trace)]
struct Ship {
    x: i64,
    y: i64,
    bullets: Vec<Gc<Bullet>>,
}

#[derive(Trace)]
struct Bullet {
    owner: Gc<Ship>,
    spark: Option<Gc<Spark>>,
    x: i64,
    y: i64,
    vx: i64,
    vy: i64,
    frames_left: u32,
}

#[derive(Trace)]
struct Spark {
    bullet: Gc<Bullet>,
    glow: u64,
}

struct Game {
    heap: Heap,
    ships: Vec<Gc<Ship>>,
    fired: u64,
    score: i64,
}

/// The match, and its score besides.
pub fn play(sizes: Sizes) -> (Figures, i64) {
    let mut heap = Heap::with_config(HeapConfig {
        policy: Policy::Disabled,
        ..HeapConfig::default()
    });
    let level = random_nodes(&mut heap, sizes.live);
    let ships = (0..SHIPS as i64)
        .map(|n| {
            heap.alloc(Ship {
                x: n * 100,
                y: 0,
                bullets: Vec::new(),
            })
        })
        .collect();
    heap.collect();
    heap.set_policy(Policy::Budgeted(Budget::time(BUDGET)));
    let mut game = Game {
        heap,
        ships,
        fired: 0,
        score: 0,
    };
    let mut longest = Duration::ZERO;
    let ((), total) = clock::time(|| {
        for _ in 0..sizes.match_frames {
            game.frame();
            let (_, took) = clock::time(|| game.heap.step(Budget::time(BUDGET)));
            longest = longest.max(took);
        }
    });
    black_box(&level);
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    let figures = vec![("total", millis(total)), ("pause", millis(longest))];
    (figures, game.score)
}

impl Game {
    fn frame(&mut self) {
        for number in 0..self.ships.len() {
            for _ in 0..SHOTS {
                self.fire(number);
            }
            self.advance(number);
        }
    }

    fn fire(&mut self, number: usize) {
        let owner = self.ships[number].clone();
        let n = self.fired;
        self.fired += 1;
        let ship = self.heap.get(&owner);
        let bullet = self.heap.alloc(Bullet {
            x: ship.x,
            y: ship.y,
            vx: (n % 13) as i64 - 6,
            vy: (n % 7) as i64 + 1,
            frames_left: 10 + (n % 50) as u32,
            owner: owner.clone(),
            spark: None,
        });
        if n.is_multiple_of(10) {
            let spark = self.heap.alloc(Spark {
                bullet: bullet.clone(),
                glow: n,
            });
            self.heap.get_mut(&bullet).spark = Some(spark);
        }
        self.heap.get_mut(&owner).bullets.push(bullet);
    }

    fn advance(&mut self, number: usize) {
        let heap = &mut self.heap;
        let mut bullets = mem::take(&mut heap.get_mut(&self.ships[number]).bullets);
        let score = &mut self.score;
        bullets.retain(|handle| {
            let bullet = heap.get_mut(handle);
            bullet.x += bullet.vx;
            bullet.y += bullet.vy;
            bullet.frames_left -= 1;
            if bullet.frames_left > 0 {
                return true;
            }
            *score += bullet.x ^ bullet.y;
            let bullet = heap.get(handle);
            if let Some(spark) = &bullet.spark {
                let spark = heap.get(spark);
                debug_assert!(Gc::ptr_eq(&spark.bullet, handle));
                *score += spark.glow as i64 % 3;
            }
            *score += heap.get(&bullet.owner).x % 7;
            false
        });
        heap.get_mut(&self.ships[number]).bullets = bullets;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_is_the_same_each_time() {
        let scores = [(); 2].map(|()| play(Sizes::QUICK).1);
        assert_eq!(scores[0], scores[1]);
        assert_ne!(scores[0], 0);
    }
}
