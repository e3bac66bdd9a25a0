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
    GcHeap, GcInspectorPlugin, GcPlugin, GcRoundSignal, GcSettings, GcStrategy,
    overlay::{GcOverlay, GcOverlayPanel, GcOverlayPlugin},
};
use gc_core::{Budget, Gc, Trace};

#[derive(Trace)]
struct Ring(Option<Gc<Ring>>);

#[derive(Trace)]
struct Chronicle {
    fallen: Vec<Gc<Wreck>>,
}

#[derive(Trace)]
struct Wreck {
    ring: Gc<Ring>,
}

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

/// The line of warnings; none when it is hidden.
fn warning(app: &mut App) -> Option<String> {
    let world = app.world_mut();
    let mut lines = world.query::<(&Text, &Node)>();
    let hidden = lines
        .iter(world)
        .any(|(text, node)| text.0.is_empty() && node.display == Display::None);
    let is = |text: &str| {
        ["leak?", "memory:", "budget too small"]
            .iter()
            .any(|it| text.starts_with(it))
    };
    let line = lines.iter(world).find(|(text, _)| is(&text.0));
    assert_ne!(line.is_some(), hidden, "an empty line, or one too many");
    line.map(|(text, node)| {
        assert_ne!(node.display, Display::None);
        text.0.clone()
    })
}

#[test]
fn it_warns_of_memory_while_that_is_news() {
    let mut app = app(GcOverlayPlugin::default());
    app.update();
    assert_eq!(warning(&mut app), None);
    app.world_mut().resource_mut::<GcSettings>().limits.hard = 4_000_000;
    let mut heap = app.world_mut().resource_mut::<GcHeap>();
    let mut rings = vec![];
    while heap.bytes() < 2_400_000 {
        rings.push(heap.alloc(Ring(None)));
    }
    for _ in 0..4 {
        rings.push(app.world_mut().resource_mut::<GcHeap>().alloc(Ring(None)));
        app.update();
    }
    let text = warning(&mut app).unwrap();
    assert!(
        text.starts_with("memory: 2.4 MB, above 50 % of 4.0 MB"),
        "{text}"
    );
    // The graphs show 280 frames.
    for _ in 0..280 {
        app.update();
    }
    assert_eq!(warning(&mut app), None);
}

#[test]
fn it_warns_of_a_budget_that_is_too_small() {
    let mut app = app(GcOverlayPlugin::default());
    app.insert_resource(GcStrategy::Budgeted(Budget::units(1)));
    app.world_mut().resource_mut::<GcSettings>().pacing.max_age = 2;
    for _ in 0..20 {
        let mut heap = app.world_mut().resource_mut::<GcHeap>();
        for _ in 0..2_000 {
            let ring = heap.alloc(Ring(None));
            heap[&ring].0 = Some(ring.clone());
        }
        app.update();
    }
    app.update();
    let text = warning(&mut app).unwrap();
    assert!(text.starts_with("budget too small: needs "), "{text}");
    assert!(text.ends_with(" units a frame, has 1"), "{text}");
}

#[test]
fn a_leak_that_the_inspector_suspects_stays_in_sight() {
    let mut app = App::new();
    app.add_plugins((TaskPoolPlugin::default(), AssetPlugin::default()))
        .init_asset::<Image>()
        .add_plugins((
            GcPlugin::default().strategy(GcStrategy::Automatic),
            GcInspectorPlugin::default().budget(Budget::units(1_000)),
            GcOverlayPlugin::default(),
        ));
    app.finish();
    app.cleanup();
    app.update();
    let mut heap = app.world_mut().resource_mut::<GcHeap>();
    let keeper = heap.alloc(Chronicle { fallen: vec![] });
    for _ in 0..7 {
        assert_eq!(warning(&mut app), None);
        app.world_mut().write_message(GcRoundSignal::Begin);
        app.update();
        let mut heap = app.world_mut().resource_mut::<GcHeap>();
        for _ in 0..8 {
            let ring = heap.alloc(Ring(None));
            let wreck = heap.alloc(Wreck { ring });
            heap[&keeper].fallen.push(wreck);
        }
        app.world_mut().write_message(GcRoundSignal::End);
        app.update();
    }
    // A thread finds the holder.
    let text = loop {
        app.update();
        match warning(&mut app) {
            Some(text) => break text,
            None => std::thread::yield_now(),
        }
    };
    assert!(
        text.starts_with("leak? Wreck grows by 8.0 objects"),
        "{text}"
    );
    assert!(
        text.ends_with("a round, held by Chronicle.fallen[]"),
        "{text}"
    );
    // The rings grow too: they hang on the wrecks.
    for _ in 0..300 {
        app.update();
    }
    assert_eq!(warning(&mut app), Some(text));
}
