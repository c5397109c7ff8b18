//! What the operator may say to a running batch: stop, pause, go on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::browser::Camera;

/// Shared between a batch and whoever steers it. Clones steer the same batch.
#[derive(Debug, Clone)]
pub struct Control {
    stop: CancellationToken,
    paused: watch::Sender<bool>,
    /// The logins' tabs.
    tabs: Arc<Mutex<BTreeMap<usize, Camera>>>,
}

impl Default for Control {
    fn default() -> Self {
        Self::stopped_by(CancellationToken::new())
    }
}

impl Control {
    /// Stops when this is cancelled.
    pub fn stopped_by(stop: CancellationToken) -> Self {
        Self {
            stop,
            paused: watch::Sender::new(false),
            tabs: Arc::default(),
        }
    }

    /// No new payment is armed from here on; what is on its way is finished.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Was it asked to stop?
    pub fn is_stopped(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Ends when it is asked to stop.
    pub async fn stopped(&self) {
        self.stop.cancelled().await;
    }

    /// No new job is taken until [`Self::resume`]; logins are kept alive.
    pub fn pause(&self) {
        self.paused.send_replace(true);
    }

    /// Goes on after a pause.
    pub fn resume(&self) {
        self.paused.send_replace(false);
    }

    /// Is it paused?
    pub fn is_paused(&self) -> bool {
        *self.paused.borrow()
    }

    /// A login has this tab now.
    pub(super) fn has_tab(&self, login: usize, tab: Option<Camera>) {
        let mut tabs = self.tabs.lock().unwrap_or_else(PoisonError::into_inner);
        match tab {
            Some(tab) => tabs.insert(login, tab),
            None => tabs.remove(&login),
        };
    }

    fn tab(&self, login: usize) -> Option<Camera> {
        self.tabs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&login)
            .cloned()
    }

    /// Brings a login's browser to the front. `false`: it has none, or it cannot be.
    pub async fn show(&self, login: usize) -> bool {
        match self.tab(login) {
            Some(tab) => tab.show().await,
            None => false,
        }
    }

    /// A small picture of a login's page, as JPEG. `None`: it has none, or cannot be photographed
    /// now.
    pub async fn picture(&self, login: usize) -> Option<Vec<u8>> {
        self.tab(login)?.picture().await
    }

    /// Ends when it is not paused (any more), or stopped.
    pub(super) async fn resumed(&self) {
        let mut paused = self.paused.subscribe();
        tokio::select! {
            _ = paused.wait_for(|paused| !paused) => {}
            () = self.stop.cancelled() => {}
        }
    }
}
