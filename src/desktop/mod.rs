//! The operator's window.
//!
//! Lives here: the app, its screen and its style; a view model that the engine's events fold into, and a worker that
//! does everything that takes time. Never here: decisions about money, I/O or waiting in a frame.
//! Start reading at [`model`]: the screen is a function from it to a list of [`model::Action`]s.

mod app;
pub mod model;
mod screen;
mod style;
mod table;
pub mod words;
mod worker;

use crate::app::Secrets;
use crate::config::{Config, Home};

pub use app::App;

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

/// Opens the window and stays until it is closed.
pub fn run(start: Start) -> anyhow::Result<()> {
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("GạchNợ")
            .with_app_id("gachno")
            .with_inner_size([1280.0, 800.0])
            .with_min_inner_size([1024.0, 600.0]),
        ..eframe::NativeOptions::default()
    };
    let ended = eframe::run_native("gachno", options, Box::new(|creation| Ok(Box::new(App::new(&creation.egui_ctx, start)))));
    ended.map_err(|error| {
        anyhow::anyhow!("Không mở được cửa sổ: {error}. Cập nhật trình điều khiển màn hình, hoặc dùng: gachno run … (Cannot open the window.)")
    })
}
