//! How browsers are to be started; made from the configuration.

use std::path::PathBuf;

use super::Supply;

/// How browsers are started.
#[derive(Debug, Clone, Default)]
pub struct BrowserSettings {
    /// A `WebDriver` that runs elsewhere. Empty: our own driver.
    pub webdriver_url: String,
    /// Chromium, Chrome or Edge; empty: searched for.
    pub browser_path: String,
    /// Its driver; empty: searched for.
    pub driver_path: String,
    /// Drivers that the program brings by itself.
    pub supply: Supply,
    /// Without a window.
    pub headless: bool,
    /// Where records and profiles of living sessions lie.
    pub run_folder: PathBuf,
    /// Never speak `BiDi`: one browser a login, and a latch in the page instead of the gate.
    pub classic: bool,
    /// The program that `relay` starts; `None`: connections go their own way.
    pub relay: Option<PathBuf>,
}
