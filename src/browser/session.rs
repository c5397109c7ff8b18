//! One login: a tab of its own in a browser of ours, or a session on a remote grid.
//!
//! Several logins share a browser as isolated user contexts where `BiDi` is to be had; without it
//! each has a browser.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use fantoccini::{Client, ClientBuilder};
use serde_json::{Map, Value, json};
use tokio::sync::{Mutex, mpsc};

use super::bidi::{Bidi, Event};
use super::driver::Driver;
use super::error::{first_line, of_command};
use super::reaper::{self, Record};
use super::relay::{Relay, Valve};
use super::{BrowserError, find, versions};

/// A new session takes half a second to a second; a grid may have to start a machine.
const NEW_SESSION_MAX: Duration = Duration::from_mins(1);
/// No script of ours runs longer than two seconds; the driver gives up on it after this.
pub(super) const SCRIPT_MAX: Duration = Duration::from_secs(10);
/// The browser's own limit for one page.
const PAGE_LOAD_MAX: Duration = Duration::from_secs(45);
/// What is added to the browser's limit before the session counts as hung.
pub(super) const GRACE: Duration = Duration::from_secs(5);
/// How long a polite goodbye may take before the browser is killed.
const CLOSE_MAX: Duration = Duration::from_secs(5);
/// A picture takes a tenth of a second; a tab that is just going away never answers.
const PICTURE_MAX: Duration = Duration::from_millis(1_500);
/// The largest body that the browser keeps for us, in bytes.
const BODY_MAX: u64 = 4_000_000;

/// How browsers are started.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// A `WebDriver` that runs elsewhere. Empty: our own driver.
    pub webdriver_url: String,
    /// Chromium or Chrome; empty: searched for.
    pub browser_path: String,
    /// `ChromeDriver`; empty: searched for.
    pub driver_path: String,
    /// Without a window.
    pub headless: bool,
    /// Where records and profiles of living sessions lie.
    pub run_folder: PathBuf,
    /// Never speak `BiDi`: one browser a login, and a latch in the page instead of the gate.
    pub classic: bool,
    /// The program that `relay` starts ; `None`: connections go their own way.
    pub relay: Option<PathBuf>,
}

/// What is known of a session, for the ledger and for attaching again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// `WebDriver` session id.
    pub session_id: String,
    /// Process id of the browser, where it is ours.
    pub browser_pid: Option<u32>,
    /// `host:port` of the browser's debugger.
    pub debugger_address: Option<String>,
    /// The browser's version.
    pub browser_version: String,
    /// Address of the `BiDi` socket.
    pub bidi_url: Option<String>,
    /// The tab.
    pub context: Option<String>,
}

/// A browser with its driver. Dropping it kills the browser, then the driver, and removes the
/// profile.
#[derive(Debug)]
pub struct Browser {
    /// The classic side; `None` where the driver of a dead run is spoken to over `BiDi` alone.
    client: Option<Client>,
    bidi: Option<Bidi>,
    facts: Facts,
    relay: Option<Arc<Relay>>,
    /// The valve of the browser's own first tab.
    first_valve: Option<Valve>,
    /// `None` on a grid. Its `Drop` kills the browser before the driver.
    local: Option<Local>,
    is_attached: bool,
}

#[derive(Debug)]
struct Local {
    /// Held for its `Drop`, which comes after ours.
    _driver: Driver,
    /// Record and profile; `None` where only the driver is ours.
    home: Option<(PathBuf, PathBuf)>,
}

impl Drop for Local {
    fn drop(&mut self) {
        if let Some((record, profile)) = &self.home {
            reaper::kill_browser_of(profile);
            reaper::clear(record, profile);
        }
    }
}

/// An open login. The last one of a browser takes the browser along when it is dropped.
#[derive(Debug)]
pub struct Session {
    pub(super) browser: Arc<Browser>,
    pub(super) tab: Option<Tab>,
    facts: Facts,
    calls: AtomicU64,
}

/// A tab that is driven over `BiDi`.
#[derive(Debug)]
pub(super) struct Tab {
    pub bidi: Bidi,
    pub context: String,
    /// `None`: the browser's own.
    user_context: Option<String>,
    pub events: Mutex<mpsc::UnboundedReceiver<Event>>,
    pub valve: Option<Valve>,
}

