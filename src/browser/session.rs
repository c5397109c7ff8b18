//! One login: a tab of its own in a browser of ours, or a session on a remote grid.
//!
//! Several logins share a browser as isolated user contexts where `BiDi` is to be had; without it
//! each has a browser.

use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use fantoccini::Client;
use serde_json::{Value, json};

use super::bidi::BidiEvent;
use super::instance::{Browser, CLOSE_MAX};
use super::relay::Valve;
use super::tab::BrowserTab;
use super::webdriver::{GRACE, PAGE_LOAD_MAX, SCRIPT_MAX, timed};
use super::{BrowserError, BrowserSettings, Camera};

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

/// An open login. The last one of a browser takes the browser along when it is dropped.
#[derive(Debug)]
pub struct Session {
    browser: Arc<Browser>,
    pub(super) tab: Option<BrowserTab>,
    facts: Facts,
    calls: AtomicU64,
    /// Does the document probably have the page's script already?
    has_script: AtomicBool,
}

/// Runs the script of that name, which calls its last argument when it is done. One text in, one
/// text out: `BiDi`'s own notation of values is far larger. `window.__gachnoTell` is the page's
/// channel to the gate.
const RUN_KNOWN: &str = "const script = window.__gachnoScripts && window.__gachnoScripts[name]; \
    if (!script) return JSON.stringify('not known'); window.__gachnoTell = tell; \
    return new Promise((done) => script.apply(null, [...JSON.parse(text), (value) => done(JSON.stringify(value === undefined ? null : value))]));";
/// The document does not have the script.
const NOT_KNOWN: &str = "not known";

/// A script's name: the same for the same text.
fn name_of(script: &str) -> String {
    let mut hasher = std::hash::DefaultHasher::new();
    script.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

async fn call(
    tab: &BrowserTab,
    function: &str,
    arguments: &str,
    name: &str,
) -> Result<Value, BrowserError> {
    let wanted = json!({
        "functionDeclaration": function, "awaitPromise": true, "resultOwnership": "none", "target": { "context": tab.context },
        "arguments": [
            { "type": "string", "value": arguments },
            { "type": "channel", "value": { "channel": "gachno", "ownership": "none" } },
            { "type": "string", "value": name }
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

impl Session {
    pub(super) fn of(browser: Arc<Browser>, tab: Option<BrowserTab>, facts: Facts) -> Self {
        Self {
            browser,
            tab,
            facts,
            calls: AtomicU64::new(0),
            has_script: AtomicBool::new(false),
        }
    }

    /// Opens a browser with one login.
    pub async fn open(settings: &BrowserSettings) -> Result<Self, BrowserError> {
        Browser::open(settings).await?.first().await
    }

    /// Attaches to the living browser of a run that is dead: through its driver where that lives,
    /// else through a new one. Nothing is done to the page by that.
    pub async fn attach(settings: &BrowserSettings, facts: &Facts) -> Result<Self, BrowserError> {
        Browser::attach(settings, facts).await
    }

    /// The classic side, for who drives it step by step; `None` where a dead run's driver is spoken
    /// to over `BiDi` alone.
    pub fn webdriver(&self) -> Option<&Client> {
        self.browser.webdriver()
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
        self.has_script.store(false, Ordering::Relaxed);
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
        // A document that has the script already is told its name alone: sending and reading it anew
        // costs more than running it.
        let name = name_of(script);
        let arguments = Value::Array(arguments).to_string();
        if self.has_script.load(Ordering::Relaxed) {
            let known = format!("(text, tell, name) => {{ {RUN_KNOWN} }}");
            let answer = call(tab, &known, &arguments, &name).await?;
            if answer.as_str() != Some(NOT_KNOWN) {
                return Ok(answer);
            }
        }
        let whole = format!(
            "(text, tell, name) => {{ (window.__gachnoScripts ||= {{}})[name] = function () {{\n{script}\n}}; {RUN_KNOWN} }}"
        );
        let answer = call(tab, &whole, &arguments, &name).await?;
        self.has_script.store(true, Ordering::Relaxed);
        Ok(answer)
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
                BidiEvent::Answered {
                    status: 429 | 503,
                    ..
                }
            ));
        }
        count
    }

    /// Closes the login; with the last of its browser the browser goes too.
    pub async fn close(self) {
        if self.browser.is_attached() {
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
        if let Some(browser) = Arc::into_inner(self.browser) {
            browser.close().await;
        }
    }
}
