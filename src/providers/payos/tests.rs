use serde_json::Value;

use super::sign::{CreateText, payout_signature};
use super::*;
use crate::providers::http::Answer;
use crate::providers::{Channel, News, Payer, WebhookRefusal};

const VECTORS: &str = include_str!("../../../tests/vectors/payments/payos.json");

fn vectors(kind: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(VECTORS).expect("JSON");
    let all = all["vectors"].as_array().expect("a list");
    let of_kind: Vec<Value> = all.iter().filter(|v| v["kind"] == kind).cloned().collect();
    assert!(!of_kind.is_empty(), "{kind}");
    of_kind
}

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or_default()
}

fn settings(members: &Value) -> Settings {
    let mut all = json!({"client_id": "c", "api_key": "a", "base_url": "http://127.0.0.1:9"});
    for (name, value) in members.as_object().expect("an object") {
        all[name] = value.clone();
    }
    Settings::read(Channel::PayOs, &all.to_string()).expect("settings")
}

fn with_key(key: &Value) -> Settings {
    settings(&json!({ "checksum_key": key }))
}

#[test]
fn orders_are_signed_as_payos_signs_them() {
    for vector in vectors("payment_request_signature") {
        let (input, data) = (&vector["input"], &vector["input"]["data"]);
        let signed = CreateText {
            order_code: data["orderCode"].as_i64().expect("a code"),
            amount: data["amount"].as_i64().expect("an amount"),
            description: text(data, "description"),
            return_url: text(data, "returnUrl"),
            cancel_url: text(data, "cancelUrl"),
        };
        let signature = signed.signature(text(input, "checksum_key"));
        assert_eq!(
            signature,
            text(&vector["expected"], "signature"),
            "{}",
            vector["id"]
        );
    }
}

#[test]
fn payouts_are_signed_as_payos_signs_them() {
    for vector in vectors("payout_header_signature") {
        let input = &vector["input"];
        let body = input["body"].as_object().expect("an object");
        let signature = payout_signature(text(input, "checksum_key"), body);
        assert_eq!(
            signature,
            text(&vector["expected"], "x_signature"),
            "{}",
            vector["id"]
        );
    }
}

#[test]
fn a_webhook_is_believed_where_it_is_authentic_and_has_the_shape_of_one() {
    for vector in vectors("webhook_verify") {
        let (id, input) = (&vector["id"], &vector["input"]);
        let (key, body) = (text(input, "checksum_key"), text(input, "body"));
        let is_valid = vector["expected"]["valid"] == true;
        let authentic = serde_json::from_str::<Value>(body)
            .ok()
            .and_then(|v| v.as_object().map(|body| webhook::is_official(key, body)));
        assert_eq!(authentic.unwrap_or(false), is_valid, "{id}");

        let event = read_webhook(&with_key(&input["checksum_key"]), None, body.as_bytes());
        let rule = vector["our_rule"].as_str().unwrap_or_default();
        let is_accepted = is_valid && !rule.starts_with("reject");
        assert_eq!(event.is_ok(), is_accepted, "{id}: {event:?}");
        let Ok(event) = event else {
            assert_eq!(event, Err(WebhookRefusal::Signature));
            continue;
        };
        let body: Value = serde_json::from_str(body).expect("JSON");
        let data = &body["data"];
        assert_eq!(Some(event.order_code), data["orderCode"].as_i64(), "{id}");
        assert_eq!(
            peek_order_code(text(input, "body").as_bytes()),
            Some(event.order_code.to_string())
        );
        let link = text(data, "paymentLinkId");
        assert_eq!(
            event.key,
            format!("official:{link}:{}", text(data, "reference"))
        );
        match event.news {
            News::Money(seen) => {
                assert_eq!(Some(seen.amount), data["amount"].as_i64(), "{id}");
                assert_eq!(seen.currency, "VND");
                assert!(seen.at_ms.is_some(), "{id}");
            }
            News::Nothing => assert!(data["amount"] == 0 || text(data, "code") != "00", "{id}"),
            other => panic!("{id}: {other:?}"),
        }
    }
}