impl Browser {
    /// Opens a browser. Versions are checked before anything is started.
    pub async fn open(settings: &Settings) -> Result<Arc<Self>, BrowserError> {
        if !settings.webdriver_url.is_empty() {
            let (client, facts) = on_the_grid(settings).await?;
            let bidi = Self::bidi(settings, &facts).await;
            return Ok(Arc::new(Self {
                client: Some(client),
                bidi,
                facts,
                relay: None,
                first_valve: None,
                local: None,
                is_attached: false,
            }));
        }
        let relay = match &settings.relay {
            Some(program) => Some(Relay::start(program)?),
            None => None,
        };
        let first_valve = match &relay {
            Some(relay) => Some(relay.valve().await?),
            None => None,
        };
        let (browser_path, driver_path) =
            (settings.browser_path.clone(), settings.driver_path.clone());
        let (run, relay_pid) = (settings.run_folder.clone(), relay.as_ref().map(|r| r.pid()));
        let start = move || -> Result<_, BrowserError> {
            let found = find(&browser_path, &driver_path)?;
            versions(&found)?;
            let profile = run.join(format!("profile-{}", uuid::Uuid::new_v4().simple()));
            std::fs::create_dir_all(&profile).map_err(|source| BrowserError::Disk {
                path: profile.clone(),
                source,
            })?;
            let driver = Driver::start(&found.driver)?;
            let record = Record::write(&run, &profile, driver.pid(), relay_pid)?;
            Ok((
                found.browser,
                driver.url(),
                Local {
                    _driver: driver,
                    home: Some((record, profile)),
                },
            ))
        };
        let (program, url, local) = tokio::task::spawn_blocking(start)
            .await
            .map_err(|e| BrowserError::DriverStart { why: e.to_string() })??;
        let profile = local.home.as_ref().map(|(_, profile)| profile.as_path());
        let capabilities = capabilities(settings, Some(&program), profile, first_valve.as_ref());
        let (client, facts) = connect(&url, capabilities).await?;
        let bidi = Self::bidi(settings, &facts).await;
        Ok(Arc::new(Self {
            client: Some(client),
            bidi,
            facts,
            relay,
            first_valve,
            local: Some(local),
            is_attached: false,
        }))
    }

    async fn bidi(settings: &Settings, facts: &Facts) -> Option<Bidi> {
        let url = facts.bidi_url.as_deref().filter(|_| !settings.classic)?;
        match Bidi::connect(url).await {
            Ok(bidi) => Some(bidi),
            Err(error) => {
                // A grid of the old kind names an address inside of itself.
                tracing::warn!(%error, "no BiDi; the latch in the page stands in for the gate");
                None
            }
        }
    }

    /// Can several logins share it?
    pub fn is_shared(&self) -> bool {
        self.bidi.is_some()
    }

    /// The browser's own tab as a login.
    pub async fn first(self: &Arc<Self>) -> Result<Session, BrowserError> {
        let tab = match &self.bidi {
            None => None,
            Some(bidi) => {
                let tree = bidi
                    .command("browsingContext.getTree", json!({ "maxDepth": 0 }), GRACE)
                    .await?;
                let context = tree
                    .pointer("/contexts/0/context")
                    .and_then(Value::as_str)
                    .map(str::to_owned);
                let context = context.ok_or_else(|| BrowserError::Lost {
                    why: "trình duyệt không có thẻ nào".to_owned(),
                })?;
                Some(Tab::prepare(bidi, context, None, self.first_valve.clone()).await?)
            }
        };
        Ok(self.session(tab))
    }

