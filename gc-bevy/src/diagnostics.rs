//! The collector's numbers in `bevy_diagnostic`.

use crate::{GcHeap, GcHeapId, MainHeap, shared::NeedsGcPlugin, systems::ReportSystems};
use alloc::format;
use bevy_app::{App, Last, Plugin};
use bevy_diagnostic::{
    DEFAULT_MAX_HISTORY_LENGTH, Diagnostic, DiagnosticPath, Diagnostics, RegisterDiagnostic,
};
use bevy_ecs::prelude::*;
use core::{marker::PhantomData, time::Duration};

/// Feeds a heap's numbers to Bevy's diagnostics, once a frame, in [`GcSystems::Report`](crate::GcSystems::Report).
///
/// | path | what | unit |
/// |---|---|---|
/// | [`PAUSE`](Self::PAUSE) | what the collector held the frame up for | ms |
/// | [`SLICE`](Self::SLICE) | the frame's slices, a part of it | ms |
/// | [`UNITS`](Self::UNITS) | the work that they did | units |
/// | [`LIVE_OBJECTS`](Self::LIVE_OBJECTS) | objects on the heap | objects |
/// | [`HEAP_BYTES`](Self::HEAP_BYTES) | their bytes, with what they hold elsewhere | bytes |
/// | [`FLOATING`](Self::FLOATING) | floating garbage, at the most: what the heap has grown by since the last full collection | bytes |
/// | [`COLLECTIONS`](Self::COLLECTIONS) | collections that ended in the frame | |
/// | [`FORECAST`](Self::FORECAST) | bytes in use after 600 more frames like those of this round | bytes |
///
/// Those of a heap with a marker are told apart by its name, `gc/Mod/pause`: [`path`](Self::path).
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
pub struct GcDiagnosticsPlugin<M: Send + Sync + 'static = MainHeap> {
    /// How many values of each are kept.
    pub max_history_length: usize,
    marker: PhantomData<fn() -> M>,
}

impl GcDiagnosticsPlugin {
    /// The time for which the collector held the frame up, in ms.
    pub const PAUSE: DiagnosticPath = DiagnosticPath::const_new("gc/pause");
    /// The time of the frame's slices, in ms.
    pub const SLICE: DiagnosticPath = DiagnosticPath::const_new("gc/slice");
    /// Units of work in the frame's slices.
    pub const UNITS: DiagnosticPath = DiagnosticPath::const_new("gc/units");
    /// Live objects on the heap.
    pub const LIVE_OBJECTS: DiagnosticPath = DiagnosticPath::const_new("gc/live_objects");
    /// Bytes of the live objects.
    pub const HEAP_BYTES: DiagnosticPath = DiagnosticPath::const_new("gc/heap_bytes");
    /// Bytes of floating garbage, at the most.
    pub const FLOATING: DiagnosticPath = DiagnosticPath::const_new("gc/floating_bytes");
    /// Collections that ended in the frame.
    pub const COLLECTIONS: DiagnosticPath = DiagnosticPath::const_new("gc/collections");
    /// Bytes in use, 600 frames from now. Outside rounds it is what was forecast last, from the present size.
    pub const FORECAST: DiagnosticPath = DiagnosticPath::const_new("gc/forecast_bytes");

    /// For the main heap, with Bevy's usual length of history.
    // Beside the trait's method, so that no marker needs naming.
    #[expect(
        clippy::should_implement_trait,
        reason = "the trait is implemented too, for every marker"
    )]
    pub fn default() -> Self {
        <Self as Default>::default()
    }
}

/// How far [`GcDiagnosticsPlugin::FORECAST`] looks ahead.
const FORECAST_FRAMES: u64 = 600;

impl<M: Send + Sync + 'static> Default for GcDiagnosticsPlugin<M> {
    fn default() -> Self {
        Self {
            max_history_length: DEFAULT_MAX_HISTORY_LENGTH,
            marker: PhantomData,
        }
    }
}

