use serde_json::Value;

use super::notice::Pairs;
use super::sign::value_text;
use super::*;
use crate::domain::payment::End;
use crate::providers::{Channel, News, Payer, ToldStanding, WebhookRefusal};

const VECTORS: &str = include_str!("../../../tests/vectors/payments/vnpay.json");

fn vectors(kind: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(VECTORS).expect("JSON");
    let all = all["vectors"].as_array().expect("a list");
    let of_kind: Vec<Value> = all.iter().filter(|v| v["kind"] == kind).cloned().collect();
    assert!(!of_kind.is_empty(), "{kind}");
    of_kind
}

fn settings(config: &Value) -> Settings {
    Settings::read(Channel::VnPay, &config.to_string()).expect("settings")
}

fn text(value: &Value) -> String {
    value_text(Some(value)).expect("a text or a number")
}

#[test]
fn addresses_are_signed_as_vnpay_signs_them() {
    for (kind, command) in [("payment_url", "pay"), ("genqr_url", "genqr")] {
        for vector in vectors(kind) {
            let input = &vector["input"];
            let secret = Secret::of(&settings(&input["config"]));
            let mut parameters = vec![
                ("vnp_Version", VERSION.to_owned()),
                ("vnp_Command", command.to_owned()),
                ("vnp_TmnCode", text(&input["config"]["tmn_code"])),
                ("vnp_CurrCode", "VND".to_owned()),
            ];
            let order = input["order"].as_object().expect("an order");
            for (name, value) in [("vnp_OrderType", "other"), ("vnp_Locale", "vn")] {
                if !order.contains_key(name) {
                    parameters.push((name, value.to_owned()));
                }
            }
            for (name, value) in order {
                let is_amount = name == "vnp_Amount";
                let value = if is_amount {
                    hundredths(value.as_i64().expect("an amount")).to_string()
                } else {
                    text(value)
                };
                parameters.push((name.as_str(), value));
            }
            let url = format!("{PAY_URL}?{}", signed_query(&secret, &parameters));
            assert_eq!(url, text(&vector["expected"]["url"]), "{}", vector["id"]);
        }
    }
}

#[test]
fn questions_and_refunds_are_signed_as_vnpay_signs_them() {
    for (kind, names) in [("querydr_request", QUERY), ("refund_request", REFUND)] {
        for vector in vectors(kind) {
            let (id, input) = (&vector["id"], &vector["input"]);
            let secret = Secret::of(&settings(&input["config"]));
            let mut body = vector["expected"]["body"]
                .as_object()
                .expect("a body")
                .clone();
            let signature = text(&body.remove("vnp_SecureHash").expect("a signature"));
            if vector["tier"] == "edge" {
                // A bar inside a value shifts what follows: it is not signed.
                assert_eq!(piped(names, &body), None, "{id}");
                continue;
            }
            let signed = piped(names, &body).expect("no bars");
            assert_eq!(signed, text(&vector["expected"]["sign_data"]), "{id}");
            sign(&secret, names, &mut body);
            assert_eq!(text(&body["vnp_SecureHash"]), signature, "{id}");
        }
    }
}

#[test]
fn answers_are_believed_by_their_signature() {
    for vector in vectors("querydr_response") {
        let (id, input) = (&vector["id"], &vector["input"]);
        let client = VnPay::new(&settings(&input["config"])).expect("a client");
        let raw = input["answer"].to_string();
        let answer = HttpAnswer {
            status: 200,
            retry_after_s: 1,
            body: raw.clone().into_bytes(),
        };
        let members = signed(&client.http, &client.secret, &answer, false);
        assert_eq!(
            members.is_ok(),
            vector["expected"]["verified"] == true,
            "{id}"
        );
        let Ok(members) = members else { continue };
        let reference = text(&members["vnp_TxnRef"]);
        let told = told(&client.http, &members, &reference, &raw).expect("told");
        let code = text(&members["vnp_ResponseCode"]);
        let status = text(&members["vnp_TransactionStatus"]);
        let is_right = match (code.as_str(), status.as_str()) {
            ("91", _) => told.standing == ToldStanding::Absent,
            (_, "00") => {
                told.transfers[0].reference == text(&members["vnp_TransactionNo"])
                    && told.standing == ToldStanding::Paid
            }
            (_, "01") => told.standing == ToldStanding::Open,
            (_, "02") => told.standing == ToldStanding::Ended(End::Failed),
            _ => true,
        };
        assert!(is_right, "{id}: {told:?}");
    }
}

#[test]
fn notices_are_believed_by_their_signature() {
    for vector in vectors("ipn_verify") {
        let (id, input) = (&vector["id"], &vector["input"]);
        let (settings, query) = (settings(&input["config"]), text(&input["query"]));
        let notice = read_notice(&settings, &query);
        let is_verified = vector["expected"]["verified"] == true;
        assert_eq!(notice.is_ok(), is_verified, "{id}: {notice:?}");
        let Ok(notice) = notice else {
            assert_eq!(notice, Err(WebhookRefusal::Signature));
            continue;
        };
        let (terminal, reference) = peek(&query).expect("peeked");
        assert_eq!(Some(terminal.as_str()), settings.text("tmn_code"));
        assert!(query.contains(&reference));
        let amount = vector["expected"]["amount_vnd"]
            .as_i64()
            .expect("an amount");
        assert_eq!(notice.amount_hundredths, amount * 100, "{id}");
        assert_eq!(
            notice.event.order_code, 0,
            "{id}: no order of ours has letters"
        );
        let is_money = matches!(&notice.event.news, News::Money(seen) if seen.amount == amount);
        assert_eq!(is_money, vector["expected"]["success"] == true, "{id}");
    }
}

