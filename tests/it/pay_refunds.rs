//! Money is paid back by VNPay, whatever VNPay answers: once for each decision, and never only in the books.

use gachno::sandbox::{GatewayFaultAction as Fault, GatewayRefund, Sandbox};
use gachno::store::catalogue::Role;
use reqwest::StatusCode;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::admin_payments::{person, surely};
use crate::database::{Base, Which, on_both};
use crate::pay::PayShop;
use crate::pay_providers::{becomes, begin, opened, visit};

/// A payment of 120.000 đ that VNPay was paid: its number, and its order's.
async fn paid(sandbox: &Sandbox, shop: &PayShop) -> (i64, i64) {
    let (id, code, _) = begin(shop, 120_000, "vnpay").await;
    visit(shop, id).await;
    sandbox.gateway().vnpay_ends(code, "00").expect("an order");
    becomes(shop, id, "paid").await;
    (id, code)
}

async fn refund(shop: &PayShop, id: i64, body: Value) -> (StatusCode, Value) {
    let mut body = body;
    body["decision"] = json!("refund");
    shop.post(&format!("/api/payments/{id}/decide"), body).await
}

fn asked(sandbox: &Sandbox, code: i64) -> Vec<GatewayRefund> {
    let all = sandbox.gateway().truth().refunds;
    all.into_iter().filter(|r| r.order_code == code).collect()
}

fn no(code: &str) -> Fault {
    Fault::Refuse {
        code: code.to_owned(),
        text: "không".to_owned(),
    }
}

on_both! {
async fn a_refund_that_was_refused_has_another_name_when_it_is_pressed_again(base: &Base) {
    let (sandbox, shop) = opened(base).await;
    for code in ["16", "93", "02"] {
        let (id, order) = paid(&sandbox, &shop).await;
        sandbox.gateway().once("vnpay.refund", no(code));
        let (status, answer) = refund(&shop, id, json!({ "reason": "x" })).await;
        assert_eq!(status, StatusCode::CONFLICT, "{answer}");
        assert_eq!(shop.payment(id).await["received"], json!(120_000), "{code}: nothing was paid back");
        let (status, answer) = refund(&shop, id, json!({ "reason": "x" })).await;
        assert_eq!((status, &answer["state"]), (StatusCode::OK, &json!("refunded")), "{code}: {answer}");
        assert_eq!(sandbox.gateway().truth().received(order), 0, "{code}: it is really back");
        let asked = asked(&sandbox, order);
        assert_eq!(asked.len(), 2);
        assert_ne!(asked[0].id, asked[1].id, "VNPay takes a name once");
    }
    shop.books().await;
}
}

on_both! {
async fn a_refund_of_which_nobody_knows_is_asked_about_under_its_own_name(base: &Base) {
    let (sandbox, shop) = opened(base).await;
    for fault in [Fault::Drop { done: true }, Fault::Html { done: false }, Fault::Broken { done: true }] {
        let (id, order) = paid(&sandbox, &shop).await;
        sandbox.gateway().once("vnpay.refund", fault.clone());
        let (status, _) = refund(&shop, id, json!({ "reason": "x" })).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{fault:?}");
        assert_eq!(shop.payment(id).await["received"], json!(120_000), "{fault:?}: nothing is booked yet");
        // Another one waits until that is known, and is then too much.
        let (status, _) = refund(&shop, id, json!({ "reason": "y", "amount": 60_000 })).await;
        assert!(matches!(status, StatusCode::OK | StatusCode::BAD_REQUEST), "{fault:?}: {status}");
        let (status, answer) = refund(&shop, id, json!({ "reason": "x" })).await;
        assert_eq!((status, &answer["state"]), (StatusCode::OK, &json!("refunded")), "{fault:?} {answer}");
        let asked = asked(&sandbox, order);
        assert!(asked.iter().all(|r| r.id == asked[0].id), "{fault:?}: {asked:?}");
        assert_eq!(answer["transfers"].as_array().unwrap().len(), 2, "booked once: {answer}");
    }
    shop.books().await;
}
}