    /// One more login, isolated from the others, in the same browser. `None`: this browser cannot.
    pub async fn another(self: &Arc<Self>) -> Result<Option<Session>, BrowserError> {
        let Some(bidi) = &self.bidi else {
            return Ok(None);
        };
        let valve = match &self.relay {
            Some(relay) => Some(relay.valve().await?),
            None => None,
        };
        let wanted = match &valve {
            // Loopback too: a portal may be a simulator on this machine.
            Some(valve) => json!({ "proxy": {
                "proxyType": "manual", "socksProxy": valve.address(), "socksVersion": 5, "noProxy": ["<-loopback>"]
            } }),
            None => json!({}),
        };
        let created = bidi
            .command("browser.createUserContext", wanted, SCRIPT_MAX)
            .await?;
        let text = |value: &Value, key: &str| {
            value
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let user_context = text(&created, "userContext");
        let wanted = json!({ "type": "window", "userContext": user_context, "background": true });
        let created = bidi
            .command("browsingContext.create", wanted, SCRIPT_MAX)
            .await?;
        let tab = Tab::prepare(bidi, text(&created, "context"), Some(user_context), valve).await?;
        Ok(Some(self.session(Some(tab))))
    }

    /// The process, where it is ours.
    pub fn pid(&self) -> Option<u32> {
        self.facts.browser_pid
    }

    fn classic(&self) -> Result<Client, BrowserError> {
        self.client.clone().ok_or_else(|| BrowserError::Lost {
            why: "không có phiên WebDriver".to_owned(),
        })
    }

    fn session(self: &Arc<Self>, tab: Option<Tab>) -> Session {
        let facts = Facts {
            context: tab.as_ref().map(|t| t.context.clone()),
            ..self.facts.clone()
        };
        Session {
            browser: self.clone(),
            tab,
            facts,
            calls: AtomicU64::new(0),
        }
    }
}

/// Takes pictures of a tab while it does something else.
#[derive(Debug, Clone)]
pub struct Camera {
    bidi: Bidi,
    context: String,
}

impl Camera {
    async fn shoot(&self) -> Result<Vec<u8>, BrowserError> {
        let wanted =
            json!({ "context": self.context, "format": { "type": "image/jpeg", "quality": 0.4 } });
        let shot = self
            .bidi
            .command("browsingContext.captureScreenshot", wanted, PICTURE_MAX)
            .await?;
        let data = shot.get("data").and_then(Value::as_str).unwrap_or_default();
        base64::engine::general_purpose::STANDARD
            .decode(data)
            .map_err(|e| BrowserError::Script { why: e.to_string() })
    }

    /// The window as JPEG; nothing where it could not be taken.
    pub async fn picture(&self) -> Option<Vec<u8>> {
        self.shoot()
            .await
            .inspect_err(|error| tracing::debug!(%error, "no picture"))
            .ok()
    }

    /// Brings the tab to the front. `false`: it is gone.
    pub async fn show(&self) -> bool {
        self.bidi
            .command(
                "browsingContext.activate",
                json!({ "context": self.context }),
                PICTURE_MAX,
            )
            .await
            .is_ok()
    }

    /// The page's text as a person reads it.
    pub async fn text(&self) -> Option<String> {
        let wanted = json!({
            "expression": "document.body ? document.body.innerText : ''", "awaitPromise": false, "resultOwnership": "none",
            "target": { "context": self.context },
        });
        let result = self
            .bidi
            .command("script.evaluate", wanted, PICTURE_MAX)
            .await
            .ok()?;
        result
            .pointer("/result/value")
            .and_then(Value::as_str)
            .map(str::to_owned)
    }
}

impl Tab {
    /// Asks for the tab's events, and for the bodies of what it sends and gets.
    async fn prepare(
        bidi: &Bidi,
        context: String,
        user_context: Option<String>,
        valve: Option<Valve>,
    ) -> Result<Self, BrowserError> {
        let events = bidi.events_of(&context);
        let wanted = json!({
            "events": ["network.beforeRequestSent", "network.responseCompleted", "script.message"],
            "contexts": [context],
        });
        bidi.command("session.subscribe", wanted, GRACE).await?;
        let wanted = json!({ "dataTypes": ["request", "response"], "maxEncodedDataSize": BODY_MAX, "contexts": [context] });
        bidi.command("network.addDataCollector", wanted, GRACE)
            .await?;
        Ok(Self {
            bidi: bidi.clone(),
            context,
            user_context,
            events: Mutex::new(events),
            valve,
        })
    }
}

impl Session {
    /// Opens a browser with one login.
    pub async fn open(settings: &Settings) -> Result<Self, BrowserError> {
        Browser::open(settings).await?.first().await
    }

