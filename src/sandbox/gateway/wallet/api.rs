//! The calls of merchants, each signed.

use axum::body::Bytes;
use axum::extract::{OriginalUri, Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;

use serde_json::{Value, json};

use super::super::Gateway;
use super::super::keys::wallet_secret;
use super::super::reply::{GatewayReply, answered, plain};
use super::super::sign;
use super::super::time::now_ms;
use super::super::world::GatewayWorld;
use super::{ATTEMPTS, MASKED, RESENDS_MAX, WalletPayment, send_otp, succeed, told};

/// How far clocks may be apart.
const APART_MAX_S: i64 = 300;

fn refused(status: u16, code: &str) -> GatewayReply {
    (status, json!({ "code": code }))
}

/// The merchant that signed a request, or why it is none.
fn merchant(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<String, GatewayReply> {
    let of = |name: &str| {
        let value = headers.get(name).and_then(|v| v.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let (merchant, timestamp) = (of("x-merchant-id"), of("x-timestamp"));
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    let text = format!("{timestamp}\n{method}\n{path}\n{}", sign::sha256(body));
    let sent_s: i64 = timestamp.parse().unwrap_or_default();
    let is_right = merchant.starts_with("sandbox")
        && (now_ms() / 1_000 - sent_s).abs() <= APART_MAX_S
        && sign::hmac_sha256(&wallet_secret(&merchant), &text) == of("x-signature");
    is_right
        .then_some(merchant)
        .ok_or_else(|| refused(401, "bad_signature"))
}

/// What every call brings.
pub struct WalletAsked {
    merchant: String,
    headers: HeaderMap,
    body: Bytes,
}

impl axum::extract::FromRequest<Gateway> for WalletAsked {
    type Rejection = Response;

    async fn from_request(
        request: axum::extract::Request,
        _: &Gateway,
    ) -> Result<Self, Self::Rejection> {
        let (parts, body) = request.into_parts();
        let uri = parts
            .extensions
            .get::<OriginalUri>()
            .map_or(&parts.uri, |uri| &uri.0);
        let body = axum::body::to_bytes(body, 1 << 16).await;
        let body = body.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE.into_response())?;
        let merchant = merchant(&parts.method, uri, &parts.headers, &body).map_err(plain)?;
        Ok(Self {
            merchant,
            headers: parts.headers,
            body,
        })
    }
}

pub async fn link(
    State(gateway): State<Gateway>,
    Path(agent): Path<String>,
    _: WalletAsked,
) -> Response {
    let work = |world: &mut GatewayWorld| {
        if world.scenario.unlinked.contains(&agent) {
            return (200, json!({ "linked": false }));
        }
        (
            200,
            json!({ "linked": true, "wallet_id": format!("w-{agent}"), "masked_phone": MASKED }),
        )
    };
    answered(&gateway, "wallet.link", None, work).await
}

pub async fn create(State(gateway): State<Gateway>, asked: WalletAsked) -> Response {
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let order_code = body["order_id"].as_str().and_then(|id| id.parse().ok());
    let work = |world: &mut GatewayWorld| created(world, &asked, &body);
    answered(&gateway, "wallet.create", order_code, work).await
}

fn created(world: &mut GatewayWorld, asked: &WalletAsked, body: &Value) -> GatewayReply {
    let key = asked
        .headers
        .get("idempotency-key")
        .and_then(|v| v.to_str().ok());
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let (order_id, raw) = (
        text("order_id"),
        String::from_utf8_lossy(&asked.body).into_owned(),
    );
    let Some(key) = key.filter(|_| order_id.parse::<i64>().is_ok()) else {
        return refused(400, "bad_request");
    };
    let mut mine = world
        .wallet
        .values()
        .filter(|p| p.merchant_id == asked.merchant);
    if let Some(before) = mine.clone().find(|p| p.idempotency_key == key) {
        return if before.body == raw {
            (201, told(world, before))
        } else {
            refused(409, "idempotency_conflict")
        };
    }
    if mine.any(|p| p.order_id == order_id) {
        return refused(409, "duplicate_order");
    }
    let Some(amount) = body["amount"].as_i64().filter(|a| *a > 0) else {
        return refused(422, "amount_invalid");
    };
    if !text("wallet_id").starts_with("w-") {
        return refused(422, "wallet_not_linked");
    }
    if amount > world.scenario.wallet_balance {
        return refused(422, "insufficient_balance");
    }
    let number = world.number();
    let digest = sign::sha256(format!("{}/{order_id}/{number}", asked.merchant).as_bytes());
    let id = format!("wp-{}", &digest[..20]);
    let payment = WalletPayment {
        merchant_id: asked.merchant.clone(),
        id: id.clone(),
        order_id,
        amount,
        notify_url: text("notify_url"),
        idempotency_key: key.to_owned(),
        body: raw,
        state: "otp_required",
        code: None,
        created_ms: now_ms(),
        paid_ms: None,
        otp: String::new(),
        otp_sent_ms: 0,
        attempts_left: ATTEMPTS,
        resends: 0,
    };
    world.wallet.insert(id.clone(), payment);
    send_otp(world, &id);
    answer(world, &id, 201)
}

fn answer(world: &GatewayWorld, id: &str, status: u16) -> GatewayReply {
    match world.wallet.get(id) {
        Some(payment) => (status, told(world, payment)),
        None => refused(404, "not_found"),
    }
}

fn order_of(gateway: &Gateway, id: &str) -> Option<i64> {
    gateway
        .world()
        .wallet
        .get(id)
        .map(WalletPayment::order_code)
}

/// A payment of this merchant, as time has left it.
fn mine<'a>(
    world: &'a mut GatewayWorld,
    merchant: &str,
    id: &str,
) -> Option<&'a mut WalletPayment> {
    let payment = world
        .wallet
        .get_mut(id)
        .filter(|p| p.merchant_id == merchant)?;
    payment.aged();
    Some(payment)
}

pub async fn read(
    State(gateway): State<Gateway>,
    Path(id): Path<String>,
    asked: WalletAsked,
) -> Response {
    let work = |world: &mut GatewayWorld| match mine(world, &asked.merchant, &id) {
        Some(_) => answer(world, &id, 200),
        None => refused(404, "not_found"),
    };
    answered(&gateway, "wallet.get", order_of(&gateway, &id), work).await
}

pub async fn by_order(
    State(gateway): State<Gateway>,
    Query(query): Query<HashMap<String, String>>,
    asked: WalletAsked,
) -> Response {
    let order_id = query.get("order_id").cloned().unwrap_or_default();
    let order_code = order_id.parse().ok();
    let work = |world: &mut GatewayWorld| {
        let mut all = world.wallet.values();
        let found = all.find(|p| p.order_id == order_id && p.merchant_id == asked.merchant);
        let id = found.map(|p| p.id.clone()).unwrap_or_default();
        match mine(world, &asked.merchant, &id) {
            Some(_) => answer(world, &id, 200),
            None => refused(404, "not_found"),
        }
    };
    answered(&gateway, "wallet.get", order_code, work).await
}

pub async fn confirm(
    State(gateway): State<Gateway>,
    Path(id): Path<String>,
    asked: WalletAsked,
) -> Response {
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let otp = body["otp"].as_str().unwrap_or_default().to_owned();
    let before = gateway.world().wallet.get(&id).map(|p| p.state);
    let work = |world: &mut GatewayWorld| confirmed(world, &asked.merchant, &id, &otp);
    let response = answered(&gateway, "wallet.otp", order_of(&gateway, &id), work).await;
    tell_of_change(&gateway, &id, before);
    response
}

fn confirmed(world: &mut GatewayWorld, merchant: &str, id: &str, otp: &str) -> GatewayReply {
    let otp_ms = world.scenario.otp_s * 1_000;
    let Some(payment) = mine(world, merchant, id) else {
        return refused(404, "not_found");
    };
    if payment.state != "otp_required" {
        return match payment.code {
            Some(code) => refused(422, code),
            None => answer(world, id, 200),
        };
    }
    if now_ms() > payment.otp_sent_ms + otp_ms {
        return refused(422, "otp_expired");
    }
    if otp == payment.otp {
        succeed(world, id);
        return answer(world, id, 200);
    }
    payment.attempts_left -= 1;
    if payment.attempts_left > 0 {
        return (
            422,
            json!({"code": "otp_wrong", "attempts_left": payment.attempts_left}),
        );
    }
    payment.state = "failed";
    payment.code = Some("otp_locked");
    refused(422, "otp_locked")
}

pub async fn resend(
    State(gateway): State<Gateway>,
    Path(id): Path<String>,
    asked: WalletAsked,
) -> Response {
    let work = |world: &mut GatewayWorld| {
        let wait_ms = world.scenario.resend_after_s * 1_000;
        let Some(payment) = mine(world, &asked.merchant, &id) else {
            return refused(404, "not_found");
        };
        if payment.state != "otp_required" {
            return refused(409, "not_waiting");
        }
        let rest_ms = payment.otp_sent_ms + wait_ms - now_ms();
        if payment.resends >= RESENDS_MAX || rest_ms > 0 {
            let seconds = rest_ms.max(0) / 1_000 + 1;
            return (
                429,
                json!({"code": "otp_too_early", "retry_after_s": seconds}),
            );
        }
        payment.resends += 1;
        send_otp(world, &id);
        answer(world, &id, 200)
    };
    answered(&gateway, "wallet.resend", order_of(&gateway, &id), work).await
}

pub async fn cancel(
    State(gateway): State<Gateway>,
    Path(id): Path<String>,
    asked: WalletAsked,
) -> Response {
    let before = gateway.world().wallet.get(&id).map(|p| p.state);
    let work = |world: &mut GatewayWorld| {
        let Some(payment) = mine(world, &asked.merchant, &id) else {
            return refused(404, "not_found");
        };
        match payment.state {
            "otp_required" => payment.state = "cancelled",
            "cancelled" => {}
            _ => return refused(409, "not_cancellable"),
        }
        answer(world, &id, 200)
    };
    let response = answered(&gateway, "wallet.cancel", order_of(&gateway, &id), work).await;
    tell_of_change(&gateway, &id, before);
    response
}

fn tell_of_change(gateway: &Gateway, id: &str, before: Option<&'static str>) {
    let now = gateway.world().wallet.get(id).map(|p| p.state);
    if now != before {
        gateway.wallet_tells(id);
    }
}
