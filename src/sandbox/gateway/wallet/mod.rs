//! The wallet, as the house's own contract has it: links, payments, one-time passwords, notices.

mod api;
pub(super) mod payment;

use axum::Router;
use axum::routing::{get, post};
use serde_json::{Value, json};

use payment::WalletPayment;

use super::Gateway;
use super::deliver::GatewayNews;
use super::keys::wallet_secret;
use super::sign;
use super::time::{instant, now_ms};
use super::truth::{GatewayMessage, GatewayTransfer};
use super::world::{GatewayWorld, keep};

/// How long a payment can be confirmed, in milliseconds.
const PAYMENT_MS: i64 = 15 * 60_000;
/// How often a wrong password is forgiven, the last one not.
const ATTEMPTS: i64 = 3;
/// How often another one is sent.
const RESENDS_MAX: u32 = 3;

pub fn router(gateway: &Gateway) -> Router {
    Router::new()
        .route("/wallet/v1/wallet-links/{agent}", get(api::link))
        .route("/wallet/v1/payments", post(api::create).get(api::by_order))
        .route("/wallet/v1/payments/{id}", get(api::read))
        .route("/wallet/v1/payments/{id}/otp", post(api::confirm))
        .route("/wallet/v1/payments/{id}/otp/resend", post(api::resend))
        .route("/wallet/v1/payments/{id}/cancel", post(api::cancel))
        .with_state(gateway.clone())
}

/// Most of a phone number, hidden.
const MASKED: &str = "******4567";

impl WalletPayment {
    /// What time alone has done to it.
    fn aged(&mut self) {
        if self.state == "otp_required" && now_ms() > self.created_ms + PAYMENT_MS {
            self.state = "expired";
        }
    }

    pub fn told(&self, otp_s: i64, resend_after_s: i64) -> Value {
        let mut told = json!({
            "payment_id": self.id,
            "order_id": self.order_id,
            "state": self.state,
            "amount": self.amount,
            "currency": "VND",
            "created_at": instant(self.created_ms),
        });
        if let Some(paid_ms) = self.paid_ms {
            told["paid_at"] = json!(instant(paid_ms));
        }
        if let Some(code) = self.code {
            told["code"] = json!(code);
        }
        if self.state == "otp_required" {
            told["otp"] = json!({
                "length": 6,
                "expires_at": instant(self.otp_sent_ms + otp_s * 1_000),
                "attempts_left": self.attempts_left,
                "resend_after_s": resend_after_s,
                "sent_to": MASKED,
            });
        }
        told
    }
}

/// A payment as it is told now.
fn told(world: &GatewayWorld, payment: &WalletPayment) -> Value {
    payment.told(world.scenario.otp_s, world.scenario.resend_after_s)
}

/// Sends a one-time password: made of the payment and of how often one was sent, so that a run can be
/// repeated.
fn send_otp(world: &mut GatewayWorld, id: &str) {
    let Some(payment) = world.wallet.get_mut(id) else {
        return;
    };
    let seed = sign::sha256(format!("{id}/{}", payment.resends).as_bytes());
    let digits = u32::from_str_radix(&seed[..7], 16).unwrap_or_default() % 1_000_000;
    payment.otp = format!("{digits:06}");
    payment.otp_sent_ms = now_ms();
    let message = GatewayMessage {
        channel: "wallet_otp",
        id: id.to_owned(),
        order_code: payment.order_code(),
        to: MASKED.to_owned(),
        text: format!("Ma xac nhan {} la {}", payment.order_id, payment.otp),
    };
    keep(&mut world.messages, message);
}

/// The money of a payment moves.
fn succeed(world: &mut GatewayWorld, id: &str) {
    let Some(payment) = world.wallet.get_mut(id) else {
        return;
    };
    payment.state = "succeeded";
    payment.paid_ms = Some(now_ms());
    let transfer = GatewayTransfer {
        provider: "wallet",
        order_code: payment.order_code(),
        reference: payment.id.clone(),
        amount: payment.amount,
        currency: "VND".to_owned(),
        at_ms: now_ms(),
    };
    world.moved(transfer);
}

impl Gateway {
    /// The password that waits for an order, as its owner reads it.
    pub fn wallet_otp(&self, order_code: i64) -> Option<String> {
        let world = self.world();
        let mut payments = world.wallet.values();
        let payment = payments.find(|p| p.order_code() == order_code && p.state == "otp_required");
        payment.map(|payment| payment.otp.clone())
    }

    /// An order ends in the wallet without anybody's password: `succeeded`, `failed`, `processing`…, and
    /// the wallet tells of it. `false`: it is not there, or has ended before.
    pub fn wallet_ends(&self, order_code: i64, state: &str) -> bool {
        let state = match state {
            "succeeded" => "succeeded",
            "processing" => "processing",
            "cancelled" => "cancelled",
            "expired" => "expired",
            _ => "failed",
        };
        let id = {
            let mut world = self.world();
            let mut payments = world.wallet.values_mut();
            let payment = payments.find(|p| {
                p.order_code() == order_code && matches!(p.state, "otp_required" | "processing")
            });
            let Some(payment) = payment else { return false };
            payment.state = state;
            let id = payment.id.clone();
            if state == "succeeded" {
                succeed(&mut world, &id);
            }
            id
        };
        self.wallet_tells(&id);
        true
    }

    /// Tells of a payment, where somebody wants to be told.
    pub fn wallet_tells(&self, id: &str) {
        let news = {
            let mut world = self.world();
            let number = world.number();
            let Some(payment) = world.wallet.get(id).cloned() else {
                return;
            };
            let Ok(url) = url::Url::parse(&payment.notify_url) else {
                return;
            };
            let mut body = told(&world, &payment);
            body["event_id"] = json!(format!("evt-{number:08}"));
            let mut lie = body.clone();
            lie["amount"] = json!(payment.amount.saturating_mul(10));
            let (body, lie) = (body.to_string(), lie.to_string());
            let headers = signed_headers(&payment.merchant_id, &url, &body);
            let news = |body: String, forged| GatewayNews {
                order_code: payment.order_code(),
                url: payment.notify_url.clone(),
                body: Some(body),
                headers: headers.clone(),
                forged,
                refused_by: |_| false,
            };
            let forged = news(lie, None);
            news(body, Some(Box::new(forged)))
        };
        self.tell(news);
    }
}

fn signed_headers(merchant_id: &str, url: &url::Url, body: &str) -> Vec<(&'static str, String)> {
    let timestamp = (now_ms() / 1_000).to_string();
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let text = format!(
        "{timestamp}\nPOST\n{path}\n{}",
        sign::sha256(body.as_bytes())
    );
    let signature = sign::hmac_sha256(&wallet_secret(merchant_id), &text);
    vec![
        ("x-merchant-id", merchant_id.to_owned()),
        ("x-timestamp", timestamp),
        ("x-signature", signature),
    ]
}
