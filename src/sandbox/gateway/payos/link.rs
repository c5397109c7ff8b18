//! A payment link of PayOS as it is kept.

use super::super::time::now_ms;
use super::super::truth::GatewayLink;

/// A payment link.
#[derive(Debug, Clone)]
pub struct PayOsLink {
    pub client_id: String,
    pub order_code: i64,
    pub id: String,
    pub amount: i64,
    /// With PayOS's own code before what was said.
    pub description: String,
    pub account: String,
    pub created_ms: i64,
    pub expires_s: Option<i64>,
    pub return_url: String,
    pub cancel_url: String,
    pub cancelled: Option<(i64, Option<String>)>,
    pub transactions: Vec<Transaction>,
}

/// A bank transfer to a link's account.
#[derive(Debug, Clone)]
pub struct Transaction {
    pub reference: String,
    pub amount: i64,
    pub currency: String,
    pub at_ms: i64,
}

impl PayOsLink {
    pub fn paid(&self) -> i64 {
        let money = self.transactions.iter().filter(|t| t.currency == "VND");
        money.map(|t| t.amount).sum()
    }

    pub fn status(&self) -> &'static str {
        let is_late = self.expires_s.is_some_and(|at| at * 1_000 < now_ms());
        match (self.paid(), &self.cancelled) {
            (_, Some(_)) => "CANCELLED",
            (paid, None) if paid >= self.amount => "PAID",
            (_, None) if is_late => "EXPIRED",
            (0, None) => "PENDING",
            _ => "UNDERPAID",
        }
    }

    pub fn shown(&self) -> GatewayLink {
        GatewayLink {
            provider: "payos",
            channel: self.client_id.clone(),
            order_code: self.order_code,
            id: self.id.clone(),
            amount: self.amount,
            status: self.status().to_owned(),
        }
    }
}
