//! The calls of merchants.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use super::super::Gateway;
use super::super::keys::api_key;
use super::super::reply::{GatewayReply, answered, plain};
use super::super::sign;
use super::super::time::now_ms;
use super::super::world::GatewayWorld;
use super::webhook::sample;
use super::{BIN, PayOsLink, is_channel, key_of};

/// The largest order code.
const CODE_MAX: i64 = 9_007_199_254_740_991;
/// The longest description, in characters.
const DESCRIPTION_MAX: usize = 25;

fn refused(code: &str, desc: &str) -> GatewayReply {
    (200, json!({"code": code, "desc": desc, "data": null}))
}

fn signed(world: &GatewayWorld, client_id: &str, data: &Value) -> GatewayReply {
    let signature = sign::of_object(&key_of(world, client_id), data);
    (
        200,
        json!({"code": "00", "desc": "success", "data": data, "signature": signature}),
    )
}

/// The client, or why it is none.
fn client(headers: &HeaderMap) -> Result<String, GatewayReply> {
    let of = |name: &str| {
        let value = headers.get(name).and_then(|v| v.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let client_id = of("x-client-id");
    if !is_channel(&client_id) {
        let desc = "Cổng thanh toán không tồn tại hoặc đã tạm dừng, vui lòng chọn cổng khác";
        return Err(refused("214", desc));
    }
    if of("x-api-key") != api_key(&client_id) {
        return Err((401, json!({"code": "401", "desc": "Unauthorized."})));
    }
    Ok(client_id)
}

pub async fn create(State(gateway): State<Gateway>, headers: HeaderMap, body: Bytes) -> Response {
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let base = gateway.base();
    let work = |world: &mut GatewayWorld| {
        let client_id = match client(&headers) {
            Ok(client_id) => client_id,
            Err(reply) => return reply,
        };
        created(world, &client_id, &asked, &base).unwrap_or_else(|reply| reply)
    };
    answered(&gateway, "payos.create", asked["orderCode"].as_i64(), work).await
}

fn created(
    world: &mut GatewayWorld,
    client_id: &str,
    asked: &Value,
    base: &str,
) -> Result<GatewayReply, GatewayReply> {
    let wrong = |desc: &str| refused("20", desc);
    let text = |name: &str| asked[name].as_str().map(str::to_owned);
    let order_code = asked["orderCode"]
        .as_i64()
        .filter(|c| (1..=CODE_MAX).contains(c));
    let order_code =
        order_code.ok_or_else(|| wrong("order_code: order_code must be a positive number"))?;
    let amount = asked["amount"].as_i64().filter(|a| *a > 0);
    let amount = amount.ok_or_else(|| wrong("amount: amount must be a positive number"))?;
    let said = text("description").filter(|d| d.chars().count() <= DESCRIPTION_MAX);
    let said = said.ok_or_else(|| wrong("description: Mô tả tối đa 25 kí tự"))?;
    let urls = text("returnUrl").zip(text("cancelUrl"));
    let (return_url, cancel_url) = urls.ok_or_else(|| wrong("Thông tin truyền lên không đúng."))?;
    let covered = format!(
        "amount={amount}&cancelUrl={cancel_url}&description={said}&orderCode={order_code}&returnUrl={return_url}"
    );
    let signature = sign::hmac_sha256(&key_of(world, client_id), &covered);
    if asked["signature"] != signature {
        return Err(refused("201", "Mã kiểm tra(signature) không hợp lệ"));
    }
    let place = (client_id.to_owned(), order_code);
    if world.payos.contains_key(&place) {
        return Err(refused("231", "Đơn thanh toán đã tồn tại"));
    }
    let number = world.number();
    let id = sign::sha256(format!("{client_id}/{order_code}/{number}").as_bytes());
    let prefix: String = id.chars().take(10).collect::<String>().to_uppercase();
    let link = PayOsLink {
        client_id: client_id.to_owned(),
        order_code,
        id: id.chars().take(32).collect(),
        amount,
        description: format!("CS{prefix} {said}"),
        account: format!(
            "V3CAS{}",
            id.chars()
                .skip(32)
                .take(8)
                .collect::<String>()
                .to_uppercase()
        ),
        created_ms: now_ms(),
        expires_s: asked["expiredAt"].as_i64(),
        return_url,
        cancel_url,
        cancelled: None,
        transactions: Vec::new(),
    };
    let data = json!({
        "bin": BIN,
        "accountNumber": link.account,
        "accountName": "CTY GACH NO",
        "amount": amount,
        "description": link.description,
        "orderCode": order_code,
        "currency": "VND",
        "paymentLinkId": link.id,
        "status": link.status(),
        "expiredAt": link.expires_s,
        "checkoutUrl": format!("{base}/payos/web/{}", link.id),
        "qrCode": link.qr(),
    });
    world.payos.insert(place, link);
    Ok(signed(world, client_id, &data))
}

/// The order that an address names: by its code or by the link's id.
fn found<'a>(world: &'a mut GatewayWorld, client_id: &str, id: &str) -> Option<&'a mut PayOsLink> {
    if let Ok(order_code) = id.parse() {
        return world.payos.get_mut(&(client_id.to_owned(), order_code));
    }
    let mut links = world.payos.values_mut();
    links.find(|link| link.client_id == client_id && link.id == id)
}

