use gc_core::{Gc, Trace};

struct Texture(u32);

#[derive(Trace)]
struct Sprite {
    texture: Texture,
    above: Option<Gc<Sprite>>,
}

#[derive(Trace)]
enum Layer {
    Flat(Vec<Texture>),
    Empty,
}

fn main() {}