impl<M: Send + Sync + 'static> Clone for GcDiagnosticsPlugin<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Send + Sync + 'static> Copy for GcDiagnosticsPlugin<M> {}

impl<M: Send + Sync + 'static> GcDiagnosticsPlugin<M> {
    /// With another length of history.
    #[must_use]
    pub fn max_history_length(mut self, length: usize) -> Self {
        self.max_history_length = length;
        self
    }

    /// The path that `of`, one of the paths above, has for this heap.
    ///
    /// ```
    /// use gc_bevy::GcDiagnosticsPlugin;
    ///
    /// struct Mod;
    /// let path = GcDiagnosticsPlugin::<Mod>::path(&GcDiagnosticsPlugin::PAUSE);
    /// assert_eq!(path.as_str(), "gc/Mod/pause");
    /// ```
    pub fn path(of: &DiagnosticPath) -> DiagnosticPath {
        let heap = GcHeapId::of::<M>();
        match of.as_str().strip_prefix("gc/") {
            // `/` is for the components of a path.
            Some(what) if !heap.is_main() => {
                DiagnosticPath::new(format!("gc/{}/{what}", heap.name().replace('/', "_")))
            }
            _ => of.clone(),
        }
    }
}

/// The paths of one heap.
#[derive(Resource)]
struct Paths<M> {
    pause: DiagnosticPath,
    slice: DiagnosticPath,
    units: DiagnosticPath,
    live_objects: DiagnosticPath,
    heap_bytes: DiagnosticPath,
    floating: DiagnosticPath,
    collections: DiagnosticPath,
    forecast: DiagnosticPath,
    marker: PhantomData<fn() -> M>,
}

impl<M: Send + Sync + 'static> Plugin for GcDiagnosticsPlugin<M> {
    fn build(&self, app: &mut App) {
        let mut register = |path: &DiagnosticPath, suffix: &'static str| {
            let path = Self::path(path);
            app.register_diagnostic(
                Diagnostic::new(path.clone())
                    .with_suffix(suffix)
                    .with_max_history_length(self.max_history_length),
            );
            path
        };
        let paths = Paths::<M> {
            pause: register(&GcDiagnosticsPlugin::PAUSE, "ms"),
            slice: register(&GcDiagnosticsPlugin::SLICE, "ms"),
            units: register(&GcDiagnosticsPlugin::UNITS, " units"),
            live_objects: register(&GcDiagnosticsPlugin::LIVE_OBJECTS, " objects"),
            heap_bytes: register(&GcDiagnosticsPlugin::HEAP_BYTES, " bytes"),
            floating: register(&GcDiagnosticsPlugin::FLOATING, " bytes"),
            collections: register(&GcDiagnosticsPlugin::COLLECTIONS, ""),
            forecast: register(&GcDiagnosticsPlugin::FORECAST, " bytes"),
            marker: PhantomData,
        };
        app.insert_resource(paths)
            .add_systems(Last, measure::<M>.in_set(ReportSystems::Diagnostics));
    }

    fn finish(&self, app: &mut App) {
        app.needs_gc_plugin("GcDiagnosticsPlugin");
    }
}

fn measure<M: Send + Sync + 'static>(
    mut diagnostics: Diagnostics,
    heap: Res<GcHeap<M>>,
    paths: Res<Paths<M>>,
) {
    let frame = heap.last_frame();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    diagnostics.add_measurement(&paths.pause, || ms(frame.pause));
    diagnostics.add_measurement(&paths.slice, || ms(frame.slice));
    diagnostics.add_measurement(&paths.units, || frame.units as f64);
    diagnostics.add_measurement(&paths.live_objects, || heap.len() as f64);
    diagnostics.add_measurement(&paths.heap_bytes, || heap.bytes() as f64);
    diagnostics.add_measurement(&paths.floating, || heap.floating_bytes() as f64);
    diagnostics.add_measurement(&paths.collections, || f64::from(frame.collections));
    diagnostics.add_measurement(&paths.forecast, || {
        heap.forecast(FORECAST_FRAMES).predicted_bytes as f64
    });
}
