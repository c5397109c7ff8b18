//! What a payer and a program are shown is what is so: sums that are missing, links that fit, refusals in
//! the API's own form, comparisons that forget nobody.

use gachno::sandbox::GatewayFaultAction as Fault;
use reqwest::StatusCode;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::database::{Base, Which, on_both};
use crate::pay::PayShop;
use crate::pay_providers::{becomes, money, opened};

/// The amount that stands in a QR: tag 54.
fn amount_of(qr_text: &Value) -> Option<i64> {
    let mut rest = qr_text.as_str()?;
    while rest.len() >= 4 {
        let (tag, length) = (&rest[..2], rest[2..4].parse::<usize>().ok()?);
        let value = rest.get(4..4 + length)?;
        if tag == "54" {
            return value.parse().ok();
        }
        rest = &rest[4 + length..];
    }
    None
}

on_both! {
async fn a_qr_asks_for_what_is_missing(base: &Base) {
    let shop = PayShop::usual(base).await;
    let (request, token) = shop.request(100_000).await;
    let (_, begun) = shop.post("/payment/process_payment", json!({ "request_id": request, "method": "vietqr" })).await;
    let id = &begun["payment_id"];
    let look = async || shop.call("GET", &format!("/pay/{token}"), None, None).await.1["payment"].clone();
    assert_eq!(amount_of(&look().await["qr_text"]), Some(100_000));
    shop.post(&format!("/api/payments/{id}/transfers"), json!({ "reference": "FT1", "amount": 40_000 })).await;
    let shown = look().await;
    assert_eq!((amount_of(&shown["qr_text"]), &shown["missing"]), (Some(60_000), &json!(60_000)), "{shown}");
    let (_, qr) = shop.get(&format!("/payment/qr/{id}")).await;
    assert_eq!((amount_of(&qr["qr_text"]), &qr["account_info"]["amount"]), (Some(60_000), &json!(60_000)), "{qr}");
}
}

on_both! {
async fn of_two_open_links_the_one_that_fits_is_shown(base: &Base) {
    let (sandbox, shop) = opened(base).await;
    let (request, token) = shop.request(250_000).await;
    let mut ids = Vec::new();
    for method in ["payos", "vnpay"] {
        let (_, begun) = shop.post("/payment/process_payment", json!({ "request_id": request, "method": method })).await;
        ids.push(begun["payment_id"].as_i64().unwrap());
    }
    let code = shop.payment(ids[0]).await["order_code"].as_i64().unwrap();
    money(sandbox.gateway(), code, 100_000, false);
    becomes(&shop, ids[0], "underpaid").await;
    let (_, page) = shop.call("GET", &format!("/pay/{token}"), None, None).await;
    let shown = &page["payment"];
    assert_eq!((&shown["id"], &shown["missing"], &page["request"]["owed"]), (&json!(ids[0]), &json!(150_000), &json!(150_000)), "{page}");
    assert_eq!(shown["qr_text"], json!(null), "PayOS's own QR asks for the whole");
    // The other one's page says what is owed, and leads to no link over the whole.
    let (_, other) = shop.get(&format!("/payment/status/{}", ids[1])).await;
    assert_eq!((&other["payment"]["missing"], &other["payment"]["checkout_url"]), (&json!(150_000), &json!(null)), "{other}");
    let (_, begun) = shop.post("/payment/process_payment", json!({ "request_id": request, "method": "vnpay" })).await;
    assert_eq!(shop.payment(begun["payment_id"].as_i64().unwrap()).await["amount"], json!(150_000));
}
}

on_both! {
async fn a_no_that_the_provider_did_not_write_ends_nothing(base: &Base) {
    let (sandbox, shop) = opened(base).await;
    for status in [404, 403, 401] {
        let (request, _) = shop.request(70_000).await;
        let body = json!({ "request_id": request });
        sandbox.gateway().once("payos.create", Fault::Http { status, done: true, retry_after_s: None });
        let (answer, _) = shop.post("/payment/process_payment", body.clone()).await;
        assert_eq!(answer, StatusCode::SERVICE_UNAVAILABLE);
        let (_, shown) = shop.get(&format!("/api/payment-requests/{request}")).await;
        assert_eq!(shown["payments"][0]["state"], json!("created"), "{status}");
        let (answer, again) = shop.post("/payment/process_payment", body).await;
        assert_eq!((answer, &again["payment_id"]), (StatusCode::OK, &shown["payments"][0]["id"]), "{status}");
    }
    assert_eq!(sandbox.gateway().truth().links.len(), 3, "no second link");
}
}

