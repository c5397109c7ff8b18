//! Real browsers: finding them, starting them, speaking WebDriver, and never leaving one behind.
//!
//! Lives here: `ChromeDriver` processes, WebDriver sessions, profiles, the reaper of what dead runs
//! left. Never here: what a page means. Nothing in here ever repeats a command: whoever sent it
//! decides.
//!
//! Kill order is browser first, driver second: a driver that dies first lets a held request go.
//! Behind that stands the
//! [`relay`](serve_relay): while a gate is on, no connection leaves the machine.

mod bidi;
mod driver;
mod error;
mod find;
mod gate;
mod reaper;
mod relay;
mod session;
mod shards;

pub use driver::Driver;
pub use error::BrowserError;
pub use find::{Found, find, versions};
pub use gate::{Gate, Judgement, Passed, Posted, Strength, answer_to, fail_held};
pub use reaper::{Reaped, reap};
pub use relay::serve as serve_relay;
pub use session::{Browser, Camera, Facts, Session, Settings, without_password};
pub use shards::Shards;
