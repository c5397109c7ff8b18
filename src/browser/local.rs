//! The processes and files of a browser on this machine, from the first to the last.

use std::path::Path;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use super::driver::Driver;
use super::relay::ConnectionRelay;
use super::workspace::Workspace;
use super::{
    BrowserError, BrowserPrograms, BrowserSettings, FetchPolicy, FetchStep, Fetched, find,
    find_browser, reaper,
};

/// What of a browser runs and lies on this machine. Dropping it kills the browser, then the driver,
/// then the relay, and removes profile and record, all on a thread that may wait.
#[derive(Debug)]
pub(super) struct LocalBrowser(Option<Parts>);

/// Its parts; dropping them blocks for some tens of milliseconds.
#[derive(Debug, Default)]
struct Parts {
    /// `None` where only the driver is ours.
    workspace: Option<Workspace>,
    relay: Option<Arc<ConnectionRelay>>,
    driver: Option<Driver>,
}

impl Drop for Parts {
    fn drop(&mut self) {
        if let Some(workspace) = &self.workspace {
            reaper::kill_browser_of(workspace.profile());
        }
        drop(self.driver.take());
        if let Some(relay) = &self.relay {
            relay.kill();
        }
        // The record last: whoever is killed before leaves it to the next start.
        if let Some(workspace) = &self.workspace {
            workspace.clear();
        }
    }
}

impl LocalBrowser {
    /// Finds the programs, compares their versions, and leaves the record of a browser that is
    /// about to be started.
    pub async fn claim(
        settings: &BrowserSettings,
    ) -> Result<(BrowserPrograms, Self), BrowserError> {
        let found = find_or_fetch(settings).await?;
        let run = settings.run_folder.clone();
        blocking(move || {
            let mut parts = Parts::default();
            parts.workspace = Some(Workspace::claim(&run)?);
            Ok((found, Self(Some(parts))))
        })
        .await
    }

    /// A driver alone, for a browser that a dead run started; with the programs and the driver's
    /// address.
    pub async fn driver_only(
        settings: &BrowserSettings,
    ) -> Result<(BrowserPrograms, Self, String), BrowserError> {
        let found = find_or_fetch(settings).await?;
        let local = Self(Some(Parts::default()));
        blocking(move || {
            let (local, url) = local.with_driver(&found.driver)?;
            Ok((found, local, url))
        })
        .await
    }

    /// Starts the relay; the browser's connections will go through it.
    pub fn start_relay(&mut self, program: &Path) -> Result<(), BrowserError> {
        if let Some(parts) = &mut self.0 {
            parts.relay = Some(ConnectionRelay::start(program, parts.profile())?);
        }
        Ok(())
    }

    /// Starts the driver and names all helpers in the record; with the driver's address.
    pub async fn start_driver(self, program: &Path) -> Result<(Self, String), BrowserError> {
        let program = program.to_owned();
        blocking(move || self.with_driver(&program)).await
    }

    fn with_driver(mut self, program: &Path) -> Result<(Self, String), BrowserError> {
        let parts = self.0.get_or_insert_default();
        let driver = Driver::start(program, parts.profile())?;
        let (pid, url) = (driver.pid(), driver.url());
        parts.driver = Some(driver);
        if let Some(workspace) = &parts.workspace {
            workspace.name_helpers(pid, parts.relay.as_ref().map(|relay| relay.pid()))?;
        }
        Ok((self, url))
    }

    /// Its profile's folder, where the browser is ours.
    pub fn profile(&self) -> Option<&Path> {
        self.0.as_ref()?.profile()
    }

    /// Its relay.
    pub fn relay(&self) -> Option<&Arc<ConnectionRelay>> {
        self.0.as_ref()?.relay.as_ref()
    }

    /// Ends it, and waits until nothing is left.
    pub async fn end(mut self) {
        let parts = self.0.take();
        let _ = spawn_blocking(move || drop(parts)).await;
    }
}

impl Parts {
    fn profile(&self) -> Option<&Path> {
        self.workspace.as_ref().map(Workspace::profile)
    }
}

impl Drop for LocalBrowser {
    fn drop(&mut self) {
        let Some(parts) = self.0.take() else { return };
        // Killing and removing blocks; a runtime that is just ending drops the parts in its own
        // time all the same.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn_blocking(move || drop(parts));
        }
    }
}

/// Finds the programs. Where the driver is missing because the browser has renewed itself, it is
/// fetched, if that may be done without asking.
async fn find_or_fetch(settings: &BrowserSettings) -> Result<BrowserPrograms, BrowserError> {
    let found = {
        let settings = settings.clone();
        blocking(move || find(&settings)).await
    };
    let missing = match found {
        Err(error) if error.wants_driver() && settings.supply.policy == FetchPolicy::Always => {
            error
        }
        found => return found,
    };
    tracing::info!(%missing, "fetching a driver");
    fetch_driver(settings, &|_| {}).await?;
    let settings = settings.clone();
    blocking(move || find(&settings)).await
}

/// Fetches the driver that fits the browser of this machine, unless it is kept already.
pub async fn fetch_driver(
    settings: &BrowserSettings,
    told: &(dyn Fn(FetchStep) + Send + Sync),
) -> Result<Fetched, BrowserError> {
    let path = settings.browser_path.clone();
    let browser = blocking(move || find_browser(&path)).await?;
    let version = browser.version.ok_or(BrowserError::NoDriver {
        family: browser.family,
        browser: None,
    })?;
    let fetched = settings.supply.fetch(browser.family, version, told).await;
    fetched.map_err(Into::into)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BrowserError> + Send + 'static,
) -> Result<T, BrowserError> {
    spawn_blocking(work)
        .await
        .map_err(|e| BrowserError::DriverStart { why: e.to_string() })?
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
