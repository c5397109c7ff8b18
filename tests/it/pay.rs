//! Customers pay: stories over HTTP, the same on SQLite and on MariaDB.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use gachno::domain::payment::{End, PaymentState};
use gachno::providers::{Channel, Settings};
use gachno::sandbox::Sandbox;
use gachno::server::{self, AppState, Running, SecretKeys, ServeConfig};
use gachno::store::catalogue::{AccountStatus, Role};
use gachno::store::channels::NewChannel;
use gachno::store::machines::Scope;
use gachno::store::payments::{Fact, Heard, HeardFrom, SeenMoney};
use gachno::store::people::NewAccount;
use gachno::store::plan::Watch;
use gachno::store::{Actor, Store};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::database::{Base, Which, on_both};

const KEY: &str = "checksum-key-of-a-test";
const SCOPES: [Scope; 2] = [Scope::PaymentsRead, Scope::PaymentsWrite];

/// A running server with a token that may do everything about payments.
pub struct PayShop {
    pub running: Running,
    clock: Option<Arc<AtomicI64>>,
    pub token: SecretString,
    pub http: Client,
    folder: tempfile::TempDir,
}

impl PayShop {
    pub async fn open(base: &Base) -> Self {
        let clock = Some(Arc::new(AtomicI64::new(1_800_000_000_000)));
        let folder = tempfile::tempdir().unwrap();
        let key_file = folder.path().join("serve.key");
        Self::beside(base, clock, folder, &key_file).await
    }