on_both! {
async fn every_no_has_the_form_of_its_api(base: &Base) {
    let shop = PayShop::usual(base).await;
    let token = shop.token.expose_secret().to_owned();
    let big = "x".repeat(70_000);
    for (method, path, body, status, code) in [
        ("GET", "/payment/status/abc", None, 404, "NOT_FOUND"),
        ("GET", "/payment/qr/abc", None, 404, "NOT_FOUND"),
        ("GET", "/payment/refresh-status/x", None, 404, "NOT_FOUND"),
        ("GET", "/api/payments/abc", None, 404, "NOT_FOUND"),
        ("GET", "/api/payments/99999999999999999999", None, 404, "NOT_FOUND"),
        ("GET", "/api/bookings/abc", None, 404, "NOT_FOUND"),
        ("POST", "/payment/cancel/abc", Some(json!({})), 404, "NOT_FOUND"),
        ("POST", "/api/payments/abc/decide", Some(json!({})), 404, "NOT_FOUND"),
        ("GET", "/api/payments/1/nothing", None, 404, "NOT_FOUND"),
        ("DELETE", "/api/payments", None, 405, "VALIDATION_ERROR"),
        ("POST", "/api/payment-requests", Some(json!({ "description": big })), 413, "VALIDATION_ERROR"),
        ("POST", "/payment/process_payment", Some(json!({ "description": big })), 413, "VALIDATION_ERROR"),
    ] {
        let (is, answer) = shop.call(method, path, body, Some(&token)).await;
        assert_eq!((is.as_u16(), answer["code"].as_str()), (status, Some(code)), "{method} {path} {answer}");
        assert!(answer["error"].is_string(), "{method} {path} {answer}");
    }
    for (method, path, body, status, code) in [
        ("GET", "/api/desk/payments/%ff%fe", None, 404, "not_found"),
        ("GET", "/api/desk/nothing", None, 404, "not_found"),
        ("DELETE", "/api/desk/cash", None, 405, "invalid"),
    ] {
        let (is, answer) = shop.call(method, path, body, Some(&token)).await;
        assert!(is == StatusCode::UNAUTHORIZED || is == StatusCode::FORBIDDEN || is.as_u16() == status, "{path} {is} {answer}");
        assert!(answer["message"].is_string(), "{method} {path} {answer}");
        let _ = code;
    }
    let html = shop.http.get(format!("{}/payment/status/abc", shop.running.url())).header("accept", "text/html").send().await.unwrap();
    assert!(html.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
}
}

on_both! {
async fn the_list_tells_each_payments_story(base: &Base) {
    let shop = PayShop::usual(base).await;
    let id = shop.transfer_payment(50_000).await;
    shop.transfer_payment(60_000).await;
    shop.post(&format!("/api/payments/{id}/transfers"), json!({ "reference": "FT1", "amount": 50_000 })).await;
    let (_, all) = shop.get("/api/payments").await;
    let (newer, older) = (&all["payments"][0], &all["payments"][1]);
    assert_eq!(newer["transfers"], json!([]));
    let whole = shop.payment(id).await;
    assert_eq!((&older["transfers"], &older["events"]), (&whole["transfers"], &whole["events"]));
    shop.webhook(77, "FT9", 5_000).await;
    let (_, unmatched) = shop.get("/api/payments/unmatched").await;
    assert_eq!(unmatched["unmatched"][0]["order_code"], json!(77));
}
}

on_both! {
async fn whoever_was_silent_is_compared_later(base: &Base) {
    let shop = PayShop::usual(base).await;
    let (id, code, _) = shop.payos_payment(50_000).await;
    shop.webhook(code, "FT1", 50_000).await;
    let books = shop.store().money_books();
    let made = shop.store().payments().find(id).await.unwrap().unwrap().created_at;
    let day = (made - 1_000, made + 1_000);
    let waiting = async || {
        let all = books.to_compare(day, 0, false, 10).await.unwrap();
        all.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(waiting().await, [id]);
    shop.pass(10_000);
    books.answered(id).await.unwrap();
    assert!(waiting().await.is_empty(), "its provider has answered");
    // Money that comes for it on a later day brings it back on that day.
    shop.pass(86_400_000);
    shop.webhook(code, "FT2", 10_000).await;
    let now = shop.store().now_ms();
    let later = books.to_compare((now - 1_000, now + 1_000), 0, false, 10).await.unwrap();
    assert_eq!(later.into_iter().map(|row| row.id).collect::<Vec<_>>(), [id]);
    assert_eq!(books.to_compare(day, 0, true, 10).await.unwrap().len(), 1, "compared again when a person wants it");
}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_starts_leads_at_once_where_it_is_alone() {
    let base = Base::new(Which::Sqlite).unwrap();
    let shop = PayShop::usual(&base).await;
    let leader = shop.store().leader();
    leader.take_over("the next one").await.unwrap();
    assert!(
        leader
            .leads("rescue", "the next one", 60_000)
            .await
            .unwrap(),
        "the one before has died"
    );
}
