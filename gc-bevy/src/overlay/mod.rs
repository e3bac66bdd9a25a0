//! A panel that shows what the collector costs, for the feature `overlay`.
//!
//! ```text
//! ┌──────────────────────────────────────┐
//! │ budgeted, 0.50 ms a frame            │ the strategy
//! │ collecting                           │ or at rest, silent in a round, tidying up after it
//! │ frame 16.6 ms, worst 21.0, top 33.3  │ top: the graph's full height
//! │ ▂▂▂▂▂▃▂▂▂▂▂▂█▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂ │ every frame, with the collector's part of it below, and the target
//! │ pause 0.41 ms, worst 0.50, top 1.00  │
//! │ ▁ ▁▁▁▃▃▃▃▃▃▃▃  ▁▁▁▃▃▃▃▃▃▃▃  ▁▁▁▃▃▃▃▃ │ the collector's part alone, enlarged; slices, and collections in one go
//! │ heap 12.4 MB, peak 13.1, floating 0.8│
//! │ 45,678 objects, limits 64.0 / 96.0   │
//! │ ▁▁▂▂▃▃▄▄▅▁▁▂▂▃▃▄▄▅▁▁▂▂▃▃▄▄▅▁▁▂▂▃▃▄▄▅ │ the heap, with its limits
//! │ leak? Ship grows by 8.0 objects a ro │ the last warnings, if there are any
//! └──────────────────────────────────────┘
//! ```

mod history;
mod paint;
mod panel;
mod text;
mod warnings;

pub use panel::GcOverlayPanel;

use crate::GcSystems;
use bevy_app::{App, Last, Plugin, Startup, Update};
use bevy_ecs::{prelude::*, reflect::ReflectResource};
use bevy_input::{ButtonInput, keyboard::KeyCode};
use bevy_reflect::{Reflect, prelude::ReflectDefault};
use core::time::Duration;
use history::History;
use warnings::Warnings;

/// Shows what the collector costs: a panel in Bevy UI, toggled by a key.
///
/// It shows the [`GcStrategy`](crate::GcStrategy), a graph of frame times with the collector's slices marked in it, the
/// slices alone, and the size of the heap against its [`Limits`](gc_core::Limits). Below them it warns, when there is a
/// reason: of a leak that [`GcInspectorPlugin`](crate::GcInspectorPlugin) suspects, if the app has it, of memory that runs
/// out, and of a budget that is too small. Needs
/// [`GcPlugin`](crate::GcPlugin), `bevy_ui`, and a renderer for it; `DefaultPlugins` has them.
///
/// - Resource: [`GcOverlay`], to show, hide and configure it at run time.
/// - Systems: in `Startup`, in `Update`, and in [`Last`] after [`GcSystems::Report`].
/// - Entities: one UI node with the marker [`GcOverlayPanel`] and its children. It does not take the pointer's clicks.
///
/// Cost: hidden, one record of 48 bytes a frame; visible, also about 150,000 bytes of pixels painted and uploaded a
/// frame (0.1 ms in an optimized build).
///
/// ```
/// use bevy_input::keyboard::KeyCode;
/// use core::time::Duration;
/// use gc_bevy::overlay::GcOverlayPlugin;
///
/// let plugin = GcOverlayPlugin::default() // F3, visible, 60 frames a second
///     .key(KeyCode::F12)
///     .hidden()
///     .frame_target(Duration::from_micros(8_333));
/// # let _ = plugin;
/// ```
#[derive(Clone, Debug, Default)]
pub struct GcOverlayPlugin {
    overlay: GcOverlay,
}

impl GcOverlayPlugin {
    /// The key that shows and hides the panel; the default is F3.
    #[must_use]
    pub fn key(mut self, key: KeyCode) -> Self {
        self.overlay.key = Some(key);
        self
    }

    /// Not shown until the key is pressed.
    #[must_use]
    pub fn hidden(mut self) -> Self {
        self.overlay.visible = false;
        self
    }

    /// The time that a frame should take: a line in the graph. The default is 1/60 s.
    #[must_use]
    pub fn frame_target(mut self, target: Duration) -> Self {
        self.overlay.frame_target = target;
        self
    }
}

/// The panel's settings. A resource: they may change in any frame.
#[derive(Resource, Reflect, Clone, Debug, PartialEq)]
#[reflect(Resource, Default, Clone, Debug, PartialEq)]
pub struct GcOverlay {
    /// Whether the panel is shown.
    pub visible: bool,
    /// The key that shows and hides it, if any does.
    pub key: Option<KeyCode>,
    /// The time that a frame should take.
    pub frame_target: Duration,
}

impl Default for GcOverlay {
    fn default() -> Self {
        Self {
            visible: true,
            key: Some(KeyCode::F3),
            frame_target: Duration::from_nanos(16_666_667),
        }
    }
}

impl Plugin for GcOverlayPlugin {
    fn build(&self, app: &mut App) {
        app.insert_resource(self.overlay.clone())
            .init_resource::<History>()
            .init_resource::<Warnings>()
            .register_type::<GcOverlay>()
            .add_systems(Startup, panel::spawn)
            .add_systems(
                Update,
                (
                    toggle,
                    panel::show,
                    panel::draw.run_if(|overlay: Res<GcOverlay>| overlay.visible),
                )
                    .chain(),
            )
            .add_systems(
                Last,
                (history::record, warnings::listen).after(GcSystems::Report),
            );
    }
}

/// Without `bevy_input`'s plugin there are no keys, and the panel stays as it is.
fn toggle(mut overlay: ResMut<GcOverlay>, keys: Option<Res<ButtonInput<KeyCode>>>) {
    if let (Some(keys), Some(key)) = (keys, overlay.key)
        && keys.just_pressed(key)
    {
        overlay.visible = !overlay.visible;
    }
}
