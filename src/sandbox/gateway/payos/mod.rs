//! PayOS as it is documented: links, what can be done with them, money that arrives.

mod api;
mod page;
mod webhook;

use axum::Router;
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::Gateway;
use super::keys::checksum_key;
use super::sign;
use super::truth::{GatewayLink, GatewayTransfer};
use super::world::{World, instant, local, now_ms};

/// The bank that money is sent to.
const BIN: &str = "970422";

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

pub fn router(gateway: &Gateway) -> Router {
    Router::new()
        .route("/payos/v2/payment-requests", post(api::create))
        .route("/payos/v2/payment-requests/{id}", get(api::read))
        .route("/payos/v2/payment-requests/{id}/cancel", post(api::cancel))
        .route("/payos/confirm-webhook", post(api::confirm))
        .route("/payos/web/{id}", get(page::show).post(page::press))
        .with_state(gateway.clone())
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

    /// The link as GET tells it.
    fn data(&self) -> Value {
        let transactions: Vec<Value> = self.transactions.iter().map(|t| self.told(t)).collect();
        let reason = self
            .cancelled
            .as_ref()
            .and_then(|(_, reason)| reason.clone());
        json!({
            "id": self.id,
            "orderCode": self.order_code,
            "amount": self.amount,
            "amountPaid": self.paid(),
            "amountRemaining": (self.amount - self.paid()).max(0),
            "status": self.status(),
            "createdAt": instant(self.created_ms),
            "transactions": transactions,
            "cancellationReason": reason,
            "canceledAt": self.cancelled.as_ref().map(|(at, _)| instant(*at)),
        })
    }

    fn told(&self, transaction: &Transaction) -> Value {
        let mut told = json!({
            "reference": transaction.reference,
            "amount": transaction.amount,
            "accountNumber": self.account,
            "description": self.description,
            "transactionDateTime": local(transaction.at_ms, "%Y-%m-%dT%H:%M:%S+07:00"),
            "virtualAccountName": null,
            "virtualAccountNumber": null,
            "counterAccountBankId": "970436",
            "counterAccountBankName": null,
            "counterAccountName": "NGUYEN VAN AN",
            "counterAccountNumber": null,
        });
        if transaction.currency != "VND" {
            told["currency"] = json!(transaction.currency);
        }
        told
    }

    fn qr(&self) -> String {
        sign::qr(BIN, &self.account, self.amount, &self.description)
    }
}

/// The checksum key of a client, as the scenario has it.
pub fn key_of(world: &World, client_id: &str) -> String {
    let changed = world.scenario.checksum_keys.get(client_id).cloned();
    changed.unwrap_or_else(|| checksum_key(client_id))
}

/// Is there such a channel?
pub fn is_channel(client_id: &str) -> bool {
    client_id.starts_with("sandbox")
}

/// Money that somebody sends.
#[derive(Debug, Clone, Default)]
pub struct Incoming {
    /// Else all that is missing.
    pub amount: Option<i64>,
    /// Else one of the bank's.
    pub reference: Option<String>,
    /// Else đồng.
    pub currency: Option<String>,
    /// Nobody is told.
    pub untold: bool,
}

impl Gateway {
    /// Money arrives for an order at PayOS, and PayOS tells of it. Its reference; `None`: no such order.
    pub fn payos_money(&self, order_code: i64, money: Incoming) -> Option<String> {
        let reference = {
            let mut world = self.world();
            let number = world.number();
            let links = &mut world.payos;
            let link = links
                .values_mut()
                .find(|link| link.order_code == order_code)?;
            let missing = link.amount - link.paid();
            let is_missing = missing > 0;
            let transaction = Transaction {
                reference: money.reference.unwrap_or_else(|| format!("FT{number:012}")),
                amount: money
                    .amount
                    .unwrap_or(if is_missing { missing } else { link.amount }),
                currency: money.currency.unwrap_or_else(|| "VND".to_owned()),
                at_ms: now_ms(),
            };
            let reference = transaction.reference.clone();
            // A bank knows a transfer once.
            if !link.transactions.iter().any(|t| t.reference == reference) {
                link.transactions.push(transaction.clone());
                world.moved(GatewayTransfer {
                    provider: "payos",
                    order_code,
                    reference: reference.clone(),
                    amount: transaction.amount,
                    currency: transaction.currency,
                    at_ms: transaction.at_ms,
                });
            }
            reference
        };
        if !money.untold {
            self.payos_tells(order_code, &reference);
        }
        Some(reference)
    }
}
