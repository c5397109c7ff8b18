//! PayOS: a link that is paid by bank transfer.
//!
//! Lives here: its calls, its signatures ([`sign`]), its answers ([`answer`]), its webhooks
//! ([`read_webhook`]). Never here: whether a call is made again.

mod answer;
mod sign;
mod webhook;

pub use webhook::{OFFICIAL, SEED, peek_order_code, read_webhook};

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::Method;
use serde_json::{Map, Value, json};
use url::Url;

use super::http::{Http, HttpAnswer, HttpCall, address, below};
use super::pace::CallPace;
use super::{
    Link, Order, OrderRef, PaymentProvider, ProviderFault, ProviderRefusal, Settings,
    SettingsFault, Told, ToldStanding,
};
use crate::domain::payment::Provider;
use answer::{created, envelope, signed_data, told};
use sign::CreateText;

/// Where PayOS listens.
const BASE: &str = "https://api-merchant.payos.vn";
/// Where its pages are.
const CHECKOUT_BASE: &str = "https://pay.payos.vn/web/";
/// What its log and people call it.
const NAME: &str = "PayOS";
/// The longest reason that is told with a cancellation, in characters.
const REASON_MAX: usize = 200;

/// One payment channel of PayOS.
pub struct PayOs {
    http: Http,
    pace: Arc<CallPace>,
    base: Url,
    checkout_base: String,
    client_id: String,
    api_key: String,
    partner_code: Option<String>,
    /// The one that signs, and those that were replaced: an answer may be on its way under them.
    keys: Vec<String>,
}

/// Checksum keys: the one that is set, then those that it replaced.
fn checksum_keys(settings: &Settings) -> Vec<String> {
    let now = settings.text("checksum_key").into_iter();
    now.chain(settings.old_keys()).map(str::to_owned).collect()
}

impl PayOs {
    /// With these keys.
    pub fn new(settings: &Settings) -> Result<Self, SettingsFault> {
        let text = |name| settings.text(name).unwrap_or_default().to_owned();
        let base = address(settings.text("base_url"), "base_url", BASE)?;
        let checkout_base = settings.text("checkout_base").unwrap_or(CHECKOUT_BASE);
        let client_id = text("client_id");
        Ok(Self {
            http: Http::new(NAME, &[&base])?,
            pace: CallPace::of(&format!("payos {base} {client_id}")),
            checkout_base: format!("{}/", checkout_base.trim_end_matches('/')),
            base,
            client_id,
            api_key: text("api_key"),
            partner_code: settings.text("partner_code").map(str::to_owned),
            keys: checksum_keys(settings),
        })
    }

    async fn call(
        &self,
        method: Method,
        parts: &[&str],
        body: Option<Value>,
    ) -> Result<HttpAnswer, ProviderFault> {
        self.pace.admit(NAME).await?;
        let mut headers = vec![
            ("x-client-id", self.client_id.clone()),
            ("x-api-key", self.api_key.clone()),
        ];
        if body.is_none() {
            // With a body it is said there.
            headers.push(("content-type", "application/json".to_owned()));
        }
        if let Some(partner) = &self.partner_code {
            headers.push(("x-partner-code", partner.clone()));
        }
        let call = HttpCall {
            method,
            url: below(&self.base, parts),
            headers,
            body: body.map(|body| body.to_string()),
        };
        let answer = self.http.send(call).await?;
        if answer.status == 429 {
            self.pace.rest(Duration::from_secs(answer.retry_after_s));
        }
        Ok(answer)
    }

    fn data(&self, answer: &HttpAnswer) -> Result<Map<String, Value>, ProviderFault> {
        signed_data(&self.http, &self.keys, answer)
    }

    async fn create(&self, order: &Order) -> Result<Link, ProviderFault> {
        let body = self.create_body(order);
        let answer = self.call(Method::POST, &["v2", "payment-requests"], Some(body));
        let data = self.data(&answer.await?)?;
        // Whatever it made: the order's own number is asked about.
        created(&data, order.order_code, order.amount)
            .ok_or_else(|| self.http.unknown("a link of another order or amount"))
    }

    fn create_body(&self, order: &Order) -> Value {
        let signed = CreateText {
            order_code: order.order_code,
            amount: order.amount,
            description: &order.payment_code,
            return_url: &order.return_url,
            cancel_url: &order.cancel_url,
        };
        let key = self.keys.first().map_or("", String::as_str);
        let mut body = json!({
            "orderCode": order.order_code,
            "amount": order.amount,
            "description": order.payment_code,
            "cancelUrl": order.cancel_url,
            "returnUrl": order.return_url,
            "expiredAt": order.expires_ms.div_euclid(1_000),
            "signature": signed.signature(key),
        });
        for (name, value) in [
            ("buyerName", &order.payer.name),
            ("buyerEmail", &order.payer.email),
            ("buyerPhone", &order.payer.phone),
        ] {
            if !value.is_empty() {
                body[name] = json!(value);
            }
        }
        body
    }

