//! The agent portal as it is known, simulated: for trying the program and for testing it against the truth.
//!
//! Lives here: pages, their JSF manners, money, faults on demand, and a truth ledger that counts every request to
//! move money. Written from what is known of the real portal; it knows nothing of [`crate::portal`], so that a
//! mistake there cannot hide in here. What nobody knows of the real portal (success texts, the detail panel, the
//! history page, the electricity page's address) is data in the [`Scenario`].

mod control;
mod evn;
mod frame;
mod history;
mod internet_tv;
mod jsf;
mod login;
mod money;
mod phone;
mod portal;
mod scenario;
mod world;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use scenario::{Account, Action, Agent, Contract, Fault, Kind, Scenario, Severity, Switches, Texts, Unlisted};
pub use world::{Movement, Truth};

use world::World;

/// How the simulator is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How long each of the portal's answers takes at least.
    pub latency: Duration,
    /// What it simulates.
    pub scenario: Scenario,
    /// Makes accounts that no scenario lists; the same seed gives the same ones.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 0)), latency: Duration::ZERO, scenario: Scenario::default(), seed: 1 }
    }
}

/// Why it cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The port is taken, or the address is not ours.
    #[error("Không mở được {0}: cổng đang được dùng hoặc địa chỉ không thuộc máy này. (Cannot listen there.)")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// The scenario cannot be read.
    #[error("Không đọc được kịch bản {0}. (Cannot read the scenario.)")]
    Scenario(PathBuf, #[source] std::io::Error),
    /// The scenario is not what it should be.
    #[error("Kịch bản {0} sai: {1} (The scenario is wrong.)")]
    BadScenario(PathBuf, serde_json::Error),
}

/// A running simulator. Dropping it stops it.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    shared: Shared,
    stop: CancellationToken,
}

/// What all requests share.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    world: Arc<Mutex<World>>,
    latency: Duration,
}

impl Shared {
    /// The world, one request at a time: every change of money is one step under this lock.
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts it in the background; it can be used when this returns.
pub async fn start(options: Options) -> Result<Sandbox, SandboxError> {
    let listener = TcpListener::bind(options.listen).await.map_err(|e| SandboxError::Listen(options.listen, e))?;
    let address = listener.local_addr().map_err(|e| SandboxError::Listen(options.listen, e))?;
    let world = World::new(options.scenario, options.seed);
    let shared = Shared { world: Arc::new(Mutex::new(world)), latency: options.latency };
    let stop = CancellationToken::new();
    let router = portal::router(shared.clone()).merge(control::router(shared.clone()));
    // Small packets must not wait for each other: it would add 40 ms to every answer.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let ended = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            served = axum::serve(listener, router) => {
                if let Err(error) = served {
                    tracing::error!(%error, "the sandbox stopped");
                }
            }
            // At once, open connections included: a simulator that dies is part of what is tested.
            () = ended.cancelled() => {}
        }
    });
    Ok(Sandbox { address, shared, stop })
}

impl Sandbox {
    /// Its base address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every movement of money that was asked for, and what came of it.
    pub fn truth(&self) -> Truth {
        self.shared.world().truth()
    }

    /// Changes the scenario while it runs.
    pub fn update(&self, change: impl FnOnce(&mut Scenario)) {
        change(&mut self.shared.world().scenario);
    }

    /// An agent's balance in đồng.
    pub fn balance(&self, agent: &str) -> i64 {
        self.shared.world().balance(agent)
    }

    /// Ends all portal sessions, as a restart of the portal would.
    pub fn expire_sessions(&self) {
        self.shared.world().expire_all();
    }

    /// Stops it.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[cfg(test)]
mod tests;