    /// Attaches to the living browser of a run that is dead: through its driver where that lives,
    /// else through a new one. Nothing is done to the page by that.
    pub async fn attach(settings: &Settings, facts: &Facts) -> Result<Self, BrowserError> {
        let gone = |why: &str| BrowserError::Lost {
            why: why.to_owned(),
        };
        let context = facts
            .context
            .clone()
            .ok_or_else(|| gone("không ghi lại thẻ nào"))?;
        let (client, bidi, local) = if let Some(bidi) = Self::old_socket(facts).await {
            (None, bidi, None)
        } else {
            let address = facts
                .debugger_address
                .clone()
                .ok_or_else(|| gone("không ghi lại địa chỉ trình duyệt"))?;
            // A browser that is gone would be waited for by the driver for a minute.
            tokio::time::timeout(GRACE, tokio::net::TcpStream::connect(&address))
                .await
                .map_err(|_| gone("trình duyệt không trả lời"))?
                .map_err(|_| gone("trình duyệt đã đóng"))?;
            let (browser_path, driver_path) =
                (settings.browser_path.clone(), settings.driver_path.clone());
            let start = move || Driver::start(&find(&browser_path, &driver_path)?.driver);
            let driver = tokio::task::spawn_blocking(start)
                .await
                .map_err(|e| gone(&e.to_string()))??;
            let wanted = json!({ "browserName": "chrome", "webSocketUrl": true, "goog:chromeOptions": { "debuggerAddress": address } });
            let (client, granted) = connect(
                &driver.url(),
                wanted.as_object().cloned().unwrap_or_default(),
            )
            .await?;
            let url = granted.bidi_url.ok_or_else(|| gone("không có BiDi"))?;
            (
                Some(client),
                Bidi::connect(&url).await?,
                Some(Local {
                    _driver: driver,
                    home: None,
                }),
            )
        };
        let tab = Tab::prepare(&bidi, context, None, None).await?;
        let browser = Browser {
            client,
            bidi: Some(bidi),
            facts: facts.clone(),
            relay: None,
            first_valve: None,
            local,
            is_attached: true,
        };
        Ok(Arc::new(browser).session(Some(tab)))
    }

    async fn old_socket(facts: &Facts) -> Option<Bidi> {
        Bidi::connect(facts.bidi_url.as_deref()?).await.ok()
    }

    /// The classic side, for who drives it step by step; `None` where a dead run's driver is spoken
    /// to over `BiDi` alone.
    pub fn webdriver(&self) -> Option<&Client> {
        self.browser.client.as_ref()
    }

    /// What is known of it.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Round trips so far, of either protocol: commands whose answer the work waited for.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    pub(super) fn count(&self, command: &str) {
        tracing::trace!(command, "to the browser");
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    /// Loads a page, up to its document (not its pictures).
    pub async fn goto(&self, url: &str) -> Result<(), BrowserError> {
        self.count("navigate");
        let loaded = match &self.tab {
            None => timed(PAGE_LOAD_MAX + GRACE, self.browser.classic()?.goto(url)).await,
            Some(tab) => {
                let wanted = json!({ "context": tab.context, "url": url, "wait": "interactive" });
                tab.bidi
                    .command("browsingContext.navigate", wanted, PAGE_LOAD_MAX)
                    .await
                    .map(drop)
            }
        };
        match loaded {
            Err(_)
                if self
                    .tab
                    .as_ref()
                    .and_then(|tab| tab.valve.as_ref())
                    .is_some_and(Valve::is_gone) =>
            {
                Err(BrowserError::Lost {
                    why: "bộ chuyển tiếp kết nối đã thoát".to_owned(),
                })
            }
            Err(BrowserError::Script { why }) => Err(BrowserError::PageUnreachable {
                url: url.to_owned(),
                why,
            }),
            other => other,
        }
    }

