//! A company's own system, as the house's own contract has it: contracts, cash limits, customer care.
//!
//! Calls may be signed like those of the wallet; one that says who it is has to be.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::Gateway;
use super::keys::{BACKOFFICE_CLIENT_ID, BACKOFFICE_SECRET};
use super::reply::{GatewayReply, answered};
use super::sign;
use super::time::now_ms;
use super::truth::{GatewayCare, GatewayLimit};
use super::world::{GatewayWorld, keep};

/// How far clocks may be apart.
const APART_MAX_S: i64 = 300;

pub fn router(gateway: &Gateway) -> Router {
    Router::new()
        .route("/backoffice/contracts/{number}", get(contract))
        .route("/backoffice/limits/{person}", get(limit).post(set_limit))
        .route("/backoffice/care", post(care))
        .with_state(gateway.clone())
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    let value = headers.get(name).and_then(|v| v.to_str().ok());
    value.unwrap_or_default()
}

/// Does a call that says who it is prove it?
fn is_admitted(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> bool {
    if !headers.contains_key("x-client-id") {
        return true;
    }
    let timestamp = header(headers, "x-timestamp");
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    let text = format!("{timestamp}\n{method}\n{path}\n{}", sign::sha256(body));
    let sent_s: i64 = timestamp.parse().unwrap_or_default();
    header(headers, "x-client-id") == BACKOFFICE_CLIENT_ID
        && (now_ms() / 1_000 - sent_s).abs() <= APART_MAX_S
        && sign::hmac_sha256(BACKOFFICE_SECRET, &text) == header(headers, "x-signature")
}

/// Does the work and answers, where the request was signed as it must be.
async fn admitted(
    gateway: &Gateway,
    at: &'static str,
    is_admitted: bool,
    work: impl FnOnce(&mut GatewayWorld) -> GatewayReply,
) -> Response {
    let guarded = |world: &mut GatewayWorld| {
        if is_admitted { work(world) } else { unsigned() }
    };
    answered(gateway, at, None, guarded).await
}

fn unsigned() -> GatewayReply {
    let message = "Chữ ký không đúng.";
    (401, json!({"code": "bad_signature", "message": message}))
}

fn not_found() -> GatewayReply {
    let message = "Không có.";
    (404, json!({"code": "not_found", "message": message}))
}

async fn contract(
    State(gateway): State<Gateway>,
    Path(number): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let is_admitted = is_admitted(&Method::GET, &uri, &headers, &[]);
    let work = |world: &mut GatewayWorld| {
        let mut contracts = world.scenario.contracts.iter();
        let is_it = |contract: &&Value| contract["number"] == number.as_str();
        contracts
            .find(is_it)
            .map_or_else(not_found, |found| (200, found.clone()))
    };
    admitted(&gateway, "backoffice.contract", is_admitted, work).await
}

async fn limit(
    State(gateway): State<Gateway>,
    Path(person): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let is_admitted = is_admitted(&Method::GET, &uri, &headers, &[]);
    let work = |world: &mut GatewayWorld| {
        let limits = &world.limits;
        limits
            .get(&person)
            .map_or_else(not_found, |found| (200, json!(found)))
    };
    admitted(&gateway, "backoffice.limit", is_admitted, work).await
}

async fn set_limit(
    State(gateway): State<Gateway>,
    Path(person): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let is_admitted = is_admitted(&Method::POST, &uri, &headers, &body);
    let work = |world: &mut GatewayWorld| match serde_json::from_slice::<GatewayLimit>(&body) {
        Ok(limit) if limit.limit >= 0 && limit.extra >= 0 => {
            let answer = json!(limit);
            world.limits.insert(person, limit);
            (200, answer)
        }
        _ => (422, json!({"code": "bad_request"})),
    };
    admitted(&gateway, "backoffice.set_limit", is_admitted, work).await
}

async fn care(
    State(gateway): State<Gateway>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let is_admitted = is_admitted(&Method::POST, &uri, &headers, &body);
    let id = header(&headers, "idempotency-key").to_owned();
    let work = |world: &mut GatewayWorld| {
        let what: Option<Value> = serde_json::from_slice(&body).ok();
        match what.filter(Value::is_object) {
            None => (422, json!({"code": "bad_request"})),
            Some(_) if !id.is_empty() && world.care.iter().any(|kept| kept.id == id) => {
                (200, json!({"accepted": true}))
            }
            Some(what) => {
                let at_ms = now_ms();
                keep(&mut world.care, GatewayCare { id, what, at_ms });
                (201, json!({"accepted": true}))
            }
        }
    };
    admitted(&gateway, "backoffice.care", is_admitted, work).await
}
