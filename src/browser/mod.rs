//! Real browsers: finding them, starting them, speaking WebDriver, and never leaving one behind.
//!
//! Lives here: `ChromeDriver` processes, WebDriver sessions, profiles, the reaper of what dead runs left.
//! Never here: what a page means. Nothing in here ever repeats a command: whoever sent it decides.
//!
//! Kill order is browser first, driver second: a driver that dies first lets a held request go.

mod driver;
mod error;
mod find;
mod reaper;
mod session;

pub use driver::Driver;
pub use error::BrowserError;
pub use find::{Found, find, versions};
pub use reaper::{Reaped, reap};
pub use session::{Facts, Session, Settings};
