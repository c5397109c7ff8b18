//! Can the job API and the browser be reached?

use crate::app::{self, Secrets};
use crate::browser::{self as browsers, BrowserSettings};
use crate::config::Config;

/// The job API's address, where it answers.
pub async fn health(config: &Config, secrets: &Secrets) -> Result<String, String> {
    let api = app::job_api(config, secrets).map_err(|e| e.to_string())?;
    api.health()
        .await
        .map(|_| config.api.url.clone())
        .map_err(|e| e.to_string())
}

/// Is a browser with its driver there?
pub fn browser(settings: &BrowserSettings) -> Result<String, String> {
    if !settings.webdriver_url.is_empty() {
        return Ok(browsers::without_password(&settings.webdriver_url));
    }
    let found =
        browsers::find(&settings.browser_path, &settings.driver_path).map_err(|e| e.to_string())?;
    let (browser, driver) = browsers::versions(&found).map_err(|e| e.to_string())?;
    Ok(if browser.is_empty() {
        format!("ChromeDriver {driver}")
    } else {
        format!("Chromium {browser}")
    })
}
