//! Many logins in few browsers: each browser holds up to so many, and a browser that dies takes
//! only its own.

use std::sync::{Arc, Weak};

use tokio::sync::Mutex;

use super::{Browser, BrowserError, BrowserSettings, Session};

/// Hands out logins, in browsers that are shared where they can be.
#[derive(Debug)]
pub struct Shards {
    settings: BrowserSettings,
    per_browser: usize,
    /// Living browsers and how many logins each was asked for.
    browsers: Mutex<Vec<(Weak<Browser>, usize)>>,
}

impl Shards {
    /// With up to `per_browser` logins a browser.
    pub fn new(settings: BrowserSettings, per_browser: usize) -> Self {
        Self {
            settings,
            per_browser: per_browser.max(1),
            browsers: Mutex::new(Vec::new()),
        }
    }

    /// One more login.
    pub async fn session(&self) -> Result<Session, BrowserError> {
        // One at a time: two that start together would start two browsers.
        let mut browsers = self.browsers.lock().await;
        browsers.retain(|(browser, _)| browser.strong_count() > 0);
        for (weak, logins) in browsers.iter_mut() {
            let Some(browser) = weak.upgrade() else {
                continue;
            };
            if *logins < self.per_browser && browser.is_shared() {
                match browser.another().await {
                    Ok(Some(session)) => {
                        *logins += 1;
                        return Ok(session);
                    }
                    Ok(None) => {}
                    Err(error) => {
                        tracing::warn!(%error, "this browser takes no further login");
                        *logins = self.per_browser;
                    }
                }
            }
        }
        let browser = Browser::open(&self.settings).await?;
        let session = browser.first().await?;
        browsers.push((Arc::downgrade(&browser), 1));
        Ok(session)
    }
}
