use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::tests::{settings, text, vectors, with_key};
use super::*;
use crate::providers::digest::hmac_sha256;

#[test]
fn a_webhook_is_believed_where_it_is_authentic_and_has_the_shape_of_one() {
    for vector in vectors("webhook_verify") {
        let (id, input) = (&vector["id"], &vector["input"]);
        let (key, body) = (text(input, "checksum_key"), text(input, "body"));
        let is_valid = vector["expected"]["valid"] == true;
        let authentic = serde_json::from_str::<Value>(body)
            .ok()
            .and_then(|v| v.as_object().map(|body| is_official(key, body)));
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
    let signature = hmac_sha256(key, text.join("&").as_bytes());
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
    let right = hmac_sha256("k", body.as_bytes());
    let kind = |header: Option<&str>, body: &str| {
        read_webhook(&both, header, body.as_bytes()).map(|event| event.kind)
    };
    assert_eq!(kind(None, &body).as_deref(), Ok("official:00"));
    assert_eq!(kind(Some(&right), &body).as_deref(), Ok("official:00"));
    assert!(kind(Some(&"0".repeat(64)), &body).is_err());
    let seed =
        r#"{"orderCode":"77","status":"CANCELLED","transId":"T1","amount":0,"currency":"VND"}"#;
    let header = hmac_sha256("k", seed.as_bytes());
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
        let header = hmac_sha256("k", body.as_bytes());
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

proptest! {
    /// Whatever one byte of a genuine webhook becomes, it says what it said, or nothing.
    #[test]
    fn a_byte_that_is_changed_changes_nothing_that_is_believed(at in 0_usize..400, byte: u8) {
        let settings = with_key(&json!("k"));
        let mut body = signed("k", &money()).into_bytes();
        let genuine = read_webhook(&settings, None, &body).expect("believed");
        let at = at % body.len();
        body[at] = byte;
        let _ = peek_order_code(&body);
        if let Ok(event) = read_webhook(&settings, None, &body) {
            prop_assert_eq!(event, genuine);
        }
    }
}
