//! `gachno driver`: which browser and driver this machine has, and a fitting driver fetched.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

use super::args::DriverCommand;
use super::{Ended, Exit, Failure, say, tell};
use crate::app;
use crate::browser::{
    BrowserError, BrowserSettings, Family, FetchPolicy, FetchStep, Fetched, Version, fetch_driver,
    find,
};
use crate::config::{Config, Home};

pub async fn driver(what: Option<DriverCommand>) -> Ended {
    let home = Home::find()?;
    let settings = app::browser_settings(&home, &Config::load(&home.config_file())?);
    match what {
        None => Ok(show(&settings)),
        Some(DriverCommand::Fetch { version, edge }) => {
            let fetched = fetch(&settings, version, edge).await?;
            let word = if fetched.is_new {
                "Đã tải"
            } else {
                "Đã có"
            };
            tell(&format!("{word} {}.", fetched.version));
            say(&fetched.program.display().to_string());
            Ok(Exit::Done)
        }
    }
}

/// What there is. Good where a batch could begin.
fn show(settings: &BrowserSettings) -> Exit {
    let exit = match find(settings) {
        Ok(found) => {
            let version = found.browser.version;
            let version = version.map_or_else(|| "(?)".to_owned(), |v| v.to_string());
            say(&format!(
                "✓ trình duyệt {version}  {}",
                found.browser.program.display()
            ));
            say(&format!(
                "✓ {} {}  {}",
                found.browser.family,
                found.driver_version,
                found.driver.display()
            ));
            Exit::Done
        }
        Err(error) => {
            say(&format!("✗ {error}"));
            Exit::CannotRun
        }
    };
    for family in [Family::Chrome, Family::Edge] {
        for (version, program) in settings.supply.shelf().all(family) {
            say(&format!(
                "· đã tải: {family} {version}  {}",
                program.display()
            ));
        }
    }
    exit
}

async fn fetch(
    settings: &BrowserSettings,
    version: Option<Version>,
    edge: bool,
) -> Result<Fetched, Failure> {
    let bar = bar();
    let told = |step| on_terminal(&bar, step);
    let family = if edge { Family::Edge } else { Family::Chrome };
    let fetched = match version {
        Some(version) => {
            let fetched = settings.supply.fetch(family, version, &told).await;
            fetched.map_err(Failure::cannot_run)
        }
        None => fetch_driver(settings, &told).await.map_err(|error| match error {
            BrowserError::NoDriver { browser: None, .. } => Failure::usage(anyhow::anyhow!(
                "Không đọc được phiên bản của trình duyệt. Dùng: gachno driver fetch --version … (The browser does not tell its version.)"
            )),
            error => Failure::cannot_run(error),
        }),
    };
    bar.finish_and_clear();
    fetched
}

/// Before a batch: where the driver that is missing may be fetched without asking, it is, with its
/// progress shown. Else the batch says what is missing.
pub(super) async fn ensure(settings: &BrowserSettings) -> Result<(), Failure> {
    if settings.supply.policy != FetchPolicy::Always || !settings.webdriver_url.is_empty() {
        return Ok(());
    }
    match find(settings) {
        Err(error) if error.wants_driver() => {
            tell(&error.to_string());
            fetch(settings, None, false).await.map(|fetched| {
                tell(&format!("Đã tải {}.", fetched.version));
            })
        }
        _ => Ok(()),
    }
}

fn bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(0).with_style(style)
}

fn on_terminal(bar: &ProgressBar, step: FetchStep) {
    match step {
        FetchStep::Waiting => bar.set_message("Chờ chương trình khác tải xong"),
        FetchStep::Listing => bar.set_message("Xem danh sách"),
        FetchStep::Fetching { got, of } => {
            bar.set_message("Đang tải");
            bar.set_length(of.unwrap_or(got));
            bar.set_position(got);
        }
        FetchStep::Unpacking => bar.set_message("Giải nén"),
    }
}
