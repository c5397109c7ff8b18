//! One WebDriver session: a browser of ours, or one on a remote grid.

use std::path::{Path, PathBuf};
use std::time::Duration;

use fantoccini::{Client, ClientBuilder};
use serde_json::{Map, Value, json};

use super::driver::Driver;
use super::error::{first_line, of_command};
use super::reaper::{self, Record};
use super::{BrowserError, find, versions};

/// A new session takes half a second to a second; a grid may have to start a machine.
const NEW_SESSION_MAX: Duration = Duration::from_mins(1);
/// No script of ours runs longer than two seconds; the driver gives up on it after this.
const SCRIPT_MAX: Duration = Duration::from_secs(10);
/// The browser's own limit for one page.
const PAGE_LOAD_MAX: Duration = Duration::from_secs(45);
/// What is added to the browser's limit before the session counts as hung.
const GRACE: Duration = Duration::from_secs(5);
/// How long a polite goodbye may take before the browser is killed.
const CLOSE_MAX: Duration = Duration::from_secs(5);

/// How browsers are started.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// A WebDriver that runs elsewhere. Empty: our own driver.
    pub webdriver_url: String,
    /// Chromium or Chrome; empty: searched for.
    pub browser_path: String,
    /// `ChromeDriver`; empty: searched for.
    pub driver_path: String,
    /// Without a window.
    pub headless: bool,
    /// Where records and profiles of living sessions lie.
    pub run_folder: PathBuf,
}

/// What is known of a session, for the ledger and for attaching again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// WebDriver session id.
    pub session_id: String,
    /// Process id of the browser, where it is ours.
    pub browser_pid: Option<u32>,
    /// `host:port` of the browser's debugger.
    pub debugger_address: Option<String>,
    /// The browser's version.
    pub browser_version: String,
}

/// An open session. Dropping it kills the browser, then the driver, and removes the profile.
#[derive(Debug)]
pub struct Session {
    client: Client,
    facts: Facts,
    /// `None` on a grid. Order matters: `Drop` kills the browser before this field's own drop kills the driver.
    local: Option<Local>,
    calls: u64,
}

#[derive(Debug)]
struct Local {
    /// Held for its `Drop`, which comes after ours.
    _driver: Driver,
    record: PathBuf,
    profile: PathBuf,
}

impl Drop for Local {
    fn drop(&mut self) {
        reaper::kill_browser_of(&self.profile);
        reaper::clear(&self.record, &self.profile);
    }
}

impl Session {
    /// Opens a browser. Versions are checked before anything is started.
    pub async fn open(settings: &Settings) -> Result<Self, BrowserError> {
        if !settings.webdriver_url.is_empty() {
            let capabilities = capabilities(settings.headless, None, None);
            let (client, facts) = connect(&settings.webdriver_url, capabilities).await?;
            return Ok(Self { client, facts, local: None, calls: 0 });
        }
        let (browser_path, driver_path) = (settings.browser_path.clone(), settings.driver_path.clone());
        let run = settings.run_folder.clone();
        let start = move || -> Result<_, BrowserError> {
            let found = find(&browser_path, &driver_path)?;
            versions(&found)?;
            let profile = run.join(format!("profile-{}", uuid::Uuid::new_v4().simple()));
            std::fs::create_dir_all(&profile).map_err(|source| BrowserError::Disk { path: profile.clone(), source })?;
            let driver = Driver::start(&found.driver)?;
            let record = Record::write(&run, &profile, driver.pid())?;
            Ok((found.browser, driver.url(), Local { _driver: driver, record, profile }))
        };
        let (browser, url, local) = tokio::task::spawn_blocking(start)
            .await
            .map_err(|e| BrowserError::DriverStart { why: e.to_string() })??;
        let capabilities = capabilities(settings.headless, Some(&browser), Some(&local.profile));
        let (client, facts) = connect(&url, capabilities).await?;
        Ok(Self { client, facts, local: Some(local), calls: 0 })
    }

    /// What is known of it.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// WebDriver commands sent so far.
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// Loads a page, up to its document (not its pictures).
    pub async fn goto(&mut self, url: &str) -> Result<(), BrowserError> {
        self.calls += 1;
        let client = self.client.clone();
        match timed(PAGE_LOAD_MAX + GRACE, client.goto(url)).await {
            Err(BrowserError::Script { why }) => Err(BrowserError::PageUnreachable { url: url.to_owned(), why }),
            other => other,
        }
    }

    /// Runs a script that calls its last argument when it is done. Sent once; never repeated in here.
    pub async fn run(&mut self, script: &str, arguments: Vec<Value>) -> Result<Value, BrowserError> {
        self.calls += 1;
        let client = self.client.clone();
        timed(SCRIPT_MAX + GRACE, client.execute_async(script, arguments)).await
    }

    /// Where the browser is.
    pub async fn address(&mut self) -> Result<String, BrowserError> {
        self.calls += 1;
        let client = self.client.clone();
        timed(GRACE, client.current_url()).await.map(String::from)
    }

