//! A customer pays in the demo: a request with its link, a provider that is simulated, a page that turns
//! green.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::domain::money::grouped;
use crate::providers::{Channel, Settings};
use crate::sandbox::{Gateway, Incoming, Sandbox};
use crate::server::{AppState, Running};
use crate::store::Actor;
use crate::store::channels::NewChannel;
use crate::store::machines::Scope;

/// What the customer pays, in đồng.
const AMOUNT: i64 = 350_000;
/// How long it may take until the page is green.
const GREEN_MAX: Duration = Duration::from_secs(20);

/// A shop that is paid by simulated providers.
pub struct DemoShop {
    http: Client,
    url: String,
    token: SecretString,
}

/// A request that a customer was sent.
pub struct Asked {
    request: i64,
    /// What the customer opens.
    pub link: String,
}

impl DemoShop {
    /// Sets the simulated providers up on this server, as a shop does with its own.
    pub async fn open(server: &Running, sandbox: &Sandbox) -> anyhow::Result<Self> {
        let (app, gateway) = (server.app(), sandbox.gateway());
        let settings = gateway.settings();
        let account = json!({ "bank_bin": "970422", "account_number": "0123456789", "account_name": "CUA HANG DUNG THU" });
        for channel in [
            Channel::PayOs,
            Channel::VnPay,
            Channel::Wallet,
            Channel::Smtp,
        ] {
            provider(app, channel, &settings[channel.wire()]).await?;
        }
        provider(app, Channel::VietQr, &account).await?;
        let url = server.url();
        gateway.update(|scenario| {
            scenario.webhooks.payos = Some(format!("{url}/webhook/payos"));
            scenario.webhooks.vnpay = Some(format!("{url}/payment/vnpay/ipn"));
        });
        let scopes = [Scope::PaymentsRead, Scope::PaymentsWrite];
        let machines = app.store().machines();
        let (name, actor) = ("Trang web dùng thử", Actor::system());
        let made = machines.add(name, &scopes, None, &actor).await?;
        Ok(Self {
            http: Client::builder()
                .no_proxy()
                .timeout(Duration::from_secs(30))
                .build()?,
            url,
            token: made.token,
        })
    }

    /// Asks a customer for money.
    pub async fn ask(&self) -> anyhow::Result<Asked> {
        let request = json!({
            "amount": AMOUNT,
            "description": "Tiền phòng 101, đêm 26/11",
            "customer": { "name": "Nguyễn Thị Lan", "email": "lan@example.com", "phone": "0981234567" },
        });
        let made = self.call("/api/payment-requests", Some(&request)).await?;
        Ok(Asked {
            request: made["id"].as_i64().context("no request")?,
            link: made["pay_url"].as_str().context("no link")?.to_owned(),
        })
    }

    /// The customer pays at the simulated `PayOS`. Says the payment's code, once the page is green.
    pub async fn pay(&self, asked: &Asked, gateway: &Gateway) -> anyhow::Result<String> {
        let begin = json!({ "request_id": asked.request, "method": "payos" });
        let begun = self.call("/payment/process_payment", Some(&begin)).await?;
        let id = begun["payment_id"].as_i64().context("no payment")?;
        let path = format!("/api/payments/{id}");
        let payment = self.call(&path, None).await?;
        let order = payment["order_code"].as_i64().context("no number")?;
        let code = payment["payment_code"].as_str().context("no code")?;
        gateway
            .payos_money(order, Incoming::default())
            .context("the simulated PayOS has no such link")?;
        let since = Instant::now();
        while !self.is_green(asked).await? {
            if since.elapsed() > GREEN_MAX {
                bail!("the page has not turned green");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(code.to_owned())
    }

    async fn is_green(&self, asked: &Asked) -> anyhow::Result<bool> {
        let page = self.http.get(&asked.link).header("accept", "text/html");
        let text = page.send().await?.error_for_status()?.text().await?;
        Ok(text.contains(r#"data-state="paid""#))
    }

    /// Whether all sums agree, and what came, in đồng.
    pub async fn books(&self) -> anyhow::Result<(bool, i64)> {
        let books = self.call("/api/payments/books", None).await?;
        let sum = |name: &str| books[name].as_i64().context("no sum");
        let kept = sum("credited")? + sum("surplus")? + sum("review")?;
        Ok((sum("transfers")? == kept, sum("transfers")?))
    }

    async fn call(&self, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let url = format!("{}{path}", self.url);
        let request = match body {
            Some(body) => self.http.post(url).json(body),
            None => self.http.get(url),
        };
        let request = request
            .bearer_auth(self.token.expose_secret())
            .header("accept", "application/json");
        let answer = request.send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        if !status.is_success() {
            bail!("{path}: {status} {text}");
        }
        Ok(serde_json::from_str(&text)?)
    }
}

async fn provider(app: &AppState, channel: Channel, settings: &Value) -> anyhow::Result<()> {
    let settings = Settings::read(channel, &settings.to_string())?;
    let new = NewChannel {
        payee: 1,
        channel: channel.wire(),
        sealed: &app.vault().seal(&settings.sealable()),
        shown: &settings.shown(),
        is_on: true,
        version: None,
    };
    app.store().channels().put(new, &Actor::system()).await?;
    app.forget_channels().await;
    Ok(())
}

/// From the link to the green page, by itself. What to say of it, and whether the books agree.
pub async fn story(shop: &DemoShop, asked: &Asked, sandbox: &Sandbox) -> (String, bool) {
    let told = async {
        let code = shop.pay(asked, sandbox.gateway()).await?;
        let (agree, came) = shop.books().await?;
        anyhow::Ok((code, agree, came))
    };
    match told.await {
        Ok((code, true, came)) if came == AMOUNT => {
            let sum = grouped(came);
            (
                format!(
                    "Khoản {code}: khách đã trả {sum} đồng, trang chuyển xanh. Sổ tiền của khách khớp."
                ),
                true,
            )
        }
        Ok((code, _, came)) => {
            let sum = grouped(came);
            (
                format!("Khoản {code}: sổ tiền của khách KHÔNG khớp ({sum} đồng)."),
                false,
            )
        }
        Err(error) => (format!("Yêu cầu thanh toán chưa xong: {error:#}"), false),
    }
}
