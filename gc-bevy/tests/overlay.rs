//! The panel without a renderer: what it says, what it paints, and that it can be hidden.

use bevy_app::{App, TaskPoolPlugin};
use bevy_asset::{AssetApp, AssetPlugin, Assets};
use bevy_ecs::prelude::*;
use bevy_image::Image;
use bevy_input::{ButtonInput, keyboard::KeyCode};
use bevy_ui::{
    Display, Node,
    widget::{ImageNode, Text},
};
use core::time::Duration;
use gc_bevy::{
    GcHeap, GcPlugin, GcSettings, GcStrategy,
    overlay::{GcOverlay, GcOverlayPanel, GcOverlayPlugin},
};
use gc_core::{Budget, Gc, Trace};

#[derive(Trace)]
struct Ring(Option<Gc<Ring>>);

const SLICE: [u8; 4] = [96, 216, 120, 255];
const AT_ONCE: [u8; 4] = [240, 64, 72, 255];

fn app(overlay: GcOverlayPlugin) -> App {
    let mut app = App::new();
    app.add_plugins((TaskPoolPlugin::default(), AssetPlugin::default()))
        .init_asset::<Image>()
        .init_resource::<ButtonInput<KeyCode>>()
        .add_plugins(
            GcPlugin::default().strategy(GcStrategy::Budgeted(Budget::time(
                Duration::from_micros(500),
            ))),
        )
        .add_plugins(overlay);
    app.finish();
    app.cleanup();
    app
}

fn words(app: &mut App) -> String {
    let world = app.world_mut();
    let mut texts = world.query::<&Text>();
    texts
        .iter(world)
        .fold(String::new(), |all, text| all + &text.0 + "\n")
}

fn pixels(app: &mut App, color: [u8; 4]) -> usize {
    let world = app.world_mut();
    let mut nodes = world.query::<&ImageNode>();
    let images = world.resource::<Assets<Image>>();
    nodes
        .iter(world)
        .filter_map(|node| images.get(&node.image)?.data.as_ref())
        .flat_map(|data| data.chunks(4))
        .filter(|pixel| **pixel == color)
        .count()
}

fn shown(app: &mut App) -> bool {
    let world = app.world_mut();
    let mut panels = world.query_filtered::<&Node, With<GcOverlayPanel>>();
    panels.single(world).unwrap().display != Display::None
}

fn press(app: &mut App, key: KeyCode) {
    let mut keys = app.world_mut().resource_mut::<ButtonInput<KeyCode>>();
    keys.press(key);
    app.update();
    let mut keys = app.world_mut().resource_mut::<ButtonInput<KeyCode>>();
    keys.release(key);
    keys.clear();
}

/// Garbage that takes the collector some slices.
fn litter(app: &mut App) {
    let mut heap = app.world_mut().resource_mut::<GcHeap>();
    for _ in 0..50_000 {
        let ring = heap.alloc(Ring(None));
        heap[&ring].0 = Some(ring.clone());
    }
}

#[test]
fn it_tells_the_strategy_and_the_heap_and_marks_the_slices() {
    let mut app = app(GcOverlayPlugin::default());
    litter(&mut app);
    for _ in 0..5 {
        app.update();
    }
    let text = words(&mut app);
    assert!(text.contains("budgeted, 0.50 ms a frame"), "{text}");
    assert!(
        text.contains(" objects, ") && text.contains("no limit"),
        "{text}"
    );
    assert!(pixels(&mut app, SLICE) > 0);
    assert_eq!(pixels(&mut app, AT_ONCE), 0);
}

#[test]
fn a_collection_in_one_go_has_a_colour_of_its_own() {
    let mut app = app(GcOverlayPlugin::default());
    app.update();
    litter(&mut app);
    app.world_mut().resource_mut::<GcHeap>().collect();
    app.update();
    app.update();
    assert!(pixels(&mut app, AT_ONCE) > 0);
}

#[test]
fn settings_of_the_heap_are_what_is_shown() {
    let mut app = app(GcOverlayPlugin::default());
    let mut settings = app.world_mut().resource_mut::<GcSettings>();
    settings.strategy = Some(GcStrategy::Automatic);
    settings.limits.soft = 64_000_000;
    settings.limits.hard = 96_000_000;
    app.update();
    app.update();
    let text = words(&mut app);
    assert!(
        text.contains("automatic") && text.contains("limits 64.0 / 96.0"),
        "{text}"
    );
}

#[test]
fn a_key_shows_and_hides_it() {
    let mut app = app(GcOverlayPlugin::default().key(KeyCode::F12).hidden());
    app.update();
    assert!(!shown(&mut app));
    press(&mut app, KeyCode::F12);
    assert!(shown(&mut app));
    press(&mut app, KeyCode::F3);
    assert!(shown(&mut app));
    press(&mut app, KeyCode::F12);
    assert!(!shown(&mut app));
    app.world_mut().resource_mut::<GcOverlay>().visible = true;
    app.update();
    assert!(shown(&mut app));
}