    /// On the machine's own clock, with what it sends to its database kept.
    pub async fn watched(base: &Base, watch: &Watch) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key_file = folder.path().join("serve.key");
        let store = Store::open(&base.url).await.unwrap().watched(watch);
        let shop = Self::serve(base, store, None, folder, &key_file).await;
        shop.provider(1, Channel::VietQr, account()).await;
        shop
    }

    /// A server on the machine's own clock, with every provider of a sandbox set up.
    pub async fn live(base: &Base, sandbox: &Sandbox) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key_file = folder.path().join("serve.key");
        let shop = Self::beside(base, None, folder, &key_file).await;
        let settings = sandbox.gateway().settings();
        for channel in [
            Channel::PayOs,
            Channel::VnPay,
            Channel::Wallet,
            Channel::Smtp,
        ] {
            shop.provider(1, channel, settings[channel.wire()].clone())
                .await;
        }
        shop.provider(1, Channel::VietQr, account()).await;
        let url = shop.running.url();
        sandbox.gateway().update(|scenario| {
            scenario.webhooks.payos = Some(format!("{url}/webhook/payos"));
            scenario.webhooks.vnpay = Some(format!("{url}/payment/vnpay/ipn"));
        });
        shop
    }

    /// Another server of the same database.
    pub async fn second(&self, base: &Base) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key_file = self.folder.path().join("serve.key");
        Self::beside(base, self.clock.clone(), folder, &key_file).await
    }

    async fn beside(
        base: &Base,
        clock: Option<Arc<AtomicI64>>,
        folder: tempfile::TempDir,
        key_file: &std::path::Path,
    ) -> Self {
        let store = Store::open(&base.url).await.unwrap();
        let store = match &clock {
            Some(clock) => store.with_clock(Arc::clone(clock)),
            None => store,
        };
        Self::serve(base, store, clock, folder, key_file).await
    }

    async fn serve(
        base: &Base,
        store: Store,
        clock: Option<Arc<AtomicI64>>,
        folder: tempfile::TempDir,
        key_file: &std::path::Path,
    ) -> Self {
        gachno::init_tls();
        let config = ServeConfig::local(&base.url, key_file.to_owned());
        let token = token(&store, None).await;
        let vault = SecretKeys::open_or_create(&config.key_file).unwrap();
        let running = server::start_with(AppState::new(store, config, vault))
            .await
            .unwrap();
        Self {
            running,
            clock,
            token,
            http: Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
            folder,
        }
    }

    pub fn store(&self) -> &Store {
        self.running.app().store()
    }

    pub fn pass(&self, ms: i64) {
        let clock = self.clock.as_ref().expect("a clock of the test's own");
        clock.fetch_add(ms, Ordering::Relaxed);
    }

    /// Sets a provider up as `gachno store provider` does.
    pub async fn provider(&self, owner: i64, channel: Channel, settings: Value) {
        let settings = Settings::read(channel, &settings.to_string()).unwrap();
        let app = self.running.app();
        let before = self
            .store()
            .channels()
            .find(owner, channel.wire())
            .await
            .unwrap();
        let new = NewChannel {
            payee: owner,
            channel: channel.wire(),
            sealed: &app.vault().seal(&settings.sealable()),
            shown: &settings.shown(),
            is_on: true,
            version: before.map(|kept| kept.version),
        };
        self.store()
            .channels()
            .put(new, &Actor::system())
            .await
            .unwrap();
        app.forget_channels().await;
    }

    /// A shop with an account of its own, and PayOS whose every call fails: nobody listens there.
    pub async fn usual(base: &Base) -> Self {
        let shop = Self::open(base).await;
        shop.provider(1, Channel::VietQr, account()).await;
        shop.payos(KEY).await;
        shop
    }

    async fn payos(&self, key: &str) {
        self.provider(
            1,
            Channel::PayOs,
            json!({ "client_id": "c", "api_key": "a", "checksum_key": key, "base_url": "http://127.0.0.1:9", "signature_mode": "both" }),
        )
        .await;
    }

    pub async fn call(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
        token: Option<&str>,
    ) -> (StatusCode, Value) {
        self.call_with(method, path, body, token, &[]).await
    }

    pub async fn call_with(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
        token: Option<&str>,
        headers: &[(&str, &str)],
    ) -> (StatusCode, Value) {
        let url = format!("{}{path}", self.running.url());
        let mut request = self
            .http
            .request(method.parse().unwrap(), url)
            .header("accept", "application/json");
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.call("GET", path, None, Some(self.token.expose_secret()))
            .await
    }

    pub async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.call("POST", path, Some(body), Some(self.token.expose_secret()))
            .await
    }

    /// A request over so much, with its number and its link's token.
    pub async fn request(&self, amount: i64) -> (i64, String) {
        let (status, made) = self
            .post(
                "/api/payment-requests",
                json!({
                    "amount": amount,
                    "description": "Tiền phòng",
                    "customer": { "name": "Lan", "email": "lan@example.com", "phone": "0981234567" },
                }),
            )
            .await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        let url = made["pay_url"].as_str().unwrap();
        (
            made["id"].as_i64().unwrap(),
            url.rsplit('/').next().unwrap().to_owned(),
        )
    }

    /// A payment by bank transfer of a request over so much.
    pub async fn transfer_payment(&self, amount: i64) -> i64 {
        let (request, _) = self.request(amount).await;
        let (status, begun) = self
            .post(
                "/payment/process_payment",
                json!({ "request_id": request, "method": "vietqr" }),
            )
            .await;
        assert_eq!(status, StatusCode::OK, "{begun}");
        begun["payment_id"].as_i64().unwrap()
    }

    /// A payment by PayOS as if PayOS had made a link for it.
    pub async fn payos_payment(&self, amount: i64) -> (i64, i64, String) {
        let (request, token) = self.request(amount).await;
        let (status, _) = self
            .post(
                "/payment/process_payment",
                json!({ "request_id": request, "method": "payos" }),
            )
            .await;
        assert_eq!(
            status,
            StatusCode::SERVICE_UNAVAILABLE,
            "nobody listens there"
        );
        let (_, all) = self.get("/api/payments?provider=payos").await;
        let row = &all["payments"][0];
        let id = row["id"].as_i64().unwrap();
        self.hear(id, "opened", Fact::Opened).await;
        (id, row["order_code"].as_i64().unwrap(), token)
    }

    pub async fn hear(&self, payment: i64, key: &str, fact: Fact) {
        let heard = Heard {
            payment,
            source: HeardFrom::Poll,
            kind: "test",
            key,
            body: "",
            facts: &[fact],
            actor: None,
        };
        self.store().payments().hear(&heard).await.unwrap();
    }

    pub async fn webhook(
        &self,
        order_code: i64,
        reference: &str,
        amount: i64,
    ) -> (StatusCode, Value) {
        self.raw_webhook(
            "/webhook/payos",
            &official(order_code, reference, amount, KEY),
            None,
        )
        .await
    }

    pub async fn raw_webhook(
        &self,
        path: &str,
        body: &str,
        signature: Option<&str>,
    ) -> (StatusCode, Value) {
        let mut request = self
            .http
            .post(format!("{}{path}", self.running.url()))
            .header("content-type", "application/json")
            .body(body.to_owned());
        if let Some(signature) = signature {
            request = request.header("x-signature", signature);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    pub async fn payment(&self, id: i64) -> Value {
        let (status, payment) = self.get(&format!("/api/payments/{id}")).await;
        assert_eq!(status, StatusCode::OK);
        payment
    }

    /// The sums agree to the đồng.
    pub async fn books(&self) -> Value {
        let (_, books) = self.get("/api/payments/books").await;
        let sum = |name: &str| books[name].as_i64().unwrap();
        assert_eq!(
            sum("transfers"),
            sum("credited") + sum("surplus") + sum("review"),
            "{books}"
        );
        books
    }

    async fn letters(&self, payment: i64) -> i64 {
        let counts = self.store().letters().counts().await.unwrap();
        let _ = payment;
        counts.iter().map(|(_, _, count)| count).sum()
    }
}

/// The shop's own account.
fn account() -> Value {
    json!({ "bank_bin": "970422", "account_number": "0123456789", "account_name": "CUA HANG" })
}

async fn token(store: &Store, person: Option<i64>) -> SecretString {
    let machines = store.machines();
    let made = machines
        .add_for("máy", &SCOPES, None, person, &Actor::system())
        .await;
    made.unwrap().token
}

fn hmac(key: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    mac.finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// PayOS tells that so much came.
pub fn official(order_code: i64, reference: &str, amount: i64, key: &str) -> String {
    let data = [
        ("accountNumber", json!("0123456789")),
        ("amount", json!(amount)),
        ("code", json!("00")),
        ("currency", json!("VND")),
        ("desc", json!("success")),
        ("description", json!("CS123 Tien phong")),
        ("orderCode", json!(order_code)),
        ("paymentLinkId", json!("link")),
        ("reference", json!(reference)),
        ("transactionDateTime", json!("2026-11-26 10:00:00")),
    ];
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let signed: Vec<String> = data
        .iter()
        .map(|(n, v)| format!("{n}={}", text(v)))
        .collect();
    let members: serde_json::Map<String, Value> =
        data.into_iter().map(|(n, v)| (n.to_owned(), v)).collect();
    json!({ "code": "00", "desc": "success", "success": true, "data": members, "signature": hmac(key, &signed.join("&")) })
        .to_string()
}

on_both! {
async fn a_transfer_pays_once_and_what_is_too_much_is_kept(base: &Base) {
    let shop = PayShop::usual(base).await;
    let id = shop.transfer_payment(500_000).await;
    let path = format!("/api/payments/{id}/transfers");
    let (status, part) = shop.post(&path, json!({ "reference": "FT1", "amount": 200_000 })).await;
    assert_eq!((status, &part["state"]), (StatusCode::CREATED, &json!("underpaid")));
    let (status, again) = shop.post(&path, json!({ "reference": "FT1", "amount": 200_000 })).await;
    assert_eq!((status, &again["received"]), (StatusCode::OK, &json!(200_000)), "told twice");
    let (status, _) = shop.post(&path, json!({ "reference": "FT1", "amount": 300_000 })).await;
    assert_eq!(status, StatusCode::CONFLICT, "the same reference, another amount");
    let (_, rest) = shop.post(&path, json!({ "reference": "FT2", "amount": 350_000 })).await;
    assert_eq!((&rest["state"], &rest["surplus"], &rest["payment_status"]), (&json!("paid"), &json!(50_000), &json!("success")));
    let books = shop.books().await;
    assert_eq!((&books["transfers"], &books["surplus"]), (&json!(550_000), &json!(50_000)));
    assert_eq!(shop.letters(id).await, 1, "one letter for a paid payment");
    let (_, news) = shop.get("/api/notifications/check").await;
    let titles: Vec<&str> = news["notifications"].as_array().unwrap().iter().map(|n| n["title"].as_str().unwrap()).collect();
    assert_eq!(news["unread"], json!(titles.len()));
    assert!(titles.iter().any(|t| t.contains("đã nhận 500.000")) && titles.iter().any(|t| t.contains("thừa 50.000")), "{titles:?}");
    let (_, read) = shop.post("/api/notifications/read", json!({ "all": true })).await;
    assert_eq!(read["unread"], json!(0));
    // Paid back, first what was too much, then all of it; pressed twice, once.
    let decide = format!("/api/payments/{id}/decide");
    for _ in 0..2 {
        let (status, back) = shop.post(&decide, json!({ "decision": "refund", "amount": 50_000, "reason": "chuyển thừa" })).await;
        assert_eq!((status, &back["received"], &back["state"]), (StatusCode::OK, &json!(500_000), &json!("paid")));
    }
    for _ in 0..2 {
        let (status, back) = shop.post(&decide, json!({ "decision": "refund", "reason": "khách đổi ý" })).await;
        assert_eq!((status, &back["received"], &back["state"]), (StatusCode::OK, &json!(0), &json!("refunded")));
    }
    let (_, request) = shop.get("/api/payment-requests/1").await;
    assert_eq!((&request["paid"], &request["payment_status"]), (&json!(0), &json!("refunded")));
    assert_eq!(shop.books().await["transfers"], json!(0));
}
}

on_both! {
async fn fifty_copies_of_one_webhook_are_one_transfer_and_one_letter(base: &Base) {
    let shop = PayShop::usual(base).await;
    let other = shop.second(base).await;
    let (id, order_code, _) = shop.payos_payment(120_000).await;
    let body = official(order_code, "FT9", 120_000, KEY);
    let told = (0..50).map(|at| {
        let server = if at % 2 == 0 { &shop } else { &other };
        server.raw_webhook("/webhook/payos", &body, None)
    });
    for (status, answer) in futures_util::future::join_all(told).await {
        assert_eq!((status, &answer["success"]), (StatusCode::OK, &json!(true)));
    }
    let payment = shop.payment(id).await;
    assert_eq!((&payment["state"], &payment["received"], &payment["payos_transaction_id"]), (&json!("paid"), &json!(120_000), &json!("FT9")));
    assert_eq!(payment["transfers"].as_array().unwrap().len(), 1);
    assert_eq!(shop.letters(id).await, 1);
    assert_eq!(shop.books().await["transfers"], json!(120_000));
}
}

on_both! {
async fn no_order_and_no_repetition_of_news_gives_another_end(base: &Base) {
    let shop = PayShop::usual(base).await;
    let news = [("A", 30_000), ("B", 50_000), ("C", 20_000)];
    let orders = [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]];
    for order in orders {
        let (id, order_code, _) = shop.payos_payment(100_000).await;
        for at in order.iter().chain(&[order[0], order[2]]) {
            let (reference, amount) = news[*at];
            let (status, _) = shop.webhook(order_code, reference, amount).await;
            assert_eq!(status, StatusCode::OK);
            // What a poll says late changes nothing.
            shop.hear(id, &format!("late {at}"), Fact::Processing).await;
        }
        let payment = shop.payment(id).await;
        assert_eq!((&payment["state"], &payment["received"], &payment["surplus"]), (&json!("paid"), &json!(100_000), &json!(0)), "{order:?}");
    }
    shop.books().await;
}
}

on_both! {
async fn money_after_an_end_waits_for_a_person(base: &Base) {
    let shop = PayShop::usual(base).await;
    for (end, decision, state) in [
        (End::Cancelled, "accept", "paid"),
        (End::Expired, "refund", "refunded"),
        (End::Failed, "ignore", "review"),
    ] {
        let (id, order_code, _) = shop.payos_payment(70_000).await;
        shop.hear(id, "ended", Fact::Ended(end)).await;
        let (status, _) = shop.webhook(order_code, "LATE", 70_000).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(shop.payment(id).await["state"], json!("review"), "never revived silently, never dropped");
        let path = format!("/api/payments/{id}/decide");
        let (status, _) = shop.post(&path, json!({ "decision": decision })).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "a decision has a reason");
        let (status, decided) = shop.post(&path, json!({ "decision": decision, "reason": "đã gọi khách" })).await;
        assert_eq!((status, &decided["state"]), (StatusCode::OK, &json!(state)), "{decided}");
        shop.books().await;
    }
}
}

