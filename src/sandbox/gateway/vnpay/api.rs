//! Questions about orders, and refunds.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use super::super::Gateway;
use super::super::keys::hash_secret;
use super::super::reply::{GatewayReply, answered, answered_under, plain};
use super::super::scenario::GatewayFaultAction;
use super::super::sign;
use super::super::time::now_ms;
use super::super::truth::{GatewayRefund, GatewayTransfer};
use super::super::world::GatewayWorld;
use super::{VnPayOrder, is_terminal};

/// A value as it is signed.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

fn piped(of: &Value, names: &[&str]) -> String {
    names
        .iter()
        .map(|name| text(&of[*name]))
        .collect::<Vec<_>>()
        .join("|")
}

pub async fn transact(State(gateway): State<Gateway>, body: Bytes) -> Response {
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let order_code = text(&asked["vnp_TxnRef"]).parse().ok();
    match asked["vnp_Command"].as_str() {
        Some("querydr") => {
            answered(&gateway, "vnpay.query", order_code, |world| {
                query(world, &asked)
            })
            .await
        }
        Some("refund") => {
            let fault = gateway.world().called("vnpay.refund", order_code);
            match fault {
                // A no of its own is signed like any other answer.
                Some(GatewayFaultAction::Refuse { code, .. }) => {
                    plain(refund(&mut gateway.world(), &asked, Some(&code)))
                }
                fault => {
                    let work = |world: &mut GatewayWorld| refund(world, &asked, None);
                    answered_under(fault, &gateway, work).await
                }
            }
        }
        _ => {
            let no = |_: &mut GatewayWorld| {
                (
                    200,
                    json!({"vnp_ResponseCode": "03", "vnp_Message": "Invalid format"}),
                )
            };
            answered(&gateway, "vnpay.query", order_code, no).await
        }
    }
}

/// The code of what is wrong with a request.
fn wrong(asked: &Value, names: &[&str]) -> Option<&'static str> {
    let tmn_code = text(&asked["vnp_TmnCode"]);
    let digest = text(&asked["vnp_SecureHash"]);
    if !is_terminal(&tmn_code) {
        Some("02")
    } else if sign::hmac_sha512(&hash_secret(&tmn_code), &piped(asked, names)) != digest {
        Some("97")
    } else {
        None
    }
}

fn found<'a>(world: &'a mut GatewayWorld, asked: &Value) -> Option<&'a mut VnPayOrder> {
    let place = (text(&asked["vnp_TmnCode"]), text(&asked["vnp_TxnRef"]));
    let order = world.vnpay.get_mut(&place);
    order.filter(|order| order.created == text(&asked["vnp_TransactionDate"]))
}

fn query(world: &mut GatewayWorld, asked: &Value) -> GatewayReply {
    const SIGNED: [&str; 9] = [
        "vnp_RequestId",
        "vnp_Version",
        "vnp_Command",
        "vnp_TmnCode",
        "vnp_TxnRef",
        "vnp_TransactionDate",
        "vnp_CreateDate",
        "vnp_IpAddr",
        "vnp_OrderInfo",
    ];
    if let Some(code) = wrong(asked, &SIGNED) {
        return (
            200,
            json!({"vnp_ResponseCode": code, "vnp_Message": "Error"}),
        );
    }
    let mut answer = json!({
        "vnp_ResponseId": "",
        "vnp_Command": "querydr",
        "vnp_ResponseCode": "91",
        "vnp_Message": "Khong tim thay giao dich",
        "vnp_TmnCode": asked["vnp_TmnCode"],
        "vnp_TxnRef": asked["vnp_TxnRef"],
    });
    if let Some(order) = found(world, asked) {
        answer["vnp_ResponseCode"] = json!("00");
        answer["vnp_Message"] = json!("QueryDR Success");
        answer["vnp_Amount"] = json!(order.amount.to_string());
        answer["vnp_BankCode"] = json!("NCB");
        answer["vnp_PayDate"] = json!(order.pay_date);
        answer["vnp_TransactionNo"] = json!(order.number.unwrap_or_default().to_string());
        answer["vnp_TransactionType"] = json!("01");
        answer["vnp_TransactionStatus"] = json!(order.status);
        answer["vnp_OrderInfo"] = json!(order.info);
    }
    signed(world, answer, &["vnp_PromotionCode", "vnp_PromotionAmount"])
}

