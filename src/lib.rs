//! GachNo: the working tool of bill-payment agents in Vietnam.
pub mod browser;
pub mod client;
pub mod config;
pub mod domain;
pub mod engine;
pub mod ledger;
pub mod mock_api;
pub mod portal;
pub mod report;
pub mod sandbox;

/// Makes ring the process's TLS provider. Called first by every program and test; a second call changes nothing.
pub fn init_tls() {
    // Err: somebody did it before.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
