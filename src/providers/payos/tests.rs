use serde_json::Value;

use super::sign::{CreateText, payout_signature};
use super::*;
use crate::providers::http::HttpAnswer;
use crate::providers::{Channel, Payer};

const VECTORS: &str = include_str!("../../../tests/vectors/payments/payos.json");

pub(super) fn vectors(kind: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(VECTORS).expect("JSON");
    let all = all["vectors"].as_array().expect("a list");
    let of_kind: Vec<Value> = all.iter().filter(|v| v["kind"] == kind).cloned().collect();
    assert!(!of_kind.is_empty(), "{kind}");
    of_kind
}

pub(super) fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or_default()
}

pub(super) fn settings(members: &Value) -> Settings {
    let mut all = json!({"client_id": "c", "api_key": "a", "base_url": "http://127.0.0.1:9"});
    for (name, value) in members.as_object().expect("an object") {
        all[name] = value.clone();
    }
    Settings::read(Channel::PayOs, &all.to_string()).expect("settings")
}

pub(super) fn with_key(key: &Value) -> Settings {
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

fn answer(status: u16, body: &str) -> HttpAnswer {
    HttpAnswer {
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
            Some(ProviderRefusal::Repeated),
        ),
        (200, r#"{"code":"201"}"#, Some(ProviderRefusal::Settings)),
        (
            200,
            r#"{"code":"214","desc":"Cổng thanh toán không tồn tại"}"#,
            Some(ProviderRefusal::Settings),
        ),
        (
            200,
            r#"{"code":"20","desc":"x"}"#,
            Some(ProviderRefusal::Other),
        ),
        (401, "{}", Some(ProviderRefusal::Settings)),
        (401, "<html>", None),
        (403, "{}", Some(ProviderRefusal::Settings)),
        (403, "<html>", None),
        (404, "{}", Some(ProviderRefusal::Absent)),
        (404, "", None),
        (400, r#"{"code":"20"}"#, Some(ProviderRefusal::Other)),
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
