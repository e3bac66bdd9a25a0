//! The collector's numbers in `bevy_diagnostic`.

use crate::{GcFrame, GcHeap, GcSystems};
use bevy_app::{App, Last, Plugin};
use bevy_diagnostic::{
    DEFAULT_MAX_HISTORY_LENGTH, Diagnostic, DiagnosticPath, Diagnostics, RegisterDiagnostic,
};
use bevy_ecs::prelude::*;

/// Feeds the collector's numbers to Bevy's diagnostics, once a frame, in [`GcSystems::Report`].
///
/// ```
/// use bevy_app::App;
/// use bevy_diagnostic::DiagnosticsStore;
/// use gc_bevy::{GcDiagnosticsPlugin, GcPlugin};
///
/// let mut app = App::new();
/// app.add_plugins((GcPlugin::default(), GcDiagnosticsPlugin::default()));
/// app.update();
/// let store = app.world().resource::<DiagnosticsStore>();
/// assert_eq!(store.get(&GcDiagnosticsPlugin::LIVE_OBJECTS).unwrap().value(), Some(0.0));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct GcDiagnosticsPlugin {
    /// How many values of each are kept.
    pub max_history_length: usize,
}

impl Default for GcDiagnosticsPlugin {
    fn default() -> Self {
        Self {
            max_history_length: DEFAULT_MAX_HISTORY_LENGTH,
        }
    }
}

impl GcDiagnosticsPlugin {
    /// The time for which the collector held the frame up, in ms.
    pub const PAUSE: DiagnosticPath = DiagnosticPath::const_new("gc/pause");
    /// Live objects on the heap.
    pub const LIVE_OBJECTS: DiagnosticPath = DiagnosticPath::const_new("gc/live_objects");
    /// Bytes of the live objects.
    pub const HEAP_BYTES: DiagnosticPath = DiagnosticPath::const_new("gc/heap_bytes");
    /// Collections that ended in the frame.
    pub const COLLECTIONS: DiagnosticPath = DiagnosticPath::const_new("gc/collections");
}

impl Plugin for GcDiagnosticsPlugin {
    fn build(&self, app: &mut App) {
        for (path, suffix) in [
            (Self::PAUSE, "ms"),
            (Self::LIVE_OBJECTS, " objects"),
            (Self::HEAP_BYTES, " bytes"),
            (Self::COLLECTIONS, ""),
        ] {
            app.register_diagnostic(
                Diagnostic::new(path)
                    .with_suffix(suffix)
                    .with_max_history_length(self.max_history_length),
            );
        }
        app.add_systems(
            Last,
            measure
                .in_set(GcSystems::Report)
                .after(crate::systems::report),
        );
    }
}

fn measure(mut diagnostics: Diagnostics, heap: Res<GcHeap>, frame: Res<GcFrame>) {
    diagnostics.add_measurement(&GcDiagnosticsPlugin::PAUSE, || {
        frame.pause.as_secs_f64() * 1e3
    });
    diagnostics.add_measurement(&GcDiagnosticsPlugin::LIVE_OBJECTS, || heap.len() as f64);
    diagnostics.add_measurement(&GcDiagnosticsPlugin::HEAP_BYTES, || heap.bytes() as f64);
    diagnostics.add_measurement(&GcDiagnosticsPlugin::COLLECTIONS, || {
        f64::from(frame.collections)
    });
}
