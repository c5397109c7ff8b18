//! Real browsers: finding them, starting them, speaking WebDriver, and never leaving one behind.
//!
//! Lives here: `ChromeDriver` processes, WebDriver sessions, profiles, the reaper of what dead runs
//! left, drivers that are fetched ([`Supply`]). Never here: what a page means. Nothing in here ever repeats a command: whoever sent it
//! decides.
//!
//! Kill order is browser first, driver second: a driver that dies first lets a held request go.
//! Behind that stands the
//! [`relay`](serve_relay): while a gate is on, no connection leaves the machine.

mod bidi;
mod camera;
mod driver;
mod error;
mod find;
mod gate;
mod instance;
mod local;
mod reaper;
mod relay;
mod session;
mod settings;
mod shards;
mod supply;
mod tab;
mod version;
mod webdriver;
mod workspace;

pub use camera::Camera;
pub use driver::Driver;
pub use error::BrowserError;
pub use find::{BrowserPrograms, FoundBrowser, find, find_browser};
pub use gate::{Gate, Judgement, Passed, Posted, Strength, answer_to, fail_held};
pub use instance::Browser;
pub use local::fetch_driver;
pub use reaper::{Reaped, reap};
pub use relay::serve as serve_relay;
pub use session::{Facts, Session};
pub use settings::BrowserSettings;
pub use shards::Shards;
pub use supply::{Family, FetchPolicy, FetchStep, Fetched, Shelf, Supply, SupplyError};
pub use version::Version;
pub use webdriver::without_password;