    /// An order that is there from an earlier call. Its page can be made from its id; its QR is told
    /// once and never again.
    async fn found(&self, order: &Order) -> Result<Link, ProviderFault> {
        let told = match self.link(order.order_code).await {
            Err(ProviderFault::Refused {
                why: ProviderRefusal::Absent,
                ..
            }) => {
                return Err(self.http.unknown("it is there, and it is not there"));
            }
            told => told?,
        };
        if told.amount != Some(order.amount) {
            return Err(other_amount());
        }
        let id = told.link.id;
        let page = id.as_ref().map(|id| format!("{}{id}", self.checkout_base));
        Ok(Link {
            checkout_url: page,
            id,
            ..Link::default()
        })
    }

    async fn link(&self, order_code: i64) -> Result<Told, ProviderFault> {
        let code = order_code.to_string();
        let answer = self
            .call(Method::GET, &["v2", "payment-requests", &code], None)
            .await?;
        self.read(&answer, order_code)
    }

    fn read(&self, answer: &HttpAnswer, order_code: i64) -> Result<Told, ProviderFault> {
        let data = self.data(answer)?;
        told(&data, order_code, answer.text())
            .ok_or_else(|| self.http.unknown("not the shape of a payment link"))
    }

    async fn asked(&self, order_code: i64) -> Result<Told, ProviderFault> {
        match self.link(order_code).await {
            Err(ProviderFault::Refused {
                why: ProviderRefusal::Absent,
                text,
                ..
            }) => Ok(Told {
                standing: ToldStanding::Absent,
                amount: None,
                transfers: Vec::new(),
                link: Link::default(),
                raw: text,
            }),
            told => told,
        }
    }

    async fn taken_back(&self, order_code: i64, reason: &str) -> Result<Told, ProviderFault> {
        let reason: String = reason.trim().chars().take(REASON_MAX).collect();
        let body = (!reason.is_empty()).then(|| json!({ "cancellationReason": reason }));
        let code = order_code.to_string();
        let parts = ["v2", "payment-requests", &code, "cancel"];
        let answer = self.call(Method::POST, &parts, body).await?;
        match self.read(&answer, order_code) {
            // It cannot be taken back, or not any more: what it is now says why.
            Err(ProviderFault::Refused { why, .. }) if why != ProviderRefusal::Settings => {
                self.asked(order_code).await
            }
            told => told,
        }
    }

    async fn registered(&self, url: &str) -> Result<(), ProviderFault> {
        let body = json!({ "webhookUrl": url });
        let answer = self.call(Method::POST, &["confirm-webhook"], Some(body));
        envelope(&self.http, &answer.await?).map(drop)
    }

    /// Asks for an order that nobody has: whatever PayOS says of it, it is there and knows us.
    async fn checked(&self) -> Result<(), ProviderFault> {
        let answer = self.call(Method::GET, &["v2", "payment-requests", "1"], None);
        let answer = answer.await?;
        match envelope(&self.http, &answer) {
            // Nobody published what stands in it.
            Err(ProviderFault::Unknown { .. }) if answer.status == 404 => Ok(()),
            Err(ProviderFault::Refused { why, .. }) if why != ProviderRefusal::Settings => Ok(()),
            answered => answered.map(drop),
        }
    }
}

fn other_amount() -> ProviderFault {
    ProviderFault::Refused {
        provider: NAME,
        code: "231".to_owned(),
        text: "Đơn đã tồn tại với số tiền khác. (The order is there with another amount.)"
            .to_owned(),
        why: ProviderRefusal::Other,
    }
}

impl PaymentProvider for PayOs {
    fn kind(&self) -> Provider {
        Provider::PayOs
    }

    fn open<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Result<Link, ProviderFault>> {
        async move {
            match self.create(order).await {
                Err(ProviderFault::Refused {
                    why: ProviderRefusal::Repeated,
                    ..
                }) => self.found(order).await,
                link => link,
            }
        }
        .boxed()
    }

    fn ask<'a>(&'a self, order: &'a OrderRef) -> BoxFuture<'a, Result<Told, ProviderFault>> {
        self.asked(order.order_code).boxed()
    }

    fn cancel<'a>(
        &'a self,
        order: &'a OrderRef,
        reason: &'a str,
    ) -> BoxFuture<'a, Result<Told, ProviderFault>> {
        self.taken_back(order.order_code, reason).boxed()
    }

    fn check(&self) -> BoxFuture<'_, Result<(), ProviderFault>> {
        self.checked().boxed()
    }

    fn register_webhook<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<(), ProviderFault>> {
        self.registered(url).boxed()
    }
}

#[cfg(test)]
mod tests;
