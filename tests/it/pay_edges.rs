//! Edges of payments: too little that is taken for all, what a caller takes best, times that are crossed, many at
//! once before one provider, every no of a wallet, answers that come after nobody waits for them, slow lines.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode as Status;
use axum::routing::{get, post};
use futures_util::future::join_all;
use gachno::providers::Channel;
use gachno::sandbox::GatewayFaultAction as Fault;
use gachno::store::Actor;
use gachno::store::catalogue::{AccountStatus, Role};
use gachno::store::machines::Scope;
use gachno::store::people::NewAccount;
use reqwest::StatusCode;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::database::{Base, Which, on_both};
use crate::pay::{PayShop, official};
use crate::pay_providers::{becomes, begin, money, opened};

const DAY_MS: i64 = 86_400_000;
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until something is so.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

on_both! {
async fn too_little_that_a_person_takes_for_all_is_all(base: &Base) {
    let shop = PayShop::usual(base).await;
    let (request, token) = shop.request(500_000).await;
    let begin = json!({ "request_id": request, "method": "vietqr" });
    let (_, begun) = shop.post("/payment/process_payment", begin.clone()).await;
    let id = begun["payment_id"].as_i64().unwrap();
    shop.post(&format!("/api/payments/{id}/transfers"), json!({ "reference": "FT1", "amount": 200_000 })).await;
    let accept = json!({ "decision": "accept", "reason": "bớt cho khách" });
    let (status, paid) = shop.post(&format!("/api/payments/{id}/decide"), accept).await;
    assert_eq!((status, &paid["state"], &paid["received"]), (StatusCode::OK, &json!("paid"), &json!(200_000)), "{paid}");
    let (_, owed) = shop.get(&format!("/api/payment-requests/{request}")).await;
    assert_eq!((&owed["status"], &owed["payment_status"]), (&json!("paid"), &json!("paid")), "{owed}");
    assert_eq!((&owed["paid"], &owed["waived"], &owed["owed"]), (&json!(200_000), &json!(300_000), &json!(0)), "{owed}");
    // Nobody is asked for the rest.
    let (_, page) = shop.call("GET", &format!("/pay/{token}"), None, None).await;
    assert_eq!((&page["payment"]["state"], &page["methods"]), (&json!("paid"), &json!([])), "{page}");
    let (status, _) = shop.post("/payment/process_payment", begin.clone()).await;
    assert_eq!(status, StatusCode::CONFLICT);
    // Money that comes all the same is too much.
    shop.post(&format!("/api/payments/{id}/transfers"), json!({ "reference": "FT2", "amount": 300_000 })).await;
    assert_eq!(shop.payment(id).await["surplus"], json!(300_000));
    shop.books().await;
    // All of it goes back: so does the word, and it can be paid anew.
    let back = json!({ "decision": "refund", "reason": "trả phòng" });
    shop.post(&format!("/api/payments/{id}/decide"), back).await;
    let (_, owed) = shop.get(&format!("/api/payment-requests/{request}")).await;
    assert_eq!((&owed["payment_status"], &owed["waived"], &owed["owed"]), (&json!("refunded"), &json!(0), &json!(500_000)), "{owed}");
    shop.books().await;
}
}

