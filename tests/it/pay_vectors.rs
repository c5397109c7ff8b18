//! Every vector of VNPay through HTTP: notices as VNPay sends them, and a VNPay of the test's own that reads the
//! server's questions and refunds and answers as the vectors do. How they are signed is held against the vectors
//! first.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use gachno::providers::Channel;
use gachno::store::payments::{Fact, SeenMoney};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sha2::{Sha256, Sha512};

use crate::database::{Base, Which, on_both};
use crate::pay::PayShop;
use crate::pay_providers::begin;

const QUERY: &str =
    "RequestId Version Command TmnCode TxnRef TransactionDate CreateDate IpAddr OrderInfo";
const REFUND: &str = "RequestId Version Command TmnCode TransactionType TxnRef Amount TransactionNo TransactionDate CreateBy CreateDate IpAddr OrderInfo";
const ANSWER: &str = "ResponseId Command ResponseCode Message TmnCode TxnRef Amount BankCode PayDate TransactionNo TransactionType TransactionStatus OrderInfo PromotionCode PromotionAmount";
const REFUND_ANSWER: &str = "ResponseId Command ResponseCode Message TmnCode TxnRef Amount BankCode PayDate TransactionNo TransactionType TransactionStatus OrderInfo";

fn vectors(kind: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../vectors/payments/vnpay.json")).unwrap();
    let all = all["vectors"].as_array().unwrap().iter();
    let of_kind: Vec<Value> = all.filter(|v| v["kind"] == kind).cloned().collect();
    assert!(!of_kind.is_empty(), "{kind}");
    of_kind
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// VNPay's signature over these members, by a terminal's key.
fn signature(config: &Value, names: &str, members: &Value) -> String {
    let values = names
        .split(' ')
        .map(|name| text(&members[format!("vnp_{name}")]));
    let signed = values.collect::<Vec<_>>().join("|");
    let key = text(&config["hash_secret"]);
    if config["hash_algorithm"] == "SHA256" {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
        mac.update(signed.as_bytes());
        hex(&mac.finalize().into_bytes())
    } else {
        let mut mac = Hmac::<Sha512>::new_from_slice(key.as_bytes()).unwrap();
        mac.update(signed.as_bytes());
        hex(&mac.finalize().into_bytes())
    }
}

/// A VNPay: what it was asked, and what it answers next.
#[derive(Clone, Default)]
struct VnPay {
    asked: Arc<Mutex<Vec<Value>>>,
    answer: Arc<Mutex<Option<Value>>>,
}

impl VnPay {
    /// Starts it; says where it listens.
    async fn listen(&self) -> String {
        async fn transact(State(vnpay): State<VnPay>, body: String) -> String {
            vnpay
                .asked
                .lock()
                .unwrap()
                .push(serde_json::from_str(&body).unwrap());
            let answer = vnpay.answer.lock().unwrap().clone();
            answer.unwrap_or_default().to_string()
        }
        let routes = Router::new()
            .route("/merchant_webapi/api/transaction", post(transact))
            .with_state(self.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        format!("http://{address}")
    }

    fn answers(&self, answer: Value) {
        *self.answer.lock().unwrap() = Some(answer);
    }

    fn last(&self) -> Value {
        self.asked
            .lock()
            .unwrap()
            .last()
            .cloned()
            .expect("it was asked")
    }
}

/// The server takes this terminal's payments, at that VNPay.
async fn terminal(shop: &PayShop, config: &Value, vnpay: &str) {
    let mut settings = config.clone();
    settings["pay_url"] = json!(format!("{vnpay}/paymentv2/vpcpay.html"));
    settings["api_url"] = json!(format!("{vnpay}/merchant_webapi/api/transaction"));
    shop.provider(1, Channel::VnPay, settings).await;
}

fn names(members: &Value) -> Vec<&String> {
    let mut names: Vec<&String> = members.as_object().unwrap().keys().collect();
    names.sort();
    names
}

on_both! {
async fn every_vector_of_a_notice_is_answered_as_it_should_be(base: &Base) {
    let shop = PayShop::open(base).await;
    let mut sha256 = 0;
    for vector in vectors("ipn_verify") {
        let (id, input) = (&vector["id"], &vector["input"]);
        terminal(&shop, &input["config"], "http://127.0.0.1:9").await;
        let path = format!("/payment/vnpay/ipn?{}", text(&input["query"]));
        let (status, answer) = shop.call("GET", &path, None, None).await;
        // Whoever signed it rightly speaks of an order that nobody here has.
        let code = if vector["expected"]["verified"] == true { "01" } else { "97" };
        assert_eq!((status, &answer["RspCode"]), (StatusCode::OK, &json!(code)), "{id}: {answer}");
        sha256 += i32::from(input["config"]["hash_algorithm"] == "SHA256");
    }
    assert_eq!(sha256, 1, "a terminal that signs by SHA256 is among them");
    assert_eq!(shop.books().await["transfers"], json!(0));
}
}

on_both! {
async fn every_vector_of_a_question_is_asked_as_vnpay_signs_it(base: &Base) {
    let shop = PayShop::usual(base).await;
    let vnpay = VnPay::default();
    let address = vnpay.listen().await;
    for vector in vectors("querydr_request") {
        let (id, config, expected) = (&vector["id"], &vector["input"]["config"], &vector["expected"]["body"]);
        assert_eq!(signature(config, QUERY, expected), text(&expected["vnp_SecureHash"]), "{id}");
        terminal(&shop, config, &address).await;
        let (payment, code, _) = begin(&shop, 70_000, "vnpay").await;
        shop.get(&format!("/payment/refresh-status/{payment}")).await;
        let asked = vnpay.last();
        assert_eq!(asked["vnp_TxnRef"], json!(code.to_string()), "{id}");
        assert_eq!(text(&asked["vnp_SecureHash"]), signature(config, QUERY, &asked), "{id}: {asked}");
        for name in names(&asked) {
            // What is not known before the money came is left out, and never signed.
            assert!(expected.get(name).is_some(), "{id}: {name}");
        }
        for name in ["vnp_Version", "vnp_Command", "vnp_TmnCode"] {
            assert_eq!(asked[name], expected[name], "{id}");
        }
        assert!(!text(&asked["vnp_OrderInfo"]).contains('|'), "{id}: a bar would shift what follows");
    }
}
}

on_both! {
async fn every_vector_of_an_answer_is_believed_by_its_signature(base: &Base) {
    let shop = PayShop::usual(base).await;
    let vnpay = VnPay::default();
    let address = vnpay.listen().await;
    for vector in vectors("querydr_response") {
        let (id, input) = (&vector["id"], &vector["input"]);
        let (config, told) = (&input["config"], &input["answer"]);
        let is_verified = vector["expected"]["verified"] == true;
        assert_eq!(signature(config, ANSWER, told) == text(&told["vnp_SecureHash"]), is_verified, "{id}");
        terminal(&shop, config, &address).await;
        let (payment, code, _) = begin(&shop, 70_000, "vnpay").await;
        let refresh = format!("/payment/refresh-status/{payment}");
        // As it stands it is about an order of somebody else.
        vnpay.answers(told.clone());
        shop.get(&refresh).await;
        assert_eq!(shop.payment(payment).await["state"], json!("pending"), "{id}");
        // The same about ours.
        let mut ours = told.clone();
        ours["vnp_TxnRef"] = json!(code.to_string());
        ours["vnp_Amount"] = json!("7000000");
        if is_verified {
            ours["vnp_SecureHash"] = json!(signature(config, ANSWER, &ours));
        }
        vnpay.answers(ours);
        shop.pass(6_000);
        shop.get(&refresh).await;
        let state = match (is_verified, told["vnp_ResponseCode"].as_str(), told["vnp_TransactionStatus"].as_str()) {
            (true, Some("00"), Some("00")) => "paid",
            (true, Some("00"), Some("02")) => "failed",
            _ => "pending",
        };
        assert_eq!(shop.payment(payment).await["state"], json!(state), "{id}");
    }
    shop.books().await;
}
}

on_both! {
async fn every_vector_of_a_refund_is_ordered_as_vnpay_signs_it(base: &Base) {
    let shop = PayShop::usual(base).await;
    let vnpay = VnPay::default();
    let address = vnpay.listen().await;
    for vector in vectors("refund_request") {
        let (id, input, expected) = (&vector["id"], &vector["input"], &vector["expected"]["body"]);
        let config = &input["config"];
        assert_eq!(signature(config, REFUND, expected), text(&expected["vnp_SecureHash"]), "{id}");
        terminal(&shop, config, &address).await;
        let amount = input["refund"]["vnp_Amount"].as_i64().unwrap();
        let is_whole = expected["vnp_TransactionType"] == "02";
        let paid = if is_whole { amount } else { amount + 10_000 };
        let (payment, code, _) = begin(&shop, paid, "vnpay").await;
        let number = text(&expected["vnp_TransactionNo"]);
        let money = SeenMoney { reference: number.clone(), amount: paid, currency: "VND".to_owned(), at_ms: None, method: None };
        shop.hear(payment, "paid", Fact::Money(money)).await;
        let mut answer = json!({
            "vnp_ResponseId": "1", "vnp_Command": "refund", "vnp_ResponseCode": "00", "vnp_Message": "Refund success",
            "vnp_TmnCode": config["tmn_code"], "vnp_TxnRef": code.to_string(), "vnp_Amount": (amount * 100).to_string(),
            "vnp_BankCode": "NCB", "vnp_PayDate": "20261126100000", "vnp_TransactionNo": format!("9{number}"),
            "vnp_TransactionType": expected["vnp_TransactionType"], "vnp_TransactionStatus": "05", "vnp_OrderInfo": "Hoan tien",
        });
        answer["vnp_SecureHash"] = json!(signature(config, REFUND_ANSWER, &answer));
        vnpay.answers(answer);
        let decision = json!({ "decision": "refund", "reason": "trả phòng", "amount": amount });
        let (status, back) = shop.post(&format!("/api/payments/{payment}/decide"), decision).await;
        assert_eq!(status, StatusCode::OK, "{id}: {back}");
        assert_eq!(back["received"], json!(paid - amount), "{id}: {back}");
        let ordered = vnpay.last();
        assert_eq!(text(&ordered["vnp_SecureHash"]), signature(config, REFUND, &ordered), "{id}: {ordered}");
        assert_eq!(names(&ordered), names(expected), "{id}");
        for name in ["vnp_Version", "vnp_Command", "vnp_TmnCode", "vnp_TransactionType"] {
            assert_eq!(ordered[name], expected[name], "{id}");
        }
        for name in ["vnp_Amount", "vnp_TransactionNo"] {
            assert_eq!(text(&ordered[name]), text(&expected[name]), "{id}");
        }
    }
    shop.books().await;
}
}
