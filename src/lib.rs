//! GachNo: the working tool of bill-payment agents in Vietnam.
pub mod client;
pub mod config;
pub mod domain;
pub mod engine;
pub mod ledger;
pub mod mock_api;
pub mod report;
pub mod sandbox;