on_both! {
async fn what_is_not_signed_has_no_effect_and_what_fits_nothing_is_kept(base: &Base) {
    let shop = PayShop::usual(base).await;
    let (id, order_code, _) = shop.payos_payment(90_000).await;
    let good = official(order_code, "FT1", 90_000, KEY);
    for bad in [
        official(order_code, "FT1", 90_000, "another key"),
        good.replace("90000", "90001"),
        good.replace("\"amount\":90000", "\"amount\":90000.0"),
        "not json".to_owned(),
        String::new(),
    ] {
        let (status, answer) = shop.raw_webhook("/webhook/payos", &bad, None).await;
        assert_eq!((status, answer), (StatusCode::BAD_REQUEST, json!({ "error": "Invalid signature" })), "{bad}");
    }
    let (status, _) = shop.raw_webhook("/webhook/payos", &"x".repeat(70_000), None).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(shop.payment(id).await["received"], json!(0));
    // Nobody's order: kept, told once, until a person says whose it is.
    for _ in 0..2 {
        let (status, answer) = shop.webhook(123, "FT77", 90_000).await;
        assert_eq!((status, answer), (StatusCode::OK, json!({ "success": true })));
    }
    let (_, unmatched) = shop.get("/api/payments/unmatched").await;
    assert_eq!(unmatched["unmatched"].as_array().unwrap().len(), 1);
    assert_eq!(shop.books().await["unmatched"], json!(90_000));
    let path = format!("/api/payments/unmatched/{}/attach", unmatched["unmatched"][0]["id"]);
    for _ in 0..2 {
        let (status, attached) = shop.post(&path, json!({ "payment_id": id, "reason": "đúng nội dung" })).await;
        assert_eq!((status, &attached["state"]), (StatusCode::OK, &json!("paid")), "{attached}");
    }
    let books = shop.books().await;
    assert_eq!((&books["unmatched"], &books["credited"]), (&json!(0), &json!(90_000)));
    // The seed's form: unknown is 404, PAID pays, another currency is for a person.
    let (id, order_code, _) = shop.payos_payment(40_000).await;
    let seed = |order: &str, status: &str, currency: &str| {
        json!({ "orderCode": order, "status": status, "transId": "T1", "paymentMethod": "bank", "amount": 40_000, "currency": currency }).to_string()
    };
    for (body, expected) in [
        (seed("999", "PAID", "VND"), StatusCode::NOT_FOUND),
        (seed(&order_code.to_string(), "PAID", "USD"), StatusCode::OK),
    ] {
        let (status, _) = shop.raw_webhook("/webhook/payos", &body, Some(&hmac(KEY, &body))).await;
        assert_eq!(status, expected);
    }
    let payment = shop.payment(id).await;
    assert_eq!((&payment["state"], &payment["received"]), (&json!("review"), &json!(0)));
}
}