on_both! {
async fn a_refund_that_vnpay_has_under_way_elsewhere_or_failed_over_is_not_booked(base: &Base) {
    let (sandbox, shop) = opened(base).await;
    for codes in [["94", "94"], ["99", "94"]] {
    let (id, order) = paid(&sandbox, &shop).await;
    for code in codes {
        sandbox.gateway().once("vnpay.refund", no(code));
        let (status, answer) = refund(&shop, id, json!({ "reason": "x" })).await;
        assert_eq!((status, &answer["refund"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("doubt")), "{answer}");
        assert_eq!(shop.payment(id).await["state"], json!("paid"));
    }
    assert_eq!(sandbox.gateway().truth().received(order), 120_000);
    }
    shop.books().await;
}
}

on_both! {
async fn each_transaction_is_paid_back_by_itself(base: &Base) {
    let (sandbox, shop) = opened(base).await;
    let twice = async || {
        let (id, order) = paid(&sandbox, &shop).await;
        let first = shop.payment(id).await["transfers"][0]["reference"].clone();
        let second = sandbox.gateway().vnpay_pays_again(order).expect("paid");
        for _ in 0..200 {
            if shop.payment(id).await["received"] == json!(240_000) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        (id, order, first.as_str().unwrap().to_owned(), second)
    };
    let named = |order| asked(&sandbox, order).into_iter().map(|r| (r.transaction, r.amount, r.code)).collect::<Vec<_>>();
    let ok = || "00".to_owned();
    let (id, order, first, second) = twice().await;
    let (status, answer) = refund(&shop, id, json!({ "reason": "thừa", "amount": 120_000 })).await;
    assert_eq!((status, &answer["surplus"]), (StatusCode::OK, &json!(0)), "{answer}");
    let (_, answer) = refund(&shop, id, json!({ "reason": "trả phòng" })).await;
    assert_eq!(answer["state"], json!("refunded"), "{answer}");
    assert_eq!(named(order), [(second, 120_000, ok()), (first, 120_000, ok())]);
    // All at once: a call for each.
    let (id, order, first, second) = twice().await;
    sandbox.gateway().update(|s| s.faults.clear());
    let (_, answer) = refund(&shop, id, json!({ "reason": "trả hết", "amount": 240_000 })).await;
    assert_eq!((&answer["state"], &answer["received"]), (&json!("refunded"), &json!(0)), "{answer}");
    assert_eq!(named(order), [(second, 120_000, ok()), (first, 120_000, ok())]);
    assert_eq!(sandbox.gateway().truth().received(order), 0);
    shop.books().await;
}
}

on_both! {
async fn two_people_who_see_one_surplus_pay_it_back_once(base: &Base) {
    let (sandbox, shop) = opened(base).await;
    let (id, order) = paid(&sandbox, &shop).await;
    for reason in ["khách trả thừa", "trả lại phần thừa"] {
        let (status, answer) = refund(&shop, id, json!({ "reason": reason, "amount": 30_000 })).await;
        assert_eq!((status, &answer["received"]), (StatusCode::OK, &json!(90_000)), "{answer}");
    }
    assert_eq!(asked(&sandbox, order).len(), 1, "words are no other decision");
    // Who means a second one says so by a name of its own.
    let token = shop.token.expose_secret();
    let body = json!({ "decision": "refund", "amount": 30_000, "reason": "thêm một lần" });
    let path = format!("/api/payments/{id}/decide");
    let (_, answer) = shop.call_with("POST", &path, Some(body), Some(token), &[("idempotency-key", "lan-2")]).await;
    assert_eq!(answer["received"], json!(60_000), "{answer}");
    shop.books().await;
}
}

on_both! {
async fn one_part_that_is_refused_is_sent_again_alone(base: &Base) {
    let (sandbox, shop) = opened(base).await;
    let (id, order) = paid(&sandbox, &shop).await;
    sandbox.gateway().vnpay_pays_again(order).expect("paid");
    for _ in 0..200 {
        if shop.payment(id).await["received"] == json!(240_000) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    sandbox.gateway().once("vnpay.refund", no("16"));
    let (status, answer) = refund(&shop, id, json!({ "reason": "trả hết" })).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(answer["error"].as_str().unwrap().starts_with("Đã hoàn 120.000"), "{answer}");
    assert_eq!(shop.payment(id).await["received"], json!(120_000));
    let (status, answer) = refund(&shop, id, json!({ "reason": "trả hết" })).await;
    assert_eq!((status, &answer["received"]), (StatusCode::OK, &json!(0)), "{answer}");
    assert_eq!(asked(&sandbox, order).iter().filter(|r| r.code == "00").count(), 2);
    assert_eq!(sandbox.gateway().truth().received(order), 0);
    shop.books().await;
}
}

on_both! {
async fn a_refund_that_was_begun_is_finished_by_the_server_itself(base: &Base) {
    let (sandbox, shop) = opened(base).await;
    let (id, order) = paid(&sandbox, &shop).await;
    sandbox.gateway().once("vnpay.refund", Fault::Drop { done: true });
    let (status, _) = refund(&shop, id, json!({ "reason": "x" })).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    becomes(&shop, id, "refunded").await;
    assert_eq!(asked(&sandbox, order).len(), 2);
    shop.books().await;
}
}

on_both! {
async fn a_callers_key_is_for_one_decision_alone(base: &Base) {
    let shop = PayShop::usual(base).await;
    let (one, two) = (shop.transfer_payment(100_000).await, shop.transfer_payment(100_000).await);
    for (at, id) in [one, two].into_iter().enumerate() {
        let money = json!({ "reference": format!("FT{at}"), "amount": 100_000 });
        shop.post(&format!("/api/payments/{id}/transfers"), money).await;
    }
    let token = shop.token.expose_secret().to_owned();
    let send = async |path: String, body: Value, token: &str, key: &str| {
        shop.call_with("POST", &path, Some(body), Some(token), &[("idempotency-key", key)]).await
    };
    let decide = |id: i64| format!("/api/payments/{id}/decide");
    let back = |amount: i64, reason: &str| json!({ "decision": "refund", "amount": amount, "reason": reason });
    for _ in 0..2 {
        let (status, answer) = send(decide(one), back(10_000, "x"), &token, "k1").await;
        assert_eq!((status, &answer["received"]), (StatusCode::OK, &json!(90_000)));
    }
    for (path, body) in [
        (decide(one), back(20_000, "x")),
        (decide(one), back(10_000, "y")),
        (decide(one), json!({ "decision": "refund", "reason": "x" })),
        (decide(one), json!({ "decision": "accept", "reason": "x" })),
        (decide(two), back(10_000, "x")),
        (format!("/payment/cancel/{two}"), json!({})),
        ("/api/payment-requests".to_owned(), json!({ "amount": 1_000, "description": "x", "customer": { "name": "x" } })),
    ] {
        let (status, answer) = send(path.clone(), body, &token, "k1").await;
        assert_eq!((status, &answer["code"]), (StatusCode::CONFLICT, &json!("CONFLICT")), "{path} {answer}");
    }
    assert_eq!(shop.payment(two).await["received"], json!(100_000));
    // Another caller's key is another key.
    let other = shop.second(base).await;
    let (status, answer) = send(decide(one), back(5_000, "x"), other.token.expose_secret(), "k1").await;
    assert_eq!((status, &answer["received"]), (StatusCode::OK, &json!(85_000)), "{answer}");
    shop.books().await;
}
}

on_both! {
async fn a_callers_key_attaches_one_sum_to_one_payment(base: &Base) {
    let shop = PayShop::usual(base).await;
    let id = shop.transfer_payment(90_000).await;
    for (order, reference) in [(111, "FT1"), (222, "FT2")] {
        shop.webhook(order, reference, 30_000).await;
    }
    let (_, all) = shop.get("/api/payments/unmatched").await;
    let ids: Vec<i64> = all["unmatched"].as_array().unwrap().iter().map(|u| u["id"].as_i64().unwrap()).collect();
    let token = shop.token.expose_secret().to_owned();
    let attach = async |money: i64, reason: &str| {
        let body = json!({ "payment_id": id, "reason": reason });
        let path = format!("/api/payments/unmatched/{money}/attach");
        shop.call_with("POST", &path, Some(body), Some(&token), &[("idempotency-key", "at")]).await.0
    };
    assert_eq!(attach(ids[0], "x").await, StatusCode::OK);
    assert_eq!(attach(ids[0], "x").await, StatusCode::OK);
    assert_eq!(attach(ids[0], "y").await, StatusCode::CONFLICT);
    assert_eq!(attach(ids[1], "x").await, StatusCode::CONFLICT);
    assert_eq!(shop.payment(id).await["received"], json!(30_000));
    shop.books().await;
}
}

on_both! {
async fn the_same_words_a_while_later_are_another_refund(base: &Base) {
    let shop = PayShop::usual(base).await;
    let id = shop.transfer_payment(100_000).await;
    shop.post(&format!("/api/payments/{id}/transfers"), json!({ "reference": "FT1", "amount": 100_000 })).await;
    for (rest, pass_ms) in [(90_000, 0), (90_000, 11 * 60_000), (80_000, 0)] {
        let (status, answer) = refund(&shop, id, json!({ "reason": "x", "amount": 10_000 })).await;
        assert_eq!((status, &answer["received"]), (StatusCode::OK, &json!(rest)));
        shop.pass(pass_ms);
    }
    shop.books().await;
}
}

on_both! {
async fn a_person_says_what_became_of_a_refund_that_vnpay_answers_in_riddles(base: &Base) {
    let (sandbox, shop) = opened(base).await;
    let mut lan = person(&shop, "lan", Role::Owner, None).await;
    for outcome in ["refused", "done"] {
        let (id, _) = paid(&sandbox, &shop).await;
        sandbox.gateway().once("vnpay.refund", no("99"));
        let (status, _) = refund(&shop, id, json!({ "reason": "khách đổi ý" })).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        let page = format!("/admin/payments/{id}");
        lan.get(&page).await.says("Lệnh hoàn tiền").says("chưa rõ kết quả").says("Cổng đã hoàn…");
        let attempt = shop.store().payments().refunds(id).await.unwrap()[0].clone();
        let path = format!("{page}/refunds/{}", attempt.id);
        let form = [("outcome", outcome), ("reason", "xem ở trang VNPay lúc 9 giờ")];
        let done = surely(&mut lan, &path, &form).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
        let after = shop.payment(id).await;
        if outcome == "done" {
            assert_eq!((&after["state"], &after["received"]), (&json!("refunded"), &json!(0)), "{after}");
        } else {
            assert_eq!(after["received"], json!(120_000));
            let (status, answer) = refund(&shop, id, json!({ "reason": "khách đổi ý" })).await;
            assert_eq!((status, &answer["state"]), (StatusCode::OK, &json!("refunded")), "the way is free again: {answer}");
        }
        let again = lan.post(&path, &form).await;
        assert_eq!(again.status, StatusCode::CONFLICT, "said once");
        assert!(!lan.get(&page).await.body.contains("chưa rõ kết quả"));
    }
    shop.books().await;
}
}
