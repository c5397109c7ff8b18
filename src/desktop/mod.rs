//! The operator's window.
//!
//! Lives here: the app, its screen and its style; a view model that the engine's events fold into,
//! and a worker that does everything that takes time. Never here: decisions about money, I/O or
//! waiting in a frame. Start reading at [`model`]: the screen is a function from it to a list of
//! [`model::UserAction`]s.

mod app;
pub mod model;
mod screen;
mod sound;
mod style;
mod table;
pub mod words;
mod worker;

use crate::app::Secrets;
use crate::config::{Config, Home};

pub use app::DesktopApp;

/// How the window is started.
#[derive(Debug)]
pub struct Start {
    /// Where things lie on disk.
    pub home: Home,
    /// A demo brings its own configuration; nothing of it is written.
    pub demo: Option<Demo>,
}

/// A demo's configuration, with secrets in memory only.
#[derive(Debug)]
pub struct Demo {
    /// Addresses of the simulators.
    pub config: Config,
    /// The simulated agent's.
    pub secrets: Secrets,
}

/// Where this is set, the window says on stdout when it has drawn its first frame: for benches.
pub const FIRST_FRAME: &str = "GACHNO_FIRST_FRAME";

/// Fonts, sizes and colours.
pub fn dress(ctx: &egui::Context) {
    style::apply(ctx);
    egui_extras::install_image_loaders(ctx);
}

/// Draws a model; says what was asked for. What a frame does, without a window or a worker: for
/// pictures and benches.
pub fn draw(ui: &mut egui::Ui, model: &mut model::Model) -> Vec<model::UserAction> {
    screen::show(ui, model)
}

/// Says which renderer to take: one that was tried because the other failed.
const RENDERER: &str = "GACHNO_RENDERER";

/// Opens the window and stays until it is closed.
///
/// Old machines and remote desktops have drivers that only one of OpenGL and the newer interfaces
/// works with: where one fails, the program starts itself anew with the other, and remembers which
/// one worked.
pub fn run(start: Start) -> anyhow::Result<()> {
    let remembered = start.home.renderer();
    let tried = std::env::var(RENDERER).ok();
    let wanted = tried
        .clone()
        .or_else(|| std::fs::read_to_string(&remembered).ok())
        .unwrap_or_default();
    let (renderer, name, other) = match wanted.trim() {
        "wgpu" => (eframe::Renderer::Wgpu, "wgpu", "glow"),
        _ => (eframe::Renderer::Glow, "glow", "wgpu"),
    };
    let opened = open(start, renderer);
    match opened {
        Ok(()) => {
            if tried.is_some()
                && let Err(error) = crate::config::write_atomically(&remembered, name.as_bytes())
            {
                tracing::warn!(%error, "the renderer that works could not be noted");
            }
            Ok(())
        }
        // Without a screen there is nothing that another renderer could do.
        Err(error @ (eframe::Error::Winit(_) | eframe::Error::WinitEventLoop(_))) => {
            Err(no_window(&error))
        }
        Err(error) if tried.is_none() => {
            tracing::warn!(%error, renderer = name, "the window did not open; trying the other renderer");
            let mut again = crate::process::quiet(std::env::current_exe()?);
            let ended = again
                .args(std::env::args_os().skip(1))
                .env(RENDERER, other)
                .status()?;
            // What failed there was told there.
            if ended.success() {
                Ok(())
            } else {
                std::process::exit(ended.code().unwrap_or(1))
            }
        }
        Err(error) => Err(no_window(&error)),
    }
}

fn no_window(error: &eframe::Error) -> anyhow::Error {
    anyhow::anyhow!(
        "Không mở được cửa sổ: {error}. Cập nhật trình điều khiển màn hình, hoặc dùng: gachno run … (Cannot open the window.)"
    )
}

fn open(start: Start, renderer: eframe::Renderer) -> Result<(), eframe::Error> {
    let options = eframe::NativeOptions {
        renderer,
        // Size and place of the window, widths of columns. A demo's go with its folder.
        persistence_path: Some(start.home.window()),
        viewport: egui::ViewportBuilder::default()
            .with_title("GạchNợ")
            .with_app_id("gachno")
            .with_inner_size([1280.0, 800.0])
            // What is left of the smallest screen beside a title bar and a taskbar: a window manager
            // keeps to it even where the window is to fill the screen.
            .with_min_inner_size([800.0, 480.0]),
        ..eframe::NativeOptions::default()
    };
    let create = |creation: &eframe::CreationContext<'_>| {
        let mut app = DesktopApp::new(&creation.egui_ctx, start);
        if let Some(storage) = creation.storage {
            app.resume(storage);
        }
        Ok(Box::new(app) as Box<dyn eframe::App>)
    };
    eframe::run_native("gachno", options, Box::new(create))
}
