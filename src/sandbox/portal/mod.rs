//! The agent portal as it is known: for trying the program and for testing it against
//! the truth.
//!
//! Lives here: pages, their JSF manners, money, faults on demand, and a truth ledger that counts
//! every request to move money. Written from what is known of the real portal; it knows nothing of
//! [`crate::portal`], so that a mistake there cannot hide in here. What nobody knows of the real
//! portal (success texts, the detail panel, the history page, the electricity page's address) is
//! data in the [`Scenario`].

mod ajax;
mod answer;
mod control;
mod evn;
mod frame;
mod history;
mod internet_tv;
mod jsf;
mod login;
mod money;
mod pages;
mod phone;
mod response;
mod routes;
mod scenario;
mod shared;
mod truth;
mod view;
mod weight;
mod world;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use scenario::{
    Agent, DebtKind, FaultAction, Scenario, ScenarioAccount, ScenarioContract, ScenarioFault,
    Severity, Switches, Texts, Unlisted,
};
pub use truth::{Movement, Truth};

use super::gateway::Gateway;
use shared::Shared;
use world::World;

/// How the simulator is started.
#[derive(Debug, Clone)]
pub struct SandboxOptions {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How long each of the portal's answers takes at least.
    pub latency: Duration,
    /// What it simulates.
    pub scenario: Scenario,
    /// Makes accounts that no scenario lists; the same seed gives the same ones.
    pub seed: u64,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            latency: Duration::ZERO,
            scenario: Scenario::default(),
            seed: 1,
        }
    }
}

/// Why it cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The port is taken, or the address is not ours.
    #[error(
        "Không mở được {0}: cổng đang được dùng hoặc địa chỉ không thuộc máy này. (Cannot listen there.)"
    )]
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
    /// Ends the server that listens now; another may take its place.
    serving: Mutex<CancellationToken>,
    /// Ends the mail server, which no crash of the portal ends.
    mail: CancellationToken,
}

/// Starts it in the background; it can be used when this returns.
pub async fn start(options: SandboxOptions) -> Result<Sandbox, SandboxError> {
    let listener = TcpListener::bind(options.listen)
        .await
        .map_err(|e| SandboxError::Listen(options.listen, e))?;
    let address = listener
        .local_addr()
        .map_err(|e| SandboxError::Listen(options.listen, e))?;
    let mail = CancellationToken::new();
    let gateway = Gateway::start(address, options.scenario.gateway.clone(), mail.clone())
        .await
        .map_err(|e| SandboxError::Listen(options.listen, e))?;
    let world = World::new(options.scenario, options.seed);
    let shared = Shared {
        world: Arc::new(Mutex::new(world)),
        latency: options.latency,
        gateway,
    };
    let serving = Mutex::new(serve(listener, &shared));
    Ok(Sandbox {
        address,
        shared,
        serving,
        mail,
    })
}

fn serve(listener: TcpListener, shared: &Shared) -> CancellationToken {
    let serving = CancellationToken::new();
    let router = routes::router(shared.clone())
        .merge(control::router(shared.clone()))
        .merge(shared.gateway.router());
    let ended = serving.clone();
    // Each connection as a task of its own, so that all of them can be cut at once: a portal that
    // dies in the middle of an answer is part of what is simulated.
    tokio::spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let stream = tokio::select! {
                accepted = listener.accept() => accepted,
                () = ended.cancelled() => return,
            };
            let Ok((stream, _)) = stream else { continue };
            // Small packets must not wait for each other: it would add 40 ms to every answer.
            let _ = stream.set_nodelay(true);
            let service = TowerToHyperService::new(router.clone());
            connections.spawn(async move {
                let _ = http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
            while connections.try_join_next().is_some() {}
        }
    });
    serving
}

impl Sandbox {
    /// Its base address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every movement of money that was asked for, and what came of it.
    pub fn truth(&self) -> Truth {
        self.shared.truth()
    }

    /// Changes the scenario while it runs.
    pub fn update(&self, change: impl FnOnce(&mut Scenario)) {
        let now = self.shared.gateway.scenario();
        {
            let mut world = self.shared.world();
            world.scenario.gateway = now;
            change(&mut world.scenario);
        }
        self.shared.follow_scenario();
    }

    /// The payment providers next to the portal.
    pub fn gateway(&self) -> &Gateway {
        &self.shared.gateway
    }

    /// An agent's balance in đồng.
    pub fn balance(&self, agent: &str) -> i64 {
        self.shared.world().balance(agent)
    }

    /// Ends all portal sessions, as a restart of the portal would.
    pub fn expire_sessions(&self) {
        self.shared.world().expire_all();
    }

    /// The machine dies: every connection breaks, nobody listens. What it knew it keeps.
    pub fn crash(&self) {
        self.serving().cancel();
    }

    /// It comes back at the same address, with its sessions as they were.
    pub async fn come_back(&self) -> Result<(), SandboxError> {
        const TRIES: u32 = 100;
        let mut tries = 0;
        let listener = loop {
            match TcpListener::bind(self.address).await {
                Ok(listener) => break listener,
                // The old one may be about to close.
                Err(_) if tries < TRIES => {
                    tries += 1;
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(error) => return Err(SandboxError::Listen(self.address, error)),
            }
        };
        *self.serving() = serve(listener, &self.shared);
        Ok(())
    }

    fn serving(&self) -> MutexGuard<'_, CancellationToken> {
        self.serving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops it.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.mail.cancel();
        self.crash();
    }
}

#[cfg(test)]
mod tests;
