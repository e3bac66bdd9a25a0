//! The panel's nodes in Bevy UI.

use super::{
    GcOverlay,
    history::{FRAMES, History},
    paint::{self, Canvas},
    text,
    warnings::Warnings,
};
use crate::{GcHeap, GcRound, GcSettings, GcStrategy};
use alloc::string::String;
use bevy_asset::{Assets, Handle, RenderAssetUsages};
use bevy_color::Color;
use bevy_ecs::prelude::*;
use bevy_image::{Image, ImageSampler};
use bevy_text::{FontSize, TextColor, TextFont};
use bevy_ui::{
    BackgroundColor, BorderRadius, Display, FlexDirection, FocusPolicy, GlobalZIndex, Node,
    PositionType, UiRect, Val,
    widget::{ImageNode, Text},
};
use wgpu_types::{Extent3d, TextureDimension, TextureFormat};

/// The root of the panel: a query for it finds the [`Node`] to move elsewhere. It starts in the upper right corner.
#[derive(Component, Clone, Copy, Debug, Default)]
pub struct GcOverlayPanel;

/// A graph.
#[derive(Component, Clone, Copy, PartialEq, Eq)]
pub(super) enum Graph {
    Frames,
    Pauses,
    Heap,
}

impl Graph {
    fn rows(self) -> usize {
        match self {
            Self::Frames => paint::FRAME_ROWS,
            Self::Pauses => paint::PAUSE_ROWS,
            Self::Heap => paint::HEAP_ROWS,
        }
    }

    fn image(self) -> Image {
        let size = Extent3d {
            width: FRAMES as u32,
            height: self.rows() as u32,
            depth_or_array_layers: 1,
        };
        let mut pixels = paint::pixels(self.rows());
        Canvas::new(&mut pixels);
        let mut image = Image::new(
            size,
            TextureDimension::D2,
            pixels,
            TextureFormat::Rgba8UnormSrgb,
            RenderAssetUsages::default(),
        );
        image.sampler = ImageSampler::nearest();
        image
    }
}

/// What a line of text tells.
#[derive(Component, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    Headline,
    Frames,
    Pauses,
    Heap,
    /// Not there when there is nothing to warn of.
    Warnings,
}

pub(super) fn spawn(mut commands: Commands, mut images: ResMut<Assets<Image>>) {
    let panel = Node {
        position_type: PositionType::Absolute,
        top: Val::Px(8.0),
        right: Val::Px(8.0),
        flex_direction: FlexDirection::Column,
        row_gap: Val::Px(3.0),
        padding: UiRect::all(Val::Px(8.0)),
        border_radius: BorderRadius::all(Val::Px(6.0)),
        ..Node::default()
    };
    let graph = |graph: Graph, images: &mut Assets<Image>| {
        let node = Node {
            width: Val::Px(FRAMES as f32),
            height: Val::Px(graph.rows() as f32),
            ..Node::default()
        };
        (graph, ImageNode::new(images.add(graph.image())), node)
    };
    commands
        .spawn((
            GcOverlayPanel,
            panel,
            BackgroundColor(Color::srgba(0.04, 0.05, 0.08, 0.94)),
            GlobalZIndex(i32::MAX - 1),
            FocusPolicy::Pass,
        ))
        .with_children(|panel| {
            panel.spawn(line(Line::Headline, Color::WHITE));
            panel.spawn(line(Line::Frames, muted()));
            panel.spawn(graph(Graph::Frames, &mut images));
            panel.spawn(line(Line::Pauses, muted()));
            panel.spawn(graph(Graph::Pauses, &mut images));
            panel.spawn(line(Line::Heap, muted()));
            panel.spawn(graph(Graph::Heap, &mut images));
            panel.spawn(line(Line::Warnings, Color::srgb(0.98, 0.72, 0.28)));
        });
}

fn line(line: Line, color: Color) -> impl Bundle {
    let font = TextFont {
        font_size: FontSize::Px(12.0),
        ..TextFont::default()
    };
    // Long words become two lines, not a wider panel.
    let node = Node {
        max_width: Val::Px(FRAMES as f32 + 4.0),
        ..Node::default()
    };
    (line, Text::default(), font, TextColor(color), node)
}

fn muted() -> Color {
    Color::srgb(0.72, 0.76, 0.82)
}

/// Shows or hides the panel.
pub(super) fn show(overlay: Res<GcOverlay>, mut panels: Query<&mut Node, With<GcOverlayPanel>>) {
    let display = if overlay.visible {
        Display::Flex
    } else {
        Display::None
    };
    for mut node in &mut panels {
        if node.display != display {
            node.display = display;
        }
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "a system's parameters are what it reads"
)]
pub(super) fn draw(
    overlay: Res<GcOverlay>,
    history: Res<History>,
    heap: Res<GcHeap>,
    strategy: Res<GcStrategy>,
    settings: Res<GcSettings>,
    round: Res<GcRound>,
    warnings: Res<Warnings>,
    mut images: ResMut<Assets<Image>>,
    graphs: Query<(&Graph, &ImageNode)>,
    mut lines: Query<(&Line, &mut Text, &mut Node)>,
) {
    let strategy = settings.strategy_or(*strategy);
    let (target, budget) = (overlay.frame_target, text::budget(strategy));
    for (graph, node) in &graphs {
        with_pixels(&mut images, &node.image, |canvas| match graph {
            Graph::Frames => paint::frames(canvas, &history, target),
            Graph::Pauses => paint::pauses(canvas, &history, budget),
            Graph::Heap => paint::heap(canvas, &history, heap.limits()),
        });
    }
    for (line, mut text, mut node) in &mut lines {
        let words: String = match line {
            Line::Headline => text::headline(strategy, &round, heap.is_collecting()),
            Line::Frames => text::frames(&history, paint::frame_scale(&history, target)),
            Line::Pauses => text::pauses(&history, paint::pause_scale(&history, budget)),
            Line::Heap => text::heap(&heap),
            Line::Warnings => warnings.text(),
        };
        // An empty line would have a line's height.
        let display = match words.is_empty() {
            true => Display::None,
            false => Display::Flex,
        };
        if node.display != display {
            node.display = display;
        }
        // Laying text out again costs more than comparing it.
        if text.0 != words {
            text.0 = words;
        }
    }
}

fn with_pixels(
    images: &mut Assets<Image>,
    handle: &Handle<Image>,
    paint: impl FnOnce(&mut Canvas),
) {
    if let Some(mut image) = images.get_mut(handle)
        && let Some(pixels) = &mut image.data
    {
        paint(&mut Canvas::new(pixels));
    }
}