on_both! {
async fn every_vector_of_a_webhook_is_answered_as_it_should_be(base: &Base) {
    let shop = PayShop::open(base).await;
    let text = include_str!("../vectors/payments/payos.json");
    let vectors: Value = serde_json::from_str(text).unwrap();
    let mut tried = 0;
    for vector in vectors["vectors"].as_array().unwrap() {
        let kind = vector["kind"].as_str().unwrap();
        let is_seed = kind == "seed_x_signature";
        if !is_seed && kind != "webhook_verify" {
            continue;
        }
        let input = &vector["input"];
        let mode = if is_seed { "seed" } else { "official" };
        let key = input["checksum_key"].as_str().unwrap();
        shop.provider(1, Channel::PayOs, json!({ "client_id": "c", "api_key": "a", "checksum_key": key, "signature_mode": mode })).await;
        let (status, answer) = shop
            .raw_webhook("/webhook/payos", input["body"].as_str().unwrap(), input["x_signature"].as_str().filter(|_| is_seed))
            .await;
        let is_valid = vector["expected"][if is_seed { "accept" } else { "valid" }] == true;
        let is_refused = vector["our_rule"].as_str().is_some_and(|rule| rule.starts_with("reject"));
        let id = &vector["id"];
        if !is_valid {
            assert_eq!((status, &answer["error"]), (StatusCode::BAD_REQUEST, &json!("Invalid signature")), "{id}");
        } else if is_refused {
            assert_eq!(status, StatusCode::BAD_REQUEST, "{id}: signed, and not believed");
        } else if is_seed {
            assert!(matches!(status, StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST) && answer["error"] != "Invalid signature", "{id}: {status} {answer}");
        } else {
            assert_eq!((status, &answer["success"]), (StatusCode::OK, &json!(true)), "{id}");
        }
        tried += 1;
    }
    assert_eq!(tried, 88);
}
}

