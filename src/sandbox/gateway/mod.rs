//! Payment providers as they are known: for trying payments and for testing them against the truth.
//!
//! Lives here: PayOS ([`payos`]), VNPay ([`vnpay`]), the wallet ([`wallet`]), a mail server that keeps
//! what it takes ([`smtp`]), those who carry short messages ([`message`]), a company's own
//! system ([`backoffice`]); keys that open nothing ([`keys`]); faults on demand ([`scenario`]); a book of
//! what really happened ([`truth`]). Written from the facts alone, signatures included: it shares nothing
//! with what it is there to catch.
//!
//! What nobody knows of the real ones (whether a webhook is sent again, what is said of an unknown order)
//! is data in the [`GatewayScenario`], or the simplest thing that may happen.

mod backoffice;
mod control;
mod deliver;
mod keys;
mod message;
mod page;
mod payos;
mod reply;
mod scenario;
mod sign;
mod smtp;
mod time;
mod truth;
mod vnpay;
mod wallet;
mod world;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use axum::Router;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use payos::Incoming;
pub use scenario::{GatewayDelivery, GatewayFault, GatewayFaultAction, GatewayScenario, Webhooks};
pub use truth::{
    GatewayCall, GatewayCare, GatewayLimit, GatewayLink, GatewayMail, GatewayMessage,
    GatewayRefund, GatewayTransfer, GatewayTruth, GatewayWebhook,
};

use world::GatewayWorld;

/// The simulated providers. Copies are the same ones.
#[derive(Debug, Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    world: Mutex<GatewayWorld>,
    client: OnceLock<reqwest::Client>,
    base: String,
    smtp: SocketAddr,
}

impl Gateway {
    /// Providers that are reached at this address, and a mail server that takes mails until `ended`.
    pub async fn start(
        address: SocketAddr,
        scenario: GatewayScenario,
        ended: CancellationToken,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let gateway = Self {
            inner: Arc::new(Inner {
                world: Mutex::new(GatewayWorld::new(scenario)),
                client: OnceLock::new(),
                base: format!("http://{address}"),
                smtp: listener.local_addr()?,
            }),
        };
        tokio::spawn(smtp::serve(listener, gateway.clone(), ended));
        Ok(gateway)
    }

    /// All addresses.
    pub fn router(&self) -> Router {
        payos::router(self)
            .merge(vnpay::router(self))
            .merge(wallet::router(self))
            .merge(message::router(self))
            .merge(backoffice::router(self))
            .merge(control::router(self))
    }

    /// What `gachno store provider` takes: `payos`, `vnpay`, `wallet`, `smtp`, `sms`, `zns`, `hifpt`,
    /// `backoffice`.
    pub fn settings(&self) -> Value {
        keys::settings(&self.inner.base, self.inner.smtp)
    }

    /// Where mails are taken.
    pub fn smtp(&self) -> SocketAddr {
        self.inner.smtp
    }

    /// What really happened.
    pub fn truth(&self) -> GatewayTruth {
        self.world().truth()
    }

    /// How the providers behave.
    pub fn scenario(&self) -> GatewayScenario {
        self.world().scenario.clone()
    }

    /// Changes how the providers behave. Where the faults are others, all of them start anew.
    pub fn update(&self, change: impl FnOnce(&mut GatewayScenario)) {
        let mut world = self.world();
        let mut scenario = world.scenario.clone();
        change(&mut scenario);
        world.follow(scenario);
    }

    /// Something more goes wrong from now on. What went wrong before is not begun anew.
    pub fn fault(&self, fault: GatewayFault) {
        self.world().scenario.faults.push(fault);
    }

    /// Something goes wrong once, at the next such call.
    pub fn once(&self, at: &str, action: GatewayFaultAction) {
        self.fault(GatewayFault {
            at: at.to_owned(),
            order_code: None,
            after: 0,
            times: 1,
            action,
        });
    }

    /// Everything is forgotten but how the providers behave.
    pub fn reset(&self) {
        let mut world = self.world();
        *world = GatewayWorld::new(world.scenario.clone());
    }

    fn base(&self) -> String {
        self.inner.base.clone()
    }

    /// The state, one request at a time: every change of money is one step under this lock.
    fn world(&self) -> MutexGuard<'_, GatewayWorld> {
        let world = self.inner.world.lock();
        world.unwrap_or_else(PoisonError::into_inner)
    }

    fn client(&self) -> &reqwest::Client {
        self.inner.client.get_or_init(|| {
            // Err: somebody did it before.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let client = reqwest::Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none());
            client.build().unwrap_or_default()
        })
    }
}

#[cfg(test)]
mod tests;