fn unknown() -> GatewayReply {
    (
        404,
        json!({"code": "404", "desc": "Not found", "data": null}),
    )
}

fn code_of(gateway: &Gateway, id: &str) -> Option<i64> {
    let by_id = || {
        let world = gateway.world();
        let link = world.payos.values().find(|link| link.id == id);
        link.map(|link| link.order_code)
    };
    id.parse().ok().or_else(by_id)
}

pub async fn read(
    State(gateway): State<Gateway>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let order_code = code_of(&gateway, &id);
    let work = |world: &mut GatewayWorld| {
        let client_id = match client(&headers) {
            Ok(client_id) => client_id,
            Err(reply) => return reply,
        };
        match found(world, &client_id, &id).map(|link| link.data()) {
            Some(data) => signed(world, &client_id, &data),
            None => unknown(),
        }
    };
    answered(&gateway, "payos.get", order_code, work).await
}

pub async fn cancel(
    State(gateway): State<Gateway>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let order_code = code_of(&gateway, &id);
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let reason = asked["cancellationReason"].as_str().map(str::to_owned);
    let work = |world: &mut GatewayWorld| {
        let client_id = match client(&headers) {
            Ok(client_id) => client_id,
            Err(reply) => return reply,
        };
        let Some(link) = found(world, &client_id, &id) else {
            return unknown();
        };
        match link.status() {
            "PENDING" | "UNDERPAID" => link.cancelled = Some((now_ms(), reason.clone())),
            "CANCELLED" => {}
            _ => return refused("20", "Đơn thanh toán không thể hủy"),
        }
        let data = link.data();
        signed(world, &client_id, &data)
    };
    answered(&gateway, "payos.cancel", order_code, work).await
}

/// Calls the address with a signed sample first; one that does not answer 2xx is not taken.
pub async fn confirm(State(gateway): State<Gateway>, headers: HeaderMap, body: Bytes) -> Response {
    let client_id = match client(&headers) {
        Ok(client_id) => client_id,
        Err(reply) => return plain(reply),
    };
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let url = asked["webhookUrl"].as_str().unwrap_or_default().to_owned();
    let key = key_of(&gateway.world(), &client_id);
    let is_taken = gateway.send(&sample(&key, &url), false).await;
    let work = |world: &mut GatewayWorld| {
        if !is_taken {
            return refused("20", "Webhook url không hợp lệ");
        }
        world.payos_webhooks.insert(client_id.clone(), url.clone());
        let data = json!({
            "webhookUrl": url, "accountName": "CTY GACH NO", "accountNumber": "0123456789",
            "name": "Sandbox", "shortName": "MB",
        });
        (200, json!({"code": "00", "desc": "success", "data": data}))
    };
    answered(&gateway, "payos.confirm", None, work).await
}