on_both! {
async fn a_payment_is_there_for_those_who_may_see_it_and_for_nobody_else(base: &Base) {
    let shop = PayShop::usual(base).await;
    let id = shop.transfer_payment(10_000).await;
    let person = async |login: &str, role: Role| {
        let new = NewAccount { username: login, name: None, role, status: AccountStatus::Active };
        let user = shop.store().accounts().add(&new, "x", None, &Actor::system()).await.unwrap();
        token(shop.store(), Some(user)).await
    };
    let (manager, reader, operator, customer) = (
        person("quanly", Role::Manager).await,
        person("xem", Role::ReadOnly).await,
        person("nhanvien", Role::Operator).await,
        person("khach", Role::Customer).await,
    );
    let weak = shop.store().machines().add("yếu", &[Scope::Read], None, &Actor::system()).await.unwrap().token;
    let read = shop.store().machines().add("đọc", &[Scope::PaymentsRead], None, &Actor::system()).await.unwrap().token;
    let api = format!("/api/payments/{id}");
    let status = format!("/payment/status/{id}");
    let transfers = format!("/api/payments/{id}/transfers");
    let get = async |path: &str, token: Option<&str>| shop.call("GET", path, None, token).await.0.as_u16();
    let expose = |token: &SecretString| token.expose_secret().to_owned();
    for (token, on_api, on_page, on_act) in [
        (None, 401, 404, 401),
        (Some("gn_nobody_at_all".to_owned()), 401, 404, 401),
        (Some(expose(&weak)), 403, 404, 403),
        (Some(expose(&read)), 200, 200, 403),
        (Some(expose(&operator)), 403, 404, 403),
        (Some(expose(&customer)), 404, 404, 404),
        (Some(expose(&reader)), 200, 200, 403),
        (Some(expose(&manager)), 200, 200, 201),
    ] {
        let token = token.as_deref();
        assert_eq!(get(&api, token).await, on_api, "{token:?}");
        assert_eq!(get(&status, token).await, on_page, "{token:?}");
        let act = json!({ "reference": format!("R{token:?}"), "amount": 1_000 });
        let (acted, body) = shop.call("POST", &transfers, Some(act), token).await;
        assert_eq!(acted.as_u16(), on_act, "{token:?} {body}");
    }
    // A customer pays what is theirs, and sees it.
    let (status, made) = shop
        .post("/api/bookings", json!({
            "room_title": "P1", "start_time": "2026-12-01T00:00:00Z", "end_time": "2026-12-02T00:00:00Z", "amount": 30_000,
            "renter": { "name": "K", "email": "", "phone": "", "username": "khach" },
        }))
        .await;
    assert_eq!(status, StatusCode::CREATED);
    let body = json!({ "booking_id": made["id"], "method": "vietqr" });
    let (status, begun) = shop.call("POST", "/payment/process_payment", Some(body.clone()), Some(customer.expose_secret())).await;
    assert_eq!(status, StatusCode::OK, "{begun}");
    assert_eq!(get(&format!("/api/payments/{}", begun["payment_id"]), Some(customer.expose_secret())).await, 200);
    let (status, _) = shop.call("POST", "/payment/process_payment", Some(json!({ "request_id": 1 })), Some(customer.expose_secret())).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "somebody else's");
    let (status, _) = shop.call("POST", "/payment/process_payment", Some(body), None).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}
}