fn signed(world: &mut GatewayWorld, mut answer: Value, more: &[&str]) -> GatewayReply {
    const SIGNED: [&str; 13] = [
        "vnp_ResponseId",
        "vnp_Command",
        "vnp_ResponseCode",
        "vnp_Message",
        "vnp_TmnCode",
        "vnp_TxnRef",
        "vnp_Amount",
        "vnp_BankCode",
        "vnp_PayDate",
        "vnp_TransactionNo",
        "vnp_TransactionType",
        "vnp_TransactionStatus",
        "vnp_OrderInfo",
    ];
    let number = world.number();
    answer["vnp_ResponseId"] = json!(format!("{number:032x}"));
    let covered = piped(&answer, &[&SIGNED[..], more].concat());
    let secret = hash_secret(&text(&answer["vnp_TmnCode"]));
    answer["vnp_SecureHash"] = json!(sign::hmac_sha512(&secret, &covered));
    (200, answer)
}

fn refund(world: &mut GatewayWorld, asked: &Value, no: Option<&str>) -> GatewayReply {
    const SIGNED: [&str; 13] = [
        "vnp_RequestId",
        "vnp_Version",
        "vnp_Command",
        "vnp_TmnCode",
        "vnp_TransactionType",
        "vnp_TxnRef",
        "vnp_Amount",
        "vnp_TransactionNo",
        "vnp_TransactionDate",
        "vnp_CreateBy",
        "vnp_CreateDate",
        "vnp_IpAddr",
        "vnp_OrderInfo",
    ];
    if let Some(code) = wrong(asked, &SIGNED) {
        return (
            200,
            json!({"vnp_ResponseCode": code, "vnp_Message": "Error"}),
        );
    }
    let number = 15_000_000 + world.number();
    let (code, transfer) = refunded(world, asked, number, no);
    world.refunds.push(GatewayRefund {
        order_code: text(&asked["vnp_TxnRef"]).parse().unwrap_or_default(),
        id: text(&asked["vnp_RequestId"]),
        transaction: text(&asked["vnp_TransactionNo"]),
        amount: text(&asked["vnp_Amount"])
            .parse::<i64>()
            .unwrap_or_default()
            / 100,
        code: code.clone(),
    });
    let is_done = transfer.is_some();
    if let Some(transfer) = transfer {
        world.moved(transfer);
    }
    let answer = json!({
        "vnp_Command": "refund",
        "vnp_ResponseCode": code,
        "vnp_Message": if is_done { "Refund Success" } else { "Refund refused" },
        "vnp_TmnCode": asked["vnp_TmnCode"],
        "vnp_TxnRef": asked["vnp_TxnRef"],
        "vnp_Amount": text(&asked["vnp_Amount"]),
        "vnp_BankCode": "NCB",
        "vnp_TransactionNo": if is_done { number.to_string() } else { String::new() },
        "vnp_TransactionType": asked["vnp_TransactionType"],
        "vnp_TransactionStatus": if is_done { "05" } else { "" },
        "vnp_OrderInfo": asked["vnp_OrderInfo"],
    });
    signed(world, answer, &[])
}

/// The code of a refund, and the money that went back.
fn refunded(
    world: &mut GatewayWorld,
    asked: &Value,
    number: u64,
    no: Option<&str>,
) -> (String, Option<GatewayTransfer>) {
    let amount: i64 = text(&asked["vnp_Amount"]).parse().unwrap_or_default();
    let id = text(&asked["vnp_RequestId"]);
    let Some(order) = found(world, asked) else {
        return ("91".to_owned(), None);
    };
    let is_known = order.refund_ids.contains(&id);
    order.refund_ids.push(id);
    let is_whole = asked["vnp_TransactionType"] == "02";
    let transaction = text(&asked["vnp_TransactionNo"]);
    let whole = order.amount;
    let mut paid = order.paid.iter_mut();
    let paid = paid.find(|(number, _)| number.to_string() == transaction);
    let Some((_, left)) = paid else {
        return ("95".to_owned(), None);
    };
    if let Some(code) = no {
        (code.to_owned(), None)
    } else if is_known {
        ("94".to_owned(), None)
    } else if amount <= 0 || amount > *left || (is_whole && amount != whole) {
        ("93".to_owned(), None)
    } else {
        *left -= amount;
        let transfer = GatewayTransfer {
            provider: "vnpay",
            order_code: order.order_code(),
            reference: number.to_string(),
            amount: -(amount / 100),
            currency: "VND".to_owned(),
            at_ms: now_ms(),
        };
        ("00".to_owned(), Some(transfer))
    }
}
