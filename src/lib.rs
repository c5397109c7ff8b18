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
