//! VNPay's page, and the QR that a merchant draws by itself.

use std::collections::{BTreeMap, HashMap};

use axum::extract::{Form, Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use super::super::Gateway;
use super::super::keys::hash_secret;
use super::super::page::{button, dong, list, page};
use super::super::reply::{GatewayReply, answered};
use super::super::sign;
use super::super::world::GatewayWorld;
use super::{VnPayOrder, is_terminal};

/// The parameters of a query whose digest holds.
fn verified(query: &str) -> Result<BTreeMap<String, String>, &'static str> {
    let (covered, digest) = query.split_once("&vnp_SecureHash=").ok_or("97")?;
    let parameters: BTreeMap<String, String> = url::form_urlencoded::parse(covered.as_bytes())
        .into_owned()
        .collect();
    let tmn_code = parameters.get("vnp_TmnCode").map_or("", String::as_str);
    if !is_terminal(tmn_code) {
        return Err("02");
    }
    let mut pairs: Vec<&str> = covered.split('&').collect();
    pairs.sort_unstable();
    let is_right = sign::hmac_sha512(&hash_secret(tmn_code), &pairs.join("&")) == digest;
    is_right.then_some(parameters).ok_or("97")
}

/// An order as it is asked for; the code of what is wrong with it, else.
fn order(parameters: &BTreeMap<String, String>) -> Result<VnPayOrder, &'static str> {
    let of = |name: &str| parameters.get(name).cloned().unwrap_or_default();
    let is_stamp = |text: &str| text.len() == 14 && text.bytes().all(|b| b.is_ascii_digit());
    let amount = of("vnp_Amount")
        .parse()
        .ok()
        .filter(|a: &i64| *a > 0)
        .ok_or("03")?;
    let is_whole = of("vnp_Version") == "2.1.0"
        && of("vnp_CurrCode") == "VND"
        && (1..=255).contains(&of("vnp_OrderInfo").len())
        && of("vnp_OrderInfo").is_ascii()
        && !of("vnp_TxnRef").is_empty()
        && !of("vnp_IpAddr").is_empty()
        && (10..=255).contains(&of("vnp_ReturnUrl").len())
        && is_stamp(&of("vnp_CreateDate"))
        && is_stamp(&of("vnp_ExpireDate"));
    if !is_whole {
        return Err("03");
    }
    Ok(VnPayOrder {
        tmn_code: of("vnp_TmnCode"),
        reference: of("vnp_TxnRef"),
        amount,
        info: of("vnp_OrderInfo"),
        created: of("vnp_CreateDate"),
        return_url: of("vnp_ReturnUrl"),
        response: "01".to_owned(),
        status: "01".to_owned(),
        number: None,
        pay_date: String::new(),
        paid: Vec::new(),
        refund_ids: Vec::new(),
    })
}

/// Keeps an order that is opened for the first time.
fn opened(world: &mut GatewayWorld, order: VnPayOrder) {
    let place = (order.tmn_code.clone(), order.reference.clone());
    world.vnpay.entry(place).or_insert(order);
}

pub async fn open(State(gateway): State<Gateway>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let read = verified(&query).and_then(|parameters| Ok((order(&parameters)?, parameters)));
    let (order, parameters) = match read {
        Ok(read) => read,
        Err(code) => {
            let no = |_: &mut GatewayWorld| {
                (
                    200,
                    json!({"code": code, "message": "Error", "qrcontent": ""}),
                )
            };
            return answered(&gateway, "vnpay.pay", None, no).await;
        }
    };
    let order_code = Some(order.order_code());
    if parameters
        .get("vnp_Command")
        .is_some_and(|command| command == "genqr")
    {
        let work = |world: &mut GatewayWorld| -> GatewayReply {
            let content = sign::qr("970436", "VNPAY0001", order.amount / 100, &order.reference);
            opened(world, order);
            (
                200,
                json!({"code": "00", "message": "Success", "qrcontent": content}),
            )
        };
        return answered(&gateway, "vnpay.genqr", order_code, work).await;
    }
    let there = format!("/vnpay/pay/{}/{}", order.tmn_code, order.reference);
    let mut world = gateway.world();
    world.called("vnpay.pay", order_code);
    opened(&mut world, order);
    Redirect::to(&there).into_response()
}

fn found(gateway: &Gateway, place: &(String, String)) -> Option<VnPayOrder> {
    gateway.world().vnpay.get(place).cloned()
}

pub async fn show(State(gateway): State<Gateway>, Path(place): Path<(String, String)>) -> Response {
    let Some(order) = found(&gateway, &place) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let here = format!("/vnpay/pay/{}/{}", place.0, place.1);
    let buttons: String = [
        ("00", "Thanh toán thành công"),
        ("24", "Hủy giao dịch"),
        ("51", "Tài khoản không đủ số dư"),
        ("13", "Nhập sai OTP"),
        ("11", "Hết thời gian thanh toán"),
        ("07", "Nghi ngờ gian lận"),
    ]
    .map(|(code, label)| button(&here, &[("code", code.to_owned())], label))
    .concat();
    let rows = list(&[
        ("Số tiền", dong(order.amount / 100)),
        ("Nội dung", order.info.clone()),
        ("Mã đơn", order.reference.clone()),
    ]);
    page("VNPAY", &(rows + &buttons))
}

pub async fn press(
    State(gateway): State<Gateway>,
    Path(place): Path<(String, String)>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let code = form.get("code").map_or("24", String::as_str);
    if let Some(order) = found(&gateway, &place) {
        gateway.vnpay_ends(order.order_code(), code);
    }
    let Some(order) = found(&gateway, &place) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let joint = if order.return_url.contains('?') {
        '&'
    } else {
        '?'
    };
    Redirect::to(&format!("{}{joint}{}", order.return_url, order.told())).into_response()
}