    /// The window as PNG.
    pub async fn screenshot(&mut self) -> Result<Vec<u8>, BrowserError> {
        self.calls += 1;
        let client = self.client.clone();
        timed(SCRIPT_MAX, client.screenshot()).await
    }

    /// Brings the window to the front, for a person.
    pub async fn show(&mut self) -> Result<(), BrowserError> {
        self.calls += 1;
        let client = self.client.clone();
        timed(GRACE, async {
            let window = client.window().await?;
            client.switch_to_window(window).await
        })
        .await
    }

    /// Closes politely; whatever does not go is killed.
    pub async fn close(self) {
        let _ = tokio::time::timeout(CLOSE_MAX, self.client.clone().close()).await;
        let local = self.local;
        // Killing and removing blocks for a moment.
        let _ = tokio::task::spawn_blocking(move || drop(local)).await;
    }
}

/// One command, with an end: fantoccini has no time limit of its own.
async fn timed<T>(
    limit: Duration,
    command: impl Future<Output = Result<T, fantoccini::error::CmdError>>,
) -> Result<T, BrowserError> {
    match tokio::time::timeout(limit, command).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(of_command(&error)),
        Err(_) => Err(BrowserError::Lost { why: format!("không trả lời trong {} giây", limit.as_secs()) }),
    }
}

async fn connect(url: &str, capabilities: Map<String, Value>) -> Result<(Client, Facts), BrowserError> {
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_provider_and_platform_verifier(rustls::crypto::ring::default_provider())
        .map_err(|e| BrowserError::DriverStart { why: e.to_string() })?
        .https_or_http()
        .enable_http1()
        .build();
    let mut builder = ClientBuilder::new(connector);
    builder.capabilities(capabilities);
    let client = match tokio::time::timeout(NEW_SESSION_MAX, builder.connect(url)).await {
        Err(_) => return Err(BrowserError::Unreachable { url: url.to_owned() }),
        Ok(Err(error)) => {
            use fantoccini::error::NewSessionError as E;
            return Err(match error {
                E::BadWebdriverUrl(_) | E::Failed(_) | E::FailedC(_) | E::Lost(_) | E::NotW3C(_) => {
                    BrowserError::Unreachable { url: url.to_owned() }
                }
                other => BrowserError::NoSession { why: first_line(&other.to_string()), source: Box::new(other) },
            });
        }
        Ok(Ok(client)) => client,
    };
    let session_id = client.session_id().await.map_err(|e| of_command(&e))?.unwrap_or_default();
    let granted = client.capabilities();
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let facts = Facts {
        session_id,
        browser_pid: granted.and_then(|c| c.get("goog:processID")).and_then(Value::as_u64).and_then(|p| u32::try_from(p).ok()),
        debugger_address: text(granted.and_then(|c| c.get("goog:chromeOptions")).and_then(|o| o.get("debuggerAddress"))),
        browser_version: text(granted.and_then(|c| c.get("browserVersion"))).unwrap_or_default(),
    };
    Ok((client, facts))
}

fn capabilities(headless: bool, browser: Option<&Path>, profile: Option<&Path>) -> Map<String, Value> {
    let mut arguments = vec![
        "--no-first-run".to_owned(),
        "--no-default-browser-check".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-sync".to_owned(),
        "--disable-extensions".to_owned(),
        "--disable-notifications".to_owned(),
        "--disable-quic".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--password-store=basic".to_owned(),
        // Timers of a window that lies behind another must not slow down.
        "--disable-background-timer-throttling".to_owned(),
        "--disable-backgrounding-occluded-windows".to_owned(),
        "--disable-renderer-backgrounding".to_owned(),
        "--window-size=1280,900".to_owned(),
        "--lang=vi".to_owned(),
    ];
    if let Some(profile) = profile {
        arguments.push(format!("--user-data-dir={}", profile.display()));
    }
    if headless {
        arguments.extend(["--headless=new".to_owned(), "--disable-gpu".to_owned()]);
    }
    #[cfg(unix)]
    if rustix::process::geteuid().is_root() && profile.is_some() {
        // Chromium refuses to sandbox itself under root (containers, CI).
        arguments.push("--no-sandbox".to_owned());
    }
    let mut options = json!({
        "args": arguments,
        "prefs": {
            "credentials_enable_service": false,
            "profile.password_manager_enabled": false,
            "profile.default_content_setting_values.notifications": 2
        }
    });
    if let Some(browser) = browser {
        options["binary"] = browser.display().to_string().into();
    }
    let wanted = json!({
        "browserName": "chrome",
        "goog:chromeOptions": options,
        // The first script waits for the page's own readiness; pictures and foreign scripts are not waited for.
        "pageLoadStrategy": "eager",
        // ChromeDriver would dismiss a dialog by itself; a question about money is ours to answer.
        "unhandledPromptBehavior": "ignore",
        "timeouts": { "script": SCRIPT_MAX.as_millis(), "pageLoad": PAGE_LOAD_MAX.as_millis(), "implicit": 0 }
    });
    match wanted {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
