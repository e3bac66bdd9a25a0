//! Draws shapes into one mesh. Thousands of sprites would be thousands of things for the renderer to sort; this is one.

use crate::world::math::{Vec2, vec2};
use bevy::{
    asset::RenderAssetUsages,
    mesh::{Indices, PrimitiveTopology},
    prelude::{Color, ColorToComponents, Mesh},
};

/// A colour with its opacity, as the mesh wants it.
pub type Paint = [f32; 4];

pub fn paint(red: f32, green: f32, blue: f32) -> Paint {
    Color::srgb(red, green, blue).to_linear().to_f32_array()
}

/// The same colour, less opaque.
pub fn faint([red, green, blue, alpha]: Paint, opacity: f32) -> Paint {
    [red, green, blue, alpha * opacity]
}

/// What is drawn in a frame, later shapes over earlier ones. Places are those of the arena.
#[derive(Default)]
pub struct Brush {
    places: Vec<[f32; 3]>,
    paints: Vec<Paint>,
    corners: Vec<u32>,
}

impl Brush {
    /// An empty mesh that a brush can be moved to.
    pub fn canvas() -> Mesh {
        Mesh::new(
            PrimitiveTopology::TriangleList,
            RenderAssetUsages::default(),
        )
    }

    /// Moves what was drawn to a mesh; the brush is empty then.
    pub fn put(&mut self, mesh: &mut Mesh) {
        if self.corners.is_empty() {
            // The renderer warns of meshes with nothing in them.
            self.polygon(&[Vec2::default(); 3], [0.0; 4]);
        }
        mesh.insert_attribute(Mesh::ATTRIBUTE_POSITION, std::mem::take(&mut self.places));
        mesh.insert_attribute(Mesh::ATTRIBUTE_COLOR, std::mem::take(&mut self.paints));
        mesh.insert_indices(Indices::U32(std::mem::take(&mut self.corners)));
    }

    /// A polygon without dents, around its first corner.
    pub fn polygon(&mut self, corners: &[Vec2], paint: Paint) {
        self.shaded(&mut corners.iter().map(|&corner| (corner, paint)));
    }

    /// A polygon without dents whose corners have paints of their own.
    fn shaded(&mut self, corners: &mut dyn Iterator<Item = (Vec2, Paint)>) {
        let first = self.places.len() as u32;
        for (place, paint) in corners {
            let place = super::scene::to_screen(place);
            self.places.push([place.x, place.y, 0.0]);
            self.paints.push(paint);
        }
        for corner in first + 2..self.places.len() as u32 {
            self.corners.extend([first, corner - 1, corner]);
        }
    }

    /// A streak from where something was to where it is: bright at the head, gone at the tail.
    pub fn streak(&mut self, tail: Vec2, head: Vec2, width: f32, paint: Paint) {
        let across = side((head - tail).normalized()) * (width * 0.5);
        let gone = faint(paint, 0.0);
        self.shaded(
            &mut [
                (tail, gone),
                (head + across, paint),
                (head + (head - tail).normalized() * (width * 0.5), paint),
                (head - across, paint),
            ]
            .into_iter(),
        );
    }

    /// A disc that fades towards its rim.
    pub fn glow(&mut self, place: Vec2, radius: f32, paint: Paint) {
        let gone = faint(paint, 0.0);
        let rim = (0..=10).map(|i| (place + Vec2::turn(i as f32 / 10.0) * radius, gone));
        self.shaded(&mut std::iter::once((place, paint)).chain(rim));
    }

    /// A part of a ring, from the top clockwise.
    pub fn ring(&mut self, place: Vec2, radius: f32, width: f32, part: f32, paint: Paint) {
        let steps = (40.0 * part).ceil() as u32;
        let spoke = |step: u32| Vec2::turn(0.75 + part * step as f32 / steps as f32);
        for step in 0..steps {
            let (one, two) = (spoke(step), spoke(step + 1));
            self.polygon(
                &[
                    place + one * radius,
                    place + two * radius,
                    place + two * (radius - width),
                    place + one * (radius - width),
                ],
                paint,
            );
        }
    }

    /// A rectangle along the axes.
    pub fn rectangle(&mut self, low: Vec2, high: Vec2, paint: Paint) {
        self.polygon(
            &[low, vec2(high.x, low.y), high, vec2(low.x, high.y)],
            paint,
        );
    }
}

/// The direction at a right angle.
pub fn side(direction: Vec2) -> Vec2 {
    vec2(-direction.y, direction.x)
}