    /// Runs a script that calls its last argument when it is done. Sent once; never repeated in
    /// here.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Result<Value, BrowserError> {
        self.count("script");
        let Some(tab) = &self.tab else {
            return timed(
                SCRIPT_MAX + GRACE,
                self.browser.classic()?.execute_async(script, arguments),
            )
            .await;
        };
        // One text in, one text out: BiDi's own notation of values is far larger.
        // `window.__gachnoTell` is the page's channel to the gate.
        let function = format!(
            "(text, tell) => {{ window.__gachnoTell = tell; return new Promise((done) => (function () {{\n{script}\n}})\
             .apply(null, [...JSON.parse(text), (value) => done(JSON.stringify(value === undefined ? null : value))])); }}"
        );
        let wanted = json!({
            "functionDeclaration": function, "awaitPromise": true, "resultOwnership": "none", "target": { "context": tab.context },
            "arguments": [
                { "type": "string", "value": Value::Array(arguments).to_string() },
                { "type": "channel", "value": { "channel": "gachno", "ownership": "none" } }
            ],
        });
        let result = tab
            .bidi
            .command("script.callFunction", wanted, SCRIPT_MAX + GRACE)
            .await?;
        let unreadable = |why: &str| BrowserError::Script {
            why: why.to_owned(),
        };
        if let Some(text) = result
            .pointer("/exceptionDetails/text")
            .and_then(Value::as_str)
        {
            return Err(unreadable(text));
        }
        let text = result
            .pointer("/result/value")
            .and_then(Value::as_str)
            .ok_or_else(|| unreadable("không có kết quả"))?;
        serde_json::from_str(text).map_err(|e| unreadable(&e.to_string()))
    }

    /// The window as a picture: JPEG over `BiDi` (a tenth of the size), else PNG.
    pub async fn screenshot(&self) -> Result<Vec<u8>, BrowserError> {
        self.count("screenshot");
        match self.camera() {
            None => timed(SCRIPT_MAX, self.browser.classic()?.screenshot()).await,
            Some(camera) => camera.shoot().await,
        }
    }

    /// Pictures beside the work, where the session can do two things at a time.
    pub fn camera(&self) -> Option<Camera> {
        let tab = self.tab.as_ref()?;
        Some(Camera {
            bidi: tab.bidi.clone(),
            context: tab.context.clone(),
        })
    }

    /// Brings the window to the front, for a person.
    pub async fn show(&self) -> Result<(), BrowserError> {
        self.count("activate");
        if let Some(tab) = &self.tab {
            return tab
                .bidi
                .command(
                    "browsingContext.activate",
                    json!({ "context": tab.context }),
                    GRACE,
                )
                .await
                .map(drop);
        }
        let client = self.browser.classic()?;
        timed(GRACE, async {
            let window = client.window().await?;
            client.switch_to_window(window).await
        })
        .await
    }

    /// How often the portal has answered "too many" or "not now" (429, 503) since this was asked
    /// last.
    pub fn take_pushbacks(&self) -> u32 {
        let Some(tab) = &self.tab else { return 0 };
        let Ok(mut events) = tab.events.try_lock() else {
            return 0;
        };
        let mut count = 0;
        while let Ok(event) = events.try_recv() {
            count += u32::from(matches!(
                event,
                Event::Answered {
                    status: 429 | 503,
                    ..
                }
            ));
        }
        count
    }

    /// Closes the login; with the last of its browser the browser goes too.
    pub async fn close(self) {
        if self.browser.is_attached {
            return;
        }
        if let Some(tab) = &self.tab
            && let Some(user_context) = &tab.user_context
        {
            let wanted = json!({ "userContext": user_context });
            let _ = tab
                .bidi
                .command("browser.removeUserContext", wanted, CLOSE_MAX)
                .await;
        }
        let Some(browser) = Arc::into_inner(self.browser) else {
            return;
        };
        // A grid keeps the slot until it is given back; a browser of ours is killed with its
        // throwaway profile.
        if browser.local.is_none()
            && let Some(client) = browser.client.clone()
        {
            let _ = tokio::time::timeout(CLOSE_MAX, client.close()).await;
        }
        // Killing and removing blocks for a moment.
        let _ = tokio::task::spawn_blocking(move || drop(browser)).await;
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
        Err(_) => Err(BrowserError::Lost {
            why: format!("không trả lời trong {} giây", limit.as_secs()),
        }),
    }
}

/// An address as it may be shown: `user:password@` is how a grid is told who we are.
pub fn without_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme + 3 <= at => {
            format!("{}…{}", &url[..scheme + 3], &url[at..])
        }
        _ => url.to_owned(),
    }
}

