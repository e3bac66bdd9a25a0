//! Where the game is drawn: in a window, or into an image for a screenshot, which needs neither a screen nor a GPU.

use super::hud::MARGIN;
use crate::{options::Options, referee::Referee, world::ARENA};
use bevy::{
    app::ScheduleRunnerPlugin,
    camera::{RenderTarget, ScalingMode},
    prelude::*,
    render::{
        Render, RenderApp, RenderPlugin, RenderSystems,
        render_resource::{PollType, TextureFormat, TextureUsages},
        renderer::RenderDevice,
        view::screenshot::{Captured, Screenshot, save_to_disk},
    },
    window::{ExitCondition, WindowResolution},
    winit::WinitPlugin,
};
use gc_bevy::overlay::GcOverlayPanel;
use std::{error::Error, fs::File, path::PathBuf, str::FromStr, time::Duration};

/// Frames of a screenshot's match when none are asked for: well into the first round.
pub const SCREENSHOT_FRAMES: u64 = 780;

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub width: u32,
    pub height: u32,
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let side = |text: &str| text.parse().ok().filter(|side| (320..=7680).contains(side));
        text.split_once('x')
            .and_then(|(width, height)| side(width).zip(side(height)))
            .map(|(width, height)| Self { width, height })
            .ok_or_else(|| "two numbers from 320 to 7680 are expected, such as 1280x720".to_owned())
    }
}

/// The camera's target, and the picture that is wanted.
#[derive(Resource)]
struct Photograph {
    path: PathBuf,
    image: Handle<Image>,
}

pub fn add(app: &mut App, options: &Options) -> Result<(), Box<dyn Error>> {
    let Size { width, height } = options.window.size;
    // Nearest: every pixel of the overlay stays what it is.
    let plugins = DefaultPlugins.set(ImagePlugin::default_nearest());
    app.insert_resource(ClearColor(Color::srgb(0.012, 0.016, 0.032)))
        .add_systems(PostStartup, lower_the_overlay)
        .add_systems(Update, make_room);
    let Some(path) = &options.window.screenshot else {
        let window = Window {
            title: "gc-core shooter".to_owned(),
            resolution: WindowResolution::new(width, height),
            ..default()
        };
        app.add_plugins(plugins.set(WindowPlugin {
            primary_window: Some(window),
            ..default()
        }))
        .add_systems(Startup, |mut commands: Commands| {
            commands.spawn(camera());
        });
        if options.frames.is_some() {
            app.add_systems(PostUpdate, leave_at_the_end);
        }
        return Ok(());
    };
    // Better known now than after the match.
    File::create(path).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    let no_window = WindowPlugin {
        primary_window: None,
        exit_condition: ExitCondition::DontExit,
        ..default()
    };
    // A short match is over before a busy machine has compiled the shaders beside it.
    let shaders_first = RenderPlugin {
        synchronous_pipeline_compilation: true,
        ..default()
    };
    let plugins = plugins.set(no_window).set(shaders_first);
    app.add_plugins(plugins.disable::<WinitPlugin>())
        .add_plugins(ScheduleRunnerPlugin::run_loop(Duration::ZERO));
    let mut image = Image::new_target_texture(width, height, TextureFormat::Rgba8UnormSrgb, None);
    image.texture_descriptor.usage |= TextureUsages::COPY_SRC;
    let image = app.world_mut().resource_mut::<Assets<Image>>().add(image);
    app.insert_resource(Photograph {
        path: path.clone(),
        image,
    })
    .add_systems(
        Startup,
        |mut commands: Commands, photograph: Res<Photograph>| {
            let target = RenderTarget::Image(photograph.image.clone().into());
            commands.spawn((camera(), target, IsDefaultUiCamera));
        },
    )
    .add_systems(Last, photograph)
    .add_systems(PostUpdate, leave);
    // Nothing waits for a screen here: without this, frames pile up in the driver faster than it draws them.
    app.sub_app_mut(RenderApp).add_systems(
        Render,
        (|device: Res<RenderDevice>| {
            // A lost device shows in the picture.
            let _ = device.poll(PollType::wait_indefinitely());
        })
        .in_set(RenderSystems::Cleanup),
    );
    Ok(())
}

/// Shows the whole arena; [`make_room`] has the rest.
fn camera() -> impl Bundle {
    let projection = OrthographicProjection {
        scaling_mode: ScalingMode::AutoMin {
            min_width: ARENA.x + 40.0,
            min_height: ARENA.y,
        },
        ..OrthographicProjection::default_2d()
    };
    (Camera2d, Msaa::Off, Projection::Orthographic(projection))
}

/// The overlay stands below the line of score.
fn lower_the_overlay(mut panels: Query<&mut Node, With<GcOverlayPanel>>) {
    for mut node in &mut panels {
        node.top = Val::Px(MARGIN);
    }
}

/// Leaves room above and below the arena for words, whose size is in pixels.
fn make_room(mut last: Local<Vec2>, mut cameras: Query<(&Camera, &mut Projection)>) {
    for (camera, mut projection) in &mut cameras {
        let Some(size) = camera.logical_target_size().filter(|size| *size != *last) else {
            continue;
        };
        *last = size;
        if let Projection::Orthographic(shown) = &mut *projection {
            let rows_of_arena = (size.y - 2.0 * MARGIN).max(1.0);
            shown.scaling_mode = ScalingMode::AutoMin {
                min_width: ARENA.x + 40.0,
                min_height: ARENA.y * size.y / rows_of_arena,
            };
        }
    }
}

/// Frames between the end of the match and the picture, so that the drawing has caught up.
const SETTLE: u32 = 3;

fn photograph(
    referee: Res<Referee>,
    mut waited: Local<u32>,
    photograph: Res<Photograph>,
    mut commands: Commands,
) {
    if !referee.is_over() {
        return;
    }
    *waited += 1;
    if *waited == SETTLE {
        commands
            .spawn(Screenshot::image(photograph.image.clone()))
            .observe(save_to_disk(photograph.path.clone()));
    }
}

fn leave_at_the_end(referee: Res<Referee>, mut exit: MessageWriter<AppExit>) {
    if referee.is_over() {
        exit.write(AppExit::Success);
    }
}

/// The picture arrives some frames after it was taken.
fn leave(taken: Query<(), With<Captured>>, mut exit: MessageWriter<AppExit>) {
    if !taken.is_empty() {
        exit.write(AppExit::Success);
    }
}
