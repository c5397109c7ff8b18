//! The collection desk: what a collector sees and does at a customer's door.
//!
//! Lives here: pages, papers and calls of the desk. Never here: its rules (`domain`), SQL (`store`).

pub mod paper;
pub mod view;