on_both! {
async fn a_key_makes_a_call_happen_once(base: &Base) {
    let shop = PayShop::usual(base).await;
    let token = shop.token.expose_secret().to_owned();
    let body = json!({ "amount": 10_000, "description": "x", "customer": { "name": "A" }, "expires_in_s": 600 });
    let made = (0..6).map(|_| shop.call_with("POST", "/api/payment-requests", Some(body.clone()), Some(&token), &[("idempotency-key", "k1")]));
    let ids: Vec<Value> = futures_util::future::join_all(made)
        .await
        .into_iter()
        .map(|(status, made)| {
            assert_eq!(status, StatusCode::CREATED, "{made}");
            made["id"].clone()
        })
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let other = json!({ "amount": 20_000, "description": "x", "customer": { "name": "A" }, "expires_in_s": 600 });
    let (status, answer) = shop.call_with("POST", "/api/payment-requests", Some(other.clone()), Some(&token), &[("idempotency-key", "k1")]).await;
    assert_eq!((status, &answer["code"]), (StatusCode::CONFLICT, &json!("CONFLICT")));
    shop.pass(8 * 86_400_000);
    let (status, _) = shop.call_with("POST", "/api/payment-requests", Some(other), Some(&token), &[("idempotency-key", "k1")]).await;
    assert_eq!(status, StatusCode::CREATED, "after seven days it is another one's");
}
}

