//! PayOS as it is documented: links, what can be done with them, money that arrives.

mod api;
pub(super) mod link;
mod page;
mod webhook;

use axum::Router;
use axum::routing::{get, post};
use serde_json::{Value, json};

use link::{PayOsLink, Transaction};

use super::Gateway;
use super::keys::checksum_key;
use super::sign;
use super::time::{instant, local, now_ms};
use super::truth::GatewayTransfer;
use super::world::GatewayWorld;

/// The bank that money is sent to.
const BIN: &str = "970422";

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
pub fn key_of(world: &GatewayWorld, client_id: &str) -> String {
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
