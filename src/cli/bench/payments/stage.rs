//! A shop whose providers are the sandbox's.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::Sha256;

use super::super::files::Served;
use crate::config::Home;
use crate::providers::{Channel, Settings};
use crate::sandbox::{self, Gateway, Sandbox};
use crate::server::SecretKeys;
use crate::store::channels::NewChannel;
use crate::store::machines::Scope;
use crate::store::payments::SamplePayment;
use crate::store::{Actor, Store};

/// What is set up before a server starts.
pub struct Stage {
    pub store: Store,
    pub sandbox: Sandbox,
    pub http: Client,
    url: String,
    folder: PathBuf,
    token: SecretString,
    key: String,
}

impl Stage {
    pub async fn open(url: &str, folder: &Path) -> anyhow::Result<Self> {
        let sandbox = sandbox::start(sandbox::SandboxOptions::default()).await?;
        let store = Store::open(url).await?;
        let scopes = [Scope::PaymentsRead, Scope::PaymentsWrite];
        let machines = store.machines();
        let (name, actor) = ("bench", Actor::system());
        let made = machines.add(name, &scopes, None, &actor).await?;
        let vault = SecretKeys::open_or_create(&Home::at(folder).serve_key())?;
        let settings = sandbox.gateway().settings();
        for channel in [Channel::PayOs, Channel::Smtp] {
            let set = Settings::read(channel, &settings[channel.wire()].to_string())?;
            let new = NewChannel {
                payee: 1,
                channel: channel.wire(),
                sealed: &vault.seal(&set.sealable()),
                shown: &set.shown(),
                is_on: true,
                version: None,
            };
            store.channels().put(new, &actor).await?;
        }
        let key = settings["payos"]["checksum_key"].as_str();
        Ok(Self {
            key: key.context("no key")?.to_owned(),
            http: Client::builder()
                .no_proxy()
                .timeout(Duration::from_secs(30))
                .build()?,
            url: url.to_owned(),
            folder: folder.to_owned(),
            token: made.token,
            sandbox,
            store,
        })
    }

    pub fn gateway(&self) -> &Gateway {
        self.sandbox.gateway()
    }

    /// A server of its own process.
    pub async fn serve(&self) -> anyhow::Result<Served> {
        let environment = [("GACHNO_SERVE_REQUESTS_PER_SECOND", "1000000")];
        let started = Served::start_with(&self.folder, Some(&self.url), &environment).await;
        started.map_err(|_| anyhow::anyhow!("the server did not start"))
    }

    /// Posts with the shop's token, and says how long it took.
    pub async fn post(&self, url: String, body: &Value) -> anyhow::Result<(Value, Duration)> {
        let begun = Instant::now();
        let request = self
            .http
            .post(url)
            .bearer_auth(self.token.expose_secret())
            .header("accept", "application/json");
        let answer = request.json(body).send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        if !status.is_success() {
            bail!("{status}: {text}");
        }
        Ok((serde_json::from_str(&text)?, begun.elapsed()))
    }

    /// `PayOS` tells that all of it was paid. Says how long the answer took.
    pub async fn webhook(&self, url: &str, one: &SamplePayment) -> anyhow::Result<Duration> {
        let body = self.official(one);
        let begun = Instant::now();
        let request = self.http.post(format!("{url}/webhook/payos"));
        let answer = request
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await?;
        if !answer.status().is_success() {
            bail!("{}: {}", answer.status(), answer.text().await?);
        }
        answer.bytes().await?;
        Ok(begun.elapsed())
    }

    fn official(&self, one: &SamplePayment) -> String {
        let data = [
            ("accountNumber", json!("0123456789")),
            ("amount", json!(one.amount)),
            ("code", json!("00")),
            ("currency", json!("VND")),
            ("desc", json!("success")),
            ("description", json!("CS123 Tien phong")),
            ("orderCode", json!(one.order_code)),
            ("paymentLinkId", json!("link")),
            ("reference", json!(format!("FT{}", one.order_code))),
            ("transactionDateTime", json!("2026-11-26 10:00:00")),
        ];
        let text = |value: &Value| {
            let text = value.as_str().map(str::to_owned);
            text.unwrap_or_else(|| value.to_string())
        };
        let signed: Vec<String> = data
            .iter()
            .map(|(name, value)| format!("{name}={}", text(value)))
            .collect();
        let members: serde_json::Map<String, Value> = data
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let signature = self.signature(&signed.join("&"));
        json!({ "code": "00", "desc": "success", "success": true, "data": members, "signature": signature })
            .to_string()
    }

    fn signature(&self, text: &str) -> String {
        use std::fmt::Write;
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.key.as_bytes()) else {
            return String::new();
        };
        mac.update(text.as_bytes());
        let mut signature = String::new();
        for byte in mac.finalize().into_bytes() {
            // Err: never, into a text.
            let _ = write!(signature, "{byte:02x}");
        }
        signature
    }
}

pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
