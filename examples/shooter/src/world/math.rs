//! Vectors, directions and chance, with the same results on every machine: only `+ − × ÷ √`, which IEEE 754 defines to
//! the bit.

use gc_core::Trace;
use std::ops::{Add, AddAssign, Mul, Sub};

/// A point or a direction in the arena.
#[derive(Trace, Clone, Copy, Debug, Default, PartialEq)]
pub struct Vec2 {
    pub x: f32,
    pub y: f32,
}

pub const fn vec2(x: f32, y: f32) -> Vec2 {
    Vec2 { x, y }
}

impl Vec2 {
    /// The unit vector at this part of a full turn, from 0 to 1. Angles are not exactly even, but close enough to aim
    /// with.
    pub fn turn(part: f32) -> Self {
        let quarters = (part - part.floor()) * 4.0;
        let quarter = quarters as u32;
        // The half-angle tangent of a quarter turn runs from 0 to 1: no sine needed.
        let t = quarters - quarter as f32;
        let (cos, sin) = ((1.0 - t * t) / (1.0 + t * t), 2.0 * t / (1.0 + t * t));
        match quarter {
            0 => vec2(cos, sin),
            1 => vec2(-sin, cos),
            2 => vec2(-cos, -sin),
            _ => vec2(sin, -cos),
        }
    }

    pub fn length_squared(self) -> f32 {
        self.x * self.x + self.y * self.y
    }

    pub fn distance_squared(self, other: Self) -> f32 {
        (self - other).length_squared()
    }

    /// The same direction with length 1; the zero vector points right.
    pub fn normalized(self) -> Self {
        let length = self.length_squared().sqrt();
        if length > 0.0 {
            self * (1.0 / length)
        } else {
            vec2(1.0, 0.0)
        }
    }

    /// The same direction, no longer than `most`.
    pub fn at_most(self, most: f32) -> Self {
        if self.length_squared() > most * most {
            self.normalized() * most
        } else {
            self
        }
    }

    pub fn clamped(self, low: Self, high: Self) -> Self {
        vec2(self.x.clamp(low.x, high.x), self.y.clamp(low.y, high.y))
    }
}

impl Add for Vec2 {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        vec2(self.x + other.x, self.y + other.y)
    }
}

impl AddAssign for Vec2 {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Vec2 {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        vec2(self.x - other.x, self.y - other.y)
    }
}

impl Mul<f32> for Vec2 {
    type Output = Self;
    fn mul(self, factor: f32) -> Self {
        vec2(self.x * factor, self.y * factor)
    }
}

/// Chance: SplitMix64, the same numbers from the same seed.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// From 0 up to, not including, `end`.
    pub fn below(&mut self, end: u32) -> u32 {
        ((u128::from(self.next_u64()) * u128::from(end)) >> 64) as u32
    }

    /// From 0 up to, not including, 1.
    pub fn part(&mut self) -> f32 {
        (self.next_u64() >> 40) as f32 / (1 << 24) as f32
    }

    /// From `low` to `high`.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.part()
    }
}

/// Scrambles 64 bits; the finishing step of SplitMix64, also used for the hash of the match.
pub fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_go_around_with_length_one() {
        for i in 0..1000 {
            let unit = Vec2::turn(i as f32 / 1000.0);
            assert!((unit.length_squared() - 1.0).abs() < 1e-5);
        }
        assert_eq!(Vec2::turn(0.0), vec2(1.0, 0.0));
        assert_eq!(Vec2::turn(0.25), vec2(0.0, 1.0));
        assert_eq!(Vec2::turn(0.5), vec2(-1.0, 0.0));
        assert_eq!(Vec2::turn(-0.25), vec2(0.0, -1.0));
    }

    #[test]
    fn dice_stay_in_range_and_repeat() {
        let (mut one, mut two) = (Dice::new(7), Dice::new(7));
        for _ in 0..1000 {
            let roll = one.below(6);
            assert!(roll < 6);
            assert_eq!(roll, two.below(6));
            assert!((0.0..1.0).contains(&one.part()));
            two.part();
        }
    }
}
