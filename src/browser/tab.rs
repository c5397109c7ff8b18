//! A tab that is driven over `BiDi`, with the events that it sends.

use serde_json::json;
use tokio::sync::{Mutex, mpsc};

use super::BrowserError;
use super::bidi::{Bidi, BidiEvent};
use super::relay::Valve;
use super::webdriver::GRACE;

/// The largest body that the browser keeps for us, in bytes.
const BODY_MAX: u64 = 4_000_000;

/// A tab that is driven over `BiDi`.
#[derive(Debug)]
pub(super) struct BrowserTab {
    pub bidi: Bidi,
    pub context: String,
    /// `None`: the browser's own.
    pub user_context: Option<String>,
    pub events: Mutex<mpsc::UnboundedReceiver<BidiEvent>>,
    pub valve: Option<Valve>,
}

impl BrowserTab {
    /// Asks for the tab's events, and for the bodies of what it sends and gets.
    pub async fn prepare(
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