#[test]
fn a_header_is_believed_where_the_settings_say_so() {
    for vector in vectors("seed_x_signature") {
        let (id, input) = (&vector["id"], &vector["input"]);
        let (body, header) = (text(input, "body"), input["x_signature"].as_str());
        let seed =
            settings(&json!({"checksum_key": input["checksum_key"], "signature_mode": "seed"}));
        let event = read_webhook(&seed, header, body.as_bytes());
        assert_eq!(
            event.is_ok(),
            vector["expected"]["accept"] == true,
            "{id}: {event:?}"
        );
        if let Ok(event) = event {
            assert!(event.kind.starts_with(SEED));
            let is_right = match event.kind.as_str() {
                "seed:PAID" => matches!(event.news, News::Money(_)),
                _ => event.news == News::AskAgain,
            };
            assert!(is_right, "{id}: {event:?}");
        }
        let official = with_key(&input["checksum_key"]);
        assert!(
            read_webhook(&official, header, body.as_bytes()).is_err(),
            "{id}"
        );
    }
}

fn signed(key: &str, data: &Value) -> String {
    let data_members = data.as_object().expect("an object");
    let parts: std::collections::BTreeMap<_, _> = data_members.iter().collect();
    let text: Vec<String> = parts
        .iter()
        .map(|(n, v)| {
            format!(
                "{n}={}",
                v.as_str().map_or_else(|| v.to_string(), str::to_owned)
            )
        })
        .collect();
    let signature = crate::providers::digest::hmac_sha256(key, text.join("&").as_bytes());
    json!({"code": "00", "desc": "success", "success": true, "data": data, "signature": signature})
        .to_string()
}

fn money() -> Value {
    json!({
        "orderCode": 77, "amount": 50_000, "description": "CS1 GN", "accountNumber": "1",
        "reference": "FT1", "transactionDateTime": "2026-11-20 09:15:00", "currency": "VND",
        "paymentLinkId": "abc", "code": "00", "desc": "success"
    })
}

#[test]
fn where_both_forms_are_allowed_what_is_there_has_to_hold() {
    let both = settings(&json!({"checksum_key": "k", "signature_mode": "both"}));
    let body = signed("k", &money());
    let right = crate::providers::digest::hmac_sha256("k", body.as_bytes());
    let kind = |header: Option<&str>, body: &str| {
        read_webhook(&both, header, body.as_bytes()).map(|event| event.kind)
    };
    assert_eq!(kind(None, &body).as_deref(), Ok("official:00"));
    assert_eq!(kind(Some(&right), &body).as_deref(), Ok("official:00"));
    assert!(kind(Some(&"0".repeat(64)), &body).is_err());
    let seed =
        r#"{"orderCode":"77","status":"CANCELLED","transId":"T1","amount":0,"currency":"VND"}"#;
    let header = crate::providers::digest::hmac_sha256("k", seed.as_bytes());
    assert_eq!(kind(Some(&header), seed).as_deref(), Ok("seed:CANCELLED"));
    assert!(kind(None, seed).is_err());
}

#[test]
fn a_header_form_that_lacks_something_says_what() {
    let seed = settings(&json!({"checksum_key": "k", "signature_mode": "seed"}));
    let whole = json!({"orderCode": "77", "status": "PAID", "transId": "T1", "amount": 1, "currency": "VND"});
    for (name, bad) in [
        ("orderCode", json!("7x")),
        ("status", Value::Null),
        ("transId", json!("")),
        ("amount", json!("1")),
        ("amount", json!(1.5)),
        ("amount", json!(-1)),
        ("currency", json!(704)),
    ] {
        let mut body = whole.clone();
        body[name] = bad;
        let body = body.to_string();
        let header = crate::providers::digest::hmac_sha256("k", body.as_bytes());
        let refusal = read_webhook(&seed, Some(&header), body.as_bytes());
        assert_eq!(
            refusal,
            Err(WebhookRefusal::Shape(name.to_owned())),
            "{body}"
        );
    }
}

