//! A company's own system: contracts, what collectors may hold in cash, customer care.
//!
//! Lives here: its calls, their signatures, the bounds of its answers. Never here: what a contract means, whether a
//! call is made again.
//!
//! Each such system is different, and none is public: this speaks the contract that the house has written for itself
//! and its simulator. `GET {base}/contracts/{number}` answers a contract as it is sent to us; `GET` and `POST
//! {base}/limits/{person}` are `{"limit","extra","extra_until"}`; `POST {base}/care` takes a visit or a receipt, with
//! `Idempotency-Key`. Where a client and a secret are set, each call has `X-Client-Id`, `X-Timestamp` (seconds since
//! 1970) and `X-Signature`: HMAC-SHA256 over time, method, path and the body's SHA-256, a line each.

use reqwest::Method;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use super::http::{Http, HttpAnswer, HttpCall, address, below};
use super::sign;
use super::strict::{has_float, parse, text};
use super::{ProviderFault, ProviderRefusal, Settings, SettingsFault};

/// What its log and people call it.
const NAME: &str = "Hệ thống nội bộ";

/// One company's system.
pub struct BackOffice {
    http: Http,
    base: Url,
    keys: Option<(String, SecretString)>,
}

/// What a collector may hold in cash, as the company's system has it: whole đồng.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CashLimit {
    /// At any time.
    pub limit: i64,
    /// More than that, for a while.
    #[serde(default)]
    pub extra: i64,
    /// The last day of it: `YYYY-MM-DD`.
    #[serde(default)]
    pub extra_until: Option<String>,
}

impl BackOffice {
    /// With these settings. Keys are used where both are there.
    pub fn new(settings: &Settings) -> Result<Self, SettingsFault> {
        let base = address(settings.text("base_url"), "base_url", "")?;
        let client = settings.text("client_id").map(str::to_owned);
        Ok(Self {
            http: Http::new(NAME, &[&base])?,
            base,
            keys: client.zip(settings.secret("secret")),
        })
    }

    /// A contract, as its members stand there; `None`: there is no such contract.
    pub async fn contract(
        &self,
        number: &str,
    ) -> Result<Option<Map<String, Value>>, ProviderFault> {
        let answer = self.get(&["contracts", number]).await?;
        found(self.members(&answer))
    }

    /// What somebody may hold in cash; `None`: they are not known there.
    pub async fn limit(&self, person: &str) -> Result<Option<CashLimit>, ProviderFault> {
        let answer = self.get(&["limits", person]).await?;
        let Some(members) = found(self.members(&answer))? else {
            return Ok(None);
        };
        let limit: Result<CashLimit, _> = serde_json::from_value(Value::Object(members));
        match limit {
            Ok(limit) if limit.limit >= 0 && limit.extra >= 0 => Ok(Some(limit)),
            _ => Err(self.http.unknown("not the shape of a limit")),
        }
    }

    /// Tells what somebody may hold in cash from now on. The same again changes nothing.
    pub async fn set_limit(&self, person: &str, limit: &CashLimit) -> Result<(), ProviderFault> {
        let body = serde_json::json!(limit).to_string();
        self.post(&["limits", person], body, None).await
    }

    /// Tells of a visit or a receipt; `id` says that two of them are the same one.
    pub async fn care(&self, id: &str, what: &Value) -> Result<(), ProviderFault> {
        self.post(&["care"], what.to_string(), Some(id)).await
    }

    async fn get(&self, parts: &[&str]) -> Result<HttpAnswer, ProviderFault> {
        let url = below(&self.base, parts);
        self.call(Method::GET, url, None, None).await
    }

    async fn post(
        &self,
        parts: &[&str],
        body: String,
        key: Option<&str>,
    ) -> Result<(), ProviderFault> {
        let url = below(&self.base, parts);
        let answer = self.call(Method::POST, url, Some(body), key).await?;
        match answer.status {
            // What it says to that does not matter.
            200..=299 => Ok(()),
            _ => self.members(&answer).map(drop),
        }
    }

    async fn call(
        &self,
        method: Method,
        url: Url,
        body: Option<String>,
        key: Option<&str>,
    ) -> Result<HttpAnswer, ProviderFault> {
        let mut headers = vec![("accept", "application/json".to_owned())];
        if let Some((client, secret)) = &self.keys {
            headers.push(("x-client-id", client.clone()));
            headers.extend(sign::headers(secret, &method, &url, body.as_deref()));
        }
        if let Some(key) = key {
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

    /// The members of an answer of success. Money has no fraction.
    fn members(&self, answer: &HttpAnswer) -> Result<Map<String, Value>, ProviderFault> {
        let read = parse(&answer.body).filter(|read| !has_float(read));
        match (answer.status, read) {
            (200..=299, Some(Value::Object(members))) => Ok(members),
            (429, _) => Err(ProviderFault::Busy {
                provider: NAME,
                retry_after_s: answer.retry_after_s,
            }),
            (status @ (400..=407 | 409..=499), read) => Err(refusal(status, read)),
            (status, _) => {
                let cause = format!("HTTP {status} without a usable answer");
                Err(self.http.unknown(cause))
            }
        }
    }
}

fn refusal(status: u16, said: Option<Value>) -> ProviderFault {
    let said = match said {
        Some(Value::Object(said)) => said,
        _ => Map::new(),
    };
    let code = text(&said, "code").map_or_else(|| status.to_string(), str::to_owned);
    ProviderFault::Refused {
        provider: NAME,
        code: code.chars().take(40).collect(),
        text: text(&said, "message")
            .unwrap_or_default()
            .chars()
            .take(300)
            .collect(),
        why: match status {
            401 | 403 => ProviderRefusal::Settings,
            404 => ProviderRefusal::Absent,
            _ => ProviderRefusal::Other,
        },
    }
}

/// What is not there is no fault.
fn found<T>(answer: Result<T, ProviderFault>) -> Result<Option<T>, ProviderFault> {
    match answer {
        Err(ProviderFault::Refused {
            why: ProviderRefusal::Absent,
            ..
        }) => Ok(None),
        answer => answer.map(Some),
    }
}
