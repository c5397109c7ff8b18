//! Pictures and texts of a tab, taken beside the work.

use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};

use super::BrowserError;
use super::bidi::Bidi;

/// A picture takes a tenth of a second; a tab that is just going away never answers.
const PICTURE_MAX: Duration = Duration::from_millis(1_500);

/// Takes pictures of a tab while it does something else.
#[derive(Debug, Clone)]
pub struct Camera {
    pub(super) bidi: Bidi,
    /// The tab.
    pub(super) context: String,
}

impl Camera {
    pub(super) async fn shoot(&self) -> Result<Vec<u8>, BrowserError> {
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