#[test]
fn a_key_that_was_replaced_still_holds_and_a_refused_payment_moves_nothing() {
    let first = with_key(&json!("first"));
    let second = with_key(&json!("second")).in_place_of(&first);
    for key in ["first", "second"] {
        assert!(read_webhook(&second, None, signed(key, &money()).as_bytes()).is_ok());
    }
    assert!(read_webhook(&second, None, signed("third", &money()).as_bytes()).is_err());
    let mut refused = money();
    refused["code"] = json!("01");
    let event = read_webhook(&first, None, signed("first", &refused).as_bytes()).expect("read");
    assert_eq!(
        (event.kind.as_str(), event.news),
        ("official:01", News::Nothing)
    );
    let mut dollars = money();
    dollars["currency"] = json!("USD");
    let event = read_webhook(&first, None, signed("first", &dollars).as_bytes()).expect("read");
    assert!(matches!(event.news, News::Money(seen) if seen.currency == "USD"));
    for (name, bad) in [
        ("amount", json!(-5)),
        ("orderCode", json!(0)),
        ("amount", json!(1.5)),
    ] {
        let mut odd = money();
        odd[name] = bad;
        assert!(
            read_webhook(&first, None, signed("first", &odd).as_bytes()).is_err(),
            "{name}"
        );
    }
}

