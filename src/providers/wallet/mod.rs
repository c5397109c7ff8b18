//! The wallet: a payment that its owner confirms by a one-time password.
//!
//! Lives here: its calls, their signatures ([`sign`]), its answers ([`answer`]), its notices
//! ([`read_notice`]). Never here: whether a call is made again, and never a password in an error, a log or
//! a record.
//!
//! No specification of the real one is public; this speaks the contract that the house has written for
//! itself and its simulator.

mod answer;
mod notice;

pub use notice::{WalletNotice, peek_order_code, read_notice};

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use url::Url;

use super::http::{Http, HttpAnswer, HttpCall, address, below};
use super::pace::CallPace;
use super::sign;
use super::strict::text;
use super::{
    Link, Order, OrderRef, OtpPrompt, PaymentProvider, ProviderFault, ProviderRefusal, Settings,
    SettingsFault, Told, ToldStanding, WalletLink,
};
use crate::domain::payment::{End, Provider};
use answer::{members, prompt, told};

/// What its log and people call it.
const NAME: &str = "Ví điện tử";

/// One merchant of the wallet.
pub struct Wallet {
    http: Http,
    pace: Arc<CallPace>,
    base: Url,
    merchant_id: String,
    secret: SecretString,
}

impl Wallet {
    /// With these keys.
    pub fn new(settings: &Settings) -> Result<Self, SettingsFault> {
        let base = address(settings.text("base_url"), "base_url", "")?;
        let merchant_id = settings.text("merchant_id").unwrap_or_default().to_owned();
        Ok(Self {
            http: Http::new(NAME, &[&base])?,
            pace: CallPace::of(&format!("wallet {base} {merchant_id}")),
            base,
            merchant_id,
            secret: settings.secret("secret").unwrap_or_default(),
        })
    }

    async fn get(&self, url: Url) -> Result<HttpAnswer, ProviderFault> {
        self.call(Method::GET, url, None, None).await
    }

    async fn call(
        &self,
        method: Method,
        url: Url,
        body: Option<String>,
        idempotency_key: Option<&str>,
    ) -> Result<HttpAnswer, ProviderFault> {
        self.pace.admit(NAME).await?;
        let mut headers = vec![("x-merchant-id", self.merchant_id.clone())];
        headers.extend(sign::headers(&self.secret, &method, &url, body.as_deref()));
        if let Some(key) = idempotency_key {
            headers.push(("idempotency-key", key.to_owned()));
        }
        let call = HttpCall {
            method,
            url,
            headers,
            body,
        };
        self.http.send(call).await
    }

    /// The wallet that is linked to somebody.
    async fn linked(&self, agent: &str) -> Result<String, ProviderFault> {
        let (id, _) = self.link_of(agent).await?.ok_or_else(not_linked)?;
        Ok(id)
    }

    /// The wallet that is linked to somebody, with its phone number as far as it is shown.
    async fn link_of(&self, agent: &str) -> Result<Option<(String, String)>, ProviderFault> {
        let answer = self
            .get(below(&self.base, &["v1", "wallet-links", agent]))
            .await?;
        let link = match members(&self.http, &answer) {
            Err(ProviderFault::Refused {
                why: ProviderRefusal::Absent,
                ..
            }) => {
                return Ok(None);
            }
            link => link?,
        };
        match (link.get("linked"), text(&link, "wallet_id")) {
            (Some(Value::Bool(true)), Some(id)) if !id.is_empty() => {
                let phone = text(&link, "masked_phone").unwrap_or_default();
                let phone: String = phone.chars().filter(|c| !c.is_control()).take(32).collect();
                Ok(Some((id.to_owned(), phone)))
            }
            (Some(Value::Bool(false)), _) => Ok(None),
            _ => Err(self.http.unknown("not the shape of a link to a wallet")),
        }
    }

    async fn opened(&self, order: &Order) -> Result<Link, ProviderFault> {
        let agent = order.wallet_agent.as_deref().ok_or_else(not_linked)?;
        let wallet_id = self.linked(agent).await?;
        let body = json!({
            "order_id": order.order_code.to_string(),
            "wallet_id": wallet_id,
            "amount": order.amount,
            "currency": "VND",
            "description": order.description,
            "notify_url": order.notify_url,
        });
        let url = below(&self.base, &["v1", "payments"]);
        let key = Some(order.payment_code.as_str());
        let answer = self
            .call(Method::POST, url, Some(body.to_string()), key)
            .await?;
        let told = match self.read(&answer, order.order_code) {
            Err(ProviderFault::Refused {
                why: ProviderRefusal::Repeated,
                ..
            }) => self.found(order.order_code).await,
            told => told,
        }?;
        if told.amount != Some(order.amount) {
            return Err(refused(
                "duplicate_order",
                "Đơn đã tồn tại với số tiền khác.",
                ProviderRefusal::Other,
            ));
        }
        if let ToldStanding::Ended(End::Failed) = told.standing {
            return Err(refused(
                "failed",
                "Ví từ chối thanh toán này.",
                ProviderRefusal::NoFunds,
            ));
        }
        Ok(told.link)
    }

    fn read(&self, answer: &HttpAnswer, order_code: i64) -> Result<Told, ProviderFault> {
        let payment = members(&self.http, answer)?;
        told(&payment, order_code, answer.text())
            .ok_or_else(|| self.http.unknown("not the shape of a payment"))
    }

