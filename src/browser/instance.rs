//! A browser that runs, with its driver: started here, on a grid, or left by a run that is dead.

use std::sync::Arc;
use std::time::Duration;

use fantoccini::Client;
use serde_json::{Value, json};

use super::bidi::Bidi;
use super::local::LocalBrowser;
use super::relay::{ConnectionRelay, Valve};
use super::tab::BrowserTab;
use super::webdriver::{GRACE, SCRIPT_MAX, capabilities, connect, names_of, on_the_grid};
use super::{BrowserError, BrowserSettings, Facts, Session};

/// How long a polite goodbye may take before the browser is killed.
pub(super) const CLOSE_MAX: Duration = Duration::from_secs(5);

/// A browser with its driver. Dropping it kills the browser, then the driver, and removes the
/// profile.
#[derive(Debug)]
pub struct Browser {
    /// The classic side; `None` where the driver of a dead run is spoken to over `BiDi` alone.
    client: Option<Client>,
    bidi: Option<Bidi>,
    facts: Facts,
    relay: Option<Arc<ConnectionRelay>>,
    /// The valve of the browser's own first tab.
    first_valve: Option<Valve>,
    /// `None` on a grid.
    local: Option<LocalBrowser>,
    is_attached: bool,
}

impl Browser {
    /// Opens a browser: our own, or one on a grid.
    pub async fn open(settings: &BrowserSettings) -> Result<Arc<Self>, BrowserError> {
        let browser = if settings.webdriver_url.is_empty() {
            Self::open_here(settings).await?
        } else {
            let (client, facts) = on_the_grid(settings).await?;
            Self {
                bidi: Self::bidi(settings, &facts).await,
                client: Some(client),
                facts,
                relay: None,
                first_valve: None,
                local: None,
                is_attached: false,
            }
        };
        Ok(Arc::new(browser))
    }

    /// Versions are checked before anything is started, and the record is on disk before anything
    /// is that would stay behind.
    async fn open_here(settings: &BrowserSettings) -> Result<Self, BrowserError> {
        let (program, mut local) = LocalBrowser::claim(settings).await?;
        if let Some(program) = &settings.relay {
            local.start_relay(program)?;
        }
        let relay = local.relay().cloned();
        let first_valve = match &relay {
            Some(relay) => Some(relay.valve().await?),
            None => None,
        };
        let (local, url) = local.start_driver(&program.driver).await?;
        let capabilities = capabilities(
            settings,
            Some(&program.browser),
            local.profile(),
            first_valve.as_ref(),
        );
        let (client, facts) = connect(&url, capabilities).await?;
        Ok(Self {
            bidi: Self::bidi(settings, &facts).await,
            client: Some(client),
            facts,
            relay,
            first_valve,
            local: Some(local),
            is_attached: false,
        })
    }

    async fn bidi(settings: &BrowserSettings, facts: &Facts) -> Option<Bidi> {
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
                Some(BrowserTab::prepare(bidi, context, None, self.first_valve.clone()).await?)
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
        let tab =
            BrowserTab::prepare(bidi, text(&created, "context"), Some(user_context), valve).await?;
        Ok(Some(self.session(Some(tab))))
    }

    /// The process, where it is ours.
    pub fn pid(&self) -> Option<u32> {
        self.facts.browser_pid
    }

    pub(super) fn classic(&self) -> Result<Client, BrowserError> {
        self.client.clone().ok_or_else(|| BrowserError::Lost {
            why: "không có phiên WebDriver".to_owned(),
        })
    }

    pub(super) fn session(self: &Arc<Self>, tab: Option<BrowserTab>) -> Session {
        let facts = Facts {
            context: tab.as_ref().map(|t| t.context.clone()),
            ..self.facts.clone()
        };
        Session::of(self.clone(), tab, facts)
    }

    /// Attaches to the living browser of a run that is dead: through its driver where that lives,
    /// else through a new one. Nothing is done to the page by that.
    pub(super) async fn attach(
        settings: &BrowserSettings,
        facts: &Facts,
    ) -> Result<Session, BrowserError> {
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
            let (programs, local, url) = LocalBrowser::driver_only(settings).await?;
            let (name, options) = names_of(programs.browser.family);
            let wanted = json!({ "browserName": name, "webSocketUrl": true, options: { "debuggerAddress": address } });
            let (client, granted) =
                connect(&url, wanted.as_object().cloned().unwrap_or_default()).await?;
            let url = granted.bidi_url.ok_or_else(|| gone("không có BiDi"))?;
            (Some(client), Bidi::connect(&url).await?, Some(local))
        };
        let tab = BrowserTab::prepare(&bidi, context, None, None).await?;
        let browser = Self {
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

    /// Does it belong to a run that is dead?
    pub(super) fn is_attached(&self) -> bool {
        self.is_attached
    }

    /// The classic side; `None` where a dead run's driver is spoken to over `BiDi` alone.
    pub(super) fn webdriver(&self) -> Option<&Client> {
        self.client.as_ref()
    }

    /// Ends it, and waits until it is gone.
    pub(super) async fn close(self) {
        match (self.local, self.client) {
            // A browser of ours is killed with its throwaway profile.
            (Some(local), _) => local.end().await,
            // A grid keeps the slot until it is given back.
            (None, Some(client)) => drop(tokio::time::timeout(CLOSE_MAX, client.close()).await),
            (None, None) => {}
        }
    }
}