#[test]
fn only_digits_are_peeked_at() {
    for (body, code) in [
        (r#"{"data":{"orderCode":77}}"#, Some("77")),
        (r#"{"orderCode":"77"}"#, Some("77")),
        (r#"{"orderCode":"7 7"}"#, None),
        (r#"{"orderCode":-7}"#, None),
        (r#"{"data":{"orderCode":7.5}}"#, None),
        (r#"{"data":{"orderCode":1,"orderCode":2}}"#, None),
        ("<html>", None),
    ] {
        assert_eq!(peek_order_code(body.as_bytes()).as_deref(), code, "{body}");
    }
    assert_eq!(peek_order_code(" ".repeat(70_000).as_bytes()), None);
}

fn answer(status: u16, body: &str) -> Answer {
    Answer {
        status,
        retry_after_s: 7,
        body: body.as_bytes().to_vec(),
    }
}

#[test]
fn answers_are_believed_by_their_signature() {
    for vector in vectors("response_signature") {
        let (id, input) = (&vector["id"], &vector["input"]);
        let client = PayOs::new(&with_key(&input["checksum_key"])).expect("a client");
        let data = client.data(&answer(200, text(input, "body")));
        let is_accepted = vector["expected"]["accepted"] == true && vector["our_rule"].is_null();
        assert_eq!(data.is_ok(), is_accepted, "{id}: {data:?}");
        if let Err(fault) = data {
            assert!(
                matches!(fault, ProviderFault::Unknown { .. }),
                "{id}: {fault:?}"
            );
        }
    }
}

#[test]
fn what_is_not_an_answer_is_unknown_and_what_is_a_no_is_a_no() {
    let client = PayOs::new(&with_key(&json!("k"))).expect("a client");
    let why = |status, body: &str| match client.data(&answer(status, body)) {
        Err(ProviderFault::Refused { why, .. }) => Some(why),
        Err(ProviderFault::Unknown { .. }) => None,
        other => panic!("{status} {body}: {other:?}"),
    };
    for (status, body, is) in [
        (
            200,
            r#"{"code":"231","desc":"x","data":null}"#,
            Some(Refusal::Repeated),
        ),
        (200, r#"{"code":"201"}"#, Some(Refusal::Settings)),
        (
            200,
            r#"{"code":"214","desc":"Cổng thanh toán không tồn tại"}"#,
            Some(Refusal::Settings),
        ),
        (200, r#"{"code":"20","desc":"x"}"#, Some(Refusal::Other)),
        (401, "<html>", Some(Refusal::Settings)),
        (403, "{}", Some(Refusal::Settings)),
        (404, "", Some(Refusal::Absent)),
        (400, r#"{"code":"20"}"#, Some(Refusal::Other)),
        (200, "<html>", None),
        (200, r#"{"code":"00","data":null}"#, None),
        (200, r#"{"code":"00","data":{"orderCode":1}}"#, None),
        (200, r#"{"code":231}"#, None),
        (302, "", None),
        (408, r#"{"code":"20"}"#, None),
        (500, r#"{"code":"20"}"#, None),
        (502, "<html>", None),
    ] {
        assert_eq!(why(status, body), is, "{status} {body}");
    }
    let busy = client.data(&answer(429, "{}"));
    assert!(matches!(
        busy,
        Err(ProviderFault::Busy {
            retry_after_s: 7,
            ..
        })
    ));
}

/// PayOS's own client asks again by itself; ours never does, so each script's first answer is all there is.
#[test]
fn scripts_of_retries_are_answered_by_their_first_answer() {
    for vector in vectors("client_retry") {
        let client = PayOs::new(&with_key(&json!("k"))).expect("a client");
        let first = &vector["input"]["responses"][0];
        let Some(status) = first["status"].as_u64() else {
            continue;
        };
        let answer = answer(
            u16::try_from(status).expect("a status"),
            text(first, "body"),
        );
        assert!(client.data(&answer).is_err(), "{}", vector["id"]);
    }
}

#[tokio::test]
async fn calls_are_on_the_wire_what_payos_documents() {
    for vector in vectors("client_wire") {
        let (input, expected) = (&vector["input"], &vector["expected"]);
        let server = wiremock::MockServer::start().await;
        let client = PayOs::new(&settings(&json!({
            "client_id": input["client_id"], "api_key": input["api_key"],
            "partner_code": input.get("partner_code").cloned().unwrap_or_default(),
            "checksum_key": input["checksum_key"], "base_url": server.uri(),
        })))
        .expect("a client");
        let args = &input["args"];
        match text(input, "call") {
            "paymentRequests.create" => drop(client.open(&order(args)).await),
            "paymentRequests.get" => drop(client.asked(args.as_i64().expect("a code")).await),
            "paymentRequests.cancel" => {
                let code = args[0].as_i64().expect("a code");
                drop(
                    client
                        .taken_back(code, args[1].as_str().unwrap_or_default())
                        .await,
                );
            }
            "webhooks.confirm" => drop(client.registered(args.as_str().expect("a text")).await),
            other => panic!("{other}"),
        }
        let sent = server.received_requests().await.expect("kept").remove(0);
        assert_eq!(sent.method.as_str(), text(expected, "method"));
        let path = text(expected, "url").trim_start_matches(BASE);
        assert_eq!(sent.url.path(), path);
        for (name, value) in expected["headers"].as_object().expect("headers") {
            let mut told = sent.headers.get_all(name.as_str()).iter();
            assert_eq!(
                told.next().and_then(|v| v.to_str().ok()),
                value.as_str(),
                "{name}"
            );
            assert!(told.next().is_none(), "{name} twice");
        }
        let mut wanted: Value = serde_json::from_str(text(expected, "body")).unwrap_or_default();
        // We say nothing of items: what is for sale is not PayOS's business.
        wanted
            .as_object_mut()
            .map(|members| members.remove("items"));
        let body: Value = serde_json::from_slice(&sent.body).unwrap_or_default();
        assert_eq!(body, wanted, "{}", vector["id"]);
    }
}

fn order(args: &Value) -> Order {
    Order {
        order_code: args["orderCode"].as_i64().expect("a code"),
        payment_code: text(args, "description").to_owned(),
        amount: args["amount"].as_i64().expect("an amount"),
        description: "what the shop says".to_owned(),
        return_url: text(args, "returnUrl").to_owned(),
        cancel_url: text(args, "cancelUrl").to_owned(),
        notify_url: String::new(),
        created_ms: 1_789_000_000_000,
        expires_ms: args["expiredAt"].as_i64().expect("a time") * 1_000,
        payer_ip: [127, 0, 0, 1].into(),
        payer: Payer {
            name: text(args, "buyerName").to_owned(),
            ..Payer::default()
        },
        wallet_agent: None,
        wants_qr: true,
        is_english: false,
    }
}
