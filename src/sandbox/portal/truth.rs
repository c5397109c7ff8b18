//! The truth ledger: every request to move money and what came of it, for tests to count by.

use std::collections::BTreeMap;
use std::time::Instant;

use serde::Serialize;

use super::super::gateway::GatewayTruth;

/// The portal's own time.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Answers {
    /// Pages and AJAX answers.
    pub count: u64,
    /// Their time together, in milliseconds.
    pub total_ms: f64,
}

/// A request to move money, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Movement {
    /// From 1, in order of arrival.
    pub id: u64,
    /// RFC 3339.
    pub at: String,
    /// The same, for the late history.
    #[serde(skip)]
    pub arrived: Instant,
    /// Whose balance pays.
    pub agent: String,
    /// `internet_tv`, `evn`, `postpaid` or `top_up`.
    pub service: String,
    /// For whom.
    pub account: String,
    /// In đồng.
    pub amount: i64,
    /// Was the PIN right?
    pub pin_ok: bool,
    /// Did the money move?
    pub moved: bool,
    /// Why it did not.
    pub refusal: Option<String>,
    /// The portal's id, where it moved.
    pub transaction_id: Option<String>,
    /// The agent's balance before.
    pub balance_before: i64,
    /// The agent's balance after.
    pub balance_after: i64,
}

/// The truth that a test counts by.
#[derive(Debug, Clone, Serialize)]
pub struct Truth {
    /// Every request to move money.
    pub asked: usize,
    /// Confirming requests that arrived, worked on or not.
    pub confirm_posts: u64,
    /// Every one that moved it.
    pub moved: usize,
    /// The sum that moved, in đồng.
    pub total: i64,
    /// All of them, in order.
    pub movements: Vec<Movement>,
    /// Agents' balances now.
    pub balances: BTreeMap<String, i64>,
    /// The portal's own time.
    pub answers: Answers,
    /// The payment providers' own books, beside the portal's.
    #[serde(flatten)]
    pub gateway: GatewayTruth,
}

impl Truth {
    /// How often this account was paid for.
    pub fn times_paid(&self, account: &str) -> usize {
        self.movements
            .iter()
            .filter(|m| m.moved && m.account == account)
            .count()
    }

    /// How often the portal was asked to pay for this account.
    pub fn times_asked(&self, account: &str) -> usize {
        self.movements
            .iter()
            .filter(|m| m.account == account)
            .count()
    }
}
