//! The window: to be built.
use crate::{app::Secrets, config::{Config, Home}};
/// How the window is started.
pub struct Start {
    /// Folders.
    pub home: Home,
    /// A demo.
    pub demo: Option<Demo>,
}
/// A demo's settings.
pub struct Demo { /// Config.
    pub config: Config, /// Secrets.
    pub secrets: Secrets }
/// Opens it.
pub fn run(_start: Start) -> anyhow::Result<()> { Ok(()) }
