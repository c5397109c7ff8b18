//! GachNo (*gạch nợ*: settle a debt), the working tool of bill-payment agents in Viet Nam.
//!
//! The map of the house; `ARCHITECTURE.md` tells the rest. Arrows run down this list's dependencies
//! and never back:
//! [`domain`] knows nobody; [`ledger`], [`portal`], [`report`] and [`client`] know `domain`; [`engine`] knows these;
//! `desktop` and [`cli`] know the engine by its commands and events; [`server`] knows [`store`],
//! which knows `domain`;
//! [`sandbox`], [`mock_api`] and [`mock_site`] are simulators; [`crash`] breaks the whole on purpose and compares.

pub mod app;
mod awake;
pub mod browser;
pub mod cli;
pub mod client;
pub mod clock;
pub mod config;
pub mod crash;
#[cfg(feature = "desktop")]
pub mod desktop;
pub mod domain;
pub mod engine;
mod fonts;
pub mod guide;
pub mod ledger;
mod mishap;
pub mod mock_api;
pub mod mock_site;
pub mod portal;
mod process;
pub mod providers;
pub mod report;
pub mod sandbox;
pub mod server;
pub mod store;

/// Makes ring the process's TLS provider. Called first by every program and test; a second call
/// changes nothing.
pub fn init_tls() {
    // Err: somebody did it before.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