    /// By our own number: that is known even where the answer to the first call was lost.
    async fn found(&self, order_code: i64) -> Result<Told, ProviderFault> {
        let mut url = below(&self.base, &["v1", "payments"]);
        url.set_query(Some(&format!("order_id={order_code}")));
        self.read(&self.get(url).await?, order_code)
    }

    async fn asked(&self, order: &OrderRef) -> Result<Told, ProviderFault> {
        let told = match &order.link_id {
            Some(id) => {
                let url = below(&self.base, &["v1", "payments", id]);
                self.read(&self.get(url).await?, order.order_code)
            }
            None => self.found(order.order_code).await,
        };
        match told {
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

    /// Does something to a payment.
    async fn act(
        &self,
        order: &OrderRef,
        what: &[&str],
        body: Option<String>,
    ) -> Result<HttpAnswer, ProviderFault> {
        let id = if let Some(id) = &order.link_id {
            id.clone()
        } else {
            let found = self.found(order.order_code).await?;
            found
                .link
                .id
                .ok_or_else(|| self.http.unknown("a payment without an id"))?
        };
        let url = below(
            &self.base,
            &[&["v1", "payments", id.as_str()][..], what].concat(),
        );
        self.call(Method::POST, url, body, None).await
    }

    async fn taken_back(&self, order: &OrderRef) -> Result<Told, ProviderFault> {
        let answer = self.act(order, &["cancel"], None).await;
        match answer.and_then(|answer| self.read(&answer, order.order_code)) {
            // It cannot be taken back, or not any more: what it is now says why.
            Err(ProviderFault::Refused { why, .. }) if why != ProviderRefusal::Settings => {
                self.asked(order).await
            }
            told => told,
        }
    }

    async fn confirmed(&self, order: &OrderRef, otp: &SecretString) -> Result<Told, ProviderFault> {
        let body = json!({ "otp": otp.expose_secret() }).to_string();
        let answer = self.act(order, &["otp"], Some(body)).await?;
        let payment = members(&self.http, &answer)?;
        // Whatever the wallet repeats in its answer: the record keeps no password.
        let raw = without(&answer.text(), otp.expose_secret());
        told(&payment, order.order_code, raw)
            .ok_or_else(|| self.http.unknown("not the shape of a payment"))
    }

    async fn sent_again(&self, order: &OrderRef) -> Result<OtpPrompt, ProviderFault> {
        let answer = self.act(order, &["otp", "resend"], None).await?;
        let payment: Result<Map<String, Value>, _> = members(&self.http, &answer);
        match payment {
            Err(ProviderFault::Busy { retry_after_s, .. }) => Err(refused(
                "429",
                "Chưa gửi lại được mã.",
                ProviderRefusal::OtpTooEarly { retry_after_s },
            )),
            payment => prompt(&payment?)
                .ok_or_else(|| self.http.unknown("nothing about the one-time password")),
        }
    }

    /// Asks for the link of somebody whom nobody knows.
    async fn checked(&self) -> Result<(), ProviderFault> {
        let answer = self
            .get(below(&self.base, &["v1", "wallet-links", "kiem-tra"]))
            .await?;
        match members(&self.http, &answer) {
            Err(ProviderFault::Refused { why, .. }) if why != ProviderRefusal::Settings => Ok(()),
            answered => answered.map(drop),
        }
    }
}

fn refused(code: &str, text: &str, why: ProviderRefusal) -> ProviderFault {
    ProviderFault::Refused {
        provider: NAME,
        code: code.to_owned(),
        text: text.to_owned(),
        why,
    }
}

fn not_linked() -> ProviderFault {
    let text = "Vui lòng thực hiện liên kết phương thức thanh toán";
    refused("wallet_not_linked", text, ProviderRefusal::NotLinked)
}

fn without(text: &str, secret: &str) -> String {
    if secret.is_empty() {
        text.to_owned()
    } else {
        text.replace(secret, "***")
    }
}

impl PaymentProvider for Wallet {
    fn kind(&self) -> Provider {
        Provider::Wallet
    }

    fn open<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Result<Link, ProviderFault>> {
        self.opened(order).boxed()
    }

    fn ask<'a>(&'a self, order: &'a OrderRef) -> BoxFuture<'a, Result<Told, ProviderFault>> {
        self.asked(order).boxed()
    }

    fn cancel<'a>(
        &'a self,
        order: &'a OrderRef,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Told, ProviderFault>> {
        self.taken_back(order).boxed()
    }

    fn enter_otp<'a>(
        &'a self,
        order: &'a OrderRef,
        otp: &'a SecretString,
    ) -> BoxFuture<'a, Result<Told, ProviderFault>> {
        self.confirmed(order, otp).boxed()
    }

    fn resend_otp<'a>(
        &'a self,
        order: &'a OrderRef,
    ) -> BoxFuture<'a, Result<OtpPrompt, ProviderFault>> {
        self.sent_again(order).boxed()
    }

    fn wallet_link<'a>(
        &'a self,
        agent: &'a str,
    ) -> BoxFuture<'a, Result<WalletLink, ProviderFault>> {
        let link = |found: Option<(String, String)>| WalletLink {
            is_linked: found.is_some(),
            masked_phone: found.map(|(_, phone)| phone).unwrap_or_default(),
        };
        async move { self.link_of(agent).await.map(link) }.boxed()
    }

    fn check(&self) -> BoxFuture<'_, Result<(), ProviderFault>> {
        self.checked().boxed()
    }
}

#[cfg(test)]
mod tests;
