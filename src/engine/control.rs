//! What the operator may say to a running batch: stop, pause, go on.

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Shared between a batch and whoever steers it. Clones steer the same batch.
#[derive(Debug, Clone)]
pub struct Control {
    stop: CancellationToken,
    paused: watch::Sender<bool>,
}

impl Default for Control {
    fn default() -> Self {
        Self::stopped_by(CancellationToken::new())
    }
}

impl Control {
    /// Stops when this is cancelled.
    pub fn stopped_by(stop: CancellationToken) -> Self {
        Self { stop, paused: watch::Sender::new(false) }
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

    /// Ends when it is not paused (any more), or stopped.
    pub(super) async fn resumed(&self) {
        let mut paused = self.paused.subscribe();
        tokio::select! {
            _ = paused.wait_for(|paused| !paused) => {}
            () = self.stop.cancelled() => {}
        }
    }
}
