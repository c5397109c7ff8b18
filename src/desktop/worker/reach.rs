//! Can the job API and the browser be reached? And the driver that is missing, fetched.

use std::sync::Mutex;
use std::sync::PoisonError;

use super::Teller;
use super::message::{ReachUpdate, Update};
use crate::app::{self, Secrets};
use crate::browser::{self as browsers, BrowserError, BrowserSettings, FetchPolicy, FetchStep};
use crate::config::Config;
use crate::desktop::model::DriverCard;
use crate::desktop::words::said;

/// The job API's address, where it answers.
pub async fn health(config: &Config, secrets: &Secrets) -> Result<String, String> {
    let api = app::job_api(config, secrets).map_err(said)?;
    api.health()
        .await
        .map(|_| config.api.url.clone())
        .map_err(said)
}

/// Is a browser with its driver there?
pub fn browser(settings: &BrowserSettings) -> Result<String, BrowserError> {
    if !settings.webdriver_url.is_empty() {
        return Ok(browsers::without_password(&settings.webdriver_url));
    }
    let found = browsers::find(settings)?;
    let name = found
        .browser
        .program
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    Ok(match found.browser.version {
        Some(version) => format!("{name} {version}"),
        None => format!("{} {}", found.browser.family, found.driver_version),
    })
}

/// Looks at the browser and its driver, and tells. A driver that is missing and may be fetched
/// without asking is fetched; else the window is told that it can be.
pub async fn look_at_browser(settings: BrowserSettings, to: Teller) {
    let Some(missing) = told(&settings, &to).await else {
        return;
    };
    match settings.supply.policy {
        FetchPolicy::Always => fetch_driver(settings, to).await,
        FetchPolicy::Ask => tell(&to, DriverCard::Wanted(missing)),
        FetchPolicy::Never => {}
    }
}

/// Fetches the driver that fits, with its progress told, and looks again.
pub async fn fetch_driver(settings: BrowserSettings, to: Teller) {
    tell(&to, DriverCard::Fetching(None));
    match fetched(&settings, &to).await {
        Ok(()) => drop(told(&settings, &to).await),
        Err(error) => tell(&to, DriverCard::Failed(said(error))),
    }
}

async fn fetched(settings: &BrowserSettings, to: &Teller) -> Result<(), BrowserError> {
    // A frame for each percent, not for each packet.
    let shown = Mutex::new(None);
    let progress = |step| {
        let FetchStep::Fetching { got, of: Some(of) } = step else {
            return;
        };
        let percent = u8::try_from(got * 100 / of.max(1)).ok();
        let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
        if *shown != percent {
            *shown = percent;
            tell(to, DriverCard::Fetching(percent));
        }
    };
    browsers::fetch_driver(settings, &progress)
        .await
        .map(|_| ())
}

/// Tells the light; says what is missing where a driver would help.
async fn told(settings: &BrowserSettings, to: &Teller) -> Option<String> {
    let at = settings.clone();
    let found = tokio::task::spawn_blocking(move || browser(&at))
        .await
        .unwrap_or_else(|e| Err(BrowserError::DriverStart { why: e.to_string() }));
    let missing = match &found {
        Err(error) if error.wants_driver() => Some(error.to_string()),
        _ => None,
    };
    tell(to, DriverCard::None);
    to.tell(Update::Reach(ReachUpdate::Browser(found.map_err(said))));
    missing
}

fn tell(to: &Teller, card: DriverCard) {
    to.tell(Update::Reach(ReachUpdate::Driver(card)));
}
