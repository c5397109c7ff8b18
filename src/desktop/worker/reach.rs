//! Can the job API and the browser be reached?

use crate::app::{self, Secrets};
use crate::browser::{self as browsers, BrowserSettings};
use crate::config::Config;
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
pub fn browser(settings: &BrowserSettings) -> Result<String, String> {
    if !settings.webdriver_url.is_empty() {
        return Ok(browsers::without_password(&settings.webdriver_url));
    }
    let found = browsers::find(&settings.browser_path, &settings.driver_path).map_err(said)?;
    let (browser, driver) = browsers::versions(&found).map_err(said)?;
    Ok(if browser.is_empty() {
        format!("ChromeDriver {driver}")
    } else {
        format!("Chromium {browser}")
    })
}