const TERMINAL: &str = r#"{"tmn_code":"GACHNO01","hash_secret":"a secret"}"#;

fn terminal() -> VnPay {
    VnPay::new(&Settings::read(Channel::VnPay, TERMINAL).expect("settings")).expect("a client")
}

fn notice(code: &str, status: &str) -> News {
    let settings = Settings::read(Channel::VnPay, TERMINAL).expect("settings");
    let query = signed_query(
        &Secret::of(&settings),
        &[
            ("vnp_TmnCode", "GACHNO01".to_owned()),
            ("vnp_Amount", "5000000".to_owned()),
            ("vnp_TxnRef", "123".to_owned()),
            ("vnp_TransactionNo", "777".to_owned()),
            ("vnp_ResponseCode", code.to_owned()),
            ("vnp_TransactionStatus", status.to_owned()),
        ],
    );
    let notice = read_notice(&settings, &format!("t=1&{query}")).expect("read");
    assert_eq!(notice.event.order_code, 123);
    assert_eq!(notice.event.key, format!("123:777:{code}:{status}"));
    notice.event.news
}

#[test]
fn paid_is_said_twice() {
    assert!(matches!(notice("00", "00"), News::Money(seen) if seen.reference == "777"));
    assert_eq!(notice("24", "02"), News::Ended(End::Cancelled));
    assert_eq!(notice("07", "00"), News::Suspect);
    assert_eq!(notice("07", "07"), News::Suspect);
    assert_eq!(notice("11", "02"), News::Ended(End::Failed));
    assert_eq!(notice("00", "02"), News::Ended(End::Failed));
    assert_eq!(notice("00", "01"), News::AskAgain);
    assert_eq!(notice("00", ""), News::AskAgain);
    assert_eq!(notice("99", "00"), News::AskAgain);
}

#[test]
fn a_query_is_refused_where_it_can_be_read_in_two_ways() {
    let secret = Secret::of(&Settings::read(Channel::VnPay, TERMINAL).expect("settings"));
    let kept = "vnp_Amount=100&vnp_BankTranNo=&vnp_TmnCode=GACHNO01";
    let query = format!("{kept}&vnp_SecureHash={}", secret.sign(kept).to_uppercase());
    assert!(
        Pairs::of(&query).expect("pairs").hold(&secret),
        "empty ones are signed by some"
    );
    let lower = "vnp_A=%c3%a9&vnp_TmnCode=GACHNO01";
    let digest = secret.sign(&lower.replace("%c3%a9", "%C3%A9"));
    let query = format!("{lower}&vnp_SecureHash={digest}");
    assert!(
        Pairs::of(&query).expect("pairs").hold(&secret),
        "written anew"
    );
    for twice in [
        format!("{query}&vnp_A=2"),
        format!("{query}&vnp_SecureHash={digest}"),
        kept.to_owned(),
        "x".repeat(10_000),
    ] {
        assert!(Pairs::of(&twice).is_none(), "{twice}");
    }
}

fn order() -> Order {
    Order {
        order_code: 2_180_000_000_001,
        payment_code: "GN7K2M9QX".to_owned(),
        amount: 50_000,
        description: "Tiền điện | tháng 11".to_owned(),
        return_url: "https://shop.example/payment/return?t=x".to_owned(),
        cancel_url: String::new(),
        notify_url: String::new(),
        created_ms: 1_795_658_400_000,
        expires_ms: 1_795_659_300_000,
        payer_ip: [10, 0, 0, 1].into(),
        payer: Payer::default(),
        wallet_agent: None,
        wants_qr: false,
        is_english: true,
    }
}

#[tokio::test]
async fn the_page_is_opened_without_a_call() {
    let link = terminal().open(&order()).await.expect("a link");
    let url = Url::parse(&link.checkout_url.expect("an address")).expect("an address");
    let of = |name: &str| {
        url.query_pairs()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.into_owned())
    };
    for (name, is) in [
        ("vnp_Amount", "5000000"),
        ("vnp_CreateDate", "20261126090000"),
        ("vnp_ExpireDate", "20261126091500"),
        ("vnp_OrderInfo", "GN7K2M9QX Tien dien thang 11"),
        ("vnp_Locale", "en"),
        ("vnp_TxnRef", "2180000000001"),
    ] {
        assert_eq!(of(name).as_deref(), Some(is), "{name}");
    }
    assert_eq!(link.qr_text, None);
    assert_eq!(answer::moment("20261126090000"), Some(order().created_ms));
}

#[test]
fn a_refund_keeps_its_id() {
    let client = terminal();
    let refund = |id: &str, is_whole| {
        let order = OrderRef {
            order_code: 1,
            payment_code: "GN7K2M9QX".to_owned(),
            amount: 50_000,
            created_ms: order().created_ms,
            now_ms: order().expires_ms,
            link_id: None,
            ip: [127, 0, 0, 1].into(),
        };
        client.refund_body(&RefundOrder {
            order,
            id: id.to_owned(),
            amount: 50_000,
            is_whole,
            reference: "777".to_owned(),
            by: "an.nguyen".to_owned(),
            reason: "trả lại".to_owned(),
        })
    };
    let (one, same) = (refund("refund-1", true), refund("refund-1", true));
    assert_eq!(one["vnp_RequestId"], same["vnp_RequestId"]);
    assert_eq!(text(&one["vnp_RequestId"]).len(), 32);
    assert_eq!(refund("R1", true)["vnp_RequestId"], "R1");
    assert_eq!(one["vnp_TransactionType"], "02");
    assert_eq!(refund("R1", false)["vnp_TransactionType"], "03");
    assert_eq!(one["vnp_Amount"], 5_000_000);
}