on_both! {
async fn one_payable_has_one_open_payment_a_provider_and_owes_what_it_owes(base: &Base) {
    let shop = PayShop::usual(base).await;
    let (request, token) = shop.request(60_000).await;
    let begin = |body: Value| shop.post("/payment/process_payment", body);
    let (_, first) = begin(json!({ "request_id": request, "method": "vietqr" })).await;
    let (_, again) = begin(json!({ "request_id": request, "method": "vietqr", "amount": 60_000 })).await;
    assert_eq!(first["payment_id"], again["payment_id"]);
    for bad in [json!(59_999), json!("60000"), json!(60_000.5), json!(0), json!(-1), json!(6e4)] {
        let (status, answer) = begin(json!({ "request_id": request, "method": "vietqr", "amount": bad })).await;
        assert_eq!((status, &answer["code"]), (StatusCode::BAD_REQUEST, &json!("VALIDATION_ERROR")), "{bad}");
    }
    let guest = json!({ "token": token, "method": "wallet" });
    let (status, _) = shop.call("POST", "/payment/process_payment", Some(guest), None).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "a guest has no wallet");
    let path = format!("/api/payments/{}/transfers", first["payment_id"]);
    shop.post(&path, json!({ "reference": "F", "amount": 60_000 })).await;
    let (status, answer) = begin(json!({ "request_id": request, "method": "vietqr" })).await;
    assert_eq!((status, &answer["code"]), (StatusCode::CONFLICT, &json!("CONFLICT")), "nothing is owed");
    let (_, page) = shop.call("GET", &format!("/pay/{token}"), None, None).await;
    assert_eq!((&page["payment"]["state"], &page["methods"]), (&json!("paid"), &json!([])));
    // A request whose time is over takes nothing.
    let (_, short) = shop.post("/api/payment-requests", json!({ "amount": 5_000, "description": "x", "customer": { "name": "A" }, "expires_in_s": 60 })).await;
    shop.pass(61_000);
    let (status, _) = begin(json!({ "request_id": short["id"], "method": "vietqr" })).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(shop.get(&format!("/api/payment-requests/{}", short["id"])).await.1["status"], json!("expired"));
}
}

on_both! {
async fn a_guest_is_limited_by_the_hour_and_a_foreign_page_is_refused(base: &Base) {
    let shop = PayShop::usual(base).await;
    let (_, token) = shop.request(60_000).await;
    let body = json!({ "token": token, "method": "vietqr" });
    for _ in 0..50 {
        let (status, _) = shop.call("POST", "/payment/process_payment", Some(body.clone()), None).await;
        assert_eq!(status, StatusCode::OK);
    }
    let (status, answer) = shop.call("POST", "/payment/process_payment", Some(body.clone()), None).await;
    assert_eq!((status, &answer["code"]), (StatusCode::TOO_MANY_REQUESTS, &json!("RATE_LIMITED")));
    shop.pass(3_600_000);
    let (status, _) = shop.call("POST", "/payment/process_payment", Some(body.clone()), None).await;
    assert_eq!(status, StatusCode::OK, "an hour later");
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example"), ("origin", "null")] {
        let (status, _) = shop.call_with("POST", "/payment/process_payment", Some(body.clone()), None, &[(name, value)]).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    let own = [("sec-fetch-site", "same-origin"), ("origin", "null")];
    let (status, _) = shop.call_with("POST", "/payment/process_payment", Some(body), None, &own).await;
    assert_eq!(status, StatusCode::OK, "our own pages tell nobody where one came from");
}
}

