//! A collector in the demo: three contracts to collect from, one of them taken in cash, its bill settled
//! by the machine that works for the shop.

use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::domain::desk::IncomingContract;
use crate::domain::money::grouped;
use crate::sandbox::Scenario;
use crate::server::Running;
use crate::store::Actor;
use crate::store::machines::Scope;
use crate::store::people::{PersonWanted, hash_password};

/// The collector's login.
const LOGIN: &str = "lan";
/// What the collector may hold in cash, in đồng.
const LIMIT: i64 = 2_000_000;
/// The contract that is taken in cash by itself.
const TAKEN: &str = "CTO000001";
/// Its bill at the portal, and what it is, in đồng.
const BILL: (&str, i64) = ("PE01000990001", 215_000);

/// A desk with somebody at it.
pub struct DemoDesk {
    http: Client,
    url: String,
    token: SecretString,
    password: SecretString,
}

/// A receipt of the demo.
pub struct Taken {
    id: i64,
    number: String,
}

/// What the portal of the demo has to know for the desk's bill to be settled.
pub fn owe(scenario: &mut Scenario) {
    let (code, amount) = BILL;
    scenario.owing(code, amount);
}

impl DemoDesk {
    /// Somebody at the desk, and three contracts.
    pub async fn open(server: &Running) -> anyhow::Result<Self> {
        let (store, actor) = (server.app().store(), Actor::system());
        let password = SecretString::from(crate::store::random_letters(12));
        let hash = hash_password(&password)?;
        let wanted = PersonWanted {
            name: Some("Lan (thu cước)"),
            ..PersonWanted::collector(LOGIN, "thu_cuoc", LIMIT)
        };
        let accounts = store.accounts();
        let person = accounts.put(&wanted, Some(&hash), &hash, &actor).await?;
        let machines = store.machines();
        let made = machines.add_for(
            "Điện thoại của Lan",
            &[Scope::Desk],
            None,
            Some(person.id),
            &actor,
        );
        let token = made.await?.token;
        let mut contracts = Vec::new();
        for (at, json) in contracts_of_the_demo().iter().enumerate() {
            let contract = IncomingContract::read(json).map_err(anyhow::Error::msg)?;
            contracts.push((at, contract));
        }
        store.desk().put(1, &contracts, &actor).await?;
        Ok(Self {
            http: Client::builder()
                .no_proxy()
                .timeout(Duration::from_secs(30))
                .build()?,
            url: server.url(),
            token,
            password,
        })
    }

    /// How to look at it from a phone.
    pub fn invitation(&self) -> String {
        format!(
            "Thu tại nhà (mở trên điện thoại): {}/desk  ·  {LOGIN}  ·  mật khẩu: {}",
            self.url,
            self.password.expose_secret()
        )
    }

    /// One contract is taken in cash.
    pub async fn take(&self) -> anyhow::Result<Taken> {
        let view = self
            .call(&format!("/api/desk/contracts/{TAKEN}"), None)
            .await?;
        let bills = view["bills"].as_array().context("no bills")?;
        let items: Vec<&Value> = bills.iter().map(|bill| &bill["id"]).collect();
        let body = json!({ "contract": TAKEN, "items": items, "method": "cash" });
        let paid = self.call("/api/desk/payments", Some(&body)).await?;
        Ok(Taken {
            id: paid["id"].as_i64().context("no payment")?,
            number: paid["receipt"]["number"]
                .as_str()
                .context("no receipt")?
                .to_owned(),
        })
    }

    /// What became of it: is all of it settled, and does the collector hold what was taken? In words, and
    /// whether it is as it has to be.
    pub async fn outcome(&self, taken: &Taken) -> anyhow::Result<(String, bool)> {
        let paid = self
            .call(&format!("/api/desk/payments/{}", taken.id), None)
            .await?;
        let items = paid["items"].as_array().context("no items")?;
        let is_settled = items.iter().all(|item| item["state"] == "settled");
        let cash = self.call("/api/desk/cash", None).await?;
        let held = cash["held"].as_i64().context("no cash")?;
        let is_right = is_settled && held == BILL.1;
        let words = if is_settled {
            "đã gạch nợ"
        } else {
            "CHƯA gạch nợ"
        };
        let sum = grouped(held);
        Ok((
            format!(
                "Phiếu thu {}: {words}, người thu đang giữ {sum} đồng.",
                taken.number
            ),
            is_right,
        ))
    }

    async fn call(&self, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let url = format!("{}{path}", self.url);
        let request = match body {
            Some(body) => self.http.post(url).json(body),
            None => self.http.get(url),
        };
        let answer = request
            .bearer_auth(self.token.expose_secret())
            .send()
            .await?;
        let (status, text) = (answer.status(), answer.text().await?);
        if !status.is_success() {
            bail!("{path}: {status} {text}");
        }
        Ok(serde_json::from_str(&text)?)
    }
}

fn contracts_of_the_demo() -> [Value; 3] {
    let (code, amount) = BILL;
    let bill = |number: &str, month: u32, amount: i64| {
        json!({ "number": number, "from": format!("2026-{month:02}-01"), "to": format!("2026-{month:02}-28"),
            "issued": format!("2026-{month:02}-28"), "amount": amount, "content": format!("Cước Internet tháng {month}/2026") })
    };
    let phone =
        |number: &str, hifpt: bool| json!({ "number": number, "main": true, "hifpt": hifpt });
    let mut electricity = bill("EVN-2026-11", 11, amount);
    electricity["content"] = json!("Tiền điện tháng 11/2026");
    electricity["settle"] = json!({ "service": "gach_dien_evn", "code": code });
    [
        json!({ "number": TAKEN, "customer_name": "Nguyễn Thị Hạnh", "address": "12 Lê Lợi, Ninh Kiều, Cần Thơ",
            "type": "binh_thuong", "phones": [phone("0901234567", true)], "bills": [electricity] }),
        json!({ "number": "CTO000002", "customer_name": "Trần Văn Dũng", "address": "45/3 Trần Hưng Đạo, Cần Thơ",
            "type": "binh_thuong", "phones": [phone("0912345678", false)],
            "bills": [bill("FTEL-09", 9, 242_000), bill("FTEL-10", 10, 242_000), bill("FTEL-11", 11, 242_000)] }),
        json!({ "number": "CTO000003", "customer_name": "Quán cà phê Gió", "address": "8 Hai Bà Trưng, Cần Thơ",
            "type": "khac", "phones": [phone("0987654321", true)],
            "service_requests": [{ "kind": "KPDV", "state": "dang_xu_ly" }],
            "bills": [bill("FTEL-11B", 11, 385_000)],
            "receivables": [{ "number": "TB-01", "content": "Thiết bị WiFi", "amount": 150_000, "source": "ctt", "paid_type": 1, "ptc": true }] }),
    ]
}
