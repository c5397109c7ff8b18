//! Customers pay by providers that answer as they like: late, twice, with pages, with errors, or not at all.

use std::time::{Duration, Instant};

use gachno::sandbox::{self, Gateway, GatewayFaultAction as Fault, Incoming, Sandbox};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::database::{Base, Which, on_both};
use crate::pay::PayShop;

pub async fn opened(base: &Base) -> (Sandbox, PayShop) {
    gachno::init_tls();
    let sandbox = sandbox::start(sandbox::SandboxOptions::default())
        .await
        .unwrap();
    let shop = PayShop::live(base, &sandbox).await;
    (sandbox, shop)
}

/// Begins to pay a request over so much; hands back the payment, its number and the link's token.
pub async fn begin(shop: &PayShop, amount: i64, method: &str) -> (i64, i64, String) {
    let (request, token) = shop.request(amount).await;
    let (status, begun) = shop
        .post(
            "/payment/process_payment",
            json!({ "request_id": request, "method": method }),
        )
        .await;
    assert_eq!(status, StatusCode::OK, "{begun}");
    let id = begun["payment_id"].as_i64().unwrap();
    let code = shop.payment(id).await["order_code"].as_i64().unwrap();
    (id, code, token)
}

/// Waits for a payment to come so far.
pub async fn becomes(shop: &PayShop, id: i64, state: &str) -> Value {
    let begun = Instant::now();
    loop {
        let payment = shop.payment(id).await;
        if payment["state"] == state {
            return payment;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{payment}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

pub fn money(gateway: &Gateway, order_code: i64, amount: i64, untold: bool) -> String {
    let money = Incoming {
        amount: Some(amount),
        reference: None,
        currency: None,
        untold,
    };
    gateway.payos_money(order_code, money).expect("a link")
}

on_both! {
async fn a_link_is_paid_told_and_thanked_for_once(base: &Base) {
    let (sandbox, shop) = opened(base).await;
    let gateway = sandbox.gateway();
    gateway.update(|s| { s.delivery.repeats = 4; s.delivery.forge = true; });
    let (id, code, token) = begin(&shop, 350_000, "payos").await;
    let (_, page) = shop.call("GET", &format!("/pay/{token}"), None, None).await;
    let payment = &page["payment"];
    assert!(payment["qr_code"].as_str().unwrap().starts_with("data:image/png;base64,"));
    assert_eq!(payment["account_info"]["amount"], json!(350_000));
    assert!(payment["account_info"]["note"].as_str().unwrap().contains(payment["payment_code"].as_str().unwrap()));
    assert!(payment["checkout_url"].is_string() && payment["qr_text"].as_str().unwrap().starts_with("000201"));
    let reference = money(gateway, code, 350_000, false);
    let paid = becomes(&shop, id, "paid").await;
    assert_eq!((&paid["received"], &paid["payos_transaction_id"]), (&json!(350_000), &json!(reference)));
    assert_eq!(paid["transfers"].as_array().unwrap().len(), 1);
    // The mail arrives once, under one id, with the code and the amount in it.
    let begun = Instant::now();
    while gateway.truth().mails.is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(20), "no mail");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mails = gateway.truth().mails;
    assert_eq!((mails.len(), &mails[0].to), (1, &vec!["lan@example.com".to_owned()]));
    shop.books().await;
}
}

on_both! {
async fn what_nobody_tells_is_asked(base: &Base) {
    let (sandbox, shop) = opened(base).await;
    let gateway = sandbox.gateway();
    gateway.update(|s| s.delivery.silent = true);
    let (id, code, token) = begin(&shop, 90_000, "payos").await;
    money(gateway, code, 40_000, true);
    let (_, state) = shop.call("GET", &format!("/pay/{token}/refresh"), None, None).await;
    assert_eq!((&state["state"], &state["missing"]), (&json!("underpaid"), &json!(50_000)), "{state}");
    money(gateway, code, 50_000, true);
    // Asked a moment ago: what is known is answered, and the provider is left alone.
    let before = gateway.truth().times_called("payos.get");
    let (_, state) = shop.get(&format!("/payment/refresh-status/{id}")).await;
    assert_eq!((&state["state"], gateway.truth().times_called("payos.get")), (&json!("underpaid"), before));
    assert_eq!(becomes(&shop, id, "paid").await["received"], json!(90_000), "the reconciler asks by itself");
    for _ in 0..15 {
        shop.get(&format!("/payment/refresh-status/{id}")).await;
    }
    let (status, _) = shop.get(&format!("/payment/refresh-status/{id}")).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    shop.books().await;
}
}

on_both! {
async fn a_lost_answer_is_found_again_and_no_second_link_is_made(base: &Base) {
    let (sandbox, shop) = opened(base).await;
    let gateway = sandbox.gateway();
    for fault in [
        Fault::Drop { done: true },
        Fault::Html { done: true },
        Fault::Broken { done: true },
        Fault::WrongSignature,
        Fault::Http { status: 502, done: true, retry_after_s: None },
        Fault::Http { status: 500, done: false, retry_after_s: None },
        Fault::Drop { done: false },
    ] {
        let (request, _) = shop.request(70_000).await;
        let body = json!({ "request_id": request });
        gateway.once("payos.create", fault.clone());
        let (status, answer) = shop.post("/payment/process_payment", body.clone()).await;
        assert_eq!((status, &answer["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("PAYOS_CONNECTION_ERROR")), "{fault:?}");
        let (_, shown) = shop.get(&format!("/api/payment-requests/{request}")).await;
        assert_eq!(shown["payments"][0]["state"], json!("created"), "it stands, and nothing is known of it");
        let id = shown["payments"][0]["id"].as_i64().unwrap();
        let (status, again) = shop.post("/payment/process_payment", body).await;
        assert_eq!((status, &again["payment_id"]), (StatusCode::OK, &json!(id)), "{fault:?} {again}");
        let opened = shop.payment(id).await;
        assert!(opened["checkout_url"].as_str().is_some_and(|url| url.starts_with("http")), "{fault:?} {opened}");
        let code = opened["order_code"].as_i64().unwrap();
        let links = gateway.truth().links.into_iter().filter(|l| l.order_code == code).count();
        assert_eq!(links, 1, "{fault:?}");
    }
}
}

on_both! {
async fn a_known_no_ends_it_and_the_customer_chooses_again(base: &Base) {
    let (sandbox, shop) = opened(base).await;
    let gateway = sandbox.gateway();
    let (request, token) = shop.request(70_000).await;
    gateway.once("payos.create", Fault::Refuse { code: "20".into(), text: "không đúng".into() });
    let (status, _) = shop.post("/payment/process_payment", json!({ "request_id": request })).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    let (_, page) = shop.call("GET", &format!("/pay/{token}"), None, None).await;
    assert_eq!(page["payment"]["state"], json!("failed"));
    assert!(page["methods"].as_array().unwrap().contains(&json!("vietqr")));
    let guest = json!({ "token": token, "method": "payos" });
    let (status, begun) = shop.call("POST", "/payment/process_payment", Some(guest), None).await;
    assert_eq!((status, &begun["redirect_url"]), (StatusCode::OK, &json!(format!("/pay/{token}"))));
}
}

on_both! {
async fn a_payment_is_taken_back_at_its_provider_first(base: &Base) {
    let (sandbox, shop) = opened(base).await;
    let gateway = sandbox.gateway();
    let (id, code, _) = begin(&shop, 60_000, "payos").await;
    gateway.once("payos.cancel", Fault::Drop { done: false });
    let path = format!("/payment/cancel/{id}");
    let (status, _) = shop.post(&path, json!({})).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(shop.payment(id).await["state"], json!("pending"), "nothing changed");
    for _ in 0..2 {
        let (status, answer) = shop.post(&path, json!({})).await;
        assert_eq!((status, &answer["state"]), (StatusCode::OK, &json!("cancelled")));
    }
    assert_eq!(gateway.truth().link("payos", code).unwrap().status, "CANCELLED");
    // Money was first.
    let (id, code, token) = begin(&shop, 60_000, "payos").await;
    money(gateway, code, 60_000, true);
    let (status, answer) = shop.call("POST", &format!("/pay/{token}/cancel"), Some(json!({})), None).await;
    assert_eq!((status, &answer["state"]), (StatusCode::CONFLICT, &json!("paid")), "{answer}");
    assert_eq!(shop.payment(id).await["received"], json!(60_000));
    let (status, _) = shop.call("POST", &format!("/payment/cancel/{id}"), Some(json!({})), None).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "nobody cancels");
}
}

on_both! {
async fn what_was_paid_another_way_takes_no_money_unnoticed(base: &Base) {
    let (sandbox, shop) = opened(base).await;
    let gateway = sandbox.gateway();
    let (request, token) = shop.request(80_000).await;
    let start = async |method: &str| {
        let (status, begun) = shop.post("/payment/process_payment", json!({ "request_id": request, "method": method })).await;
        assert_eq!(status, StatusCode::OK, "{begun}");
        begun["payment_id"].as_i64().unwrap()
    };
    let (by_link, by_transfer) = (start("payos").await, start("vietqr").await);
    let code = shop.payment(by_link).await["order_code"].as_i64().unwrap();
    shop.post(&format!("/api/payments/{by_transfer}/transfers"), json!({ "reference": "FT1", "amount": 80_000 })).await;
    let begun = Instant::now();
    while gateway.truth().link("payos", code).unwrap().status != "CANCELLED" {
        assert!(begun.elapsed() < Duration::from_secs(20), "its link is taken back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(["pending", "created"].contains(&shop.payment(by_link).await["state"].as_str().unwrap()), "it stays open until its time is over");
    let (_, page) = shop.call("GET", &format!("/pay/{token}"), None, None).await;
    assert_eq!((&page["payment"]["state"], &page["methods"]), (&json!("paid"), &json!([])));
    // VNPay takes nothing back: its word about an end, told later, is no end before the time is over.
    let (request, _) = shop.request(80_000).await;
    let start = async |method: &str| {
        let (status, begun) = shop.post("/payment/process_payment", json!({ "request_id": request, "method": method })).await;
        assert_eq!(status, StatusCode::OK, "{begun}");
        begun["payment_id"].as_i64().unwrap()
    };
    let (by_page, by_transfer) = (start("vnpay").await, start("vietqr").await);
    visit(&shop, by_page).await;
    shop.post(&format!("/api/payments/{by_transfer}/transfers"), json!({ "reference": "FT2", "amount": 80_000 })).await;
    let begun = Instant::now();
    while shop.store().payments().find(by_page).await.unwrap().unwrap().is_closing {
        assert!(begun.elapsed() < Duration::from_secs(20), "it is looked at");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let page_code = shop.payment(by_page).await["order_code"].as_i64().unwrap();
    gateway.vnpay_ends(page_code, "24").expect("an order");
    let told = || gateway.truth().webhooks.iter().any(|w| w.order_code == page_code && w.status.is_some());
    while !told() {
        assert!(begun.elapsed() < Duration::from_secs(30), "it is told");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(shop.payment(by_page).await["state"], json!("pending"));
    // Money that came there all the same is too much, and not a riddle.
    money(gateway, code, 80_000, false);
    let late = becomes(&shop, by_link, "paid").await;
    assert_eq!(late["surplus"], json!(80_000));
    let books = shop.books().await;
    assert_eq!((&books["credited"], &books["surplus"]), (&json!(160_000), &json!(80_000)));
}
}

/// The customer opens the provider's page.
pub async fn visit(shop: &PayShop, id: i64) {
    let payment = shop.payment(id).await;
    let url = payment["checkout_url"].as_str().unwrap().to_owned();
    let status = shop.http.get(url).send().await.unwrap().status();
    assert!(status.is_success() || status.is_redirection(), "{status}");
}

on_both! {
async fn vnpay_is_answered_by_its_own_table(base: &Base) {
    let (sandbox, shop) = opened(base).await;
    let gateway = sandbox.gateway();
    let codes = || gateway.truth().webhooks.into_iter().map(|w| (w.order_code, w.answer)).collect::<Vec<_>>();
    let (id, code, _) = begin(&shop, 120_000, "vnpay").await;
    assert!(shop.payment(id).await["checkout_url"].as_str().unwrap().contains("vnp_SecureHash"));
    visit(&shop, id).await;
    gateway.vnpay_ends(code, "00").expect("an order");
    let paid = becomes(&shop, id, "paid").await;
    assert_eq!(paid["received"], json!(120_000));
    assert!(codes().iter().any(|(order, answer)| *order == code && answer.contains("\"00\"")), "{:?}", codes());
    for (ended, state) in [("24", "cancelled"), ("51", "failed"), ("07", "review")] {
        let (id, code, _) = begin(&shop, 120_000, "vnpay").await;
        visit(&shop, id).await;
        gateway.vnpay_ends(code, ended).expect("an order");
        becomes(&shop, id, state).await;
    }
    // Paid back by VNPay, in full; pressed twice, once.
    for _ in 0..2 {
        let (status, back) = shop.post(&format!("/api/payments/{id}/decide"), json!({ "decision": "refund", "reason": "trả phòng" })).await;
        assert_eq!((status, &back["state"], &back["received"]), (StatusCode::OK, &json!("refunded"), &json!(0)), "{back}");
    }
    assert_eq!(gateway.truth().received(code), 0);
    assert_eq!(gateway.truth().times_called("vnpay.refund"), 1);
    let (status, answer) = shop.call("GET", "/payment/vnpay/ipn?vnp_TxnRef=1", None, None).await;
    assert_eq!((status, &answer["RspCode"]), (StatusCode::OK, &json!("97")));
    shop.books().await;
}
}

on_both! {
async fn a_wallet_pays_by_its_one_time_password(base: &Base) {
    use gachno::store::Actor;
    use gachno::store::catalogue::{AccountStatus, Role};
    use gachno::store::machines::Scope;
    use gachno::store::people::NewAccount;
    use secrecy::ExposeSecret;
    let (sandbox, shop) = opened(base).await;
    let gateway = sandbox.gateway();
    let new = NewAccount { username: "khach", name: None, role: Role::Customer, status: AccountStatus::Active };
    let user = shop.store().accounts().add(&new, "x", None, &Actor::system()).await.unwrap();
    let scopes = [Scope::PaymentsRead, Scope::PaymentsWrite];
    let token = shop.store().machines().add_for("khách", &scopes, None, Some(user), &Actor::system()).await.unwrap().token;
    let booking = async || {
        let (_, made) = shop.post("/api/bookings", json!({
            "room_title": "P1", "start_time": "2026-12-01T00:00:00Z", "end_time": "2026-12-02T00:00:00Z", "amount": 30_000,
            "renter": { "name": "K", "username": "khach" },
        })).await;
        let body = json!({ "booking_id": made["id"], "method": "wallet" });
        let (status, begun) = shop.call("POST", "/payment/process_payment", Some(body), Some(token.expose_secret())).await;
        assert_eq!(status, StatusCode::OK, "{begun}");
        assert_eq!(begun["otp"]["length"], json!(6), "{begun}");
        begun["payment_id"].as_i64().unwrap()
    };
    let id = booking().await;
    let code = shop.payment(id).await["order_code"].as_i64().unwrap();
    let otp = gateway.wallet_otp(code).expect("sent");
    let wrong = if otp == "000000" { "111111" } else { "000000" };
    let enter = async |id: i64, otp: &str| {
        shop.call("POST", &format!("/payment/otp/{id}"), Some(json!({ "otp": otp })), Some(token.expose_secret())).await
    };
    let (status, answer) = enter(id, wrong).await;
    assert_eq!((status, &answer["code"], &answer["attempts_left"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("otp_wrong"), &json!(2)));
    let resend = format!("/payment/otp/{id}/resend");
    let (status, _) = shop.call("POST", &resend, Some(json!({})), Some(token.expose_secret())).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "too early");
    let (status, _) = enter(id, &otp).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(becomes(&shop, id, "paid").await["received"], json!(30_000));
    // Three wrong ones: it is over, and the customer chooses again.
    let id = booking().await;
    let code = shop.payment(id).await["order_code"].as_i64().unwrap();
    let otp = gateway.wallet_otp(code).expect("sent");
    let wrong = if otp == "000000" { "111111" } else { "000000" };
    for expected in ["otp_wrong", "otp_wrong", "otp_locked"] {
        let (status, answer) = enter(id, wrong).await;
        assert_eq!((status, &answer["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(expected)));
    }
    assert_eq!(shop.payment(id).await["state"], json!("failed"));
    shop.books().await;
}
}

on_both! {
async fn health_tells_which_provider_is_not_well(base: &Base) {
    let (sandbox, shop) = opened(base).await;
    let (status, health) = shop.call("GET", "/health/payment", None, None).await;
    assert_eq!((status, &health["status"], &health["payos"]), (StatusCode::OK, &json!("healthy"), &json!("connected")), "{health}");
    assert!(sandbox.gateway().truth().transfers.is_empty());
}
}

on_both! {
async fn a_channel_is_never_asked_more_often_than_it_takes(base: &Base) {
    const OPEN: usize = 60;
    let (sandbox, shop) = opened(base).await;
    let gateway = sandbox.gateway();
    let mut all = Vec::new();
    for _ in 0..OPEN {
        all.push(begin(&shop, 50_000, "payos").await);
    }
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    gateway.update(|s| s.calls_per_s = Some(5));
    // Another server of the same database: everything that is open is asked about at once, by one of them,
    // and people look at their pages at both.
    let other = shop.second(base).await;
    let before = gateway.truth().times_called("payos.get");
    let looking = async {
        for (_, _, token) in all.iter().take(20) {
            let path = format!("/pay/{token}/refresh");
            let (here, there) = tokio::join!(shop.call("GET", &path, None, None), other.call("GET", &path, None, None));
            assert_eq!((here.0, there.0), (StatusCode::OK, StatusCode::OK));
        }
    };
    let asked = async {
        shop.store().payments().questions().ask_all().await.unwrap();
        let begun = Instant::now();
        while gateway.truth().times_called("payos.get") - before < OPEN {
            assert!(begun.elapsed() < Duration::from_secs(45), "they are not all asked about");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::join!(looking, asked);
    assert_eq!(gateway.truth().over_the_limit, 0);
}
}