on_both! {
async fn what_two_readers_would_read_differently_is_not_read(base: &Base) {
    let shop = PayShop::usual(base).await;
    let (url, token) = (shop.running.url(), shop.token.expose_secret());
    let place = url.trim_start_matches("http://");
    let raw = async |head: &str, body: &str| {
        let mut line = TcpStream::connect(place).await.unwrap();
        let length = body.len();
        let text = format!(
            "POST /api/payment-requests HTTP/1.1\r\n{head}authorization: Bearer {token}\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\nconnection: close\r\n\r\n{body}"
        );
        line.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        line.read_to_string(&mut answer).await.unwrap();
        answer
    };
    // Whoever speaks to payments is answered as payments answer.
    let much = "x".repeat(70_000);
    let (status, refused) = shop.raw_webhook("/webhook/payos", &much, None).await;
    assert_eq!((status, &refused["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("VALIDATION_ERROR")));
    let (status, refused) = shop.get("/api/payments/%ff").await;
    assert_eq!((status, &refused["code"]), (StatusCode::NOT_FOUND, &json!("NOT_FOUND")));
    let host = "host: shop.vn\r\n";
    let good = r#"{"amount":1000,"description":"\u202eTi\u1ec1n\u200b ph\u00f2ng","customer":{"name":"Lan"}}"#;
    for (head, body) in [
        (host, r#"{"amount":1000,"amount":2000,"description":"a"}"#),
        ("", good),
        ("host: shop.vn\r\nhost: khac.vn\r\n", good),
    ] {
        let answer = raw(head, body).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{head}{body}: {answer}");
    }
    let answer = raw(host, good).await;
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let made: Value = serde_json::from_str(body.trim()).unwrap();
    let (_, owed) = shop.get(&format!("/api/payment-requests/{}", made["id"])).await;
    assert_eq!(owed["description"], json!("Tiền phòng"), "what nobody sees is not kept: {owed}");
}
}

on_both! {
async fn an_amount_that_cannot_be_is_for_a_person_and_breaks_no_sum(base: &Base) {
    let shop = PayShop::usual(base).await;
    let (id, order, _) = shop.payos_payment(100_000).await;
    for (at, amount) in [i64::MAX, 9_007_199_254_740_993, 1_000_000_000_001].into_iter().enumerate() {
        let (status, _) = shop.webhook(order, &format!("FT{at}"), amount).await;
        assert_eq!(status, StatusCode::OK, "{amount}");
        // Of an order that nobody knows, too.
        shop.webhook(999_999, &format!("LA{at}"), amount).await;
    }
    let seen = shop.payment(id).await;
    assert_eq!((&seen["received"], &seen["state"]), (&json!(0), &json!("review")), "{seen}");
    shop.webhook(order, "FT9", 100_000).await;
    assert_eq!(shop.payment(id).await["received"], json!(100_000));
    shop.books().await;
    let strays = shop.store().money_books().unmatched(None, 10).await.unwrap();
    assert_eq!(strays.len(), 3, "nothing is lost");
    assert!(strays.iter().any(|s| s.note.as_deref().is_some_and(|note| note.contains("9223372036854775807"))));
    assert!(shop.store().money_books().unmatched_open().await.is_ok());
}
}

on_both! {
async fn what_a_caller_takes_best_is_what_it_gets(base: &Base) {
    let shop = PayShop::usual(base).await;
    let (_, token) = shop.request(50_000).await;
    let page = async |accept: &str, language: &str| {
        let url = format!("{}/pay/{token}", shop.running.url());
        let request = shop.http.get(url).header("accept", accept).header("accept-language", language);
        let answer = request.send().await.unwrap();
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        (kind.starts_with("application/json"), answer.text().await.unwrap())
    };
    for (accept, is_json) in [
        ("application/json;q=0, text/html", false),
        ("text/html;q=0.9, application/json;q=0.2", false),
        ("text/html;q=0.2, application/json;q=0.9", true),
        ("application/json, */*;q=0.1", true),
    ] {
        assert_eq!(page(accept, "vi").await.0, is_json, "{accept}");
    }
    for (asked, language) in [("en;q=0, vi", "vi"), ("vi;q=0.3, en;q=0.8", "en"), ("fr, en;q=0.1", "en"), ("fr", "vi")] {
        let (_, text) = page("text/html", asked).await;
        assert!(text.contains(&format!("lang=\"{language}\"")), "{asked}");
    }
}
}

on_both! {
async fn a_transfer_that_no_statement_shows_expires_three_days_after_its_time(base: &Base) {
    let shop = PayShop::usual(base).await;
    let id = shop.transfer_payment(50_000).await;
    let row = async || shop.store().payments().find(id).await.unwrap().unwrap();
    // Its time is over, and a server that starts looks at it: the customer may have sent it all the same.
    shop.pass(20 * 60_000);
    let asks = row().await.asks;
    shop.store().payments().questions().ask_all().await.unwrap();
    until("it is looked at", async || row().await.asks > asks).await;
    assert_eq!(row().await.state().wire(), "pending");
    shop.pass(3 * DAY_MS - 20 * 60_000);
    let asks = row().await.asks;
    shop.store().payments().questions().ask_all().await.unwrap();
    until("it is looked at again", async || row().await.asks > asks).await;
    assert_eq!(row().await.state().wire(), "pending", "a quarter of an hour is missing");
    shop.pass(16 * 60_000);
    until("it expires by itself", async || row().await.state().wire() == "expired").await;
    // What comes later still is for a person.
    shop.post(&format!("/api/payments/{id}/transfers"), json!({ "reference": "FT1", "amount": 50_000 })).await;
    assert_eq!(shop.payment(id).await["state"], json!("review"));
}
}

on_both! {
async fn however_many_customers_come_at_once_a_provider_is_not_called_too_often(base: &Base) {
    let (sandbox, shop) = opened(base).await;
    let gateway = sandbox.gateway();
    let mut all = Vec::new();
    for _ in 0..21 {
        all.push(shop.request(50_000).await.0);
    }
    gateway.update(|s| s.calls_per_s = Some(5));
    let before = gateway.truth().times_called("payos.create");
    let answers = join_all(all.iter().map(async |request| {
        let url = format!("{}/payment/process_payment", shop.running.url());
        let call = shop.http.post(url).bearer_auth(shop.token.expose_secret()).json(&json!({ "request_id": request }));
        let answer = call.send().await.unwrap();
        let rest = answer.headers().get("retry-after").map(|s| s.to_str().unwrap().parse::<u64>().unwrap());
        (answer.status(), rest, answer.json::<Value>().await.unwrap())
    })).await;
    assert_eq!(gateway.truth().over_the_limit, 0);
    let served = answers.iter().filter(|(status, ..)| *status == StatusCode::OK).count();
    assert!(served >= 15, "three seconds are waited: {served}");
    assert_eq!(gateway.truth().times_called("payos.create") - before, served, "nobody else was called for");
    for (status, rest, answer) in answers.iter().filter(|(status, ..)| *status != StatusCode::OK) {
        assert_eq!(*status, StatusCode::SERVICE_UNAVAILABLE, "{answer}");
        assert!(rest.is_some_and(|s| (1..=5).contains(&s)), "{rest:?}");
        assert!(answer["error"].as_str().unwrap().contains("đang đông"), "{answer}");
    }
    // Those who look at their pages, and those who cancel, stand in the same line.
    let paths = answers.iter().filter_map(|(_, _, answer)| answer["payment_id"].as_i64());
    let calls = paths.enumerate().map(async |(at, id)| if at % 2 == 0 {
        shop.get(&format!("/payment/refresh-status/{id}")).await.0
    } else {
        shop.post(&format!("/payment/cancel/{id}"), json!({})).await.0
    });
    for status in join_all(calls).await {
        assert!(matches!(status, StatusCode::OK | StatusCode::SERVICE_UNAVAILABLE), "{status}");
    }
    assert_eq!(gateway.truth().over_the_limit, 0);
}
}

/// A wallet that says no.
#[derive(Clone, Default)]
struct Wallet(Arc<Mutex<Says>>);

#[derive(Default)]
struct Says {
    create: Option<(u16, &'static str)>,
    otp: Option<(u16, &'static str)>,
    resend: Option<(u16, &'static str)>,
    order: String,
    amount: i64,
}

impl Says {
    fn no(said: Option<(u16, &'static str)>) -> Option<(Status, Json<Value>)> {
        let (status, code) = said?;
        let body = json!({ "code": code, "attempts_left": 2, "retry_after_s": 7 });
        Some((Status::from_u16(status).unwrap(), Json(body)))
    }

    fn payment(&self) -> (Status, Json<Value>) {
        let otp = json!({ "length": 6, "expires_at": "2030-01-01T00:00:00Z", "attempts_left": 3, "resend_after_s": 60, "sent_to": "******4567" });
        let payment = json!({ "payment_id": format!("wp{}", self.order), "order_id": self.order, "amount": self.amount, "state": "otp_required", "otp": otp });
        (Status::OK, Json(payment))
    }
}

impl Wallet {
    /// Starts it; says where it listens.
    async fn listen(&self) -> String {
        async fn create(
            State(wallet): State<Wallet>,
            Json(body): Json<Value>,
        ) -> (Status, Json<Value>) {
            let mut says = wallet.0.lock().unwrap();
            body["order_id"]
                .as_str()
                .unwrap()
                .clone_into(&mut says.order);
            says.amount = body["amount"].as_i64().unwrap();
            Says::no(says.create).unwrap_or_else(|| says.payment())
        }
        async fn otp(State(wallet): State<Wallet>) -> (Status, Json<Value>) {
            let says = wallet.0.lock().unwrap();
            Says::no(says.otp).unwrap_or_else(|| says.payment())
        }
        async fn resend(State(wallet): State<Wallet>) -> (Status, Json<Value>) {
            let says = wallet.0.lock().unwrap();
            Says::no(says.resend).unwrap_or_else(|| says.payment())
        }
        async fn look(State(wallet): State<Wallet>) -> (Status, Json<Value>) {
            wallet.0.lock().unwrap().payment()
        }
        let linked = async || {
            Json(json!({ "linked": true, "wallet_id": "w-1", "masked_phone": "******4567" }))
        };
        let routes = Router::new()
            .route("/v1/wallet-links/{agent}", get(linked))
            .route("/v1/payments", post(create).get(look))
            .route("/v1/payments/{id}", get(look))
            .route("/v1/payments/{id}/otp", post(otp))
            .route("/v1/payments/{id}/otp/resend", post(resend))
            .with_state(self.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        format!("http://{address}")
    }

    fn says(&self, change: impl FnOnce(&mut Says)) {
        change(&mut self.0.lock().unwrap());
    }
}

on_both! {
async fn every_no_of_a_wallet_has_its_own_answer(base: &Base) {
    let (_sandbox, shop) = opened(base).await;
    let wallet = Wallet::default();
    let settings = json!({ "merchant_id": "m", "secret": "s", "base_url": wallet.listen().await });
    shop.provider(1, Channel::Wallet, settings).await;
    let new = NewAccount { username: "khach", name: None, role: Role::Customer, status: AccountStatus::Active };
    let user = shop.store().accounts().add(&new, "x", None, &Actor::system()).await.unwrap();
    let scopes = [Scope::PaymentsRead, Scope::PaymentsWrite];
    let token = shop.store().machines().add_for("khách", &scopes, None, Some(user), &Actor::system()).await.unwrap().token;
    let call = async |path: &str, body: Value| shop.call("POST", path, Some(body), Some(token.expose_secret())).await;
    // One that is open stays within the wallet's pace: each of these waits for its turn.
    let start = async || {
        let (_, made) = shop.post("/api/bookings", json!({
            "room_title": "P1", "start_time": "2026-12-01T00:00:00Z", "end_time": "2026-12-02T00:00:00Z", "amount": 30_000,
            "renter": { "name": "K", "username": "khach" },
        })).await;
        let answer = call("/payment/process_payment", json!({ "booking_id": made["id"], "method": "wallet" })).await;
        let (_, shown) = shop.get(&format!("/api/bookings/{}", made["id"])).await;
        (answer, shown["payments"][0].clone())
    };
    // Said when the payment is made: it is over, and which no it is stands in the answer.
    for (status, code, expected, says) in [
        (422, "insufficient_balance", StatusCode::UNPROCESSABLE_ENTITY, "insufficient_balance"),
        (422, "limit_exceeded", StatusCode::UNPROCESSABLE_ENTITY, "limit_exceeded"),
        (422, "wallet_locked", StatusCode::UNPROCESSABLE_ENTITY, "wallet_locked"),
        (422, "wallet_not_linked", StatusCode::BAD_REQUEST, "VALIDATION_ERROR"),
        (422, "amount_invalid", StatusCode::SERVICE_UNAVAILABLE, "PAYOS_CONNECTION_ERROR"),
        (400, "what_nobody_knows", StatusCode::SERVICE_UNAVAILABLE, "PAYOS_CONNECTION_ERROR"),
    ] {
        wallet.says(|s| s.create = Some((status, code)));
        let ((answered, answer), payment) = start().await;
        assert_eq!((answered, &answer["code"]), (expected, &json!(says)), "{code}: {answer}");
        assert_eq!(payment["state"], json!("failed"), "{code}");
    }
    // The order was there already: by our own number it is found, and no second one is made.
    wallet.says(|s| s.create = Some((409, "duplicate_order")));
    let ((answered, answer), payment) = start().await;
    assert_eq!((answered, &answer["otp"]["length"], &payment["state"]), (StatusCode::OK, &json!(6), &json!("pending")), "{answer}");
    wallet.says(|s| s.create = None);
    // Said to the one-time password: a wrong one may be entered again, some are the end.
    for (status, code, state) in [
        (422, "otp_wrong", "pending"),
        (422, "otp_expired", "pending"),
        (422, "otp_locked", "failed"),
        (422, "insufficient_balance", "failed"),
        (422, "limit_exceeded", "failed"),
        (422, "wallet_locked", "failed"),
    ] {
        let (_, payment) = start().await;
        let id = payment["id"].as_i64().unwrap();
        wallet.says(|s| s.otp = Some((status, code)));
        let (answered, answer) = call(&format!("/payment/otp/{id}"), json!({ "otp": "123456" })).await;
        assert_eq!((answered, &answer["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(code)), "{answer}");
        let left = if code == "otp_wrong" { json!(2) } else { Value::Null };
        assert_eq!(answer["attempts_left"], left, "{code}");
        assert_eq!(shop.payment(id).await["state"], json!(state), "{code}");
    }
    let (_, payment) = start().await;
    wallet.says(|s| s.resend = Some((429, "otp_too_early")));
    let (answered, _) = call(&format!("/payment/otp/{}/resend", payment["id"]), json!({})).await;
    assert_eq!(answered, StatusCode::TOO_MANY_REQUESTS);
    shop.books().await;
}
}

on_both! {
async fn an_answer_that_comes_when_nobody_waits_any_more_is_found_by_the_same_key(base: &Base) {
    let (sandbox, shop) = opened(base).await;
    let gateway = sandbox.gateway();
    let (request, _) = shop.request(70_000).await;
    gateway.once("payos.create", Fault::LateMs(1_500));
    let url = format!("{}/payment/process_payment", shop.running.url());
    let ask = |patience: u64| {
        let call = shop.http.post(&url).bearer_auth(shop.token.expose_secret()).header("idempotency-key", "once");
        call.json(&json!({ "request_id": request })).timeout(Duration::from_millis(patience)).send()
    };
    assert!(ask(400).await.is_err(), "its client has gone");
    // While the first call is still on its way, and after it.
    for _ in 0..2 {
        let answer = ask(20_000).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let begun: Value = answer.json().await.unwrap();
        assert_eq!(begun["state"], json!("pending"), "{begun}");
    }
    let (_, shown) = shop.get(&format!("/api/payment-requests/{request}")).await;
    assert_eq!(shown["payments"].as_array().unwrap().len(), 1);
    assert_eq!((gateway.truth().times_called("payos.create"), gateway.truth().links.len()), (1, 1));
}
}

/// A line on which only a few bytes pass at a time.
async fn slow_line(to: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let to = to.clone();
            tokio::spawn(async move {
                let mut far = TcpStream::connect(&to).await.unwrap();
                let (mut asked, mut some) = ([0; 4_096], [0; 24]);
                let read = near.read(&mut asked).await.unwrap();
                far.write_all(&asked[..read]).await.unwrap();
                while let Ok(read @ 1..) = far.read(&mut some).await {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    if near.write_all(&some[..read]).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    address.to_string()
}

/// Opens a payer's page's events, and reads until these words come.
struct Listening(TcpStream, String);

impl Listening {
    async fn to(address: &str, token: &str) -> Self {
        let mut page = TcpStream::connect(address).await.unwrap();
        let ask = format!(
            "GET /pay/{token}/events HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\n\r\n"
        );
        page.write_all(ask.as_bytes()).await.unwrap();
        let mut listening = Self(page, String::new());
        listening.hears("event: state").await;
        listening
    }

    async fn hears(&mut self, words: &str) {
        let mut some = [0; 512];
        let reading = async {
            while !self.1.contains(words) {
                let read = self.0.read(&mut some).await.unwrap();
                assert!(read > 0, "closed: {}", self.1);
                self.1.push_str(&String::from_utf8_lossy(&some[..read]));
            }
        };
        tokio::time::timeout(PATIENCE, reading)
            .await
            .expect("in time");
    }
}

on_both! {
async fn a_slow_line_holds_up_nobody_but_itself(base: &Base) {
    let (sandbox, shop) = opened(base).await;
    let gateway = sandbox.gateway();
    let (id, code, token) = begin(&shop, 90_000, "payos").await;
    let address = shop.running.url().trim_start_matches("http://").to_owned();
    let slow = slow_line(address.clone()).await;
    // Some that are slow, one that never reads again, and one that is quick.
    let mut creeping = join_all((0..8).map(|_| Listening::to(&slow, &token))).await;
    let silent = Listening::to(&address, &token).await;
    let mut quick = Listening::to(&address, &token).await;
    let told = Instant::now();
    money(gateway, code, 90_000, false);
    quick.hears(r#""state":"paid""#).await;
    assert!(told.elapsed() < Duration::from_secs(5), "{:?}", told.elapsed());
    becomes(&shop, id, "paid").await;
    for page in &mut creeping {
        page.hears(r#""state":"paid""#).await;
    }
    drop(silent);
}
}

on_both! {
async fn days_that_nobody_compared_are_made_up_for_when_a_server_starts(base: &Base) {
    let sandbox = gachno::sandbox::start(gachno::sandbox::SandboxOptions::default()).await.unwrap();
    let shop = PayShop::open(base).await;
    let settings = sandbox.gateway().settings();
    shop.provider(1, Channel::PayOs, settings["payos"].clone()).await;
    let key = settings["payos"]["checksum_key"].as_str().unwrap().to_owned();
    let (id, code, _) = begin(&shop, 80_000, "payos").await;
    // Signed, and money that PayOS knows nothing of.
    shop.raw_webhook("/webhook/payos", &official(code, "FT-NOWHERE", 80_000, &key), None).await;
    assert_eq!(shop.payment(id).await["state"], json!("paid"));
    let made_at = shop.store().payments().find(id).await.unwrap().unwrap().created_at;
    let day = gachno::domain::calendar::day_of(made_at);
    let compared = async |shop: &PayShop, day: &str| shop.store().money_books().is_compared(day).await.unwrap();
    // Nobody served for two days.
    shop.pass(2 * DAY_MS);
    let other = shop.second(base).await;
    drop(shop);
    let next = gachno::domain::calendar::day_of(made_at + DAY_MS);
    until("the day is compared", async || compared(&other, &day).await).await;
    until("and the one after it", async || compared(&other, &next).await).await;
    let today = gachno::domain::calendar::day_of(made_at + 2 * DAY_MS);
    assert!(!compared(&other, &today).await, "today is not over");
    let found = other.store().money_books().differences(None, 10).await.unwrap();
    assert!(found.iter().any(|d| d.payment_id == id), "{found:?}");
    // Over midnight: today is over, and its news have come.
    other.pass(DAY_MS);
    let third = other.second(base).await;
    drop(other);
    until("today is compared when it is over", async || compared(&third, &today).await).await;
}
}

/// A stuck backup, or another program, that holds one payment's row.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_row_that_somebody_holds_stops_nobody_else() {
    use sqlx::{Connection, Executor, MySqlConnection};
    let Some(base) = Base::new(Which::MariaDb) else {
        return;
    };
    let shop = PayShop::usual(&base).await;
    let (id, order, _) = shop.payos_payment(100_000).await;
    let mut other = MySqlConnection::connect(&base.url).await.unwrap();
    other.execute("START TRANSACTION").await.unwrap();
    let row = format!("SELECT id FROM payment WHERE id = {id} FOR UPDATE");
    other.execute(sqlx::AssertSqlSafe(row)).await.unwrap();
    // A provider that repeats itself, more often than there are connections.
    let is_held = std::sync::atomic::AtomicBool::new(true);
    let repeats = join_all((0..60).map(|_| async {
        while shop.webhook(order, "FT1", 100_000).await.0 != StatusCode::OK {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert!(
            !is_held.load(std::sync::atomic::Ordering::Relaxed),
            "booked behind a lock"
        );
    }));
    let others = async {
        for _ in 0..5 {
            let begun = Instant::now();
            shop.request(50_000).await;
            assert!(
                begun.elapsed() < Duration::from_secs(5),
                "{:?}",
                begun.elapsed()
            );
        }
        is_held.store(false, std::sync::atomic::Ordering::Relaxed);
        other.execute("ROLLBACK").await.unwrap();
    };
    tokio::join!(repeats, others);
    assert_eq!(
        shop.payment(id).await["received"],
        json!(100_000),
        "booked once"
    );
    shop.books().await;
}