/// A session on a grid. One of the old kind (Selenium 3) refuses a wish for `BiDi` as a mistake
/// instead of not granting it, so it is asked a second time without.
async fn on_the_grid(settings: &Settings) -> Result<(Client, Facts), BrowserError> {
    let url = &settings.webdriver_url;
    let first = match connect(url, capabilities(settings, None, None, None)).await {
        Err(error) if !settings.classic => error,
        done => return done,
    };
    let plain = Settings {
        classic: true,
        ..settings.clone()
    };
    let granted = connect(url, capabilities(&plain, None, None, None))
        .await
        .map_err(|_| first)?;
    tracing::info!(
        url = without_password(url),
        "this grid has no BiDi; the latch in the page stands in for the gate"
    );
    Ok(granted)
}

async fn connect(
    url: &str,
    capabilities: Map<String, Value>,
) -> Result<(Client, Facts), BrowserError> {
    // fantoccini joins paths to the base: without the slash a grid's `/wd/hub` would be lost.
    let base = if url.ends_with('/') {
        url.to_owned()
    } else {
        format!("{url}/")
    };
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_provider_and_platform_verifier(rustls::crypto::ring::default_provider())
        .map_err(|e| BrowserError::DriverStart { why: e.to_string() })?
        .https_or_http()
        .enable_http1()
        .build();
    let mut builder = ClientBuilder::new(connector);
    builder.capabilities(capabilities);
    let client = match tokio::time::timeout(NEW_SESSION_MAX, builder.connect(&base)).await {
        Err(_) => {
            return Err(BrowserError::Unreachable {
                url: without_password(url),
                why: "quá lâu không có phiên nào".to_owned(),
            });
        }
        Ok(Err(error)) => {
            use fantoccini::error::NewSessionError as E;
            return Err(match error {
                E::BadWebdriverUrl(_)
                | E::Failed(_)
                | E::FailedC(_)
                | E::Lost(_)
                | E::NotW3C(_) => BrowserError::Unreachable {
                    url: without_password(url),
                    why: first_line(&error.to_string()),
                },
                other => BrowserError::NoSession {
                    why: first_line(&other.to_string()),
                    source: Box::new(other),
                },
            });
        }
        Ok(Ok(client)) => client,
    };
    let session_id = client
        .session_id()
        .await
        .map_err(|e| of_command(&e))?
        .unwrap_or_default();
    let granted = client.capabilities();
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let facts = Facts {
        session_id,
        browser_pid: granted
            .and_then(|c| c.get("goog:processID"))
            .and_then(Value::as_u64)
            .and_then(|p| u32::try_from(p).ok()),
        debugger_address: text(
            granted
                .and_then(|c| c.get("goog:chromeOptions"))
                .and_then(|o| o.get("debuggerAddress")),
        ),
        browser_version: text(granted.and_then(|c| c.get("browserVersion"))).unwrap_or_default(),
        bidi_url: text(granted.and_then(|c| c.get("webSocketUrl"))),
        context: None,
    };
    Ok((client, facts))
}

fn capabilities(
    settings: &Settings,
    browser: Option<&Path>,
    profile: Option<&Path>,
    valve: Option<&Valve>,
) -> Map<String, Value> {
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
        // An error page that loads itself again would send what it failed to send.
        "--disable-auto-reload".to_owned(),
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
    if let Some(valve) = valve {
        arguments.push(format!("--proxy-server=socks5://{}", valve.address()));
        arguments.push("--proxy-bypass-list=<-loopback>".to_owned());
    }
    if settings.headless {
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
    let mut wanted = json!({
        "browserName": "chrome",
        "goog:chromeOptions": options,
        // The first script waits for the page's own readiness; pictures and foreign scripts are not
        // waited for.
        "pageLoadStrategy": "eager",
        // ChromeDriver would dismiss a dialog by itself; a question about money is ours to answer.
        "unhandledPromptBehavior": "ignore",
        "timeouts": { "script": SCRIPT_MAX.as_millis(), "pageLoad": PAGE_LOAD_MAX.as_millis(), "implicit": 0 }
    });
    if !settings.classic {
        wanted["webSocketUrl"] = true.into();
    }
    match wanted {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grids_password_is_never_shown() {
        assert_eq!(
            without_password("http://lan:s3cret@grid:4444/wd/hub"),
            "http://…@grid:4444/wd/hub"
        );
        assert_eq!(without_password("http://grid:4444"), "http://grid:4444");
    }
}
