//! What really happened at the payment providers, for tests to count by.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// All of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct GatewayTruth {
    /// Every call that came, faults included.
    pub calls: Vec<GatewayCall>,
    /// Calls that came beyond what a provider takes in a second, and were answered 429.
    pub over_the_limit: u64,
    /// Every order that a provider knows.
    pub links: Vec<GatewayLink>,
    /// All money that moved; what was paid back is negative.
    pub transfers: Vec<GatewayTransfer>,
    /// Every webhook and notice that was sent, and what was answered.
    pub webhooks: Vec<GatewayWebhook>,
    /// Every mail that was taken.
    pub mails: Vec<GatewayMail>,
    /// Every other message: one-time passwords, and what eSMS, Zalo and `HiFPT` took.
    pub messages: Vec<GatewayMessage>,
    /// What collectors may hold in cash, as the company's own system was told.
    pub limits: BTreeMap<String, GatewayLimit>,
    /// Visits and receipts that the company's own system was told of.
    pub care: Vec<GatewayCare>,
    /// Every refund that VNPay was asked for, under whatever name.
    pub refunds: Vec<GatewayRefund>,
}

impl GatewayTruth {
    /// The money of an order, in đồng.
    pub fn received(&self, order_code: i64) -> i64 {
        let of_order = self.transfers.iter().filter(|t| t.order_code == order_code);
        of_order.map(|t| t.amount).sum()
    }

    /// How often a call came.
    pub fn times_called(&self, at: &str) -> usize {
        self.calls.iter().filter(|call| call.at == at).count()
    }

    /// An order, where a provider knows it.
    pub fn link(&self, provider: &str, order_code: i64) -> Option<&GatewayLink> {
        let mut links = self.links.iter();
        links.find(|link| link.provider == provider && link.order_code == order_code)
    }
}

/// A call that came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GatewayCall {
    /// Which, as a fault names it.
    pub at: String,
    /// For which order, where it says so.
    pub order_code: Option<i64>,
    /// Milliseconds since 1970.
    pub at_ms: i64,
}

/// An order that a provider knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GatewayLink {
    /// `payos`, `vnpay` or `wallet`.
    pub provider: &'static str,
    /// Whose: client id, terminal or merchant.
    pub channel: String,
    /// Ours.
    pub order_code: i64,
    /// The provider's.
    pub id: String,
    /// Whole đồng.
    pub amount: i64,
    /// In the provider's word.
    pub status: String,
}

/// Money that moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GatewayTransfer {
    /// `payos`, `vnpay` or `wallet`.
    pub provider: &'static str,
    /// For which order.
    pub order_code: i64,
    /// Its number.
    pub reference: String,
    /// Whole units of the currency.
    pub amount: i64,
    /// `VND`, or what a test wanted.
    pub currency: String,
    /// Milliseconds since 1970.
    pub at_ms: i64,
}

/// A refund that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GatewayRefund {
    /// Of which order.
    pub order_code: i64,
    /// The caller's name for it.
    pub id: String,
    /// Which transaction is to be paid back.
    pub transaction: String,
    /// Whole đồng.
    pub amount: i64,
    /// What was answered, in VNPay's code.
    pub code: String,
}

/// News that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GatewayWebhook {
    /// Of which order.
    pub order_code: i64,
    /// To where.
    pub url: String,
    /// What; for VNPay the address says it all.
    pub body: String,
    /// Is it one that nobody should believe?
    pub forged: bool,
    /// HTTP's answer; `None`: none came.
    pub status: Option<u16>,
    /// The answer's beginning.
    pub answer: String,
}

/// A mail that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GatewayMail {
    /// From whom, as the envelope says.
    pub from: String,
    /// To whom, as the envelope says.
    pub to: Vec<String>,
    /// What tells it from others.
    pub message_id: String,
    /// As it stands in the letter, encoded.
    pub subject: String,
    /// The whole letter.
    pub data: String,
    /// Milliseconds since 1970.
    pub at_ms: i64,
}

/// Another message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GatewayMessage {
    /// `wallet_otp`, `esms`, `zalo` or `hifpt`.
    pub channel: &'static str,
    /// The sender's own id of it; of a password, the payment's.
    pub id: String,
    /// About which order, where that is known; else 0.
    pub order_code: i64,
    /// To whom.
    pub to: String,
    /// What it says.
    pub text: String,
}

/// What somebody may hold in cash: whole đồng.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayLimit {
    /// At any time.
    pub limit: i64,
    /// More than that, for a while.
    #[serde(default)]
    pub extra: i64,
    /// The last day of it.
    #[serde(default)]
    pub extra_until: Option<String>,
}

/// A visit or a receipt that the company's own system was told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GatewayCare {
    /// What tells it from others.
    pub id: String,
    /// What was told.
    pub what: Value,
    /// Milliseconds since 1970.
    pub at_ms: i64,
}