on_both! {
async fn a_page_that_is_open_is_told_within_a_second_by_whichever_server(base: &Base) {
    let shop = PayShop::usual(base).await;
    let other = shop.second(base).await;
    let (id, order_code, token) = shop.payos_payment(15_000).await;
    let url = format!("{}/pay/{token}/events", other.running.url());
    let mut events = other.http.get(url).send().await.unwrap();
    let mut seen = String::new();
    let mut next = async |until: &str| {
        let begun = Instant::now();
        while !seen.contains(until) {
            assert!(begun.elapsed() < Duration::from_secs(10), "{seen}");
            let chunk = events.chunk().await.unwrap().expect("it goes on");
            seen.push_str(&String::from_utf8_lossy(&chunk));
        }
    };
    next("\"state\":\"pending\"").await;
    // The clock of a test stands: a change has to be later than what was seen.
    shop.pass(1_000);
    shop.webhook(order_code, "FT1", 15_000).await;
    next("\"state\":\"paid\"").await;
    assert_eq!(shop.payment(id).await["state"], json!(PaymentState::Paid.wire()));
}
}

on_both! {
async fn another_currency_and_a_changed_story_are_for_a_person(base: &Base) {
    let shop = PayShop::usual(base).await;
    let (id, order_code, _) = shop.payos_payment(25_000).await;
    shop.webhook(order_code, "FT1", 10_000).await;
    shop.webhook(order_code, "FT1", 15_000).await;
    let payment = shop.payment(id).await;
    assert_eq!((&payment["received"], &payment["state"]), (&json!(10_000), &json!("underpaid")), "the first stays");
    let row = shop.store().payments().find(id).await.unwrap().unwrap();
    assert!(row.task_why.is_some_and(|why| why.contains("FT1")));
    let money = SeenMoney { reference: "USD1".into(), amount: 10, currency: "USD".into(), at_ms: None, method: None };
    shop.hear(id, "usd", Fact::Money(money)).await;
    assert_eq!(shop.payment(id).await["received"], json!(10_000));
    shop.books().await;
}
}

on_both! {
async fn a_customer_signs_in_and_sees_what_is_to_be_paid(base: &Base) {
    let shop = PayShop::usual(base).await;
    let password = SecretString::from("thuyền giấy mưa phùn");
    let hash = gachno::store::people::hash_password(&password).unwrap();
    let new = NewAccount { username: "khach", name: Some("Khách"), role: Role::Customer, status: AccountStatus::Active };
    shop.store().accounts().add(&new, &hash, None, &Actor::system()).await.unwrap();
    let booking = json!({
        "room_title": "Phòng 203", "start_time": "2026-12-01T00:00:00Z", "end_time": "2026-12-02T00:00:00Z", "amount": 600_000_000,
        "renter": { "name": "K", "username": "khach" },
    });
    let (status, made) = shop.post("/api/bookings", booking).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let url = |path: &str| format!("{}{path}", shop.running.url());
    let form = url::form_urlencoded::Serializer::new(String::new()).append_pair("username", "khach").append_pair("password", password.expose_secret()).finish();
    let sign_in = shop.http.post(url("/admin/sign-in")).header("content-type", "application/x-www-form-urlencoded").header("sec-fetch-site", "same-origin");
    let answer = sign_in.body(form).send().await.unwrap();
    assert_eq!(answer.headers()["location"], "/payment");
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let page = async |path: &str| shop.http.get(url(path)).header("cookie", &cookie).header("accept", "text/html").send().await.unwrap();
    assert!(page("/payment").await.text().await.unwrap().contains("Phòng 203"));
    assert_eq!(page("/admin").await.headers()["location"], "/payment", "nothing for a customer there");
    assert_eq!(page("/payment/status/1").await.status(), 404, "nobody's");
    // More than one instant transfer takes: by another way.
    let begin = shop.http.post(url("/payment/process_payment")).header("cookie", &cookie).header("sec-fetch-site", "same-origin");
    let answer = begin.json(&json!({ "booking_id": made["id"], "method": "vietqr" })).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let begin = shop.http.post(url("/payment/process_payment")).header("cookie", &cookie).header("sec-fetch-site", "cross-site");
    let answer = begin.json(&json!({ "booking_id": made["id"] })).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN, "another site's page");
}
}
